//! What each code means, with an example and what the sender does about it: the one place from which `sluice explain CODE` and
//! `docs/errors.md` come.

use std::fmt::Write as _;

use super::code::{Code, RefusalCode};

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The code as it stands in reports.
    pub name: &'static str,
    /// What the code means, in one or two sentences.
    pub what: &'static str,
    /// Lines of a file with such a fault, or words that describe the file.
    pub example: &'static str,
    /// What the message says about the example.
    pub message: &'static str,
    /// What the sender, or the owner of the descriptor, does about it.
    pub remedy: &'static str,
}

/// All codes of refusals, in the order of the reference.
pub const REFUSALS: [RefusalCode; 7] = [
    RefusalCode::HeaderError,
    RefusalCode::EncodingError,
    RefusalCode::SourceError,
    RefusalCode::ExpansionLimit,
    RefusalCode::KeyLimit,
    RefusalCode::Tolerance,
    RefusalCode::FileConstraint,
];

/// Returns what the code with this name means: first as a code of a row or a header, then as a code of a file; empty if
/// there is no such code.
pub fn explained(name: &str) -> Vec<Explained> {
    let of_rows = Code::ALL.into_iter().map(Code::explained);
    let of_files = REFUSALS.into_iter().map(RefusalCode::explained);
    of_rows.chain(of_files).filter(|explained| explained.name == name).collect()
}

/// Returns the names of all codes, each once.
pub fn names() -> Vec<&'static str> {
    let of_files = REFUSALS.into_iter().map(|code| code.explained().name);
    let mut names: Vec<&str> = Code::ALL.into_iter().map(Code::name).chain(of_files).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Code {
    /// Returns what the code means.
    #[expect(clippy::too_many_lines, reason = "a table: one text for each code")]
    pub fn explained(self) -> Explained {
        let (what, example, message, remedy) = match self {
            Self::BlankLabel => (
                "A label in the header is empty, so it is unknown which field the column is. The file is refused.",
                "id,,qty",
                "column 2 has no label",
                "Add the label, or remove the column from every line, including its delimiter.",
            ),
            Self::DuplicateLabel => (
                "Two columns have the same label, so it is unknown which of them is the field. The file is refused.",
                "id,qty,qty",
                "columns 2 and 3 are both \"qty\"",
                "Rename or remove one of the columns.",
            ),
            Self::MissingLabel => (
                "A field of the schema is missing from the header. The file is refused.",
                "id (the schema has id and qty)",
                "column 2 \"qty\" is missing",
                "Add the column. Or the owner of the descriptor sets fieldsMatch so that fields that are not required may be missing.",
            ),
            Self::ExtraLabel => (
                "The header has a label that is not in the schema. The file is refused.",
                "id,qty,note (the schema has id and qty)",
                "column 3 \"note\" is not in the schema",
                "Remove the column. Or the owner of the descriptor adds the field, or sets fieldsMatch so that extra columns are allowed.",
            ),
            Self::IncorrectLabel => (
                "A label differs from the field that the schema has in that position. The file is refused.",
                "id,amount (the schema has id and qty)",
                "column 2 is \"amount\", the schema has \"qty\"",
                "Rename the column or reorder the columns. Or the owner of the descriptor sets fieldsMatch to \"equal\", which allows any order.",
            ),
            Self::BlankRow => (
                "The line is empty, and the descriptor treats blank lines as faults (sluice.blankRows). By default, blank lines are skipped.",
                "1,2\n\n3,4",
                "the row is blank",
                "Remove the line.",
            ),
            Self::ExtraCell => (
                "The row has more cells than the header has labels. Often, a text that contains the delimiter is not quoted.",
                "id,name\n1,Smith, John",
                "the row has more cells than the 2 columns",
                "Quote the text: 1,\"Smith, John\".",
            ),
            Self::MissingCell => (
                "The row has fewer cells than the header has labels. Often, a text that contains a line break is not quoted.",
                "id,name,qty\n1,Smith",
                "the row has fewer cells than the 3 columns",
                "Write every delimiter, with nothing between them for a missing value.",
            ),
            Self::TypeError => (
                "The value does not have the type or format of its field.",
                "qty\n7x",
                "\"7x\" is not an integer",
                "Correct the value. To mark a missing value, use only texts listed in missingValues.",
            ),
            Self::ConstraintError => (
                "The value has the right type but breaks a constraint: required, minLength, maxLength, pattern, minimum, maximum, \
                 exclusiveMinimum, exclusiveMaximum, enum, jsonSchema, decimal. The property `constraint` says which.",
                "qty\n-3 (the field has the minimum 0)",
                "-3 is less than the minimum 0",
                "Correct the value. The message says what is allowed.",
            ),
            Self::UniqueError => (
                "The value of a unique field or key was already used in an earlier row. The first row with it is kept.",
                "id\n1\n1",
                "\"1\" has the same value as record 2, line 2",
                "Remove the row, or give it a different value.",
            ),
            Self::PrimaryKey => (
                "The primary key of the row was already used in an earlier row. The first row with it is kept.",
                "id,name\n1,a\n1,b",
                "the primary key (id) is the same as that of record 2, line 2",
                "Remove the row, or give it a different key.",
            ),
            Self::ForeignKey => (
                "The row refers to a value that is not in the reference table.",
                "country\nXX (the table of countries has no XX)",
                "\"XX\" is not in countries",
                "Correct the value. Or the owner of the descriptor adds it to the reference table.",
            ),
            Self::RowConstraint => (
                "The row breaks a rule of the descriptor. The property `rule` says which.",
                "ordered,shipped\n2024-02-01,2024-01-01",
                "the message of the rule, or its condition",
                "Correct the values that the message names.",
            ),
            Self::EncodingError => (
                "The cell has bytes that are not valid in the encoding of the file.",
                "name\nMüller (saved as Latin-1, read as UTF-8)",
                "the bytes are not valid UTF-8",
                "Save the file in the expected encoding.",
            ),
            Self::QuoteError => (
                "A quote is misplaced, text follows a closing quote, or a quote is never closed. The line on which the record begins is \
                 rejected; reading continues with the next line.",
                "id,name\n1,\"Smith",
                "a quote that is never closed",
                "Double every quote inside a quoted text, and close every quote.",
            ),
            Self::RecordTooLarge => (
                "The record is larger than the limit (8 MiB unless the descriptor says otherwise). Often, a quote is never closed.",
                "a line of 9 MB",
                "the record is larger than 8388608 bytes",
                "Look for an unclosed quote. Or the owner of the descriptor raises sluice.limits.recordBytes.",
            ),
        };
        Explained { name: self.name(), what, example, message, remedy }
    }
}

