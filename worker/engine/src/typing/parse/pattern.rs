//! Dates and times in the form of a strptime pattern.
//!
//! Fields of one or two digits take two when there are two (as C does; nothing is tried a second time). Names are the
//! English ones in any letter case. Literals, white space among them, stand for themselves.

use super::calendar::{DAY, days, days_of_ordinal, weekday};
use super::temporal::{clock, compact_date, eight, fraction, offset};
use crate::descriptor::PatternItem;

const MONTHS: [&str; 12] = [
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
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Letters of an abbreviated name.
const ABBREVIATION: usize = 3;

/// Days since 1970-01-01.
#[inline]
pub(super) fn date(cell: &[u8], items: &[PatternItem]) -> Option<i32> {
    fixed_date(cell, items).or_else(|| Fields::read(cell, items)?.days())
}

/// Microseconds since 1970-01-01T00:00:00, UTC when the pattern has an offset.
#[inline]
pub(super) fn datetime(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    fixed_datetime(cell, items).or_else(|| {
        let fields = Fields::read(cell, items)?;
        Some(i64::from(fields.days()?) * DAY + fields.time_of_day()? - fields.offset)
    })
}

/// Microseconds since midnight.
#[inline]
pub(super) fn time(cell: &[u8], items: &[PatternItem]) -> Option<i64> {
    fixed_time(cell, items).or_else(|| Fields::read(cell, items)?.time_of_day())
}

/// The commonest patterns on cells in which every field has its full width; `None` says nothing.
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

/// As [`fixed_date`], for times.
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

/// As [`fixed_date`], for a date of ten bytes, one byte, and a time.
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

/// What a cell says, field by field.
#[derive(Default)]
struct Fields {
    year: u32,
    month: u32,
    day: u32,
    day_of_year: Option<u32>,
    weekday: Option<usize>,
    hour: u32,
    /// Hour and half of the day on a dial.
    dial: Option<u32>,
    afternoon: bool,
    minute: u32,
    second: u32,
    fraction: i64,
    offset: i64,
}

impl Fields {
    fn read(cell: &[u8], items: &[PatternItem]) -> Option<Self> {
        let mut fields = Self::default();
        let mut rest = cell;
        for item in items {
            rest = fields.take(rest, item)?;
        }
        rest.is_empty().then_some(fields)
    }

    /// Reads one item, and gives what follows.
    #[inline]
    fn take<'a>(&mut self, text: &'a [u8], item: &PatternItem) -> Option<&'a [u8]> {
        let (value, rest) = match *item {
            PatternItem::Literal(byte) => {
                let (first, rest) = text.split_first()?;
                return (*first == byte).then_some(rest);
            }
            PatternItem::MonthName => {
                return self.name(text, &MONTHS, usize::MAX, |fields, at| fields.month = at as u32 + 1);
            }
            PatternItem::MonthAbbreviation => {
                return self.name(text, &MONTHS, ABBREVIATION, |fields, at| fields.month = at as u32 + 1);
            }
            PatternItem::WeekdayName => {
                return self.name(text, &WEEKDAYS, usize::MAX, |fields, at| fields.weekday = Some(at));
            }
            PatternItem::WeekdayAbbreviation => {
                return self.name(text, &WEEKDAYS, ABBREVIATION, |fields, at| fields.weekday = Some(at));
            }
            PatternItem::AmPm => {
                return self.name(text, &["AM", "PM"], 2, |fields, at| fields.afternoon = at == 1);
            }
            PatternItem::Fraction => {
                let (microseconds, rest) = fraction(text, 6)?;
                self.fraction = microseconds;
                return Some(rest);
            }
            PatternItem::Offset => {
                let (zone, rest) = text.split_at_checked(offset_width(text))?;
                self.offset = offset(zone)?;
                return Some(rest);
            }
            PatternItem::Year4 => digits(text, 4, 4)?,
            PatternItem::Year2 => digits(text, 2, 2)?,
            PatternItem::DayOfYear => digits(text, 1, 3)?,
            PatternItem::Month
            | PatternItem::Day
            | PatternItem::Hour24
            | PatternItem::Hour12
            | PatternItem::Minute
            | PatternItem::Second => digits(text, 1, 2)?,
        };
        match item {
            PatternItem::Year4 => self.year = value,
            PatternItem::Year2 => self.year = if value >= 69 { 1900 + value } else { 2000 + value },
            PatternItem::DayOfYear => self.day_of_year = Some(value),
            PatternItem::Month => self.month = value,
            PatternItem::Day => self.day = value,
            PatternItem::Hour24 => self.hour = value,
            PatternItem::Hour12 => self.dial = Some(value),
            PatternItem::Minute => self.minute = value,
            _ => self.second = value,
        }
        Some(rest)
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
        let days = match self.day_of_year {
            Some(ordinal) => days_of_ordinal(self.year, ordinal)?,
            None => days(self.year, self.month, self.day)?,
        };
        self.weekday.is_none_or(|expected| weekday(days) == expected).then_some(days)
    }

    fn time_of_day(&self) -> Option<i64> {
        let hour = match self.dial {
            Some(hour @ 1..=12) => hour % 12 + if self.afternoon { 12 } else { 0 },
            Some(_) => return None,
            None => self.hour,
        };
        Some(clock(hour, self.minute, self.second)? + self.fraction)
    }
}

