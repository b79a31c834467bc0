#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::parse;
use crate::parse::{Affixes, StringFormat, TemporalFormat};
use crate::report::FieldStatistics;
use crate::types::{Boolean, Date, Datetime, Integer, Number, Time, Year, YearMonth};
use crate::typing::values::NO_SCALE;

const INTEGER: FieldType = FieldType::Integer(Integer { affixes: Affixes::Refused, group_char: None });
const NUMBER: FieldType = FieldType::Number(Number { affixes: Affixes::Refused, group_char: None, decimal_char: '.' });
const STRING: FieldType = FieldType::String(StringFormat::Default);
const DATETIME: FieldType = FieldType::Datetime(Datetime(TemporalFormat::Default));

/// A number of columns with which each column has the least memory: 256 values, 4 KiB of text.
const MANY: usize = 4096;

/// A cell and its record.
type Row = (String, u64);

fn add(statistics: &mut ColumnStatistics, kind: &FieldType, rows: &[Row]) {
    for (text, record) in rows {
        let level = level(*record);
        match kind {
            FieldType::Integer(_) => add_integer(statistics, text.parse().unwrap(), level),
            FieldType::Datetime(Datetime(format)) => {
                add_integer(statistics, parse::datetime(text.as_bytes(), format).unwrap(), level);
            }
            FieldType::Number(_) => {
                let number = parse::number(text.as_bytes(), Affixes::Refused, None, '.').unwrap();
                let (mantissa, scale) =
                    number.decimal.map_or((0, NO_SCALE), |decimal| (decimal.mantissa, decimal.scale));
                statistics.sample_number(number.value, mantissa, scale, level);
                statistics.add_numbers(&[number.value], &[mantissa], &[scale]);
            }
            _ => {
                statistics.sample_text(text.as_bytes(), level);
                statistics.add_text(text.as_bytes());
            }
        }
    }
}

fn add_integer(statistics: &mut ColumnStatistics, value: i64, level: u8) {
    statistics.sample_integer(value, level);
    statistics.add_integers(&[value]);
}

fn of(kind: &FieldType, columns: usize, rows: &[Row]) -> ColumnStatistics {
    let mut statistics = ColumnStatistics::new(kind, columns);
    add(&mut statistics, kind, rows);
    statistics
}

fn report(kind: &FieldType, columns: usize, cells: impl IntoIterator<Item = impl ToString>) -> FieldStatistics {
    let rows: Vec<Row> = cells.into_iter().map(|cell| cell.to_string()).zip(2..).collect();
    of(kind, columns, &rows).finish("f")
}

/// The report as JSON, as it is published: in JSON NaN equals itself.
fn published(statistics: &ColumnStatistics) -> String {
    serde_json::to_string(&statistics.finish("f")).unwrap()
}

/// Pseudo-random numbers that are the same in every run.
fn mixed(number: u64) -> u64 {
    value_key::strong_hash(value_key::of_integer(number as i64) | 1 << 100)
}

#[test]
fn integers_have_everything() {
    let found = report(&INTEGER, 8, [3, 1, 2, 2, -10]);
    let expected = json!({
        "name": "f", "type": "integer", "count": 5, "missing": 0, "distinct": 4, "distinctExact": true,
        "min": -10, "max": 3, "mean": -0.4, "stddev": 5.412_947_441_089_743, "sum": -2,
        "quantiles": {"p01": -10, "p25": 1, "p50": 2, "p75": 2, "p99": 3},
        "top": [["2", 2], ["-10", 1], ["1", 1], ["3", 1]]
    });
    assert_eq!(serde_json::to_value(found).unwrap(), expected);
}

