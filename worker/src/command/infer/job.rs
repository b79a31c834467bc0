//! The blocking part of `sluice infer`: reads files to find a descriptor, and reads them again to show that it accepts them.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_engine::ReferenceTables;
use sluice_engine::codes::Code;
use sluice_engine::descriptor::{self, Descriptor};
use sluice_engine::infer::{Drift, Faults, InferError, Inference, Inferred, Source, Tightness, Wanted, widen_exceeded};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, StoredFile};
use sluice_engine::report::{Fault, FaultSummary};

use crate::command::descriptor_folder::DescriptorFolder;
use crate::command::files::{Input, OpenInput, cannot_open, read_descriptor};
use crate::command::first_pass::FolderTables;
use crate::command::guard::FilesRead;
use crate::command::terminal::printable;
use crate::command::{CommandError, Exit};
use crate::interrupt::Interrupt;
use crate::key_files::TemporaryFiles;
use crate::references;

/// The result of the command.
pub(super) enum InferResult {
    /// A descriptor, and the files with rows that it rejects.
    Descriptor(Inferred, Vec<Unfit>),
    /// The differences between a descriptor and the files.
    Drift(Vec<Drift>),
}

/// A file with rows that the descriptor rejects.
pub(super) struct Unfit {
    pub(super) file: String,
    /// The number of these rows; `None` if the file is refused as a whole.
    pub(super) rejected: Option<u64>,
    /// The message of the first fault, or of the refusal.
    pub(super) first: String,
}

/// The options of the command.
pub(super) struct InferJob {
    pub(super) threads: NonZeroUsize,
    pub(super) interrupt: Interrupt,
    pub(super) files: Vec<String>,
    pub(super) against: Option<PathBuf>,
    pub(super) sample: Option<u64>,
    pub(super) tightness: Tightness,
}

impl InferJob {
    pub(super) fn run(&self) -> Result<InferResult, CommandError> {
        let against = self.against.as_deref().map(read_against).transpose()?;
        let files = self.files.iter().map(|name| self.file(name)).collect::<Result<Vec<_>, _>>()?;
        let redacts = against.as_ref().is_some_and(|descriptor| !descriptor.settings.redact.is_empty());
        match (against, &self.against) {
            (Some(descriptor), Some(path)) => {
                let inference = self.read(&files, redacts, |file| self.read_described(file, &descriptor))?;
                let faults = self.faults(&files, &inference.any_columns(&descriptor), path)?;
                Ok(InferResult::Drift(inference.compare(&descriptor, &faults)))
            }
            _ => self.describe(&files, &self.read(&files, false, |file| self.read_first(file))?),
        }
    }

    /// Prepares an input that can be read twice.
    fn file(&self, name: &str) -> Result<Rereadable, CommandError> {
        let input = Input::new(name);
        let spooled = match &input {
            Input::Stdin => Some(self.spooled(&input)?),
            Input::Path(_) => None,
        };
        Ok(Rereadable { input, spooled })
    }

    /// Copies standard input to a temporary file without a name.
    fn spooled(&self, input: &Input) -> Result<File, CommandError> {
        let failed = |error| {
            let remedy = "make room in the folder for temporary files, or name another one (TMPDIR)";
            CommandError::io(format!("keeping standard input to read it twice: {error}; {remedy}"))
        };
        let body = input.open(&self.interrupt).map_err(CommandError::io)?.body;
        let mut file = tempfile::tempfile().map_err(failed)?;
        io::copy(&mut self.interrupt.watch(body), &mut file).map_err(failed)?;
        Ok(file)
    }

    /// Reads all files; `read_first` reads the first one. If the descriptor `redacts` anything, errors show no labels.
    fn read(
        &self,
        files: &[Rereadable],
        redacts: bool,
        read_first: impl Fn(&Rereadable) -> Result<Inference, CommandError>,
    ) -> Result<Inference, CommandError> {
        let Some((first, others)) = files.split_first() else {
            return Err(CommandError::usage("no file is named; name one"));
        };
        let mut inference = read_first(first)?;
        for file in others {
            let added = inference.add(file.source(&self.interrupt)?);
            added.map_err(|error| failed(if redacts { error.redacted() } else { error }))?;
        }
        Ok(inference)
    }

