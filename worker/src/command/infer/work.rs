//! The blocking part of `sluice infer`: files are read to find a descriptor, and again to show that it takes them.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use sluice_engine::descriptor::{self, Descriptor};
use sluice_engine::infer::{Constraining, Drift, Faults, InferError, Inference, Inferred, Source, any_columns};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, StoredFile};
use sluice_engine::report::Reject;

use crate::command::Exit;
use crate::command::files::{Beside, Input, read_descriptor};
use crate::command::terminal::printable;
use crate::interrupt::Interrupt;
use crate::store::StoreError;

/// Why nothing comes out: how the command ends, and a sentence.
pub(super) type Failed = (Exit, String);

/// What comes out.
pub(super) enum Worked {
    /// A descriptor, and the files with rows that it rejects.
    Descriptor(Inferred, Vec<Unfit>),
    /// The differences between a descriptor and the files.
    Drift(Vec<Drift>),
}

/// A file of which the descriptor rejects rows.
pub(super) struct Unfit {
    pub(super) file: String,
    pub(super) rows: u64,
    /// What is wrong with the first one.
    pub(super) first: String,
}

/// What is to be done.
pub(super) struct Work {
    pub(super) threads: NonZeroUsize,
    pub(super) interrupt: Interrupt,
    pub(super) files: Vec<String>,
    pub(super) against: Option<PathBuf>,
    pub(super) sample: Option<u64>,
    pub(super) constraining: Constraining,
}

impl Work {
    pub(super) fn run(&self) -> Result<Worked, Failed> {
        let against = self.against.as_deref().map(read_against).transpose()?;
        let files = self.files.iter().map(|name| self.file(name)).collect::<Result<Vec<_>, _>>()?;
        let inference = self.read(&files)?;
        match against {
            Some(descriptor) => {
                let faults = self.faults(&files, &descriptor)?;
                Ok(Worked::Drift(inference.compare(&descriptor, &faults)))
            }
            None => self.describe(&files, &inference),
        }
    }

    /// A file that can be read twice.
    fn file(&self, name: &str) -> Result<Rereadable, Failed> {
        let input = Input::new(name);
        let spooled = match &input {
            Input::Stdin => Some(self.spooled(&input)?),
            Input::Path(_) => None,
        };
        Ok(Rereadable { input, spooled })
    }

    /// Standard input, in a file without a name.
    fn spooled(&self, input: &Input) -> Result<File, Failed> {
        let failed = |error| {
            let remedy = "make room in the folder for temporary files, or name another one (TMPDIR)";
            (Exit::Io, format!("keeping standard input to read it twice: {error}; {remedy}"))
        };
        let (body, _) = input.open(&self.interrupt).map_err(of_store)?;
        let mut file = tempfile::tempfile().map_err(failed)?;
        io::copy(&mut self.interrupt.watch(body), &mut file).map_err(failed)?;
        Ok(file)
    }

    fn read(&self, files: &[Rereadable]) -> Result<Inference, Failed> {
        let failed = |error: InferError| match error {
            InferError::Read { .. } => (Exit::Io, error.to_string()),
            InferError::Unreadable { .. } | InferError::OtherColumns { .. } => (Exit::Refused, error.to_string()),
        };
        let mut inference: Option<Inference> = None;
        for file in files {
            let source = file.source(&self.interrupt)?;
            match &mut inference {
                None => inference = Some(Inference::of(source, self.threads, self.sample).map_err(failed)?),
                Some(inference) => inference.add(source).map_err(failed)?,
            }
        }
        inference.ok_or_else(|| (Exit::Usage, "no file is named; name one".to_owned()))
    }

    fn describe(&self, files: &[Rereadable], inference: &Inference) -> Result<Worked, Failed> {
        let name = files.first().map(|file| file.input.name()).unwrap_or_default();
        let mut inferred = inference.describe(&name, self.constraining, &[]);
        if self.sample.is_some() {
            return Ok(Worked::Descriptor(inferred, Vec::new()));
        }
        let mut outcomes = self.check(files, &read_own(&inferred)?)?;
        if self.constraining == Constraining::Tight {
            let statistics: Vec<_> = outcomes.iter().map(|outcome| outcome.fields.as_slice()).collect();
            inferred = inference.describe(&name, self.constraining, &statistics);
            outcomes = self.check(files, &read_own(&inferred)?)?;
        }
        let unfit = files.iter().zip(&outcomes).filter_map(|(file, outcome)| unfit(file, outcome)).collect();
        Ok(Worked::Descriptor(inferred, unfit))
    }

