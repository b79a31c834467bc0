//! Histograms for reports: the values of a column in at most [`BINS`] bins with round edges.
//!
//! Histograms cost nothing for each row. They are made when a file has ended, from what the statistics hold in any
//! case: the counts of all different values, or the fine bins of the estimates. Both depend on the set of values alone.
//! The edges are multiples of a round step (1, 2 or 5 times a power of ten; whole seconds, hours, weeks, months), so
//! that two files with similar values have similar bins. Values so far from the others that the others would share a
//! few bins are counted outside of the histogram.

mod numbers;
mod steps;

use serde_json::{Number, Value};

use self::steps::Step;
use super::order;
use crate::report::{BINS, Histogram};
use crate::types::StatisticsKind;

/// At each end, at most one value in this number may lie far from the others.
const FAR_SHARE: u64 = 200;

/// A group of values: the codes (see [`order`]) of the least and the greatest value that they may have, and their number.
pub(super) type Part = (u64, u64, u64);

/// Returns the histogram of a column; `None` for texts and truth values, and for fewer than two different values.
///
/// `parts` are ascending and do not overlap.
pub(super) fn histogram(kind: StatisticsKind, parts: &[Part]) -> Option<Histogram> {
    match kind {
        StatisticsKind::Text | StatisticsKind::Boolean => None,
        StatisticsKind::Number => numbers::histogram(parts),
        StatisticsKind::Integer => of_integers(parts, &Step::Decimal, edge_number),
        StatisticsKind::Temporal(unit) => of_integers(parts, &Step::of(unit), |edge| steps::edge_text(unit, edge)),
    }
}

/// Returns an edge of integers as a JSON number.
fn edge_number(edge: i128) -> Value {
    let whole = i64::try_from(edge).map(Number::from).ok();
    whole.or_else(|| Number::from_f64(edge as f64)).map_or(Value::Null, Value::Number)
}

/// Returns the histogram of integers; `None` for fewer than two different values.
fn of_integers(parts: &[Part], step: &Step, shown: impl Fn(i128) -> Value) -> Option<Histogram> {
    let parts: Vec<(i128, i128, u64)> = parts
        .iter()
        .map(|&(first, last, count)| (order::integer(first).into(), order::integer(last).into(), count))
        .collect();
    let (least, greatest) = (parts.first()?.0, parts.last()?.1);
    if least == greatest {
        return None;
    }
    let counts: Vec<u64> = parts.iter().map(|part| part.2).collect();
    let (low, high) = core_parts(&counts, |low, high| {
        let (low, high) = (parts[low].0, parts[high].1);
        (low - least <= high - low, greatest - high <= high - low)
    });
    let (low, high) = (low.map_or(least, |part| parts[part].0), high.map_or(greatest, |part| parts[part].1));
    let edges = step.edges(low, high);
    let mut counted = Counted::new(edges.len());
    for (first, last, count) in parts {
        // Estimates how many values of a part are less than an edge, as if the values were evenly spread.
        let less_than = |edge: i128| {
            let (width, share) = ((last - first + 1) as u128, (edge - first).clamp(0, last - first + 1) as u128);
            // cannot fail: the share is no larger than the whole.
            u64::try_from(u128::from(count) * share / width).unwrap_or(count)
        };
        let from = edges.partition_point(|&edge| edge <= first);
        counted.add(from, edges[from..].iter().take_while(|&&edge| edge <= last).map(|&edge| less_than(edge)), count);
    }
    Some(counted.finish(edges.into_iter().map(shown).collect()))
}

/// Returns the first and the last part whose values are near the others; `None` at an end where no part is left out.
/// `reach` takes a first and a last part, and returns whether all values before the first, and all values behind the
/// last, are near enough.
fn core_parts(counts: &[u64], reach: impl Fn(usize, usize) -> (bool, bool)) -> (Option<usize>, Option<usize>) {
    let total: u64 = counts.iter().sum();
    let far = total / FAR_SHARE;
    let passed = |counts: &mut dyn Iterator<Item = &u64>| {
        let mut seen = 0;
        counts
            .take_while(|&&count| {
                seen += count;
                seen <= far
            })
            .count()
    };
    let low = passed(&mut counts.iter());
    let high = counts.len().saturating_sub(1 + passed(&mut counts.iter().rev()));
    if low >= high {
        return (None, None);
    }
    let (low_is_near, high_is_near) = reach(low, high);
    ((!low_is_near).then_some(low), (!high_is_near).then_some(high))
}

/// Counts between edges: before the first one, in each bin, and behind the last one.
struct Counted(Vec<u64>);

impl Counted {
    fn new(edges: usize) -> Self {
        Self(vec![0; edges + 1])
    }

    /// Adds `count` values, none of which lies before the bin that ends at edge number `from`. `less_than` yields the number of values that are
    /// less than this edge, and less than each further edge between them.
    fn add(&mut self, from: usize, less_than: impl Iterator<Item = u64>, count: u64) {
        let (mut bin, mut before) = (from, 0);
        for less in less_than {
            self.0[bin] += less - before;
            before = less;
            bin += 1;
        }
        self.0[bin] += count - before;
    }

    fn finish(self, edges: Vec<Value>) -> Histogram {
        let mut counts = self.0;
        let above = counts.pop().unwrap_or(0);
        let below = counts.remove(0);
        Histogram { edges, counts, below, above }
    }
}

#[cfg(test)]
mod tests;
