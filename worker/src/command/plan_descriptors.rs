//! The descriptors of the prefixes, as `sluice plan` shows them.

use std::sync::Arc;

use serde::Serialize;

use super::terminal::{Terminal, counted};
use crate::cost::ExtraWork;
use crate::cost::rules::COLUMNS;
use crate::interrupt::Interrupt;
use crate::prefix::{Checks, Described, Kind, ListNames, load};
use crate::read_ahead::ReadAhead;
use crate::store::Store;

/// Descriptors that are read at the same time.
const AT_ONCE: usize = 16;

/// Most resources of a package that are read.
const RESOURCES: usize = 100;

/// The descriptor of a prefix.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrefixDescriptor {
    /// The prefix.
    prefix: String,
    /// Name of the descriptor beside `incoming`; `null` if there is none, so that only the structure is checked.
    descriptor: Option<&'static str>,
    /// What the descriptor asks for beyond checks; for a package, the most that one of its resources asks for.
    #[serde(skip)]
    extras: Extras,
    /// Number of resources, if the descriptor is a Data Package.
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<usize>,
    /// Warnings about the descriptor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Mistakes in the descriptor, because of which files of the prefix will fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<String>,
}

/// What a descriptor asks for beyond checks.
#[derive(Clone, Copy, Debug, Default)]
struct Extras {
    /// Number of formats in which senders get feedback.
    forms: u64,
    /// Number of keys and foreign keys of a row.
    keys: u64,
    /// Whether a Parquet file is written.
    parquet: bool,
    /// Number of columns, as far as it is known.
    columns: u64,
}

impl Extras {
    fn of(checks: &Checks) -> Self {
        let forms = checks.feedback().map_or(0, |settings| settings.formats.len()) as u64;
        Self {
            forms,
            keys: checks.keys(),
            parquet: checks.formats().parquet,
            columns: checks.columns().unwrap_or(COLUMNS),
        }
    }

    /// Returns the larger value of each field.
    fn or_more(self, other: Self) -> Self {
        let [forms, keys, columns] =
            [self.forms.max(other.forms), self.keys.max(other.keys), self.columns.max(other.columns)];
        Self { forms, keys, parquet: self.parquet || other.parquet, columns }
    }
}

/// Reads the descriptors of these prefixes; returns them in the same order.
pub(super) async fn read(source: &Arc<dyn Store>, prefixes: Vec<String>) -> Vec<PrefixDescriptor> {
    let mut reading = ReadAhead::new(AT_ONCE);
    let mut all = Vec::with_capacity(prefixes.len());
    let mut waiting = prefixes.into_iter();
    loop {
        while reading.has_room()
            && let Some(prefix) = waiting.next()
        {
            let source = Arc::clone(source);
            reading.start(async move { of_prefix(&source, prefix).await });
        }
        match reading.next().await {
            Some(descriptor) => all.push(descriptor),
            None => return all,
        }
    }
}

/// Files and their bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Volume {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Returns what the descriptors of a plan ask for beyond checks. The prefixes whose descriptors were read have the files and bytes in
/// `sizes`; the sums are scaled to the files and bytes of the whole plan in `all`, as if all prefixes were like these.
pub(super) fn extra_work(read: &[PrefixDescriptor], sizes: impl Iterator<Item = Volume>, all: Volume) -> ExtraWork {
    let (mut files_read, mut bytes_read, mut all_columns) = (0_u64, 0_u64, 0_u64);
    let mut sums = ExtraWork::default();
    for (descriptor, Volume { files, bytes }) in read.iter().zip(sizes) {
        let Extras { forms, keys, parquet, columns } = descriptor.extras;
        files_read += files;
        bytes_read = bytes_read.saturating_add(bytes);
        sums.feedback_files += files * forms;
        all_columns = all_columns.saturating_add(files.saturating_mul(columns));
        sums.key_bytes = sums.key_bytes.saturating_add(bytes.saturating_mul(keys));
        if parquet {
            sums.parquet_files += files;
            sums.parquet_bytes = sums.parquet_bytes.saturating_add(bytes);
        }
    }
    let scaled = |sum: u64, all: u64, read: u64| {
        u64::try_from(u128::from(sum) * u128::from(all) / u128::from(read.max(1))).unwrap_or(u64::MAX)
    };
    ExtraWork {
        feedback_files: scaled(sums.feedback_files, all.files, files_read),
        parquet_files: scaled(sums.parquet_files, all.files, files_read),
        parquet_bytes: scaled(sums.parquet_bytes, all.bytes, bytes_read),
        key_bytes: scaled(sums.key_bytes, all.bytes, bytes_read),
        columns: (files_read > 0).then(|| scaled(all_columns, all.files, files_read)),
    }
}

async fn of_prefix(source: &Arc<dyn Store>, prefix: String) -> PrefixDescriptor {
    let described = match load(source, &prefix, ListNames::Always, &Interrupt::default()).await {
        Ok(described) => described,
        Err(no_checks) => {
            let mistakes = no_checks.message().lines().map(str::to_owned).collect();
            return PrefixDescriptor {
                prefix,
                descriptor: None,
                extras: Extras::default(),
                resources: None,
                warnings: Vec::new(),
                mistakes,
            };
        }
    };
    let (mut warnings, mut mistakes, mut resources) = (described.warnings().to_vec(), Vec::new(), None);
    let mut extras = match &described.kind {
        Kind::One(checks) => Extras::of(checks),
        Kind::Package(_) => Extras::default(),
    };
    if let Kind::Package(package) = &described.kind {
        let count = package.package().resources().len();
        resources = Some(count);
        for index in 0..count.min(RESOURCES) {
            match package.resource(index).await {
                Ok(found) => {
                    extras = extras.or_more(Extras::of(&found.checks));
                    warnings.extend(found.warnings);
                }
                Err(no_checks) => mistakes.extend(no_checks.message().lines().map(str::to_owned)),
            }
        }
    }
    let descriptor = Described::descriptor_name(&described);
    PrefixDescriptor { prefix, descriptor, extras, resources, warnings, mistakes }
}

impl PrefixDescriptor {
    /// The text for the table.
    pub(super) fn cell(&self) -> String {
        let mut parts = vec![match (self.descriptor, self.mistakes.is_empty()) {
            (Some(name), _) => name.to_owned(),
            (None, true) => "none, structure only".to_owned(),
            (None, false) => "mistaken".to_owned(),
        }];
        parts.extend(self.resources.map(|count| counted(count as u64, "resource")));
        let counts = [(self.warnings.len(), "warning"), (self.mistakes.len(), "mistake")];
        parts.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, one)| counted(*count as u64, one)));
        parts.join(", ")
    }

    /// Prints warnings and mistakes.
    pub(super) fn tell(&self, terminal: &Terminal) {
        for warning in &self.warnings {
            terminal.warning(warning);
        }
        for mistake in &self.mistakes {
            terminal.warning(&format!("files will fail: {mistake}"));
        }
    }
}
