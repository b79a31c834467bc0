//! The proleptic Gregorian calendar, and dates and times as ISO 8601 text.

/// Microseconds of a second.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// The names of the months in English.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Days of each month, in a common year and in a leap year.
const LENGTHS: [[u8; 12]; 2] =
    [[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]];

/// Days of the year before each month, in a common year and in a leap year.
const DAYS_BEFORE: [[u16; 12]; 2] =
    [[0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335]];

#[inline]
fn is_leap(year: u32) -> bool {
    // Multiples of 100 are leap years when they are multiples of 400, that is of 16.
    year & if year.is_multiple_of(100) { 15 } else { 3 } == 0
}

/// Returns the days from 1970-01-01 to the first of January of this year.
#[inline]
fn days_before_year(year: u32) -> i32 {
    // Leap years since year 0, counted for a year 400 years later so that nothing is negative.
    let last = year + 399;
    let leap_years = last / 4 - last / 100 + last / 400 - 96;
    (year * 365 + leap_years) as i32 - 719_528
}

/// Returns the days from 1970-01-01 to the first day of a month of any year. Months are counted from January of the year 0.
pub(crate) fn days_before_month(month: i128) -> i128 {
    // The years of this computation begin in March, as in `civil`.
    let since_march = month - 2;
    let (year, month) = (since_march.div_euclid(12), since_march.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 - 719_468
}

/// Returns the days since 1970-01-01 of a date in the years 0–9999, which is not checked; `None` if the year has no such day.
#[inline]
pub(crate) fn days(year: u32, month: u32, day: u32) -> Option<i32> {
    // Tables and no branches: months and leap years are as good as random.
    let leap = usize::from(is_leap(year));
    let month = month.wrapping_sub(1) as usize;
    let length = *LENGTHS[leap].get(month)?;
    if day.wrapping_sub(1) >= u32::from(length) {
        return None;
    }
    let before = u32::from(DAYS_BEFORE[leap][month]);
    Some(days_before_year(year) + (before + day - 1) as i32)
}

/// Returns the days since 1970-01-01 of a day of the year, counted from 1; `None` when the year has no such day.
pub(super) fn days_of_ordinal(year: u32, ordinal: u32) -> Option<i32> {
    (1..=365 + u32::from(is_leap(year))).contains(&ordinal).then(|| days_before_year(year) + ordinal as i32 - 1)
}

/// Returns the day of the week, Monday = 0.
pub(super) fn weekday(days: i32) -> usize {
    // 1970-01-01 was a Thursday.
    (i64::from(days) + 3).rem_euclid(7) as usize
}

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CivilDate {
    pub(crate) year: i64,
    /// The month, from 1.
    pub(crate) month: u32,
    /// The day of the month, from 1.
    pub(crate) day: u32,
}

/// Returns the day that is this number of days after 1970-01-01.
pub(crate) fn civil(days: i64) -> CivilDate {
    // Years that start in March have the leap day at their end, and 400 of them are always 146,097 days.
    let since_march = days + 719_468;
    let (era, day) = (since_march.div_euclid(146_097), since_march.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    CivilDate { year: era * 400 + year + next_year, month: month as u32, day: day_of_month as u32 }
}

fn year_text(year: i64) -> String {
    format!("{}{:04}", if year < 0 { "-" } else { "" }, year.unsigned_abs())
}

fn date_text(days: i64) -> String {
    let CivilDate { year, month, day } = civil(days);
    format!("{}-{month:02}-{day:02}", year_text(year))
}

/// Writes a date as `YYYY-MM-DD`, from days since 1970-01-01. Years beyond 9999 have more digits, years before 0 a sign.
pub fn format_date(days: i32) -> String {
    date_text(days.into())
}

/// Writes a date and time as `YYYY-MM-DDThh:mm:ss[.ffffff]` without offset, from microseconds since 1970-01-01T00:00:00. Trailing zeros of the
/// fraction are left out.
pub fn format_datetime(microseconds: i64) -> String {
    format!("{}T{}", date_text(microseconds.div_euclid(DAY)), format_time(microseconds.rem_euclid(DAY)))
}

/// Writes a time of day as `hh:mm:ss[.ffffff]`, from microseconds since midnight. Trailing zeros of the fraction are left out.
pub fn format_time(microseconds: i64) -> String {
    let (seconds, fraction) = (microseconds.div_euclid(SECOND), microseconds.rem_euclid(SECOND));
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        return text;
    }
    let fraction = format!("{fraction:06}");
    format!("{text}.{}", fraction.trim_end_matches('0'))
}

/// Adds nanoseconds to `text`, a time or datetime with at most microseconds. `nanoseconds` are those beyond the microseconds, 0 to 999.
pub(crate) fn with_nanoseconds(text: String, nanoseconds: u16) -> String {
    if nanoseconds == 0 {
        return text;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{}", format!("{fraction:0<6}{nanoseconds:03}").trim_end_matches('0'))
}

/// Writes a month as `YYYY-MM`, from months since 0000-01.
pub fn format_year_month(months: i32) -> String {
    format!("{}-{:02}", year_text(months.div_euclid(12).into()), months.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_has_its_number() {
        let mut expected = -719_528;
        let mut week = weekday(expected);
        for year in 0..=9999 {
            let mut ordinal = 0;
            for (month, length) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                // Written out again on purpose: the rule is the oracle.
                let leap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0;
                let length = if month == 2 && leap { 29 } else { length };
                for day in 1..=length {
                    ordinal += 1;
                    assert_eq!(days(year, month, day), Some(expected));
                    assert_eq!(days_of_ordinal(year, ordinal), Some(expected));
                    assert_eq!(civil(expected.into()), CivilDate { year: year.into(), month, day });
                    assert_eq!(weekday(expected), week);
                    week = (week + 1) % 7;
                    expected += 1;
                }
                assert_eq!(days(year, month, length + 1), None);
                assert_eq!(days(year, month, 0), None);
            }
            assert_eq!(days_of_ordinal(year, ordinal + 1), None);
        }
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2000, 13, 1), None);
        assert_eq!(days(2000, 0, 1), None);
        // 1970-01-01 was a Thursday.
        assert_eq!(weekday(0), 3);
    }

    #[test]
    fn texts_are_iso_8601() {
        assert_eq!(format_date(0), "1970-01-01");
        assert_eq!(format_date(-719_528), "0000-01-01");
        assert_eq!(format_date(-719_529), "-0001-12-31");
        assert_eq!(format_date(2_932_897), "10000-01-01");
        assert_eq!(format_datetime(-1), "1969-12-31T23:59:59.999999");
        assert_eq!(format_datetime(1_500_000), "1970-01-01T00:00:01.5");
        assert_eq!(format_time(86_399 * SECOND), "23:59:59");
        assert_eq!(with_nanoseconds(format_time(SECOND), 100), "00:00:01.0000001");
        assert_eq!(with_nanoseconds(format_time(SECOND / 2), 7), "00:00:00.500000007");
        assert_eq!(with_nanoseconds(format_time(SECOND / 2), 0), "00:00:00.5");
        assert_eq!(format_year_month(2024 * 12 + 6), "2024-07");
        assert_eq!(format_year_month(-1), "-0001-12");
    }

    proptest! {
        #[test]
        fn no_value_is_without_text(days: i32, microseconds: i64) {
            prop_assert!(format_date(days).len() >= 10);
            prop_assert!(format_datetime(microseconds).len() >= 19);
            prop_assert!(format_year_month(days).len() >= 7);
        }
    }
}