impl RefusalCode {
    /// Returns what the code means.
    pub fn explained(self) -> Explained {
        let (name, what, example, message, remedy) = match self {
            Self::HeaderError => (
                "header-error",
                "The file is refused: it has no header, or the header cannot be read or does not match the schema.",
                "a file of 0 bytes",
                "the file has no header: it is empty",
                "Correct the header as the message says, and upload the file again.",
            ),
            Self::EncodingError => (
                "encoding-error",
                "The file is refused: its encoding is not supported.",
                "a file that begins with the byte order mark of UTF-32",
                "the file is in UTF-32; save it as UTF-8",
                "Save the file in the expected encoding.",
            ),
            Self::SourceError => (
                "source-error",
                "The file is refused: it is damaged or truncated, or not a CSV file (an archive, a spreadsheet).",
                "a .gz file that was cut off",
                "the compressed data end too early",
                "Export the file as CSV, compress it again, and upload it again.",
            ),
            Self::ExpansionLimit => (
                "expansion-limit",
                "The file is refused: it is larger than allowed when decompressed.",
                "a .gz file of 1 MB that expands to 10 GB",
                "the file expands to more than 200 times its size",
                "Upload the file uncompressed or in parts. Or the owner of the descriptor raises sluice.limits.expansion.",
            ),
            Self::KeyLimit => (
                "key-limit",
                "The file is refused: checking the keys of all rows needs more memory than allowed.",
                "a file of hundreds of millions of rows with keys out of order",
                "the keys of all rows need more than 268435456 bytes of memory",
                "Split the file. Or the owner of the descriptor raises sluice.limits.keyBytes.",
            ),
            Self::Tolerance => (
                "tolerance",
                "The file is refused: more rows were rejected than the descriptor tolerates. The rejects file says why each row was rejected.",
                "12 of 100 rows rejected, with a tolerance of 5 percent",
                "12 of 100 rows rejected (12.0 %), the tolerance is 5 %",
                "Correct the rejected rows, and upload the whole file again.",
            ),
            Self::FileConstraint => (
                "file-constraint",
                "The file is refused: it does not meet a condition on the file as a whole (sluice.file, or bytes or hash of its resource).",
                "3 rows, where at least 100 are expected",
                "the file has 3 rows, at least 100 are expected",
                "Check that the file is complete, and upload it again.",
            ),
        };
        Explained { name, what, example, message, remedy }
    }
}

impl Explained {
    /// Returns the explanation as text for a terminal.
    pub fn text(&self) -> String {
        let example = self.example.replace('\n', "\n  ");
        let Self { name, what, message, remedy, .. } = self;
        format!("{name}\n\n{what}\n\nExample:\n  {example}\n  → {message}\n\nWhat to do: {remedy}")
    }
}

/// Returns the text of `docs/errors.md`.
pub fn markdown() -> String {
    let mut text = "# Error codes\n\nMade from the declarations in `worker/engine/src/codes` (`UPDATE_GOLDEN=1 cargo test --release -p sluice -p sluice-csv -p \
        sluice-engine --test errors`). `sluice explain CODE` says the same.\n\n## Of rows and headers\n\nThe names are those of \
        [frictionless](https://framework.frictionlessdata.io/) where it has one.\n"
        .to_owned();
    let section = |text: &mut String, explained: Explained| {
        let Explained { name, what, example, message, remedy } = explained;
        // Cannot fail: the destination is a text in memory.
        let _ = write!(
            text,
            "\n### `{name}`\n\n{what}\n\n```\n{example}\n```\n\n> {message}\n\n**What to do.** {remedy}\n"
        );
    };
    for code in Code::ALL {
        section(&mut text, code.explained());
    }
    text.push_str("\n## Of whole files (`refusal.code`)\n");
    for code in REFUSALS {
        section(&mut text, code.explained());
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeSet;

    use super::*;

    /// Returns the names of all variants, as the error about an unknown one lists them.
    fn declared<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> BTreeSet<String> {
        let error = serde_json::from_str::<T>("\"unknown\"").unwrap_err().to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn no_code_is_missing_from_the_lists() {
        let rows: BTreeSet<String> = Code::ALL.into_iter().map(|code| code.name().to_owned()).collect();
        assert_eq!(rows, declared::<Code>());
        let files = REFUSALS.into_iter().map(|code| code.explained().name.to_owned()).collect::<BTreeSet<String>>();
        assert_eq!(files, declared::<RefusalCode>());
    }

    #[test]
    fn the_names_are_those_of_reports() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.explained().name);
        }
        for code in REFUSALS {
            assert_eq!(serde_json::to_value(code).unwrap(), code.explained().name);
        }
        assert_eq!(explained("encoding-error").len(), 2);
        assert_eq!(explained("type-error").len(), 1);
        assert!(explained("type").is_empty());
        assert!(names().contains(&"tolerance"));
    }
}
