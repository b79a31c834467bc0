//! What the files of a prefix are checked against: its descriptor, made ready once.

use std::sync::{Arc, OnceLock};

use sluice_engine::ReferenceTables;
use sluice_engine::descriptor::{
    self, DESCRIPTOR_BYTES, Descriptor, Formats, Mistake, Mistakes, NeighbourError, Neighbours, Target,
};
use sluice_engine::pipeline::file::Check;
use sluice_engine::report::DescriptorIdentity;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::interrupt::Interrupt;
use crate::key::descriptor_key;
use crate::key_files::TemporaryFiles;
use crate::memory::{self, FileSize};
use crate::printable::printable;
use crate::process::Context;
use crate::references::{self, NoTables, OfPrefix, TableFiles};
use crate::store::{Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure, MESSAGE_CHARS};

/// Bytes of mistakes that are told of a descriptor beyond the first one, so that a line about the others has room in a message.
const MISTAKES_BYTES: usize = MESSAGE_CHARS - 500;

/// A descriptor made ready for files of every suffix; clones share it.
#[derive(Clone, Debug)]
pub struct Checks(Arc<Ready>);

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
    pub(crate) fn load(key: String, descriptor: Descriptor, files: &dyn TableFiles) -> Result<Self, NoTables> {
        let (tables, references) = references::load(&descriptor, files)?;
        let identity = Some(DescriptorIdentity { key, sha256: descriptor.sha256.clone(), references });
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

    /// The descriptor as reports name it; `None` when there is none.
    pub(crate) fn descriptor(&self) -> Option<&DescriptorIdentity> {
        self.0.identity.as_ref()
    }
}

/// What the files of a prefix are checked against, read when the first of them comes.
#[derive(Debug)]
pub(crate) struct PrefixChecks {
    prefix: String,
    read: OnceCell<Result<Checks, NoChecks>>,
}

impl PrefixChecks {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, read: OnceCell::new() }
    }

    /// The prefix.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What its files are checked against, or why there is nothing. The observer hears once what is odd in the descriptor; when the run
    /// is `strict` that is a reason to have nothing.
    pub(crate) async fn checks(&self, context: &Context) -> Result<Checks, NoChecks> {
        let read = async {
            let checks = load(&context.source, &self.prefix, &context.interrupt).await?;
            if context.strict && !checks.warnings().is_empty() {
                let mistakes = Mistakes::from(checks.warnings().to_vec());
                return Err(NoChecks::of_mistakes(&mistakes, &context.source.locate(&descriptor_key(&self.prefix))));
            }
            context.observer.ready(&self.prefix, &checks);
            Ok(checks)
        };
        self.read.get_or_init(|| read).await.clone()
    }
}

/// Why a prefix has no checks: the failure of each of its files.
#[derive(Clone, Debug)]
pub(crate) struct NoChecks {
    code: FailureCode,
    /// At most [`MESSAGE_CHARS`] characters: it is kept once for each file.
    message: String,
}

impl NoChecks {
    fn of_mistakes(mistakes: &Mistakes, descriptor: &str) -> Self {
        Self { code: FailureCode::Descriptor, message: first_lines(mistakes, descriptor) }
    }

    pub(crate) fn failure(&self, key: &str) -> FileFailure {
        FileFailure { key: key.to_owned(), code: self.code, message: self.message.clone() }.cut()
    }
}

impl From<StoreError> for NoChecks {
    fn from(error: StoreError) -> Self {
        let FileFailure { code, message, .. } = FileFailure::of_store("", &error);
        Self { code, message }
    }
}

/// Reads `<prefix>/resource.json` and the files it refers to, reference tables too, which are below the prefix.
async fn load(source: &Arc<dyn Store>, prefix: &str, interrupt: &Interrupt) -> Result<Checks, NoChecks> {
    let key = descriptor_key(prefix);
    let bytes = match source.get(&key, DESCRIPTOR_BYTES).await {
        Ok((_, bytes)) => bytes,
        Err(StoreError::NotFound { .. }) => {
            return Ok(Checks::structural());
        }
        Err(error) => return Err(error.into()),
    };
    let beside = Beside { source: Arc::clone(source), prefix: prefix.to_owned(), runtime: Handle::current() };
    let files = OfPrefix {
        source: Arc::clone(source),
        prefix: prefix.to_owned(),
        runtime: Handle::current(),
        interrupt: interrupt.clone(),
    };
    let at = source.locate(&key);
    let read = blocking(move || {
        let descriptor = descriptor::read(&printable(&at), &bytes, &beside);
        let descriptor = descriptor.map_err(|mistakes| NoChecks::of_mistakes(&mistakes, &at))?;
        Checks::load(key, descriptor, &files).map_err(|NoTables { code, message }| NoChecks { code, message })
    });
    read.await.map_err(|no_checks| match interrupt.raised() {
        true => NoChecks { code: FailureCode::Interrupted, ..no_checks },
        false => no_checks,
    })
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
struct Beside {
    source: Arc<dyn Store>,
    prefix: String,
    runtime: Handle,
}

impl Neighbours for Beside {
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
        let no_checks = load(&store, "p", &Interrupt::default()).await.unwrap_err();
        let FileFailure { message, .. } = no_checks.failure("p/incoming/x.csv");
        let told = message.lines().count() - 1;
        assert!(message.len() < MESSAGE_CHARS && told > 3, "{message}");
        assert!(message.ends_with("lists them"), "{message}");
        let more: usize = message.lines().last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        assert!(told + more >= 3000, "{told} + {more}");
    }
}
