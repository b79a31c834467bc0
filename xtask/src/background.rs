//! Tasks that run beside others, in processes of their own, because they mostly wait.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::signals::SignalTarget;
use crate::{cache, program};

/// A task in a process of its own, at a lower priority. It is ended when this value is dropped, and when this process ends by a
/// signal.
pub(crate) struct BackgroundTask {
    line: String,
    run: Child,
    target: SignalTarget,
    log: PathBuf,
}

impl BackgroundTask {
    /// Starts `cargo xtask` with these arguments; the first one is the name of the task.
    pub(crate) fn start(arguments: &[&str], niceness: u8) -> Result<Self> {
        let log = cache::folder("background")?.join(arguments.join(" "));
        let context = || format!("cannot write {}", log.display());
        let said = fs::File::create(&log).with_context(context)?;
        let mut command = Command::new("nice");
        command
            .args(["-n", &niceness.to_string()])
            .arg(env::current_exe().context("own path")?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(said.try_clone().with_context(context)?)
            .stderr(said)
            // A process group of its own, so that all processes that the task starts are ended with it.
            .process_group(0);
        let line = program::line(&command);
        let run = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        let target = SignalTarget::group(&run);
        Ok(Self { line, run, target, log })
    }

    /// Waits for the end of the task, and prints its output.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.run.wait().with_context(|| format!("cannot wait for `{}`", self.line))?;
        let said = fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        eprint!("{said}");
        if !status.success() {
            bail!("`{}` failed ({status})", self.line);
        }
        Ok(())
    }
}

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        // The process has ended, or its state is unknown: there is nothing to end.
        if !matches!(self.run.try_wait(), Ok(None)) {
            return;
        }
        self.target.end();
        if let Err(error) = self.run.wait() {
            eprintln!("`{}`, process {}, was not waited for: {error}", self.line, self.run.id());
        }
    }
}
