//! Table Dialect v2: the properties that apply to delimited text.

use sluice_csv::{Dialect, DialectError, LineTerminator, SEQUENCE_BYTES, Sequence};

use super::header_rows;
use super::model::{Header, Schema, Texts};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::{near_names, object_kinds};

/// Properties for other kinds of files, which the standard wants ignored where they do not apply.
const FOR_OTHER_FILES: [&str; 6] = ["property", "itemType", "itemKeys", "sheetNumber", "sheetName", "table"];

/// The content of a `dialect` object.
#[derive(Debug)]
pub(super) struct ReadDialect {
    pub(super) dialect: Dialect,
    pub(super) header: Header,
    pub(super) delimiter_given: bool,
    /// Whether labels are compared without regard to letter case.
    pub(super) ignores_header_case: bool,
}

impl Default for ReadDialect {
    fn default() -> Self {
        let dialect = Dialect::default();
        Self { dialect, header: Header::First, delimiter_given: false, ignores_header_case: false }
    }
}

impl ReadDialect {
    /// Adds the null sequence of the dialect to the missing values of every field of a schema.
    pub(super) fn add_null_sequence(&self, schema: Option<&mut Schema>) {
        let (Some(null), Some(schema)) = (&self.dialect.null_sequence, schema) else { return };
        // Most fields share one list of missing values, so the list that was extended last is kept for the next field.
        let mut latest: Option<(Texts, Texts)> = None;
        for field in &mut schema.fields {
            if field.missing_values.holds(null.as_bytes()) {
                continue;
            }
            let with_null = match latest.take().filter(|(without, _)| *without == field.missing_values) {
                Some((_, with_null)) => with_null,
                None => Texts::from([&field.missing_values[..], &[null.to_string()]].concat()),
            };
            latest = Some((std::mem::replace(&mut field.missing_values, with_null.clone()), with_null));
        }
    }
}

pub(super) fn read(place: &Place<'_>) -> ReadDialect {
    let mut read = ReadDialect::default();
    if !place.object("write the dialect, or the name of a file beside the descriptor") {
        return read;
    }
    near_names::check(place, &object_kinds::DIALECT);
    let csv = place.get("csv").filter(Place::is_object);
    if let Some(csv) = &csv {
        near_names::check(csv, &object_kinds::DIALECT);
    }
    let place = &place.with_all(csv.as_ref());
    for property in FOR_OTHER_FILES.into_iter().filter_map(|name| place.get(name)) {
        property.warn("the property is for files of another kind and changes nothing here", "remove it");
    }
    if let Some(kind) = place.get("type")
        && kind.string("write \"delimited\"").is_some_and(|kind| kind != "delimited")
    {
        kind.unsupported(&format!("a dialect of the type {}", kind.shown()));
    }
    let dialect = &mut read.dialect;
    if let Some(delimiter) = place.get("delimiter") {
        read.delimiter_given = true;
        dialect.delimiter = sequence(&delimiter).unwrap_or(dialect.delimiter);
    }
    characters(place, dialect);
    let boolean = |name, default| place.get(name).and_then(|value| value.boolean()).unwrap_or(default);
    dialect.double_quote = boolean("doubleQuote", dialect.double_quote);
    dialect.skip_initial_space = boolean("skipInitialSpace", dialect.skip_initial_space);
    if dialect.escape.is_some() && dialect.escape == dialect.quote {
        // A quote that escapes quotes doubles them.
        dialect.escape = None;
        dialect.double_quote = true;
    }
    if let Some(terminator) = place.get("lineTerminator") {
        dialect.line_terminator = line_terminator(&terminator);
    }
    dialect.comment_rows = header_rows::comments(place);
    clashes(place, dialect);
    read.header = header_rows::read(place, &dialect.comment_rows);
    // `caseSensitiveHeader` is the name in version 1 of the standard, `headerCase` the name in frictionless.
    read.ignores_header_case = ["caseSensitiveHeader", "headerCase"]
        .into_iter()
        .any(|name| place.get(name).and_then(|value| value.boolean()) == Some(false));
    read
}

