//! What `sluice plan` says of the descriptors of the prefixes.

use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinSet;

use super::terminal::{Terminal, counted};
use crate::interrupt::Interrupt;
use crate::prefix::{Checks, Described, Kind, load};
use crate::store::Store;

/// Descriptors that are read at once.
const AT_ONCE: usize = 16;

/// Resources of a package that are read.
const RESOURCES: usize = 100;

/// What the files of a prefix are checked against.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrefixDescriptor {
    /// The prefix.
    prefix: String,
    /// Name of the descriptor beside `incoming`; `null`: there is none, and only the structure is checked.
    descriptor: Option<&'static str>,
    /// Forms in which senders are answered; of a package the most that a resource asks for.
    #[serde(skip)]
    forms: usize,
    /// Resources of a Data Package.
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<usize>,
    /// What is odd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Why files of the prefix will fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<String>,
}

/// Reads the descriptors of these prefixes; the answers are in the same order.
pub(super) async fn read(source: &Arc<dyn Store>, prefixes: Vec<String>) -> Vec<PrefixDescriptor> {
    let mut running: JoinSet<(usize, PrefixDescriptor)> = JoinSet::new();
    let mut all = Vec::new();
    let mut waiting = prefixes.into_iter().enumerate();
    loop {
        while running.len() < AT_ONCE
            && let Some((nth, prefix)) = waiting.next()
        {
            let source = Arc::clone(source);
            running.spawn(async move { (nth, of_prefix(&source, prefix).await) });
        }
        match running.join_next().await {
            Some(Ok(read)) => all.push(read),
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => break,
        }
    }
    all.sort_by_key(|(nth, _)| *nth);
    all.into_iter().map(|(_, descriptor)| descriptor).collect()
}

/// Answers that are written for so many files in all, when the other prefixes are like those that were read, which have these files.
pub(super) fn answers(read: &[PrefixDescriptor], files: impl Iterator<Item = u64>, all: u64) -> u64 {
    let mut sums = (0_u64, 0_u64);
    for (descriptor, files) in read.iter().zip(files) {
        sums = (sums.0 + files, sums.1 + files * descriptor.forms as u64);
    }
    let answers = u128::from(sums.1) * u128::from(all) / u128::from(sums.0.max(1));
    u64::try_from(answers).unwrap_or(u64::MAX)
}

async fn of_prefix(source: &Arc<dyn Store>, prefix: String) -> PrefixDescriptor {
    let described = match load(source, &prefix, true, &Interrupt::default()).await {
        Ok(described) => described,
        Err(no_checks) => {
            let mistakes = no_checks.message().lines().map(str::to_owned).collect();
            return PrefixDescriptor {
                prefix,
                descriptor: None,
                forms: 0,
                resources: None,
                warnings: Vec::new(),
                mistakes,
            };
        }
    };
    let (mut warnings, mut mistakes, mut resources) = (described.warnings().to_vec(), Vec::new(), None);
    let forms_of = |checks: &Checks| checks.feedback().map_or(0, |asked| asked.formats.len());
    let mut forms = match &described.kind {
        Kind::One(checks) => forms_of(checks),
        Kind::Package(_) => 0,
    };
    if let Kind::Package(package) = &described.kind {
        let count = package.package().resources().len();
        resources = Some(count);
        for index in 0..count.min(RESOURCES) {
            match package.resource(index).await {
                Ok(found) => {
                    forms = forms.max(forms_of(&found.checks));
                    warnings.extend(found.warnings);
                }
                Err(no_checks) => mistakes.extend(no_checks.message().lines().map(str::to_owned)),
            }
        }
    }
    let descriptor = Described::descriptor_name(&described);
    PrefixDescriptor { prefix, descriptor, forms, resources, warnings, mistakes }
}

impl PrefixDescriptor {
    /// A cell of the table.
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

    /// Tells warnings and mistakes to the person.
    pub(super) fn tell(&self, terminal: &Terminal) {
        for warning in &self.warnings {
            terminal.warning(warning);
        }
        for mistake in &self.mistakes {
            terminal.warning(&format!("files will fail: {mistake}"));
        }
    }
}
