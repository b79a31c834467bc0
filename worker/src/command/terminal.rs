//! Standard output for results, standard error for progress and logs.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::{CommandError, Exit};
pub(super) use crate::number_format::{counted, grouped, size};
pub(super) use crate::printable::printable;

/// Targets of the log events of the AWS SDK.
const SDK: [&str; 6] =
    ["aws_config", "aws_credential_types", "aws_runtime", "aws_sdk_s3", "aws_smithy_http_client", "aws_smithy_runtime"];

/// The two standard streams. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    bars: MultiProgress,
    quiet: bool,
    /// Whether the reader of standard output has gone, as `head` does: the work then goes on, and further results are dropped.
    closed: Arc<AtomicBool>,
    /// Whether standard output could not be written for another reason.
    failed: Arc<AtomicBool>,
    /// The failures of files for standard error.
    failures: Arc<Mutex<Failures>>,
}

/// The failures of files that were printed, and whether more of them were not.
#[derive(Debug, Default)]
struct Failures {
    /// The messages that were printed, each with the number of files: a mistake in a descriptor is that of all its files.
    files: BTreeMap<String, u64>,
    has_more: bool,
}

/// Most different failures of files that are printed on standard error; further ones are in the results only.
const FAILURES: usize = 20;

impl Terminal {
    pub(super) fn new(quiet: bool) -> Self {
        let target = match quiet {
            true => ProgressDrawTarget::hidden(),
            // Also hidden if standard error is no terminal.
            false => ProgressDrawTarget::stderr(),
        };
        let bars = MultiProgress::with_draw_target(target);
        Self { bars, quiet, closed: Arc::default(), failed: Arc::default(), failures: Arc::default() }
    }

    /// Sends logs to standard error, above the bars.
    pub(super) fn start_logs(&self, verbose: u8) {
        let level = match (self.quiet, verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0) => LevelFilter::WARN,
            (false, 1) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        };
        // A warning of the AWS SDK that matters is followed by an error of this program. These warnings contain whole responses, even
        // if just no region is configured.
        let directives = match level {
            LevelFilter::DEBUG => level.to_string(),
            level => SDK.iter().fold(level.to_string(), |all, target| format!("{all},{target}=off")),
        };
        let colour = io::stderr().is_terminal() && may_colour();
        let logs = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(directives))
            .with_ansi(colour)
            .with_target(false)
            .without_time()
            .with_writer(AboveBars(self.bars.clone()));
        // Fails if a test has started logging before.
        let _ = logs.try_init();
    }

    /// Returns true if results go to a terminal that may have colours.
    pub(super) fn has_colours(&self) -> bool {
        io::stdout().is_terminal() && may_colour()
    }

    /// Returns the columns of standard output if it is a terminal. In a file or a pipe, a result is on one line whatever its width.
    pub(super) fn results_width(&self) -> Option<u16> {
        io::stdout().is_terminal().then(|| u16::try_from(self.width()).unwrap_or(u16::MAX))
    }

    /// Returns the columns of standard output: the value of `COLUMNS`, else the width of the terminal, else 80.
    pub(super) fn width(&self) -> usize {
        let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let of_terminal = || {
            let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
            Some(usize::from(size.ws_col))
        };
        said.or_else(of_terminal).filter(|columns| *columns > 0).unwrap_or(80)
    }

    /// Prints a line of results.
    pub(super) fn line(&self, line: &str) {
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        let written = self.bars.suspend(|| {
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "{line}").and_then(|()| stdout.flush())
        });
        if let Err(error) = written {
            self.closed.store(true, Ordering::SeqCst);
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.failed.store(true, Ordering::SeqCst);
                self.error(&format!("standard output: {error}; make room or send it elsewhere"));
            }
        }
    }

    /// Prints a line of results as JSON.
    pub(super) fn json(&self, value: &impl serde::Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => self.line(&line),
            Err(error) => {
                self.failed.store(true, Ordering::SeqCst);
                self.error(&format!("a result has no JSON form ({error}); please report it"));
            }
        }
    }

    /// Prints an error, even with `--quiet`.
    pub(super) fn error(&self, message: &str) {
        self.bars.suspend(|| {
            let mut stderr = io::stderr().lock();
            for line in message.lines() {
                // If standard error is closed, the message cannot be printed anywhere.
                let _ = writeln!(stderr, "sluice: {}", printable(line));
            }
        });
    }

    /// Prints a warning, unless `--quiet` is given.
    pub(super) fn warning(&self, message: &str) {
        if self.quiet {
            return;
        }
        self.bars.suspend(|| {
            // If standard error is closed, the message cannot be printed anywhere.
            let _ = writeln!(io::stderr().lock(), "warning: {}", printable(message));
        });
    }

    /// Prints the failure of a file, unless standard output is a terminal, where the results show it. The same message is printed once, see
    /// [`Terminal::repeated_failures`].
    pub(super) fn failure(&self, message: &str) {
        if io::stdout().is_terminal() {
            return;
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = failures.files.get_mut(message) {
            *files += 1;
        } else if failures.files.len() < FAILURES {
            failures.files.insert(message.to_owned(), 1);
            self.error(message);
        } else if !std::mem::replace(&mut failures.has_more, true) {
            self.error("more files failed; the results name them");
        }
    }

    /// Prints of how many files each failure is that several files have.
    pub(super) fn repeated_failures(&self) {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (message, files) in failures.files.iter().filter(|(_, files)| **files > 1) {
            let first = message.lines().next().unwrap_or_default();
            self.error(&format!("{} failed for this reason: {first}", counted(*files, "file")));
        }
    }

    /// Prints a line on standard error for users who asked for reasons.
    pub(super) fn note(&self, line: &str) {
        self.bars.suspend(|| {
            // If standard error is closed, the message cannot be printed anywhere.
            let _ = writeln!(io::stderr().lock(), "{}", printable(line));
        });
    }

    /// Returns the exit code of a command that has ended, and prints its error.
    pub(super) fn exit(&self, ended: Result<Exit, CommandError>) -> Exit {
        ended.unwrap_or_else(|error| self.end(&error))
    }

    /// Prints the error that ends a command, and returns the exit code.
    pub(super) fn end(&self, error: &CommandError) -> Exit {
        self.error(&error.message);
        error.exit
    }

    /// Returns true if the reader of the results is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Returns true if results were lost for another reason than that their reader is gone.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Returns a progress bar over this many bytes; without a number, a bar that only counts.
    pub(super) fn bar(&self, bytes: Option<u64>) -> ProgressBar {
        let (bar, template) = match bytes {
            Some(bytes) => (
                ProgressBar::new(bytes),
                "{wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {msg} eta {eta}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {binary_bytes} {binary_bytes_per_sec} {msg}"),
        };
        // The templates are constant and valid; an invalid one would only make the bar plainer.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bars.add(bar.with_style(style))
    }
}

/// Returns true unless the user has turned colours off (<https://no-color.org>).
fn may_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes log lines above the progress bars.
struct AboveBars(MultiProgress);

impl<'a> MakeWriter<'a> for AboveBars {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(self.0.clone())
    }
}

struct LogLine(MultiProgress);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Returns a path as a word of a command: quoted if necessary, and never like an option.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/+:@%".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
