//! Table Dialect v2: what of it applies to delimited text.

use sluice_csv::{Dialect, LineTerminator};

use super::json::quoted;
use super::model::Header;
use super::place::Place;

/// Highest number of a header row.
const HEADER_ROWS: u64 = 1000;

/// Properties for other kinds of files, and those of delimited text that are not read yet.
const UNSUPPORTED: [&str; 7] =
    ["nullSequence", "property", "itemType", "itemKeys", "sheetNumber", "sheetName", "table"];

/// A dialect as read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) dialect: Dialect,
    pub(super) header: Header,
    pub(super) delimiter_given: bool,
}

impl Default for Read {
    fn default() -> Self {
        Self { dialect: Dialect::default(), header: Header::First, delimiter_given: false }
    }
}

pub(super) fn read(place: &Place<'_>) -> Read {
    let mut read = Read::default();
    if !place.object("write the dialect, or the name of a file beside the descriptor") {
        return read;
    }
    for name in UNSUPPORTED {
        if let Some(property) = place.get(name) {
            property.unsupported(&quoted(name));
        }
    }
    if let Some(rows) = place.get("commentRows").filter(|rows| !rows.is_empty_array()) {
        rows.unsupported(&quoted("commentRows"));
    }
    if let Some(kind) = place.get("type")
        && kind.string("write \"delimited\"").is_some_and(|kind| kind != "delimited")
    {
        kind.unsupported(&format!("a dialect of the type {}", kind.shown()));
    }

    let dialect = &mut read.dialect;
    if let Some(delimiter) = character(place, "delimiter", false) {
        read.delimiter_given = true;
        dialect.delimiter = delimiter.unwrap_or(dialect.delimiter);
    }
    if let Some(quote) = character(place, "quoteChar", true) {
        dialect.quote = quote;
    }
    if let Some(escape) = character(place, "escapeChar", true) {
        dialect.escape = escape;
    }
    if let Some(comment) = character(place, "commentChar", true) {
        dialect.comment = comment;
    }
    let boolean = |name, default| place.get(name).and_then(|value| value.boolean()).unwrap_or(default);
    dialect.double_quote = boolean("doubleQuote", dialect.double_quote);
    dialect.skip_initial_space = boolean("skipInitialSpace", dialect.skip_initial_space);
    if let Some(terminator) = place.get("lineTerminator") {
        dialect.line_terminator = line_terminator(&terminator);
    }
    clashes(place, dialect);
    read.header = header(place);
    read
}

/// A property of one ASCII character. `Some(None)`: an empty string or `null` where that means "none".
fn character(place: &Place<'_>, name: &str, may_be_none: bool) -> Option<Option<u8>> {
    let value = place.get(name)?;
    if may_be_none && (value.is_null() || value.as_str() == Some("")) {
        return Some(None);
    }
    let text = value.string("write one ASCII character")?;
    match *text.as_bytes() {
        [b'\r' | b'\n' | 0] => {
            value.mistake("a line end or NUL cannot have this role", "write another character");
            None
        }
        [byte] if byte.is_ascii() => Some(Some(byte)),
        [] => {
            value.mistake("it is empty", "write one ASCII character");
            None
        }
        _ => {
            value.mistake(
                format_args!("{} is not one ASCII character; other ones are not supported yet", quoted(text)),
                "write one ASCII character",
            );
            None
        }
    }
}

fn line_terminator(place: &Place<'_>) -> LineTerminator {
    const REMEDY: &str = r#"write "\n", "\r\n" or "\r""#;
    match place.string(REMEDY) {
        Some("\n") => LineTerminator::Lf,
        Some("\r") => LineTerminator::Cr,
        // The standard's default, so writing it says no more than leaving it out.
        Some("\r\n") => LineTerminator::Auto,
        Some(_) => {
            place.mistake(format_args!("the line end {} is not supported yet", place.shown()), REMEDY);
            LineTerminator::Auto
        }
        None => LineTerminator::Auto,
    }
}

/// Two roles of one character are a mistake at the later of them; defaults give way to nothing.
fn clashes(place: &Place<'_>, dialect: &Dialect) {
    let roles = [
        ("delimiter", Some(dialect.delimiter)),
        ("quoteChar", dialect.quote),
        ("escapeChar", dialect.escape),
        ("commentChar", dialect.comment),
        ("skipInitialSpace", dialect.skip_initial_space.then_some(b' ')),
    ];
    let mut clashed = false;
    for (nth, (name, byte)) in roles.iter().enumerate() {
        for (other, another) in &roles[..nth] {
            if byte.is_none() || byte != another {
                continue;
            }
            clashed = true;
            // At least one of the two was written, for the defaults differ.
            let at = place.get(name).or_else(|| place.get(other)).unwrap_or_else(|| place.clone());
            at.mistake(format_args!("{other} and {name} have the same character"), "change one of them");
        }
    }
    if let (false, Err(error)) = (clashed, dialect.validate()) {
        place.mistake(error, "change the dialect");
    }
}

fn header(place: &Place<'_>) -> Header {
    let join = place.get("headerJoin").and_then(|join| join.string("write the text between the parts of a label"));
    let has_header = place.get("header").and_then(|header| header.boolean()).unwrap_or(true);
    let Some(rows) = place.get("headerRows") else {
        return if has_header { Header::First } else { Header::None };
    };
    const REMEDY: &str = "write the numbers of the header's records, such as [1, 2]";
    let Some(numbers) = rows.array(REMEDY) else {
        return Header::First;
    };
    let mut records: Vec<u64> = Vec::with_capacity(numbers.len());
    for number in numbers {
        let Some(record) = number.integer(1, HEADER_ROWS) else {
            continue;
        };
        if records.last().is_some_and(|&last| last >= record) {
            number.mistake("the numbers do not ascend", REMEDY);
        } else {
            records.push(record);
        }
    }
    if rows.is_empty_array() {
        rows.mistake("it is empty", "write \"header\": false for a file without a header");
    }
    // `[1]` is the standard's default: it says no more than leaving it out.
    match (has_header, records.as_slice()) {
        (true, [] | [1]) => Header::First,
        (true, _) => Header::Records { records, join: join.unwrap_or(" ").to_owned() },
        (false, [] | [1]) => Header::None,
        (false, _) => {
            rows.mistake("it contradicts \"header\": false", "remove one of them");
            Header::None
        }
    }
}
