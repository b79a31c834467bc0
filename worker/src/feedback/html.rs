//! The feedback as a readable page, on a screen or printed: one file without scripts, which needs no network.
//!
//! Every text goes through [`push_escaped`]. Invisible characters, and characters that change the direction of a text, are written as escapes,
//! and each value is in a `bdi` of its own, so that no value changes how the rest of the page reads.

use std::io::{self, BufWriter, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use sluice_engine::descriptor::Severity;
use sluice_engine::report::{excerpt, visible};

use super::FeedbackDocument;
use super::layout::{LABELS, Layout, Line, expected, help, is_at_fault, lines, value};
use crate::markup;

/// Most characters of a cell that the page shows; the other forms have all of it.
const CELL: usize = 500;

/// Most characters of a heading that is written before a cell on a narrow screen.
const NAME: usize = 60;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
h1{font-size:1.4rem}dl{display:grid;grid-template-columns:fit-content(45%) 1fr;gap:.25rem 1.5rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:Canvas}tbody{break-inside:avoid}tr.sent td{color:GrayText;color:color-mix(in srgb,CanvasText 70%,Canvas);font-size:.85em}
mark{background:#ffd5d5;color:#7a0000;padding:0 .15em}.warning mark{background:#fff0c2;color:#5c4300}
.key{max-width:16em}thead :not(.key){overflow-wrap:normal}tr:not(.sent)>:nth-last-child(6){white-space:nowrap}tr:not(.sent)>:nth-last-child(5){min-width:6em}
@media screen and (max-width:48rem){body{margin:1rem auto}dl,table,tbody,tr,td{display:block}dd{margin-bottom:.6rem}thead{display:none}tbody{border-bottom:2px solid #8886;padding:.5rem 0}tr:not(.sent){padding:.2rem 0}td{border:0;padding:.1rem 0}td.key{max-width:none}td:empty{display:none}tr:not(.sent) td::before{font-weight:600}}
@media print{body{margin:0;max-width:none;font-size:10px}thead th{position:static}}";

pub(super) fn write(document: &FeedbackDocument<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let out = &mut out;
    let names = column_names(document);
    let style = format!("{STYLE}{}", labels_of_cells(&names));
    let digest = STANDARD.encode(Sha256::digest(&style));
    let title = escaped(&document.receipt.title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>\n",
        document.asked.language.tag()
    )?;
    for (label, value) in &document.receipt.items {
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(label), isolated(&value.shown()))?;
    }
    writeln!(out, "</dl>")?;
    if !document.table.rejected.is_empty() || !document.table.warned.is_empty() {
        write_table(document, &names, out)?;
    }
    writeln!(out, "</body>\n</html>")?;
    out.flush()
}

/// Returns the headings of the table: the key columns, then what is said about a fault.
fn column_names(document: &FeedbackDocument<'_>) -> Vec<String> {
    let layout = Layout::new(document.asked, document.table);
    let keys = layout.keys.iter().map(|column| document.table.columns[*column].name.clone());
    keys.chain(document.labels()).collect()
}

/// Returns the rules that write the heading of a column before each of its cells on a narrow screen, where the cells of a row are below each
/// other. Rules need less room than a heading in every cell.
fn labels_of_cells(names: &[String]) -> String {
    let mut rules = String::from("@media screen and (max-width:48rem){");
    for (name, number) in names.iter().zip(1..) {
        rules.push_str(&format!("tr:not(.sent)>:nth-child({number})::before{{content:\"{}\"}}", style_string(name)));
    }
    rules.push('}');
    rules
}

/// Returns a text as the content of a string in a style sheet, with a colon. All but ASCII letters and digits are escapes (CSS Syntax 3,
/// 4.3.7), so that no name ends the string or the element.
fn style_string(name: &str) -> String {
    let mut text = String::new();
    for character in visible(&excerpt(name, NAME)).chars().chain(": ".chars()) {
        match character.is_ascii_alphanumeric() {
            true => text.push(character),
            false => text.push_str(&format!("\\{:x} ", character as u32)),
        }
    }
    text
}

fn write_table(document: &FeedbackDocument<'_>, headings: &[String], out: &mut dyn Write) -> io::Result<()> {
    let layout = Layout::new(document.asked, document.table);
    writeln!(out, "<h2>{}</h2>\n<table>\n<thead><tr>", escaped(&document.text("label.rows")))?;
    for (number, label) in headings.iter().enumerate() {
        let class = if number < layout.keys.len() { " class=\"key\"" } else { "" };
        write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(label))?;
    }
    writeln!(out, "</tr></thead>")?;
    let names: Vec<String> = layout.sent.iter().map(|column| isolated(&document.table.columns[*column].name)).collect();
    let mut page = String::new();
    let mut is_open = false;
    for line in lines(document.table) {
        if line.is_first {
            page.push_str(if is_open { "</tbody>\n<tbody class=\"" } else { "<tbody class=\"" });
            page.push_str(match line.severity {
                Severity::Warning => "warning\">\n",
                Severity::Error => "error\">\n",
            });
            is_open = true;
        }
        push_line(document, &layout, &line, &mut page);
        if line.is_last && (line.row.raw.is_some() || line.row.cells.count() > 0) {
            push_sent(&layout, &names, &line, &mut page);
        }
        out.write_all(page.as_bytes())?;
        page.clear();
    }
    writeln!(out, "{}</table>", if is_open { "</tbody>\n" } else { "" })
}

fn push_line(document: &FeedbackDocument<'_>, layout: &Layout, line: &Line<'_>, page: &mut String) {
    page.push_str("<tr>");
    for key in &layout.keys {
        page.push_str("<td class=\"key\">");
        push_isolated(line.row.cells.get(*key).unwrap_or_default(), page);
        page.push_str("</td>");
    }
    page.push_str("<td>");
    page.push_str(&line.row.line.to_string());
    page.push_str("</td><td>");
    push_escaped(document.kind(line), page);
    page.push_str("</td>");
    push_cell(&document.column(line), page);
    push_cell(&document.message(line), page);
    page.push_str("<td>");
    let value = value(line);
    if !value.is_empty() {
        push_marked(value, page);
    }
    page.push_str("</td>");
    push_cell(expected(line), page);
    push_cell(help(line), page);
    page.push_str("</tr>\n");
}

/// Appends the row as it was sent: each cell behind the name of its column, with cells at fault marked. The names are escaped already.
fn push_sent(layout: &Layout, names: &[String], line: &Line<'_>, page: &mut String) {
    page.push_str("<tr class=\"sent\"><td colspan=\"");
    page.push_str(&(layout.keys.len() + LABELS).to_string());
    page.push_str("\">");
    if let Some(raw) = &line.row.raw {
        push_isolated(raw, page);
    } else {
        for (nth, (column, name)) in layout.sent.iter().zip(names).enumerate() {
            page.push_str(if nth > 0 { " · " } else { "" });
            page.push_str(name);
            page.push_str(": ");
            let cell = line.row.cells.get(*column).unwrap_or_default();
            match is_at_fault(line.row, *column) {
                true => push_marked(cell, page),
                false => push_isolated(cell, page),
            }
        }
    }
    page.push_str("</td></tr>\n");
}

/// Appends a cell of the table with this text.
fn push_cell(text: &str, page: &mut String) {
    page.push_str("<td>");
    push_isolated(text, page);
    page.push_str("</td>");
}

/// Appends a text that is at fault.
fn push_marked(text: &str, page: &mut String) {
    page.push_str("<mark>");
    push_isolated(text, page);
    page.push_str("</mark>");
}

/// Appends a text in an element that keeps its direction to itself, cut if it is long.
fn push_isolated(text: &str, page: &mut String) {
    if text.is_empty() {
        return;
    }
    page.push_str("<bdi>");
    push_escaped(&excerpt(text, CELL), page);
    page.push_str("</bdi>");
}

/// Appends a text as the content of an element or of a quoted attribute.
fn push_escaped(text: &str, page: &mut String) {
    // The search has no branch for each byte, because most texts are visible ASCII with nothing to escape.
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    match text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        true => page.push_str(text),
        false => markup::push_escaped(&visible(text), page),
    }
}

/// What [`push_isolated`] appends.
fn isolated(text: &str) -> String {
    let mut page = String::new();
    push_isolated(text, &mut page);
    page
}

/// What [`push_escaped`] appends.
fn escaped(text: &str) -> String {
    let mut page = String::new();
    push_escaped(text, &mut page);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_markup_or_unseen_is_escaped_and_nothing_else() {
        for (text, expected) in [
            ("", ""),
            ("a b~", "a b~"),
            ("<a href=\"x\">'&'", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"),
            ("é", "é"),
            ("é<", "é&lt;"),
            ("a\u{202e}b\n\u{7f}", "a\\u{202e}b\\n\\u{7f}"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
        assert_eq!(isolated(""), "");
        assert_eq!(style_string("a1\"</style>"), "a1\\22 \\3c \\2f style\\3e \\3a \\20 ");
        assert_eq!(isolated("<"), "<bdi>&lt;</bdi>");
        assert_eq!(isolated(&"x".repeat(CELL + 1)), format!("<bdi>{}…</bdi>", "x".repeat(CELL)));
    }
}
