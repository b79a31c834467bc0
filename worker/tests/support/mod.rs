//! Folders in which the binary is tried, and the binary itself.

#![allow(dead_code, reason = "every test file uses its share")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod schemas;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The folder of a user, which is deleted when it is dropped.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Returns the text of a file. A pipe, which nobody writes, has none.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        let path = self.path(name);
        path.is_file().then(|| fs::read_to_string(path).ok())?
    }

    /// Returns all files, as paths below the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    found.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// Returns the command `sluice …`, to be started in the folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_sluice")), args)
    }

    fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        // The command cannot reach AWS, whatever account the developer is signed in to.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"AWS_")) {
            command.env_remove(name);
        }
        command.env("HOME", self.folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// Runs `sluice …` as [`Desk::unprivileged`] does.
    pub(crate) fn sluice_unprivileged(&self, args: &[&str]) -> Ended {
        Ended::of(self.unprivileged(|program| self.command_of(program, args)).output().unwrap())
    }

    /// Makes a command that gets the path of `sluice`, and lets it run as a user for whom permissions and limits hold: for the superuser
    /// they do not, so the folder is given to another user.
    pub(crate) fn unprivileged(&self, command: impl FnOnce(&Path) -> Command) -> Command {
        let built = Path::new(env!("CARGO_BIN_EXE_sluice"));
        if !is_superuser() {
            return command(built);
        }
        // The other user may not be able to read the program where it was built.
        let program = self.path("sluice");
        // Another process copies it: a file that is open for writing here would be so in a process that another test starts at this moment, and
        // then cannot be run ("text file busy").
        assert!(Command::new("cp").arg(built).arg(&program).status().unwrap().success());
        give_away(self.folder.path());
        let mut command = command(&program);
        command.uid(NOBODY).gid(NOBODY);
        command
    }

    /// Runs a script of the shell in the folder.
    pub(crate) fn shell(&self, script: &str, path: &str) -> Output {
        let mut command = self.command(&[]);
        let environment: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("PATH", path).output().unwrap()
    }

    /// Runs `sluice …`, and fails unless its outputs are valid under the schemas of `docs/schemas`.
    pub(crate) fn sluice(&self, args: &[&str]) -> Ended {
        let ended = Ended::of(self.command(args).output().unwrap());
        schemas::check(self, args, &ended);
        ended
    }

    /// Runs `sluice …`, whose standard output is closed before anything is read from it.
    pub(crate) fn run_without_reader(&self, args: &[&str]) -> Ended {
        let mut child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        Ended::of(child.wait_with_output().unwrap())
    }

    pub(crate) fn sluice_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Ended {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }
}

/// A user who has no other process, and a group.
const NOBODY: u32 = 65_534;

fn is_superuser() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Gives a folder and everything in it to the user without privileges.
fn give_away(path: &Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_away(&entry.unwrap().path()));
    }
}

/// The exit code and the output of a command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails unless the command ended with this exit code.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Returns the lines of standard output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Fails unless standard output has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error has this text.
    #[track_caller]
    pub(crate) fn warns(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in stderr: {}\nstdout: {}", self.stderr, self.stdout);
        self
    }
}

pub(crate) const GOOD: &str = "id,name\n1,one\n2,two\n";
pub(crate) const RAGGED: &str = "id,name\n1,one\n2\n3,three,3\n4,four\n";
