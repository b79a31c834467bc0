//! The report as text for a terminal.

use sluice_engine::report::{FieldStatistics, FileReport, Spread, excerpt};

use super::causes::Effect;
use super::contents::Contents;

use super::value_format::{about, value};
use crate::number_format::{counted, grouped, no_worse, percent, size};
use crate::printable::printable;
use crate::ranking::Ranked;
use crate::task::FileStatus;

/// Most causes, files and columns that are shown.
const CAUSES: usize = 15;
const FILES: usize = 10;
const COLUMNS: usize = 60;

/// Widths of the terminal between which texts and plots grow with it: longer lines are harder to read, and narrower plots show
/// nothing.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=200;

/// Fewest and most characters of a name and of a plot; no histogram has more bins.
const PARTS: std::ops::RangeInclusive<usize> = 8..=40;

/// The layout of the report.
#[derive(Clone, Copy)]
struct Layout {
    /// Characters of a line, of a name, of a plot of a column, of a strip of a file, and of a message.
    line: usize,
    name: usize,
    plot: usize,
    strip: usize,
    message: usize,
    colours: Colours,
}

impl Layout {
    /// Returns the layout for a terminal of this many columns.
    fn of(width: usize, with_colours: bool) -> Self {
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        let part = |width: usize| width.clamp(*PARTS.start(), *PARTS.end());
        Self {
            line: width,
            name: part(width / 4),
            plot: part(width / 5),
            // The rest is for the text around the strip.
            strip: width - 12,
            message: width - 6,
            colours: Colours(with_colours),
        }
    }
}

/// Bars of zero to eight eighths.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Whether texts are coloured.
#[derive(Clone, Copy)]
struct Colours(bool);

