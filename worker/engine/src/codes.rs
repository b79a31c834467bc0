//! What each code means, with an example and what the sender does about it: the one place from which `sluice explain CODE` and
//! `docs/errors.md` come.

use std::fmt::Write as _;

use crate::report::{Code, RefusalCode};

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
                "A label of the header is empty. The file is refused, as nobody knows which field the column is.",
                "id,,qty",
                "column 2 has no label",
                "Write the label, or remove the column with its delimiters from all lines.",
            ),
            Self::DuplicateLabel => (
                "Two columns have the same label. The file is refused, as nobody knows which of them is the field.",
                "id,qty,qty",
                "columns 2 and 3 are both \"qty\"",
                "Rename or remove one of the columns.",
            ),
            Self::MissingLabel => (
                "The schema has a field that the header does not have. The file is refused.",
                "id (the schema has id and qty)",
                "column 2 \"qty\" is missing",
                "Add the column; or the owner of the descriptor says with fieldsMatch that fields may be absent that are not required.",
            ),
            Self::ExtraLabel => (
                "The header has a label that the schema does not have. The file is refused.",
                "id,qty,note (the schema has id and qty)",
                "column 3 \"note\" is not in the schema",
                "Remove the column; or the owner of the descriptor adds the field, or says with fieldsMatch that there may be more.",
            ),
            Self::IncorrectLabel => (
                "A label is not the one that the schema has in its place. The file is refused.",
                "id,amount (the schema has id and qty)",
                "column 2 is \"amount\", the schema has \"qty\"",
                "Rename the column or put the columns in order; or the owner sets fieldsMatch to \"equal\", which allows any order.",
            ),
            Self::BlankRow => (
                "A line without a character, where the descriptor says that this is a fault (sluice.blankRows). By default blank lines are skipped.",
                "1,2\n\n3,4",
                "the row is blank",
                "Remove the line.",
            ),
            Self::ExtraCell => (
                "The row has more cells than the header has labels. Often a text with a delimiter in it is not quoted.",
                "id,name\n1,Smith, John",
                "the row has more cells than the 2 columns",
                "Put the text between quotes: 1,\"Smith, John\".",
            ),
            Self::MissingCell => (
                "The row has fewer cells than the header has labels. Often a line end stands inside a text that is not quoted.",
                "id,name,qty\n1,Smith",
                "the row has fewer cells than the 3 columns",
                "Write all delimiters, with nothing between them for values that are missing.",
            ),
            Self::TypeError => (
                "The cell is not of the type of its field, or not in its format.",
                "qty\n7x",
                "\"7x\" is not an integer",
                "Correct the value; write a text for no value only if missingValues has it.",
            ),
            Self::ConstraintError => (
                "The cell is of its type and breaks a constraint: required, minLength, maxLength, pattern, minimum, maximum, \
                 exclusiveMinimum, exclusiveMaximum, enum, jsonSchema, decimal. The member `constraint` says which.",
                "qty\n-3 (the field has the minimum 0)",
                "-3 is less than the minimum 0",
                "Correct the value; the message says what is allowed.",
            ),
            Self::UniqueError => (
                "The value of a unique field, or of a unique key, stands in an earlier row. The first row stays.",
                "id\n1\n1",
                "1 stands in an earlier row",
                "Remove the row, or give it a value of its own.",
            ),
            Self::PrimaryKey => (
                "The primary key of the row stands in an earlier row. The first row stays.",
                "id,name\n1,a\n1,b",
                "the primary key (id) stands in an earlier row",
                "Remove the row, or give it a key of its own.",
            ),
            Self::ForeignKey => (
                "The row refers to a key that the table it refers to does not have.",
                "country\nXX (the table of countries has no XX)",
                "\"XX\" is not in countries",
                "Correct the value; or the owner of the descriptor adds the row to the table.",
            ),
            Self::RowConstraint => (
                "The row breaks a rule of the descriptor. The member `rule` says which.",
                "ordered,shipped\n2024-02-01,2024-01-01",
                "the message of the rule, or its condition",
                "Correct the values that the message names.",
            ),
            Self::EncodingError => (
                "The cell has bytes that the encoding of the file does not have.",
                "name\nMüller (saved as Latin-1, read as UTF-8)",
                "the bytes are not valid UTF-8",
                "Save the file in the encoding that is expected.",
            ),
            Self::QuoteError => (
                "A quote stands where none may, something follows a closing quote, or a quote is never closed. It costs the line on which \
                 the record begins; the next line is read as usual.",
                "id,name\n1,\"Smith",
                "a quote that is never closed",
                "Write a quote inside of a quoted text twice, and close what is open.",
            ),
            Self::RecordTooLarge => (
                "The record is larger than the limit (8 MiB unless the descriptor says otherwise). Often a quote is never closed.",
                "a line of 9 MB",
                "the record is larger than 8388608 bytes",
                "See whether a quote is open; or the owner of the descriptor raises sluice.limits.recordBytes.",
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
                "The file is refused: it has no header, its header cannot be read, or does not fit the schema.",
                "a file of 0 bytes",
                "the file has no header: it is empty",
                "Correct the header as the message says, and upload the file again.",
            ),
            Self::EncodingError => (
                "encoding-error",
                "The file is refused: it is in an encoding that is not read.",
                "a file that begins with the mark of another encoding",
                "the message names the encoding as far as it is known",
                "Save the file in the encoding that is expected.",
            ),
            Self::SourceError => (
                "source-error",
                "The file is refused: it is damaged or truncated, or no CSV file at all (an archive, a spreadsheet).",
                "a .gz file that was cut off",
                "the compressed data end too early",
                "Export the file as CSV, compress it again, and upload it again.",
            ),
            Self::ExpansionLimit => (
                "expansion-limit",
                "The file is refused: decompressed it is larger than the limits allow.",
                "a .gz file of 1 MB that expands to 10 GB",
                "the file expands to more than 200 times its size",
                "Upload it uncompressed, or in parts; or the owner raises sluice.limits.expansion.",
            ),
            Self::KeyLimit => (
                "key-limit",
                "The file is refused: to know the keys of all rows takes more memory than it may.",
                "a file of hundreds of millions of rows with keys out of order",
                "to know the keys of all rows takes more than 268435456 bytes of memory",
                "Split the file; or the owner raises sluice.limits.keyBytes.",
            ),
            Self::Tolerance => (
                "tolerance",
                "The file is refused: more of its rows were rejected than the descriptor tolerates. The rejects say why each one was.",
                "12 of 100 rows rejected, with a tolerance of 5 percent",
                "12 of 100 rows were rejected",
                "Correct the rows in the rejects, and upload the whole file again.",
            ),
            Self::FileConstraint => (
                "file-constraint",
                "The file is refused: something that has to be true of it as a whole (sluice.file, or bytes and hash of its resource) is not.",
                "3 rows, where at least 100 are expected",
                "the file has 3 rows, at least 100 are expected",
                "See whether the file is complete, and upload it again.",
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
    let mut text = "# Error codes\n\nMade from the declarations in `worker/engine/src/codes.rs` (`UPDATE_GOLDEN=1 cargo test --release -p sluice -p sluice-csv -p \
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
