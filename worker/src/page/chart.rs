//! Charts as plain SVG, each with a title that says in words what the picture shows.

use sluice_engine::report::{Histogram, Spread};

use super::contents::HistoryFile;
use super::html::Html;
use super::value_format::value;
use crate::number_format::{counted, duration, grouped, percent, size};

/// Width of a chart in the table of columns, in pixels.
const WIDTH: usize = 160;
/// Height of that chart, in pixels.
const HEIGHT: u64 = 32;

/// Writes a bar of several parts, each with its class and its count.
pub(super) fn stacked(html: &mut Html, parts: &[(&'static str, u64)], title: &str) {
    let total: u64 = parts.iter().map(|part| part.1).sum();
    let attributes = [
        ("class", "stack"),
        ("viewBox", "0 0 1000 12"),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", title),
    ];
    html.element("svg", &attributes, |html| {
        let mut from = 0;
        for &(class, count) in parts.iter().filter(|part| part.1 > 0) {
            // A part has a minimum width, so that it is visible however small it is.
            let width = ((u128::from(count) * 1000 / u128::from(total.max(1))) as u64).max(3);
            let (x, width) = (from.to_string(), width.min(1000 - from.min(1000)).to_string());
            html.element("rect", &[("class", class), ("x", &x), ("width", &width), ("height", "12")], |_| ());
            from += width.parse::<u64>().unwrap_or(0);
        }
    });
}

/// Writes the bins of a histogram; `about` stands before a count.
pub(super) fn histogram(html: &mut Html, histogram: &Histogram, about: &str) {
    let ends = histogram.edges.first().zip(histogram.edges.last());
    let (from, to) = ends.map_or_else(Default::default, |(from, to)| (value(from), value(to)));
    let most = histogram.counts.iter().copied().max().unwrap_or(0);
    let fullest = histogram.counts.iter().position(|&count| count == most).unwrap_or(0);
    let of = |edge: usize| histogram.edges.get(edge).map(value).unwrap_or_default();
    let title =
        format!("{from} to {to}; most ({about}{}) from {} up to {}", grouped(most), of(fullest), of(fullest + 1));
    html.element(
        "svg",
        &[("class", "plot"), ("viewBox", "0 0 160 32"), ("role", "img"), ("aria-label", &title)],
        |html| {
            html.leaf("title", &[], &title);
            html.element("path", &[("d", &bars(&histogram.counts))], |_| ());
        },
    );
}

/// The outline of bars side by side.
fn bars(counts: &[u64]) -> String {
    let most = u128::from(counts.iter().copied().max().unwrap_or(0).max(1));
    let place = |bar: usize| bar * WIDTH / counts.len().max(1);
    let mut path = String::new();
    for (bar, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = ((u128::from(count) * u128::from(HEIGHT)).div_ceil(most)).max(1);
        let (from, to) = (place(bar), place(bar + 1));
        // A gap between bars that are wide enough for one.
        let gap = usize::from(to - from > 2);
        path.push_str(&format!("M{from} {HEIGHT}v-{height}H{}v{height}z", to - gap));
    }
    path
}

/// Writes a share as a bar.
pub(super) fn share(html: &mut Html, part: u64, whole: u64) {
    let width = (u128::from(part) * 100).div_ceil(u128::from(whole.max(1))).min(100).to_string();
    html.element(
        "svg",
        &[("class", "share"), ("viewBox", "0 0 100 6"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")],
        |html| {
            html.element("rect", &[("width", &width), ("height", "6")], |_| ());
        },
    );
}

/// Writes a strip that shows where in a file of `records` records the rejected ones lie.
pub(super) fn strip(html: &mut Html, spread: &Spread, records: u64) {
    let records = records.max(spread.width.saturating_mul(spread.rejected.len().saturating_sub(1) as u64) + 1);
    let title = in_words(spread, records);
    html.element(
        "svg",
        &[
            ("class", "strip"),
            ("viewBox", "0 0 1000 20"),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-label", &title),
        ],
        |html| {
            for (bin, &rejected) in spread.rejected.iter().enumerate().filter(|(_, count)| **count > 0) {
                let from = spread.width.saturating_mul(bin as u64);
                let to = from.saturating_add(spread.width).min(records);
                let place = |record: u64| (u128::from(record) * 1000 / u128::from(records)) as u64;
                let (x, width) = (place(from), (place(to) - place(from)).max(2));
                // The share of rejected records in the bin, in four steps.
                let class = match rejected as f64 / (to - from).max(1) as f64 {
                    ..0.01 => "s1",
                    ..0.1 => "s2",
                    ..0.5 => "s3",
                    _ => "s4",
                };
                let (x, width) = (x.to_string(), width.to_string());
                html.element("rect", &[("class", class), ("x", &x), ("width", &width), ("height", "20")], |html| {
                    html.leaf(
                        "title",
                        &[],
                        &format!("records {} to {}: {} rejected", grouped(from + 1), grouped(to), grouped(rejected)),
                    );
                });
            }
        },
    );
}

/// Describes a strip in words.
fn in_words(spread: &Spread, records: u64) -> String {
    let has_some = |(_, count): &(usize, &u64)| **count > 0;
    let first = spread.rejected.iter().enumerate().find(has_some).map_or(0, |(bin, _)| bin as u64);
    let last = spread.rejected.len().max(1) as u64;
    let (from, to) = (spread.width.saturating_mul(first) + 1, spread.width.saturating_mul(last).min(records));
    let filled = spread.rejected.iter().filter(|count| **count > 0).count() as u64;
    let all = records.div_ceil(spread.width.max(1));
    format!(
        "rejected rows are between record {} and record {} of about {}, in {} of the file",
        grouped(from),
        grouped(to),
        grouped(records),
        percent(filled, all)
    )
}

/// A measure whose history is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measured {
    Rows,
    Rejected,
    Bytes,
    Seconds,
}

impl Measured {
    pub(super) const ALL: [Self; 4] = [Self::Rows, Self::Rejected, Self::Bytes, Self::Seconds];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Rejected => "rejected rows",
            Self::Bytes => "size",
            Self::Seconds => "time taken",
        }
    }

    fn of(self, past: &HistoryFile) -> f64 {
        match self {
            Self::Rows => past.read as f64,
            Self::Rejected => past.rejected as f64,
            Self::Bytes => past.bytes as f64,
            Self::Seconds => past.seconds,
        }
    }

    pub(super) fn shown(self, past: &HistoryFile) -> String {
        match self {
            Self::Rows => grouped(past.read),
            Self::Rejected => grouped(past.rejected),
            Self::Bytes => size(past.bytes),
            Self::Seconds => duration(past.seconds),
        }
    }
}

/// Writes one measure of the files of a prefix: a bar for each file in the colour of its verdict, the latest one at the right.
pub(super) fn history(html: &mut Html, files: &[HistoryFile], measured: Measured) {
    let most = files.iter().map(|past| measured.of(past)).fold(0.0, f64::max);
    let latest = files.last().map(|past| measured.shown(past)).unwrap_or_default();
    let title =
        format!("{} of the latest {}; the last one: {latest}", measured.name(), counted(files.len() as u64, "file"));
    html.element(
        "svg",
        &[
            ("class", "history"),
            ("viewBox", "0 0 300 60"),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-label", &title),
        ],
        |html| {
            let step = 300.0 / files.len().max(1) as f64;
            for (number, past) in files.iter().enumerate() {
                let height = if most > 0.0 { (measured.of(past) / most * 58.0).max(1.0) } else { 1.0 };
                let (x, y) = (format!("{:.1}", number as f64 * step), format!("{:.1}", 60.0 - height));
                let (width, height) = (format!("{:.1}", (step - 1.0).clamp(1.0, 24.0)), format!("{height:.1}"));
                let class = crate::task::FileStatus::of(past.verdict).name();
                html.element(
                    "rect",
                    &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)],
                    |html| {
                        html.open("title", &[]);
                        html.cut_text(&past.key, 60);
                        html.text(&format!(
                            ", {}: {}",
                            past.started_at.get(..16).unwrap_or_default(),
                            measured.shown(past)
                        ));
                        html.close("title");
                    },
                );
            }
        },
    );
}
