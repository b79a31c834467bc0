//! A descriptor made ready to check files.

use std::sync::{Arc, OnceLock};

use sluice_engine::ReferenceTables;
use sluice_engine::descriptor::{ComparisonWithEarlier, Descriptor, FeedbackSettings, Formats, Mistake, Target};
use sluice_engine::pipeline::file::Check;
use sluice_engine::report::DescriptorIdentity;

use crate::key_files::TemporaryFiles;
use crate::memory_budget::{self, FileSize, SharedMemory};
use crate::references::{self, NoTables, TableFiles};

/// A descriptor made ready for files of every suffix; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Checks(Arc<Ready>);

#[derive(Debug)]
struct Ready {
    source: Descriptor,
    /// The check for each delimiter, made when the first file with its suffix needs it.
    by_delimiter: [OnceLock<Arc<Check>>; 3],
    /// The descriptor as reports name it; `None` if there is no descriptor.
    identity: Option<DescriptorIdentity>,
    tables: Arc<ReferenceTables>,
    memory_of_tables: SharedMemory,
}

impl Checks {
    /// The checks of a file without a descriptor.
    pub(crate) fn structural() -> Self {
        Self::ready(Descriptor::structural(), None, Arc::default())
    }

    /// Makes the checks of a descriptor, and loads its reference tables.
    ///
    /// # Errors
    /// When a reference table is missing, cannot be read, or is invalid.
    pub(crate) fn load(
        key: String,
        resource: Option<String>,
        descriptor: Descriptor,
        files: &dyn TableFiles,
    ) -> Result<Self, NoTables> {
        let (tables, references) = references::load(&descriptor, files)?;
        let identity = Some(DescriptorIdentity { key, sha256: descriptor.sha256.clone(), resource, references });
        Ok(Self::ready(descriptor, identity, tables))
    }

    fn ready(source: Descriptor, identity: Option<DescriptorIdentity>, tables: Arc<ReferenceTables>) -> Self {
        let memory_of_tables = SharedMemory::of_bytes(tables.bytes());
        Self(Arc::new(Ready { source, by_delimiter: Default::default(), identity, tables, memory_of_tables }))
    }

    /// Returns the check for files whose suffix stands for `delimiter`.
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

    /// Returns true if rows of a file refer to rows of the same file, which then has to be read twice.
    pub(crate) fn refer_to_own_file(&self) -> bool {
        let keys = self.0.source.schema.iter().flat_map(|schema| &schema.foreign_keys);
        keys.into_iter().any(|key| key.target == Target::OwnFile)
    }

    /// Returns the warnings about the descriptor.
    pub(crate) fn warnings(&self) -> &[Mistake] {
        &self.0.source.warnings
    }

    /// Returns the forms in which the clean rows are published.
    pub(crate) fn formats(&self) -> Formats {
        self.0.source.settings.formats
    }

    /// Returns the most memory that keys, Parquet and feedback of a file take, in MiB.
    pub(crate) fn memory(&self, file: FileSize) -> u64 {
        memory_budget::of_file(&self.0.source, file)
    }

    /// Returns the memory of the reference tables, which all files share.
    pub(crate) fn tables(&self) -> &SharedMemory {
        &self.0.memory_of_tables
    }

    /// Returns the number of keys and foreign keys that each row has.
    pub(crate) fn keys(&self) -> u64 {
        let schema = self.0.source.schema.as_ref();
        schema.map_or(0, |schema| (schema.keys.len() + schema.foreign_keys.len()) as u64)
    }

    /// Returns the number of fields of the schema; `None` without a schema.
    pub(crate) fn columns(&self) -> Option<u64> {
        self.0.source.schema.as_ref().map(|schema| schema.fields.len() as u64)
    }

    /// Returns the settings of the feedback for the sender of a file; `None` if there is no feedback.
    pub(crate) fn feedback(&self) -> Option<&FeedbackSettings> {
        self.0.source.settings.feedback.as_ref()
    }

    /// Returns the limit on how much a file may differ from earlier files; `None` if there is no limit.
    pub(crate) fn last(&self) -> Option<ComparisonWithEarlier> {
        self.0.source.settings.last
    }

    /// Returns the descriptor as reports name it; `None` if there is no descriptor.
    pub(crate) fn descriptor(&self) -> Option<&DescriptorIdentity> {
        self.0.identity.as_ref()
    }
}
