//! Days of weeks: the weeks that `strptime` counts in a year, and the weeks of ISO 8601.

use crate::parse::calendar::{days, weekday};

/// The day on which weeks begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstDay {
    Monday,
    Sunday,
}

/// A week of a year. Week 1 begins with the first Monday of the year, or with the first Sunday; the days before it are week 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Week {
    pub(super) number: u32,
    pub(super) first_day: FirstDay,
}

/// Returns the days since 1970-01-01 of a weekday (Monday = 0) in a week of a year.
pub(super) fn days_of_week(year: u32, Week { number: week, first_day }: Week, weekday_of: u32) -> Option<i32> {
    let first = days(year, 1, 1)?;
    let from_start = |weekday: i32| match first_day {
        FirstDay::Monday => weekday,
        FirstDay::Sunday => (weekday + 1) % 7,
    };
    let before = (7 - from_start(weekday(first) as i32)) % 7;
    Some(first + before + 7 * (week as i32 - 1) + from_start(weekday_of as i32))
}

/// Returns the days since 1970-01-01 of a weekday (Monday = 0) in a week of ISO 8601, whose week 1 has the first Thursday of the year. `None`
/// if the year has no such week.
pub(super) fn days_of_iso_week(year: u32, week: u32, weekday_of: u32) -> Option<i32> {
    let monday_of_first = |year: u32| days(year, 1, 4).map(|fourth| fourth - weekday(fourth) as i32);
    let day = monday_of_first(year)? + 7 * (week as i32 - 1) + weekday_of as i32;
    // Dates end with the year 9999, so there may be no next year.
    let is_of_year = monday_of_first(year + 1).is_none_or(|next| day < next);
    is_of_year.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::format_date;

    #[test]
    fn days_of_weeks_are_those_of_python() {
        for (year, number, weekday, first_day, expected) in [
            (2024, 0, 6, FirstDay::Sunday, "2023-12-31"),
            (2024, 1, 6, FirstDay::Sunday, "2024-01-07"),
            (2024, 1, 0, FirstDay::Monday, "2024-01-01"),
            (2023, 0, 6, FirstDay::Monday, "2023-01-01"),
            (2023, 52, 4, FirstDay::Monday, "2023-12-29"),
        ] {
            let week = Week { number, first_day };
            assert_eq!(days_of_week(year, week, weekday).map(format_date).as_deref(), Some(expected));
        }
        for (year, week, weekday, expected) in [
            (2020, 53, 4, Some("2021-01-01")),
            (2021, 1, 0, Some("2021-01-04")),
            (2021, 53, 0, None),
            (2015, 1, 0, Some("2014-12-29")),
        ] {
            assert_eq!(days_of_iso_week(year, week, weekday).map(format_date).as_deref(), expected);
        }
    }
}
