//! Assertions over a whole file (`sluice.file`), decided when the file has ended.
//!
//! `rows` counts the rows read, and `rejected` is a share of them; everything else is measured over the cells of clean rows, like the
//! statistics of the report.

use std::collections::HashMap;

use serde_json::Value;

use crate::bound::Bound;
use crate::codes::{Refusal, RefusalCode};
use crate::descriptor::{Assertion, Limit, Measure, Settings};
use crate::parse::ExactDecimal;
use crate::report::{AssertionOutcome, Decision, FieldStatistics, Rows};
use crate::resolve::trailer::TrailerFindings;
use crate::resolve::{earlier_files, trailer};
use crate::shown::{TEXT, counted, shown};
use crate::typing::column::{Column, by_name};

/// Most failed assertions that the message of a refusal names; the report has all of them.
const NAMED: usize = 3;

/// What the assertions ask about a file that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) columns: &'a [Column],
    /// Returns the statistics of the column with this index. They are finished for each call.
    pub(crate) statistics: &'a dyn Fn(usize) -> FieldStatistics,
    /// Rows with a fault in each column; empty when no assertion asks for them.
    pub(crate) column_faults: &'a [u64],
    /// What was found of the trailer, if files have one.
    pub(crate) trailer: &'a TrailerFindings,
}

/// Returns the outcomes of all assertions: in their order, then those of the trailer, then the comparisons with earlier files.
pub(crate) fn decide(settings: &Settings, file: &Ended<'_>) -> Vec<AssertionOutcome> {
    let mut outcomes = of_measures(&settings.assertions, file);
    if let Some(trailer) = &settings.trailer {
        outcomes.extend(trailer::decide(trailer, file.trailer, file.rows, file.columns));
    }
    outcomes.extend(settings.last.iter().flat_map(earlier_files::undecided));
    outcomes
}

fn of_measures(assertions: &[Assertion], file: &Ended<'_>) -> Vec<AssertionOutcome> {
    let indices = if assertions.is_empty() { HashMap::new() } else { by_name(file.columns) };
    // Finished once for each column, as several assertions may be about it.
    let mut finished: HashMap<usize, FieldStatistics> = HashMap::new();
    let mut outcomes = Vec::with_capacity(assertions.len());
    for assertion in assertions {
        let index = assertion.field.as_deref().and_then(|field| indices.get(field)).copied();
        if let (Measure::Rejected, Limit::Percent(most), Some(index)) = (assertion.measure, &assertion.limit, index) {
            let faults = file.column_faults.get(index).copied().unwrap_or_default();
            outcomes.push(rejected(assertion.name(), Share { part: faults, whole: file.rows.read }, *most));
            continue;
        }
        let column = index.map(|index| {
            let statistics = finished.entry(index).or_insert_with(|| (file.statistics)(index));
            MeasuredColumn { column: &file.columns[index], statistics }
        });
        outcomes.push(outcome(assertion, file.rows, column));
    }
    outcomes
}

/// A column that an assertion is about.
struct MeasuredColumn<'a> {
    column: &'a Column,
    statistics: &'a FieldStatistics,
}

/// A share of the cells or rows of a file.
struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    /// Returns true if the share is at most this many percent; the share of nothing is 0.
    fn is_at_most(&self, percent: f64) -> bool {
        self.part as f64 * 100.0 <= percent * self.whole as f64
    }
}

/// What was measured, in words: `the file has`, 7, `rows`.
struct Measurement<'m> {
    words: &'m str,
    value: Value,
    unit: &'m str,
}

/// Returns the refusal of a file if an assertion does not hold.
pub(crate) fn refusal(outcomes: &[AssertionOutcome]) -> Option<Refusal> {
    let failed: Vec<&AssertionOutcome> = outcomes.iter().filter(|outcome| !outcome.holds).collect();
    let named: Vec<&str> = failed.iter().take(NAMED).map(|outcome| outcome.message.as_str()).collect();
    let more = match failed.len().saturating_sub(NAMED) {
        0 => String::new(),
        others => format!("; and {others} more (file.assertions of the report)"),
    };
    (!failed.is_empty())
        .then(|| Refusal { code: RefusalCode::FileConstraint, message: format!("{}{more}", named.join("; ")) })
}

