//! Reads every cell of files once, in several threads.

use std::io::{self, Cursor, Read};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use sluice_csv::{Limits, RecordKind, Records};

use super::column::ColumnScan;
use super::column_pairs::ColumnPair;
use super::file_part::{FilePart, InvalidPiece};
use super::head::Head;
use super::header::InferredHeader;
use super::oddities;
use super::sample_reader::SampleReader;
use super::sniff::{FileForm, sniff};
use crate::encoding::coding::Coding;
use crate::encoding::label::DeclaredEncoding;
use crate::encoding::ranked::{Guess, ranked};
use crate::encoding::recognise::{FileEncoding, is_mostly_utf8};
use crate::encoding::transcoder;
use crate::pipeline::file::Check;
use crate::read::file_labels::REDACTED;
use crate::read::refusal::refusal_of;
use crate::read::source::{self, ReadSettings, StoredFile};

/// Most columns of a file; the descriptor of a file with more than usual has `sluice.limits.columns`.
const MOST_COLUMNS: usize = 16_384;

/// A file from which a descriptor is inferred.
pub struct Source<R> {
    /// The name of the file in messages.
    pub name: String,
    /// The stored bytes.
    pub file: StoredFile<R>,
    /// The delimiter that the name of the file stands for (`\t` for `.tsv`).
    pub delimiter: Option<u8>,
}

/// Why no descriptor can be inferred.
#[derive(Debug, thiserror::Error)]
pub enum InferError {
    /// The file could not be read.
    #[error("{name}: {error}")]
    Read {
        /// The file.
        name: String,
        /// What went wrong.
        #[source]
        error: io::Error,
    },
    /// The file cannot be read as a table.
    #[error("{name}: {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// The reason, and what to do about it.
        reason: String,
    },
    /// A label of the file is another one than in the first file.
    #[error("{name}: label {column} is not {label} as in {first}; describe files with other columns on their own")]
    OtherLabel {
        /// The file.
        name: String,
        /// The number of the column, from 1.
        column: usize,
        /// The label in the first file, in quotes.
        label: String,
        /// The first file.
        first: String,
    },
    /// The file has other columns than those before.
    #[error("{name}: {reason}")]
    OtherColumns {
        /// The file.
        name: String,
        /// The first difference.
        reason: String,
    },
}

impl InferError {
    /// Returns the error without labels, as it is shown where the descriptor redacts anything: in a file whose header is missing, labels are
    /// values.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::OtherLabel { name, column, first, .. } => {
                Self::OtherLabel { name, column, label: REDACTED.to_owned(), first }
            }
            other => other,
        }
    }
}

/// The scan of the files that were read so far.
#[derive(Debug)]
pub struct Inference {
    pub(super) form: FileForm,
    pub(super) columns: Vec<ColumnScan>,
    pub(super) pairs: Vec<ColumnPair>,
    /// Encodings that the first file may have, the most likely one first; empty if the encoding is certain.
    pub(super) guesses: Vec<Guess>,
    /// The number of chunks with bytes that are invalid in the encoding.
    invalid_chunks: u64,
    /// The bytes around the first invalid bytes.
    invalid_piece: Option<InvalidPiece>,
    /// The encoding of the first file, in which all files are read.
    pub(super) encoding: Coding,
    /// Whether the names of all files leave the delimiter to be the comma: none ends in `.tsv` or `.psv`.
    pub(super) names_say_comma: bool,
    /// The number of records with as many cells as there are columns.
    pub(super) rows: u64,
    /// The number of other records that are neither blank nor comments.
    pub(super) odd_records: u64,
    name: String,
    threads: NonZeroUsize,
    /// Most decoded bytes of each file that are read.
    sample: Option<u64>,
    /// The check against the descriptor that states the form of the files, if there is one.
    pub(super) check: Option<Check>,
}

impl Inference {
    /// Reads the first file, which decides the form of all files. At most `sample` decoded bytes of each file are read. `encoding` is the
    /// encoding of the files, if it is known.
    ///
    /// # Errors
    /// When the file cannot be read, or is empty.
    pub fn of<R: Read + Send>(
        source: Source<R>,
        threads: NonZeroUsize,
        sample: Option<u64>,
        encoding: Option<Coding>,
    ) -> Result<Self, InferError> {
        let name = source.name.clone();
        let delimiter = source.delimiter;
        let declared = encoding.map_or(DeclaredEncoding::Detect, DeclaredEncoding::Named);
        let settings = ReadSettings { encoding: declared, ..ReadSettings::default() };
        let Opened { mut head, mut rest, encoding, guesses, .. } = open(source, sample, settings)?;
        if head.is_empty() {
            let reason = "the file is empty; name one that has records".to_owned();
            return Err(InferError::Unreadable { name, reason });
        }
        let mut wanted = Head::BYTES;
        let mut form = loop {
            let is_all = head.len() < wanted;
            let is_cut = rest.is_cut().load(Ordering::Relaxed);
            let head_of_file = Head { text: &head, is_whole: is_all && !is_cut, is_sample: is_all && is_cut };
            if let Some(form) = sniff(head_of_file, delimiter) {
                break form;
            }
            let more = head.len() * (Head::GROWTH - 1);
            wanted = head.len() + more;
            rest.by_ref().take(more as u64).read_to_end(&mut head).map_err(|error| failure(&name, error))?;
        };
        check_width(&form, rest.is_cut().load(Ordering::Relaxed))
            .map_err(|reason| InferError::Unreadable { name: name.clone(), reason })?;
        if matches!(encoding, Coding::Other(_)) {
            form.oddities.extend(oddities::letters_of_dos(&head));
        }
        let mut inference = Self {
            guesses,
            encoding,
            names_say_comma: delimiter.is_none(),
            ..Self::empty(name.clone(), form, threads, sample)
        };
        inference.scan(name, head, rest)?;
        Ok(inference)
    }

