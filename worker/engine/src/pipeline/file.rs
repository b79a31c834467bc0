//! The check of one file: bytes → records → columns → frame → verdicts → outputs → report.

use std::io::Read;
use std::sync::Mutex;

use crate::codes::RefusalCode;
use crate::compression::Compression;
use crate::descriptor::{HashAlgorithm, OutputEncoding};
use crate::emit::fault_summary::Names;
pub use crate::emit::outputs::{Outputs, ParquetTarget};
use crate::encoding::recognise::FileEncoding;
use crate::locked::locked;
pub use crate::pipeline::check::{Check, Options};
pub use crate::pipeline::ended_early::CheckError;
use crate::pipeline::ended_early::{EndedEarly, too_many_columns, too_many_keys, unless_panic};
use crate::pipeline::hashed::Hashed;
use crate::pipeline::head::Head;
use crate::pipeline::integrity;
pub use crate::pipeline::outcome::Outcome;
use crate::pipeline::source::Source;
use crate::pipeline::threads::{FileSetup, Pipeline};
use crate::read::blocks;
use crate::read::header;
use crate::read::source;
pub use crate::read::source::StoredFile;
use crate::resolve::foreign::file_keys;
use crate::resolve::keys::FileKeys;
use crate::typing::column::Column;

impl Check {
    /// Checks one file. `progress` is called with the number of stored bytes read since its last call.
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
        unless_panic(|| run.check_measured(file, outputs, progress))
    }
}

/// The check of one file.
struct Run<'c> {
    check: &'c Check,
    options: Options,
    compression: Option<Compression>,
}

impl Run<'_> {
    /// Checks a file, compares its bytes with `bytes` and `hash` of its resource, and has the SHA-256 ready for its sender. Each hash is computed
    /// once, while the file is read.
    fn check_measured(
        &self,
        file: StoredFile<impl Read + Send>,
        outputs: Outputs<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let StoredFile { body, bytes, compression } = file;
        let (integrity, has_feedback) = (self.check.integrity(), outputs.feedback.is_some());
        let declared = integrity.and_then(|integrity| integrity.hash.as_ref()).map(|hash| hash.algorithm);
        let for_sender = has_feedback.then_some(HashAlgorithm::Sha256);
        let mut body = Hashed::new(body, declared.into_iter().chain(for_sender));
        let mut outcome = self.check_stored(StoredFile { body: &mut body, bytes, compression }, outputs, progress)?;
        // After any other refusal the resource does not matter, and the file may have no end.
        let integrity = integrity.filter(|_| {
            let code = outcome.refusal.as_ref().map(|refusal| refusal.code);
            matches!(code, None | Some(RefusalCode::Tolerance | RefusalCode::FileConstraint))
        });
        if integrity.is_some() || has_feedback {
            // What the check has left unread counts, too.
            let digest = body.finish().map_err(CheckError::Read)?;
            outcome.add_assertions(integrity.map_or_else(Vec::new, |integrity| integrity::compare(integrity, &digest)));
            outcome.digest = has_feedback.then_some(digest);
        }
        Ok(outcome)
    }

    fn check_stored(
        &self,
        file: StoredFile<impl Read + Send>,
        outputs: Outputs<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Outcome, CheckError> {
        let compression = self.compression;
        let source::Opened { reader, encoding } = match source::open(file, self.check.read_settings(), progress) {
            Ok(opened) => opened,
            Err(error) => {
                return Ok(Outcome { compression, ..Outcome::of_ended(EndedEarly::of_reading(error))? });
            }
        };
        let outcome = self.check_opened(reader, &encoding, outputs).or_else(Outcome::of_ended)?;
        let encoding_note = encoding.note().map(str::to_owned);
        Ok(Outcome { compression, encoding: encoding.coding().name(), encoding_note, ..outcome })
    }

    /// Checks the bytes of `decoded`. A thread of its own decompresses them if the file is compressed and several
    /// threads are allowed.
    fn check_opened(
        &self,
        decoded: Box<dyn Read + Send + '_>,
        encoding: &FileEncoding,
        outputs: Outputs<'_>,
    ) -> Result<Outcome, EndedEarly> {
        if self.compression.is_none() || self.options.threads.get() == 1 {
            return self.check_decoded(decoded, encoding, outputs);
        }
        let (sender, blocks) = blocks::channel();
        let waiting = Mutex::new(Some(decoded));
        let taken = || locked(&waiting).take();
        std::thread::scope(|scope| {
            let decode = move || taken().into_iter().for_each(|decoded| blocks::decode(decoded, &sender));
            match std::thread::Builder::new().spawn_scoped(scope, decode) {
                Ok(_) => self.check_decoded(Box::new(blocks), encoding, outputs),
                // The system has no thread left. The closure that would have taken the reader has not run, so it is taken here.
                Err(error) => match taken() {
                    Some(decoded) => self.check_decoded(decoded, encoding, outputs),
                    None => Err(EndedEarly::Failed(CheckError::Internal(error.to_string()))),
                },
            }
        })
    }

    fn check_decoded(
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

    /// Returns the columns of a file without header and schema: as many as its first record with cells and no fault has.
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
