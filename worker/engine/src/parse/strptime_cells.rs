//! Dates and times in the form of a strptime pattern.
//!
//! Cells are read as Python's `strptime` reads them. Numbers may lack their leading zeros, and take as many digits as possible while the rest
//! still has a value. Names are English, letter case does not matter, and white space stands for any white space. Parts that a pattern does not
//! have are those of 1900-01-01 00:00:00. Three rules are stricter: a weekday has to be the weekday of the date, a name and a number of the same
//! month or weekday have to agree, and without a year there is no 29 February, as 1900 has none.

use crate::parse::PatternItem;
use crate::parse::calendar::{DAY, MONTHS, WEEKDAYS, days, days_of_ordinal, weekday};
use crate::parse::temporal_parts::{clock, compact_date, eight, fraction, nanoseconds_of, offset};
use crate::parse::week::{self, FirstDay, Week};

/// Number of letters of an abbreviated name.
const ABBREVIATION: usize = 3;

/// Reads a date as days since 1970-01-01.
#[inline]
pub(super) fn date(cell: &[u8], items: &[PatternItem]) -> Option<i32> {
    fixed_date(cell, items).or_else(|| Fields::read(cell, items)?.days())
}

/// Reads a date and time as microseconds since 1970-01-01T00:00:00, in UTC when the pattern has an offset.
#[inline]
pub(super) fn datetime(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    fixed_datetime(cell, items).or_else(|| {
        let fields = Fields::read(cell, items)?;
        Some(i64::from(fields.days()?) * DAY + fields.time_of_day()? - fields.offset)
    })
}

/// Reads a time of day as microseconds since midnight.
#[inline]
pub(super) fn time(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    fixed_time(cell, items).or_else(|| Fields::read(cell, items)?.time_of_day())
}

/// Returns the nanoseconds of a time beyond its microseconds.
pub(super) fn nanoseconds(cell: &[u8], items: &[PatternItem]) -> u16 {
    if !items.contains(&PatternItem::Fraction) {
        return 0;
    }
    Fields::read(cell, items).map_or(0, |fields| fields.nanoseconds)
}

/// Reads the commonest patterns in cells in which every number has all its digits. `None` does not mean that the cell does not match.
#[inline]
fn fixed_date(cell: &[u8], items: &[PatternItem]) -> Option<i32> {
    use PatternItem::{Day, Literal, Month, Year4};
    if let [Year4, Month, Day] = items {
        return compact_date(cell.try_into().ok()?);
    }
    let &[a, b, c, d, e, f, g, h, i, j] = <&[u8; 10]>::try_from(cell).ok()?;
    let (marks, separators, digits, day_first) = match *items {
        [Year4, Literal(first), Month, Literal(second), Day] => {
            return match [e, h] == [first, second] {
                true => compact_date([a, b, c, d, f, g, i, j]),
                false => None,
            };
        }
        [Day, Literal(first), Month, Literal(second), Year4] => {
            ([first, second], [c, f], [a, b, d, e, g, h, i, j], true)
        }
        [Month, Literal(first), Day, Literal(second), Year4] => {
            ([first, second], [c, f], [a, b, d, e, g, h, i, j], false)
        }
        _ => return None,
    };
    if marks != separators {
        return None;
    }
    let [first, second, century, year] = eight(digits)?;
    let (day, month) = if day_first { (first, second) } else { (second, first) };
    days(century * 100 + year, month, day)
}

/// Reads times as [`fixed_date`] reads dates.
#[inline]
fn fixed_time(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    use PatternItem::{Hour24, Literal, Minute, Second};
    let (marks, separators, digits) = match (items, cell) {
        ([Hour24, Minute], &[a, b, c, d]) => ([0; 2], [0; 2], [b'0', b'0', a, b, c, d, b'0', b'0']),
        ([Hour24, Minute, Second], &[a, b, c, d, e, f]) => ([0; 2], [0; 2], [b'0', b'0', a, b, c, d, e, f]),
        (&[Hour24, Literal(mark), Minute], &[a, b, c, d, e]) => {
            ([mark, 0], [c, 0], [b'0', b'0', a, b, d, e, b'0', b'0'])
        }
        (&[Hour24, Literal(first), Minute, Literal(second), Second], &[a, b, c, d, e, f, g, h]) => {
            ([first, second], [c, f], [b'0', b'0', a, b, d, e, g, h])
        }
        _ => return None,
    };
    if marks != separators {
        return None;
    }
    let [_, hour, minute, second] = eight(digits)?;
    clock(hour, minute, second)
}

/// Reads a date of ten bytes, a separator of one byte and a time, as [`fixed_date`] reads dates.
#[inline]
fn fixed_datetime(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    let (date_items, [PatternItem::Literal(mark), time_items @ ..]) = items.split_first_chunk::<5>()? else {
        return None;
    };
    let (date, [separator, time @ ..]) = cell.split_first_chunk::<10>()? else {
        return None;
    };
    if mark != separator {
        return None;
    }
    Some(i64::from(fixed_date(date, date_items)?) * DAY + fixed_time(time, time_items)?)
}

