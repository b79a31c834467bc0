//! The cells of a record that is no row: it has another number of cells than there are columns.

use std::ops::Range;

use sluice_csv::Dialect;

/// Where the first `most` cells of a record stand, of one whose quotes are right.
///
/// For what is shown: it reads the record byte by byte.
pub(super) fn cells(record: &[u8], most: usize, dialect: &Dialect) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut is_quoted = false;
    while at < record.len() && cells.len() < most {
        let byte = record[at];
        if Some(byte) == dialect.escape {
            at += 2;
        } else if Some(byte) == dialect.quote {
            is_quoted = !is_quoted;
            at += 1;
        } else if !is_quoted && record[at..].starts_with(dialect.delimiter.as_bytes()) {
            cells.push(start..at);
            at += dialect.delimiter.as_bytes().len();
            start = at;
        } else {
            at += 1;
        }
    }
    if cells.len() < most {
        cells.push(start.min(record.len())..record.len());
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_inside_quotes_and_behind_escapes_are_content() {
        let plain = Dialect::default();
        let escaping = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        let of = |record: &'static str, most, dialect| -> Vec<&str> {
            cells(record.as_bytes(), most, dialect).into_iter().map(|cell| &record[cell]).collect()
        };
        assert_eq!(of("a,b", 9, &plain), ["a", "b"]);
        assert_eq!(of("a,b,c", 2, &plain), ["a", "b"]);
        assert_eq!(of("\"x,\"\"y\",", 9, &plain), ["\"x,\"\"y\"", ""]);
        assert_eq!(of("a\\,b,c\\", 9, &escaping), ["a\\,b", "c\\"]);
        assert_eq!(of("", 9, &plain), [""]);
    }
}