    fn check(&self, files: &[Rereadable], descriptor: &Descriptor) -> Result<Vec<Outcome>, Failed> {
        files.iter().map(|file| self.check_one(file, descriptor, Outputs::default())).collect()
    }

    fn check_one(&self, file: &Rereadable, descriptor: &Descriptor, outputs: Outputs<'_>) -> Result<Outcome, Failed> {
        let source = file.source(&self.interrupt)?;
        let options = Options { threads: self.threads, ..Options::default() };
        Check::new(descriptor, source.delimiter)
            .run(source.file, outputs, &options, &|_| {})
            .map_err(|error| (Exit::Io, format!("{}: {error}", printable(&source.name))))
    }

    /// What cells break of a descriptor, by field.
    fn faults(&self, files: &[Rereadable], descriptor: &Descriptor) -> Result<Faults, Failed> {
        let descriptor = any_columns(descriptor);
        let mut counter = Counter::default();
        for file in files {
            let outputs = Outputs { rejects: Some(Box::new(&mut counter)), ..Outputs::default() };
            self.check_one(file, &descriptor, outputs)?;
        }
        Ok(counter.faults)
    }
}

fn of_store(error: StoreError) -> Failed {
    (Exit::Io, error.to_string())
}

/// The descriptor that was made; that it can be read is a matter of this program.
fn read_own(inferred: &Inferred) -> Result<Descriptor, Failed> {
    descriptor::read("the descriptor that was made", inferred.json.as_bytes(), &Beside::new(Path::new("")))
        .map_err(|mistakes| (Exit::Internal, format!("internal error: {mistakes}; please report it")))
}

fn read_against(path: &Path) -> Result<Descriptor, Failed> {
    let name = path.display().to_string();
    let bytes =
        read_descriptor(path).map_err(|error| (Exit::Usage, StoreError::from_io(name.clone(), error).to_string()))?;
    let shown = printable(&name);
    // A Table Schema has fields, a Data Resource a schema.
    let is_schema =
        serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|value| value.get("fields").is_some());
    let read = match is_schema {
        true => descriptor::read_schema(&shown, &bytes),
        false => descriptor::read(&shown, &bytes, &Beside::new(path)),
    };
    read.map_err(|mistakes| (Exit::Usage, mistakes.to_string()))
}

fn unfit(file: &Rereadable, outcome: &Outcome) -> Option<Unfit> {
    let first_fault = || {
        let reject = outcome.samples.first()?;
        let fault = reject.errors.first()?;
        Some(format!("line {}: {}", reject.line, printable(&fault.message)))
    };
    let refused = outcome.refusal.as_ref().map(|refusal| printable(&refusal.message));
    (outcome.rows.rejected > 0 || refused.is_some()).then(|| Unfit {
        file: file.input.shown(),
        rows: outcome.rows.rejected,
        first: refused.or_else(first_fault).unwrap_or_default(),
    })
}

/// A file that is read more than once.
struct Rereadable {
    input: Input,
    /// What standard input held.
    spooled: Option<File>,
}

impl Rereadable {
    fn source(&self, interrupt: &Interrupt) -> Result<Source<Box<dyn Read + Send>>, Failed> {
        let name = self.input.shown();
        let suffix = self.input.suffix();
        let (body, bytes): (Box<dyn Read + Send>, Option<u64>) = match &self.spooled {
            Some(file) => {
                let failed = |error| (Exit::Io, format!("reading standard input again: {error}"));
                let mut file = file.try_clone().map_err(failed)?;
                file.rewind().map_err(failed)?;
                (Box::new(file), None)
            }
            None => {
                let (body, metadata) = self.input.open(interrupt).map_err(of_store)?;
                (body, metadata.map(|metadata| metadata.len()))
            }
        };
        let delimiter = (suffix.delimiter != b',').then_some(suffix.delimiter);
        let body: Box<dyn Read + Send> = Box::new(interrupt.watch(body));
        Ok(Source { name, file: StoredFile { body, bytes, compression: suffix.compression }, delimiter })
    }
}

/// Counts what cells break, from the lines of the rejects.
#[derive(Default)]
struct Counter {
    faults: Faults,
    line: Vec<u8>,
}

impl Counter {
    fn count(&mut self) {
        // The last line may tell of rejects that are left out: it is no reject.
        if let Ok(reject) = serde_json::from_slice::<Reject>(&self.line) {
            for fault in reject.errors {
                let (Some(field), name) = (fault.field, fault.constraint) else { continue };
                let name = name.unwrap_or_else(|| fault.code.name().trim_end_matches("-error").to_owned());
                *self.faults.entry(field).or_default().entry(name).or_default() += 1;
            }
        }
        self.line.clear();
    }
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.count();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
