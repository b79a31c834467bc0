//! The columns of a file: type, missing cells, values.

use sluice_engine::report::{FieldStatistics, FileReport};

use super::chart;
use super::html::Html;
use super::value_format::{NAME, VALUE, about, value};
use crate::number_format::{counted, grouped, percent};

/// Most frequent values that are drawn.
const BARS: usize = 10;

/// Most frequent values in the table.
const NAMED: usize = 3;

/// The headings of the table, and their classes: `n` for numbers, `x` for what cannot be sorted.
const LABELS: [(&str, &str); 10] = [
    ("Column", ""),
    ("Type", ""),
    ("Missing", "n"),
    ("Distinct", "n"),
    ("Values", "x"),
    ("Min", ""),
    ("Median", ""),
    ("Max", ""),
    ("Mean", "n"),
    ("More", "x"),
];

/// Writes the columns of a file, as many as there is `room` for in bytes. Returns their number.
pub(super) fn columns(html: &mut Html, report: &FileReport, room: usize) -> usize {
    let mut rows = Html::default();
    let mut shown = 0;
    for field in &report.fields {
        let mut next = Html::default();
        column(&mut next, field);
        if rows.len() + next.len() > room {
            break;
        }
        rows.append(&next);
        shown += 1;
    }
    if shown == 0 {
        return 0;
    }
    html.markup("<h4>Columns</h4>");
    html.leaf(
        "p",
        &[("class", "note")],
        "Statistics are over clean rows. ≈ marks estimates: of a column with very many distinct values, their number, percentiles, frequent values and \
         the counts of its chart.",
    );
    html.markup("<div class=\"wide\"><table class=\"columns\" data-sort data-filter=\"column\"><caption class=\"aside\">Columns and their values</caption><thead><tr>");
    for (label, class) in LABELS {
        html.leaf("th", &[("scope", "col"), ("class", class)], label);
    }
    html.markup("</tr></thead>");
    html.append(&rows);
    html.markup("</table></div>");
    shown
}

/// Writes a column: a row of the table, and below it a row for its details, which spans the table. The two are a `tbody`, so that they
/// are sorted and filtered as one.
fn column(html: &mut Html, field: &FieldStatistics) {
    html.markup("<tbody><tr>");
    cells(html, field);
    // The details are beside this element, as a cell is too narrow for them. The style shows their row while it is open.
    html.markup("<td class=\"x\"><details><summary aria-label=\"");
    html.cut_text(&field.name, NAME);
    html.markup(": more\">more</summary></details></td></tr><tr class=\"details\">");
    html.element("td", &[("colspan", &LABELS.len().to_string())], |html| details(html, field));
    html.markup("</tr></tbody>");
}

fn cells(html: &mut Html, field: &FieldStatistics) {
    html.markup("<th scope=\"row\">");
    html.cut_text(&field.name, NAME);
    html.markup("</th>");
    html.leaf("td", &[], &field.kind);
    let cells = field.count + field.missing;
    let missing = field.missing.to_string();
    html.element("td", &[("class", "n"), ("data-v", &missing)], |html| {
        html.text(&percent(field.missing, cells));
        if field.missing > 0 {
            chart::share(html, field.missing, cells);
        }
    });
    let about = about(field);
    let distinct = format!("{about}{}", grouped(field.distinct));
    html.leaf("td", &[("class", "n"), ("data-v", &field.distinct.to_string())], &distinct);
    html.element("td", &[("class", "x")], |html| values(html, field));
    let median = field.quantiles.as_ref().map(|quantiles| &quantiles.p50);
    for (about, end) in [("", field.min.as_ref()), (about, median), ("", field.max.as_ref())] {
        let text = end.map(value).unwrap_or_default();
        let sorted = end.and_then(serde_json::Value::as_f64).map(|number| number.to_string());
        let shown = if text.is_empty() { String::new() } else { format!("{about}{text}") };
        html.leaf("td", &[("class", "v"), ("data-v", sorted.as_deref().unwrap_or(&text))], &shown);
    }
    let mean = field.mean.as_ref().map(value).unwrap_or_default();
    let sorted = field.mean.as_ref().map(ToString::to_string).unwrap_or_default();
    html.leaf("td", &[("class", "n"), ("data-v", &sorted)], &mean);
}

/// Writes the picture of a column: its histogram, or its most frequent values.
fn values(html: &mut Html, field: &FieldStatistics) {
    if let Some(histogram) = &field.histogram {
        return chart::histogram(html, histogram, about(field));
    }
    for (text, count) in field.top.iter().take(NAMED) {
        html.markup("<span class=\"top\">");
        chart::share(html, *count, field.count);
        html.markup("<span>");
        html.text(about(field));
        html.cut_text(if text.is_empty() { "(empty)" } else { text }, 24);
        html.markup("</span></span>");
    }
}

/// Returns the statistics of a column that its row has no room for, with their names.
fn facts(field: &FieldStatistics) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&'static str, String)> = vec![("values", grouped(field.count))];
    if let Some(quantiles) = &field.quantiles {
        for (name, quantile) in [
            ("1st percentile", &quantiles.p01),
            ("25th percentile", &quantiles.p25),
            ("median", &quantiles.p50),
            ("75th percentile", &quantiles.p75),
            ("99th percentile", &quantiles.p99),
        ] {
            facts.push((name, format!("{}{}", about(field), value(quantile))));
        }
    }
    facts.extend(field.stddev.as_ref().map(|deviation| ("standard deviation", value(deviation))));
    facts.extend(field.sum.as_ref().map(|sum| ("sum", value(sum))));
    if let Some((least, most)) = field.min_length.zip(field.max_length) {
        let characters = if least == most {
            counted(least, "character")
        } else {
            format!("{} to {} characters", grouped(least), grouped(most))
        };
        facts.push(("length", characters));
    }
    if field.not_finite > 0 {
        facts.push(("INF, −INF, NaN", grouped(field.not_finite)));
    }
    if let Some(histogram) = &field.histogram {
        let far = histogram.below + histogram.above;
        if far > 0 {
            facts.push(("outside the chart", format!("{}{}", about(field), grouped(far))));
        }
    }
    facts
}

/// Writes the details of a column.
fn details(html: &mut Html, field: &FieldStatistics) {
    html.markup("<div><dl>");
    for (name, text) in facts(field) {
        html.leaf("dt", &[], name);
        html.leaf("dd", &[], &text);
    }
    html.markup("</dl>");
    // Values that occur only once are not frequent.
    if field.top.iter().any(|(_, count)| *count > 1) {
        html.markup("<table class=\"tops\"><caption>Most frequent values</caption><tbody>");
        for (text, count) in field.top.iter().take(BARS) {
            html.markup("<tr><th scope=\"row\">");
            html.cut_text(if text.is_empty() { "(empty)" } else { text }, VALUE);
            html.markup("</th>");
            html.leaf("td", &[("class", "n")], &format!("{}{}", about(field), grouped(*count)));
            html.element("td", &[("class", "x")], |html| chart::share(html, *count, field.count));
            html.markup("</tr>");
        }
        html.markup("</tbody></table>");
    }
    html.markup("</div>");
}
