//! `data` inside a descriptor as a reference table: rows as lists or as objects, or delimited text → the bytes of a CSV file.
//!
//! The result is checked like any other table, so that the same rules hold for the values of a descriptor and of a file. A string is read as a
//! cell is. A boolean, a number or a list of JSON is the value itself, so it is written as the field would have it in a cell: `true` as the first
//! of `trueValues`, `1.5` with `decimalChar`, `["a", "b"]` with the delimiter of the list.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_csv::Dialect;

use super::model::{Descriptor, Field, FieldType, Header, HeaderMatch, ItemType, List, Schema, Texts};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::parse;

const REMEDY: &str = r#"write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#;

/// A character that Unicode reserves for internal use. A longer run of it than the data have stands for `null` in fields that have no text for
/// a missing value.
const RESERVED: char = '\u{10ffff}';

/// Reads rows from `data` and returns them as the bytes of a CSV file. `table` is the descriptor that the rows are checked against. Rows that
/// are not a text are written in the default dialect, and `table` gets that dialect. Returns `None` if `data` is no table; its mistakes are
/// noted.
pub(super) fn read(data: &Place<'_>, table: &mut Descriptor) -> Option<Arc<[u8]>> {
    // What is said of a file as it is stored does not apply to them.
    let Descriptor { encoding, compression, member, integrity, .. } = Descriptor::structural();
    (table.encoding, table.compression, table.member, table.integrity) = (encoding, compression, member, integrity);
    if let Some(text) = data.as_str() {
        return Some(text.as_bytes().into());
    }
    let rows = data.array(REMEDY)?;
    let header = std::mem::replace(&mut table.header, Header::First);
    table.dialect = Dialect::default();
    table.delimiter_given = true;
    if let Some(schema) = &mut table.schema {
        make_room_for_null(data, schema);
    }
    let fields = table.schema.as_ref().map_or(&[][..], |schema| &schema.fields);
    let matching = table.settings.headers.matching;
    let mut out = String::new();
    match rows.first() {
        Some(first) if first.is_object() => objects(&rows, fields, matching, &mut out)?,
        // Where the dialect says that rows have no labels, the lists have none either.
        Some(_) if header == Header::None => {
            lists(&rows, &fields.iter().map(Column::of).collect::<Vec<_>>(), &mut out)?;
            table.header = Header::None;
        }
        Some(first) => {
            let labels = first.array(REMEDY)?;
            let labels: Vec<_> = labels.iter().map(|label| Column::OTHER.cell(Some(label))).collect();
            record(labels.iter(), &mut out);
            lists(&rows[1..], &columns(fields, matching, &labels), &mut out)?;
        }
        None => record(fields.iter().map(|field| &field.name), &mut out),
    }
    Some(out.into_bytes().into())
}

/// Gives each field that has no text for a missing value a text that does not occur in the data, so that `null` is missing there too.
fn make_room_for_null(data: &Place<'_>, schema: &mut Schema) {
    let mut without = schema.fields.iter_mut().filter(|field| field.missing_values.is_empty()).peekable();
    if without.peek().is_none() {
        return;
    }
    let text = data.json_text();
    let longest = text.split(|character| character != RESERVED).map(str::len).max().unwrap_or_default();
    let unused = std::iter::repeat_n(RESERVED, longest / RESERVED.len_utf8() + 1).collect();
    let unused = Texts::from(vec![unused]);
    without.for_each(|field| field.missing_values = unused.clone());
}

/// How the values of a column are written.
#[derive(Clone, Copy)]
struct Column<'s> {
    /// The text for a value that is `null` or absent.
    null: &'s str,
    /// The type of the field; `None` for a column that is no field.
    kind: Option<&'s FieldType>,
}

impl<'s> Column<'s> {
    /// A column that is no field of the schema.
    const OTHER: Column<'static> = Column { null: "", kind: None };

    fn of(field: &'s Field) -> Self {
        Self { null: field.missing_values.first().map_or("", String::as_str), kind: Some(&field.kind) }
    }

