//! The commands that run the Pulumi CLI with this executable as the program: Pulumi needs to find no language host and
//! to build nothing.

use std::env;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};
use sluice_language_host::{Host, PROVIDERS, Program, serve};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::quiesce;

const EXAMPLES: &str = "\
Examples:
  sluice-stack preview --stack dev           what would change
  sluice-stack up --stack dev                make it so, after a question
  sluice-stack up --stack dev --yes          make it so
  sluice-stack outputs --stack dev           the outputs, as JSON
  sluice-stack destroy --stack dev           stop the runs that are under way, then delete what was made
  sluice-stack up --stack dev -- --refresh   with an option of pulumi's own

Pulumi's settings are Pulumi's: log in with `pulumi login`, make a stack with `pulumi stack init dev`, configure it with
`pulumi config set`. The exit status is that of pulumi.";

/// Deploys Sluice to AWS with the Pulumi CLI.
#[derive(Parser)]
#[command(name = "sluice-stack", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Shows what `up` would do.
    Preview(StackArguments),
    /// Makes what is missing, changes what has changed, deletes what is no longer declared.
    Up(Change),
    /// Takes over into the state what was changed behind Pulumi's back.
    Refresh(Change),
    /// Disables what starts runs, stops runs and tasks and waits for their end, then deletes what was made, dependents
    /// first. Needs the AWS CLI for the former; `pulumi destroy` does the latter only.
    Destroy(Change),
    /// Prints the outputs of the last `up` as JSON.
    Outputs(Outputs),
}

#[derive(Args)]
struct StackArguments {
    /// The stack; without it, the one chosen with `pulumi stack select`.
    #[arg(long, short, value_name = "NAME")]
    stack: Option<String>,
    /// Options that pulumi takes, after `--`.
    #[arg(last = true, value_name = "OPTION")]
    pulumi: Vec<OsString>,
}

#[derive(Args)]
struct Change {
    /// Does not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    stack_arguments: StackArguments,
}

#[derive(Args)]
struct Outputs {
    /// The stack; without it, the one chosen with `pulumi stack select`.
    #[arg(long, short, value_name = "NAME")]
    stack: Option<String>,
    /// Prints secret outputs in plain text.
    #[arg(long)]
    show_secrets: bool,
}

impl StackArguments {
    fn command(self, name: &str) -> Command {
        let mut command = pulumi(&[name], self.stack);
        command.args(self.pulumi);
        command
    }
}

impl Change {
    fn command(self, name: &str) -> Command {
        let mut command = self.stack_arguments.command(name);
        if self.yes {
            command.arg("--yes");
        }
        command
    }
}

fn pulumi(words: &[&str], stack: Option<String>) -> Command {
    let mut command = Command::new("pulumi");
    command.args(words);
    if let Some(stack) = stack {
        command.args(["--stack", &stack]);
    }
    command
}

/// Runs the command that the command line names. The exit code is that of pulumi.
///
/// # Errors
/// When pulumi cannot be started.
#[tokio::main]
pub(crate) async fn run() -> Result<ExitCode> {
    let command = match Arguments::parse().task {
        Task::Outputs(arguments) => {
            let mut command = pulumi(&["stack", "output", "--json"], arguments.stack);
            if arguments.show_secrets {
                command.arg("--show-secrets");
            }
            return to_its_end(command).await;
        }
        Task::Preview(arguments) => arguments.command("preview"),
        Task::Up(arguments) => arguments.command("up"),
        Task::Refresh(arguments) => arguments.command("refresh"),
        Task::Destroy(arguments) => {
            let asks = !arguments.yes && std::io::stdin().is_terminal();
            if asks && !quiesce::agreed()? {
                eprintln!("nothing was changed");
                return Ok(ExitCode::FAILURE);
            }
            if asks || arguments.yes {
                quiesce::quiesce(arguments.stack_arguments.stack.as_deref()).await;
            }
            arguments.command("destroy")
        }
    };
    with_host(command).await
}

/// Runs `command` together with a language host that runs this executable as the program.
async fn with_host(mut command: Command) -> Result<ExitCode> {
    let program = env::current_exe().context("the path of this executable")?;
    let (port, server) = serve(Host::new(Program::Executable(program), PROVIDERS)).await?;
    command.arg(format!("--client=127.0.0.1:{port}")).arg("--exec-kind=auto.inline");
    tokio::select! {
        end = to_its_end(command) => end,
        broken = server => {
            broken?;
            bail!("the language host ended before pulumi");
        }
    }
}

/// Runs `command` on this terminal and returns its exit code.
async fn to_its_end(mut command: Command) -> Result<ExitCode> {
    // Interrupts of the terminal are for pulumi, which cancels its work and asks the host to stop the program.
    let mut interrupts = signal(SignalKind::interrupt()).context("cannot listen for interrupts")?;
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "the Pulumi CLI, `pulumi`, is not on PATH: install it (https://www.pulumi.com/docs/install/) and run this again"
        ),
        child => child.context("cannot start pulumi")?,
    };
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.context("cannot wait for pulumi")?,
            _ = interrupts.recv() => {}
        }
    };
    Ok(match status.code() {
        Some(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        None => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        let task = Arguments::try_parse_from(line.split(' ')).expect("a command line").task;
        let (Task::Up(change) | Task::Destroy(change)) = task else { panic!("{line} is about another task") };
        let command = change.command("up");
        command.as_std().get_args().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn pulumi_is_told_what_was_said() {
        assert_eq!(words("sluice-stack up"), ["up"]);
        assert_eq!(words("sluice-stack up --stack dev --yes"), ["up", "--stack", "dev", "--yes"]);
        assert_eq!(words("sluice-stack up -y -s dev -- --refresh"), ["up", "--stack", "dev", "--refresh", "--yes"]);
    }
}
