//! Histograms of doubles.

use serde_json::{Number, Value};

use super::{BINS, Bin, BinCounts, Core, Histogram, Near, core_of};
use crate::emit::statistics::ordinal;

/// Most steps from 0 to an edge: with more steps, neighbouring edges are the same double.
const MOST_STEPS: f64 = 1e15;

/// Returns the histogram of doubles; `None` for fewer than two different doubles, and for doubles so close that there
/// are no edges between them.
pub(super) fn of_numbers(bins: &[Bin]) -> Option<Histogram> {
    let bins: Vec<Bin<f64>> = bins.iter().map(|bin| bin.map(ordinal::double)).collect();
    let (least, greatest) = (bins.first()?.first, bins.last()?.last);
    // Computed in halves, so that the distance between the least and the greatest double is finite.
    let Core { low, high } = core_of(&bins, |low, high| {
        let (low, high) = (low.first / 2.0, high.last / 2.0);
        Near { low: low - least / 2.0 <= high - low, high: greatest / 2.0 - high <= high - low }
    });
    let edges = edges(bins[low].first, bins[high].last)?;
    let mut counts = BinCounts::new(edges.len());
    for Bin { first, last, count } in bins {
        let less_than = |edge: f64| {
            let share = (edge / 2.0 - first / 2.0) / (last / 2.0 - first / 2.0);
            // The share is NaN if the bin is one value, which is the edge.
            if share > 0.0 { ((count as f64 * share) as u64).min(count) } else { 0 }
        };
        let from = edges.partition_point(|&edge| edge <= first);
        counts.add(from, edges[from..].iter().take_while(|&&edge| edge <= last).map(|&edge| less_than(edge)), count);
    }
    let shown = |edge| Number::from_f64(edge).map_or(Value::Null, Value::Number);
    Some(counts.finish(edges.into_iter().map(shown).collect()))
}

/// Returns the edges from the last multiple of a round step that is not greater than `low` to the first that is greater than `high`.
fn edges(low: f64, high: f64) -> Option<Vec<f64>> {
    let least_step = high / (BINS - 2) as f64 - low / (BINS - 2) as f64;
    if !(least_step.is_finite() && least_step > 0.0) {
        return None;
    }
    let RoundStep { multiple, exponent } = round_up(least_step)?;
    let edge = |steps: i64| decimal(i128::from(steps) * i128::from(multiple), exponent);
    let step = edge(1)?;
    let first = (low / step).floor();
    if !first.is_finite() || first.abs() > MOST_STEPS || (high / step).abs() > MOST_STEPS {
        return None;
    }
    let mut steps = first as i64;
    // The rounded quotient may be one step off.
    while edge(steps)? > low {
        steps -= 1;
    }
    while edge(steps + 1)? <= low {
        steps += 1;
    }
    let mut edges = vec![edge(steps)?];
    while *edges.last()? <= high {
        steps += 1;
        let next = edge(steps)?;
        if !next.is_finite() || edges.last().is_some_and(|&before| before >= next) {
            return None;
        }
        edges.push(next);
    }
    Some(edges)
}

/// Returns the nearest double of a decimal: 3 × 10⁻¹ is 0.3.
fn decimal(digits: i128, exponent: i32) -> Option<f64> {
    // Both operands are exact doubles, so the result is rounded once.
    let power = |exponent: u32| 10u64.pow(exponent) as f64;
    match (digits.unsigned_abs() < 1 << 53, exponent) {
        (true, 0..=15) => Some(digits as f64 * power(exponent.unsigned_abs())),
        (true, -15..0) => Some(digits as f64 / power(exponent.unsigned_abs())),
        _ => format!("{digits}e{exponent}").parse().ok(),
    }
}

/// `multiple` × 10^`exponent`; the multiple is 1, 2 or 5.
struct RoundStep {
    multiple: i64,
    exponent: i32,
}

/// Returns the least round step that is not less than `step`.
fn round_up(step: f64) -> Option<RoundStep> {
    // The decimal digits are the same on all machines, while logarithms may differ.
    let text = format!("{step:e}");
    let (digits, exponent) = text.split_once('e')?;
    let (digits, exponent): (f64, i32) = (digits.parse().ok()?, exponent.parse().ok()?);
    let multiple = [1, 2, 5].into_iter().find(|&multiple| digits <= multiple as f64);
    Some(match multiple {
        Some(multiple) => RoundStep { multiple, exponent },
        None => RoundStep { multiple: 1, exponent: exponent + 1 },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decimals_are_their_nearest_doubles(digits in any::<i64>(), shift in 0..64u32, exponent in -30..30i32) {
            let digits = i128::from(digits >> shift);
            prop_assert_eq!(decimal(digits, exponent), format!("{digits}e{exponent}").parse().ok());
        }
    }
}
