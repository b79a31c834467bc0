//! How well a dialect fits some text: the measure of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and
//! type patterns" (Data Mining and Knowledge Discovery 33, 2019): rows of one width, and cells that look like something.
//!
//! A dialect that is wrong splits rows unevenly, or leaves cells with delimiters and quotes in them.

use std::collections::BTreeMap;

use sluice_csv::RecordKind;

use super::head_record::HeadRecord;

/// The highest score of a file of one column. Such a file has no delimiter, so any delimiter that fits has to score more.
const ONE_COLUMN: f64 = 0.08;

/// If more than this share of records has one cell, records with several cells are exceptions.
const FEW_OTHERS: f64 = 0.75;

/// Fewest records for a rare delimiter: in fewer it may stand by chance.
const LEAST_RECORDS: usize = 3;

/// The factor for a dialect under which the first record has another number of cells than most records.
const FIRST_DIFFERS: f64 = 0.7;

/// The weight, relative to a damaged record, of a record that contains an unquoted line end: its lines are probably records.
const LOOSE: f64 = 0.5;

/// Most rows whose cells are examined.
const ROWS_TYPED: usize = 500;

/// How well rows fit together under a dialect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// From 0 (nothing fits) to 1.
    pub(super) value: f64,
    /// The number of cells that most rows have.
    pub(super) width: usize,
}

/// Computes the score of rows that were read with one dialect.
pub(super) fn score(rows: &[HeadRecord], delimiter: &[u8]) -> Score {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut records, mut damaged) = (0_usize, 0.0);
    for row in rows {
        damaged += if row.has_loose_line_end { LOOSE } else { 0.0 };
        match row.kind {
            RecordKind::Blank | RecordKind::Comment => continue,
            RecordKind::Cells => *widths.entry(row.cells.len()).or_default() += 1,
            RecordKind::Quote(..) | RecordKind::TooLarge | RecordKind::TooManyCells(_) => damaged += 1.0,
        }
        records += 1;
    }
    // Of equally frequent widths the larger one counts: a short row may be a damaged long one.
    let Some((&width, &count)) = widths.iter().max_by_key(|&(width, count)| (count, width)) else {
        return Score { value: 0.0, width: 0 };
    };
    let share = count as f64 / records as f64;
    let sound = 1.0 - damaged / records as f64;
    // A column without a value comes from lines that end with a delimiter.
    let columns = columns_with_values(rows, width);
    let shape = match columns {
        // Commas also stand in the texts of a single column; another delimiter that only a few records have stands there by chance.
        0 | 1 if delimiter != b"," && share > FEW_OTHERS => ONE_COLUMN * share,
        0 | 1 => ONE_COLUMN,
        _ => share.powi(3) * (columns - 1) as f64 / columns as f64,
    };
    let is_rare = is_rare(delimiter);
    let by_chance = if columns > 1 && is_rare && records < LEAST_RECORDS { 0.1 } else { 1.0 };
    let first = rows.iter().find(|row| row.is_content());
    let fits = first.is_some_and(|row| row.is_full(width));
    let first = if fits { 1.0 } else { FIRST_DIFFERS };
    let undivided = if is_rare { 1.0 - undivided_share(rows, width) } else { 1.0 };
    Score {
        value: shape
            * first
            * by_chance
            * undivided.powi(2)
            * sound.powi(3)
            * typed_share(rows, width, is_rare)
            * prior(delimiter),
        width,
    }
}

/// Returns the share of rows with a cell of numbers that has a usual delimiter several times: `20160101:0010,0.0,3.44` is a row of three cells, not
/// of two.
fn undivided_share(rows: &[HeadRecord], width: usize) -> f64 {
    let is_undivided = |cell: &Vec<u8>| {
        let is_divided_by = |usual: u8| memchr::memchr_iter(usual, cell).count() > 1;
        let has_text = cell.iter().any(|byte| byte.is_ascii_alphabetic() || *byte == b'"');
        !has_text && [b',', b';', b'\t'].into_iter().any(is_divided_by)
    };
    let (mut all, mut undivided) = (0_usize, 0_usize);
    for row in rows.iter().filter(|row| row.is_full(width)).take(ROWS_TYPED) {
        all += 1;
        undivided += usize::from(row.cells.iter().any(is_undivided));
    }
    if all == 0 { 0.0 } else { undivided as f64 / all as f64 }
}