    /// Reads a file in the form that a descriptor states.
    fn read_described(&self, file: &Rereadable, descriptor: &Descriptor) -> Result<Inference, CommandError> {
        let source = file.source(&self.interrupt)?;
        Inference::by_descriptor(source, self.threads, self.sample, descriptor).map_err(failed)
    }

    /// Reads the file that decides the form of all files. If it has bytes that are invalid in the encoding that its beginning suggested, the
    /// other encodings are tried, and the one with the fewest invalid bytes is kept.
    fn read_first(&self, file: &Rereadable) -> Result<Inference, CommandError> {
        let of = |encoding| {
            let source = file.source(&self.interrupt)?;
            Inference::of(source, self.threads, self.sample, encoding).map_err(failed)
        };
        let mut best = of(None)?;
        if best.invalid_chunks() == 0 {
            return Ok(best);
        }
        for encoding in best.other_encodings() {
            let other = of(Some(encoding))?;
            if other.invalid_chunks() < best.invalid_chunks() {
                best = other.with_guesses_of(&best);
            }
            if best.invalid_chunks() == 0 {
                break;
            }
        }
        Ok(best)
    }

    fn describe(&self, files: &[Rereadable], inference: &Inference) -> Result<InferResult, CommandError> {
        let name = files.first().map(|file| file.input.name()).unwrap_or_default();
        let mut wanted = Wanted { tightness: self.tightness, ..Wanted::default() };
        let mut inferred = inference.describe(&name, &wanted);
        if self.sample.is_some() {
            return Ok(InferResult::Descriptor(inferred, Vec::new()));
        }
        let mut outcomes = self.check(files, &read_own(&inferred)?)?;
        // Values that are written differently may be equal, which only a check sees.
        while faults_of(&outcomes).filter(|faults| wanted.refuted.add(faults)).count() > 0 {
            inferred = inference.describe(&name, &wanted);
            outcomes = self.check(files, &read_own(&inferred)?)?;
        }
        if self.tightness == Tightness::Tight {
            wanted.statistics = outcomes.iter().map(|outcome| outcome.fields.clone()).collect();
            inferred = inference.describe(&name, &wanted);
            // The bounds were taken from the cells that the first check accepted, so a second check would accept them again.
            if inferred.has_rounded_bounds {
                outcomes = self.check(files, &read_own(&inferred)?)?;
                let mut exceeded = faults_of(&outcomes).peekable();
                if exceeded.peek().is_some() {
                    let statistics = &mut wanted.statistics;
                    exceeded.for_each(|faults| statistics.iter_mut().for_each(|fields| widen_exceeded(fields, faults)));
                    inferred = inference.describe(&name, &wanted);
                    outcomes = self.check(files, &read_own(&inferred)?)?;
                }
            }
        }
        let unfit = files.iter().zip(&outcomes).filter_map(|(file, outcome)| unfit(file, outcome)).collect();
        Ok(InferResult::Descriptor(inferred, unfit))
    }

    fn check(&self, files: &[Rereadable], descriptor: &Descriptor) -> Result<Vec<Outcome>, CommandError> {
        files.iter().map(|file| self.check_one(file, descriptor, &Arc::default())).collect()
    }

    fn check_one(
        &self,
        file: &Rereadable,
        descriptor: &Descriptor,
        tables: &Arc<ReferenceTables>,
    ) -> Result<Outcome, CommandError> {
        let source = file.source(&self.interrupt)?;
        let failed = |error| CommandError::io(format!("{}: {error}", printable(&source.name)));
        let options = Options { threads: self.threads, ..Options::default() };
        let check = Check::new(descriptor, source.delimiter).with_key_files(Arc::new(TemporaryFiles));
        let mut check = check.with_references(Arc::clone(tables));
        if check.refers_to_itself() {
            let keys = check.gather_own_keys(file.source(&self.interrupt)?.file, &options).map_err(failed)?;
            check = check.with_own_keys(keys);
        }
        check.run(source.file, Outputs::default(), &options, &|_| {}).map_err(failed)
    }

    /// Returns what is wrong with files by the descriptor at `path`.
    fn faults(&self, files: &[Rereadable], descriptor: &Descriptor, path: &Path) -> Result<Faults, CommandError> {
        let beside = FolderTables::new(path, &FilesRead::default(), &self.interrupt);
        let (tables, _) = references::load(descriptor, &beside).map_err(|error| CommandError::io(error.message))?;
        let mut faults = Faults::default();
        for file in files {
            let outcome = self.check_one(file, descriptor, &tables)?;
            outcome.faults.iter().for_each(|found| faults.add(found));
            if let Some(refusal) = outcome.refusal {
                faults.add_refusal(format!("{}: {}", file.input.shown(), refusal.message));
            }
            outcome.hints.iter().for_each(|hint| faults.add_hint(format!("{}: {hint}", file.input.shown())));
        }
        Ok(faults)
    }
}

