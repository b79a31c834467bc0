//! The check of one file: bytes → records → columns → frame → verdicts → outputs → report.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sluice_csv::Records;

use crate::column::Column;
use crate::descriptor::{Descriptor, Header, Tolerance};
use crate::header;
use crate::pipeline::{Pipeline, PipelineError};
use crate::report::{Code, Compression, FieldStatistics, Refusal, RefusalCode, Reject, Rows, Verdict};
use crate::source;
use crate::statistics::ColumnStatistics;

/// A descriptor made ready to check files; cheap to share between threads and files.
#[derive(Clone, Debug)]
pub struct Check {
    descriptor: Descriptor,
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

/// Where the outputs go. What is not wanted is `None`.
#[derive(Default)]
pub struct Outputs<'a> {
    /// Gets the clean rows, compressed like the input. To be thrown away when the verdict is [`Verdict::Refused`].
    pub clean: Option<Box<dyn Write + Send + 'a>>,
    /// Gets one JSON line per rejected record; nothing is written when there is none.
    pub rejects: Option<Box<dyn Write + Send + 'a>>,
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
    /// Statistics in column order.
    pub fields: Vec<FieldStatistics>,
    /// The first rejects, their texts cut to [`SAMPLE_CHARACTERS`].
    pub samples: Vec<Reject>,
    /// How the file was compressed.
    pub compression: Option<Compression>,
    /// The encoding the file was read in.
    pub encoding: String,
}

/// Least size of a chunk that is cut to the size of its file.
const SMALLEST_CHUNK: usize = 4 << 10;

/// Longest text of a sample in a report, in characters; the rejects keep the whole.
pub const SAMPLE_CHARACTERS: usize = 1000;

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
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What came before the first data record.
struct Head {
    columns: Vec<Column>,
    /// The bytes of the head that the clean file begins with.
    bytes: Vec<u8>,
    blank: u64,
}

impl Check {
    /// A check against `descriptor`. `suffix_delimiter` is what the file's suffix stands for (`\t` for `.tsv`), used when the
    /// descriptor names no delimiter.
    pub fn new(descriptor: &Descriptor, suffix_delimiter: Option<u8>) -> Self {
        let mut descriptor = descriptor.clone();
        if let Some(delimiter) = suffix_delimiter.filter(|_| !descriptor.delimiter_given) {
            descriptor.dialect.delimiter = delimiter;
        }
        Self { descriptor }
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
        catch_unwind(AssertUnwindSafe(|| {
            self.run_unguarded(input, stored_bytes, compression, outputs, options, progress)
        }))
        .unwrap_or_else(|panic| Err(CheckError::Internal(panic_text(&*panic))))
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
        let decoded = match source::open(input, stored_bytes, compression, limits, progress) {
            Ok(decoded) => decoded,
            Err(error) => return self.refused_by(error, compression),
        };
        if compression.is_some() && options.threads.get() > 1 {
            let (sender, blocks) = source::channel();
            std::thread::scope(|scope| {
                scope.spawn(move || source::decode(decoded, &sender));
                self.run_decoded(blocks, compression, outputs, options)
            })
        } else {
            self.run_decoded(decoded, compression, outputs, options)
        }
    }

