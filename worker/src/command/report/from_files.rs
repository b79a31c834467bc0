//! Reads reports of files: lines of JSON that a command has printed, and ledger records.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use sluice_engine::report::{FileReport, REPORT_BYTES};

use crate::command::CommandError;
use crate::command::terminal::{counted, printable};
use crate::context::FileOutcome;
use crate::key::Suffix;
use crate::page::Contents;
use crate::store::StoreError;
use crate::task::{FailureCode, FileFailure};

/// A line that `--format json` prints.
#[derive(Deserialize)]
struct Line {
    file: Option<LineFile>,
    failure: Option<LineFailure>,
    /// Present in the report of a run, or of a prefix of a run.
    #[serde(rename = "runId")]
    run_id: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct LineFile {
    key: String,
}

#[derive(Deserialize)]
struct LineFailure {
    code: FailureCode,
    message: String,
}

/// Adds the reports in a file to the contents of a page.
pub(super) fn add(contents: &mut Contents, given: &str) -> Result<(), CommandError> {
    let shown = printable(given);
    if Suffix::of(given).is_some() {
        let message =
            format!("{shown}: is a data file; `sluice check {shown} --report report.html` checks it and writes a page");
        return Err(CommandError::usage(message));
    }
    let failed = |error| CommandError::io(StoreError::from_io(given.to_owned(), error));
    let input: Box<dyn Read> = match given {
        "-" => Box::new(io::stdin()),
        path => Box::new(File::open(Path::new(path)).map_err(failed)?),
    };
    let mut reader = BufReader::new(input);
    let (mut line, mut found, mut unreadable) = (Vec::new(), 0u64, 0);
    loop {
        line.clear();
        let read = reader.by_ref().take(REPORT_BYTES as u64).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match outcome_of(&line) {
            Some(Some(outcome)) => {
                contents.add(outcome);
                found += 1;
            }
            Some(None) => {}
            // A report that spans several lines must be the only one in the file.
            None if found == 0 && unreadable == 0 => {
                reader.by_ref().take(REPORT_BYTES as u64).read_to_end(&mut line).map_err(failed)?;
                match outcome_of(&line) {
                    Some(Some(outcome)) => {
                        contents.add(outcome);
                        found += 1;
                    }
                    _ => unreadable += 1,
                }
            }
            None => unreadable += 1,
        }
    }
    if found == 0 {
        let message = format!(
            "{shown}: there are no reports in it; name what `sluice check --format json` has written, a ledger record, or a SOURCE"
        );
        return Err(CommandError::usage(message));
    }
    if unreadable > 0 {
        contents.notes.push(format!(
            "{given}: {} no report and left out",
            match unreadable {
                1 => "1 line is".to_owned(),
                several => format!("{} are", counted(several, "line")),
            }
        ));
    }
    Ok(())
}

/// Returns the file that a line is about: `None` if the line is no report, `Some(None)` if it is the report of a
/// run.
fn outcome_of(line: &[u8]) -> Option<Option<FileOutcome>> {
    if let Ok(report) = serde_json::from_slice::<FileReport>(line) {
        return Some(Some(FileOutcome::Checked(Box::new(report))));
    }
    let line: Line = serde_json::from_slice(line).ok()?;
    match (line.file, line.failure) {
        (Some(LineFile { key }), Some(LineFailure { code, message })) => {
            Some(Some(FileOutcome::Failed(FileFailure { key, code, message })))
        }
        _ => line.run_id.map(|_| None),
    }
}
