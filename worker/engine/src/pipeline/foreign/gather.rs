//! The keys of all rows of a file, read in a pass of its own that types only the columns of the keys.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use sluice_csv::{Chunk, Dialect, Records};

use crate::descriptor::Trailer;
use crate::fault::{CellFault, FaultLocation, PlacedFault};
use crate::locked::locked;
use crate::pipeline::check::{Check, Options};
use crate::pipeline::ended_early::{CheckError, EndedEarly};
use crate::pipeline::head::Head;
use crate::pipeline::source::Source;
use crate::read::source::{self, StoredFile};
use crate::resolve::fingerprint::Fingerprinter;
use crate::resolve::foreign::KeysToGather;
use crate::resolve::foreign::key_set::KeySet;
use crate::resolve::foreign::reader::KeyColumns;
use crate::resolve::key_values::TypedChunk;
use crate::resolve::trailer::TrailerReader;
use crate::types::ColumnCells;
use crate::typing::cells::Typing;
use crate::typing::column::{Column, by_name};
use crate::typing::not_utf8::NotUtf8;
use crate::typing::valid_cache::ValidCache;
use crate::typing::values::TypedColumn;

/// What was gathered from a file.
#[derive(Debug)]
pub(super) enum Gathered {
    /// All keys, in the order of the sets, except keys with a field that the file does not have.
    Keys {
        sets: Vec<KeySet>,
        /// The first wanted field that the file does not have.
        missing: Option<String>,
    },
    /// The file is refused, for a reason that its check will find too.
    Refused,
}

/// Gathers the keys of a file into `sets`. The result does not depend on chunks and threads.
///
/// # Errors
/// When the file cannot be read, or keys cannot be kept that do not fit in memory.
pub(super) fn gather(
    check: &Check,
    file: StoredFile<impl Read + Send>,
    options: &Options,
    sets: Vec<KeySet>,
) -> Result<Gathered, CheckError> {
    gather_all(check, check.compressed_as_declared(file), options, sets).or_else(|ended| match ended {
        EndedEarly::Refused(_) => Ok(Gathered::Refused),
        EndedEarly::Failed(error) => Err(error),
    })
}

fn gather_all(
    check: &Check,
    file: StoredFile<impl Read + Send>,
    options: &Options,
    sets: Vec<KeySet>,
) -> Result<Gathered, EndedEarly> {
    let source::Opened { reader, encoding } =
        source::open(file, check.read_settings(), &|_| {}).map_err(EndedEarly::of_reading)?;
    let dialect = check.descriptor().dialect.clone();
    let mut source = Source::new(reader, &encoding, dialect, check.record_limits(options), true);
    let dialect = source.records.detect().map_err(EndedEarly::of_reading)?.clone();
    // Without header and schema no column has a name.
    let columns = Head::read(check.descriptor(), &mut source)?.columns.unwrap_or_default();
    source.records.set_columns(columns.len());
    let trailer = check.descriptor().settings.trailer.as_ref();
    let gathering = Gathering { trailer, ..Gathering::new(&columns, &dialect, source.records, sets) };
    gathering.run(options);
    match gathering.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(CheckError::Read(error)) => return Err(EndedEarly::of_reading(error)),
        Some(error) => return Err(EndedEarly::Failed(error)),
        None => {}
    }
    let sets = gathering.keys.into_iter().map(|key| key.set.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(Gathered::Keys { sets: sets.collect(), missing: gathering.missing })
}

/// A key that is gathered.
struct Key {
    wanted: KeysToGather,
    /// The columns of the key; `None` if the file lacks one of its fields.
    columns: Option<Vec<usize>>,
    fingerprinter: Fingerprinter,
    set: Mutex<KeySet>,
}

struct Gathering<'a, R> {
    columns: &'a [Column],
    dialect: &'a Dialect,
    /// The trailer of the file, if it has one.
    trailer: Option<&'a Trailer>,
    records: Mutex<Records<R>>,
    keys: Vec<Key>,
    missing: Option<String>,
    /// The columns that are typed: those of all keys, ascending.
    typed: Vec<usize>,
    failure: Mutex<Option<CheckError>>,
}

impl<'a, R: Read + Send> Gathering<'a, R> {
    fn new(columns: &'a [Column], dialect: &'a Dialect, records: Records<R>, sets: Vec<KeySet>) -> Self {
        let indices = by_name(columns);
        let mut missing = None;
        let mut typed = Vec::new();
        let mut keys = Vec::with_capacity(sets.len());
        for set in sets {
            let wanted = set.wanted.clone();
            missing = missing.or_else(|| wanted.fields.iter().find(|name| !indices.contains_key(&***name)).cloned());
            let columns: Option<Vec<usize>> = wanted.fields.iter().map(|name| indices.get(&**name).copied()).collect();
            typed.extend(columns.iter().flatten());
            keys.push(Key { wanted, columns, fingerprinter: set.fingerprinter.clone(), set: Mutex::new(set) });
        }
        typed.sort_unstable();
        typed.dedup();
        Self {
            columns,
            dialect,
            trailer: None,
            records: Mutex::new(records),
            keys,
            missing,
            typed,
            failure: Mutex::new(None),
        }
    }