    fn run_decoded(
        &self,
        decoded: impl Read + Send,
        compression: Option<Compression>,
        outputs: Outputs<'_>,
        options: &Options,
    ) -> Result<Outcome, CheckError> {
        let descriptor = &self.descriptor;
        let limits = sluice_csv::Limits {
            record_bytes: descriptor.settings.limits.record_bytes,
            columns: descriptor.settings.limits.columns,
            chunk_bytes: options.chunk_bytes,
        };
        let mut records = Records::new(decoded, descriptor.dialect.clone(), limits);
        let head = match self.read_head(&mut records) {
            Ok(Ok(head)) => head,
            Ok(Err((refusal, errors))) => {
                return Ok(Outcome { errors, ..self.refused(refusal, compression) });
            }
            Err(error) => return self.refused_by(error, compression),
        };
        records.set_columns(head.columns.len());
        let dialect = match records.detect() {
            Ok(dialect) => dialect.clone(),
            Err(error) => return self.refused_by(error, compression),
        };
        let pipeline = Pipeline::new(&head.columns, &dialect, &descriptor.settings, records, outputs, compression)
            .map_err(CheckError::WriteClean)?;
        let tally = match pipeline.run(&head.bytes, options.threads) {
            Ok(tally) => tally,
            Err(PipelineError::Read(error)) => return self.refused_by(error, compression),
            Err(PipelineError::WriteClean(error)) => return Err(CheckError::WriteClean(error)),
            Err(PipelineError::WriteRejects(error)) => return Err(CheckError::WriteRejects(error)),
            Err(PipelineError::Internal(text)) => return Err(CheckError::Internal(text)),
        };
        let mut rows = tally.rows;
        rows.blank += head.blank;
        let refusal = over_tolerance(&descriptor.settings.tolerance, &rows);
        let verdict = match (&refusal, rows.rejected) {
            (Some(_), _) => Verdict::Refused,
            (None, 0) => Verdict::Clean,
            (None, _) => Verdict::Accepted,
        };
        let fields = head
            .columns
            .iter()
            .zip(&tally.statistics)
            .map(|(column, statistics)| published(column, statistics))
            .collect();
        Ok(Outcome {
            verdict,
            rows,
            errors: tally.errors,
            refusal,
            fields,
            samples: tally.samples,
            compression,
            encoding: "utf-8".to_owned(),
        })
    }

    /// Reads the header, or as much of the first record as tells the number of columns.
    #[expect(clippy::type_complexity, reason = "an input error, a refusal, or the head")]
    fn read_head<R: Read>(&self, records: &mut Records<R>) -> io::Result<Result<Head, (Refusal, BTreeMap<Code, u64>)>> {
        let descriptor = &self.descriptor;
        let refuse = |code, message| Ok(Err((Refusal { code, message }, BTreeMap::new())));
        let columns_limit = descriptor.settings.limits.columns as usize;
        let (wanted, join): (&[u64], &str) = match &descriptor.header {
            Header::None => {
                let width = match &descriptor.schema {
                    Some(schema) => schema.fields.len(),
                    None => records.peek_columns()?.unwrap_or(0),
                };
                if width > columns_limit {
                    return refuse(RefusalCode::HeaderError, too_many_columns(width, columns_limit));
                }
                let columns = header::unlabelled_columns(width, descriptor);
                return Ok(Ok(Head { columns, bytes: Vec::new(), blank: 0 }));
            }
            Header::First => (&[], ""),
            Header::Records { records, join } => (records, join),
        };
        let mut head = Head { columns: Vec::new(), bytes: Vec::new(), blank: 0 };
        let mut labels: Vec<String> = Vec::new();
        loop {
            if wanted.is_empty() {
                head.blank += records.pass_blank()?;
            }
            let Some(record) = records.next_record()? else {
                let message = match wanted {
                    [] => "the file has no header: it is empty; upload it again, or set header to false in the dialect"
                        .to_owned(),
                    _ => format!("the file ends before its header (record {})", wanted[wanted.len() - 1]),
                };
                return refuse(RefusalCode::HeaderError, message);
            };
            use sluice_csv::RecordKind as Kind;
            let is_label = match wanted {
                [] => !matches!(record.kind, Kind::Blank | Kind::Comment),
                _ => wanted.contains(&record.number),
            };
            match record.kind {
                Kind::Blank => head.blank += 1,
                Kind::Comment => {}
                Kind::Cells => head.bytes.extend_from_slice(&record.bytes),
                Kind::Quote(fault, _) if is_label => {
                    let message =
                        format!("the header (record {}) has {fault}; mend it and upload the file again", record.number);
                    return refuse(RefusalCode::HeaderError, message);
                }
                Kind::TooLarge if is_label => {
                    let message = format!(
                        "the header (record {}) is larger than {} bytes (sluice.limits.recordBytes)",
                        record.number, descriptor.settings.limits.record_bytes
                    );
                    return refuse(RefusalCode::HeaderError, message);
                }
                Kind::TooManyCells(cells) if is_label => {
                    return refuse(RefusalCode::HeaderError, too_many_columns(cells, columns_limit));
                }
                // Above the header anything may stand.
                Kind::Quote(..) | Kind::TooLarge | Kind::TooManyCells(_) => head.bytes.extend_from_slice(&record.bytes),
            }
            if is_label {
                for (place, cell) in record.cells.iter().enumerate() {
                    let Ok(text) = std::str::from_utf8(cell) else {
                        let message = format!("label {} of the header is not UTF-8; save the file as UTF-8", place + 1);
                        return refuse(RefusalCode::EncodingError, message);
                    };
                    match labels.get_mut(place) {
                        None => labels.push(text.to_owned()),
                        Some(label) if label.is_empty() => text.clone_into(label),
                        Some(label) if text.is_empty() => {
                            let _ = label;
                        }
                        Some(label) => {
                            label.push_str(join);
                            label.push_str(text);
                        }
                    }
                }
            }
            let done = match wanted {
                [] => is_label,
                [.., last] => record.number >= *last,
            };
            if done {
                break;
            }
        }
        match header::columns_of(&labels, descriptor) {
            Ok(columns) => {
                head.columns = columns;
                Ok(Ok(head))
            }
            Err(faults) => {
                let refusal = Refusal { code: RefusalCode::HeaderError, message: faults.message() };
                Ok(Err((refusal, faults.errors)))
            }
        }
    }

