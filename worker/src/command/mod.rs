//! The command line: one module per command, and what they share.

mod check;
mod completions;
mod cost;
mod demo;
mod descriptor_folder;
mod descriptors;
mod environment;
mod exit;
mod explain;
mod files;
mod first_pass;
mod guard;
mod infer;
mod lambda;
mod locations;
mod man;
mod nesting;
mod numbers;
mod page;
mod plan;
mod plan_descriptors;
mod plan_task;
mod report;
mod run;
mod status;
mod stdin;
mod table;
mod terminal;
mod worker;

use std::future::Future;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::signal::unix::{SignalKind, signal};

use crate::interrupt::Interrupt;
use crate::jobs::open_files_limit;
use crate::threads;
use exit::{CommandError, Exit, Strictness};
use terminal::Terminal;

/// The least limit of open files: fewer are not enough for the event loop and one file.
const LEAST_OPEN_FILES: usize = 48;

/// Time that an interrupted command has to remove unfinished outputs.
const GRACE: Duration = Duration::from_secs(5);

/// Check CSV files against a schema: every row of every file is checked, clean rows are kept byte for byte, and each rejected row is
/// reported with the line, the cell and the reason.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Start here:
  sluice demo                            try it on example files
  sluice check data.csv                  check the structure of a file
  sluice infer data.csv > resource.json  infer a descriptor to check its values against

Exit codes:
  0    done
  1    a file was refused, or with --strict a row was rejected
  2    usage or descriptor error
  70   internal error
  74   reading or writing failed, or threads, memory or open files ran out
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)

Results go to standard output, progress and logs to standard error. Set NO_COLOR to turn colours off.";

#[derive(Debug, Args)]
struct Global {
    /// Log more to standard error; repeat for even more
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet", display_order = 900)]
    verbose: u8,
    /// Hide progress bars and warnings
    #[arg(short, long, global = true, display_order = 901)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Infer(infer::InferArgs),
    Plan(plan::PlanArgs),
    Explain(explain::ExplainArgs),
    Demo(demo::DemoArgs),
    Report(report::ReportArgs),
    Status(status::StatusArgs),
    Worker(worker::WorkerArgs),
    Lambda(lambda::LambdaArgs),
    PlanTask(plan_task::PlanTaskArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table and messages
    #[default]
    Text,
    /// JSON Lines: one object per line, for programs
    Json,
}

/// Parses the command line, runs the command, and returns the exit code.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Written in one piece, so that the words of two threads do not mix, and by a system call that cannot panic.
        let line = format!("sluice: internal error: {panic}; please report it\n").replace('\n', " ");
        let _ = rustix::io::write(rustix::stdio::stderr(), format!("{}\n", line.trim_end()).as_bytes());
    }));
    let ended = std::panic::catch_unwind(command_line);
    // The hook has printed the message of the panic.
    ended.unwrap_or(ExitCode::from(Exit::Internal))
}

fn command_line() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.global.quiet);
    match cli.command {
        Command::Worker(_) | Command::Lambda(_) | Command::PlanTask(_) => environment::start_logs(),
        _ => terminal.start_logs(cli.global.verbose),
    }
    let exit = match cli.command {
        Command::Run(args) => with_runtime(&terminal, |interrupt| run::run(args, &terminal, interrupt)),
        Command::Check(args) => with_runtime(&terminal, |interrupt| check::check(args, &terminal, interrupt)),
        Command::Infer(args) => with_runtime(&terminal, |interrupt| infer::infer(args, &terminal, interrupt)),
        Command::Demo(args) => with_runtime(&terminal, |interrupt| demo::demo(args, &terminal, interrupt)),
        Command::Report(args) => with_runtime(&terminal, |_| report::report(args, &terminal)),
        Command::Status(args) => with_runtime(&terminal, |_| status::status(args, &terminal)),
        Command::Plan(args) => with_runtime(&terminal, |_| plan::plan(args, &terminal)),
        Command::Worker(_) => with_own_signal_handling(
            &terminal,
            worker::worker(&terminal, async {
                asked_to_stop().await;
            }),
        ),
        Command::PlanTask(_) => with_own_signal_handling(
            &terminal,
            plan_task::plan(&terminal, async {
                asked_to_stop().await;
            }),
        ),
        Command::Lambda(_) => with_own_signal_handling(&terminal, lambda::lambda(&terminal)),
        Command::Explain(args) => explain::explain(&args, &terminal),
        Command::Completions(args) => completions::completions(&args, &terminal),
        Command::Man(args) => man::man(&args, &terminal),
    };
    exit.into()
}

