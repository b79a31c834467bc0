//! `sluice infer`: a descriptor from nothing but files.

mod job;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sluice_engine::infer::{Drift, Inferred, Tightness};

use self::job::{InferJob, InferResult, Unfit};
use super::files::{Input, Output};
use super::guard::{FilesRead, Guard};
use super::numbers::{threads, whole};
use super::terminal::{Terminal, counted, printable};
use super::{CommandError, Exit, Format};
use crate::interrupt::Interrupt;
use crate::jobs::Jobs;
use crate::store::{StoreError, blocking};

/// Infer a descriptor from files
///
/// Infers the dialect, the header, types with their formats, missing values, and constraints that should also fit the next file. Every
/// cell of every file is read, then read again to verify that the descriptor accepts the files. Several files must have the same columns
/// and get one descriptor. Review the result before you rely on it: data alone do not show what they mean.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice infer orders.csv > resource.json
  sluice infer 2024-*.csv.gz --output resource.json --explain
  sluice infer new.csv --against orders/resource.json

The descriptor goes to standard output or to --output; explanations (--explain) go to standard error.

With --against, the differences between the descriptor and the files go to standard output instead, one per line: + a new column, - a missing \
column, ~ a renamed column, ! cells, rows or files that the descriptor does not accept. The exit code is 1 if files like these would be refused \
or have rejected rows. Comparisons with earlier files (sluice.file.last) are not made.")]
pub(super) struct InferArgs {
    /// Files to describe; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Write the descriptor here
    #[arg(short, long, value_name = "OUT", conflicts_with = "against")]
    output: Option<PathBuf>,
    /// Explain each decision
    #[arg(long, conflicts_with = "against")]
    explain: bool,
    /// Read only the first BYTES of each file, and do not verify the descriptor against the whole file
    #[arg(long, value_name = "BYTES", value_parser = whole::<u64>(1..=u64::MAX))]
    sample: Option<u64>,
    /// How strict the inferred constraints are
    #[arg(long, value_enum, default_value_t, conflicts_with = "against")]
    constraints: Constraints,
    /// Compare the files with this descriptor (Data Resource or Table Schema)
    #[arg(long, value_name = "DESCRIPTOR")]
    against: Option<PathBuf>,
    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = threads::<NonZeroUsize>)]
    threads: Option<NonZeroUsize>,
    /// Output format
    #[arg(long, value_enum, default_value_t, requires = "against")]
    format: Format,
}

/// How tightly constraints close around what was seen.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Constraints {
    /// Types only
    None,
    /// Constraints that should also fit the next file: required cells, short lists of texts, no negative numbers, the primary key
    #[default]
    Loose,
    /// Like loose, plus the minimum and maximum values and lengths that occur
    Tight,
}

impl From<Constraints> for Tightness {
    fn from(constraints: Constraints) -> Self {
        match constraints {
            Constraints::None => Self::None,
            Constraints::Loose => Self::Loose,
            Constraints::Tight => Self::Tight,
        }
    }
}

pub(super) async fn infer(args: InferArgs, terminal: &Terminal, interrupt: Interrupt) -> Exit {
    if args.sample.is_some() && matches!(args.constraints, Constraints::Tight) {
        let problem = "--constraints tight takes its bounds from whole files; leave out --sample";
        return terminal.end(&CommandError::usage(problem));
    }
    let threads = args.threads.unwrap_or_else(|| Jobs::all_cores().count());
    let (output, explain, format) = (args.output, args.explain, args.format);
    if let Some(path) = &output {
        let inputs: Vec<Input> = args.files.iter().map(|file| Input::new(file)).collect();
        let mut guard = Guard::new(inputs.iter().filter_map(Input::path), FilesRead::default());
        if let Err(error) = guard.allow(path) {
            return terminal.end(&error);
        }
    }
    let job = InferJob {
        threads,
        interrupt,
        files: args.files,
        against: args.against,
        sample: args.sample,
        tightness: args.constraints.into(),
    };
    let result = blocking(move || job.run()).await;
    match result {
        Err(error) => terminal.end(&error),
        Ok(InferResult::Drift(drift)) => print_drift(&drift, format, terminal),
        Ok(InferResult::Descriptor(inferred, unfit)) => {
            if explain {
                print_reasons(&inferred, terminal);
            }
            for oddity in &inferred.oddities {
                terminal.warning(&printable(oddity));
            }
            for Unfit { file, rejected, first } in &unfit {
                let rejected =
                    rejected.map_or("refused".to_owned(), |rows| format!("{} rejected", counted(rows, "row")));
                terminal.warning(&format!("{}: {rejected} by this descriptor: {first}", printable(file)));
            }
            write_descriptor(&inferred, output.as_deref(), terminal)
        }
    }
}

fn print_reasons(inferred: &Inferred, terminal: &Terminal) {
    for part in &inferred.explained {
        terminal.note(part.field.as_deref().unwrap_or("the file"));
        for reason in &part.reasons {
            terminal.note(&format!("  {reason}"));
        }
    }
}

fn write_descriptor(inferred: &Inferred, output: Option<&Path>, terminal: &Terminal) -> Exit {
    let Some(path) = output else {
        terminal.line(inferred.json.trim_end());
        return if terminal.has_failed() { Exit::Io } else { Exit::Done };
    };
    let stored = Output::stage(path).and_then(|mut output| {
        output
            .write_all(inferred.json.as_bytes())
            .map_err(|error| StoreError::from_io(path.display().to_string(), error))?;
        output.keep()
    });
    match stored {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.error(&error.to_string());
            Exit::Io
        }
    }
}

fn print_drift(drift: &[Drift], format: Format, terminal: &Terminal) -> Exit {
    for one in drift {
        match format {
            Format::Text => terminal.line(&printable(&one.to_string())),
            Format::Json => terminal.json(one),
        }
    }
    if format == Format::Text && drift.is_empty() {
        terminal.line("no difference");
    }
    if terminal.has_failed() {
        Exit::Io
    } else if drift.iter().any(|one| one.breaks) {
        Exit::Refused
    } else {
        Exit::Done
    }
}