#[test]
fn many_values_have_a_histogram_exact_or_not() {
    assert_eq!(report(&INTEGER, 8, 0..10).histogram, None);
    assert_eq!(report(&STRING, 8, 0..100).histogram, None);
    let exact = report(&INTEGER, 8, 0..100).histogram.unwrap();
    assert_eq!((exact.counts.len(), exact.edges[1].clone()), (20, json!(5)));
    assert!(exact.counts.iter().all(|&count| count == 5));
    let (exact, estimated) = (report(&NUMBER, 8, 0..100_000), report(&NUMBER, MANY, 0..100_000));
    assert!(!estimated.distinct_exact && !exact.distinct_exact);
    for found in [exact, estimated].map(|found| found.histogram.unwrap()) {
        assert_eq!(found.counts.iter().sum::<u64>(), 100_000);
        assert!(found.counts.iter().all(|&count| count.abs_diff(5000) < 300), "{found:?}");
    }
    let days = report(&DATETIME, 8, (1..=28).map(|day| format!("2024-02-{day:02}T12:00:00"))).histogram.unwrap();
    assert_eq!((days.counts.len(), days.edges[0].clone()), (28, json!("2024-02-01T00:00:00")));
}

#[test]
fn numbers_are_summed_as_decimals() {
    let found = report(&NUMBER, 8, ["0.1", "0.10", "0.1", "1e-1", "0.1", "0.1", "0.1", "0.1", "0.1", "0.1"]);
    assert_eq!((found.distinct, found.sum, found.mean), (1, Some(json!(1.0)), Some(json!(0.1))));
    assert_eq!(found.stddev, Some(json!(0.0)));
    assert_eq!(found.top, [("0.1".to_owned(), 10)]);
}

#[test]
fn infinities_are_the_ends_and_left_out_of_the_rest_as_nan_is() {
    let found = report(&NUMBER, 8, ["NaN", "nan", "INF", "-INF", "1", "3"]);
    let expected = json!({
        "name": "f", "type": "number", "count": 6, "missing": 0, "distinct": 5, "distinctExact": true,
        "notFinite": 4, "min": "-INF", "max": "INF", "mean": 2.0, "stddev": 2f64.sqrt(), "sum": 4.0,
        "quantiles": {"p01": 1.0, "p25": 1.0, "p50": 1.0, "p75": 3.0, "p99": 3.0},
        "top": [["NaN", 2], ["-INF", 1], ["1", 1], ["3", 1], ["INF", 1]]
    });
    assert_eq!(serde_json::to_value(found).unwrap(), expected);
}

#[test]
fn there_is_one_zero() {
    let numbers = || (1..=300).map(|number: i32| number.to_string());
    let zero = || std::iter::once("-0".to_owned());
    for cells in [zero().chain(numbers()).collect::<Vec<_>>(), numbers().chain(zero()).collect()] {
        let found = report(&NUMBER, MANY, cells);
        assert!(!found.distinct_exact);
        assert_eq!(found.min.unwrap().to_string(), "0.0");
    }
}

#[test]
fn texts_have_lengths_in_characters() {
    let found = report(&STRING, 8, ["zoë", "", "Nguyễn Văn Tuấn", "zoë"]);
    let expected = json!({
        "name": "f", "type": "string", "count": 4, "missing": 0, "distinct": 3, "distinctExact": true,
        "top": [["zoë", 2], ["", 1], ["Nguyễn Văn Tuấn", 1]], "minLength": 0, "maxLength": 15
    });
    assert_eq!(serde_json::to_value(found).unwrap(), expected);
}

#[test]
fn times_are_reported_as_text() {
    let found = report(&DATETIME, 8, ["2020-02-29T12:00:00", "2020-02-29T12:00:00.5", "1969-12-31T23:59:59"]);
    let expected = json!({
        "name": "f", "type": "datetime", "count": 3, "missing": 0, "distinct": 3, "distinctExact": true,
        "min": "1969-12-31T23:59:59", "max": "2020-02-29T12:00:00.5",
        "quantiles": {
            "p01": "1969-12-31T23:59:59", "p25": "1969-12-31T23:59:59", "p50": "2020-02-29T12:00:00",
            "p75": "2020-02-29T12:00:00.5", "p99": "2020-02-29T12:00:00.5"
        },
        "top": [["1969-12-31T23:59:59", 1], ["2020-02-29T12:00:00", 1], ["2020-02-29T12:00:00.5", 1]]
    });
    assert_eq!(serde_json::to_value(found).unwrap(), expected);
    for (kind, value, expected) in [
        (FieldType::Date(Date(TemporalFormat::Default)), 1, json!("1970-01-02")),
        (FieldType::Time(Time(TemporalFormat::Default)), 1_000_000, json!("00:00:01")),
        (FieldType::Year(Year), 2024, json!(2024)),
        (FieldType::YearMonth(YearMonth), 24_294, json!("2024-07")),
    ] {
        let mut statistics = ColumnStatistics::new(&kind, 8);
        add_integer(&mut statistics, value, 0);
        assert_eq!(statistics.finish("f").max, Some(expected));
    }
}

