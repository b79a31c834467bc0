//! A child process with what it used: processor time, wall time, peak memory.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::process::{ChildStdin, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::program;
use crate::stopwatch::Stopwatch;

/// The use of a child process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// User and system time in seconds, all threads.
    pub(crate) cpu: f64,
    /// The system time in `cpu`: the kernel copies what is read and written, clears memory and starts the process.
    pub(crate) system: f64,
    /// Wall time in seconds.
    pub(crate) wall: f64,
    /// Largest resident set in bytes.
    pub(crate) peak: u64,
}

/// Writes the standard input of a child.
pub(crate) type Feed<'f> = &'f (dyn Fn(ChildStdin) -> io::Result<()> + Sync);

/// A child that has ended.
pub(crate) struct Ended {
    pub(crate) usage: Usage,
    pub(crate) stdout: Vec<u8>,
    /// The exit code; a signal is an error.
    pub(crate) code: i32,
}

/// Runs `command` to its end. `feed` writes its standard input; its standard error goes to ours.
///
/// The peak that Linux reports for a child is at least that of its parent when it was started, so this process has to stay small.
pub(crate) fn run(command: &mut Command, feed: Option<Feed<'_>>) -> Result<Ended> {
    let line = program::line(command);
    let watch = Stopwatch::start();
    let mut child = command
        .stdin(if feed.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let stdin = child.stdin.take();
    let mut stdout = Vec::new();
    thread::scope(|scope| {
        let feeder = match (feed, stdin) {
            (Some(feed), Some(stdin)) => Some(scope.spawn(move || feed(stdin))),
            _ => None,
        };
        if let Some(mut pipe) = child.stdout.take() {
            pipe.read_to_end(&mut stdout).with_context(|| format!("cannot read the output of `{line}`"))?;
        }
        match feeder.map(thread::ScopedJoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            // The child's exit code tells why it stopped reading.
            Some(Ok(Err(error))) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Some(Ok(Err(error))) => Err(error).with_context(|| format!("cannot feed `{line}`")),
            Some(Err(_)) => bail!("feeding `{line}` panicked"),
        }
    })?;
    let (status, usage) = wait(child.id()).with_context(|| format!("cannot wait for `{line}`"))?;
    let wall = watch.seconds();
    if !libc::WIFEXITED(status) {
        bail!("`{line}` was ended by signal {}", libc::WTERMSIG(status));
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(Ended {
        usage: Usage {
            cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            system: seconds(usage.ru_stime),
            wall,
            peak: usage.ru_maxrss as u64 * 1024,
        },
        stdout,
        code: libc::WEXITSTATUS(status),
    })
}

/// Does the same, and fails if the exit code is not 0.
pub(crate) fn run_to_success(command: &mut Command, feed: Option<Feed<'_>>) -> Result<Ended> {
    let ended = run(command, feed)?;
    if ended.code != 0 {
        bail!("`{}` failed with exit code {}", program::line(command), ended.code);
    }
    Ok(ended)
}

/// Waits for the child; `std` does not report its usage.
fn wait(pid: u32) -> io::Result<(libc::c_int, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to live, writable memory of the right types. The process is our child and nobody has waited
        // for it: the caller owns the only `Child`, which does not wait when it is dropped.
        let waited = unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, 0, usage.as_mut_ptr()) };
        if waited == pid as libc::pid_t {
            // SAFETY: `rusage` is plain integers, for which zeroes are valid, and the call above has filled it in.
            return Ok((status, unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
