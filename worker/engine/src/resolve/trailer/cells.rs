//! The cells of a record that the tokenizer did not take as a regular row.

use sluice_csv::Dialect;

/// Iterates over the raw cells of a record whose quotes are sound.
pub(super) struct Cells<'r> {
    rest: Option<&'r [u8]>,
    dialect: &'r Dialect,
}

impl<'r> Cells<'r> {
    /// Returns the cells of these bytes, which have no line end.
    pub(super) fn of(record: &'r [u8], dialect: &'r Dialect) -> Self {
        Self { rest: Some(record), dialect }
    }
}

impl<'r> Iterator for Cells<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        let mut rest = self.rest?;
        if self.dialect.skip_initial_space {
            rest = &rest[rest.iter().take_while(|byte| **byte == b' ').count()..];
        }
        let end = cell_end(rest, self.dialect);
        let next = rest.get(end + self.dialect.delimiter.as_bytes().len()..).filter(|_| end < rest.len());
        // A trailing delimiter ends the record, and starts no cell.
        self.rest = next.filter(|next| !(self.dialect.trailing_delimiter && next.is_empty()));
        Some(&rest[..end])
    }
}

/// Returns the offset at which the first cell of some bytes ends: at a delimiter, or at the end of the bytes.
fn cell_end(bytes: &[u8], dialect: &Dialect) -> usize {
    let is_quoted = dialect.quote.is_some() && bytes.first() == dialect.quote.as_ref();
    let mut at = usize::from(is_quoted);
    let mut is_open = is_quoted;
    while let Some(&byte) = bytes.get(at) {
        if Some(byte) == dialect.escape {
            at += 1;
        } else if is_open {
            let is_doubled = dialect.double_quote && bytes.get(at + 1) == dialect.quote.as_ref();
            if Some(byte) == dialect.quote {
                is_open = is_doubled;
                at += usize::from(is_doubled);
            }
        } else if byte == dialect.delimiter.first() && bytes[at..].starts_with(dialect.delimiter.as_bytes()) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'r>(record: &'r str, dialect: &'r Dialect) -> Vec<&'r str> {
        let cells = Cells::of(record.as_bytes(), dialect);
        cells.map(|cell| str::from_utf8(cell).unwrap_or("?")).collect()
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
        assert_eq!(cells(r#" "T",  "a,b" "#, &spaces)[..1], [r#""T""#]);
        let escapes = Dialect { escape: Some(b'\\'), double_quote: false, ..plain };
        assert_eq!(cells(r#"T,a\,b,"c\",d",e\"#, &escapes), ["T", r"a\,b", r#""c\",d""#, r"e\"]);
        // cannot fail: two bytes are a valid delimiter.
        let delimiter = sluice_csv::Sequence::new(b"||").unwrap_or_else(|| b'|'.into());
        let long = Dialect { delimiter, trailing_delimiter: true, ..Dialect::default() };
        assert_eq!(cells("T||1|2||", &long), ["T", "1|2"]);
    }
}
