//! Reference tables, the files that foreign keys refer to: opened, checked and loaded once for each descriptor.

use std::io::{self, Read};
use std::sync::Arc;

use sluice_engine::compression::Compression;
use sluice_engine::descriptor::{Descriptor, ReferenceTable, TableRows, did_you_mean, percent_decoded};
use sluice_engine::report::{ReferenceIdentity, cut};
use sluice_engine::{ReferenceError, ReferenceTables, TableFile};
use tokio::runtime::Handle;

use crate::interrupt::Interrupt;
use crate::key::Suffix;
use crate::key_files::{self, TemporaryFiles};
use crate::printable::printable;
use crate::store::{Store, StoreError};
use crate::task::{FailureCode, FileFailure, MESSAGE_CHARS};

/// Opens the files of reference tables, by paths relative to the folder of the descriptor. For threads that may block.
pub(crate) trait TableFiles {
    /// Returns the name of the file in reports.
    fn key(&self, path: &str) -> String;

    /// Returns the location of the file, for a person.
    fn locate(&self, path: &str) -> String;

    /// Opens the file; with `version`, only if the file is that version.
    ///
    /// # Errors
    /// When there is no such file, it cannot be read, or it is another version by now.
    fn open(&self, path: &str, version: Option<&str>) -> Result<OpenedTable, StoreError>;
}

/// An opened file of a table.
pub(crate) struct OpenedTable {
    pub(crate) body: Box<dyn Read + Send>,
    pub(crate) bytes: Option<u64>,
    pub(crate) version: String,
}

/// Why a prefix has no reference tables.
#[derive(Debug)]
pub(crate) struct NoTables {
    pub(crate) code: FailureCode,
    pub(crate) message: String,
}

impl NoTables {
    /// Adds what else there is to do.
    fn with_hint(mut self, hint: Option<String>) -> Self {
        self.message.extend(hint);
        self
    }
}

/// Reference tables, and their entries in reports.
pub(crate) type Loaded = (Arc<ReferenceTables>, Vec<ReferenceIdentity>);

/// Loads all tables that foreign keys of the descriptor refer to.
///
/// # Errors
/// When a table is missing, cannot be read, or is invalid: the failure of the first such table.
pub(crate) fn load(descriptor: &Descriptor, files: &dyn TableFiles) -> Result<Loaded, NoTables> {
    let mut tables = ReferenceTables::default();
    let mut identities = Vec::new();
    for number in ReferenceTables::needed(descriptor) {
        identities.push(load_table(descriptor, number, files, &mut tables)?);
    }
    Ok((Arc::new(tables), identities))
}

fn load_table(
    descriptor: &Descriptor,
    number: usize,
    files: &dyn TableFiles,
    tables: &mut ReferenceTables,
) -> Result<ReferenceIdentity, NoTables> {
    let reference = &descriptor.references[number];
    let path = match &reference.rows {
        TableRows::File(path) => path,
        TableRows::Inline(bytes) => return load_inline(descriptor, number, bytes, tables),
    };
    let (path, compression) = (path.as_str(), Compression::split(path).1);
    // A file with any other name is read like `.csv`.
    let suffix = Suffix::of(path).unwrap_or(Suffix { delimiter: b',', compression });
    let mut version: Option<String> = None;
    let mut open = || -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
        let opened = files.open(path, version.as_deref()).map_err(StoreError::into_io)?;
        version = Some(opened.version);
        Ok((opened.body, opened.bytes))
    };
    let file = TableFile { delimiter: suffix.delimiter, compression: suffix.compression, open: &mut open };
    let rows = tables.load(descriptor, number, file, Some(Arc::new(TemporaryFiles))).map_err(|error| {
        let failure = failure_of(reference, files.locate(path), error);
        failure.with_hint(decoded_hint(path, files))
    })?;
    Ok(ReferenceIdentity { name: reference.name.clone(), key: files.key(path), etag: version, rows })
}

/// Returns what to do about a path without a file, if there is a file of the percent-decoded name.
fn decoded_hint(path: &str, files: &dyn TableFiles) -> Option<String> {
    let decoded = percent_decoded(path)?;
    let is_there =
        matches!(files.open(path, None), Err(StoreError::NotFound { .. })) && files.open(&decoded, None).is_ok();
    is_there.then(|| format!("; a path is taken as it is written: {}", did_you_mean(&decoded)))
}

