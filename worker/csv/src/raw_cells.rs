//! A record → the cells in it, as they stand there.

use std::ops::Range;

use crate::dialect::Dialect;

/// Returns where the raw cells of a record stand, without the spaces that `skip_initial_space` skips. The record has no line end, and its
/// quotes are well-formed; behind a fault of quotes, only the number of cells in front of it is reliable.
///
/// It reads the record byte by byte, for records that are no [`Row`](crate::Row).
pub fn raw_cells<'r>(record: &'r [u8], dialect: &'r Dialect) -> impl Iterator<Item = Range<usize>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let mut start = next?;
        if dialect.skip_initial_space {
            start += record[start..].iter().take_while(|byte| **byte == b' ').count();
        }
        let end = cell_end(record, start, dialect);
        let behind = end + dialect.delimiter.length();
        // A trailing delimiter ends the record, and starts no cell.
        let has_next = end < record.len() && !(dialect.trailing_delimiter && behind == record.len());
        next = has_next.then_some(behind);
        Some(start..end)
    })
}

/// Returns the number, from 0, of the cell in which the byte at `at` stands, in a record that is well-formed up to that byte. A delimiter
/// belongs to the cell in front of it.
pub fn cell_number(record: &[u8], at: usize, dialect: &Dialect) -> usize {
    raw_cells(record, dialect).take_while(|cell| cell.end + dialect.delimiter.length() <= at).count()
}

/// Returns the offset at which the cell that starts at `at` ends: at a delimiter, or at the end of the record.
fn cell_end(record: &[u8], mut at: usize, dialect: &Dialect) -> usize {
    let mut is_open = dialect.quote.is_some() && record.get(at) == dialect.quote.as_ref();
    at += usize::from(is_open);
    while let Some(&byte) = record.get(at) {
        if Some(byte) == dialect.escape {
            at += 1;
        } else if is_open {
            let is_doubled = dialect.double_quote && record.get(at + 1) == dialect.quote.as_ref();
            if Some(byte) == dialect.quote {
                is_open = is_doubled;
                at += usize::from(is_doubled);
            }
        } else if byte == dialect.delimiter.first() && record[at..].starts_with(dialect.delimiter.as_bytes()) {
            return at;
        }
        at += 1;
    }
    record.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Sequence;

    fn cells<'r>(record: &'r str, dialect: &Dialect) -> Vec<&'r str> {
        raw_cells(record.as_bytes(), dialect).map(|cell| &record[cell]).collect()
    }

    #[test]
    fn a_record_is_split_into_raw_cells() {
        let plain = Dialect::default();
        assert_eq!(cells("T,1,2", &plain), ["T", "1", "2"]);
        assert_eq!(cells("", &plain), [""]);
        assert_eq!(cells("T,", &plain), ["T", ""]);
        assert_eq!(cells(r#""T","a,""b",c"#, &plain), [r#""T""#, r#""a,""b""#, "c"]);
        assert_eq!(cells("\"\",\"\n\"", &plain), ["\"\"", "\"\n\""]);
        let spaces = Dialect { skip_initial_space: true, ..plain.clone() };
        assert_eq!(cells(r#" "T",  "a,b", c, "#, &spaces), [r#""T""#, r#""a,b""#, "c", ""]);
        let escapes = Dialect { escape: Some(b'\\'), double_quote: false, ..plain };
        assert_eq!(cells(r#"T,a\,b,"c\",d",e\"#, &escapes), ["T", r"a\,b", r#""c\",d""#, r"e\"]);
        let delimiter = Sequence::new(b"||").expect("two bytes");
        let long = Dialect { delimiter, trailing_delimiter: true, ..Dialect::default() };
        assert_eq!(cells("T||1|2||", &long), ["T", "1|2"]);
    }

    #[test]
    fn delimiters_inside_quotes_and_behind_escapes_are_content() {
        let plain = Dialect::default();
        let escaping = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        let bars = Dialect { delimiter: Sequence::new(b"||").expect("two bytes"), ..Dialect::default() };
        let cases: [(&[u8], &Dialect, &[usize]); 5] = [
            (b"a||\"||\"||c", &bars, &[0, 0, 0, 1, 1, 1, 1, 1, 1, 2]),
            (b"a,b,c", &plain, &[0, 0, 1, 1, 2, 2]),
            (b"\",\",\"\"\"\",x", &plain, &[0, 0, 0, 0, 1, 1, 1, 1, 1, 2]),
            (b"a\\,b,c", &escaping, &[0, 0, 0, 0, 0, 1]),
            (b"\"\\\",\",c", &escaping, &[0, 0, 0, 0, 0, 0, 1]),
        ];
        for (record, dialect, expected) in cases {
            let numbers: Vec<_> = (0..expected.len()).map(|at| cell_number(record, at, dialect)).collect();
            assert_eq!(numbers, expected, "{}", record.escape_ascii());
        }
    }

    #[test]
    fn a_fault_in_the_last_cell_has_its_number() {
        let trailing = Dialect { trailing_delimiter: true, ..Dialect::default() };
        // Only the record in front of the fault is at hand.
        assert_eq!(cell_number(b"a,b,", 4, &trailing), 2);
        assert_eq!(cell_number(b"a,\"b\"x,c", 5, &Dialect::default()), 1);
    }
}