    /// Returns the scan of a file of this form, of which nothing is read yet.
    pub(super) fn empty(name: String, form: FileForm, threads: NonZeroUsize, sample: Option<u64>) -> Self {
        Self {
            columns: form.labels.iter().map(|_| ColumnScan::new(form.labels.len())).collect(),
            pairs: form.pairs.iter().copied().map(ColumnPair::new).collect(),
            form,
            guesses: Vec::new(),
            invalid_chunks: 0,
            invalid_piece: None,
            encoding: Coding::Utf8,
            names_say_comma: true,
            rows: 0,
            odd_records: 0,
            name,
            threads,
            sample,
            check: None,
        }
    }

    /// Returns the number of chunks of the files that have bytes which are invalid in the encoding.
    pub fn invalid_chunks(&self) -> u64 {
        self.invalid_chunks
    }

    /// Returns the encodings to try if bytes are invalid in the present one: guesses from the beginning of the file, or from the first piece
    /// that is not UTF-8.
    pub fn other_encodings(&mut self) -> Vec<Coding> {
        if let (true, Some(piece)) = (self.guesses.is_empty(), &self.invalid_piece) {
            self.guesses = if is_mostly_utf8(&piece.bytes) { Vec::new() } else { ranked(&piece.bytes) };
        }
        self.guesses.iter().map(|guess| guess.coding).filter(|coding| *coding != self.encoding).collect()
    }

    /// Takes over the guesses of another scan of the same file, so that the reasons name them.
    pub fn with_guesses_of(mut self, other: &Self) -> Self {
        self.guesses = other.guesses.clone();
        self
    }

    /// Reads one more file of the same form.
    ///
    /// # Errors
    /// When the file cannot be read, or has other columns.
    pub fn add<R: Read + Send>(&mut self, source: Source<R>) -> Result<(), InferError> {
        let name = source.name.clone();
        self.names_say_comma &= source.delimiter.is_none();
        let Opened { head, rest, .. } = match self.check.clone() {
            Some(check) => open_as_described(source, self.sample, &check)?,
            None => {
                let encoding = DeclaredEncoding::Named(self.encoding);
                open(source, self.sample, ReadSettings { encoding, ..ReadSettings::default() })?
            }
        };
        self.scan(name, head, rest)
    }

