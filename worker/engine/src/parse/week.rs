//! Days of weeks: the weeks that `strptime` counts in a year, and the weeks of ISO 8601.

use crate::parse::calendar::{days, weekday};

/// Returns the days since 1970-01-01 of a weekday (Monday = 0) in a week of a year. Week 1 begins with the first Monday of the year, or with
/// the first Sunday if `from_monday` is false.
pub(super) fn days_of_week(year: u32, week: u32, weekday_of: u32, from_monday: bool) -> Option<i32> {
    let first = days(year, 1, 1)?;
    let from_start = |weekday: i32| if from_monday { weekday } else { (weekday + 1) % 7 };
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
        for (year, week, weekday, from_monday, expected) in [
            (2024, 0, 6, false, "2023-12-31"),
            (2024, 1, 6, false, "2024-01-07"),
            (2024, 1, 0, true, "2024-01-01"),
            (2023, 0, 6, true, "2023-01-01"),
            (2023, 52, 4, true, "2023-12-29"),
        ] {
            assert_eq!(days_of_week(year, week, weekday, from_monday).map(format_date).as_deref(), Some(expected));
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
