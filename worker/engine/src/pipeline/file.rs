//! The check of one file: bytes → records → columns → frame → verdicts → outputs → report.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use sluice_csv::{OneRecord, RecordKind, cell_number};

use crate::descriptor::{Descriptor, Header, Limits, OutputEncoding};
pub use crate::emit::outputs::{Outputs, ParquetTarget};
use crate::emit::parquet::TooManyChunks;
use crate::pipeline::published::all_published;
use crate::pipeline::sink::PipelineError;
use crate::pipeline::source::Source;
use crate::pipeline::threads::{FileSetup, Pipeline};
use crate::read::blocks;
use crate::read::encoding::recognise::FileEncoding;
use crate::read::file_labels::FileLabels;
use crate::read::header;
use crate::read::hint;
use crate::read::labels::Labels;
use crate::read::source::{self, Expected};
use crate::report::{
    AssertionOutcome, Code, Compression, FieldStatistics, LabelUse, Refusal, RefusalCode, Reject, RejectsOmitted, Rows,
    Verdict,
};
use crate::resolve::assertions::{self, Ended};
use crate::resolve::foreign::{OwnKeys, ReferenceTables, file_keys};
use crate::resolve::keys::FileKeys;
use crate::resolve::spill::KeyFiles;
use crate::resolve::tolerance;
use crate::typing::column::Column;

/// A descriptor made ready to check files; cheap to share between threads and files.
#[derive(Clone, Debug)]
pub struct Check {
    descriptor: Arc<Descriptor>,
    key_files: Option<Arc<dyn KeyFiles>>,
    references: Arc<ReferenceTables>,
    /// Of one file alone.
    own_keys: Option<Arc<OwnKeys>>,
}

/// How a check runs. Nothing here shows in any output byte.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that check chunks.
    pub threads: NonZeroUsize,
    /// Bytes of records in a chunk; 256 KiB to 1 MiB stay in the second-level cache.
    pub chunk_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: NonZeroUsize::MIN, chunk_bytes: 512 << 10 }
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Clean, accepted or refused.
    pub verdict: Verdict,
    /// Record counts.
    pub rows: Rows,
    /// Faults by code.
    pub errors: BTreeMap<Code, u64>,
    /// Why the file was refused as a whole.
    pub refusal: Option<Refusal>,
    /// Rejected rows that the rejects do not have.
    pub rejects_omitted: Option<RejectsOmitted>,
    /// Statistics in column order.
    pub fields: Vec<FieldStatistics>,
    /// Last columns whose statistics are left out: see [`FIELDS_BYTES`](crate::report::FIELDS_BYTES).
    pub fields_omitted: u64,
    /// Labels that are not spelled as the field that they stand for, by column; the first [`LABEL_USES`](crate::report::LABEL_USES).
    pub labels: Vec<LabelUse>,
    /// How many more there are.
    pub labels_omitted: u64,
    /// The first rejects, their texts cut to [`SAMPLE_CHARACTERS`](crate::report::SAMPLE_CHARACTERS).
    pub samples: Vec<Reject>,
    /// How many clean rows break each of the rules and constraints that only warn; those that none breaks are not there.
    pub warnings: BTreeMap<String, u64>,
    /// The first clean rows that break such rules.
    pub warning_samples: Vec<Reject>,
    /// What may be wrong with the file as a whole, a line each.
    pub hints: Vec<String>,
    /// How the file was compressed.
    pub compression: Option<Compression>,
    /// The encoding the file was read in, in lower case: `utf-8`, `windows-1252`.
    pub encoding: String,
    /// What a person should know of the encoding, such as a byte order mark that says another one than the descriptor.
    pub encoding_note: Option<String>,
    /// Outcomes of the assertions over the whole file.
    pub assertions: Vec<AssertionOutcome>,
}

/// Least size of a chunk that is cut to the size of its file.
const SMALLEST_CHUNK: usize = 4 << 10;

