//! `header`, `headerRows`, `headerJoin` and `commentRows`: which records are labels, and which are left out.

use super::model::Header;
use crate::document::place::Place;

/// Highest number of a header row.
const HEADER_ROWS: u64 = 1000;

/// Most comment rows.
const COMMENT_ROWS: usize = 1000;

const REMEDY: &str = "write numbers of records, such as [1, 2]";

/// Reads which records hold the labels. `comments` are the numbers of the comment rows.
pub(super) fn read(place: &Place<'_>, comments: &[u64]) -> Header {
    let join = place.get("headerJoin").and_then(|join| join.string("write the text between the parts of a label"));
    let has_header = place.get("header").and_then(|header| header.boolean()).unwrap_or(true);
    let Some(rows) = place.get("headerRows").filter(|rows| !rows.is_null()) else {
        return if has_header { Header::First } else { Header::None };
    };
    let records = numbers(&rows, HEADER_ROWS);
    // `[1]` is the standard's default: it says no more than leaving it out.
    if !has_header && !matches!(records.as_slice(), [] | [1]) {
        rows.warn("\"header\" is false, so these records are data", "remove one of them");
    }
    if !has_header || rows.is_empty_array() {
        return Header::None;
    }
    if let Some(record) = records.iter().find(|record| comments.contains(record)) {
        rows.mistake(format_args!("record {record} is one of the \"commentRows\""), "take it out of one of them");
    }
    match records.as_slice() {
        [] | [1] => Header::First,
        _ => Header::Records { records, join: join.unwrap_or(" ").to_owned() },
    }
}

/// Reads the numbers of the records that are comments (`commentRows`), ascending.
pub(super) fn comments(place: &Place<'_>) -> Vec<u64> {
    let Some(rows) = place.get("commentRows").filter(|rows| !rows.is_null()) else {
        return Vec::new();
    };
    let mut records = numbers(&rows, u64::MAX);
    if records.len() > COMMENT_ROWS {
        rows.mistake(
            format_args!("{} records are more than {COMMENT_ROWS}", records.len()),
            "mark the others with a \"commentChar\"",
        );
        records.clear();
    }
    records
}

/// Reads numbers of records from 1 to `most`; returns each number once, ascending.
fn numbers(rows: &Place<'_>, most: u64) -> Vec<u64> {
    let items = rows.array(REMEDY).unwrap_or_default();
    let mut records: Vec<u64> = items.iter().filter_map(|number| number.integer(1, most)).collect();
    records.sort_unstable();
    records.dedup();
    records
}
