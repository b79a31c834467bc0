//! The beginning of a page: totals, causes, and what to do about them.

use super::causes::{Causes, Effect};
use super::chart;
use super::contents::Contents;
use super::html::Html;
use super::value_format::{MESSAGE, NAME};
use crate::number_format::{counted, grouped, percent, size};
use crate::task::{RowCounts, Totals};

/// Most causes on a page.
const CAUSES: usize = 60;

/// Writes the title and the totals.
pub(super) fn summary(html: &mut Html, contents: &Contents) {
    html.markup("<header><p class=\"brand\">Sluice · intake report</p><h1>");
    html.cut_text(&contents.title, NAME);
    html.markup("</h1>");
    if !contents.about.is_empty() {
        html.markup("<dl class=\"about\">");
        for (name, text) in &contents.about {
            html.markup("<div>");
            html.leaf("dt", &[], name);
            html.element("dd", &[], |html| html.cut_text(text, NAME));
            html.markup("</div>");
        }
        html.markup("</dl>");
    }
    html.markup("</header><main><section aria-labelledby=\"overview\"><h2 id=\"overview\">Overview</h2>");
    for note in &contents.notes {
        html.element("p", &[("class", "callout"), ("role", "note")], |html| html.cut_text(note, MESSAGE));
    }
    tiles(html, &contents.totals);
    html.markup("</section>");
}

fn tiles(html: &mut Html, totals: &Totals) {
    let Totals { files, rows, bytes, .. } = totals;
    let verdict = |name: &str, count: u64| (count > 0).then(|| format!("{} {name}", grouped(count)));
    let parts = [
        ("clean", files.clean),
        ("accepted", files.accepted),
        ("refused", files.refused),
        ("failed", files.failed),
        ("interrupted", files.interrupted),
    ];
    let named: Vec<String> = parts.iter().filter_map(|&(name, count)| verdict(name, count)).collect();
    html.markup("<div class=\"tiles\">");
    tile(html, "Files", &grouped(files.total), &named.join(", "));
    let of_rows = format!("{} in all", size(*bytes));
    tile(html, "Rows read", &grouped(rows.read), &of_rows);
    tile(html, "Rows rejected", &grouped(rows.rejected), &format!("{} of all rows", percent(rows.rejected, rows.read)));
    html.markup("</div><div class=\"bars\">");
    let title = format!("files: {}", named.join(", "));
    bar(html, "Files", &parts, &title);
    rows_bar(html, rows);
    let clean = rows.clean.saturating_sub(rows.withheld);
    legend(
        html,
        [
            ("clean", "clean", files.clean + clean),
            ("accepted", "accepted with rejected rows", files.accepted),
            ("refused", "refused, rejected", files.refused + rows.rejected),
            ("withheld", "rows without faults in refused files", rows.withheld),
            ("failed", "failed", files.failed),
            ("interrupted", "not checked: the run was interrupted", files.interrupted),
        ]
        .into_iter(),
    );
    html.markup("</div>");
}

/// Writes the bar of rows. The rows of a refused file are in no clean file, whether they have faults or not.
fn rows_bar(html: &mut Html, rows: &RowCounts) {
    let parts = [
        ("clean", "clean", rows.clean.saturating_sub(rows.withheld)),
        ("withheld", "without faults in refused files", rows.withheld),
        ("refused", "rejected", rows.rejected),
    ];
    let named = parts.iter().filter(|(class, _, count)| *class != "withheld" || *count > 0);
    let named: Vec<String> = named.map(|(_, word, count)| format!("{} {word}", grouped(*count))).collect();
    bar(html, "Rows", &parts.map(|(class, _, count)| (class, count)), &format!("rows: {}", named.join(", ")));
}

fn tile(html: &mut Html, name: &str, number: &str, below: &str) {
    html.markup("<div class=\"tile\">");
    html.leaf("span", &[("class", "name")], name);
    html.leaf("strong", &[], number);
    html.leaf("span", &[("class", "below")], below);
    html.markup("</div>");
}

fn bar(html: &mut Html, name: &str, parts: &[(&'static str, u64)], title: &str) {
    html.markup("<div class=\"bar-line\">");
    html.leaf("span", &[], name);
    chart::stacked(html, parts, title);
    html.markup("</div>");
}

/// Writes the names of the colours that occur.
fn legend(html: &mut Html, colours: impl Iterator<Item = (&'static str, &'static str, u64)>) {
    html.markup("<p class=\"legend\">");
    for (class, word, _) in colours.filter(|(_, _, count)| *count > 0) {
        html.markup("<span>");
        html.leaf("i", &[("class", class)], "");
        html.text(word);
        html.markup("</span>");
    }
    html.markup("</p>");
}

/// Writes the causes, ranked.
pub(super) fn causes(html: &mut Html, causes: &Causes) {
    let ranked = causes.ranked();
    html.markup("<section aria-labelledby=\"causes\"><h2 id=\"causes\">Causes and what to do</h2>");
    if ranked.is_empty() {
        html.markup("<p class=\"good\">Nothing was rejected, refused or failed.</p></section>");
        return;
    }
    html.markup("<div class=\"wide\"><table class=\"ranked\" data-sort><caption class=\"aside\">Causes, worst first</caption><thead><tr><th scope=\"col\">Cause</th><th scope=\"col\">Where</th><th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">Files</th><th scope=\"col\">Message</th><th scope=\"col\">What to do</th></tr></thead><tbody>");
    for (kind, found) in ranked.iter().take(CAUSES) {
        let (class, what, one) = match kind.effect {
            Effect::Failed => ("badge failed", "not checked", "file"),
            Effect::Refused => ("badge refused", "refused", "file"),
            Effect::Rejected => ("badge accepted", "rejected", "fault"),
            Effect::Warned => ("badge warned", "warning", "row"),
        };
        html.markup("<tr><th scope=\"row\">");
        html.leaf("span", &[("class", class)], what);
        html.markup(" ");
        html.element("code", &[], |html| html.cut_text(&kind.code, NAME));
        html.markup("</th><td>");
        if let Some(field) = &kind.field {
            html.markup("<b>");
            html.cut_text(field, NAME);
            html.markup("</b> ");
        }
        if let Some(detail) = &kind.detail {
            html.cut_text(detail, NAME);
        }
        html.markup("</td>");
        html.leaf("td", &[("class", "n"), ("data-v", &found.count.to_string())], &counted(found.count, one));
        html.leaf("td", &[("class", "n"), ("data-v", &found.files.to_string())], &grouped(found.files));
        html.element("td", &[], |html| html.lines(&found.example, MESSAGE));
        html.leaf("td", &[], found.remedy);
        html.markup("</tr>");
    }
    html.markup("</tbody></table></div>");
    let more = ranked.len().saturating_sub(CAUSES) as u64;
    if more > 0 {
        html.leaf("p", &[("class", "note")], &format!("and {}", counted(more, "more cause")));
    }
    html.markup("</section>");
}
