//! `sluice.file.trailer`: the control record with which each file ends.

use std::collections::HashMap;

use sluice_csv::Sequence;

use super::field_names::FieldLookup;
use super::model::{Trailer, TrailerSum};
use super::settings::known;
use crate::document::path::quoted;
use crate::document::place::Place;

/// Most characters of a tag.
const TAG_CHARACTERS: usize = 100;

/// Reads a trailer. `columns` is the most columns that a record may have.
pub(super) fn read(place: &Place<'_>, fields: &mut FieldLookup<'_>, columns: u32) -> Option<Trailer> {
    if !known(place, &["tag", "count", "sum"]) {
        return None;
    }
    let tag = tag(place);
    let mut taken = HashMap::new();
    let mut column = |place: &Place<'_>, of: String| -> Option<usize> {
        let column = place.integer(2, columns.max(2).into())?;
        if let Some(other) = taken.insert(column, of) {
            place.mistake(format_args!("column {column} holds {other} already"), "write the column of this value");
            return None;
        }
        usize::try_from(column).ok()
    };
    let count = place.get("count").and_then(|count| column(&count, "the count".to_owned()));
    let mut sums = Vec::new();
    if let Some(object) = place
        .get("sum")
        .filter(|object| object.object("write an object with the column of the control total for each name of a field"))
    {
        for (name, at_name) in object.names() {
            let (Some(_), Some(value)) = (fields.find_summed(&at_name, name), object.get(name)) else { continue };
            let column = column(&value, format!("the sum of {}", quoted(name)));
            sums.extend(column.map(|column| TrailerSum { field: name.to_owned(), column }));
        }
    }
    Some(Trailer { tag: tag?, count, sums })
}

/// Reads the text of the first cell of the trailer.
fn tag(place: &Place<'_>) -> Option<String> {
    const REMEDY: &str = "write the text of its first cell, such as \"T\"";
    let Some(property) = place.get("tag") else {
        place.mistake("the trailer has no tag", REMEDY);
        return None;
    };
    let tag = property.string(REMEDY)?;
    let characters = tag.chars().count();
    if characters == 0 || characters > TAG_CHARACTERS {
        property.mistake(format_args!("{} is not a text of 1 to {TAG_CHARACTERS} characters", quoted(tag)), REMEDY);
        return None;
    }
    Some(tag.to_owned())
}

/// Notes a mistake if the trailer would be read as a comment line.
pub(super) fn check_comments(place: &Place<'_>, trailer: &Trailer, comment: Option<&Sequence>) {
    if let (Some(tag), Some(comment)) = (place.get("tag"), comment)
        && trailer.tag.as_bytes().starts_with(comment.as_bytes())
    {
        tag.mistake(
            format_args!("a record that begins with {} is a comment in this dialect", quoted(&trailer.tag)),
            "change the commentChar of the dialect",
        );
    }
}
