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
use super::ordinal;
use crate::report::{BINS, Histogram};
use crate::types::StatisticsKind;

/// At each end, at most one value in this number may lie far from the others.
const FAR_SHARE: u64 = 200;

/// Values that are counted together. They lie between `first` and `last`: ordinals (see [`ordinal`]), or the values themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bin<T = u64> {
    pub(super) first: T,
    pub(super) last: T,
    /// The number of values.
    pub(super) count: u64,
}

impl Bin {
    /// Returns the bin with the values of its ordinals.
    fn map<T>(self, value: impl Fn(u64) -> T) -> Bin<T> {
        Bin { first: value(self.first), last: value(self.last), count: self.count }
    }
}

/// The first and the last bin of the core of a column: the bins without those that lie far from the others.
struct Core {
    low: usize,
    high: usize,
}

/// Returns the histogram of a column; `None` for texts and truth values, and for fewer than two different values.
///
/// `bins` are ascending and do not overlap.
pub(super) fn of_column(kind: StatisticsKind, bins: &[Bin]) -> Option<Histogram> {
    match kind {
        StatisticsKind::Text | StatisticsKind::Boolean => None,
        StatisticsKind::Number => numbers::of_numbers(bins),
        StatisticsKind::Integer => of_integers(bins, &Step::Decimal, edge_number),
        StatisticsKind::Temporal(unit) => of_integers(bins, &Step::of(unit), |edge| steps::edge_text(unit, edge)),
    }
}

/// Returns an edge of integers as a JSON number.
fn edge_number(edge: i128) -> Value {
    let whole = i64::try_from(edge).map(Number::from).ok();
    whole.or_else(|| Number::from_f64(edge as f64)).map_or(Value::Null, Value::Number)
}

/// Returns the histogram of integers; `None` for fewer than two different values.
fn of_integers(bins: &[Bin], step: &Step, shown: impl Fn(i128) -> Value) -> Option<Histogram> {
    let bins: Vec<Bin<i128>> = bins.iter().map(|bin| bin.map(|ordinal| ordinal::integer(ordinal).into())).collect();
    let (least, greatest) = (bins.first()?.first, bins.last()?.last);
    if least == greatest {
        return None;
    }
    let Core { low, high } = core_of(&bins, |low, high| {
        let width = high.last - low.first;
        Near { low: low.first - least <= width, high: greatest - high.last <= width }
    });
    let edges = step.edges(bins[low].first, bins[high].last);
    let mut counts = BinCounts::new(edges.len());
    for Bin { first, last, count } in bins {
        // Estimates how many values of a bin are less than an edge, as if the values were evenly spread.
        let less_than = |edge: i128| {
            let (width, share) = ((last - first + 1) as u128, (edge - first).clamp(0, last - first + 1) as u128);
            // cannot fail: the share is no larger than the whole.
            u64::try_from(u128::from(count) * share / width).unwrap_or(count)
        };
        let from = edges.partition_point(|&edge| edge <= first);
        counts.add(from, edges[from..].iter().take_while(|&&edge| edge <= last).map(|&edge| less_than(edge)), count);
    }
    Some(counts.finish(edges.into_iter().map(shown).collect()))
}

/// Whether the values below the core are near it, and whether those above are.
struct Near {
    low: bool,
    high: bool,
}

/// Returns the core of some bins, of which there is at least one. At each end a few values may lie outside, unless `near` says that all values at this
/// end are near the core from its first bin to its last.
fn core_of<T>(bins: &[Bin<T>], near: impl Fn(&Bin<T>, &Bin<T>) -> Near) -> Core {
    let all = Core { low: 0, high: bins.len().saturating_sub(1) };
    let far = bins.iter().map(|bin| bin.count).sum::<u64>() / FAR_SHARE;
    let outside = |counts: &mut dyn Iterator<Item = u64>| {
        let mut seen = 0;
        counts
            .take_while(|count| {
                seen += count;
                seen <= far
            })
            .count()
    };
    let low = outside(&mut bins.iter().map(|bin| bin.count));
    let high = bins.len().saturating_sub(1 + outside(&mut bins.iter().rev().map(|bin| bin.count)));
    if low >= high {
        return all;
    }
    let near = near(&bins[low], &bins[high]);
    Core { low: if near.low { all.low } else { low }, high: if near.high { all.high } else { high } }
}

/// Counts between edges: before the first one, in each bin, and behind the last one.
struct BinCounts(Vec<u64>);

impl BinCounts {
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
