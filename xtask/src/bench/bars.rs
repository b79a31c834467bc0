//! The bars: what must be reached, and what is aimed at.

use super::memory::Peak;
use super::shapes::Shape;
use super::tokenizer::Tokenizer;
use super::tools::Tool;
use super::{Measured, Results, median};

/// Whether a measurement has to be at least or at most the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Good {
    AtLeast,
    AtMost,
}

/// One bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) good: Good,
    pub(crate) measured: f64,
    pub(crate) must: f64,
    pub(crate) aim: f64,
}

impl Bar {
    pub(crate) fn reaches(&self, bound: f64) -> bool {
        // A NaN, from a tool that did not run, reaches nothing.
        match self.good {
            Good::AtLeast => self.measured >= bound,
            Good::AtMost => self.measured <= bound,
        }
    }
}

/// Returns all bars, in the order of the table.
#[expect(clippy::too_many_lines, reason = "a table: one entry for each bar")]
pub(crate) fn all(results: &Results, peaks: &[Peak], examples: f64) -> Vec<Bar> {
    let empty = Measured::default();
    let of = |shape, tool| results.get(&(shape, tool)).unwrap_or(&empty);
    let speed = |shape, tool| median(of(shape, tool).speeds());
    let mut bars = Vec::new();
    let mut ratio = |what: &str, shape: Shape, measured: f64, must: f64, aim: f64| {
        let name = format!("{what}, {}", shape.name());
        bars.push(Bar { name, unit: "×", good: Good::AtLeast, measured, must, aim });
    };
    let sluice = Tool::Sluice(1);
    for shape in Shape::ALL {
        let own = speed(shape, Tool::Tokenizer(Tokenizer::Sluice));
        ratio("tokenizer against simd-csv", shape, own / speed(shape, Tool::Tokenizer(Tokenizer::SimdCsv)), 1.5, 2.0);
        ratio(
            "tokenizer against the csv crate's parser",
            shape,
            own / speed(shape, Tool::Tokenizer(Tokenizer::Csv)),
            2.5,
            4.0,
        );
    }
    for shape in Shape::ALL {
        let (must, aim) = match shape {
            Shape::Narrow => (4.0, 6.0),
            Shape::Wide => (3.0, 4.5),
        };
        ratio(
            "everything, against DuckDB's checks alone",
            shape,
            speed(shape, sluice) / speed(shape, Tool::DuckDb),
            must,
            aim,
        );
        let (must, aim) = match shape {
            Shape::Narrow => (3.0, 4.5),
            Shape::Wide => (2.5, 3.5),
        };
        ratio(
            "everything, against polars-python's checks",
            shape,
            speed(shape, sluice) / speed(shape, Tool::Polars),
            must,
            aim,
        );
        ratio("three rules against none", shape, speed(shape, Tool::SluiceRules) / speed(shape, sluice), 0.7, 0.85);
        ratio(
            "everything and Parquet, against DuckDB's COPY to Parquet",
            shape,
            speed(shape, Tool::SluiceParquet) / speed(shape, Tool::DuckDbParquet),
            1.5,
            2.5,
        );
        ratio(
            "everything, against the Python length loop",
            shape,
            speed(shape, sluice) / speed(shape, Tool::LengthLoop),
            7.0,
            12.0,
        );
        ratio(
            "every row bad against every row clean",
            shape,
            speed(shape, Tool::SluiceAllBad) / speed(shape, Tool::SluiceClean),
            if shape == Shape::Narrow { 0.6 } else { 0.5 },
            0.8,
        );
        let (one, two) = (of(shape, sluice), of(shape, Tool::Sluice(2)));
        ratio("2 threads against 1, wall", shape, median(one.walls()) / median(two.walls()), 1.7, 1.9);
    }
    let wrong: Vec<f64> = results
        .iter()
        .filter(|((_, tool), _)| tool.is_sluice())
        .map(|(_, measured)| match measured.agreement {
            Some(agreement) => (agreement.seeded - agreement.found + agreement.extra) as f64,
            None => f64::NAN,
        })
        .collect();
    bars.push(Bar {
        name: "seeded faults missed, or reported and not seeded".to_owned(),
        unit: "",
        good: Good::AtMost,
        measured: wrong.into_iter().sum(),
        must: 0.0,
        aim: 0.0,
    });
    for peak in peaks {
        bars.push(Bar {
            name: format!("peak memory, {}", peak.what),
            unit: " MB",
            good: Good::AtMost,
            measured: peak.usage.peak as f64 / 1e6,
            must: 200.0,
            aim: 80.0,
        });
    }
    bars.push(Bar {
        name: "`cargo run --release -- run examples` once built".to_owned(),
        unit: " s",
        good: Good::AtMost,
        measured: examples,
        must: 1.0,
        aim: 0.2,
    });
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_measurements_no_ratio_reaches_its_bar() {
        let bars = all(&Results::new(), &[], 0.1);
        let ratios: Vec<&Bar> = bars.iter().filter(|bar| bar.unit == "×").collect();
        assert_eq!(ratios.len(), 18);
        assert!(ratios.iter().all(|bar| !bar.reaches(bar.must)));
    }
}
