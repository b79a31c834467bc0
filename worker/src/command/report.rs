//! `sluice report`: a run, or reports of files, as a page or as text.

mod from_files;
mod from_run;

use std::path::{Path, PathBuf};

use clap::Args;

pub(super) use from_run::{last_run, write_page};

use super::guard::{FilesRead, Guard};
use super::page::{Page, title_of};
use super::terminal::{Terminal, printable};
use super::{CommandError, Exit};
use crate::page::Contents;

/// Write a run, or reports of files, as one HTML page
///
/// RUN is a SOURCE (its last run, or the one given by --run), or a run in it (SOURCE/_sluice/runs/<run>). FILE is the output of `sluice check
/// --format json` or `sluice run --format json`, or a ledger record. The page is a single file that works offline.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice report data
  sluice report s3://uploads --run 20261123T211442Z-9f86d081884c7d65 -o run.html
  sluice check *.csv --format json > checked.jsonl; sluice report checked.jsonl
  sluice report data --text

`sluice check --report OUT` and `sluice run --report OUT` write the same page.")]
pub(super) struct ReportArgs {
    /// Runs, or files with reports; - is standard input
    #[arg(required = true, value_name = "RUN|FILE")]
    from: Vec<String>,
    /// Write the page here [default: report.html; with --text, no page]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Name of the run [default: the last one with a report]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Only this prefix of a run (repeatable)
    #[arg(short, long = "prefix", value_name = "P")]
    prefixes: Vec<String>,
    /// Print the report as text
    #[arg(long)]
    text: bool,
}

pub(super) async fn report(args: ReportArgs, terminal: &Terminal) -> Exit {
    let ended = make(&args, terminal).await;
    terminal.exit(ended)
}

async fn make(args: &ReportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let given = args.output.as_deref();
    let path = given.or((!args.text).then_some(Path::new("report.html")));
    let mut guard = Guard::new(args.from.iter().map(Path::new), FilesRead::default());
    for from in &args.from {
        if let Origin::Run { source, .. } = Origin::of(from) {
            guard.add_source(&source);
        }
    }
    let page = path.map(|path| Page::begin(path, &mut guard)).transpose()?;
    let title = match &*args.from {
        [one] => title_of(one),
        several => format!("{} and {} more", title_of(&several[0]), several.len() - 1),
    };
    let mut contents = Contents::new(title);
    for from in &args.from {
        match Origin::of(from) {
            Origin::Run { source, run } => {
                let run = args.run.as_deref().or(run.as_deref());
                from_run::add(&mut contents, &source, run, &args.prefixes).await?;
            }
            Origin::File => from_files::add(&mut contents, from)?,
        }
    }
    if args.text {
        contents.text(terminal.width(), terminal.has_colours()).iter().for_each(|line| terminal.line(line));
    }
    if let (Some(page), Some(path)) = (page, path) {
        page.write(contents)?;
        if !args.text {
            terminal.line(&format!("report: {}", printable(&path.display().to_string())));
        }
    }
    Ok(if terminal.has_failed() { Exit::Io } else { Exit::Done })
}

/// A run or a file that an argument names.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// A source, and a run of it if one is named.
    Run { source: String, run: Option<String> },
    /// A file with reports.
    File,
}

impl Origin {
    fn of(given: &str) -> Self {
        let trimmed = given.trim_end_matches('/');
        let trimmed = trimmed.strip_suffix("/report.json").unwrap_or(trimmed);
        if let Some((source, run)) = trimmed.rsplit_once("_sluice/runs/")
            && !run.contains('/')
        {
            let source = source.strip_suffix('/').unwrap_or(source);
            let source = if source.is_empty() { "." } else { source };
            return Self::Run { source: source.to_owned(), run: Some(run.to_owned()) };
        }
        match given.contains("://") || Path::new(given).is_dir() {
            true => Self::Run { source: given.to_owned(), run: None },
            false => Self::File,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_folder_or_its_report() {
        let run =
            |source: &str, run: Option<&str>| Origin::Run { source: source.to_owned(), run: run.map(str::to_owned) };
        for (given, expected) in [
            ("data/_sluice/runs/20261123T211442Z-9f", run("data", Some("20261123T211442Z-9f"))),
            ("data/_sluice/runs/20261123T211442Z-9f/report.json", run("data", Some("20261123T211442Z-9f"))),
            ("s3://b/_sluice/runs/x/", run("s3://b", Some("x"))),
            ("_sluice/runs/x", run(".", Some("x"))),
            ("s3://b/p", run("s3://b/p", None)),
            ("/", run("/", None)),
            ("checked.jsonl", Origin::File),
            ("-", Origin::File),
        ] {
            assert_eq!(Origin::of(given), expected, "{given}");
        }
    }
}
