//! Why the files of a prefix cannot be checked.

use sluice_engine::descriptor::Mistakes;

use crate::references::NoTables;
use crate::store::StoreError;
use crate::task::{FailureCode, FileFailure, MESSAGE_CHARS};

/// Maximum size of the listed mistakes of a descriptor, in bytes, beyond the first mistake; the rest of a message is for the line
/// that counts the others.
const MISTAKES_BYTES: usize = MESSAGE_CHARS - 500;

/// Why a prefix has no checks; each of its files fails with this code and message.
#[derive(Clone, Debug)]
pub(crate) struct NoChecks {
    code: FailureCode,
    /// At most [`MESSAGE_CHARS`] characters, as the message is stored once for each file.
    message: String,
}

impl NoChecks {
    pub(super) fn of_warnings(warnings: &[String]) -> Self {
        Self { code: FailureCode::Descriptor, message: warnings.join("\n") }
    }

    pub(crate) fn descriptor(message: String) -> Self {
        Self { code: FailureCode::Descriptor, message }
    }

    /// Returns the same message with the code of an interrupted run.
    pub(super) fn interrupted(self) -> Self {
        Self { code: FailureCode::Interrupted, ..self }
    }

    /// Returns the message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn of_mistakes(mistakes: &Mistakes, descriptor: &str) -> Self {
        Self { code: FailureCode::Descriptor, message: first_lines(mistakes, descriptor) }
    }

    pub(crate) fn failure(&self, key: &str) -> FileFailure {
        FileFailure { key: key.to_owned(), code: self.code, message: self.message.clone() }.cut()
    }
}

impl From<NoTables> for NoChecks {
    fn from(NoTables { code, message }: NoTables) -> Self {
        Self { code, message }
    }
}

impl From<StoreError> for NoChecks {
    fn from(error: StoreError) -> Self {
        let FileFailure { code, message, .. } = FileFailure::of_store("", &error);
        Self { code, message }
    }
}

/// Returns the first mistakes, as many as fit into the message of a failure, and the number of the others: every file of the prefix
/// fails with this text.
fn first_lines(mistakes: &Mistakes, descriptor: &str) -> String {
    let mut text = String::new();
    let mut told = 0;
    for mistake in mistakes.iter() {
        let line = mistake.to_string();
        if told > 0 && text.len() + line.len() >= MISTAKES_BYTES {
            break;
        }
        if told > 0 {
            text.push('\n');
        }
        text.push_str(&line);
        told += 1;
    }
    let more = mistakes.count().saturating_sub(told);
    if more > 0 {
        text.push_str(&format!("\nand {more} more; `sluice check --resource {descriptor} FILE` lists them"));
    }
    text
}
