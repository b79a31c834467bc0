//! How a command ends: its exit code, and the error that ends it early.

use std::fmt::Display;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Refused,
    Usage,
    Internal,
    Io,
    Interrupted,
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Internal => 70,
            Exit::Io => 74,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

/// Whether rejected rows, and warnings about descriptors, are failures (`--strict`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    Lenient,
    Strict,
}

impl From<bool> for Strictness {
    fn from(is_strict: bool) -> Self {
        if is_strict { Self::Strict } else { Self::Lenient }
    }
}

/// Why a command ends early: the exit code, and the message for standard error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommandError {
    pub(super) exit: Exit,
    pub(super) message: String,
}

impl CommandError {
    pub(super) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// The command was called wrongly, or a descriptor has mistakes.
    pub(super) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Reading or writing failed.
    pub(super) fn io(message: impl Display) -> Self {
        Self::new(Exit::Io, message)
    }
}
