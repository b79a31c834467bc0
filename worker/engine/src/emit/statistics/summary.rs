//! The counts of a column → its statistics in the report.

use serde_json::{Number, Value};

use super::count_table::Entry;
use super::estimates::Counted;
use super::histogram::Bin;
use super::measures::{Infinities, Measures, PreciseRange};
use super::row_sample::SampledCounts;
use super::value_key::{self, ValueKey};
use super::{ColumnStatistics, histogram, number, ordinal};
use crate::bound::PreciseTime;
use crate::parse::{format_date, format_datetime, format_time, format_year_month, with_nanoseconds};
use crate::report::{FieldStatistics, Quantiles};
use crate::shown::cut;
use crate::types::{StatisticsKind, TemporalUnit};
use crate::typing::values::NO_SCALE;

/// Most values in `top`.
const TOP: usize = 10;

/// Fewest sampled rows of a frequent value: with 16 rows the relative standard error of its count is 25 %.
const LEAST_SAMPLED: u64 = 16;

/// Most characters of a value in `top`; longer values are cut.
const TOP_CHARACTERS: usize = 200;

impl ColumnStatistics {
    /// Returns the statistics as they are reported.
    ///
    /// NaN and the infinities count as values in `count`, `distinct` and `top`, and the infinities in `min` and `max`.
    /// They are left out of everything else, and `notFinite` is their number. A sum that exceeds 64 bits is reported as
    /// the nearest double. If there are no values, the members that need values are absent.
    pub(crate) fn finish(&self, name: &str) -> FieldStatistics {
        let mut report = FieldStatistics {
            name: name.to_owned(),
            kind: self.type_name.to_owned(),
            count: self.count,
            missing: self.missing,
            distinct_exact: true,
            ..FieldStatistics::default()
        };
        if self.kind == StatisticsKind::Boolean {
            self.finish_booleans(&mut report);
            return report;
        }
        match &self.estimates {
            None => {
                let table = &self.table;
                let mut measures = Measures::default();
                let mut ordinals = Vec::new();
                for entry in table.entries() {
                    if let Some(ordinal) = measures.add(self.kind, &entry) {
                        ordinals.push(Counted { ordinal, count: entry.count });
                    }
                }
                ordinals.sort_unstable();
                report.distinct = table.len() as u64;
                // With fewer values no histogram is needed: `top` has all of them.
                if table.len() > TOP {
                    let values: Vec<_> = ordinals
                        .iter()
                        .map(|&Counted { ordinal, count }| Bin { first: ordinal, last: ordinal, count })
                        .collect();
                    report.histogram = histogram::of_column(self.kind, &values);
                }
                report.top = self.most_frequent(table.entries().map(|entry| (entry, entry.count)));
                self.finish_measures(&measures, &ordinals, &mut report);
            }
            Some(estimates) => {
                report.distinct_exact = false;
                report.distinct = estimates.distinct().min(self.count);
                let SampledCounts { values, rows_per_sample } = self.sample.counts();
                let supported = values.entries().filter(|entry| entry.count >= LEAST_SAMPLED);
                report.top = self.most_frequent(
                    supported.map(|entry| (entry, entry.count.saturating_mul(rows_per_sample).min(self.count))),
                );
                let fine = estimates.bins();
                report.histogram = histogram::of_column(self.kind, &estimates.value_bins(&fine));
                self.finish_measures(&estimates.measures, &estimates.quantile_ordinals(&fine), &mut report);
            }
        }
        report
    }

    fn finish_booleans(&self, report: &mut FieldStatistics) {
        let mut top = vec![("false".to_owned(), self.count - self.trues), ("true".to_owned(), self.trues)];
        top.retain(|(_, count)| *count > 0);
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        report.distinct = top.len() as u64;
        report.top = top;
    }

    fn finish_measures(&self, measures: &Measures, ordinals: &[Counted], report: &mut FieldStatistics) {
        if let Some(lengths) = measures.lengths.known() {
            report.min_length = Some(lengths.least);
            report.max_length = Some(lengths.greatest);
        }
        self.finish_range(measures, report);
        report.not_finite = measures.not_finite;
        if let Some(summary) = measures.moments.summary() {
            let number = |value: f64| Number::from_f64(value).map(Value::Number);
            report.mean = number(summary.mean);
            report.stddev = summary.stddev.and_then(number);
            report.sum = summary
                .integer_sum
                .filter(|_| self.kind == StatisticsKind::Integer)
                .and_then(|sum| {
                    i64::try_from(sum).map(Value::from).or_else(|_| u64::try_from(sum).map(Value::from)).ok()
                })
                .or_else(|| number(summary.sum));
        }
        report.quantiles = self.quantiles(measures, ordinals, report.min.as_ref());
    }

