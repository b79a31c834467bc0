//! `sluice completions`: scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::terminal::Terminal;
use super::{Cli, Exit};

/// Print a script for shell completion
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice completions bash > ~/.local/share/bash-completion/completions/sluice
  sluice completions zsh > ~/.zfunc/_sluice
  sluice completions fish > ~/.config/fish/completions/sluice.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs, terminal: &Terminal) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sluice", &mut script);
    match String::from_utf8(script) {
        Ok(script) => terminal.line(script.trim_end()),
        Err(error) => {
            terminal.error(&format!("the script is no text ({error}); please report it"));
            return Exit::Internal;
        }
    }
    if terminal.has_failed() { Exit::Io } else { Exit::Done }
}
