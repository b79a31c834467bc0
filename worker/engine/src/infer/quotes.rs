//! Quotes that the score of a dialect does not tell, because few cells have them or because they do no harm: signs inside of cells, and single quotes
//! around all cells of a column.

use sluice_csv::Dialect;

use super::head_record::HeadRecord;

/// Fewest records of a column in single quotes.
const LEAST_ROWS: usize = 3;

/// Returns a dialect with other quotes than `"`, if the text is written with them. `rows_of` reads the first records with a dialect, and `width` is the
/// number of their cells.
pub(super) fn others(
    text: &[u8],
    dialect: &Dialect,
    width: usize,
    rows_of: impl Fn(&Dialect) -> Vec<HeadRecord>,
) -> Option<Dialect> {
    if dialect.quote != Some(b'"') || opens_cells(text, dialect) {
        return None;
    }
    let single = Dialect { quote: Some(b'\''), ..dialect.clone() };
    let without = Dialect { quote: None, escape: None, double_quote: true, ..dialect.clone() };
    let rows = rows_of(&without);
    if is_wrapped(&rows, width) && are_as_wide(&rows_of(&single), &rows) {
        return Some(single);
    }
    // What follows a quote that opens no cell is text: a writer that knows quotes would have put such a cell into them.
    memchr::memchr(b'"', text).map(|_| without)
}

/// Returns true if a double quote stands at the beginning of a cell, perhaps behind spaces.
fn opens_cells(text: &[u8], dialect: &Dialect) -> bool {
    memchr::memchr_iter(b'"', text).any(|at| {
        let before = &text[..at];
        let unspaced = without_spaces(before);
        let is_behind_delimiter = |before: &[u8]| before.ends_with(dialect.delimiter.as_bytes());
        let is_first = unspaced.last().is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
        is_first || is_behind_delimiter(before) || is_behind_delimiter(unspaced)
    })
}

/// Returns bytes without the spaces at their end.
fn without_spaces(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1)]
}

/// Returns true if all cells of a column stand between single quotes; the first one may be a label without them.
fn is_wrapped(rows: &[HeadRecord], width: usize) -> bool {
    let full: Vec<&HeadRecord> = rows.iter().filter(|row| row.is_full(width)).collect();
    let is_quoted = |cell: &[u8]| matches!(cell, [b'\'', .., b'\'']);
    full.len() >= LEAST_ROWS && (0..width).any(|column| full[1..].iter().all(|row| is_quoted(&row.cells[column])))
}

/// Returns true if records have the same kinds and numbers of cells with two dialects.
fn are_as_wide(rows: &[HeadRecord], others: &[HeadRecord]) -> bool {
    let same =
        |(one, other): (&HeadRecord, &HeadRecord)| one.kind == other.kind && one.cells.len() == other.cells.len();
    rows.len() == others.len() && rows.iter().zip(others).all(same)
}
