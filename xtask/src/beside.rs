//! Tasks that run beside others, which mostly wait.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context as _, Result, bail};

use crate::{cache, program};

/// A task in a process of its own, at a lower priority; ended when dropped, and when this process is told to end.
pub(crate) struct Beside {
    line: String,
    run: Child,
    log: PathBuf,
}

impl Beside {
    /// Starts `cargo xtask` with these arguments; the first one is the name of the task.
    pub(crate) fn start(arguments: &[&str], niceness: u8) -> Result<Self> {
        let log = cache::folder("beside")?.join(arguments.join(" "));
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
            // A group of its own: what the task starts is ended with it.
            .process_group(0);
        let line = program::line(&command);
        let run = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        groups::add(run.id());
        Ok(Self { line, run, log })
    }

    /// Waits for the end, and shows what was said.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.run.wait().with_context(|| format!("cannot wait for `{}`", self.line))?;
        groups::remove(self.run.id());
        let said = fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        eprint!("{said}");
        if !status.success() {
            bail!("`{}` failed ({status})", self.line);
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It has ended, or could not be asked whether it has: nothing to end.
        if !matches!(self.run.try_wait(), Ok(None)) {
            return;
        }
        groups::end(self.run.id());
        if let Err(error) = self.run.wait() {
            eprintln!("`{}`, process {}, was not waited for: {error}", self.line, self.run.id());
        }
        groups::remove(self.run.id());
    }
}

/// Process groups that are told to end when this process is: Ctrl-C reaches only the group of the terminal.
mod groups {
    use super::{AtomicI32, Ordering};

    static GROUPS: [AtomicI32; 4] = [const { AtomicI32::new(0) }; 4];

    pub(super) fn add(group: u32) {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            let handler: extern "C" fn(libc::c_int) = end_all;
            // SAFETY: the handler does nothing that a handler may not do (signal-safety(7)). What is ignored stays so (nohup(1)).
            unsafe {
                if libc::signal(signal, handler as libc::sighandler_t) == libc::SIG_IGN {
                    libc::signal(signal, libc::SIG_IGN);
                }
            }
        }
        replace(0, group as i32);
    }

    pub(super) fn remove(group: u32) {
        replace(group as i32, 0);
    }

    /// Tells a group to end.
    pub(super) fn end(group: u32) {
        // SAFETY: no pointers. The group is that of a child that nobody has waited for, so its number is still its own.
        unsafe { libc::kill(-(group as libc::pid_t), libc::SIGTERM) };
    }

    fn replace(old: i32, new: i32) {
        let _ =
            GROUPS.iter().find(|place| place.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).is_ok());
    }

    extern "C" fn end_all(signal: libc::c_int) {
        for group in GROUPS.iter().map(|place| place.load(Ordering::SeqCst)).filter(|group| *group != 0) {
            end(group as u32);
        }
        // SAFETY: both may be called in a handler. The signal does now what it would have done.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
}