/// Counts the columns that have a value in some row of this width.
fn columns_with_values(rows: &[HeadRecord], width: usize) -> usize {
    let mut has_values = vec![false; width];
    for row in rows.iter().filter(|row| row.is_full(width)).take(ROWS_TYPED) {
        for (has_value, cell) in has_values.iter_mut().zip(&row.cells) {
            *has_value |= !cell.is_empty();
        }
    }
    has_values.into_iter().filter(|has_value| *has_value).count()
}

/// Delimiters of a lower prior are rare ones.
const RARE: f64 = 0.7;

/// Returns true for a delimiter that is hardly ever one, because the character mostly stands in texts, times and numbers.
pub(super) fn is_rare(delimiter: &[u8]) -> bool {
    prior(delimiter) < RARE
}

/// Returns a rough measure of how often a character is the delimiter of the files that people send. Colons and spaces mostly stand in times and
/// texts.
fn prior(delimiter: &[u8]) -> f64 {
    match delimiter {
        b"," | b";" | b"\t" => 1.0,
        b"|" => 0.98,
        b":" | b"::" => 0.55,
        b"^" | b"~" | b"\x01" | b"\x1f" => 0.9,
        // A delimiter of several bytes hardly stands anywhere by chance: `||` is more likely than a column without any value between each two
        // others. A sign such as `§` stands in texts.
        [0..0x80, _, ..] => 0.99,
        [_, _, ..] => 0.9,
        b"#" | b"*" | b"&" => 0.6,
        _ => 0.5,
    }
}

/// Returns the average likelihood of the cells in rows of this width.
fn typed_share(rows: &[HeadRecord], width: usize, is_rare: bool) -> f64 {
    let cells = rows.iter().filter(|row| row.is_full(width)).take(ROWS_TYPED).flat_map(|row| &row.cells);
    let (mut all, mut typed) = (0_usize, 0.0);
    for cell in cells {
        all += 1;
        // Commas in a cell between colons or spaces are likely to be the delimiters.
        typed += if is_rare && cell.contains(&b',') { 0.1 } else { likelihood(cell) };
    }
    if all == 0 { 0.0 } else { typed / all as f64 }
}

/// Returns 1 for a text that looks like a number, a date, a name or a sentence, and less for a text with characters that delimit or quote.
fn likelihood(cell: &[u8]) -> f64 {
    let text = cell.trim_ascii();
    if text.is_empty() || is_numeric(text) {
        return 1.0;
    }
    if text.iter().any(|byte| matches!(byte, b'\t' | 0x01 | 0x1f)) {
        return 0.1;
    }
    if text.iter().any(|byte| matches!(byte, b';' | b'|')) {
        return 0.2;
    }
    let first_or_last_quoted = [text.first(), text.last()].into_iter().flatten().any(|byte| matches!(byte, b'"'));
    if first_or_last_quoted {
        return 0.1;
    }
    // Sentences have commas, quotes and brackets in them, but names, codes, links and addresses do not.
    if text.contains(&b',') || text.contains(&b'"') { 0.6 } else { 1.0 }
}

/// Returns true for digits with the characters that stand between and around them in numbers, dates, times and amounts of money.
fn is_numeric(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
        && text.len() <= 40
        && text.iter().all(|byte| {
            byte.is_ascii_digit()
                || matches!(
                    byte,
                    b'.' | b',' | b'-' | b'+' | b'/' | b':' | b' ' | b'%' | b'T' | b'Z' | b'e' | b'E' | b'$'
                )
        })
        && !has_lone_comma(text)
}

/// Returns true if a comma lacks a digit on one side: it separates cells, not digits.
fn has_lone_comma(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, &byte)| {
        let digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
        byte == b',' && !(digit(at.checked_sub(1)) && digit(Some(at + 1)))
    })
}
