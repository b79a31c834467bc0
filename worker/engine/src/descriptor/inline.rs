//! `data` inside a descriptor as a reference table: rows as lists or as objects, or delimited text → the bytes of a CSV file.
//!
//! The result is checked like any other table, so that the same rules hold for the values of a descriptor and of a file.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_csv::Dialect;

use super::model::{Descriptor, Header, Schema};
use crate::document::place::Place;

const REMEDY: &str = r#"write rows as lists, the first one with the labels, or as objects: [{"code": "DE"}]"#;

/// Reads rows from `data` and returns them as the bytes of a CSV file. `table` is the descriptor that the rows are checked against. Rows that
/// are not a text are written in the default dialect, and `table` gets that dialect. Returns `None` if `data` is no table; its mistakes are
/// noted.
pub(super) fn read(data: &Place<'_>, table: &mut Descriptor) -> Option<Arc<[u8]>> {
    if let Some(text) = data.as_str() {
        return Some(text.as_bytes().into());
    }
    let rows = data.array(REMEDY)?;
    let header = std::mem::replace(&mut table.header, Header::First);
    table.dialect = Dialect::default();
    table.delimiter_given = true;
    let schema = table.schema.as_ref();
    let null = schema.and_then(|schema| schema.fields.first()?.missing_values.first().cloned()).unwrap_or_default();
    let mut out = Writer { null, text: String::new() };
    match rows.first() {
        Some(first) if first.is_object() => objects(&rows, schema, &mut out)?,
        Some(_) => {
            lists(&rows, &mut out)?;
            // Where the dialect says that rows have no labels, the lists have none either.
            table.header = if header == Header::None { Header::None } else { Header::First };
        }
        None => out.row(names_of(schema).into_iter().map(Cell::Text)),
    }
    Some(out.text.into_bytes().into())
}

/// A cell on its way into a record.
enum Cell<'a> {
    Text(&'a str),
    Value(Place<'a>),
    Missing,
}

struct Writer {
    /// The text that is written for a value that is `null` or absent.
    null: String,
    text: String,
}

impl Writer {
    /// Writes a record. Every cell is quoted, so that a record of one empty cell is no blank line.
    fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        for (number, cell) in cells.into_iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            let written;
            let text = match &cell {
                Cell::Text(text) => text,
                Cell::Missing => &*self.null,
                Cell::Value(place) if place.is_null() => &*self.null,
                Cell::Value(place) => match place.as_str() {
                    Some(text) => text,
                    None => {
                        written = place.json_text();
                        &*written
                    }
                },
            };
            self.text.push('"');
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        }
        self.text.push('\n');
    }
}

fn names_of(schema: Option<&Schema>) -> Vec<&str> {
    schema.iter().flat_map(|schema| &schema.fields).map(|field| &*field.name).collect()
}

/// Writes rows that are lists; the first one has the labels.
fn lists(rows: &[Place<'_>], out: &mut Writer) -> Option<()> {
    for row in rows {
        out.row(row.array(REMEDY)?.into_iter().map(Cell::Value));
    }
    Some(())
}

/// Writes rows that are objects. Their properties have no order: the columns are the fields of the schema, then all other properties in the
/// order in which they are found.
fn objects<'a>(rows: &[Place<'a>], schema: Option<&'a Schema>, out: &mut Writer) -> Option<()> {
    let mut names = names_of(schema);
    let mut known: HashSet<&str> = names.iter().copied().collect();
    for row in rows {
        if !row.object(REMEDY) {
            return None;
        }
        names.extend(row.names().map(|(name, _)| name).filter(|name| known.insert(name)));
    }
    out.row(names.iter().map(|name| Cell::Text(name)));
    for row in rows {
        out.row(names.iter().map(|name| row.get(name).map_or(Cell::Missing, Cell::Value)));
    }
    Some(())
}
