//! Settings of the feedback to the sender of a file (`sluice.feedback`), in the form that the checks use.

use crate::document::path::quoted;
use crate::messages::Language;

/// Most rejected rows in the feedback, unless the descriptor sets `rows`.
const ROWS: u64 = 10_000;

/// Settings of the feedback to the sender of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackSettings {
    /// Names of the fields by which the sender identifies a row, in the order in which they are shown; no redacted field is among them.
    pub keys: Vec<String>,
    /// The forms of the feedback, each once.
    pub formats: Vec<FeedbackFormat>,
    /// The language of the texts in the feedback.
    pub language: Language,
    /// The largest number of rejected rows that the feedback shows.
    pub rows: u64,
    /// The title of the descriptor, which the feedback names.
    pub title: Option<String>,
    /// The version of the descriptor or of its package.
    pub version: Option<String>,
}

impl Default for FeedbackSettings {
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

impl FeedbackSettings {
    /// Describes the settings in one line of text.
    pub(super) fn words(&self) -> String {
        let formats: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        let keys: Vec<String> = self.keys.iter().map(|key| quoted(key)).collect();
        let by = if keys.is_empty() { String::new() } else { format!(", known by {}", keys.join(", ")) };
        let (language, rows) = (self.language.tag(), self.rows);
        format!("Feedback for the sender: {}; language {language}; up to {rows} rejected rows{by}", formats.join(", "))
    }
}

/// A form of the feedback.
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
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Html];

    /// Returns the name of the form, which is also the suffix of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Html => "html",
        }
    }
}
