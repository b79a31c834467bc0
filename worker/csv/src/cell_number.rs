//! A byte of a record → the cell in which it stands.

use crate::dialect::Dialect;

/// The number, from 0, of the cell in which the byte at `at` stands, of a record that is well-formed up to there. That of a delimiter is
/// the cell in front of it.
///
/// For the place of a fault: it reads the record up to there, byte by byte.
pub fn cell_number(record: &[u8], at: usize, dialect: &Dialect) -> usize {
    let mut number = 0;
    let mut is_quoted = false;
    let mut bytes = record.iter().take(at);
    while let Some(byte) = bytes.next() {
        if Some(byte) == dialect.escape.as_ref() {
            bytes.next();
        } else if Some(byte) == dialect.quote.as_ref() {
            is_quoted = !is_quoted;
        } else if *byte == dialect.delimiter && !is_quoted {
            number += 1;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_inside_quotes_and_behind_escapes_are_content() {
        let plain = Dialect::default();
        let escaping = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        let cases: [(&[u8], &Dialect, &[usize]); 4] = [
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
