//! What the files of a prefix are checked against: its descriptor, made ready once.

mod package;

use std::sync::{Arc, OnceLock};

use sluice_engine::descriptor::{
    DESCRIPTOR_BYTES, Descriptor, Expected, Formats, Last, Mistake, Mistakes, NeighbourError, Neighbours,
    PACKAGE_BYTES, Source, Target,
};
use sluice_engine::pipeline::file::Check;
use sluice_engine::report::DescriptorIdentity;
use sluice_engine::{EarlierFile, ReferenceTables};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::descriptor_names::{Beside, NAMES};
use crate::earlier::{Compared, EarlierFiles};
use crate::interrupt::Interrupt;
use crate::key_files::TemporaryFiles;
use crate::memory::{self, FileSize};
use crate::printable::printable;
use crate::process::Context;
use crate::references::{self, NoTables, OfPrefix, TableFiles};
use crate::store::{Entry, Scope, Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure, MESSAGE_CHARS};
pub(crate) use package::PackageChecks;

/// Bytes of mistakes that are told of a descriptor beyond the first one, so that a line about the others has room in a message.
const MISTAKES_BYTES: usize = MESSAGE_CHARS - 500;

/// Most pages that are listed to find a descriptor: of a prefix with thousands of objects beside `incoming` the first ones.
const PAGES: usize = 10;

/// A descriptor made ready for files of every suffix; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Checks(Arc<Ready>);

#[derive(Debug)]
struct Ready {
    source: Descriptor,
    /// Made when the first file of its suffix comes.
    by_delimiter: [OnceLock<Arc<Check>>; 3],
    /// `None` without a descriptor.
    identity: Option<DescriptorIdentity>,
    tables: Arc<ReferenceTables>,
}

impl Checks {
    /// What a file without a descriptor is checked against.
    pub(crate) fn structural() -> Self {
        let source = Descriptor::structural();
        Self(Arc::new(Ready { source, by_delimiter: Default::default(), identity: None, tables: Arc::default() }))
    }

    /// A descriptor with its reference tables, which are read here.
    ///
    /// # Errors
    /// When a reference table is missing, cannot be read, or is not right.
    pub(crate) fn load(
        key: String,
        resource: Option<String>,
        descriptor: Descriptor,
        files: &dyn TableFiles,
    ) -> Result<Self, NoTables> {
        let (tables, references) = references::load(&descriptor, files)?;
        let identity = Some(DescriptorIdentity { key, sha256: descriptor.sha256.clone(), resource, references });
        Ok(Self(Arc::new(Ready { source: descriptor, by_delimiter: Default::default(), identity, tables })))
    }

    /// The check for files whose suffix stands for `delimiter`.
    pub(crate) fn of(&self, delimiter: u8) -> Arc<Check> {
        let index = match delimiter {
            b'\t' => 1,
            b'|' => 2,
            _ => 0,
        };
        let check = || {
            let check = Check::new(&self.0.source, Some(delimiter)).with_key_files(Arc::new(TemporaryFiles));
            Arc::new(check.with_references(Arc::clone(&self.0.tables)))
        };
        Arc::clone(self.0.by_delimiter[index].get_or_init(check))
    }

    /// Whether rows of a file refer to rows of the same file, which then has to be read twice.
    pub(crate) fn refer_to_own_file(&self) -> bool {
        let keys = self.0.source.schema.iter().flat_map(|schema| &schema.foreign_keys);
        keys.into_iter().any(|key| key.target == Target::OwnFile)
    }

    /// What is odd in the descriptor.
    pub(crate) fn warnings(&self) -> &[Mistake] {
        &self.0.source.warnings
    }

    /// In which forms the clean rows are published.
    pub(crate) fn formats(&self) -> Formats {
        self.0.source.settings.formats
    }

    /// The most that the keys and the Parquet file of such a file take in memory, in MiB.
    pub(crate) fn memory(&self, file: FileSize) -> u64 {
        memory::of_file(&self.0.source, file)
    }

    /// How much a file may differ from the files before it, if that is limited.
    pub(crate) fn last(&self) -> Option<Last> {
        self.0.source.settings.last
    }

    /// The descriptor as reports name it; `None` when there is none.
    pub(crate) fn descriptor(&self) -> Option<&DescriptorIdentity> {
        self.0.identity.as_ref()
    }
}

/// What the files of a prefix are checked against, read when the first of them comes.
#[derive(Debug)]
pub(crate) struct PrefixChecks {
    prefix: String,
    read: OnceCell<Result<Arc<Described>, NoChecks>>,
    earlier: EarlierFiles,
}

