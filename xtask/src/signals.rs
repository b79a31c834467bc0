//! Ends the processes that a task waits for when the task receives a signal to end.

use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};

/// Runs `command` to its end. If this process receives a signal to end, it ends the command with SIGTERM, waits for it, and ends.
pub(crate) fn wait_for(command: &mut Command) -> std::io::Result<ExitStatus> {
    let mut child = command.spawn()?;
    let _target = SignalTarget::process(&child);
    child.wait()
}

/// A process or a process group that a signal to this process also ends, while this value lives.
pub(crate) struct SignalTarget(i32);

impl SignalTarget {
    /// Registers a child of the task. Ctrl-C reaches the child by itself, but a signal to this process alone does not.
    pub(crate) fn process(child: &Child) -> Self {
        Self::add(child.id() as i32)
    }

    /// Registers a child together with all processes that it starts.
    pub(crate) fn group(child: &Child) -> Self {
        Self::add(-(child.id() as i32))
    }

    fn add(target: i32) -> Self {
        add(target);
        Self(target)
    }

    /// Sends SIGTERM to the process or the group.
    pub(crate) fn end(&self) {
        end(self.0);
    }
}

impl Drop for SignalTarget {
    fn drop(&mut self) {
        remove(self.0);
    }
}

/// Numbers as kill(2) takes them: positive for a process, negative for a group; 0 is a free place.
static TARGETS: [AtomicI32; 8] = [const { AtomicI32::new(0) }; 8];

fn add(target: i32) {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler: extern "C" fn(libc::c_int) = end_all;
        // SAFETY: the handler does only what a handler may do (signal-safety(7)). Ignored signals stay ignored (nohup(1)).
        unsafe {
            if libc::signal(signal, handler as libc::sighandler_t) == libc::SIG_IGN {
                libc::signal(signal, libc::SIG_IGN);
            }
        }
    }
    replace(0, target);
}

fn remove(target: i32) {
    replace(target, 0);
}

/// Sends SIGTERM to a process or a group.
fn end(target: i32) {
    // SAFETY: no pointers. The target is a child that was not waited for yet, or its group, so its number is still its own.
    unsafe { libc::kill(target, libc::SIGTERM) };
}

fn replace(old: i32, new: i32) {
    let _ = TARGETS.iter().find(|place| place.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).is_ok());
}

extern "C" fn end_all(signal: libc::c_int) {
    let targets = || TARGETS.iter().map(|place| place.load(Ordering::SeqCst)).filter(|target| *target != 0);
    targets().for_each(end);
    // Waits for the children, so that all have ended when this process has, and a test or a user finds none of them running.
    for target in targets() {
        // SAFETY: waitpid may be called in a handler; it writes nothing, and for a child that is gone it returns an error at once.
        unsafe { libc::waitpid(target.abs(), std::ptr::null_mut(), 0) };
    }
    // SAFETY: both functions may be called in a handler. The signal now has its default effect.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::Path;
    use std::process::Stdio;

    use super::*;

    /// The task of the next test: waits for a program that needs some time to end.
    #[test]
    #[ignore = "started by the test below"]
    fn a_task_that_waits() {
        let slow = "trap 'sleep 0.5; exit' TERM; read _; echo \"pid $$\"; while :; do sleep 0.1; done";
        let mut program = Command::new("sh").args(["-c", slow]).stdin(Stdio::piped()).spawn().expect("starts");
        let _target = SignalTarget::process(&program);
        // Only now may the program say that it can be ended.
        program.stdin.take().expect("is piped").write_all(b"\n").expect("is read");
        let _ = program.wait();
    }

    #[test]
    fn a_task_that_is_told_to_end_ends_after_what_it_waits_for() {
        let name = "signals::tests::a_task_that_waits";
        let mut task = Command::new(env::current_exe().expect("own path"));
        task.args([name, "--exact", "--ignored", "--nocapture"]).stdout(Stdio::piped());
        let mut task = task.spawn().expect("starts");
        let lines = BufReader::new(task.stdout.take().expect("is piped")).lines();
        let program = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("pid ").map(|(_, id)| id.trim().to_owned()))
            .expect("the program has started");
        let killed = Command::new("kill").arg(task.id().to_string()).status().expect("kill(1) runs");
        assert!(killed.success());
        let status = task.wait().expect("is ours");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
        assert!(!Path::new("/proc").join(program).exists(), "what it waited for has ended first");
    }
}
