//! The check of one file: bytes → records → columns → frame → verdicts → outputs → report.

use std::io::Read;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::descriptor::{Descriptor, Integrity, Limits, OutputEncoding};
use crate::emit::fault_summary::Names;
pub use crate::emit::outputs::{Outputs, ParquetTarget};
use crate::encoding::recognise::FileEncoding;
pub use crate::pipeline::ended_early::CheckError;
use crate::pipeline::ended_early::{EndedEarly, too_many_columns, too_many_keys};
use crate::pipeline::foreign::{OwnKeys, ReferenceTables};
use crate::pipeline::head::Head;
use crate::pipeline::measured::Measured;
pub use crate::pipeline::outcome::Outcome;
use crate::pipeline::source::Source;
use crate::pipeline::threads::{FileSetup, Pipeline};
use crate::read::blocks;
use crate::read::header;
pub use crate::read::source::StoredFile;
use crate::read::source::{self, Expected};
use crate::report::{Compression, RefusalCode};
use crate::resolve::foreign::file_keys;
use crate::resolve::keys::FileKeys;
use crate::resolve::spill::KeyFiles;
use crate::typing::column::Column;

/// A descriptor made ready to check files; cheap to share between threads and files.
#[derive(Clone, Debug)]
pub struct Check {
    descriptor: Arc<Descriptor>,
    key_files: Option<Arc<dyn KeyFiles>>,
    references: Arc<ReferenceTables>,
    /// Of one file alone.
    own_keys: Option<Arc<OwnKeys>>,
    /// The file is the one that the path of the resource names.
    is_named: bool,
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

/// Least size of a chunk that is cut to the size of its file.
const SMALLEST_CHUNK: usize = 4 << 10;

impl Options {
    /// The same with chunks no larger than the file.
    fn cut_to<R>(self, file: &StoredFile<R>) -> Self {
        let (Some(bytes), None) = (file.bytes, file.compression) else { return self };
        // One byte more, so that the first chunk of a small file sees its end. To clear and to map 512 KiB would take longer
        // than to check 5 KB.
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(1);
        Self { chunk_bytes: self.chunk_bytes.min(bytes.max(SMALLEST_CHUNK)), ..self }
    }
}

impl Check {
    /// A check against `descriptor`. `suffix_delimiter` is what the file's suffix stands for (`\t` for `.tsv`), used when the
    /// descriptor names no delimiter.
    pub fn new(descriptor: &Descriptor, suffix_delimiter: Option<u8>) -> Self {
        let mut descriptor = descriptor.clone();
        if let Some(delimiter) = suffix_delimiter.filter(|_| !descriptor.delimiter_given) {
            descriptor.dialect.delimiter = delimiter.into();
        }
        Self {
            descriptor: Arc::new(descriptor),
            key_files: None,
            references: Arc::default(),
            own_keys: None,
            is_named: false,
        }
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

    /// The check of a file of this name: one that the path of the resource names has to have its `bytes` and `hash`.
    pub fn of_file(self: Arc<Self>, name: &str) -> Arc<Self> {
        match &self.descriptor.integrity {
            Some(integrity) if integrity.names(name) => Arc::new(Self { is_named: true, ..(*self).clone() }),
            _ => self,
        }
    }

    /// What the resource says of the bytes of the file.
    fn integrity(&self) -> Option<&Integrity> {
        self.descriptor.integrity.as_ref().filter(|_| self.is_named)
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(crate) fn key_files(&self) -> Option<Arc<dyn KeyFiles>> {
        self.key_files.clone()
    }

    /// Checks one file. `progress` gets the number of stored bytes read since its last call.
    ///
    /// # Errors
    /// When the input cannot be read or an output cannot be written; a bad file is an [`Outcome`].
    pub fn run(
        &self,
        file: StoredFile<impl Read + Send>,
        outputs: Outputs<'_>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let file = self.compressed_as_declared(file);
        let options = options.cut_to(&file);
        let run = Run { check: self, options, compression: file.compression };
        // A panic is a defect; it must not take the other files with it.
        unless_panic(|| run.of_measured(file, outputs, progress))
    }

    /// The same file; a file whose name tells no compression has the one of the descriptor.
    pub(crate) fn compressed_as_declared<R>(&self, file: StoredFile<R>) -> StoredFile<R> {
        StoredFile { compression: file.compression.or(self.descriptor.compression), ..file }
    }

    /// What the descriptor says of how the bytes of a file are read.
    pub(crate) fn expected(&self) -> Expected<'_> {
        let Descriptor { settings, encoding, member, .. } = &*self.descriptor;
        Expected { limits: settings.limits, encoding: *encoding, member: member.as_deref() }
    }

    pub(crate) fn record_limits(&self, options: &Options) -> sluice_csv::Limits {
        let Limits { record_bytes, columns, .. } = self.descriptor.settings.limits;
        sluice_csv::Limits { record_bytes, columns, chunk_bytes: options.chunk_bytes }
    }
}

/// The check of one file.
struct Run<'c> {
    check: &'c Check,
    options: Options,
    compression: Option<Compression>,
}

impl Run<'_> {
    /// Checks a file, and holds it against what its resource says of its bytes.
    fn of_measured(
        &self,
        file: StoredFile<impl Read + Send>,
        outputs: Outputs<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let StoredFile { body, bytes, compression } = file;
        let mut body = Measured::new(body, self.check.integrity());
        let mut outcome = self.of_stored(StoredFile { body: &mut body, bytes, compression }, outputs, progress)?;
        // Of another refusal nothing else matters, and its file may be without end.
        if outcome
            .refusal
            .as_ref()
            .is_none_or(|refusal| matches!(refusal.code, RefusalCode::Tolerance | RefusalCode::FileConstraint))
        {
            outcome.hold(body.finish().map_err(CheckError::Read)?);
        }
        Ok(outcome)
    }

