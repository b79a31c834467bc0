//! A file with its faults.

use sluice_engine::report::FileReport;

use super::chart;
use super::html::Html;
use super::rejects::rejects;
use super::value_format::{MESSAGE, NAME};
use crate::number_format::{counted, duration, grouped, percent, size};
use crate::task::FileStatus;

/// Most causes of a file that are shown.
const CAUSES: usize = 15;

/// Most lines about labels, about warnings and about assertions.
const LINES: usize = 10;

/// Writes a file without its columns.
pub(super) fn file(html: &mut Html, report: &FileReport) {
    facts(html, report);
    if let Some(refusal) = &report.refusal {
        html.markup("<div class=\"callout refused\"><p><b>Refused</b> ");
        html.leaf("code", &[], refusal.code.explained().name);
        html.markup("</p><p>");
        html.lines(&refusal.message, MESSAGE);
        html.markup("</p><p class=\"todo\"><b>What to do:</b> ");
        html.text(refusal.code.explained().remedy);
        html.markup("</p></div>");
    }
    remarks(html, report);
    if let Some(faults) = &report.faults {
        html.markup("<h4>Where the faults are</h4>");
        let records = report.rows.read + report.rows.blank + 1;
        chart::strip(html, &faults.spread, records);
        html.markup("<p class=\"ends\" aria-hidden=\"true\"><span>first record</span><span>last record</span></p>");
    }
    causes(html, report);
    rejects(html, report);
}

fn facts(html: &mut Html, report: &FileReport) {
    let mut facts = vec![
        ("rows", grouped(report.rows.read)),
        (
            "rejected",
            format!("{} ({})", grouped(report.rows.rejected), percent(report.rows.rejected, report.rows.read)),
        ),
    ];
    facts.extend(report.file.bytes.map(|bytes| ("size", size(bytes))));
    facts.push(("encoding", report.file.encoding.clone()));
    facts.push(("checked in", duration(report.seconds)));
    facts.push((
        "checked at",
        format!("{} UTC", report.started_at.get(..19).unwrap_or(&report.started_at).replace('T', " ")),
    ));
    let descriptor = report.descriptor.as_ref().map(|descriptor| match &descriptor.resource {
        Some(resource) => format!("{} ({resource})", descriptor.key),
        None => descriptor.key.clone(),
    });
    facts.push(("descriptor", descriptor.unwrap_or_else(|| "none: only the structure is checked".to_owned())));
    html.markup("<dl class=\"facts\">");
    for (name, text) in facts {
        html.markup("<div>");
        html.leaf("dt", &[], name);
        html.element("dd", &[], |html| html.cut_text(&text, NAME));
        html.markup("</div>");
    }
    html.markup("</dl>");
}

/// Writes remarks on a file besides its faults.
fn remarks(html: &mut Html, report: &FileReport) {
    let mut lines: Vec<String> = report.file.encoding_note.clone().into_iter().collect();
    lines.extend(report.hints.iter().cloned());
    lines.extend(report.rejects_omitted.map(|omitted| omitted.message()));
    let broken = report.file.assertions.iter().filter(|outcome| !outcome.holds);
    lines.extend(broken.take(LINES).map(|outcome| format!("not met: {}", outcome.message)));
    for (name, count) in report.warnings.iter().take(LINES) {
        lines.push(format!(
            "warning: {} {} \"{name}\"",
            counted(*count, "row"),
            if *count == 1 { "breaks" } else { "break" }
        ));
    }
    for used in report.labels.iter().take(LINES) {
        lines.push(format!("column {} \"{}\" is taken as the field \"{}\"", used.column, used.label, used.field));
    }
    if lines.is_empty() {
        return;
    }
    html.markup("<ul class=\"remarks\">");
    for line in lines {
        html.element("li", &[], |html| html.cut_text(&line, MESSAGE));
    }
    html.markup("</ul>");
}

/// Writes the faults of a file by column and kind.
fn causes(html: &mut Html, report: &FileReport) {
    let Some(faults) = &report.faults else { return };
    let most = faults.causes.first().map_or(0, |cause| cause.faults);
    html.markup("<h4>Faults by column</h4><table class=\"causes\"><caption class=\"aside\">Faults by column</caption><thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Fault</th><th scope=\"col\" class=\"n\">Faults</th><td></td></tr></thead><tbody>");
    for cause in faults.causes.iter().take(CAUSES) {
        html.markup("<tr><th scope=\"row\">");
        match &cause.field {
            Some(field) => html.cut_text(field, NAME),
            None => html.markup("<i>the row as a whole</i>"),
        }
        html.markup("</th><td>");
        html.leaf("code", &[], cause.code.name());
        if let Some(detail) = cause.constraint.as_ref().or(cause.rule.as_ref()) {
            html.markup(" ");
            html.cut_text(detail, NAME);
        }
        html.markup("</td>");
        html.leaf("td", &[("class", "n")], &grouped(cause.faults));
        html.element("td", &[("class", "bar")], |html| chart::share(html, cause.faults, most));
        html.markup("</tr>");
    }
    html.markup("</tbody></table>");
    let more = faults.causes.len().saturating_sub(CAUSES) as u64 + faults.causes_omitted;
    if more > 0 {
        html.leaf("p", &[("class", "note")], &format!("and {}", counted(more, "more cause")));
    }
}

/// Writes the badge of a verdict.
pub(super) fn badge(html: &mut Html, status: FileStatus) {
    html.open("span", &[("class", &format!("badge {}", status.name()))]);
    html.text(status.name());
    html.close("span");
}
