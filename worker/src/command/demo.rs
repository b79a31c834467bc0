//! `sluice demo`: a first run on files that come with the program.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use sluice_engine::report::Reject;

use super::run;
use super::terminal::{Terminal, printable, shell_word};
use super::{Cli, Command, CommandError, Exit};
use crate::interrupt::Interrupt;
use crate::store::StoreError;

/// Create a small folder of example files and check them
///
/// The folder has orders of a shop with a descriptor, a reference table of countries and deliberate faults, and sensor readings without a
/// descriptor. It is an ordinary folder: use `sluice run` on it as on any other, and delete it when you are done.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice demo
  sluice demo /tmp/try")]
pub(super) struct DemoArgs {
    /// Folder to create
    #[arg(default_value = "sluice-demo")]
    folder: PathBuf,
}

/// The files, as paths below the folder.
const FILES: [(&str, &str); 6] = [
    ("orders/resource.json", include_str!("../../demo/orders/resource.json")),
    ("orders/reference/countries.csv", include_str!("../../demo/orders/reference/countries.csv")),
    ("orders/incoming/2026-08.csv", include_str!("../../demo/orders/incoming/2026-08.csv")),
    ("orders/incoming/2026-09.csv", include_str!("../../demo/orders/incoming/2026-09.csv")),
    ("orders/incoming/2026-10.csv", include_str!("../../demo/orders/incoming/2026-10.csv")),
    ("readings/incoming/2026-09-01.csv", include_str!("../../demo/readings/incoming/2026-09-01.csv")),
];

/// The rejects that are printed.
const REJECTS: &str = "orders/rejects/2026-09.csv.jsonl";

pub(super) async fn demo(args: DemoArgs, terminal: &Terminal, interrupt: Interrupt) -> Exit {
    let written = make_folder(&args.folder).and_then(|()| write_files(&args.folder));
    if let Err(error) = written {
        return terminal.end(&error);
    }
    let folder = shell_word(&args.folder);
    terminal.line(&format!("{folder} now has {} files. One command checks them all:\n", FILES.len()));
    terminal.line(&format!("$ sluice run {folder}"));
    // Parsed from the words that a user would type, so that all other options of `run` have their defaults.
    let command = [Path::new("sluice"), Path::new("run"), Path::new("--"), &args.folder];
    let exit = match Cli::try_parse_from(command).map(|cli| cli.command) {
        Ok(Command::Run(args)) => run::run(args, terminal, interrupt).await,
        Ok(_) => Exit::Internal,
        Err(error) => {
            terminal.error(&error.to_string());
            return Exit::Internal;
        }
    };
    // One of the files is refused.
    if exit != Exit::Refused {
        return exit;
    }
    terminal.line(&format!("\nRejected rows of orders/incoming/2026-09.csv ({folder}/{REJECTS}):"));
    match rejected_lines(&args.folder.join(REJECTS)) {
        Ok(lines) => lines.iter().for_each(|line| terminal.line(line)),
        Err(message) => {
            terminal.error(&message);
            return Exit::Io;
        }
    }
    terminal.line(&next_steps(&folder));
    if terminal.has_failed() { Exit::Io } else { Exit::Done }
}

/// The error of a file or folder that cannot be written.
fn failed(path: &Path, error: std::io::Error) -> CommandError {
    CommandError::io(StoreError::from_io(path.display().to_string(), error))
}

/// Creates the folder, or accepts an empty one.
fn make_folder(folder: &Path) -> Result<(), CommandError> {
    if folder.exists() && !folder.is_dir() {
        let shown = printable(&folder.display().to_string());
        return Err(CommandError::usage(format!(
            "{shown}: is a file; name an empty folder, or one that does not exist yet"
        )));
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    if fs::read_dir(folder).map_err(|error| failed(folder, error))?.next().is_some() {
        let shown = printable(&folder.display().to_string());
        return Err(CommandError::usage(format!(
            "{shown}: is not empty; name another folder, or delete this one first"
        )));
    }
    Ok(())
}

/// Writes the files into an empty folder. If one cannot be written, all are removed, so that the command can be repeated.
fn write_files(folder: &Path) -> Result<(), CommandError> {
    let written = FILES.iter().try_for_each(|(name, text)| write_file(folder, name, text));
    if written.is_err() {
        for (name, _) in FILES {
            let top = Path::new(name).iter().next().map(|top| folder.join(top));
            // What cannot be removed stays as well: the first failure is the one that is reported.
            top.into_iter().for_each(|top| drop(fs::remove_dir_all(top)));
        }
    }
    written
}

fn write_file(folder: &Path, name: &str, text: &str) -> Result<(), CommandError> {
    let path = folder.join(name);
    // cannot fail: each name has a folder.
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
    let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| failed(&path, error))
}

/// Returns the faults of each rejected row, one line each.
fn rejected_lines(path: &Path) -> Result<Vec<String>, String> {
    let failed = |reason: String| format!("{}: {reason}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let mut lines = Vec::new();
    for line in text.lines() {
        let reject: Reject = serde_json::from_str(line).map_err(|error| failed(error.to_string()))?;
        for fault in &reject.errors {
            let field = fault.field.as_ref().map(|field| format!("{}: ", printable(field))).unwrap_or_default();
            lines.push(format!("  line {:<3} {field}{}", reject.line, printable(&fault.message)));
        }
    }
    Ok(lines)
}

fn next_steps(folder: &str) -> String {
    format!(
        "
The answer for the sender of that file: {folder}/orders/feedback/2026-09.csv.html, .xlsx and .csv

Next:
  # a readable page, to open in a browser
  sluice report {folder} -o {folder}/report.html
  # what the descriptor checks
  sluice explain {folder}/orders/resource.json
  # infer a descriptor for the files that have none
  sluice infer {folder}/readings/incoming/2026-09-01.csv > {folder}/readings/resource.json
  # run again: no file is new, so nothing is checked
  sluice run {folder}

With a file of your own: `sluice check FILE.csv`, then
`sluice infer FILE.csv > resource.json` and
`sluice check FILE.csv --resource resource.json`."
    )
}
