//! The codes of faults and of refusals.

use serde::{Deserialize, Serialize};

/// Why a file was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of reason.
    pub code: RefusalCode,
    /// One line for a person: what, where, what to do.
    pub message: String,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The file is in an encoding that is not read.
    EncodingError,
    /// The header does not fit the schema, or there is none.
    HeaderError,
    /// The file expands beyond the limit.
    ExpansionLimit,
    /// The bytes are damaged, truncated or not a CSV file.
    SourceError,
    /// The keys of the file take more memory than they may.
    KeyLimit,
    /// More rows were rejected than the tolerance allows.
    Tolerance,
    /// An assertion over the whole file (`sluice.file`) does not hold.
    FileConstraint,
}

/// Kinds of fault; the names of frictionless where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A label of the header is empty.
    BlankLabel,
    /// A label of the header appears twice.
    DuplicateLabel,
    /// A field of the schema is not in the header.
    MissingLabel,
    /// A label of the header is not in the schema.
    ExtraLabel,
    /// A label of the header is not the one the schema has in its place.
    IncorrectLabel,
    /// A blank record where the dialect says that blank rows are faults.
    BlankRow,
    /// More cells than columns.
    ExtraCell,
    /// Fewer cells than columns.
    MissingCell,
    /// The cell is not of the field's type.
    TypeError,
    /// The cell breaks a constraint of the field.
    ConstraintError,
    /// The value of a unique field stands in an earlier row.
    UniqueError,
    /// The primary key stands in an earlier row.
    PrimaryKey,
    /// The key is not in the referenced resource.
    ForeignKey,
    /// The row breaks a rule.
    RowConstraint,
    /// The cell is not valid in the file's encoding.
    EncodingError,
    /// A quote where none may stand, text after a closing quote, or a quote that is not closed on its line.
    QuoteError,
    /// The record is larger than the limit.
    RecordTooLarge,
}

impl Code {
    /// All codes, in their order.
    pub const ALL: [Self; 17] = [
        Self::BlankLabel,
        Self::DuplicateLabel,
        Self::MissingLabel,
        Self::ExtraLabel,
        Self::IncorrectLabel,
        Self::BlankRow,
        Self::ExtraCell,
        Self::MissingCell,
        Self::TypeError,
        Self::ConstraintError,
        Self::UniqueError,
        Self::PrimaryKey,
        Self::ForeignKey,
        Self::RowConstraint,
        Self::EncodingError,
        Self::QuoteError,
        Self::RecordTooLarge,
    ];

    /// Returns the name of the code as it stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlankLabel => "blank-label",
            Self::DuplicateLabel => "duplicate-label",
            Self::MissingLabel => "missing-label",
            Self::ExtraLabel => "extra-label",
            Self::IncorrectLabel => "incorrect-label",
            Self::BlankRow => "blank-row",
            Self::ExtraCell => "extra-cell",
            Self::MissingCell => "missing-cell",
            Self::TypeError => "type-error",
            Self::ConstraintError => "constraint-error",
            Self::UniqueError => "unique-error",
            Self::PrimaryKey => "primary-key",
            Self::ForeignKey => "foreign-key",
            Self::RowConstraint => "row-constraint",
            Self::EncodingError => "encoding-error",
            Self::QuoteError => "quote-error",
            Self::RecordTooLarge => "record-too-large",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_listed_in_their_order() {
        assert!(Code::ALL.iter().enumerate().all(|(number, code)| *code as usize == number));
    }
}