/// The parts of a cell, with their defaults where the pattern does not have them.
struct Fields {
    year: u32,
    /// The month by its number, and by its name.
    month: Option<u32>,
    named_month: Option<u32>,
    day: u32,
    day_of_year: Option<u32>,
    /// The weekday by its number, and by its name; Monday = 0.
    weekday: Option<u32>,
    named_weekday: Option<u32>,
    week: Option<Week>,
    iso_year: u32,
    iso_week: Option<u32>,
    hour: u32,
    /// The hour on a twelve-hour dial; `afternoon` is the half of the day.
    dial: Option<u32>,
    afternoon: bool,
    minute: u32,
    second: u32,
    fraction: i64,
    nanoseconds: u16,
    offset: i64,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            year: 1900,
            month: None,
            named_month: None,
            day: 1,
            day_of_year: None,
            weekday: None,
            named_weekday: None,
            week: None,
            iso_year: 0,
            iso_week: None,
            hour: 0,
            dial: None,
            afternoon: false,
            minute: 0,
            second: 0,
            fraction: 0,
            nanoseconds: 0,
            offset: 0,
        }
    }
}

/// The number of digits of a number, and the range of its values.
struct Digits {
    least: usize,
    most: usize,
    from: u32,
    to: u32,
}

fn number_of(item: &PatternItem) -> Option<Digits> {
    let (least, most, from, to) = match item {
        PatternItem::Year4 | PatternItem::IsoYear => (4, 4, 0, 9999),
        PatternItem::Year2 => (2, 2, 0, 99),
        PatternItem::Month | PatternItem::Hour12 => (1, 2, 1, 12),
        PatternItem::Day => (1, 2, 1, 31),
        PatternItem::DayOfYear => (1, 3, 1, 366),
        PatternItem::WeekFromSunday | PatternItem::WeekFromMonday => (1, 2, 0, 53),
        PatternItem::IsoWeek => (1, 2, 1, 53),
        PatternItem::WeekdayFromSunday => (1, 1, 0, 6),
        PatternItem::IsoWeekday => (1, 1, 1, 7),
        PatternItem::Hour24 => (1, 2, 0, 23),
        PatternItem::Minute => (1, 2, 0, 59),
        PatternItem::Second => (1, 2, 0, 61),
        PatternItem::Literal(_)
        | PatternItem::MonthName
        | PatternItem::MonthAbbreviation
        | PatternItem::WeekdayName
        | PatternItem::WeekdayAbbreviation
        | PatternItem::AmPm
        | PatternItem::Fraction
        | PatternItem::Offset
        | PatternItem::Zone => return None,
    };
    Some(Digits { least, most, from, to })
}

impl Fields {
    fn read(cell: &[u8], items: &[PatternItem]) -> Option<Self> {
        let mut fields = Self::default();
        fields.reads(cell, items).then_some(fields)
    }

    /// Reads all items, and returns true if they are the whole text. A number behind which the rest does not fit is tried again with fewer
    /// digits. This is cheap, as a pattern has few numbers: each part of a date stands in it at most once.
    fn reads(&mut self, mut text: &[u8], mut items: &[PatternItem]) -> bool {
        while let Some((item, others)) = items.split_first() {
            items = others;
            let Some(digits) = number_of(item) else {
                match self.take(text, item) {
                    Some(rest) => text = rest,
                    None => return false,
                }
                continue;
            };
            let there = text.iter().take(digits.most).take_while(|byte| byte.is_ascii_digit()).count();
            for count in (digits.least..=there).rev() {
                let value = text[..count].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
                if (digits.from..=digits.to).contains(&value) {
                    self.set(item, value);
                    // Avoids a call in the common case: a number that cannot be shorter is not tried again.
                    if count == digits.least {
                        return self.reads(&text[count..], items);
                    }
                    if self.reads(&text[count..], items) {
                        return true;
                    }
                }
            }
            // A day may have a space in place of its leading zero.
            return match (item, text) {
                (PatternItem::Day, [b' ', digit @ b'1'..=b'9', rest @ ..]) => {
                    self.set(item, u32::from(digit - b'0'));
                    self.reads(rest, items)
                }
                _ => false,
            };
        }
        text.is_empty()
    }

