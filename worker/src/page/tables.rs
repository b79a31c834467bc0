//! The table of files, and the history of their prefixes.

use super::chart::{self, Measured};
use super::contents::History;
use super::file::badge;
use super::html::Html;
use super::value_format::NAME;
use crate::number_format::{counted, grouped, size};
use crate::task::FileSummary;

/// Writes the table of files, as many as there is `room` for in bytes; `place` returns the anchor of a file that is shown in detail.
pub(super) fn files(
    html: &mut Html,
    (rows, left_out): (&[FileSummary], u64),
    place: impl Fn(&str) -> Option<String>,
    room: usize,
) {
    let mut lines = Html::default();
    let mut shown = 0;
    for next in rows {
        let mut line = Html::default();
        file(&mut line, next, place(&next.key).as_deref());
        if lines.len() + line.len() > room {
            break;
        }
        lines.append(&line);
        shown += 1;
    }
    html.markup("<section aria-labelledby=\"files\"><h2 id=\"files\">Files</h2>");
    let left_out = left_out + (rows.len() as u64 - shown);
    if left_out > 0 {
        let others = counted(left_out, "file");
        let text = format!("The worst {} are shown; {others} are left out.", grouped(shown));
        html.leaf("p", &[("class", "note")], &text);
    }
    html.markup(
        "<div class=\"wide\"><table class=\"files\" data-sort data-filter=\"file\"><caption class=\"aside\">Files, the worst \
         first</caption><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"n\">Rows</th>\
         <th scope=\"col\" class=\"n\">Rejected</th><th scope=\"col\" class=\"n\">Size</th><th scope=\"col\">Reason</th></tr></thead>\
         <tbody>",
    );
    html.append(&lines);
    html.markup("</tbody></table></div></section>");
}

fn file(html: &mut Html, row: &FileSummary, place: Option<&str>) {
    html.markup("<tr><th scope=\"row\">");
    match place {
        Some(place) => html.element("a", &[("href", place)], |html| html.cut_text(&row.key, NAME)),
        None => html.cut_text(&row.key, NAME),
    }
    html.markup("</th><td>");
    badge(html, row.ended);
    html.markup("</td>");
    for (number, text) in
        [(row.read, grouped(row.read)), (row.rejected, grouped(row.rejected)), (row.bytes, size(row.bytes))]
    {
        html.leaf("td", &[("class", "n"), ("data-v", &number.to_string())], &text);
    }
    let reason = row.reason.lines().next().unwrap_or_default();
    html.element("td", &[], |html| html.cut_text(reason, NAME));
    html.markup("</tr>");
}

/// Writes the histories of as many prefixes as there is `room` for in bytes.
pub(super) fn histories(html: &mut Html, histories: &[History], room: usize) {
    let told: Vec<&History> =
        histories.iter().filter(|history| history.files.len() > 1 || history.unreadable > 0).collect();
    if told.is_empty() {
        return;
    }
    html.markup(
        "<section aria-labelledby=\"history\"><h2 id=\"history\">History</h2><p class=\"note\">The latest files in the ledger, newest on the \
         right; the colour shows the verdict.</p>",
    );
    let (mut used, mut shown) = (0, 0);
    for next in &told {
        let mut section = Html::default();
        history(&mut section, next);
        used += section.len();
        if used > room {
            break;
        }
        html.append(&section);
        shown += 1;
    }
    let more = (told.len() - shown) as u64;
    if more > 0 {
        let text = format!("The page has no room for the history of {}.", counted(more, "more folder"));
        html.leaf("p", &[("class", "note")], &text);
    }
    html.markup("</section>");
}

fn history(html: &mut Html, history: &History) {
    html.markup("<div class=\"past\"><h3>");
    html.cut_text(&history.prefix, NAME);
    html.markup("</h3>");
    let latest = history.files.len() as u64;
    if latest < history.records {
        let text = format!("the latest {} of {}", grouped(latest), counted(history.records, "file"));
        html.leaf("p", &[("class", "note")], &text);
    }
    if history.unreadable > 0 {
        let read = history.files.len() as u64 + history.unreadable;
        let text = format!(
            "{} of {} cannot be read and are left out; sluice run --force checks their files again.",
            grouped(history.unreadable),
            counted(read, "ledger record")
        );
        html.leaf("p", &[("class", "callout"), ("role", "note")], &text);
    }
    html.markup("<div class=\"charts\">");
    for measured in Measured::ALL {
        html.markup("<figure><figcaption>");
        html.text(measured.name());
        if let Some(latest) = history.files.last() {
            html.leaf("b", &[], &measured.shown(latest));
        }
        html.markup("</figcaption>");
        chart::history(html, &history.files, measured);
        html.markup("</figure>");
    }
    html.markup("</div></div>");
}
