//! The keys of the schema in one file: the columns that they consist of.

use std::sync::Arc;

use crate::descriptor::{KeyKind, Schema};
use crate::resolve::fingerprint::Fingerprinter;
use crate::resolve::spill::KeyFiles;
use crate::shown::{LABEL, NAMED, quoted};
use crate::typing::column::{Column, by_name};

/// A key of a file.
#[derive(Debug)]
pub(crate) struct FileKey {
    pub(crate) kind: KeyKind,
    /// The columns of the key, in the order of its fields; at least one.
    pub(crate) columns: Vec<usize>,
    /// The names of the fields, for messages.
    pub(crate) names: String,
}

impl FileKey {
    /// Returns the column of a unique key of one column, whose faults are faults of a cell; `None` for any other key.
    pub(crate) fn cell(&self) -> Option<usize> {
        match (self.kind, &*self.columns) {
            (KeyKind::Unique, &[column]) => Some(column),
            _ => None,
        }
    }
}

/// The keys of a file, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct FileKeys {
    pub(crate) keys: Vec<FileKey>,
    pub(crate) fingerprinter: Fingerprinter,
    /// Most bytes that all keys together may take.
    pub(crate) most_bytes: u64,
    /// Makes files for keys that do not fit in memory.
    pub(crate) files: Option<Arc<dyn KeyFiles>>,
}

impl FileKeys {
    /// Returns the keys of the schema in a file of these columns. A key is left out if the file lacks one of its
    /// columns: it is missing in every row.
    pub(crate) fn of(
        schema: Option<&Schema>,
        columns: &[Column],
        most_bytes: u64,
        files: Option<Arc<dyn KeyFiles>>,
    ) -> Self {
        let declared = schema.map_or(&[][..], |schema| &schema.keys);
        let mut keys = Vec::new();
        if !declared.is_empty() {
            let indices = by_name(columns);
            for key in declared {
                let columns: Option<Vec<usize>> = key.fields.iter().map(|name| indices.get(&**name).copied()).collect();
                let names = names(&key.fields);
                keys.extend(columns.map(|columns| FileKey { kind: key.kind, columns, names }));
            }
        }
        // Faults are reported in the order of their keys, and have to be in the order of columns; those of the row as a whole come last.
        keys.sort_by_key(|key| key.cell().unwrap_or(usize::MAX));
        Self { keys, fingerprinter: Fingerprinter::default(), most_bytes, files }
    }
}

/// Returns the names of the fields of a key, for messages: the first ones, and the number of all fields if there are more.
pub(super) fn names(fields: &[String]) -> String {
    let mut list = fields.iter().take(NAMED).map(|name| quoted(name, LABEL)).collect::<Vec<_>>().join(", ");
    if fields.len() > NAMED {
        list.push_str(&format!(", … ({} fields)", fields.len()));
    }
    list
}
