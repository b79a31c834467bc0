//! Finds problems in the form of a file that no dialect solves: records with another delimiter, columns of a fixed width.

use sluice_csv::Dialect;

use super::head_record::HeadRecord;
use super::notations::{LIST_DELIMITERS, quoted_delimiter};
use crate::encoding::dos_letters;
use crate::shown::counted;

/// Most lines (`LINES`), and most bytes of a line, that are searched for columns of a fixed width.
const LINES: usize = 100;
const LINE_BYTES: usize = 512;

/// Fewest lines with spaces in the same places: in fewer it may be chance.
const LEAST_LINES: usize = 3;

/// Returns a sentence for each problem, with what to do about it.
pub(super) fn find(text: &[u8], rows: &[HeadRecord], dialect: &Dialect, width: usize) -> Vec<String> {
    let mut found = Vec::new();
    if width > 1 {
        found.extend(LIST_DELIMITERS.into_iter().filter_map(|other| other_delimiter(rows, dialect, width, other)));
    } else if is_aligned(text) {
        found.push(
            "the spaces of all lines are in the same places: columns of a fixed width, which no dialect reads; write a delimiter in place \
             of the spaces (such as: sed -E 's/ {2,}/,/g') and infer the result"
                .to_owned(),
        );
    }
    found
}

/// Returns a sentence about letters of a code page of DOS in a text that was decoded as an encoding of Windows.
pub(super) fn letters_of_dos(text: &[u8]) -> Option<String> {
    dos_letters::count(text).map(|letters| {
        format!(
            "the file looks like a code page of DOS, which is not read: {letters} signs stand inside words, as in Schr”der; {} and infer the \
             result",
            dos_letters::REMEDY
        )
    })
}

/// Returns a sentence about the records that have one cell, but would be complete with the delimiter `other`; `None` if there are none.
fn other_delimiter(rows: &[HeadRecord], dialect: &Dialect, width: usize, other: u8) -> Option<String> {
    let records = rows.iter().filter(|row| row.is_content()).count();
    let has_other =
        |row: &&HeadRecord| row.is_full(1) && memchr::memchr_iter(other, &row.cells[0]).count() + 1 == width;
    let mut odd_records = rows.iter().filter(has_other);
    let first = odd_records.next().filter(|_| dialect.delimiter.as_bytes() != [other])?;
    let count = 1 + odd_records.count();
    let (chosen, other) = (quoted_delimiter(&dialect.delimiter), quoted_delimiter(&other.into()));
    Some(format!(
        "two delimiters: {count} of the first {} with {other} in place of {chosen}, the first is record {}; a file has one delimiter, \
         so write these records with the other one, or put them into a file of their own",
        counted(records as u64, "record"),
        first.number
    ))
}

/// Returns true if all lines have runs of spaces in the same places, with texts around them.
fn is_aligned(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii_end())
        .filter(|line| !line.is_empty())
        .take(LINES)
        .collect();
    let has_run = |line: &&[u8]| memchr::memmem::find(line.trim_ascii_start(), b"  ").is_some();
    // Lines without a run of spaces are left out, because a title may stand above the table.
    let table: Vec<&[u8]> = lines.iter().copied().filter(has_run).collect();
    if table.len() < LEAST_LINES || table.len() * 10 < lines.len() * 9 {
        return false;
    }
    let longest = table.iter().map(|line| line.len()).max().unwrap_or_default().min(LINE_BYTES);
    let is_space = |at: usize| table.iter().all(|line| line.get(at).is_none_or(|byte| *byte == b' '));
    let blank: Vec<bool> = (0..longest).map(is_space).collect();
    // A column at which all lines have a space, between columns at which some lines have none.
    let first = blank.iter().position(|blank| !blank);
    let last = blank.iter().rposition(|blank| !blank);
    first.zip(last).is_some_and(|(first, last)| blank[first..last].contains(&true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_columns_are_told_from_texts_with_spaces() {
        for (text, expected) in [
            (&b"a    b\nxx   1\ny   22\n"[..], true),
            (b"title\n\nname      qty\napple       1\npear       12\nplum      100\nfig         2\ndate        3\nlime        4\nkiwi        5\nnut         6\npea         7\nyam         8\n", true),
            (b"one  two\nthree\nfour\nfive\n", false),
            (b"a sentence of words\nanother one with more words\nand a third\n", false),
            (b"a  b\nccc  d\ne   fff\n", false),
        ] {
            assert_eq!(is_aligned(text), expected, "{}", text.escape_ascii());
        }
    }
}
