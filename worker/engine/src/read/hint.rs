//! Hints for headers that look odd: what the file likely is.

use sluice_csv::{BYTE_ORDER_MARK, LineTerminator};

/// Delimiters that are tried, with their names in a hint.
const DELIMITERS: [(u8, &str); 4] = [(b',', "\",\""), (b';', "\";\""), (b'\t', "tab"), (b'|', "\"|\"")];

/// Most bytes of the header that are examined.
const LOOKED_AT: usize = 64 << 10;

/// Returns a hint when the header, which reads as one label with `delimiter`, would be several labels with another delimiter. The hint names
/// the delimiter that would make most cells.
pub(crate) fn other_delimiter(header: &[u8], delimiter: &[u8]) -> Option<String> {
    let header = &header[..header.len().min(LOOKED_AT)];
    let count = |byte: u8| memchr::memchr_iter(byte, header).count();
    let others = DELIMITERS.iter().filter(|(byte, _)| *delimiter != [*byte]);
    let counted = others.map(|(byte, name)| (count(*byte), *byte, *name)).filter(|(count, ..)| *count > 0);
    // Of several delimiters that are equally frequent, the first in the list is named.
    let (most, byte, name) = counted.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let suffix = match byte {
        b'\t' => ", or name the file .tsv",
        b'|' => ", or name the file .psv",
        _ => "",
    };
    Some(format!(
        "the header reads as one label; with the delimiter {name} it has {}: say so in the dialect (delimiter){suffix}",
        most + 1
    ))
}

/// Returns a hint when a header has carriage returns that probably end lines: those of a file that ends its lines with CR, and has an LF
/// somewhere.
pub(crate) fn lone_carriage_returns(header: &[u8], terminator: LineTerminator) -> Option<String> {
    let header = &header[..header.len().min(LOOKED_AT)];
    let count = memchr::memchr_iter(b'\r', header).filter(|at| header.get(at + 1) != Some(&b'\n')).count();
    let is_read_so = matches!(terminator, LineTerminator::Auto | LineTerminator::Lf) && count > 0;
    is_read_so.then(|| {
        format!(
            "{count} carriage returns in the header do not end a line, as the file has a line feed, too: if they end lines, write \
             \"lineTerminator\": \"\\r\" in the dialect"
        )
    })
}

/// Returns a hint when a header begins like a document of another kind. Mostly this is the answer of a server in the place of the file. The
/// file is not refused, because any such document can be read as CSV.
pub(crate) fn other_document(header: &[u8]) -> Option<String> {
    let header = header.strip_prefix(BYTE_ORDER_MARK).unwrap_or(header).trim_ascii_start();
    let begins =
        |start: &str| header.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()));
    let kind = match header {
        _ if begins("<!doctype html") || begins("<html") => "an HTML page, such as an error message of a server",
        _ if begins("<?xml") => "XML",
        [b'{' | b'[', inner @ ..] if matches!(inner.trim_ascii_start(), [b'{' | b'[' | b'"', ..]) => "JSON",
        _ => return None,
    };
    Some(format!("the file begins like {kind}, not like CSV: look whether it is the file that was meant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_other_kinds_are_recognised() {
        for (header, found) in [
            ("<!DOCTYPE html>", Some("HTML")),
            ("\u{feff}  <HTML lang=\"en\">", Some("HTML")),
            ("<?xml version=\"1.0\"?>", Some("XML")),
            ("{\"a\":1}", Some("JSON")),
            ("[ {\"a\":1},", Some("JSON")),
            ("[[1", Some("JSON")),
            ("[id],[name]", None),
            ("{id}", None),
            ("<id>,<name>", None),
            ("", None),
        ] {
            let hint = other_document(header.as_bytes());
            assert_eq!(hint.is_some(), found.is_some(), "{header}");
            assert!(hint.unwrap_or_default().contains(found.unwrap_or_default()), "{header}");
        }
    }

    #[test]
    fn a_header_with_another_delimiter_is_recognised() {
        for (header, delimiter, found) in [
            ("id;name;qty", b',', Some("the delimiter \";\" it has 3")),
            ("id\tname", b',', Some("the delimiter tab it has 2")),
            ("\"a,b\"|c|d", b';', Some("the delimiter \"|\" it has 3")),
            ("id,name", b';', Some("the delimiter \",\" it has 2")),
            ("id", b',', None),
            ("a;b", b';', None),
        ] {
            let hint = other_delimiter(header.as_bytes(), &[delimiter]);
            assert_eq!(hint.is_some(), found.is_some(), "{header}");
            assert!(hint.unwrap_or_default().contains(found.unwrap_or_default()), "{header}");
        }
    }

    #[test]
    fn carriage_returns_in_a_header_are_told() {
        for (header, terminator, is_told) in [
            (&b"a,b\r1,2\r3,4"[..], LineTerminator::Auto, true),
            (b"a,b\r1,2", LineTerminator::Lf, true),
            (b"a,b\r1,2", LineTerminator::Byte(b';'), false),
            (b"\"a\r\n\",b", LineTerminator::Lf, false),
            (b"a,b", LineTerminator::Auto, false),
        ] {
            assert_eq!(lone_carriage_returns(header, terminator).is_some(), is_told, "{header:?}");
        }
    }
}