/// A number of `least` to `most` digits, as many as there are.
#[inline]
fn digits(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let mut value = 0;
    let mut count = 0;
    while let Some(digit) = text.get(count).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit <= 9)
        && count < most
    {
        value = value * 10 + u32::from(digit);
        count += 1;
    }
    (count >= least).then(|| (value, &text[count..]))
}

/// Length of the offset at the start of a text: `Z`, `±hh:mm` or `±hhmm`.
fn offset_width(text: &[u8]) -> usize {
    match text {
        [b'Z' | b'z', ..] => 1,
        [_, _, _, b':', ..] => 6,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use PatternItem::*;
    use proptest::prelude::*;

    use super::*;
    use crate::typing::parse::{format_date, format_datetime};

    const ISO: [PatternItem; 5] = [Year4, Literal(b'-'), Month, Literal(b'-'), Day];
    const COMPACT: [PatternItem; 3] = [Year4, Month, Day];
    const GERMAN: [PatternItem; 5] = [Day, Literal(b'.'), Month, Literal(b'.'), Year4];
    const AMERICAN: [PatternItem; 5] = [Month, Literal(b'/'), Day, Literal(b'/'), Year4];

    #[test]
    fn dates_are_read_by_their_pattern() {
        for (cell, items, expected) in [
            ("1970-01-02", &ISO[..], Some(1)),
            ("1970-1-2", &ISO, Some(1)),
            ("1970-01-02 ", &ISO, None),
            ("970-01-02", &ISO, None),
            ("19700102", &COMPACT, Some(1)),
            ("1970012", &COMPACT, Some(1)),
            // Two digits of a month are taken when there are two.
            ("1970131", &COMPACT, None),
            ("19700230", &COMPACT, None),
            ("02.01.1970", &GERMAN, Some(1)),
            ("2.1.1970", &GERMAN, Some(1)),
            ("02/01/1970", &GERMAN, None),
            ("01/02/1970", &AMERICAN, Some(1)),
            ("13/02/1970", &AMERICAN, None),
            ("02Jan70", &[Day, MonthAbbreviation, Year2], Some(1)),
            ("2 JANUARY 70", &[Day, Literal(b' '), MonthName, Literal(b' '), Year2], Some(1)),
            ("1 May 68", &[Day, Literal(b' '), MonthName, Literal(b' '), Year2], Some(35_915)),
            ("1970/2", &[Year4, Literal(b'/'), DayOfYear], Some(1)),
            ("1970/366", &[Year4, Literal(b'/'), DayOfYear], None),
            ("1972/366", &[Year4, Literal(b'/'), DayOfYear], Some(1095)),
            ("Fri 19700102", &[WeekdayAbbreviation, Literal(b' '), Year4, Month, Day], Some(1)),
            ("Thu 19700102", &[WeekdayAbbreviation, Literal(b' '), Year4, Month, Day], None),
            ("friday19700102", &[WeekdayName, Year4, Month, Day], Some(1)),
        ] {
            assert_eq!(date(cell.as_bytes(), items), expected, "{cell}");
        }
    }

    #[test]
    fn times_are_read_by_their_pattern() {
        let clock = [Hour24, Literal(b':'), Minute];
        let dial = [Hour12, Literal(b':'), Minute, AmPm];
        let precise = [Hour24, Minute, Second, Literal(b'.'), Fraction];
        let minutes = |count: i64| Some(count * 60_000_000);
        for (cell, items, expected) in [
            ("09:30", &clock[..], minutes(570)),
            ("9:5", &clock, minutes(545)),
            ("24:00", &clock, None),
            ("12:00am", &dial, Some(0)),
            ("12:30PM", &dial, minutes(750)),
            ("11:59pm", &dial, minutes(1439)),
            ("0:30AM", &dial, None),
            ("13:00PM", &dial, None),
            ("1:00", &dial, None),
            ("000001.5", &precise, Some(1_500_000)),
            ("000060.5", &precise, None),
            ("000001.1234567", &precise, None),
        ] {
            assert_eq!(time(cell.as_bytes(), items), expected, "{cell}");
        }
    }

    #[test]
    fn offsets_lead_to_utc() {
        let items = [&COMPACT[..], &[Hour24, Minute, Offset]].concat();
        for (cell, expected) in [
            ("197001010100+0100", Some(0)),
            ("197001010100+01:00", Some(0)),
            ("197001010000Z", Some(0)),
            ("197001010100+01", None),
            ("197001010100", None),
            ("197001010100+010", None),
        ] {
            assert_eq!(datetime(cell.as_bytes(), &items), expected, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_is_the_long_way(days in -719_528..=2_932_896i32, place in 0..12usize, byte: u8) {
            let iso = format_date(days);
            let (year, month, day) = (&iso[..4], &iso[5..7], &iso[8..]);
            for (text, items) in [
                (iso.clone(), &ISO[..]),
                (format!("{year}{month}{day}"), &COMPACT),
                (format!("{day}.{month}.{year}"), &GERMAN),
                (format!("{month}/{day}/{year}"), &AMERICAN),
            ] {
                prop_assert_eq!(date(text.as_bytes(), items), Some(days));
                let mut damaged = text.into_bytes();
                if let Some(at) = damaged.get_mut(place) {
                    *at = byte;
                }
                let long_way = Fields::read(&damaged, items).and_then(|fields| fields.days());
                prop_assert_eq!(date(&damaged, items), long_way);
            }
        }

        #[test]
        fn the_short_way_through_times_is_the_long_way(days in -719_528..=2_932_896i32, second in 0..86_400i64, place in 0..20usize, byte: u8) {
            let text = format_datetime(i64::from(days) * DAY + second * 1_000_000);
            let (date, clock) = text.split_at(11);
            let colons = [Hour24, Literal(b':'), Minute, Literal(b':'), Second];
            let compact = [Hour24, Minute, Second];
            let digits = clock.replace(':', "");
            for (text, items) in
                [(clock, &colons[..]), (&clock[..5], &colons[..3]), (&digits, &compact), (&digits[..4], &compact[..2])]
            {
                let mut damaged = text.as_bytes().to_vec();
                if let Some(at) = damaged.get_mut(place) {
                    *at = byte;
                }
                let long_way = |text: &[u8]| Fields::read(text, items).and_then(|fields| fields.time_of_day());
                prop_assert_eq!(time(text.as_bytes(), items), long_way(text.as_bytes()));
                prop_assert_eq!(time(&damaged, items), long_way(&damaged));

                let items = [&ISO[..], &[Literal(b'T')], items].concat();
                let mut text = format!("{date}{text}").into_bytes();
                let long_way = |text: &[u8]| {
                    let fields = Fields::read(text, &items)?;
                    Some(i64::from(fields.days()?) * DAY + fields.time_of_day()?)
                };
                prop_assert!(long_way(&text).is_some());
                prop_assert_eq!(datetime(&text, &items), long_way(&text));
                if let Some(at) = text.get_mut(place) {
                    *at = byte;
                }
                prop_assert_eq!(datetime(&text, &items), long_way(&text));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9:.TZaAmMpPJ /]{0,24}") {
            let all = [
                Year4, Year2, Month, MonthName, MonthAbbreviation, Day, DayOfYear, WeekdayName, WeekdayAbbreviation, Hour24,
                Hour12, AmPm, Minute, Second, Fraction, Offset,
            ];
            for item in all {
                Fields::read(text.as_bytes(), std::slice::from_ref(&item));
                Fields::read(text.as_bytes(), &[item, Offset]);
            }
        }
    }
}
