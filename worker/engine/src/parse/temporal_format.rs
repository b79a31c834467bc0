//! The formats of dates and times.

/// `format` of a date, datetime or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemporalFormat {
    /// ISO 8601 / XML Schema: `YYYY-MM-DD`, `YYYY-MM-DDThh:mm:ss[.f…][Z|±hh:mm]`, `hh:mm:ss[.f…]`.
    Default,
    /// `any`: the forms that people write, as far as they have only one meaning.
    Any,
    /// A strptime pattern, parsed.
    Pattern(Vec<PatternItem>),
}

/// One element of a strptime pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternItem {
    /// This byte, in either letter case; white space stands for any white space.
    Literal(u8),
    /// `%Y`: four digits.
    Year4,
    /// `%y`: two digits, 69–99 = 1969–1999, 00–68 = 2000–2068 (POSIX).
    Year2,
    /// `%m`: one or two digits.
    Month,
    /// `%B`: January …
    MonthName,
    /// `%b`: Jan …
    MonthAbbreviation,
    /// `%d`: one or two digits.
    Day,
    /// `%j`: one to three digits.
    DayOfYear,
    /// `%A`: Monday …, checked against the date.
    WeekdayName,
    /// `%a`: Mon …, checked against the date.
    WeekdayAbbreviation,
    /// `%H`: 0–23.
    Hour24,
    /// `%I`: 1–12.
    Hour12,
    /// `%p`: AM or PM.
    AmPm,
    /// `%M`.
    Minute,
    /// `%S`.
    Second,
    /// `%f`: one to nine digits.
    Fraction,
    /// `%z`: `Z`, `±hhmm`, `±hh:mm`.
    Offset,
    /// `%Z`: `UTC`, `GMT` or `Z`.
    Zone,
    /// `%U`: week of the year, from Sunday on.
    WeekFromSunday,
    /// `%W`: week of the year, from Monday on.
    WeekFromMonday,
    /// `%w`: 0 = Sunday.
    WeekdayFromSunday,
    /// `%u`: 1 = Monday.
    IsoWeekday,
    /// `%V`: week of ISO 8601.
    IsoWeek,
    /// `%G`: year to which the week of ISO 8601 belongs.
    IsoYear,
}
