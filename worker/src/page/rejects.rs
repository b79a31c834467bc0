//! The first rejected rows of a file as a table, with the bad cells marked.

use std::collections::BTreeSet;

use sluice_csv::{Dialect, Limits, RecordKind, Records};
use sluice_engine::report::{Fault, FileReport, Reject};

use super::html::Html;
use super::value_format::{MESSAGE, NAME, VALUE};
use crate::key::Suffix;
use crate::number_format::{counted, grouped};

/// Most columns of a table of rejects. For a wider file, these are the columns at fault, and the first columns, by which a row is
/// recognized.
const COLUMNS: usize = 12;

/// The number of first columns that are always shown.
const FIRST: usize = 3;

/// Most characters of a row that is shown as it was sent.
const RAW: usize = 300;

/// Most faults of a row that are shown.
const FAULTS: usize = 5;

/// Writes the first rejects of a file.
pub(super) fn rejects(html: &mut Html, report: &FileReport) {
    if report.samples.is_empty() {
        return;
    }
    html.markup("<h4>First rejected rows</h4>");
    let more = report.rows.rejected.saturating_sub(report.samples.len() as u64);
    if more > 0 {
        let place = report.outputs.rejects.as_deref().map(|place| format!(": {place}")).unwrap_or_default();
        let text = format!("{} more; the rejects have them all{place}.", grouped(more));
        let text = if report.outputs.rejects.is_some() { text } else { format!("{} more.", grouped(more)) };
        html.element("p", &[("class", "note")], |html| html.cut_text(&text, MESSAGE));
    }
    if report.samples.iter().all(is_hidden) {
        html.markup("<p class=\"note\">Their cells are not shown: the file has redacted columns.</p>");
    }
    let cells: Vec<Option<Vec<String>>> = report.samples.iter().map(|reject| cells(reject, report)).collect();
    let columns = if cells.iter().any(Option::is_some) { columns(report) } else { Vec::new() };
    html.markup("<div class=\"wide\"><table class=\"rejects\"><caption class=\"aside\">First rejected rows</caption><thead><tr><th scope=\"col\">Line</th>");
    for &column in &columns {
        html.open("th", &[("scope", "col")]);
        html.cut_text(&report.fields[column].name, NAME);
        html.close("th");
    }
    if columns.is_empty() {
        html.markup("<th scope=\"col\">Row</th>");
    } else if columns.len() < report.fields.len() {
        html.markup("<th scope=\"col\"><span aria-label=\"other columns\">…</span></th>");
    }
    html.markup("</tr></thead>");
    for (reject, cells) in report.samples.iter().zip(&cells) {
        row(html, report, reject, cells.as_deref(), &columns);
    }
    html.markup("</table></div>");
}

/// Returns the indices of the columns that are shown.
fn columns(report: &FileReport) -> Vec<usize> {
    let count = report.fields.len();
    if count <= COLUMNS {
        return (0..count).collect();
    }
    let faults = report.samples.iter().flat_map(|reject| &reject.errors);
    let at_fault =
        faults.filter_map(|fault| usize::try_from(fault.column?).ok()?.checked_sub(1)).filter(|&column| column < count);
    let mut columns: BTreeSet<usize> = (0..FIRST).collect();
    for column in at_fault {
        if columns.len() < COLUMNS {
            columns.insert(column);
        }
    }
    columns.into_iter().collect()
}

/// Returns true if a row is not shown because the file has redacted columns.
fn is_hidden(reject: &Reject) -> bool {
    reject.raw.is_none() && reject.raw_base64.is_none()
}

fn row(html: &mut Html, report: &FileReport, reject: &Reject, cells: Option<&[String]>, columns: &[usize]) {
    let others = usize::from(columns.is_empty() || columns.len() < report.fields.len());
    let span = (columns.len() + others).to_string();
    let lines = if is_hidden(reject) { "1" } else { "2" };
    let line = |html: &mut Html| html.leaf("th", &[("scope", "row"), ("rowspan", lines)], &grouped(reject.line));
    html.markup("<tbody>");
    if is_hidden(reject) {
        html.markup("<tr class=\"why\">");
        line(html);
    } else {
        html.markup("<tr>");
        line(html);
        match cells {
            Some(cells) => marked(html, reject, cells, columns),
            None => html.element("td", &[("colspan", &span), ("class", "raw")], |html| match &reject.raw {
                Some(raw) => html.cut_text(raw, RAW),
                None => html.markup("<i>not UTF-8</i>"),
            }),
        }
        if cells.is_some() && others > 0 {
            html.markup("<td></td>");
        }
        html.markup("</tr><tr class=\"why\">");
    }
    html.element("td", &[("colspan", &span)], |html| why(html, reject));
    html.markup("</tr></tbody>");
}

/// Writes the cells of a row, with cells at fault marked.
fn marked(html: &mut Html, reject: &Reject, cells: &[String], columns: &[usize]) {
    for &column in columns {
        let text = cells.get(column).map_or("", String::as_str);
        if reject.errors.iter().any(|fault| fault.column == Some(column as u64 + 1)) {
            html.markup("<td class=\"bad\"><mark>");
            html.cut_text(if text.is_empty() { "(empty)" } else { text }, VALUE);
            html.markup("</mark></td>");
        } else {
            html.element("td", &[], |html| html.cut_text(text, VALUE));
        }
    }
}

/// Writes the faults of a row.
fn why(html: &mut Html, reject: &Reject) {
    html.markup("<ul>");
    for fault in reject.errors.iter().take(FAULTS) {
        html.markup("<li>");
        if let Some(field) = &fault.field {
            html.markup("<b>");
            html.cut_text(field, NAME);
            html.markup("</b> ");
        }
        html.leaf("code", &[], fault.code.name());
        html.markup(" ");
        html.cut_text(&fault.message, MESSAGE);
        html.markup("</li>");
    }
    let more = reject.errors.len().saturating_sub(FAULTS) as u64 + reject.errors_omitted;
    if more > 0 {
        html.leaf("li", &[], &format!("and {}", counted(more, "more fault")));
    }
    html.markup("</ul>");
}

/// Returns the cells of a rejected row, if its delimiter can be found, which reports do not contain: a delimiter fits if the row then
/// has as many cells as there are columns, and the values of the faults are those of their cells.
fn cells(reject: &Reject, report: &FileReport) -> Option<Vec<String>> {
    let raw = reject.raw.as_ref().filter(|_| report.fields_omitted == 0 && !report.fields.is_empty())?;
    let by_suffix = Suffix::of(&report.file.key).map(|suffix| suffix.delimiter);
    by_suffix.into_iter().chain(*b",;\t|").find_map(|delimiter| {
        let dialect = Dialect { delimiter: delimiter.into(), ..Dialect::default() };
        let record = Records::new(raw.as_bytes(), dialect, Limits::default()).next_record().ok()??;
        let cells: Vec<String> =
            record.cells.into_iter().map(|cell| String::from_utf8(cell).ok()).collect::<Option<_>>()?;
        let is_told = |fault: &Fault| match (fault.column, &fault.value) {
            (Some(column), Some(value)) => cells.get(column as usize - 1).is_some_and(|cell| cell == value),
            _ => true,
        };
        let fits = record.kind == RecordKind::Cells && cells.len() == report.fields.len();
        (fits && reject.errors.iter().all(is_told)).then_some(cells)
    })
}