    fn cell<'a>(&self, value: Option<&Place<'a>>) -> Cow<'a, str>
    where
        's: 'a,
    {
        match value.filter(|value| !value.is_null()) {
            None => self.null.into(),
            Some(value) => value.as_str().map_or_else(|| self.native(value).into(), Cow::Borrowed),
        }
    }

    /// Returns the text of a value that is no string, as it stands in a cell. A value that is not of the type of the field gets the text of its
    /// JSON, and the check of the table finds it.
    fn native(&self, value: &Place<'_>) -> String {
        let text = match (self.kind, value.as_bool(), value.as_number()) {
            (Some(FieldType::Boolean(kind)), Some(value), _) => {
                let texts = if value { &kind.true_values } else { &kind.false_values };
                texts.first().cloned()
            }
            (Some(FieldType::Integer(_)), _, Some(number)) => integer(number),
            // A year of a cell has four digits or more.
            (Some(FieldType::Year(_)), _, Some(number)) => parse::json_integer(number.as_bytes()).ok().map(|year| {
                let sign = if year < 0 { "-" } else { "" };
                format!("{sign}{:04}", year.unsigned_abs())
            }),
            (Some(FieldType::Number(kind)), _, Some(number)) => {
                Some(number.replace('.', kind.decimal_char.encode_utf8(&mut [0; 4])))
            }
            (Some(FieldType::List(list)), ..) if value.is_array() => Some(items(value, list)),
            _ => None,
        };
        text.unwrap_or_else(|| value.json_text())
    }
}

/// Returns a number of JSON without its point and its exponent; `None` if it is no integer of 64 bits.
fn integer(number: &str) -> Option<String> {
    parse::json_integer(number.as_bytes()).ok().map(|value| value.to_string())
}

/// Returns the items of a list with its delimiter between them. An item that has the delimiter in it is a mistake: a cell would have two items.
fn items(value: &Place<'_>, list: &List) -> String {
    let text = |item: Place<'_>| {
        let text = match (item.as_str(), item.as_number()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(number)) if list.items == ItemType::Integer => integer(number).unwrap_or(number.to_owned()),
            (None, _) => item.json_text(),
        };
        if text.contains(&list.delimiter) {
            let delimiter = quoted(&list.delimiter);
            item.mistake(
                format_args!("the item has the delimiter of the list, {delimiter}, in it"),
                "give the list a delimiter that no item has",
            );
        }
        text
    };
    value.children().into_iter().map(text).collect::<Vec<String>>().join(&list.delimiter)
}

/// Returns the columns with these labels, which stand for fields as they do in a file. Fields with the same name are taken in their order.
fn columns<'s>(fields: &'s [Field], matching: HeaderMatch, labels: &[impl AsRef<str>]) -> Vec<Column<'s>> {
    let folded = |label: &str| matching.fold(label).unwrap_or_else(|| label.to_owned());
    let mut by_name: HashMap<String, Vec<&Field>> = HashMap::with_capacity(fields.len());
    fields.iter().rev().for_each(|field| by_name.entry(folded(&field.name)).or_default().push(field));
    let mut next = |label: &str| by_name.get_mut(&folded(label)).and_then(Vec::pop);
    labels.iter().map(|label| next(label.as_ref()).map_or(Column::OTHER, Column::of)).collect()
}

/// Writes a record. Every cell is quoted, so that a record of one empty cell is no blank line.
fn record(cells: impl Iterator<Item = impl AsRef<str>>, out: &mut String) {
    for (number, cell) in cells.enumerate() {
        out.push_str(if number > 0 { ",\"" } else { "\"" });
        out.push_str(&cell.as_ref().replace('"', "\"\""));
        out.push('"');
    }
    out.push('\n');
}

/// Writes rows that are lists.
fn lists(rows: &[Place<'_>], columns: &[Column<'_>], out: &mut String) -> Option<()> {
    for row in rows {
        let columns = columns.iter().copied().chain(std::iter::repeat(Column::OTHER));
        record(row.array(REMEDY)?.iter().zip(columns).map(|(value, column)| column.cell(Some(value))), out);
    }
    Some(())
}

/// Writes rows that are objects. Their properties have no order: the columns are the fields of the schema, then all other properties in the
/// order in which they are found.
fn objects<'a>(rows: &[Place<'a>], fields: &'a [Field], matching: HeaderMatch, out: &mut String) -> Option<()> {
    let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    let mut known: HashSet<&str> = names.iter().copied().collect();
    for row in rows {
        if !row.object(REMEDY) {
            return None;
        }
        names.extend(row.names().map(|(name, _)| name).filter(|name| known.insert(name)));
    }
    record(names.iter(), out);
    let columns = columns(fields, matching, &names);
    for row in rows {
        record(names.iter().zip(&columns).map(|(name, column)| column.cell(row.get_or_null(name).as_ref())), out);
    }
    Some(())
}