impl PrefixChecks {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, read: OnceCell::new(), earlier: EarlierFiles::default() }
    }

    /// The prefix.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What its file `name` is checked against, or why there is nothing. The observer hears once what is odd; when the run is `strict` that
    /// is a reason to have nothing.
    pub(crate) async fn checks(&self, context: &Context, name: &str) -> Result<Checks, NoChecks> {
        let read = async {
            let described = load(&context.source, &self.prefix, false, &context.interrupt).await?;
            self.tell(context, described.warnings())?;
            if described.descriptor_name().is_none() {
                context.observer.notice(&self.prefix, &Notice::NoDescriptor);
            }
            Ok(Arc::new(described))
        };
        let described = self.read.get_or_init(|| read).await.as_ref().map_err(Clone::clone)?;
        match &described.kind {
            Kind::One(checks) => Ok(checks.clone()),
            Kind::Package(package) => {
                let found = package.of_file(name).await?;
                if found.is_new {
                    self.tell(context, &found.warnings)?;
                } else if context.strict && !found.warnings.is_empty() {
                    return Err(NoChecks::of_warnings(&found.warnings));
                }
                Ok(found.checks)
            }
        }
    }

    /// The files of the prefix with which a file is compared.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn earlier(
        &self,
        source: &Arc<dyn Store>,
        compared: Compared<'_>,
        last: Last,
    ) -> Result<Vec<EarlierFile>, StoreError> {
        self.earlier.before(source, &self.prefix, compared, last.files).await
    }

    /// Tells warnings, or fails with them.
    fn tell(&self, context: &Context, warnings: &[String]) -> Result<(), NoChecks> {
        if context.strict && !warnings.is_empty() {
            return Err(NoChecks::of_warnings(warnings));
        }
        for warning in warnings {
            context.observer.notice(&self.prefix, &Notice::Warning(warning.clone()));
        }
        Ok(())
    }
}

/// What there is to say of the descriptor of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something is odd, in one line.
    Warning(String),
    /// There is none: only the structure of the files is checked.
    NoDescriptor,
}

/// Why a prefix has no checks: the failure of each of its files.
#[derive(Clone, Debug)]
pub(crate) struct NoChecks {
    code: FailureCode,
    /// At most [`MESSAGE_CHARS`] characters: it is kept once for each file.
    message: String,
}

impl NoChecks {
    fn of_warnings(warnings: &[String]) -> Self {
        Self { code: FailureCode::Descriptor, message: warnings.join("\n") }
    }

    pub(crate) fn descriptor(message: String) -> Self {
        Self { code: FailureCode::Descriptor, message }
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn of_mistakes(mistakes: &Mistakes, descriptor: &str) -> Self {
        Self { code: FailureCode::Descriptor, message: first_lines(mistakes, descriptor) }
    }

    pub(crate) fn failure(&self, key: &str) -> FileFailure {
        FileFailure { key: key.to_owned(), code: self.code, message: self.message.clone() }.cut()
    }
}

impl From<NoTables> for NoChecks {
    fn from(NoTables { code, message }: NoTables) -> Self {
        Self { code, message }
    }
}

impl From<StoreError> for NoChecks {
    fn from(error: StoreError) -> Self {
        let FileFailure { code, message, .. } = FileFailure::of_store("", &error);
        Self { code, message }
    }
}

/// The descriptor of a prefix as it was read.
#[derive(Debug)]
pub(crate) struct Described {
    /// Its name beside `incoming`.
    name: Option<&'static str>,
    /// What is odd, one line each.
    warnings: Vec<String>,
    pub(crate) kind: Kind,
}

/// What a descriptor is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A Data Resource, or nothing: the same for all files.
    One(Checks),
    /// A Data Package: for each file the resource that names it.
    Package(PackageChecks),
}

impl Described {
    /// What is odd, one line each.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Its name beside `incoming`; `None` when there is none.
    pub(crate) fn descriptor_name(&self) -> Option<&'static str> {
        self.name
    }
}

