//! The counts of a column → its statistics in the report.

use serde_json::{Number, Value};

use super::key::{self, Key};
use super::measures::Measures;
use super::table::Entry;
use super::{ColumnStatistics, bins, number, order};
use crate::parse::{format_date, format_datetime, format_time, format_year_month, with_nanoseconds};
use crate::report::{FieldStatistics, Quantiles};
use crate::shown::cut;
use crate::types::{StatisticsKind, Temporal};

/// Most values in `top`.
const TOP: usize = 10;

/// Fewest sampled rows of a frequent value: its count is then known to about 25 %.
const SUPPORT: u64 = 16;

/// Most characters of a value in `top`; longer values are cut.
const CHARACTERS: usize = 200;

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
        match &self.estimate {
            None => {
                let table = &self.table;
                let mut measures = Measures::default();
                let mut codes = Vec::new();
                for entry in table.entries() {
                    if let Some(code) = measures.add(self.kind, &entry) {
                        codes.push((code, entry.count));
                    }
                }
                codes.sort_unstable();
                report.distinct = table.len() as u64;
                // With fewer values no histogram is needed: `top` has all of them.
                if table.len() > TOP {
                    let parts: Vec<_> = codes.iter().map(|&(code, count)| (code, code, count)).collect();
                    report.histogram = bins::histogram(self.kind, &parts);
                }
                report.top = self.most_frequent(table.entries().map(|entry| (entry, entry.count)));
                self.finish_measures(&measures, &codes, &mut report);
            }
            Some(estimate) => {
                report.distinct_exact = false;
                report.distinct = estimate.distinct().min(self.count);
                let (sampled, weight) = self.sample.counts();
                let supported = sampled.entries().filter(|entry| entry.count >= SUPPORT);
                report.top = self
                    .most_frequent(supported.map(|entry| (entry, entry.count.saturating_mul(weight).min(self.count))));
                let fine = estimate.bins();
                report.histogram = bins::histogram(self.kind, &estimate.parts(&fine));
                self.finish_measures(&estimate.measures, &estimate.quantile_codes(&fine), &mut report);
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

    fn finish_measures(&self, measures: &Measures, codes: &[(u64, u64)], report: &mut FieldStatistics) {
        if let Some((shortest, longest)) = measures.lengths.get() {
            report.min_length = Some(shortest);
            report.max_length = Some(longest);
        }
        if let Some((least, most)) = measures.range() {
            report.min = Some(self.value(least));
            report.max = Some(self.value(most));
            if let Some((least_finer, most_finer)) = measures.finer {
                // At equal microseconds, the time without nanoseconds is the lesser one.
                let whole = measures.range.get();
                if whole.is_none_or(|(least, _)| order::integer(least) > least_finer.0) {
                    report.min = Some(self.finer_value(least_finer));
                }
                if whole.is_none_or(|(_, most)| order::integer(most) <= most_finer.0) {
                    report.max = Some(self.finer_value(most_finer));
                }
            }
        }
        let infinities = [(0, f64::NEG_INFINITY, &mut report.min), (1, f64::INFINITY, &mut report.max)];
        for (nth, infinity, end) in infinities {
            let text = |value| Some(Value::from(number::text(number::key(value, 0, number::NO_SCALE))));
            if measures.infinities[nth] {
                *end = text(infinity);
            } else if end.is_none() && measures.infinities[1 - nth] {
                *end = text(-infinity);
            }
        }
        report.not_finite = measures.not_finite;
        if let Some(summary) = measures.moments.summary() {
            let number = |value: f64| Number::from_f64(value).map(Value::Number);
            report.mean = number(summary.mean);
            report.stddev = summary.stddev.and_then(number);
            report.sum = summary
                .integer
                .filter(|_| self.kind == StatisticsKind::Integer)
                .and_then(|sum| {
                    i64::try_from(sum).map(Value::from).or_else(|_| u64::try_from(sum).map(Value::from)).ok()
                })
                .or_else(|| number(summary.sum));
        }
        report.quantiles = self.quantiles(measures, codes, report.min.as_ref());
    }

    /// Returns the quantiles of codes with their counts, none of which is less than the least value `min`; `None` if there are no codes.
    fn quantiles(&self, measures: &Measures, codes: &[(u64, u64)], min: Option<&Value>) -> Option<Quantiles> {
        let total: u64 = codes.iter().map(|(_, count)| count).sum();
        // Quantiles are counted in microseconds, and the least value may have nanoseconds.
        let least = measures.finer.map(|(least, _)| least.0).zip(min);
        let quantile = |percent| {
            let code = nearest_rank(codes, total, percent);
            let value = self.value(code);
            match least {
                Some((finer, min)) if order::integer(code) == finer && min.as_str() > value.as_str() => min.clone(),
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

    /// Returns the value of a code.
    fn value(&self, code: u64) -> Value {
        let integer = order::integer(code);
        match self.kind {
            StatisticsKind::Number => Number::from_f64(order::double(code)).map_or(Value::Null, Value::Number),
            StatisticsKind::Integer | StatisticsKind::Temporal(Temporal::Year) => Value::from(integer),
            _ => Value::from(self.text_of(key::of_integer(integer))),
        }
    }

    /// Returns a time with its nanoseconds.
    fn finer_value(&self, (value, nanoseconds): (i64, u16)) -> Value {
        Value::from(self.text_of(key::of_finer(value, nanoseconds)))
    }

    /// Returns the text of a typed value.
    fn text_of(&self, key: Key) -> String {
        let integer = key::integer(key);
        // The casts lose nothing: days and months come from 32 bits.
        match self.kind {
            StatisticsKind::Number => number::text(key),
            StatisticsKind::Temporal(Temporal::Date) => format_date(integer as i32),
            StatisticsKind::Temporal(Temporal::Datetime) => {
                with_nanoseconds(format_datetime(integer), key::nanoseconds(key))
            }
            StatisticsKind::Temporal(Temporal::Time) => with_nanoseconds(format_time(integer), key::nanoseconds(key)),
            StatisticsKind::Temporal(Temporal::YearMonth) => format_year_month(integer as i32),
            StatisticsKind::Temporal(Temporal::Year)
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
        let mut ordered: Vec<(u64, Order, Entry<'_>)> =
            values.into_iter().map(|(entry, count)| (count, self.order(&entry), entry)).collect();
        ordered.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ordered.truncate(TOP);
        ordered.into_iter().map(|(count, _, entry)| (self.label(&entry), count)).collect()
    }

    fn order(&self, entry: &Entry<'_>) -> Order {
        match self.kind {
            StatisticsKind::Text | StatisticsKind::Boolean => Order::Text(entry.with_text(<[u8]>::to_vec)),
            StatisticsKind::Number => Order::Typed(order::of_double(number::value(entry.key)), entry.key),
            StatisticsKind::Integer | StatisticsKind::Temporal(_) => {
                Order::Typed(order::of_integer(key::integer(entry.key)), entry.key)
            }
        }
    }

    fn label(&self, entry: &Entry<'_>) -> String {
        if self.kind != StatisticsKind::Text {
            return self.text_of(entry.key);
        }
        let mut text = entry.with_text(|text| match str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => text.escape_ascii().to_string(),
        });
        cut(&mut text, CHARACTERS);
        text
    }
}

/// The rank of a value among the values with the same count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Typed(u64, Key),
    Text(Vec<u8>),
}

/// Returns the code at or below which `percent` of the values lie, by the nearest-rank method.
fn nearest_rank(codes: &[(u64, u64)], total: u64, percent: u64) -> u64 {
    let rank = (u128::from(total) * u128::from(percent)).div_ceil(100).max(1);
    let mut seen = 0;
    for &(code, count) in codes {
        seen += u128::from(count);
        if seen >= rank {
            return code;
        }
    }
    codes.last().map_or(0, |&(code, _)| code)
}