fn outcome(assertion: &Assertion, rows: &Rows, column: Option<MeasuredColumn<'_>>) -> AssertionOutcome {
    let name = assertion.name();
    let Some(field) = &assertion.field else {
        let measured = Measurement { words: "the file has", value: rows.read.into(), unit: "rows" };
        return within(name, measured, &assertion.limit);
    };
    let Some(MeasuredColumn { column, statistics }) = column else {
        let message = format!("{}: the file has no column {}", shown(&name, TEXT), shown(field, TEXT));
        return AssertionOutcome::decided(name, Decision::FAILED, message);
    };
    if let Limit::Percent(most) = assertion.limit {
        return missing(name, statistics, most);
    }
    let words = format!("{} has", shown(field, TEXT));
    let (value, unit) = match assertion.measure {
        Measure::Rows | Measure::Missing | Measure::Rejected | Measure::Count => (statistics.count.into(), "values"),
        Measure::Distinct => (statistics.distinct.into(), "distinct values"),
        Measure::Sum => match sum(statistics) {
            Ok(sum) => (sum, "as its sum"),
            Err(why) => {
                let message = format!("{}: {words} no sum: {why}", shown(&name, TEXT));
                return AssertionOutcome::decided(name, Decision::FAILED, message);
            }
        },
    };
    let is_secret = column.redacted && assertion.measure == Measure::Sum;
    let decided = within(name, Measurement { words: &words, value, unit }, &assertion.limit);
    if is_secret { hidden(decided) } else { decided }
}

/// Returns the sum of a column, 0 for no values; or why there is none.
fn sum(statistics: &FieldStatistics) -> Result<Value, String> {
    match &statistics.sum {
        _ if statistics.not_finite > 0 => Err(format!("{} of its values are INF, -INF or NaN", statistics.not_finite)),
        Some(sum) => Ok(sum.clone()),
        None if statistics.count == 0 => Ok(0.into()),
        None => Err(format!("it is beyond ±{:e}", f64::MAX)),
    }
}

/// Returns the outcome without the value that was found: the sum of a redacted column tells of its values.
fn hidden(outcome: AssertionOutcome) -> AssertionOutcome {
    let words = if outcome.holds { "is" } else { "is not" };
    let message = format!("{}: the sum of the redacted column {words} within its bounds", shown(&outcome.name, TEXT));
    AssertionOutcome { found: None, message, ..outcome }
}

/// Decides the share of missing cells; without rows it is 0.
fn missing(name: String, statistics: &FieldStatistics, most: f64) -> AssertionOutcome {
    let share = Share { part: statistics.missing, whole: statistics.count + statistics.missing };
    let words = format!("{} missing", counted(share.whole, "cell"));
    at_most(name, share, &words, most)
}

/// Decides the share of rows that have a fault in a column; without rows it is 0.
fn rejected(name: String, share: Share, most: f64) -> AssertionOutcome {
    let words = format!("{} with a fault in this field", counted(share.whole, "row"));
    at_most(name, share, &words, most)
}

/// Decides whether a share is at most so many percent. `words` say what it is a share of.
fn at_most(name: String, share: Share, words: &str, most: f64) -> AssertionOutcome {
    let message = format!("{}: {} of {words}, at most {most} % may be", shown(&name, TEXT), share.part);
    let decision = Decision { holds: share.is_at_most(most), found: Some(share.part.into()) };
    AssertionOutcome::decided(name, decision, message)
}

/// Decides whether the value that was measured is within a range.
fn within(name: String, measured: Measurement<'_>, limit: &Limit) -> AssertionOutcome {
    let Measurement { words, value, unit } = measured;
    let text = value.to_string();
    let exact = ExactDecimal::of(text.as_bytes());
    let (min, max) = match limit {
        Limit::Range { min, max } => (min.as_ref(), max.as_ref()),
        Limit::Percent(_) => (None, None),
    };
    let holds = min.is_none_or(|least| *least.exact() <= exact) && max.is_none_or(|most| exact <= *most.exact());
    let bound = |words: &str, bound: Option<&Bound>| bound.map(|bound| format!("{words} {}", shown(&bound.text, TEXT)));
    let bounds: Vec<String> = [bound("at least", min), bound("at most", max)].into_iter().flatten().collect();
    let message = format!("{}: {words} {text} {unit}; expected {}", shown(&name, TEXT), bounds.join(" and "));
    AssertionOutcome::decided(name, Decision { holds, found: Some(value) }, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::Scalar;

    fn bound(text: &str) -> Option<Bound> {
        Some(Bound::new(text, Scalar::Number(text.parse().unwrap_or(0.0))))
    }

    #[test]
    fn a_range_is_compared_exactly() {
        let at = |found: &str, min: Option<Bound>, max: Option<Bound>| {
            let value: Value = serde_json::from_str(found).unwrap_or_default();
            let measured = Measurement { words: "a has", value, unit: "as its sum" };
            within("sum.a".to_owned(), measured, &Limit::Range { min, max })
        };
        assert!(at("9007199254740993", bound("9007199254740993"), None).holds);
        assert!(!at("9007199254740992", bound("9007199254740993"), None).holds);
        assert!(at("-3", None, bound("-2.5")).holds);
        let failed = at("7", bound("1"), bound("6"));
        assert!(!failed.holds);
        assert_eq!(failed.message, "sum.a: a has 7 as its sum; expected at least 1 and at most 6");
    }
}