/// Reads the descriptor of a prefix and the files it refers to, which are below the prefix. What else lies beside it is looked at when
/// there is no `resource.json`, or when `all` of it is wanted: it costs a listing.
pub(crate) async fn load(
    source: &Arc<dyn Store>,
    prefix: &str,
    all: bool,
    interrupt: &Interrupt,
) -> Result<Described, NoChecks> {
    let first = NAMES[0];
    let mut bytes = get(source, &format!("{prefix}/{first}"), first).await?;
    let mut beside = Beside::default();
    if bytes.is_none() || all {
        beside = list(source, prefix).await?;
    }
    let mut name = first;
    if bytes.is_none()
        && let Some(found) = beside.descriptor()
    {
        name = found;
        bytes = get(source, &format!("{prefix}/{name}"), name).await?;
    }
    let mut warnings = beside.warnings(|name| printable(&source.locate(&format!("{prefix}/{name}"))));
    let Some(bytes) = bytes else {
        let kind = Kind::One(Checks::structural());
        return Ok(Described { name: None, warnings, kind });
    };
    let key = format!("{prefix}/{name}");
    let location = printable(&source.locate(&key));
    let runtime = Handle::current();
    let neighbours = Neighbourhood { source: Arc::clone(source), prefix: prefix.to_owned(), runtime: runtime.clone() };
    let tables =
        OfPrefix { source: Arc::clone(source), prefix: prefix.to_owned(), runtime, interrupt: interrupt.clone() };
    let read = blocking(move || match Source::read(&location, &bytes, &neighbours, Expected::Resource) {
        Ok(Source::One(descriptor)) => {
            let warnings: Vec<String> = descriptor.warnings.iter().map(ToString::to_string).collect();
            let checks = Checks::load(key, None, *descriptor, &tables).map_err(NoChecks::from)?;
            Ok((warnings, Kind::One(checks)))
        }
        Ok(Source::Package(package)) => {
            let warnings = package.warnings().iter().map(ToString::to_string).collect();
            Ok((warnings, Kind::Package(PackageChecks::new(*package, key, location, (neighbours, tables)))))
        }
        Err(mistakes) => Err(NoChecks::of_mistakes(&mistakes, &location)),
    });
    let (more, kind) = read.await.map_err(|no_checks: NoChecks| match interrupt.raised() {
        true => NoChecks { code: FailureCode::Interrupted, ..no_checks },
        false => no_checks,
    })?;
    warnings.extend(more);
    Ok(Described { name: Some(name), warnings, kind })
}

/// The bytes of a descriptor, if it is there.
async fn get(source: &Arc<dyn Store>, key: &str, name: &str) -> Result<Option<Vec<u8>>, NoChecks> {
    let most = if name.starts_with("datapackage") { PACKAGE_BYTES } else { DESCRIPTOR_BYTES };
    match source.get(key, most).await {
        Ok((_, bytes)) => Ok(Some(bytes)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The names beside `incoming`, up to those that could be descriptors.
async fn list(source: &Arc<dyn Store>, prefix: &str) -> Result<Beside, NoChecks> {
    let folder = format!("{prefix}/");
    let scope = Scope {
        prefix: folder.clone(),
        // Behind every name that is one in any letter case.
        until: Some(format!("{prefix}/resource.z")),
        delimiter: Some("/"),
        ..Scope::default()
    };
    let mut listing = source.list(scope);
    let mut beside = Beside::default();
    for _ in 0..PAGES {
        for entry in listing.page().await? {
            if let Entry::Object(object) = entry
                && let Some(name) = object.key.strip_prefix(&folder)
            {
                beside.add(name);
            }
        }
        if listing.ended() {
            break;
        }
    }
    Ok(beside)
}

/// The first mistakes as far as a failure keeps them, and how many there are more: every file of the prefix fails with this text.
fn first_lines(mistakes: &Mistakes, descriptor: &str) -> String {
    let mut text = String::new();
    let mut told = 0;
    for mistake in mistakes.iter() {
        let line = mistake.to_string();
        if told > 0 && text.len() + line.len() >= MISTAKES_BYTES {
            break;
        }
        if told > 0 {
            text.push('\n');
        }
        text.push_str(&line);
        told += 1;
    }
    let more = mistakes.count().saturating_sub(told);
    if more > 0 {
        text.push_str(&format!("\nand {more} more; `sluice check --resource {descriptor} FILE` lists them"));
    }
    text
}

/// The files beside a descriptor.
#[derive(Debug)]
pub(crate) struct Neighbourhood {
    source: Arc<dyn Store>,
    prefix: String,
    runtime: Handle,
}

impl Neighbours for Neighbourhood {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        let key = format!("{}/{name}", self.prefix);
        match self.runtime.block_on(self.source.get(&key, DESCRIPTOR_BYTES)) {
            Ok((_, bytes)) if bytes.len() > DESCRIPTOR_BYTES => Err(NeighbourError::TooLarge),
            Ok((_, bytes)) => Ok(bytes),
            Err(StoreError::NotFound { .. }) => Err(NeighbourError::NotFound),
            Err(error) => Err(NeighbourError::Unreadable(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::store::{Condition, MemoryStore};

    #[tokio::test]
    async fn a_thousand_mistakes_are_counted_in_a_bounded_message() {
        let fields = vec![r#"{"name":"a","type":"nothing"}"#; 3000].join(",");
        let text = format!(r#"{{"schema":{{"fields":[{fields}]}}}}"#);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        store.put("p/resource.json", text.into_bytes(), Condition::Always).await.unwrap();
        let no_checks = load(&store, "p", false, &Interrupt::default()).await.unwrap_err();
        let FileFailure { message, .. } = no_checks.failure("p/incoming/x.csv");
        let told = message.lines().count() - 1;
        assert!(message.len() < MESSAGE_CHARS && told > 3, "{message}");
        assert!(message.ends_with("lists them"), "{message}");
        let more: usize = message.lines().last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        assert!(told + more >= 3000, "{told} + {more}");
    }
}
