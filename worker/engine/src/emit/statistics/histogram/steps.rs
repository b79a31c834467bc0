//! Round steps between the edges of integers, dates and times.

use serde_json::Value;

use super::{BINS, edge_number};
use crate::parse::{
    CivilDate, DAY, civil, days_before_month, format_date, format_datetime, format_time, format_year_month,
};
use crate::types::TemporalUnit;

/// Microseconds of a second.
const SECOND: i128 = 1_000_000;

/// Steps of times up to a quarter of a day, in seconds.
const SECONDS: [i128; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600];

/// Steps of dates below a month: the days of a step, and the day at which one begins. A week begins on a Monday, as
/// 1970-01-05 did.
const DAYS: [(i128, i128); 4] = [(1, 0), (2, 0), (7, 4), (14, 4)];

/// Steps in months, below ten years.
const MONTHS: [i128; 7] = [1, 2, 3, 6, 12, 24, 60];

/// The steps between edges.
pub(super) enum Step {
    /// 1, 2 or 5 times a power of ten.
    Decimal,
    /// Whole months, for values that are months.
    Months,
    /// Days, weeks and months, for values with `day` units in a day; below a day fractions of seconds, seconds, minutes and hours.
    Calendar { day: i128 },
}

impl Step {
    /// Returns the steps of times.
    pub(super) fn of(unit: TemporalUnit) -> Self {
        match unit {
            TemporalUnit::Year => Self::Decimal,
            TemporalUnit::YearMonth => Self::Months,
            TemporalUnit::Date => Self::Calendar { day: 1 },
            TemporalUnit::Datetime | TemporalUnit::Time => Self::Calendar { day: DAY.into() },
        }
    }

    /// Returns the edges of at most [`BINS`] bins: the first is not greater than `low`, the last is greater than `high`.
    pub(super) fn edges(&self, low: i128, high: i128) -> Vec<i128> {
        match *self {
            Self::Decimal => edges_by(decimals(), 0, low, high),
            Self::Months => edges_by(months(), 0, low, high),
            Self::Calendar { day } => calendar_edges(day, low, high),
        }
    }
}

/// Yields 1, 2, 5, 10, 20, …
fn decimals() -> impl Iterator<Item = i128> {
    (0..38).flat_map(|exponent| [1, 2, 5].map(|multiple| multiple * 10i128.pow(exponent)))
}

/// Yields 1, 2, 3, 6 months, then years.
fn months() -> impl Iterator<Item = i128> {
    MONTHS.into_iter().chain(decimals().skip(3).map(|years| 12 * years))
}

/// Returns true if this step needs at most [`BINS`] bins.
fn fits(step: i128, origin: i128, low: i128, high: i128) -> bool {
    (high - origin).div_euclid(step) - (low - origin).div_euclid(step) < BINS as i128
}

/// Returns edges at `origin` plus multiples of the first step that needs few enough bins.
fn edges_by(steps: impl Iterator<Item = i128>, origin: i128, low: i128, high: i128) -> Vec<i128> {
    let mut steps = steps.filter(|&step| fits(step, origin, low, high));
    // cannot fail: 10^37 is more than any distance.
    let step = steps.next().unwrap_or(i128::from(u64::MAX));
    let (first, last) = ((low - origin).div_euclid(step), (high - origin).div_euclid(step) + 1);
    (first..=last).map(|steps| origin + steps * step).collect()
}

fn calendar_edges(day: i128, low: i128, high: i128) -> Vec<i128> {
    let fractions = decimals().take_while(|&step| step < SECOND);
    let below_a_day = fractions.chain(SECONDS.map(|seconds| seconds * SECOND)).filter(|_| day > 1);
    let short = below_a_day.map(|step| (step, 0)).chain(DAYS.map(|(days, origin)| (days * day, origin * day)));
    for (step, origin) in short {
        if fits(step, origin, low, high) {
            return edges_by(std::iter::once(step), origin, low, high);
        }
    }
    let month = |value: i128| {
        // The clamp changes no value: no date is that far away.
        let CivilDate { year, month, .. } = civil(value.div_euclid(day).clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        i128::from(year) * 12 + i128::from(month) - 1
    };
    let months = edges_by(months(), 0, month(low), month(high));
    months.into_iter().map(|month| days_before_month(month) * day).collect()
}

/// Returns an edge in the canonical form of a time.
pub(super) fn edge_text(unit: TemporalUnit, edge: i128) -> Value {
    let days = |days: i128| i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
    let microseconds = i64::try_from(edge).unwrap_or(if edge < 0 { i64::MIN } else { i64::MAX });
    match unit {
        TemporalUnit::Year => edge_number(edge),
        TemporalUnit::YearMonth => format_year_month(days(edge)).into(),
        TemporalUnit::Date => format_date(days(edge)).into(),
        TemporalUnit::Datetime => format_datetime(microseconds).into(),
        TemporalUnit::Time => format_time(microseconds).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_as_in_the_calendar() {
        for days in [-1_000_000i64, -719_529, -719_528, -1, 0, 59, 60, 11_016, 2_932_896, 3_000_000] {
            let CivilDate { year, month, day } = civil(days);
            let first = days_before_month(i128::from(year) * 12 + i128::from(month) - 1);
            assert_eq!(first, i128::from(days) + 1 - i128::from(day), "{days}");
        }
    }

    #[test]
    fn steps_are_those_of_clocks_and_calendars() {
        let edges = |low, high| {
            calendar_edges(1, low, high).into_iter().map(|days| format_date(days as i32)).collect::<Vec<_>>()
        };
        assert_eq!(edges(19_723, 19_725), ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]);
        let weeks = edges(19_723, 19_723 + 200);
        assert_eq!(weeks[..2], ["2024-01-01", "2024-01-08"]);
        let months = edges(19_723, 19_723 + 3 * 365);
        assert_eq!(months[..3], ["2024-01-01", "2024-02-01", "2024-03-01"]);
        let years = edges(0, 41 * 365);
        assert_eq!(years[..2], ["1970-01-01", "1972-01-01"]);
        let day = i128::from(DAY);
        assert_eq!(calendar_edges(day, 0, day - 1).len(), 25);
    }
}