    /// Reports the least and the greatest value.
    fn finish_range(&self, measures: &Measures, report: &mut FieldStatistics) {
        if let Some(range) = measures.range() {
            report.min = Some(self.value(range.least));
            report.max = Some(self.value(range.greatest));
        }
        if let Some(PreciseRange { least, greatest }) = measures.precise_times {
            // At equal microseconds, the time without nanoseconds is the lesser one.
            let others = measures.range.known();
            if others.is_none_or(|others| ordinal::integer(others.least) > least.microseconds) {
                report.min = Some(self.precise_value(least));
            }
            if others.is_none_or(|others| ordinal::integer(others.greatest) <= greatest.microseconds) {
                report.max = Some(self.precise_value(greatest));
            }
        }
        let text = |value| Some(Value::from(number::text(number::key(value, 0, NO_SCALE))));
        let Infinities { negative, positive } = measures.infinities;
        if negative || report.min.is_none() && positive {
            report.min = text(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        if positive || report.max.is_none() && negative {
            report.max = text(if positive { f64::INFINITY } else { f64::NEG_INFINITY });
        }
    }

    /// Returns the quantiles of ordinals with their counts, none of which is less than the least value `min`; `None` if there are no ordinals.
    fn quantiles(&self, measures: &Measures, ordinals: &[Counted], min: Option<&Value>) -> Option<Quantiles> {
        let total: u64 = ordinals.iter().map(|counted| counted.count).sum();
        // Quantiles are counted in microseconds, and the least value may have nanoseconds.
        let least = measures.precise_times.map(|range| range.least.microseconds).zip(min);
        let quantile = |percent| {
            let ordinal = nearest_rank(ordinals, total, percent);
            let value = self.value(ordinal);
            match least {
                Some((microseconds, min))
                    if ordinal::integer(ordinal) == microseconds && min.as_str() > value.as_str() =>
                {
                    min.clone()
                }
                _ => value,
            }
        };
        (total > 0).then(|| Quantiles {
            p01: quantile(1),
            p25: quantile(25),
            p50: quantile(50),
            p75: quantile(75),
            p99: quantile(99),
        })
    }

    /// Returns the value of an ordinal.
    fn value(&self, ordinal: u64) -> Value {
        let integer = ordinal::integer(ordinal);
        match self.kind {
            StatisticsKind::Number => Number::from_f64(ordinal::double(ordinal)).map_or(Value::Null, Value::Number),
            StatisticsKind::Integer | StatisticsKind::Temporal(TemporalUnit::Year) => Value::from(integer),
            _ => Value::from(self.text_of(value_key::of_integer(integer))),
        }
    }

    /// Returns a time with its nanoseconds.
    fn precise_value(&self, time: PreciseTime) -> Value {
        Value::from(self.text_of(value_key::of_precise_time(time)))
    }

    /// Returns the text of a typed value.
    fn text_of(&self, key: ValueKey) -> String {
        let integer = value_key::integer(key);
        // The casts lose nothing: days and months come from 32 bits.
        match self.kind {
            StatisticsKind::Number => number::text(key),
            StatisticsKind::Temporal(TemporalUnit::Date) => format_date(integer as i32),
            StatisticsKind::Temporal(TemporalUnit::Datetime) => {
                with_nanoseconds(format_datetime(integer), value_key::nanoseconds(key))
            }
            StatisticsKind::Temporal(TemporalUnit::Time) => {
                with_nanoseconds(format_time(integer), value_key::nanoseconds(key))
            }
            StatisticsKind::Temporal(TemporalUnit::YearMonth) => format_year_month(integer as i32),
            StatisticsKind::Temporal(TemporalUnit::Year)
            | StatisticsKind::Integer
            | StatisticsKind::Boolean
            | StatisticsKind::Text => integer.to_string(),
        }
    }

    /// Returns the values with the greatest counts; values with the same count are in ascending order.
    fn most_frequent<'a>(&self, values: impl Iterator<Item = (Entry<'a>, u64)>) -> Vec<(String, u64)> {
        let mut values: Vec<_> = values.collect();
        if values.len() > TOP {
            // Only values that can be among the first ones are worth ordering.
            let (_, &mut (_, least), _) = values.select_nth_unstable_by(TOP - 1, |a, b| b.1.cmp(&a.1));
            values.retain(|(_, count)| *count >= least);
        }
        let mut ordered: Vec<(u64, TieBreak, Entry<'_>)> =
            values.into_iter().map(|(entry, count)| (count, self.tie_break(&entry), entry)).collect();
        ordered.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ordered.truncate(TOP);
        ordered.into_iter().map(|(count, _, entry)| (self.shown(&entry), count)).collect()
    }

    /// Returns the rank of a value among the values with the same count.
    fn tie_break(&self, entry: &Entry<'_>) -> TieBreak {
        match self.kind {
            StatisticsKind::Text | StatisticsKind::Boolean => TieBreak::Text(entry.with_text(<[u8]>::to_vec)),
            StatisticsKind::Number => TieBreak::Typed(ordinal::of_double(number::value(entry.key)), entry.key),
            StatisticsKind::Integer | StatisticsKind::Temporal(_) => {
                TieBreak::Typed(ordinal::of_integer(value_key::integer(entry.key)), entry.key)
            }
        }
    }

    /// Returns the text of a value in `top`.
    fn shown(&self, entry: &Entry<'_>) -> String {
        if self.kind != StatisticsKind::Text {
            return self.text_of(entry.key);
        }
        let mut text = entry.with_text(|text| match str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => text.escape_ascii().to_string(),
        });
        cut(&mut text, TOP_CHARACTERS);
        text
    }
}

/// The rank of a value among the values with the same count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TieBreak {
    Typed(u64, ValueKey),
    Text(Vec<u8>),
}

/// Returns the ordinal at or below which `percent` of the values lie, by the nearest-rank method.
fn nearest_rank(ordinals: &[Counted], total: u64, percent: u64) -> u64 {
    let rank = (u128::from(total) * u128::from(percent)).div_ceil(100).max(1);
    let mut seen = 0;
    for &Counted { ordinal, count } in ordinals {
        seen += u128::from(count);
        if seen >= rank {
            return ordinal;
        }
    }
    ordinals.last().map_or(0, |last| last.ordinal)
}
