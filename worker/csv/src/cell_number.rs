//! A byte of a record → the cell in which it stands.

use crate::dialect::Dialect;

/// Returns the number, from 0, of the cell in which the byte at `at` stands, in a record that is well-formed up to that
/// byte. A delimiter belongs to the cell in front of it.
///
/// It reads the record byte by byte, as it is used only for the column of a fault.
pub fn cell_number(record: &[u8], at: usize, dialect: &Dialect) -> usize {
    let mut number = 0;
    let mut is_quoted = false;
    let mut rest = &record[..at.min(record.len())];
    while let Some(&byte) = rest.first() {
        let mut length = 1;
        if Some(byte) == dialect.escape {
            length = 2;
        } else if Some(byte) == dialect.quote {
            is_quoted = !is_quoted;
        } else if !is_quoted && rest.starts_with(dialect.delimiter.as_bytes()) {
            number += 1;
            length = dialect.delimiter.length();
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Sequence;

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
}
