//! `sluice man`: manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::terminal::Terminal;
use super::{Cli, Exit};

/// Write man pages, one for each command, to a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice man ~/.local/share/man/man1 && man sluice-check")]
pub(super) struct ManArgs {
    /// The folder (created if missing)
    folder: PathBuf,
}

pub(super) fn man(args: &ManArgs, terminal: &Terminal) -> Exit {
    let written =
        std::fs::create_dir_all(&args.folder).and_then(|()| clap_mangen::generate_to(Cli::command(), &args.folder));
    match written {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.error(&format!("{}: {error}; make room or name another folder", args.folder.display()));
            Exit::Io
        }
    }
}