    /// Reads the file to its end, or to the first failure.
    fn run(&self, options: &Options) {
        std::thread::scope(|scope| {
            let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, || self.work()).ok();
            // If the system has no thread left, the threads that were started do the work.
            let others: Vec<_> = (1..options.threads.get()).map_while(spawn).collect();
            self.work();
            for other in others {
                if let Err(panic) = other.join() {
                    std::panic::resume_unwind(panic);
                }
            }
        });
    }

    /// Reads chunks in one thread until the file ends or a thread fails.
    fn work(&self) {
        let mut reader = ChunkReader::new(self);
        let mut trailer = self.trailer.map(|trailer| TrailerReader::new(trailer, &[], self.dialect));
        let mut chunk = None;
        while locked(&self.failure).is_none() {
            let next = locked(&self.records).next_chunk(chunk.take());
            let failure = match next {
                Ok(Some(mut next)) => {
                    // A record of the trailer is no row that another row could refer to.
                    if let Some(trailer) = &mut trailer {
                        trailer.take(&mut next);
                    }
                    let read = reader.read(&next).map_err(CheckError::Keys);
                    chunk = Some(next);
                    read.err()
                }
                Ok(None) => return,
                Err(error) => Some(CheckError::Read(error)),
            };
            if let Some(failure) = failure {
                locked(&self.failure).get_or_insert(failure);
            }
        }
    }
}

/// Reads the keys of chunks; one for each thread.
struct ChunkReader<'g, 'a, R> {
    gathering: &'g Gathering<'a, R>,
    typed: Vec<TypedColumn>,
    valid_caches: Vec<Option<ValidCache>>,
    not_utf8: NotUtf8,
    faults: Vec<PlacedFault>,
    fingerprints: Vec<u128>,
    scratch: Vec<u8>,
}

impl<'g, 'a, R: Read + Send> ChunkReader<'g, 'a, R> {
    fn new(gathering: &'g Gathering<'a, R>) -> Self {
        let mut typed = Vec::new();
        typed.resize_with(gathering.columns.len(), TypedColumn::default);
        Self {
            gathering,
            typed,
            valid_caches: gathering.columns.iter().map(|_| None).collect(),
            not_utf8: NotUtf8::default(),
            faults: Vec::new(),
            fingerprints: Vec::new(),
            scratch: Vec::new(),
        }
    }

    fn read(&mut self, chunk: &Chunk) -> io::Result<()> {
        let Gathering { columns, dialect, keys, typed: indices, .. } = self.gathering;
        self.faults.clear();
        self.not_utf8.find(chunk);
        let rows = chunk.index.rows.len();
        let mut typing = Typing {
            chunk,
            rows: 0..rows,
            dialect,
            not_utf8: &self.not_utf8,
            scratch: &mut self.scratch,
            faults: &mut self.faults,
        };
        for &index in indices {
            let typed = &mut self.typed[index];
            typed.clear();
            typing.read(ColumnCells { column: &columns[index], index, typed, cache: &mut self.valid_caches[index] });
        }
        // A text that breaks the format of its field has a value nonetheless; only its fault shows that it is invalid.
        let failed = self.faults.iter().filter(|placed| !matches!(placed.fault, CellFault::Constraint(_)));
        let failed: HashSet<(u32, FaultLocation)> = failed.map(|placed| (placed.row, placed.location())).collect();
        let typed = TypedChunk { chunk, columns, typed: &self.typed, dialect };
        for key in keys {
            let Some(columns) = &key.columns else { continue };
            let compared = KeyColumns { columns, as_decimals: &key.wanted.as_decimals };
            let has_failed =
                |row: u32| columns.iter().any(|&column| failed.contains(&(row, FaultLocation::Cell(column))));
            self.fingerprints.clear();
            let rows = (0..rows as u32).filter(|&row| failed.is_empty() || !has_failed(row));
            let fingerprint =
                |row: u32| compared.fingerprint(row as usize, typed, &key.fingerprinter, &mut self.scratch);
            self.fingerprints.extend(rows.map(fingerprint));
            self.fingerprints.dedup();
            locked(&key.set).add_all(&self.fingerprints)?;
        }
        Ok(())
    }
}