#[test]
fn booleans_are_two_values() {
    let kind = FieldType::Boolean(Boolean { true_values: vec![].into(), false_values: vec![].into() });
    let mut statistics = ColumnStatistics::new(&kind, 8);
    statistics.add_booleans(3, 4);
    statistics.add_missing(2);
    let found = statistics.finish("f");
    assert_eq!((found.count, found.missing, found.distinct), (7, 2, 2));
    assert_eq!(found.top, [("false".to_owned(), 4), ("true".to_owned(), 3)]);
}

#[test]
fn a_column_without_cells_has_no_values() {
    for kind in [&INTEGER, &NUMBER, &STRING, &DATETIME] {
        let found = ColumnStatistics::new(kind, 8).finish("f");
        let bare = FieldStatistics {
            name: "f".to_owned(),
            kind: kind.name().to_owned(),
            distinct_exact: true,
            ..FieldStatistics::default()
        };
        assert_eq!(found, bare);
    }
}

#[test]
fn a_sum_beyond_64_bits_is_the_nearest_double() {
    let found = report(&INTEGER, 8, [i64::MAX, i64::MAX, i64::MAX]);
    assert_eq!(found.sum, Some(json!(3.0 * i64::MAX as f64)));
    assert_eq!(report(&INTEGER, 8, [i64::MAX, 1]).sum, Some(json!(1u64 << 63)));
}

#[test]
fn a_table_is_exact_up_to_its_bound_and_no_further() {
    assert!(report(&INTEGER, 8, 0..4096).distinct_exact);
    assert!(!report(&INTEGER, 8, 0..4097).distinct_exact);
    let long = "x".repeat(300 << 10);
    assert!(!report(&STRING, 8, [&long]).distinct_exact);
    assert_eq!(report(&STRING, 8, [&long]).max_length, Some(300 << 10));
}

#[test]
fn many_different_values_are_estimated_within_five_percent() {
    for count in [5_000, 20_000, 100_000] {
        let integers = report(&INTEGER, 8, (0..count).map(|at| mixed(at) as i64));
        let texts = report(&STRING, 8, (0..count).map(|at| format!("user{at}@example.org")));
        for found in [integers, texts] {
            let error = found.distinct as f64 / count as f64 - 1.0;
            assert!(error.abs() < 0.05, "{} of {count}", found.distinct);
        }
    }
}

#[test]
fn a_frequent_value_is_found_among_many_different_ones() {
    let cells = (0..200_000u64)
        .map(|at| if mixed(at).is_multiple_of(10) { "frequent".to_owned() } else { format!("value {at}") });
    let found = report(&STRING, 8, cells);
    assert_eq!(found.top.len(), 1, "{:?}", found.top);
    let (value, count) = &found.top[0];
    assert_eq!(value, "frequent");
    assert!((15_000..25_000).contains(count), "{count}");
}

#[test]
fn no_value_is_frequent_among_different_ones() {
    assert_eq!(report(&INTEGER, 8, 0..100_000).top, []);
}

#[test]
fn estimated_quantiles_are_near_and_ranges_and_sums_exact() {
    // Amounts over five decades, with two digits behind the point.
    let mut cents: Vec<i64> = (0..50_000)
        .map(|at| 10f64.powf((mixed(at) % 10_000) as f64 / 1430.0 + 1.0) as i64 + (mixed(at) >> 40) as i64 % 7)
        .collect();
    let found = report(&NUMBER, 8, cents.iter().map(|&cents| format!("{}.{:02}", cents / 100, cents % 100)));
    assert!(!found.distinct_exact);
    let sum: i64 = cents.iter().sum();
    cents.sort_unstable();
    assert_eq!(found.sum, Some(json!(sum as f64 / 100.0)));
    assert_eq!(found.min, Some(json!(cents[0] as f64 / 100.0)));
    assert_eq!(found.max, Some(json!(cents[cents.len() - 1] as f64 / 100.0)));
    let quantiles = found.quantiles.unwrap();
    for (percent, found) in
        [(1, quantiles.p01), (25, quantiles.p25), (50, quantiles.p50), (75, quantiles.p75), (99, quantiles.p99)]
    {
        let exact = cents[cents.len() * percent / 100 - 1] as f64 / 100.0;
        let error = found.as_f64().unwrap() / exact - 1.0;
        assert!(error.abs() <= 0.004, "p{percent}: {found} for {exact}");
    }
}