fn failed(error: InferError) -> CommandError {
    match error {
        InferError::Read { .. } => CommandError::io(error),
        InferError::Unreadable { .. } | InferError::OtherLabel { .. } | InferError::OtherColumns { .. } => {
            CommandError::new(Exit::Refused, error)
        }
    }
}

/// Reads the inferred descriptor; a mistake in it is an internal error.
fn read_own(inferred: &Inferred) -> Result<Descriptor, CommandError> {
    descriptor::read("the descriptor that was made", inferred.json.as_bytes(), &DescriptorFolder::new(Path::new("")))
        .map_err(|mistakes| CommandError::new(Exit::Internal, format!("internal error: {mistakes}; please report it")))
}

fn read_against(path: &Path) -> Result<Descriptor, CommandError> {
    let name = path.display().to_string();
    let bytes = read_descriptor(path).map_err(|error| CommandError::usage(cannot_open(name.clone(), error)))?;
    let shown = printable(&name);
    // A Table Schema has a property `fields`, a Data Resource has a `schema`.
    let is_schema =
        serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|value| value.get("fields").is_some());
    let read = match is_schema {
        true => descriptor::read_schema(&shown, &bytes),
        false => descriptor::read(&shown, &bytes, &DescriptorFolder::new(path)),
    };
    read.map_err(CommandError::usage)
}

/// Returns the faults of all files that have some.
fn faults_of(outcomes: &[Outcome]) -> impl Iterator<Item = &FaultSummary> {
    outcomes.iter().filter_map(|outcome| outcome.faults.as_ref())
}

fn unfit(file: &Rereadable, outcome: &Outcome) -> Option<Unfit> {
    let first_fault = || {
        let reject = outcome.samples.first()?;
        let fault = reject.errors.first()?;
        Some(format!("line {}: {}{}", reject.line, printable(&fault.message), remedy(fault)))
    };
    let refused = outcome.refusal.as_ref().map(|refusal| printable(&refusal.message));
    (outcome.rows.rejected > 0 || refused.is_some()).then(|| Unfit {
        file: file.input.shown(),
        rejected: refused.is_none().then_some(outcome.rows.rejected),
        first: refused.or_else(first_fault).unwrap_or_default(),
    })
}

/// Returns what to remove from the descriptor if a rejected row is as it should be.
fn remedy(fault: &Fault) -> String {
    let what = match (&fault.constraint, fault.code) {
        (Some(constraint), _) => format!("{constraint} of {}", printable(fault.field.as_deref().unwrap_or_default())),
        (None, Code::PrimaryKey) => "primaryKey".to_owned(),
        _ => return String::new(),
    };
    format!("; remove {what} if such rows are right")
}

/// An input that can be read more than once.
struct Rereadable {
    input: Input,
    /// The content of standard input, if the input is that.
    spooled: Option<File>,
}

impl Rereadable {
    fn source(&self, interrupt: &Interrupt) -> Result<Source<Box<dyn Read + Send>>, CommandError> {
        let name = self.input.shown();
        let suffix = self.input.suffix();
        let (body, bytes): (Box<dyn Read + Send>, Option<u64>) = match &self.spooled {
            Some(file) => {
                let failed = |error| CommandError::io(format!("reading standard input again: {error}"));
                let mut file = file.try_clone().map_err(failed)?;
                file.rewind().map_err(failed)?;
                (Box::new(file), None)
            }
            None => {
                let OpenInput { body, metadata } = self.input.open(interrupt).map_err(CommandError::io)?;
                (body, metadata.map(|metadata| metadata.len()))
            }
        };
        let delimiter = (suffix.delimiter != b',').then_some(suffix.delimiter);
        let (body, compression) = self.input.compression(body).map_err(CommandError::io)?;
        let body: Box<dyn Read + Send> = Box::new(interrupt.watch(body));
        Ok(Source { name, file: StoredFile { body, bytes, compression }, delimiter })
    }
}