    fn of_stored(
        &self,
        file: StoredFile<impl Read + Send>,
        outputs: Outputs<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let compression = self.compression;
        let source::Opened { reader, encoding } = match source::open(file, self.check.expected(), progress) {
            Ok(opened) => opened,
            Err(error) => {
                return Ok(Outcome { compression, ..Outcome::of_ended(EndedEarly::of_reading(error))? });
            }
        };
        let outcome = self.of_opened(reader, &encoding, outputs).or_else(Outcome::of_ended)?;
        let encoding_note = encoding.note().map(str::to_owned);
        Ok(Outcome { compression, encoding: encoding.coding().name(), encoding_note, ..outcome })
    }

    /// Checks decoded bytes, which a thread of its own decompresses if there is one.
    fn of_opened(
        &self,
        decoded: Box<dyn Read + Send + '_>,
        encoding: &FileEncoding,
        outputs: Outputs<'_>,
    ) -> Result<Outcome, EndedEarly> {
        if self.compression.is_none() || self.options.threads.get() == 1 {
            return self.of_decoded(decoded, encoding, outputs);
        }
        let (sender, blocks) = blocks::channel();
        let waiting = Mutex::new(Some(decoded));
        let taken = || waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::thread::scope(|scope| {
            let decode = move || taken().into_iter().for_each(|decoded| blocks::decode(decoded, &sender));
            match std::thread::Builder::new().spawn_scoped(scope, decode) {
                Ok(_) => self.of_decoded(Box::new(blocks), encoding, outputs),
                // The system has no thread left: what it would have decoded is still there.
                Err(error) => match taken() {
                    Some(decoded) => self.of_decoded(decoded, encoding, outputs),
                    None => Err(EndedEarly::Failed(CheckError::Internal(error.to_string()))),
                },
            }
        })
    }

    fn of_decoded(
        &self,
        decoded: Box<dyn Read + Send + '_>,
        encoding: &FileEncoding,
        mut outputs: Outputs<'_>,
    ) -> Result<Outcome, EndedEarly> {
        let descriptor = &self.check.descriptor;
        let settings = &descriptor.settings;
        let writes_utf8 = settings.output_encoding == OutputEncoding::Utf8;
        let limits = self.check.record_limits(&self.options);
        let mut source = Source::new(decoded, encoding, descriptor.dialect.clone(), limits, writes_utf8);
        let dialect = source.records.detect().map_err(EndedEarly::of_reading)?.clone();
        let mut head = Head::read(descriptor, &mut source)?;
        let target = outputs.parquet.take();
        let mut pipeline = Pipeline::new(&dialect, settings, source, outputs, self.compression)
            .map_err(|error| EndedEarly::Failed(CheckError::WriteClean(error)))?;
        let columns = match head.columns.take() {
            Some(columns) => columns,
            None => self.columns_of_first_record(&mut pipeline)?,
        };
        let most_bytes = settings.limits.key_bytes;
        let keys = FileKeys::of(descriptor.schema.as_ref(), &columns, most_bytes, self.check.key_files.clone());
        if self.check.own_keys.as_ref().is_some_and(|keys| keys.are_too_many()) {
            return Err(too_many_keys(&settings.limits).into());
        }
        let own_keys = self.check.own_keys.as_ref().map_or(&[][..], |keys| &keys.0);
        let foreign_keys = file_keys::of_file(descriptor, &columns, &[own_keys, self.check.references.sets()])
            .map_err(|text| EndedEarly::Failed(CheckError::Internal(text)))?;
        let setup =
            FileSetup { columns: &columns, keys: &keys, foreign_keys: &foreign_keys, head: &head.bytes, target };
        let counts = pipeline
            .run(setup, self.options.threads)
            .map_err(|error| EndedEarly::of_pipeline(error, &settings.limits))?;
        let names = Names { columns: &columns, rules: &settings.rules, keys: &keys.keys, foreign_keys: &foreign_keys };
        Ok(Outcome::of_counts(settings, &names, head, counts))
    }

    /// The columns of a file without header and schema: as many as its first record with cells has.
    fn columns_of_first_record(&self, pipeline: &mut Pipeline<'_>) -> Result<Vec<Column>, EndedEarly> {
        let descriptor = &self.check.descriptor;
        let limits = &descriptor.settings.limits;
        let width = pipeline.pass_prologue().map_err(|error| EndedEarly::of_pipeline(error, limits))?;
        if width > limits.columns as usize {
            return Err(too_many_columns(width, limits).into());
        }
        Ok(header::unlabelled_columns(width, descriptor))
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