#[test]
fn small_integers_have_exact_quantiles_even_when_estimated() {
    // Many different large values, and nearly all cells small: positive, negative and zero.
    let cells = (0..100_000u64).map(|at| if at % 20 == 0 { mixed(at) as i64 } else { (at % 9) as i64 - 4 });
    let found = report(&INTEGER, 8, cells);
    assert!(!found.distinct_exact);
    let quantiles = found.quantiles.unwrap();
    assert_eq!((quantiles.p25, quantiles.p50, quantiles.p75), (json!(-2), json!(0), json!(2)));
}

#[test]
fn datetimes_far_away_do_not_blur_the_others() {
    let year: i64 = parse::datetime(b"2023-01-01T00:00:00", &TemporalFormat::Default).unwrap();
    let day = 86_400_000_000;
    let mut statistics = ColumnStatistics::new(&DATETIME, 8);
    for at in 0..50_000u64 {
        let value =
            if at % 100 == 0 { 253_402_300_799_000_000 } else { year + (mixed(at) % (365 * day as u64)) as i64 };
        add_integer(&mut statistics, value, level(at));
    }
    let found = statistics.finish("f");
    assert_eq!(found.max, Some(json!("9999-12-31T23:59:59")));
    let median = found.quantiles.unwrap().p50;
    let median = parse::datetime(median.as_str().unwrap().as_bytes(), &TemporalFormat::Default).unwrap();
    // The true median is 0.5 / 0.99 through the year; half a day for the bin, and as much for chance.
    assert!((median - year - 184 * day).abs() < 3 * day, "{median}");
}

#[test]
fn long_values_are_cut_in_the_list_of_frequent_ones() {
    let found = report(&STRING, 8, ["ë".repeat(201), "ë".repeat(200)]);
    let mut labels: Vec<String> = found.top.into_iter().map(|(label, _)| label).collect();
    labels.sort();
    assert_eq!(labels, ["ë".repeat(200), format!("{}…", "ë".repeat(200))]);
}

/// Cells of a column that may or may not fit its table.
fn cells(kind: &FieldType) -> BoxedStrategy<Vec<String>> {
    let cell = match kind {
        FieldType::Integer(_) => prop_oneof![
            3 => (-5..5i64).prop_map(|value| value.to_string()),
            3 => (0..100_000i64).prop_map(|value| value.to_string()),
            1 => any::<i64>().prop_map(|value| value.to_string()),
        ]
        .boxed(),
        FieldType::Number(_) => prop_oneof![
            3 => (-50..50i64).prop_map(|value| format!("{}.{}", value / 10, value.abs() % 10)),
            3 => "-?[0-9]{1,4}\\.[0-9]{0,3}",
            1 => "-?[0-9]{1,19}(\\.[0-9]{1,6})?(e-?[0-9]{1,2})?",
            1 => prop_oneof![Just("NaN"), Just("INF"), Just("-0"), Just("1e-300"), Just("1e300")].prop_map(str::to_owned),
        ]
        .boxed(),
        FieldType::Datetime(_) => (0..4_000_000_000_000_000i64, 0..50u32)
            .prop_map(|(value, shift)| parse::format_datetime(value >> shift))
            .boxed(),
        _ => prop_oneof![
            3 => "[a-d]{0,2}",
            3 => "[a-zé]{10,20}",
            1 => "[ab]{250,260}",
        ]
        .boxed(),
    };
    // Now and then more than 256 values or 4 KiB of text; with a frequent value or without.
    (0..3u32, prop::collection::vec(cell, 0..500))
        .prop_map(|(form, cells)| match (form, cells.first().cloned()) {
            (0, _) => cells.into_iter().take(40).collect(),
            (1, Some(first)) => cells.into_iter().flat_map(|cell| [first.clone(), cell, first.clone()]).collect(),
            _ => cells,
        })
        .boxed()
}

