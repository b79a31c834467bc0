//! The answer to the sender of a file (`sluice.feedback`), as the checks read it.

use crate::document::path::quoted;
use crate::messages::Language;

/// Rejected rows in an answer where the descriptor does not say how many.
const ROWS: u64 = 10_000;

/// The answer to the sender of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Names of the fields by which the sender knows a row, in the order in which they are shown; none of them is redacted.
    pub keys: Vec<String>,
    /// The forms of the answer, each once.
    pub formats: Vec<FeedbackFormat>,
    /// The language of its texts.
    pub language: Language,
    /// Most rejected rows that it shows.
    pub rows: u64,
    /// The title of the descriptor, which the answer names.
    pub title: Option<String>,
    /// The version of the descriptor or of its package.
    pub version: Option<String>,
}

impl Default for Feedback {
    /// All forms, in English, without keys.
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            formats: FeedbackFormat::ALL.to_vec(),
            language: Language::default(),
            rows: ROWS,
            title: None,
            version: None,
        }
    }
}

impl Feedback {
    /// The answer in a line of words.
    pub(super) fn words(&self) -> String {
        let formats: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        let keys: Vec<String> = self.keys.iter().map(|key| quoted(key)).collect();
        let by = if keys.is_empty() { String::new() } else { format!(", known by {}", keys.join(", ")) };
        let (language, rows) = (self.language.tag(), self.rows);
        format!("Feedback for the sender: {}; language {language}; up to {rows} rejected rows{by}", formats.join(", "))
    }
}

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedbackFormat {
    /// A table as text, for programs and spreadsheets.
    Csv,
    /// A workbook.
    Xlsx,
    /// A page for people and printers.
    Html,
}

impl FeedbackFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Html];

    /// Its name, which is the suffix of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Html => "html",
        }
    }
}
