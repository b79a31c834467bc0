//! The feedback for the sender of a file: a receipt, and the rejected rows as they were sent, with their faults in plain words.
//!
//! The engine gathers the rows ([`FeedbackTable`]: as many as the descriptor asks for, up to a limit of bytes); here they become files.
//! Feedback is a function of the file, its descriptor and the time of its upload, and does not depend on when or where it is made: the same
//! file has the same feedback, byte for byte.

mod csv;
mod formula_guard;
mod html;
mod layout;
mod receipt;
mod xlsx;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::thread::ScopedJoinHandle;
use std::time::SystemTime;

use sluice_engine::FeedbackTable;
use sluice_engine::descriptor::{FeedbackFormat, FeedbackSettings};
use sluice_engine::pipeline::file::Outcome;

use receipt::Receipt;

/// Fewest rows for which each form is written in a thread of its own.
const MANY: usize = 500;

/// Facts about a file that its check does not find.
#[derive(Clone, Debug)]
pub(crate) struct FileFacts {
    /// Its name, as its sender knows it.
    pub(crate) name: String,
    /// The SHA-256 of its bytes as they are stored, in hexadecimal.
    pub(crate) sha256: String,
    /// Its size as it is stored.
    pub(crate) bytes: u64,
    /// When it was uploaded, if that is known.
    pub(crate) received: Option<SystemTime>,
}

/// The error of a form that was not written.
#[derive(Debug)]
pub(crate) struct WriteError {
    pub(crate) format: FeedbackFormat,
    pub(crate) error: io::Error,
}

/// The feedback for a file, which can be written in several forms.
pub(crate) struct FeedbackDocument<'a> {
    asked: &'a FeedbackSettings,
    receipt: Receipt,
    received: Option<SystemTime>,
    table: &'a FeedbackTable,
    kinds: Kinds,
}

/// The words for the kinds of lines, which every line has.
struct Kinds {
    error: String,
    warning: String,
}

impl<'a> FeedbackDocument<'a> {
    /// The feedback for a file that was checked; `nothing` stands for the rows of a file that was refused before they were read.
    pub(crate) fn new(
        asked: &'a FeedbackSettings,
        facts: &FileFacts,
        outcome: &'a Outcome,
        nothing: &'a FeedbackTable,
    ) -> Self {
        let table = outcome.feedback.as_ref().unwrap_or(nothing);
        let receipt = Receipt::new(asked, facts, outcome, table);
        let kind = |id| asked.language.text(id, &[]);
        let kinds = Kinds { error: kind("label.error"), warning: kind("label.warning") };
        Self { asked, receipt, received: facts.received, table, kinds }
    }

    /// Writes the feedback in several forms: each in a thread of its own, if it has many rows and `threads` is more than one. If several fail,
    /// the error of one is returned, with its form.
    ///
    /// # Errors
    /// See [`FeedbackDocument::write`].
    pub(crate) fn write_all<W: Write + Send>(
        &self,
        mut forms: Vec<(FeedbackFormat, W)>,
        threads: NonZeroUsize,
    ) -> Result<Vec<W>, WriteError> {
        let write = |(format, out): &mut (FeedbackFormat, W)| {
            self.write(*format, out).map_err(|error| WriteError { format: *format, error })
        };
        let written: Vec<_> = if threads.get() == 1 || self.table.rejected.len() + self.table.warned.len() < MANY {
            forms.iter_mut().map(write).collect()
        } else {
            std::thread::scope(|scope| {
                let write = &write;
                let begin = |form| std::thread::Builder::new().spawn_scoped(scope, move || write(form));
                let begun: Vec<_> = forms.iter_mut().map(begin).collect();
                let end = |thread: io::Result<ScopedJoinHandle<'_, _>>| match thread {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    // The system has no thread left.
                    Err(error) => Err(WriteError { format: FeedbackFormat::Csv, error }),
                };
                begun.into_iter().map(end).collect()
            })
        };
        written.into_iter().collect::<Result<(), _>>()?;
        Ok(forms.into_iter().map(|(_, out)| out).collect())
    }

    /// Writes the feedback in this form.
    ///
    /// # Errors
    /// Those of the destination, and of the temporary file of a workbook.
    pub(crate) fn write(&self, format: FeedbackFormat, out: &mut dyn Write) -> io::Result<()> {
        match format {
            FeedbackFormat::Csv => csv::write(self, out),
            FeedbackFormat::Xlsx => xlsx::write(self, out),
            FeedbackFormat::Html => html::write(self, out),
        }
    }

    /// A text of the catalogue without parameters.
    fn text(&self, id: &str) -> String {
        self.asked.language.text(id, &[])
    }
}

#[cfg(test)]
mod tests;