    /// Reads an item that is not a number, and returns the text behind it.
    fn take<'a>(&mut self, text: &'a [u8], item: &PatternItem) -> Option<&'a [u8]> {
        match *item {
            PatternItem::Literal(byte) => return literal(text, byte),
            PatternItem::MonthName => {
                return self.name(text, &MONTHS, usize::MAX, |fields, at| fields.named_month = Some(at as u32 + 1));
            }
            PatternItem::MonthAbbreviation => {
                return self.name(text, &MONTHS, ABBREVIATION, |fields, at| fields.named_month = Some(at as u32 + 1));
            }
            PatternItem::WeekdayName => {
                return self.name(text, &WEEKDAYS, usize::MAX, |fields, at| fields.named_weekday = Some(at as u32));
            }
            PatternItem::WeekdayAbbreviation => {
                return self.name(text, &WEEKDAYS, ABBREVIATION, |fields, at| fields.named_weekday = Some(at as u32));
            }
            PatternItem::AmPm => {
                return self.name(text, &["AM", "PM"], 2, |fields, at| fields.afternoon = at == 1);
            }
            PatternItem::Fraction => {
                let (microseconds, rest) = fraction(text, 9)?;
                self.fraction = microseconds;
                self.nanoseconds = nanoseconds_of(&text[..text.len() - rest.len()]);
                return Some(rest);
            }
            PatternItem::Zone => return self.name(text, &["UTC", "GMT", "Z"], 3, |_, _| {}),
            _ => {}
        }
        let (zone, rest) = text.split_at_checked(offset_width(text))?;
        self.offset = offset(zone)?;
        Some(rest)
    }

    fn set(&mut self, item: &PatternItem, value: u32) {
        match item {
            PatternItem::Year4 => self.year = value,
            PatternItem::Year2 => self.year = if value >= 69 { 1900 + value } else { 2000 + value },
            PatternItem::IsoYear => self.iso_year = value,
            PatternItem::DayOfYear => self.day_of_year = Some(value),
            PatternItem::WeekFromSunday => self.week = Some(Week { number: value, first_day: FirstDay::Sunday }),
            PatternItem::WeekFromMonday => self.week = Some(Week { number: value, first_day: FirstDay::Monday }),
            PatternItem::IsoWeek => self.iso_week = Some(value),
            PatternItem::WeekdayFromSunday => self.weekday = Some((value + 6) % 7),
            PatternItem::IsoWeekday => self.weekday = Some(value - 1),
            PatternItem::Month => self.month = Some(value),
            PatternItem::Day => self.day = value,
            PatternItem::Hour24 => self.hour = value,
            PatternItem::Hour12 => self.dial = Some(value),
            PatternItem::Minute => self.minute = value,
            _ => self.second = value,
        }
    }

    /// Reads one of these names, cut to `letters` letters.
    fn name<'a>(
        &mut self,
        text: &'a [u8],
        names: &[&str],
        letters: usize,
        set: impl FnOnce(&mut Self, usize),
    ) -> Option<&'a [u8]> {
        for (at, name) in names.iter().enumerate() {
            let name = &name.as_bytes()[..name.len().min(letters)];
            if let Some((start, rest)) = text.split_at_checked(name.len())
                && start.eq_ignore_ascii_case(name)
            {
                set(self, at);
                return Some(rest);
            }
        }
        None
    }

    fn days(&self) -> Option<i32> {
        let by_weekday = agreed(self.weekday, self.named_weekday)?;
        let days = match (self.day_of_year, self.iso_week, self.week, by_weekday) {
            (Some(ordinal), ..) => days_of_ordinal(self.year, ordinal)?,
            (None, Some(week), _, Some(weekday)) => return week::days_of_iso_week(self.iso_year, week, weekday),
            (None, None, Some(week), Some(weekday)) => return week::days_of_week(self.year, week, weekday),
            _ => days(self.year, agreed(self.month, self.named_month)?.unwrap_or(1), self.day)?,
        };
        by_weekday.is_none_or(|expected| weekday(days) == expected as usize).then_some(days)
    }

    fn time_of_day(&self) -> Option<i64> {
        let hour = match self.dial {
            Some(hour) => hour % 12 + if self.afternoon { 12 } else { 0 },
            None => self.hour,
        };
        Some(clock(hour, self.minute, self.second)? + self.fraction)
    }
}

/// Returns the value that a number and a name say, if either says one; `None` if they differ.
fn agreed(number: Option<u32>, name: Option<u32>) -> Option<Option<u32>> {
    match (number, name) {
        (Some(number), Some(name)) if number != name => None,
        (number, name) => Some(number.or(name)),
    }
}

/// Reads a byte of the pattern in either letter case; white space stands for any white space.
fn literal(text: &[u8], byte: u8) -> Option<&[u8]> {
    if is_space(byte) {
        let count = text.iter().take_while(|&&byte| is_space(byte)).count();
        return (count > 0).then(|| &text[count..]);
    }
    let (first, rest) = text.split_first()?;
    first.eq_ignore_ascii_case(&byte).then_some(rest)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Returns the length of the offset at the start of a text: `Z`, `±hh:mm` or `±hhmm`.
fn offset_width(text: &[u8]) -> usize {
    match text {
        [b'Z' | b'z', ..] => 1,
        [_, _, _, b':', ..] => 6,
        _ => 5,
    }
}

#[cfg(test)]
mod tests;
