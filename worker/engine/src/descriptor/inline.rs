//! `data` inside a descriptor as a reference table: rows as lists or as objects, or delimited text → the bytes of a CSV file.
//!
//! The result is checked like any other table, so that the same rules hold for the values of a descriptor and of a file. A string is read as a
//! cell is. A boolean, a number or a list of JSON is the value itself, so it is written as the field would have it in a cell: `true` as the first
//! of `trueValues`, `1.5` with `decimalChar`. Two things no cell of a person's file can say, so the descriptor of the table is changed for them: a
//! list of no items, or with its delimiter in an item, is written as an array of JSON ([`ListNotation::Json`]), and only `null` is written as the
//! text for a missing value, so that the value `-1` is a value where the text `-1` is not.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_csv::Dialect;

use super::model::{Descriptor, Field, FieldType, Header, HeaderMatch, ItemType, ListNotation, Texts};
use crate::document::place::Place;
use crate::parse;

const REMEDY: &str = r#"write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#;

/// A character that Unicode reserves for internal use. A longer run of it than the data have stands for `null` in all fields.
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
    let null = unused_text(data);
    let fields = table.schema.as_ref().map_or(&[][..], |schema| &schema.fields);
    let columns = Columns { fields, null: &null, matching: table.settings.headers.matching };
    let mut out = String::new();
    match rows.first() {
        Some(first) if first.is_object() => objects(&rows, columns, &mut out)?,
        // Where the dialect says that rows have no labels, the lists have none either.
        Some(_) if header == Header::None => {
            lists(&rows, &fields.iter().map(|field| columns.of(field)).collect::<Vec<_>>(), &mut out)?;
            table.header = Header::None;
        }
        Some(first) => {
            let labels = first.array(REMEDY)?;
            let labels: Vec<_> = labels.iter().map(|label| Column::OTHER.cell(Some(label))).collect();
            record(labels.iter(), &mut out);
            lists(&rows[1..], &columns.with(&labels), &mut out)?;
        }
        None => record(fields.iter().map(|field| &field.name), &mut out),
    }
    let missing_values = Texts::from(vec![null]);
    for field in table.schema.iter_mut().flat_map(|schema| &mut schema.fields) {
        field.missing_values = missing_values.clone();
        if let FieldType::List(list) = &mut field.kind {
            list.notation = ListNotation::Json;
        }
    }
    Some(out.into_bytes().into())
}

/// Returns a text that does not occur in the data.
fn unused_text(data: &Place<'_>) -> String {
    let text = data.json_text();
    let longest = text.split(|character| character != RESERVED).map(str::len).max().unwrap_or_default();
    std::iter::repeat_n(RESERVED, longest / RESERVED.len_utf8() + 1).collect()
}

/// How the values of a column are written.
#[derive(Clone, Copy)]
struct Column<'s> {
    /// The text for a value that is `null`, absent, or a text for a missing value.
    null: &'s str,
    /// The field; `None` for a column that is no field.
    field: Option<&'s Field>,
}

impl<'s> Column<'s> {
    /// A column that is no field of the schema.
    const OTHER: Column<'static> = Column { null: "", field: None };

    fn cell<'a>(&self, value: Option<&Place<'a>>) -> Cow<'a, str>
    where
        's: 'a,
    {
        let Some(value) = value.filter(|value| !value.is_null()) else { return self.null.into() };
        match (value.as_str(), self.field) {
            (None, _) => self.native(value).into(),
            (Some(text), Some(field)) if field.missing_values.holds(text.as_bytes()) => self.null.into(),
            (Some(text), Some(Field { kind: FieldType::List(list), .. })) => list.to_json(text).into(),
            (Some(text), _) => text.into(),
        }
    }

    /// Returns the text of a value that is no string, as it stands in a cell. A value that is not of the type of the field gets the text of its
    /// JSON, and the check of the table finds it.
    fn native(&self, value: &Place<'_>) -> String {
        let text = match (self.field.map(|field| &field.kind), value.as_bool(), value.as_number()) {
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
            (Some(FieldType::List(list)), ..) if value.is_array() => Some(array(value, list.items)),
            _ => None,
        };
        text.unwrap_or_else(|| value.json_text())
    }
}

/// Returns a number of JSON without its point and its exponent; `None` if it is no integer of 64 bits.
fn integer(number: &str) -> Option<String> {
    parse::json_integer(number.as_bytes()).ok().map(|value| value.to_string())
}

/// Returns a list as an array of JSON, whose items are texts as a cell has them. What cannot be an item stays as it is, and is a fault of the
/// table.
fn array(value: &Place<'_>, items: ItemType) -> String {
    let text = |item: Place<'_>| {
        let text = match (item.as_str(), item.as_number(), item.as_bool()) {
            (Some(text), ..) => text.to_owned(),
            (_, Some(number), _) if items == ItemType::Integer => integer(number).unwrap_or(number.to_owned()),
            (_, Some(number), _) => number.to_owned(),
            (_, _, Some(value)) => value.to_string(),
            _ => return item.json_text(),
        };
        serde_json::Value::from(text).to_string()
    };
    format!("[{}]", value.children().into_iter().map(text).collect::<Vec<String>>().join(","))
}

/// The fields that columns may stand for.
#[derive(Clone, Copy)]
struct Columns<'s> {
    fields: &'s [Field],
    null: &'s str,
    matching: HeaderMatch,
}

impl<'s> Columns<'s> {
    fn of(self, field: &'s Field) -> Column<'s> {
        Column { null: self.null, field: Some(field) }
    }

    /// Returns the columns with these labels, which stand for fields as they do in a file. Fields with the same name are taken in their order.
    fn with(self, labels: &[impl AsRef<str>]) -> Vec<Column<'s>> {
        let folded = |label: &str| self.matching.fold(label).unwrap_or_else(|| label.to_owned());
        let mut by_name: HashMap<String, Vec<&Field>> = HashMap::with_capacity(self.fields.len());
        self.fields.iter().rev().for_each(|field| by_name.entry(folded(&field.name)).or_default().push(field));
        let mut next = |label: &str| by_name.get_mut(&folded(label)).and_then(Vec::pop);
        labels.iter().map(|label| next(label.as_ref()).map_or(Column::OTHER, |field| self.of(field))).collect()
    }
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
fn objects<'a>(rows: &[Place<'a>], columns: Columns<'a>, out: &mut String) -> Option<()> {
    let mut names: Vec<&str> = columns.fields.iter().map(|field| &*field.name).collect();
    let mut known: HashSet<&str> = names.iter().copied().collect();
    for row in rows {
        if !row.object(REMEDY) {
            return None;
        }
        names.extend(row.names().map(|(name, _)| name).filter(|name| known.insert(name)));
    }
    record(names.iter(), out);
    let columns = columns.with(&names);
    for row in rows {
        record(names.iter().zip(&columns).map(|(name, column)| column.cell(row.get_or_null(name).as_ref())), out);
    }
    Some(())
}
