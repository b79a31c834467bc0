//! The answer as a page for people and printers: one file without scripts, which needs no network.
//!
//! Every text goes through [`escaped`]. Invisible characters, and characters that change the direction of a text, are written as escapes,
//! and each value stands in a `bdi` of its own, so that no value changes how the rest of the page reads.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use sluice_engine::report::{excerpt, visible};

use super::Answer;
use super::layout::{LABELS, Layout, Line, is_at_fault, lines, value};

/// Most characters of a cell that the page shows; the other forms have all of it.
const CELL: usize = 500;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
h1{font-size:1.4rem}dl{display:grid;grid-template-columns:fit-content(45%) 1fr;gap:.25rem 1.5rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:Canvas}tbody{break-inside:avoid}tr.sent td{color:GrayText;color:color-mix(in srgb,CanvasText 70%,Canvas);font-size:.85em}
mark{background:#ffd5d5;color:#7a0000;padding:0 .15em}.warning mark{background:#fff0c2;color:#5c4300}
@media screen and (max-width:48rem){body{margin:1rem auto}dl{display:block}dd{margin-bottom:.6rem}table{display:block;overflow-x:auto}th,td{min-width:3em;max-width:24em;overflow-wrap:break-word}tr:not(.sent) :nth-last-child(4){min-width:14em}thead th{position:static}}
@media print{body{margin:0;max-width:none;font-size:10px}thead th{position:static}}";

pub(super) fn write(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let out = &mut out;
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let title = escaped(&answer.receipt.title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>\n",
        answer.asked.language.tag()
    )?;
    for (label, value) in &answer.receipt.items {
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(label), isolated(&value.shown()))?;
    }
    writeln!(out, "</dl>")?;
    if !answer.table.rejected.is_empty() || !answer.table.warned.is_empty() {
        write_table(answer, out)?;
    }
    writeln!(out, "</body>\n</html>")?;
    out.flush()
}

fn write_table(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let layout = Layout::new(answer.asked, answer.table);
    writeln!(out, "<h2>{}</h2>\n<table>\n<thead><tr>", escaped(&answer.text("label.rows")))?;
    let keys = layout.keys.iter().map(|column| answer.table.columns[*column].name.clone());
    for label in keys.chain(answer.labels()) {
        write!(out, "<th scope=\"col\">{}</th>", escaped(&label))?;
    }
    writeln!(out, "</tr></thead>")?;
    let names: Vec<String> = layout.sent.iter().map(|column| isolated(&answer.table.columns[*column].name)).collect();
    let mut is_open = false;
    for line in lines(answer.table) {
        if line.is_first {
            let class = if line.is_warning { "warning" } else { "error" };
            writeln!(out, "{}<tbody class=\"{class}\">", if is_open { "</tbody>\n" } else { "" })?;
            is_open = true;
        }
        write_line(answer, &layout, &line, out)?;
        if line.is_last && (line.row.raw.is_some() || line.row.cells.count() > 0) {
            write_sent((&layout, &names), &line, out)?;
        }
    }
    writeln!(out, "{}</table>", if is_open { "</tbody>\n" } else { "" })
}

fn write_line(answer: &Answer<'_>, layout: &Layout, line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tr>")?;
    for key in &layout.keys {
        write!(out, "<td>{}</td>", isolated(line.row.cells.get(*key).unwrap_or_default()))?;
    }
    let (kind, message) = (answer.kind(line), answer.message(line));
    let column = line.fault.map(|fault| answer.column(fault)).unwrap_or_default();
    let expected = line.fault.map_or("", |fault| &fault.expected);
    let help = line.fault.and_then(|fault| fault.help.as_deref()).unwrap_or_default();
    let value = value(line);
    let value = if value.is_empty() { String::new() } else { format!("<mark>{}</mark>", isolated(value)) };
    writeln!(
        out,
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{value}</td><td>{}</td><td>{}</td></tr>",
        line.row.line,
        escaped(&kind),
        isolated(&column),
        isolated(&message),
        isolated(expected),
        isolated(help)
    )
}

/// Writes the row as it was sent: each cell behind the name of its column, which is escaped already, with cells at fault marked.
fn write_sent((layout, names): (&Layout, &[String]), line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tr class=\"sent\"><td colspan=\"{}\">", layout.keys.len() + LABELS)?;
    if let Some(raw) = &line.row.raw {
        write!(out, "{}", isolated(raw))?;
    } else {
        for (nth, (column, name)) in layout.sent.iter().zip(names).enumerate() {
            let cell = isolated(line.row.cells.get(*column).unwrap_or_default());
            let between = if nth > 0 { " · " } else { "" };
            match is_at_fault(line.row, *column) {
                true => write!(out, "{between}{name}: <mark>{cell}</mark>")?,
                false => write!(out, "{between}{name}: {cell}")?,
            }
        }
    }
    writeln!(out, "</td></tr>")
}

/// A text in an element that keeps its direction to itself, cut if it is long.
fn isolated(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    ["<bdi>", &*escaped(&excerpt(text, CELL)), "</bdi>"].concat()
}

/// A text as the content of an element or of a quoted attribute.
fn escaped(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    let is_special = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    // The search has no branch for each byte, because most texts have nothing to escape.
    if !text.bytes().fold(false, |any, byte| any | is_special(byte)) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (before, behind) = rest.split_at(at);
        escaped.push_str(before);
        escaped.push_str(match behind.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &behind[1..];
    }
    escaped.push_str(rest);
    escaped.into()
}
