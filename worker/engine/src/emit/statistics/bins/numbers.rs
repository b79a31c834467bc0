//! Histograms of doubles.

use serde_json::{Number, Value};

use super::{BINS, Counted, Histogram, Part, core_parts};
use crate::emit::statistics::order;

/// Most steps from 0 to an edge: with more steps, neighbouring edges are the same double.
const MOST_STEPS: f64 = 1e15;

/// Returns the histogram of doubles; `None` for fewer than two different doubles, and for doubles so close that there
/// are no edges between them.
pub(super) fn histogram(parts: &[Part]) -> Option<Histogram> {
    let parts: Vec<(f64, f64, u64)> =
        parts.iter().map(|&(first, last, count)| (order::double(first), order::double(last), count)).collect();
    let (least, greatest) = (parts.first()?.0, parts.last()?.1);
    let counts: Vec<u64> = parts.iter().map(|part| part.2).collect();
    // Computed in halves, so that the distance between the least and the greatest double is finite.
    let (low, high) = core_parts(&counts, |low, high| {
        let (low, high) = (parts[low].0 / 2.0, parts[high].1 / 2.0);
        (low - least / 2.0 <= high - low, greatest / 2.0 - high <= high - low)
    });
    let (low, high) = (low.map_or(least, |part| parts[part].0), high.map_or(greatest, |part| parts[part].1));
    let edges = edges(low, high)?;
    let mut counted = Counted::new(edges.len());
    for (first, last, count) in parts {
        let less_than = |edge: f64| {
            let share = (edge / 2.0 - first / 2.0) / (last / 2.0 - first / 2.0);
            // The share is NaN if the part is one value, which is the edge.
            if share > 0.0 { ((count as f64 * share) as u64).min(count) } else { 0 }
        };
        let from = edges.partition_point(|&edge| edge <= first);
        counted.add(from, edges[from..].iter().take_while(|&&edge| edge <= last).map(|&edge| less_than(edge)), count);
    }
    let shown = |edge| Number::from_f64(edge).map_or(Value::Null, Value::Number);
    Some(counted.finish(edges.into_iter().map(shown).collect()))
}

/// Returns the edges from the last multiple of a round step that is not greater than `low` to the first that is greater than `high`.
fn edges(low: f64, high: f64) -> Option<Vec<f64>> {
    let least_step = high / (BINS - 2) as f64 - low / (BINS - 2) as f64;
    if !(least_step.is_finite() && least_step > 0.0) {
        return None;
    }
    let (multiple, exponent) = round_up(least_step)?;
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

/// Returns the least of 1, 2 and 5 times a power of ten that is not less than `step`: the multiple, and the exponent of ten.
fn round_up(step: f64) -> Option<(i64, i32)> {
    // The decimal digits are the same on all machines, while logarithms may differ.
    let text = format!("{step:e}");
    let (digits, exponent) = text.split_once('e')?;
    let (digits, exponent): (f64, i32) = (digits.parse().ok()?, exponent.parse().ok()?);
    let multiple = [1, 2, 5].into_iter().find(|&multiple| digits <= multiple as f64);
    Some(multiple.map_or((1, exponent + 1), |multiple| (multiple, exponent)))
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