    fn refused(&self, refusal: Refusal, compression: Option<Compression>) -> Outcome {
        Outcome {
            verdict: Verdict::Refused,
            rows: Rows::default(),
            errors: BTreeMap::new(),
            refusal: Some(refusal),
            fields: Vec::new(),
            samples: Vec::new(),
            compression,
            encoding: "utf-8".to_owned(),
        }
    }

    fn refused_by(&self, error: io::Error, compression: Option<Compression>) -> Result<Outcome, CheckError> {
        match source::refusal_of(error) {
            Ok(refusal) => Ok(self.refused(refusal, compression)),
            Err(error) => Err(CheckError::Read(error)),
        }
    }
}

fn too_many_columns(found: usize, limit: usize) -> String {
    format!("the file has more columns ({found}) than the limit of {limit} (sluice.limits.columns)")
}

fn over_tolerance(tolerance: &Tolerance, rows: &Rows) -> Option<Refusal> {
    let refuse = |message| Some(Refusal { code: RefusalCode::Tolerance, message });
    if let Some(most) = tolerance.rows.filter(|&most| rows.rejected > most) {
        return refuse(format!("{} rows were rejected, the tolerance is {most}", rows.rejected));
    }
    let percent = 100.0 * rows.rejected as f64 / rows.read.max(1) as f64;
    if let Some(most) = tolerance.percent.filter(|&most| percent > most) {
        return refuse(format!(
            "{} of {} rows were rejected ({percent:.1} %), the tolerance is {most} %",
            rows.rejected, rows.read
        ));
    }
    None
}

/// Statistics as they may leave: those of a redacted column hold no value.
fn published(column: &Column, statistics: &ColumnStatistics) -> FieldStatistics {
    let all = statistics.finish(&column.name);
    if !column.redacted {
        return all;
    }
    FieldStatistics {
        name: all.name,
        kind: all.kind,
        count: all.count,
        missing: all.missing,
        distinct: all.distinct,
        distinct_exact: all.distinct_exact,
        ..FieldStatistics::default()
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("panic").chars().take(200).collect()
}
