//! Reference tables: each is checked when it is loaded, and only the keys that foreign keys refer to are kept.

use std::io::{self, Read};
use std::sync::Arc;

use crate::compression::Compression;
use crate::descriptor::{Descriptor, Target};
use crate::emit::outputs::Outputs;
use crate::pipeline::check::{Check, Options};
use crate::pipeline::ended_early::{CheckError, unless_panic};
use crate::pipeline::foreign::ReferenceTables;
use crate::pipeline::foreign::gather::{Gathered, gather};
use crate::pipeline::outcome::Outcome;
use crate::read::source::StoredFile;
use crate::report::Verdict;
use crate::resolve::foreign::KeysToGather;
use crate::resolve::foreign::key_set::KeySet;
use crate::resolve::spill::KeyFiles;
use crate::shown::{LABEL, quoted};

/// A function that opens a file, and returns its body and, where known, its size in bytes.
pub type OpenTable<'f> = dyn FnMut() -> io::Result<(Box<dyn Read + Send>, Option<u64>)> + 'f;

/// The file of a reference table.
pub struct TableFile<'f> {
    /// The delimiter that the suffix of the file stands for, `\t` for `.tsv`; used when the dialect of the table names none.
    pub delimiter: u8,
    /// How the file is compressed, if it is.
    pub compression: Option<Compression>,
    /// Opens the file. It is called twice, and has to open the same version both times.
    pub open: &'f mut OpenTable<'f>,
}

/// Why a reference table cannot be referred to.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The file of the table could not be read.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// The table is refused as a whole, or has rows with faults: what is wrong, where, and what to do.
    #[error("{0}")]
    Broken(String),
    /// Keys of the table that do not fit in memory could not be written to their file, or read again.
    #[error("{}", CheckError::Keys(io::Error::new(.0.kind(), .0.to_string())))]
    Keys(#[source] io::Error),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<CheckError> for ReferenceError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Read(error) => Self::Read(error),
            CheckError::Keys(error) => Self::Keys(error),
            // The check of a table has no outputs.
            CheckError::WriteClean(error) | CheckError::WriteRejects(error) | CheckError::WriteParquet(error) => {
                Self::Internal(error.to_string())
            }
            CheckError::NoParquet(text) | CheckError::Internal(text) => Self::Internal(text),
        }
    }
}

impl ReferenceTables {
    /// Returns the indices in [`Descriptor::references`] of the tables that foreign keys refer to: these have to be
    /// loaded, each once.
    pub fn needed(descriptor: &Descriptor) -> Vec<usize> {
        let numbers = 0..descriptor.references.len();
        numbers.filter(|&number| !wanted(descriptor, number).is_empty()).collect()
    }

    /// Loads the table with the index `number`, and returns its number of rows. No row of it may have a fault.
    ///
    /// # Errors
    /// When the table cannot be read, has a fault, or has more keys than `sluice.limits.keyBytes` has room for.
    pub fn load(
        &mut self,
        descriptor: &Descriptor,
        number: usize,
        file: TableFile<'_>,
        key_files: Option<Arc<dyn KeyFiles>>,
    ) -> Result<u64, ReferenceError> {
        let TableFile { delimiter, compression, open } = file;
        let check = Check::new(&descriptor.references[number].descriptor, Some(delimiter)).of_own_path();
        let check = match &key_files {
            Some(files) => check.with_key_files(Arc::clone(files)),
            None => check,
        };
        let options = Options::default();
        let mut stored = || {
            let (body, bytes) = open().map_err(ReferenceError::Read)?;
            Ok::<_, ReferenceError>(StoredFile { body, bytes, compression })
        };
        let outcome = check.run(stored()?, Outputs::default(), &options, &|_| {})?;
        if let Some(reason) = fault_of(&outcome) {
            return Err(ReferenceError::Broken(reason));
        }
        let all: usize = Self::needed(descriptor).iter().map(|&number| wanted(descriptor, number).len()).sum();
        let limit = descriptor.settings.limits.key_bytes;
        let set = |wanted| KeySet::new(wanted, limit / all.max(1) as u64, key_files.clone());
        let sets: Vec<KeySet> = wanted(descriptor, number).into_iter().map(set).collect();
        let stored = stored()?;
        let sets = match unless_panic(|| gather(&check, stored, &options, sets))? {
            Gathered::Keys { missing: Some(field), .. } => {
                let field = quoted(&field, LABEL);
                let reason =
                    format!("it has no column {field}, which a foreign key refers to; add it, or correct the key");
                return Err(ReferenceError::Broken(reason));
            }
            Gathered::Keys { sets, .. } => sets,
            Gathered::Refused => {
                return Err(ReferenceError::Internal("a table was refused when read again".to_owned()));
            }
        };
        if sets.iter().any(KeySet::are_too_many) {
            let reason = format!(
                "its keys need more than {limit} bytes of memory for all tables (sluice.limits.keyBytes); raise the limit if there \
                 is as much"
            );
            return Err(ReferenceError::Broken(reason));
        }
        self.sets.extend(sets);
        Ok(outcome.rows.read)
    }
}

fn wanted(descriptor: &Descriptor, number: usize) -> Vec<KeysToGather> {
    let keys = descriptor.schema.iter().flat_map(|schema| &schema.foreign_keys);
    KeysToGather::all(keys, Target::Table(number))
}

/// Returns the first fault of a table, if there is one.
fn fault_of(outcome: &Outcome) -> Option<String> {
    if let Some(refusal) = &outcome.refusal {
        return Some(format!("it is refused: {}", refusal.message));
    }
    if outcome.verdict == Verdict::Clean {
        return None;
    }
    let (rejected, read) = (outcome.rows.rejected, outcome.rows.read);
    let first = outcome.samples.first().and_then(|reject| {
        let fault = reject.errors.first()?;
        let field = fault.field.as_ref().map_or_else(String::new, |field| format!("{}: ", quoted(field, LABEL)));
        Some(format!(": line {}: {field}{}: {}", reject.line, fault.code.name(), fault.message))
    });
    Some(format!("rejected rows: {rejected} of {read}, first{}; correct the table", first.unwrap_or_default()))
}