/// Why a check could not be done. A file that is bad is no error but an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The input could not be read.
    #[error("reading: {0}")]
    Read(#[source] io::Error),
    /// The clean rows could not be written.
    #[error("writing the clean rows: {0}")]
    WriteClean(#[source] io::Error),
    /// The rejects could not be written.
    #[error("writing the rejects: {0}")]
    WriteRejects(#[source] io::Error),
    /// Keys for which there is no room in memory could not be written, or read again.
    #[error(
        "keeping the keys that do not fit in memory: {0}; make room there, name another folder (TMPDIR), or raise sluice.limits.keyBytes"
    )]
    Keys(#[source] io::Error),
    /// The Parquet file could not be written.
    #[error("writing the Parquet file: {0}")]
    WriteParquet(#[source] io::Error),
    /// The file is good, but there is no Parquet file of it: a limit, and what to do.
    #[error("{0}")]
    NoParquet(String),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What came before the first data record.
#[derive(Default)]
pub(crate) struct Head {
    /// `None` when the first record that has cells says how many columns there are.
    pub(crate) columns: Option<Vec<Column>>,
    /// The bytes of the head that the clean file begins with.
    bytes: Vec<u8>,
    blank: u64,
    /// Labels that are not spelled as the field that they stand for.
    labels: Vec<LabelUse>,
    labels_omitted: u64,
}

/// A refusal of the header, and its faults by code.
pub(crate) type Refused = (Refusal, BTreeMap<Code, u64>);

fn header_error(message: String) -> Refusal {
    Refusal { code: RefusalCode::HeaderError, message }
}

impl Check {
    /// A check against `descriptor`. `suffix_delimiter` is what the file's suffix stands for (`\t` for `.tsv`), used when the
    /// descriptor names no delimiter.
    pub fn new(descriptor: &Descriptor, suffix_delimiter: Option<u8>) -> Self {
        let mut descriptor = descriptor.clone();
        if let Some(delimiter) = suffix_delimiter.filter(|_| !descriptor.delimiter_given) {
            descriptor.dialect.delimiter = delimiter.into();
        }
        Self { descriptor: Arc::new(descriptor), key_files: None, references: Arc::default(), own_keys: None }
    }

    /// The same with a place for keys that do not fit in memory. Without it a file that has more of them is refused.
    pub fn with_key_files(self, files: Arc<dyn KeyFiles>) -> Self {
        Self { key_files: Some(files), ..self }
    }

    /// The same with the reference tables of the descriptor, all that foreign keys refer to.
    pub fn with_references(self, references: Arc<ReferenceTables>) -> Self {
        Self { references, ..self }
    }

    /// The check of one file whose rows refer to rows of the same file: see [`Check::gather_own_keys`].
    pub fn with_own_keys(&self, keys: OwnKeys) -> Self {
        Self { own_keys: Some(Arc::new(keys)), ..self.clone() }
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(crate) fn key_files(&self) -> Option<Arc<dyn KeyFiles>> {
        self.key_files.clone()
    }

    /// Checks one file. `stored_bytes` is its size as stored, where known; `progress` gets the number of stored bytes read
    /// since its last call.
    ///
    /// # Errors
    /// When the input cannot be read or an output cannot be written; a bad file is an [`Outcome`].
    pub fn run(
        &self,
        input: impl Read + Send,
        stored_bytes: Option<u64>,
        compression: Option<Compression>,
        outputs: Outputs<'_>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        // A panic is a defect; it must not take the other files with it.
        unless_panic(|| self.run_unguarded(input, stored_bytes, compression, outputs, options, progress))
    }

    fn run_unguarded(
        &self,
        input: impl Read + Send,
        stored_bytes: Option<u64>,
        compression: Option<Compression>,
        outputs: Outputs<'_>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let limits = self.descriptor.settings.limits;
        let mut options = *options;
        if let (Some(bytes), None) = (stored_bytes, compression) {
            // One byte more, so that the first chunk of a small file sees its end. To clear and to map 512 KiB would take longer
            // than to check 5 KB.
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(1);
            options.chunk_bytes = options.chunk_bytes.min(bytes.max(SMALLEST_CHUNK));
        }
        let options = &options;
        let expected = Expected { limits, encoding: self.descriptor.encoding };
        let source::Opened { reader, encoding } =
            match source::open(input, stored_bytes, compression, expected, progress) {
                Ok(opened) => opened,
                Err(error) => return self.refused_by(error, compression),
            };
        let outcome = self.run_opened(reader, &encoding, compression, outputs, options)?;
        let encoding_note = encoding.note().map(str::to_owned);
        Ok(Outcome { encoding: encoding.coding().name(), encoding_note, ..outcome })
    }

    /// Checks decoded bytes, which a thread of its own decompresses if there is one.
    fn run_opened(
        &self,
        decoded: Box<dyn Read + Send + '_>,
        encoding: &FileEncoding,
        compression: Option<Compression>,
        outputs: Outputs<'_>,
        options: &Options,
    ) -> Result<Outcome, CheckError> {
        if compression.is_some() && options.threads.get() > 1 {
            let (sender, blocks) = blocks::channel();
            let waiting = Mutex::new(Some(decoded));
            let taken = || waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
            std::thread::scope(|scope| {
                let decode = move || taken().into_iter().for_each(|decoded| blocks::decode(decoded, &sender));
                match std::thread::Builder::new().spawn_scoped(scope, decode) {
                    Ok(_) => self.run_decoded(Box::new(blocks), encoding, compression, outputs, options),
                    // The system has no thread left: what it would have decoded is still there.
                    Err(error) => match taken() {
                        Some(decoded) => self.run_decoded(decoded, encoding, compression, outputs, options),
                        None => Err(CheckError::Internal(error.to_string())),
                    },
                }
            })
        } else {
            self.run_decoded(decoded, encoding, compression, outputs, options)
        }
    }

    fn run_decoded(
        &self,
        decoded: Box<dyn Read + Send + '_>,
        encoding: &FileEncoding,
        compression: Option<Compression>,
        mut outputs: Outputs<'_>,
        options: &Options,
    ) -> Result<Outcome, CheckError> {
        let descriptor = &self.descriptor;
        let writes_utf8 = descriptor.settings.output_encoding == OutputEncoding::Utf8;
        let limits = self.record_limits(options);
        let mut source = Source::new(decoded, encoding, descriptor.dialect.clone(), limits, writes_utf8);
        let dialect = match source.records.detect() {
            Ok(dialect) => dialect.clone(),
            Err(error) => return self.refused_by(error, compression),
        };
        let mut hints = Vec::new();
        let head = match self.read_head(&mut source, &mut hints) {
            Ok(Ok(head)) => head,
            Ok(Err((refusal, errors))) => {
                return Ok(Outcome { errors, hints, ..self.refused(refusal, compression) });
            }
            Err(error) => return self.refused_by(error, compression),
        };
        let target = outputs.parquet.take();
        let mut pipeline = Pipeline::new(&dialect, &descriptor.settings, source, outputs, compression)
            .map_err(CheckError::WriteClean)?;
        let columns = match head.columns {
            Some(columns) => columns,
            None => match pipeline.pass_prologue() {
                Ok(width) if width > descriptor.settings.limits.columns as usize => {
                    return Ok(self.refused(self.too_many_columns(width), compression));
                }
                Ok(width) => header::unlabelled_columns(width, descriptor),
                Err(error) => return self.ended_by(error, compression),
            },
        };
        let most_bytes = descriptor.settings.limits.key_bytes;
        let keys = FileKeys::of(descriptor.schema.as_ref(), &columns, most_bytes, self.key_files.clone());
        if self.own_keys.as_ref().is_some_and(|keys| keys.are_too_many()) {
            return Ok(self.refused(self.too_many_keys(), compression));
        }
        let own_keys = self.own_keys.as_ref().map_or(&[][..], |keys| &keys.0);
        let foreign_keys = file_keys::of_file(descriptor, &columns, &[own_keys, self.references.sets()]);
        let foreign_keys = foreign_keys.map_err(CheckError::Internal)?;
        let setup =
            FileSetup { columns: &columns, keys: &keys, foreign_keys: &foreign_keys, head: &head.bytes, target };
        let tally = match pipeline.run(setup, options.threads) {
            Ok(tally) => tally,
            Err(error) => return self.ended_by(error, compression),
        };
        let mut rows = tally.rows;
        rows.blank += head.blank;
        let ended = Ended {
            rows: &rows,
            columns: &columns,
            statistics: &tally.statistics,
            column_faults: &tally.column_faults,
            trailer: &tally.trailer,
        };
        let assertions = assertions::decide(&descriptor.settings, &ended);
        let refusal =
            tolerance::exceeded(&descriptor.settings.tolerance, &rows).or_else(|| assertions::refusal(&assertions));
        let verdict = match (&refusal, rows.rejected) {
            (Some(_), _) => Verdict::Refused,
            (None, 0) => Verdict::Clean,
            (None, _) => Verdict::Accepted,
        };
        let (fields, fields_omitted) = all_published(&columns, &tally.statistics);
        Ok(Outcome {
            verdict,
            rows,
            errors: tally.errors,
            refusal,
            rejects_omitted: tally.rejects_omitted,
            fields,
            fields_omitted,
            labels: head.labels,
            labels_omitted: head.labels_omitted,
            samples: tally.samples,
            warnings: tally.warnings,
            warning_samples: tally.warning_samples,
            hints,
            compression,
            encoding: encoding.coding().name(),
            encoding_note: None,
            assertions,
        })
    }

    pub(crate) fn record_limits(&self, options: &Options) -> sluice_csv::Limits {
        let Limits { record_bytes, columns, .. } = self.descriptor.settings.limits;
        sluice_csv::Limits { record_bytes, columns, chunk_bytes: options.chunk_bytes }
    }

    /// Reads the header with what stands above it.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub(crate) fn read_head(
        &self,
        source: &mut Source<'_>,
        hints: &mut Vec<String>,
    ) -> io::Result<Result<Head, Refused>> {
        let descriptor = &self.descriptor;
        let (wanted, join): (&[u64], &str) = match &descriptor.header {
            Header::None => {
                let columns = descriptor.schema.as_ref().map(|_| header::unlabelled_columns(0, descriptor));
                return Ok(Ok(Head { columns, ..Head::default() }));
            }
            Header::First => (&[], ""),
            Header::Records { records, join } => (records, join),
        };
        let mut head = Head::default();
        let mut labels = Labels::default();
        loop {
            if wanted.is_empty() {
                head.blank += source.records.pass_blank()?;
            }
            let offset = source.records.position().byte;
            let Some(record) = source.records.next_record()? else {
                let message = match wanted {
                    [] => "the file has no header: it is empty; upload it again, or set header to false in the dialect"
                        .to_owned(),
                    _ => format!("the file ends before its header (record {})", wanted[wanted.len() - 1]),
                };
                return Ok(Err((header_error(message), BTreeMap::new())));
            };
            let is_label = match wanted {
                [] => !matches!(record.kind, RecordKind::Blank | RecordKind::Comment),
                _ => wanted.contains(&record.position.record),
            };
            let done = match wanted {
                [] => is_label,
                [.., last] => record.position.record >= *last,
            };
            if is_label && record.cells.len() <= 1 {
                hints.extend(hint::other_delimiter(record.raw(), descriptor.dialect.delimiter.as_bytes()));
            }
            let clean = source.clean_bytes(&record, offset);
            let taken = self.take_head((&record, &clean), is_label, &mut head).and_then(|()| match is_label {
                true => labels.take(&record, join, done, source.encoding),
                false => Ok(()),
            });
            if let Err(refusal) = taken {
                return Ok(Err((refusal, BTreeMap::new())));
            }
            if done {
                break;
            }
        }
        let labels = match labels.finish() {
            Ok(labels) => labels,
            Err(message) => return Ok(Err((header_error(message), BTreeMap::new()))),
        };
        let labels = FileLabels::new(&labels, descriptor);
        Ok(match header::columns_of(&labels, descriptor) {
            Ok(columns) => {
                let FileLabels { uses, uses_omitted, .. } = labels;
                Ok(Head { columns: Some(columns), labels: uses, labels_omitted: uses_omitted, ..head })
            }
            Err(faults) => Err((header_error(faults.message()), faults.errors)),
        })
    }

    /// Takes a record up to the header into the head. All of them together are no larger than one record may be.
    fn take_head(&self, (record, clean): (&OneRecord, &[u8]), is_label: bool, head: &mut Head) -> Result<(), Refusal> {
        let number = record.position.record;
        let most = self.descriptor.settings.limits.record_bytes;
        match record.kind {
            RecordKind::Blank => head.blank += 1,
            RecordKind::Comment => {}
            RecordKind::Quote(fault, at) if is_label => {
                let column = 1 + cell_number(record.raw(), at as usize, &self.descriptor.dialect);
                return Err(header_error(format!(
                    "the header (record {number}) has {fault}, in column {column}; mend it and upload the file again"
                )));
            }
            RecordKind::TooLarge if is_label => {
                return Err(header_error(format!(
                    "the header (record {number}) is larger than {most} bytes (sluice.limits.recordBytes)"
                )));
            }
            RecordKind::TooManyCells(cells) if is_label => return Err(self.too_many_columns(cells)),
            // Above the header anything may stand.
            _ => {
                let bytes = head.bytes.len() + record.raw().len();
                if record.kind == RecordKind::TooLarge || bytes > most as usize {
                    return Err(header_error(format!(
                        "the rows up to the header (record {number} is the last that was read) are larger than {most} bytes \
                         together (sluice.limits.recordBytes); take them out, or raise the limit"
                    )));
                }
                head.bytes.extend_from_slice(clean);
            }
        }
        Ok(())
    }

    fn too_many_columns(&self, found: usize) -> Refusal {
        let limit = self.descriptor.settings.limits.columns;
        header_error(format!("the file has more columns ({found}) than the limit of {limit} (sluice.limits.columns)"))
    }

    fn too_many_keys(&self) -> Refusal {
        let limit = self.descriptor.settings.limits.key_bytes;
        Refusal {
            code: RefusalCode::KeyLimit,
            message: format!(
                "to know the keys of all rows takes more than {limit} bytes of memory (sluice.limits.keyBytes); raise the limit if \
                 there is as much, or split the file"
            ),
        }
    }

    /// The outcome when the pipeline has ended before the file.
    fn ended_by(&self, error: PipelineError, compression: Option<Compression>) -> Result<Outcome, CheckError> {
        match error {
            PipelineError::Read(error) => self.refused_by(error, compression),
            PipelineError::WriteClean(error) => Err(CheckError::WriteClean(error)),
            PipelineError::WriteRejects(error) => Err(CheckError::WriteRejects(error)),
            PipelineError::Keys(error) => Err(CheckError::Keys(error)),
            PipelineError::TooManyKeys => Ok(self.refused(self.too_many_keys(), compression)),
            PipelineError::WriteParquet(error) if error.get_ref().is_some_and(|inner| inner.is::<TooManyChunks>()) => {
                Err(CheckError::NoParquet(error.to_string()))
            }
            PipelineError::WriteParquet(error) => Err(CheckError::WriteParquet(error)),
            PipelineError::Internal(text) => Err(CheckError::Internal(text)),
        }
    }

    fn refused(&self, refusal: Refusal, compression: Option<Compression>) -> Outcome {
        Outcome {
            verdict: Verdict::Refused,
            rows: Rows::default(),
            errors: BTreeMap::new(),
            refusal: Some(refusal),
            rejects_omitted: None,
            fields: Vec::new(),
            fields_omitted: 0,
            labels: Vec::new(),
            labels_omitted: 0,
            samples: Vec::new(),
            warnings: BTreeMap::new(),
            warning_samples: Vec::new(),
            hints: Vec::new(),
            compression,
            encoding: "utf-8".to_owned(),
            encoding_note: None,
            assertions: Vec::new(),
        }
    }

    fn refused_by(&self, error: io::Error, compression: Option<Compression>) -> Result<Outcome, CheckError> {
        match source::refusal_of(error) {
            Ok(refusal) => Ok(self.refused(refusal, compression)),
            Err(error) => Err(CheckError::Read(error)),
        }
    }
}

/// The outcome of some work, or an error when it panics.
pub(crate) fn unless_panic<T>(work: impl FnOnce() -> Result<T, CheckError>) -> Result<T, CheckError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(CheckError::Internal(panic_text(&*panic))))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("panic").chars().take(200).collect()
}