    /// Reads all records; of a sample, those that end in it.
    pub(super) fn scan(
        &mut self,
        name: String,
        head: Vec<u8>,
        rest: SampleReader<impl Read + Send>,
    ) -> Result<(), InferError> {
        let limits = Limits { columns: u32::from(u16::MAX), ..Limits::default() };
        let is_cut = rest.is_cut();
        let mut records = Records::new(Cursor::new(head).chain(rest), self.form.dialect.clone(), limits);
        records.leave_out_unfinished(is_cut);
        let failed = |error| failure(&name, error);
        self.pass_header(&name, &mut records)?;
        records.set_columns(self.form.labels.len());
        let shared = Mutex::new(records);
        let parts: Vec<Result<FilePart, InferError>> = std::thread::scope(|scope| {
            let work = || FilePart::of(&shared, &self.form).map_err(failed);
            // The system may have no more threads; then fewer are used.
            let others: Vec<_> = (1..self.threads.get())
                .map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mut parts = vec![work()];
            parts.extend(others.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    let reason = "internal error: a thread has failed; please report it".to_owned();
                    Err(InferError::Unreadable { name: name.clone(), reason })
                })
            }));
            parts
        });
        for part in parts {
            let part = part?;
            self.rows += part.rows;
            self.odd_records += part.odd_records;
            self.invalid_chunks += part.invalid_chunks;
            self.invalid_piece = InvalidPiece::earlier(self.invalid_piece.take(), part.invalid_piece);
            for (pair, other) in self.pairs.iter_mut().zip(part.pairs) {
                pair.merge(other);
            }
            for (column, other) in self.columns.iter_mut().zip(part.columns) {
                column.merge(other);
            }
        }
        Ok(())
    }

    /// Reads up to the end of the header, which has to have the labels of the first file.
    fn pass_header<R: Read>(&self, name: &str, records: &mut Records<R>) -> Result<(), InferError> {
        let wanted = match self.form.header {
            InferredHeader::None => return Ok(()),
            InferredHeader::First => None,
            InferredHeader::Record(number) | InferredHeader::Joined(number) => Some(number),
        };
        loop {
            let Some(record) = records.next_record().map_err(|error| failure(name, error))? else {
                let reason = "the file ends before its header".to_owned();
                return Err(InferError::OtherColumns { name: name.to_owned(), reason });
            };
            let is_header = match wanted {
                Some(number) => record.position.record >= number,
                None => !matches!(record.kind, RecordKind::Blank | RecordKind::Comment),
            };
            if !is_header {
                continue;
            }
            // The check of these files against the descriptor compares joined labels.
            if matches!(self.form.header, InferredHeader::Joined(_)) {
                return Ok(());
            }
            let labels = self.form.labels.iter().enumerate();
            let labels = labels.map(|(index, label)| match self.form.blank_labels.binary_search(&index) {
                Ok(_) => &[],
                Err(_) => label.as_bytes(),
            });
            let other = record.cells.iter().zip(labels).position(|(cell, label)| cell != label);
            let same = record.cells.len() == self.form.labels.len() && other.is_none();
            return if same { Ok(()) } else { Err(self.other_columns(name, record.cells.len(), other)) };
        }
    }

    /// Returns the error for a file with other columns; `different` is the index of the first label that differs.
    fn other_columns(&self, name: &str, columns: usize, different: Option<usize>) -> InferError {
        let (name, first) = (name.to_owned(), self.name.clone());
        if let Some(column) = different {
            let label = format!("{:?}", self.form.labels[column]);
            return InferError::OtherLabel { name, column: column + 1, label, first };
        }
        let labels = self.form.labels.len();
        let reason = format!(
            "the header has {columns} labels, that of {first} {labels}; describe files with other columns on their own"
        );
        InferError::OtherColumns { name, reason }
    }
}

/// Refuses a file without columns, or with too many of them. `is_cut` is true if more of the file could be read.
fn check_width(form: &FileForm, is_cut: bool) -> Result<(), String> {
    match (form.labels.len(), is_cut) {
        (0, true) => Err("the sample has no whole record; read more of the file (--sample)".to_owned()),
        (0, false) => Err("the file has no record with cells; name one that has some".to_owned()),
        (1..=MOST_COLUMNS, _) => Ok(()),
        (columns, _) => Err(format!(
            "the file seems to have {columns} columns, a descriptor has {MOST_COLUMNS} at most (sluice.limits.columns); see whether its delimiter \
             and line ends are as usual"
        )),
    }
}

/// A file that is read as UTF-8.
pub(super) struct Opened<'a> {
    /// The first bytes of the text.
    pub(super) head: Vec<u8>,
    /// The other bytes of the text.
    pub(super) rest: SampleReader<Box<dyn Read + Send + 'a>>,
    /// The encoding of the file.
    pub(super) encoding: Coding,
    /// The encoding as messages have it.
    pub(super) shown_encoding: FileEncoding,
    /// The encodings that the file may have, if `encoding` is a guess.
    guesses: Vec<Guess>,
}

/// Opens a file as a check does: with the compression, the encoding and the member of an archive that the descriptor states.
pub(super) fn open_as_described<'a, R: Read + Send + 'a>(
    source: Source<R>,
    sample: Option<u64>,
    check: &Check,
) -> Result<Opened<'a>, InferError> {
    let source = Source { file: check.compressed_as_declared(source.file), ..source };
    open(source, sample, check.read_settings())
}

fn open<'a, R: Read + Send + 'a>(
    source: Source<R>,
    sample: Option<u64>,
    settings: ReadSettings<'_>,
) -> Result<Opened<'a>, InferError> {
    let Source { name, file, .. } = source;
    let failed = |error| failure(&name, error);
    let opened = source::open(file, settings, &|_| {}).map_err(failed)?;
    let is_detected = settings.encoding == DeclaredEncoding::Detect;
    let guesses = if is_detected { opened.encoding.guesses() } else { Vec::new() };
    let encoding = guesses.first().map_or(opened.encoding.coding(), |guess| guess.coding);
    let decoded = transcoder::text(opened.reader, encoding);
    let mut rest = SampleReader::new(decoded, sample);
    let mut head = Vec::new();
    rest.by_ref().take(Head::BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    Ok(Opened { head, rest, encoding, shown_encoding: opened.encoding, guesses })
}

fn failure(name: &str, error: io::Error) -> InferError {
    match refusal_of(error) {
        Ok(refusal) => InferError::Unreadable { name: name.to_owned(), reason: refusal.message },
        Err(error) => InferError::Read { name: name.to_owned(), error },
    }
}