fn check_parts(kind: &FieldType, cells: Vec<String>, cuts: &[usize], order: &[usize]) -> Result<(), TestCaseError> {
    // Records that begin anywhere, with levels high enough to fill the sample.
    let records = (0u64..).filter(|&record| level(record) >= 5);
    let rows: Vec<Row> = cells.into_iter().zip(records).collect();
    let whole = published(&of(kind, MANY, &rows));
    let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
    prop_assert_eq!(&published(&of(kind, MANY, &backwards)), &whole);

    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (rows.len() + 1)).collect();
    cuts.extend([0, rows.len()]);
    cuts.sort_unstable();
    let mut parts: Vec<ColumnStatistics> = cuts.windows(2).map(|cut| of(kind, MANY, &rows[cut[0]..cut[1]])).collect();
    // Any two parts are merged, either into the other, until one is left.
    for place in order.iter().cycle() {
        if parts.len() == 1 {
            break;
        }
        let other = parts.swap_remove(place % parts.len());
        let into = place / 7 % parts.len();
        parts[into].merge(&other);
    }
    prop_assert_eq!(&published(&parts[0]), &whole);
    Ok(())
}

macro_rules! split_and_merged {
    ($($name:ident: $kind:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(150))]
            $(
                #[test]
                fn $name(
                    cells in cells(&$kind),
                    cuts in prop::collection::vec(any::<usize>(), 0..6),
                    order in prop::collection::vec(any::<usize>(), 1..6),
                ) {
                    check_parts(&$kind, cells, &cuts, &order)?;
                }
            )*
        }
    };
}

split_and_merged! {
    integers_split_and_merged_are_the_whole: INTEGER;
    numbers_split_and_merged_are_the_whole: NUMBER;
    texts_split_and_merged_are_the_whole: STRING;
    datetimes_split_and_merged_are_the_whole: DATETIME;
}

proptest! {
    #[test]
    fn a_column_within_its_table_is_as_counted_by_hand(values in prop::collection::vec(-300..300i64, 1..500)) {
        let found = report(&INTEGER, 8, &values);
        let mut counts = BTreeMap::new();
        values.iter().for_each(|&value| *counts.entry(value).or_insert(0u64) += 1);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        prop_assert_eq!(found.distinct, counts.len() as u64);
        prop_assert_eq!(found.sum, Some(json!(values.iter().sum::<i64>())));
        prop_assert_eq!(found.min, Some(json!(sorted[0])));
        let quantiles = found.quantiles.unwrap();
        let rank = |percent: usize| json!(sorted[(values.len() * percent).div_ceil(100).max(1) - 1]);
        prop_assert_eq!([quantiles.p01, quantiles.p25, quantiles.p50, quantiles.p75, quantiles.p99], [1, 25, 50, 75, 99].map(rank));
        let mut top: Vec<(i64, u64)> = counts.into_iter().collect();
        top.sort_by_key(|&(value, count)| (std::cmp::Reverse(count), value));
        let top: Vec<(String, u64)> = top.into_iter().take(10).map(|(value, count)| (value.to_string(), count)).collect();
        prop_assert_eq!(found.top, top);
    }

    #[test]
    fn slices_and_single_cells_say_the_same(values in prop::collection::vec(any::<i16>(), 0..600)) {
        let integers: Vec<i64> = values.iter().map(|&value| value.into()).collect();
        let mut slice = ColumnStatistics::new(&INTEGER, MANY);
        slice.add_integers(&integers);
        integers.iter().zip(0..).for_each(|(&value, record)| slice.sample_integer(value, level(record)));
        let rows: Vec<Row> = values.iter().map(ToString::to_string).zip(0..).collect();
        prop_assert_eq!(published(&slice), published(&of(&INTEGER, MANY, &rows)));
    }
}