/// Loads a table whose rows are in the descriptor.
fn load_inline(
    descriptor: &Descriptor,
    number: usize,
    bytes: &Arc<[u8]>,
    tables: &mut ReferenceTables,
) -> Result<ReferenceIdentity, NoTables> {
    let reference = &descriptor.references[number];
    let mut open = || -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
        Ok((Box::new(io::Cursor::new(Arc::clone(bytes))), Some(bytes.len() as u64)))
    };
    let file = TableFile { delimiter: b',', compression: None, open: &mut open };
    let rows = tables
        .load(descriptor, number, file, Some(Arc::new(TemporaryFiles)))
        .map_err(|error| failure_of(reference, "its data in the descriptor".to_owned(), error))?;
    Ok(ReferenceIdentity { name: reference.name.clone(), key: format!("#{}", reference.name), etag: None, rows })
}

fn failure_of(reference: &ReferenceTable, at: String, error: ReferenceError) -> NoTables {
    let mut name = printable(&reference.name);
    // A name may be as long as a message.
    cut(&mut name, MESSAGE_CHARS / 10);
    let (code, reason) = match error {
        ReferenceError::Read(error) => {
            let place = printable(&at);
            let FileFailure { code, message, .. } = FileFailure::of_store("", &StoreError::from_io(at, error));
            // A missing table is not like a missing data file, which a client may have removed. A table of a published package may
            // be among the data, which are not read.
            if code == FailureCode::NotFound {
                let remedy = "put a copy of the table there, as foreign keys refer to it";
                (FailureCode::Reference, format!("{place}: not found; {remedy}"))
            } else {
                (code, message)
            }
        }
        ReferenceError::Broken(reason) => (FailureCode::Reference, format!("{}: {reason}", printable(&at))),
        ReferenceError::Keys(error) => {
            let FileFailure { code, message, .. } = key_files::failure_of(&at, error);
            (code, message)
        }
        ReferenceError::Internal(reason) => {
            (FailureCode::Internal, format!("{}: internal error ({reason}); please report it", printable(&at)))
        }
    };
    NoTables { code, message: format!("the reference table {name}: {reason}") }
}

/// Reference tables below a prefix of a store.
#[derive(Debug)]
pub(crate) struct OfPrefix {
    pub(crate) source: Arc<dyn Store>,
    pub(crate) prefix: String,
    pub(crate) runtime: Handle,
    pub(crate) interrupt: Interrupt,
}

impl TableFiles for OfPrefix {
    fn key(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix)
    }

    fn locate(&self, path: &str) -> String {
        self.source.locate(&self.key(path))
    }

    fn open(&self, path: &str, version: Option<&str>) -> Result<OpenedTable, StoreError> {
        let key = self.key(path);
        let (object, body) = self.runtime.block_on(self.source.open(&key, version, None))?;
        let body = Box::new(self.interrupt.watch(body));
        Ok(OpenedTable { body, bytes: Some(object.bytes), version: object.etag })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::cell::Cell;

    use sluice_engine::descriptor::{self, NeighbourError, Neighbours};

    use super::*;

    struct Nothing;

    impl Neighbours for Nothing {
        fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
            Err(NeighbourError::NotFound)
        }
    }

    /// A table that is replaced after it was opened this many times.
    struct Replaced(u32, Cell<u32>);

    impl TableFiles for Replaced {
        fn key(&self, path: &str) -> String {
            path.to_owned()
        }

        fn locate(&self, path: &str) -> String {
            format!("there/{path}")
        }

        fn open(&self, path: &str, version: Option<&str>) -> Result<OpenedTable, StoreError> {
            self.1.set(self.1.get() + 1);
            let current = if self.1.get() > self.0 { "new" } else { "old" };
            if version.is_some_and(|version| version != current) {
                return Err(StoreError::Changed { at: self.locate(path) });
            }
            Ok(OpenedTable { body: Box::new(&b"code\nx\n"[..]), bytes: None, version: current.to_owned() })
        }
    }

    #[test]
    fn a_table_is_read_in_one_version_or_its_prefix_fails() {
        let text = br#"{
            "schema": {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a", "reference": {"resource": "t", "fields": "code"}}]},
            "sluice": {"reference": [{"name": "t", "path": "t.csv"}]}
        }"#;
        let descriptor = descriptor::read("r.json", text, &Nothing).unwrap();
        let (_, identities) = load(&descriptor, &Replaced(2, Cell::new(0))).unwrap();
        let expected = ReferenceIdentity { name: "t".into(), key: "t.csv".into(), etag: Some("old".into()), rows: 1 };
        assert_eq!(identities, [expected]);
        let failed = load(&descriptor, &Replaced(1, Cell::new(0))).unwrap_err();
        assert_eq!(failed.code, FailureCode::Changed);
        assert!(
            failed.message.starts_with("the reference table t: there/t.csv: changed while it was read"),
            "{failed:?}"
        );
    }
}
