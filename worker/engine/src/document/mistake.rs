//! Mistakes in a descriptor, each with its place and what to do about it.

use std::cell::RefCell;
use std::fmt;

use crate::document::name_comparisons::NameComparisons;

/// Most mistakes that are kept; the rest is only counted. A descriptor of 1 MiB has room for half a million.
const KEPT: usize = 1000;

/// One mistake in a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file that has the mistake: the descriptor, or a file that the descriptor refers to.
    pub file: String,
    /// 1-based line.
    pub line: u64,
    /// 1-based column in characters.
    pub column: u64,
    /// The path to the value in the document, such as `schema.fields[3].type`; empty for the document itself.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

/// All mistakes of a descriptor and of the files it refers to: file by file, each from top to bottom.
///
/// Never empty when it is an error. Displayed as one line per mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    kept: Vec<Mistake>,
    more: u64,
}

impl Mistakes {
    /// Iterates over the mistakes that are kept: all of them, or the first 1,000 in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.kept.iter()
    }

    /// Returns the number of mistakes, including those that are not kept.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    /// Returns the mistakes that are kept.
    pub(crate) fn into_kept(self) -> Vec<Mistake> {
        self.kept
    }

    fn push(&mut self, mistake: impl FnOnce() -> Mistake) {
        if self.kept.len() < KEPT {
            self.kept.push(mistake());
        } else {
            self.more += 1;
        }
    }

    /// Puts the mistakes of the descriptor `file` first; the other files keep the order in which they were read.
    fn sort(&mut self, file: &str) {
        let mut files = vec![file.to_owned()];
        for mistake in &self.kept {
            if !files.contains(&mistake.file) {
                files.push(mistake.file.clone());
            }
        }
        let place = |mistake: &Mistake| files.iter().position(|file| *file == mistake.file);
        self.kept.sort_by_cached_key(|mistake| (place(mistake), mistake.line, mistake.column));
    }
}

impl From<Vec<Mistake>> for Mistakes {
    fn from(kept: Vec<Mistake>) -> Self {
        Self { kept, more: 0 }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, mistake) in self.kept.iter().enumerate() {
            if nth > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

/// Collects the mistakes and warnings that the parts of the reading find.
#[derive(Debug, Default)]
pub(crate) struct MistakeLog {
    mistakes: RefCell<Mistakes>,
    warnings: RefCell<Mistakes>,
    name_comparisons: RefCell<NameComparisons>,
}

/// What was read, and the warnings about it.
#[derive(Debug)]
pub(crate) struct WithWarnings<T> {
    pub(crate) value: T,
    pub(crate) warnings: Mistakes,
}

impl MistakeLog {
    /// Adds a mistake. It is built only while there is room for it, because finding its line and column costs a walk over the file.
    pub(crate) fn push(&self, mistake: impl FnOnce() -> Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }

    /// Adds a warning: an oddity that does not keep the descriptor from being used.
    pub(crate) fn warn(&self, warning: impl FnOnce() -> Mistake) {
        self.warnings.borrow_mut().push(warning);
    }

    /// Gives `look` access to the results of comparing misspelled names.
    pub(crate) fn name_comparisons<T>(&self, look: impl FnOnce(&mut NameComparisons) -> T) -> T {
        look(&mut self.name_comparisons.borrow_mut())
    }

    /// Returns `value` and the warnings when no mistake was found; otherwise the mistakes, with those of the descriptor `file` first.
    pub(crate) fn into_result<T>(self, file: &str, value: Option<T>) -> Result<WithWarnings<T>, Mistakes> {
        let [mut mistakes, mut warnings] = [self.mistakes, self.warnings].map(RefCell::into_inner);
        match value {
            Some(value) if mistakes.kept.is_empty() => {
                warnings.sort(file);
                Ok(WithWarnings { value, warnings })
            }
            _ => {
                mistakes.sort(file);
                Err(mistakes)
            }
        }
    }
}