/// Runs a command that handles signals itself.
fn with_own_signal_handling(terminal: &Terminal, command: impl Future<Output = Exit>) -> Exit {
    run_to_end(command).unwrap_or_else(|error| no_runtime(terminal, &error))
}

/// Runs a future to its end. A write beyond the process's limit on the size of files then fails, as on a full disk, instead of ending
/// the process by a signal.
fn run_to_end<F: Future>(command: F) -> std::io::Result<F::Output> {
    let open_files = open_files_limit();
    if open_files < LEAST_OPEN_FILES {
        let reason =
            format!("the process may have {open_files} files open; raise the limit (ulimit -n) to {LEAST_OPEN_FILES}");
        return Err(std::io::Error::other(reason));
    }
    let ended = threads::run(async {
        // The handler stays registered until the process ends; the write itself sees the limit as an error.
        signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)?;
        Ok(command.await)
    });
    ended.unwrap_or_else(|error| {
        let reason = format!("no threads to work with ({error}); raise the limit of processes and threads (ulimit -u) or of memory (ulimit -v)");
        Err(std::io::Error::other(reason))
    })
}

fn no_runtime(terminal: &Terminal, error: &std::io::Error) -> Exit {
    terminal.error(&error.to_string());
    Exit::Io
}

/// Runs a command until it ends or is interrupted, and removes unfinished outputs.
fn with_runtime<F: Future<Output = Exit>>(terminal: &Terminal, command: impl FnOnce(Interrupt) -> F) -> Exit {
    let interrupt = Interrupt::default();
    let ended = run_to_end(async {
        if let Err(error) = interrupt.raise_on_signals().and_then(|()| exit_after_grace()) {
            return no_runtime(terminal, &error);
        }
        let mut work = pin!(command(interrupt.clone()));
        let exit = tokio::select! {
            // The work may see the flag that a signal raises before this task sees the signal.
            exit = &mut work => return interrupt.signal().map_or(exit, |signal| interrupted(terminal, signal)),
            signal = asked_to_stop() => interrupted(terminal, signal),
        };
        tokio::select! {
            _ = &mut work => {}
            _ = asked_to_stop() => {}
            // The command may be blocked in a read that never returns, for example from a terminal.
            () = tokio::time::sleep(GRACE) => {}
        }
        exit
    });
    files::remove_unfinished();
    ended.unwrap_or_else(|error| no_runtime(terminal, &error))
}

/// Ends the process twice [`GRACE`] after a signal, from a thread of its own: the command may be blocked where no task runs, for example in opening a
/// pipe without a writer.
fn exit_after_grace() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            std::thread::sleep(2 * GRACE);
            files::remove_unfinished();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// Says that the command was interrupted by a signal, and returns the exit code for it.
fn interrupted(terminal: &Terminal, signal: i32) -> Exit {
    terminal.error("interrupted; unfinished files are not published, the next run checks them");
    match signal {
        SIGTERM => Exit::Terminated,
        _ => Exit::Interrupted,
    }
}

/// Waits for SIGINT or SIGTERM, and returns which it was.
async fn asked_to_stop() -> i32 {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the signals end the process as they do by default.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => SIGINT,
        _ = terminate.recv() => SIGTERM,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_has_no_contradictions() {
        Cli::command().debug_assert();
    }
}
