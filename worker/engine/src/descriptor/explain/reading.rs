//! How files are read.

use sluice_csv::LineTerminator;

use super::super::model::{DeclaredEncoding, Descriptor, Header};
use super::{VALUES, setting};
use crate::document::path::quoted;

impl Descriptor {
    pub(super) fn explain_reading(&self, lines: &mut Vec<String>) {
        lines.push("Reading".to_owned());
        self.explain_cells(lines);
        self.explain_records(lines);
        self.explain_bytes(lines);
        self.explain_header(lines);
    }

    fn explain_cells(&self, lines: &mut Vec<String>) {
        let dialect = &self.dialect;
        let mut line = |name: &str, value: &str, path: &str| self.explain_setting(lines, name, value, path);
        let delimiter = match self.delimiter_given {
            true => shown(dialect.delimiter.as_bytes()),
            false => "by the suffix of the file".to_owned(),
        };
        line("delimiter", &delimiter, "dialect.delimiter");
        if dialect.trailing_delimiter {
            line("trailing delimiter", "at the end of each record", "sluice.trailingDelimiter");
        }
        let or_none = |byte: Option<u8>| byte.map_or_else(|| "none".to_owned(), |byte| shown(&[byte]));
        line("quote", &or_none(dialect.quote), "dialect.quoteChar");
        let doubled = if dialect.double_quote { "is written twice inside quotes" } else { "always closes the cell" };
        line("a quote", doubled, "dialect.doubleQuote");
        line("escape", &or_none(dialect.escape), "dialect.escapeChar");
        let spaces = if dialect.skip_initial_space { "are skipped" } else { "are kept" };
        line("spaces before a cell", spaces, "dialect.skipInitialSpace");
        if let Some(sequence) = &dialect.null_sequence {
            line("null", &quoted(sequence), "dialect.nullSequence");
        }
    }

    fn explain_records(&self, lines: &mut Vec<String>) {
        let dialect = &self.dialect;
        let mut line = |name: &str, value: &str, path: &str| self.explain_setting(lines, name, value, path);
        let ends = match dialect.line_terminator {
            LineTerminator::Auto => "LF or CRLF".to_owned(),
            LineTerminator::Lf => "LF or CRLF, never CR alone".to_owned(),
            LineTerminator::Cr => "CR".to_owned(),
            LineTerminator::Byte(byte) => shown(&[byte]),
        };
        line("line end", &ends, "dialect.lineTerminator");
        let comment = dialect.comment.map_or_else(|| "none".to_owned(), |comment| shown(comment.as_bytes()));
        line("comment", &comment, "dialect.commentChar");
        if !dialect.comment_rows.is_empty() {
            line("comments by number", &numbers("record", &dialect.comment_rows), "dialect.commentRows");
        }
        let blank = if self.settings.blank_rows_are_faults { "are rejected" } else { "are skipped" };
        line("blank records", blank, "sluice.blankRows");
    }

    fn explain_bytes(&self, lines: &mut Vec<String>) {
        let (encoding, origin) = match self.encoding {
            DeclaredEncoding::Nothing => ("utf-8".to_owned(), "default"),
            DeclaredEncoding::Detect => ("what each file looks like".to_owned(), "given"),
            DeclaredEncoding::Utf16 => ("utf-16".to_owned(), "given"),
            DeclaredEncoding::Named(coding) => (coding.name(), "given"),
        };
        lines.push(setting("encoding", &encoding, origin));
        let mut given = |name: &str, value: &str| lines.push(setting(name, value, "given"));
        if let Some(compression) = self.compression {
            given("compression", &format!("{compression:?}, if the name says none").to_lowercase());
        }
        if let Some(member) = &self.member {
            given("file of an archive", &quoted(member));
        }
        let Some(integrity) = &self.integrity else { return };
        if let Some(bytes) = integrity.bytes {
            given("size", &format!("{bytes} bytes, of the file that path names"));
        }
        if let Some(hash) = &integrity.hash {
            given("hash", &format!("{} {}, of the file that path names", hash.algorithm.name(), hash.digest));
        }
    }

    fn explain_header(&self, lines: &mut Vec<String>) {
        let mut line = |value: &str, path: &str| self.explain_setting(lines, "header", value, path);
        match &self.header {
            Header::None => line("none", "dialect.header"),
            Header::First => line("the first record", "dialect.header"),
            Header::Records { records, join } => {
                let value = format!("{}, joined by {}", numbers("record", records), quoted(join));
                line(&value, "dialect.headerRows");
            }
        }
    }
}

/// Returns the first numbers of a list: `records 1, 2`.
fn numbers(noun: &str, numbers: &[u64]) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    let shown: Vec<String> = numbers.iter().take(VALUES).map(ToString::to_string).collect();
    let more = if numbers.len() > VALUES { format!(" and {} more", numbers.len() - VALUES) } else { String::new() };
    format!("{noun}{plural} {}{more}", shown.join(", "))
}

fn shown(bytes: &[u8]) -> String {
    match bytes {
        b"\t" => "tab".to_owned(),
        b" " => "space".to_owned(),
        _ => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.escape_ascii().to_string()),
    }
}
