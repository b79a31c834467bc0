//! Tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::types::TemporalUnit;

fn integers(values: &[(i64, u64)]) -> Vec<Bin> {
    values
        .iter()
        .map(|&(value, count)| {
            let ordinal = ordinal::of_integer(value);
            Bin { first: ordinal, last: ordinal, count }
        })
        .collect()
}

fn doubles(values: &[(f64, u64)]) -> Vec<Bin> {
    values
        .iter()
        .map(|&(value, count)| {
            let ordinal = ordinal::of_double(value);
            Bin { first: ordinal, last: ordinal, count }
        })
        .collect()
}

#[test]
fn small_integers_have_a_bin_each() {
    let found = of_column(StatisticsKind::Integer, &integers(&[(1, 5), (2, 7), (4, 1)])).unwrap();
    let expected = Histogram {
        edges: vec![json!(1), json!(2), json!(3), json!(4), json!(5)],
        counts: vec![5, 7, 0, 1],
        below: 0,
        above: 0,
    };
    assert_eq!(found, expected);
}

#[test]
fn a_value_on_an_edge_is_in_the_bin_that_begins_there() {
    let values: Vec<(f64, u64)> = (0..=10).map(|tenths| (f64::from(tenths) / 10.0, 1)).collect();
    let found = of_column(StatisticsKind::Number, &doubles(&values)).unwrap();
    for (edge, count) in found.edges.iter().zip(&found.counts) {
        let expected = values.iter().filter(|(value, _)| Some(*value) == edge.as_f64()).count() as u64;
        assert_eq!(*count, expected, "{edge}");
    }
    assert!(found.edges.contains(&json!(0.3)));
}

#[test]
fn one_value_and_texts_have_no_histogram() {
    assert_eq!(of_column(StatisticsKind::Integer, &integers(&[(7, 100)])), None);
    assert_eq!(of_column(StatisticsKind::Number, &doubles(&[(0.5, 100)])), None);
    assert_eq!(of_column(StatisticsKind::Text, &[]), None);
    assert_eq!(of_column(StatisticsKind::Number, &[]), None);
}

#[test]
fn values_far_away_are_counted_outside_of_the_histogram() {
    let mut values: Vec<(i64, u64)> = (0..100).map(|value| (value, 100)).collect();
    values.insert(0, (-1_000_000, 3));
    values.push((1_000_000_000, 7));
    let found = of_column(StatisticsKind::Integer, &integers(&values)).unwrap();
    assert_eq!((found.below, found.above), (3, 7));
    assert_eq!(found.counts.iter().sum::<u64>(), 10_000);
    assert!(found.counts.len() >= 15, "{found:?}");
}

#[test]
fn the_ends_of_all_kinds_of_numbers_have_bins() {
    let found = of_column(StatisticsKind::Integer, &integers(&[(i64::MIN, 1), (0, 1), (i64::MAX, 1)])).unwrap();
    assert_eq!(found.counts.iter().sum::<u64>(), 3);
    let found = of_column(StatisticsKind::Number, &doubles(&[(-f64::MAX, 1), (f64::MAX, 1)]));
    assert!(found.is_none_or(|found| found.counts.iter().sum::<u64>() == 2));
    // Doubles side by side have no edges between them.
    assert_eq!(of_column(StatisticsKind::Number, &doubles(&[(1e300, 1), (1e300f64.next_up(), 1)])), None);
    assert!(
        of_column(StatisticsKind::Number, &doubles(&[(5e-324, 1), (1e-323, 1)]))
            .is_none_or(|found| found.counts.len() <= BINS)
    );
    let moments =
        of_column(StatisticsKind::Temporal(TemporalUnit::Datetime), &integers(&[(i64::MIN, 1), (i64::MAX, 1)]))
            .unwrap();
    assert_eq!(moments.counts.iter().sum::<u64>(), 2);
}

fn value_of(edge: &Value) -> f64 {
    edge.as_f64().unwrap()
}

proptest! {
    #[test]
    fn exact_counts_are_those_between_the_edges(values in prop::collection::btree_map(any::<i64>(), 1..50u64, 2..60), shift in 0..60u32) {
        let mut shifted = std::collections::BTreeMap::new();
        values.into_iter().for_each(|(value, count)| *shifted.entry(value >> shift).or_insert(0) += count);
        let values: Vec<(i64, u64)> = shifted.into_iter().collect();
        prop_assume!(values.len() > 1);
        for kind in [StatisticsKind::Integer, StatisticsKind::Number] {
            let parts = match kind {
                StatisticsKind::Integer => integers(&values),
                _ => doubles(&values.iter().map(|&(value, count)| (value as f64, count)).collect::<Vec<_>>()),
            };
            let Some(found) = of_column(kind, &parts) else { continue };
            prop_assert!(found.counts.len() <= BINS && found.edges.len() == found.counts.len() + 1);
            let total: u64 = values.iter().map(|value| value.1).sum();
            prop_assert_eq!(found.counts.iter().sum::<u64>() + found.below + found.above, total);
            // Where doubles hold them, each value is between the edges of its bin.
            if shift >= 12 {
                for (bin, &count) in found.counts.iter().enumerate() {
                    let range = value_of(&found.edges[bin])..value_of(&found.edges[bin + 1]);
                    let expected: u64 = values.iter().filter(|(value, _)| range.contains(&(*value as f64))).map(|value| value.1).sum();
                    prop_assert_eq!(count, expected);
                }
            }
        }
    }

    #[test]
    fn parts_keep_their_counts(parts in prop::collection::vec((0..1_000_000i64, 1..5000i64, 1..10_000u64), 1..50)) {
        let mut from = -500_000;
        let mut integers = Vec::new();
        for (gap, width, count) in parts {
            integers.push((from + gap, from + gap + width, count));
            from += gap + width + 1;
        }
        let total: u64 = integers.iter().map(|part| part.2).sum();
        let of_integers: Vec<Bin> = integers.iter().map(|&(first, last, count)| Bin { first: ordinal::of_integer(first), last: ordinal::of_integer(last), count }).collect();
        let of_doubles: Vec<Bin> = integers.iter().map(|&(first, last, count)| Bin { first: ordinal::of_double(first as f64), last: ordinal::of_double(last as f64), count }).collect();
        let units = [TemporalUnit::Date, TemporalUnit::Datetime, TemporalUnit::Time, TemporalUnit::Year, TemporalUnit::YearMonth];
        for kind in units.map(StatisticsKind::Temporal).into_iter().chain([StatisticsKind::Integer]) {
            let found = of_column(kind, &of_integers).unwrap();
            prop_assert!(found.counts.len() <= BINS && found.edges.len() == found.counts.len() + 1);
            prop_assert_eq!(found.counts.iter().sum::<u64>() + found.below + found.above, total);
        }
        let found = of_column(StatisticsKind::Number, &of_doubles).unwrap();
        prop_assert!(found.counts.len() <= BINS);
        prop_assert_eq!(found.counts.iter().sum::<u64>() + found.below + found.above, total);
    }
}