impl Colours {
    /// Returns a text in one of the colours that every terminal has (ECMA-48, Select Graphic Rendition).
    fn paint(self, text: &str, colour: u8) -> String {
        if self.0 { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn verdict(self, status: FileStatus) -> String {
        let colour = match status {
            FileStatus::Clean => 32,
            FileStatus::Accepted => 33,
            FileStatus::Refused => 31,
            FileStatus::Failed | FileStatus::Interrupted => 35,
        };
        self.paint(status.name(), colour)
    }
}

impl Contents {
    /// Returns the contents of the page as lines for a terminal of `width` columns.
    pub(crate) fn text(&self, width: usize, with_colours: bool) -> Vec<String> {
        let layout = Layout::of(width, with_colours);
        let files = self.totals.files;
        let interrupted = match files.interrupted {
            0 => String::new(),
            count => format!(", {} not checked (interrupted)", grouped(count)),
        };
        let mut lines = vec![printable(&self.title)];
        lines.extend(self.about.iter().map(|(name, text)| format!("{name}: {}", printable(text))));
        lines.push(format!(
            "{}: {} clean, {} accepted, {} refused, {} failed{}; {} read, {} rejected ({}); {}",
            counted(files.total, "file"),
            grouped(files.clean),
            grouped(files.accepted),
            grouped(files.refused),
            grouped(files.failed),
            interrupted,
            counted(self.totals.rows.read, "row"),
            grouped(self.totals.rows.rejected),
            percent(self.totals.rows.rejected, self.totals.rows.read),
            size(self.totals.bytes)
        ));
        lines.extend(self.notes.iter().map(|note| format!("note: {}", printable(note))));
        self.causes_text(&mut lines, layout);
        let Ranked { items: details, left_out } = self.details.clone().finish();
        for report in details.iter().take(FILES) {
            file(&mut lines, report, layout);
        }
        let more = left_out + details.len().saturating_sub(FILES) as u64;
        if more > 0 {
            lines.push(String::new());
            lines.push(no_worse(more));
        }
        lines
    }

    fn causes_text(&self, lines: &mut Vec<String>, layout: Layout) {
        let ranked = self.causes.ranked();
        if ranked.is_empty() {
            return;
        }
        lines.push(String::new());
        for (kind, found) in ranked.iter().take(CAUSES) {
            let one = match kind.effect {
                Effect::Failed => "file not checked",
                Effect::Refused => "file refused",
                Effect::Rejected => "fault",
                Effect::Warned => "warning",
            };
            let count = match (kind.effect, found.count) {
                (Effect::Failed | Effect::Refused, count) if count != 1 => {
                    format!("{} {}", grouped(count), one.replacen("file", "files", 1))
                }
                (_, count) => counted(count, one),
            };
            let field = kind.field.as_deref().map(|field| format!(" {}", printable(field))).unwrap_or_default();
            let detail = kind.detail.as_deref().map(|detail| format!(" {}", printable(detail))).unwrap_or_default();
            lines.push(format!(
                "{count}: {}{field}{detail}, in {}",
                printable(&kind.code),
                counted(found.files, "file")
            ));
            let example = found.example.lines().next().unwrap_or_default();
            if !example.is_empty() {
                lines.push(format!("    {}", printable(&excerpt(example, layout.message))));
            }
            lines.push(format!("    → {}", layout.colours.paint(found.remedy, 36)));
        }
    }
}

fn file(lines: &mut Vec<String>, report: &FileReport, layout: Layout) {
    lines.push(String::new());
    lines.push(format!(
        "{}: {}, {}, {} rejected",
        printable(&report.file.key),
        layout.colours.verdict(FileStatus::of(report.verdict)),
        counted(report.rows.read, "row"),
        grouped(report.rows.rejected)
    ));
    if let Some(refusal) = &report.refusal {
        lines.push(format!("  refused: {}", printable(&excerpt(&refusal.message, layout.message))));
    }
    if let Some(faults) = &report.faults {
        let records = report.rows.read + report.rows.blank + 1;
        let strip = strip(&faults.spread, records, layout.strip);
        lines.push(format!("  faults ▕{}▏", layout.colours.paint(&strip, 31)));
    }
    for field in report.fields.iter().take(COLUMNS) {
        lines.push(column(field, layout));
    }
    let more = report.fields.len().saturating_sub(COLUMNS) as u64 + report.fields_omitted;
    if more > 0 {
        lines.push(format!("  and {}", counted(more, "more column")));
    }
}

/// Returns a column as a line: name, type, missing cells, plot, ends or frequent values. Frequent values begin in the place of the plot, if there is
/// none, and are cut to the width of the terminal.
fn column(field: &FieldStatistics, Layout { line: width, name: names, plot: plots, .. }: Layout) -> String {
    let name = printable(&excerpt(&field.name, names));
    let cells = field.count + field.missing;
    let missing = if field.missing == 0 { String::new() } else { format!("{} missing", percent(field.missing, cells)) };
    let plot = field.histogram.as_ref().map(|histogram| plot(&histogram.counts, plots)).unwrap_or_default();
    let ends = field.min.as_ref().zip(field.max.as_ref()).map(|(min, max)| format!("{} … {}", value(min), value(max)));
    let frequent = || {
        let named = field
            .top
            .iter()
            .take(3)
            .map(|(text, count)| (printable(&excerpt(text, 16)), percent(*count, field.count)))
            .map(|(text, share)| format!("{text} {}{share}", about(field)));
        named.collect::<Vec<_>>().join(", ")
    };
    let kind = &field.kind;
    let line = format!("  {name:<names$}  {kind:<9} {missing:<15} ");
    let line = match ends {
        Some(ends) => format!("{line}{plot:<plots$}  {ends}"),
        None if plot.is_empty() => line + &frequent(),
        None => format!("{line}{plot:<plots$}  {}", frequent()),
    };
    // The last character that fits is the sign that more follows.
    let line = line.trim_end();
    if line.chars().count() > width { excerpt(line, width - 1).into_owned() } else { line.to_owned() }
}

/// Returns the counts as bars, in at most `width` characters.
fn plot(counts: &[u64], width: usize) -> String {
    let bins = counts.len().div_ceil(width).max(1);
    let together: Vec<u64> = counts.chunks(bins).map(|counts| counts.iter().sum()).collect();
    let most = u128::from(together.iter().copied().max().unwrap_or(0).max(1));
    together.iter().map(|&count| LEVELS[(u128::from(count) * 8).div_ceil(most) as usize]).collect()
}

/// Returns a strip of `width` characters that shows where in a file of `records` records the rejected ones are.
fn strip(spread: &Spread, records: u64, width: usize) -> String {
    let records = u128::from(records.max(spread.width.saturating_mul(spread.rejected.len() as u64)).max(1));
    let mut shares = vec![0f64; width];
    for (bin, &rejected) in spread.rejected.iter().enumerate() {
        let from = u128::from(spread.width) * bin as u128;
        let to = (from + u128::from(spread.width)).min(records);
        // Every character that stands for a part of these records: of many records one, and of few ones several for each.
        let first = (from * width as u128 / records) as usize;
        let behind = (to * width as u128).div_ceil(records) as usize;
        for share in shares.iter_mut().take(behind).skip(first) {
            *share = share.max(rejected as f64 / (to - from).max(1) as f64);
        }
    }
    let level = |share: &f64| if *share > 0.0 { LEVELS[(share * 8.0).ceil().clamp(1.0, 8.0) as usize] } else { '·' };
    shares.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_above_zero_has_a_bar() {
        assert_eq!(plot(&[0, 1, 1000, 500], 20), " ▁█▄");
        for width in [8, 16, 20, 39, 40] {
            let plot = plot(&[1; 40], width);
            assert!(plot.chars().count() <= width && 2 * plot.chars().count() > width, "{width}: {plot}");
        }
    }

    #[test]
    fn widths_grow_with_the_terminal() {
        let of = |width| {
            let Layout { name, plot, strip, message, .. } = Layout::of(width, false);
            [name, plot, strip, message]
        };
        assert_eq!(of(0), of(40));
        assert_eq!(of(40), [10, 8, 28, 34]);
        assert_eq!(of(80), [20, 16, 68, 74]);
        assert_eq!(of(120), [30, 24, 108, 114]);
        assert_eq!(of(200), of(usize::MAX));
    }

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(Colours(false).verdict(FileStatus::Refused), "refused");
        assert_eq!(Colours(true).verdict(FileStatus::Refused), "\u{1b}[31mrefused\u{1b}[0m");
    }

    #[test]
    fn a_strip_shows_where_rejects_lie() {
        let spread = Spread { width: 1, rejected: vec![0, 1] };
        let strip = strip(&spread, 60, 60);
        assert_eq!((strip.chars().next(), strip.chars().nth(1), strip.chars().count()), (Some('·'), Some('█'), 60));
        // One of three records is a third of the strip, and the last of two a half.
        let filled = |spread: &Spread, records| super::strip(spread, records, 60).replace('·', "").chars().count();
        assert_eq!(filled(&Spread { width: 1, rejected: vec![0, 1] }, 3), 20);
        assert_eq!(super::strip(&Spread { width: 1, rejected: vec![0, 1] }, 2, 6), "···███");
        assert_eq!(filled(&Spread { width: 1, rejected: vec![0, 1] }, 6_000), 1);
        assert_eq!(super::strip(&Spread { width: 8, rejected: vec![1] }, 3, 60).chars().count(), 60);
    }
}
