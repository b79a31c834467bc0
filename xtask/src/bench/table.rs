//! The results as Markdown.

use std::fmt::Write as _;

use super::bars::{Bar, Good};
use super::memory::Peak;
use super::shapes::Shape;
use super::tools::Tool;
use super::{Measured, Results, median};

/// One table per shape.
pub(crate) fn tools(tools: &[Tool], results: &Results) -> String {
    let mut text = String::new();
    for shape in Shape::ALL {
        let _ = writeln!(
            text,
            "### {}\n",
            match shape {
                Shape::Narrow => "Narrow: 8 short columns",
                Shape::Wide => "Wide: 30 columns, quoted multi-line text",
            }
        );
        text.push_str(
            "| tool | work | MB/s per CPU second: median (min) | system % | wall s | peak MB | faulty rows | cannot |\n",
        );
        text.push_str("|---|---|---:|---:|---:|---:|---|---|\n");
        for &tool in tools {
            let Some(measured) = results.get(&(shape, tool)) else {
                continue;
            };
            let speeds = measured.speeds();
            let least = speeds.iter().copied().fold(f64::INFINITY, f64::min);
            let _ = writeln!(
                text,
                "| {} | {} | {} ({}) | {:.0} | {:.2} | {:.0} | {} | {} |",
                tool.name(),
                tool.work(),
                rounded(median(speeds)),
                rounded(least),
                median(measured.system_shares()),
                median(measured.walls()),
                measured.peak() as f64 / 1e6,
                faulty(measured),
                tool.cannot(),
            );
        }
        text.push('\n');
    }
    text
}

fn rounded(speed: f64) -> String {
    if speed < 10.0 { format!("{speed:.1}") } else { format!("{speed:.0}") }
}

fn faulty(measured: &Measured) -> String {
    match (measured.agreement, measured.faulty) {
        (Some(agreement), _) if agreement.extra == 0 => {
            format!("{} of {} found with place and reason, none extra", agreement.found, agreement.seeded)
        }
        (Some(agreement), _) => {
            format!(
                "{} of {} found with place and reason, {} extra",
                agreement.found, agreement.seeded, agreement.extra
            )
        }
        (None, Some(faulty)) => format!("{faulty} counted, {} seeded", measured.seeded),
        (None, None) => String::new(),
    }
}

/// The measurements of memory.
pub(crate) fn memory(peaks: &[Peak]) -> String {
    let mut text = String::from(
        "### Memory, 2 threads\n\n| input | peak MB | wall s | MB/s per CPU second |\n|---|---:|---:|---:|\n",
    );
    for peak in peaks {
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.1} | {:.0} |",
            peak.what,
            peak.usage.peak as f64 / 1e6,
            peak.usage.wall,
            peak.bytes as f64 / 1e6 / peak.usage.cpu
        );
    }
    text
}

/// The bars.
pub(crate) fn bars(bars: &[Bar]) -> String {
    let mut text = String::from("### Bars\n\n| bar | measured | must | aim | |\n|---|---:|---:|---:|---|\n");
    for bar in bars {
        let (sign, reached) = match bar.good {
            Good::AtLeast => ("≥", [bar.reaches(bar.must), bar.reaches(bar.aim)]),
            Good::AtMost => ("≤", [bar.reaches(bar.must), bar.reaches(bar.aim)]),
        };
        let word = match reached {
            [_, true] => "aim reached",
            [true, false] => "must reached",
            [false, false] => "**missed**",
        };
        let measured = match bar.unit {
            "" | " MB" => format!("{:.0}{}", bar.measured, bar.unit),
            unit => format!("{:.2}{unit}", bar.measured),
        };
        let _ = writeln!(
            text,
            "| {} | {measured} | {sign} {}{} | {sign} {}{} | {word} |",
            bar.name, bar.must, bar.unit, bar.aim, bar.unit
        );
    }
    text
}