/// Reads the quote, the escape, the comment sequence and the null sequence. A dialect may be without any of them.
fn characters(place: &Place<'_>, dialect: &mut Dialect) {
    let given = |name| place.get_or_null(name).map(|value| (value.is_null() || value.as_str() == Some(""), value));
    if let Some((is_none, quote)) = given("quoteChar") {
        dialect.quote = if is_none { None } else { character(&quote).or(dialect.quote) };
    }
    if let Some((false, escape)) = given("escapeChar") {
        dialect.escape = character(&escape);
    }
    if let Some((false, comment)) = given("commentChar") {
        dialect.comment = sequence(&comment);
    }
    if let Some(null) = place.get("nullSequence").filter(|null| !null.is_null()) {
        let text = null.string("write the text that stands for \"no value\"");
        dialect.null_sequence = text.map(Into::into);
    }
}

/// Reads one ASCII character, which is neither a line end nor NUL; any other text is a mistake.
fn character(place: &Place<'_>) -> Option<u8> {
    const REMEDY: &str = "write one ASCII character";
    let text = place.string(REMEDY)?;
    match *text.as_bytes() {
        [b'\r' | b'\n' | 0] => {
            place.mistake("a line end or NUL cannot have this role", "write another character");
            None
        }
        [byte] if byte.is_ascii() => Some(byte),
        _ => {
            place.mistake(format_args!("{} is not one ASCII character", quoted(text)), REMEDY);
            None
        }
    }
}

/// Reads one or more characters, none of which is a line end or NUL; any other text is a mistake.
fn sequence(place: &Place<'_>) -> Option<Sequence> {
    const REMEDY: &str = "write one or more characters";
    let text = place.string(REMEDY)?;
    if text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        place.mistake("a line end or NUL cannot have this role", "write other characters");
        return None;
    }
    let sequence = Sequence::new(text.as_bytes());
    if sequence.is_none() {
        match text.len() {
            0 => place.mistake("it is empty", REMEDY),
            length => place.mistake(
                format_args!("{} has {length} bytes, more than {SEQUENCE_BYTES}", quoted(text)),
                "write a shorter one",
            ),
        }
    }
    sequence
}

fn line_terminator(place: &Place<'_>) -> LineTerminator {
    const REMEDY: &str = r#"write "\n", "\r\n", "\r" or one ASCII character"#;
    // Whoever writes YAML without quotes, or escapes twice, has the letters `\n`.
    let text = place.string(REMEDY);
    let meant = match text {
        Some(r"\n") => Some("\n"),
        Some(r"\r") => Some("\r"),
        Some(r"\r\n") => Some("\r\n"),
        _ => None,
    };
    if meant.is_some() {
        place.warn("these are the letters of an escape, not a line end; it is read as the line end", REMEDY);
    }
    match meant.or(text) {
        Some("\n") => LineTerminator::Lf,
        Some("\r") => LineTerminator::Cr,
        // The standard's default, so writing it says no more than leaving it out.
        Some("\r\n") => LineTerminator::Auto,
        Some(text) => match *text.as_bytes() {
            [byte] if byte.is_ascii() && byte != 0 => LineTerminator::Byte(byte),
            _ => {
                place.mistake(format_args!("the line end {} is not supported", place.shown()), REMEDY);
                LineTerminator::Auto
            }
        },
        None => LineTerminator::Auto,
    }
}

/// Notes a mistake for each character that has two roles, at the later of the two properties. A default counts as well: it does not give way to
/// a property that is written.
fn clashes(place: &Place<'_>, dialect: &Dialect) {
    for error in dialect.errors() {
        let DialectError::Clash { first, second, .. } = error else {
            place.mistake(error, "change the dialect");
            continue;
        };
        // At least one of the two was written, for the defaults differ.
        let written = [second, first].into_iter().find_map(|role| place.get(&role.to_string()));
        let at = written.unwrap_or_else(|| place.clone());
        at.mistake(format_args!("{first} and {second} have the same character"), "change one of them");
    }
}
