//! A report as one page of HTML, which needs no network and can be opened from a mail attachment.
//!
//! The page contains everything that it needs, and its policy (`Content-Security-Policy`) allows nothing else: the policy has the digests of
//! the style and the script. Charts are SVG that this module draws. The script sorts and filters; the page has the same contents without
//! it. A page has at most [`PAGE_BYTES`] bytes, whatever the files are: totals are over all files, the rest is about the worst ones, and the
//! page says what is left out.

mod causes;
mod chart;
mod columns;
mod contents;
mod file;
mod html;
mod overview;
mod rejects;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod value_format;

use std::collections::BTreeSet;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use sluice_engine::report::FileReport;

use self::html::Html;
use self::value_format::NAME;
pub(crate) use contents::{Contents, DETAILS, HISTORIES, HISTORY_FILES, History, HistoryFile};

use crate::key::prefix_of;
use crate::number_format::counted;
use crate::ranking::Ranked;
use crate::task::FileStatus;

/// Most bytes of a page.
pub(crate) const PAGE_BYTES: usize = 1_000_000;

/// Most bytes of the table of files, of the histories of prefixes, and of files with their faults. The rest is for columns.
const TABLE_BYTES: usize = 250_000;
const HISTORY_BYTES: usize = 120_000;
const FAULT_BYTES: usize = 300_000;

/// Bytes for everything around the sections of files, including the script.
const MARGIN: usize = 40_000;

/// If there are no more files than this, all are shown open; otherwise only the first one is.
const OPEN: usize = 3;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Renders the page, in UTF-8.
pub(crate) fn render(contents: Contents) -> String {
    let mut html = Html::default();
    head(&mut html, &contents);
    overview::summary(&mut html, &contents);
    overview::causes(&mut html, &contents.causes);
    let details = contents.details.finish().items;
    let Ranked { items: rows, left_out } = contents.rows.finish();
    let faults = faults(&details);
    let shown = faults.len();
    let place = |key: &str| {
        let number = details[..shown].iter().position(|report| report.file.key == key)?;
        Some(format!("#file-{}", number + 1))
    };
    tables::files(&mut html, (&rows, left_out), place, TABLE_BYTES);
    tables::histories(&mut html, &contents.histories, HISTORY_BYTES);
    let used = html.len() + faults.iter().map(Html::len).sum::<usize>();
    let columns = all_columns(&details[..shown], PAGE_BYTES.saturating_sub(used + MARGIN));
    if shown > 0 {
        html.markup("<section aria-labelledby=\"details\"><h2 id=\"details\">Files in detail</h2>");
        for (number, ((report, faults), columns)) in details.iter().zip(&faults).zip(&columns).enumerate() {
            let is_open = number == 0 || shown <= OPEN;
            open_detail(&mut html, number, is_open);
            detail(&mut html, report, [faults, columns]);
        }
        let files = contents.totals.files;
        let more = (files.total - files.failed - files.interrupted).saturating_sub(shown as u64);
        if more > 0 {
            html.leaf("p", &[("class", "note")], &format!("{} are not shown in detail.", counted(more, "more file")));
        }
        html.markup("</section>");
    }
    html.markup("</main><footer><p>");
    html.text(crate::version::ENGINE);
    html.markup(" · counts of rows and faults are exact, statistics are over clean rows</p></footer><script>");
    html.markup(SCRIPT);
    html.markup("</script></body></html>\n");
    html.into_text()
}

fn head(html: &mut Html, contents: &Contents) {
    let digest = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    html.markup("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\"><title>");
    html.cut_text(&contents.title, NAME);
    html.markup(" · intake report</title><style>");
    html.markup(STYLE);
    html.markup("</style></head><body><a class=\"skip\" href=\"#overview\">Skip to the overview</a>");
}

/// Returns the sections of files without their columns, as many as there is room for.
fn faults(details: &[FileReport]) -> Vec<Html> {
    let (mut sections, mut used) = (Vec::new(), 0);
    for report in details {
        let mut section = Html::default();
        file::file(&mut section, report);
        used += section.len();
        if used > FAULT_BYTES {
            break;
        }
        sections.push(section);
    }
    sections
}

/// Returns the columns of each file, as far as there is room. The first file of each prefix takes precedence over its other files, which have
/// the same columns.
fn all_columns(details: &[FileReport], mut room: usize) -> Vec<Html> {
    let mut seen = BTreeSet::new();
    let (first, others): (Vec<usize>, Vec<usize>) = (0..details.len()).partition(|&number| {
        let key = &details[number].file.key;
        seen.insert(prefix_of(key).map_or(key.as_str(), |prefix| prefix))
    });
    let mut sections = vec![Html::default(); details.len()];
    for number in first.into_iter().chain(others) {
        let report = &details[number];
        let section = &mut sections[number];
        let shown = columns::columns(section, report, room.saturating_sub(1000));
        let more = (report.fields.len() - shown) as u64 + report.fields_omitted;
        if more > 0 {
            let text = format!("{} not shown: the page has no room for more.", counted(more, "more column"));
            section.leaf("p", &[("class", "note")], &text);
        }
        room = room.saturating_sub(section.len());
    }
    sections
}

/// Opens the details of the file with this number, from 0.
fn open_detail(html: &mut Html, number: usize, is_open: bool) {
    let id = format!("file-{}", number + 1);
    let attributes = [("class", "file"), ("id", &*id), ("open", "")];
    html.open("details", &attributes[..if is_open { 3 } else { 2 }]);
}

/// Writes the details of a file, and closes them.
fn detail(html: &mut Html, report: &FileReport, sections: [&Html; 2]) {
    let status = FileStatus::of(report.verdict);
    html.markup("<summary><h3>");
    html.cut_text(&report.file.key, NAME);
    html.markup("</h3>");
    file::badge(html, status);
    html.markup("</summary>");
    for section in sections {
        html.append(section);
    }
    html.close("details");
}
