//! Dates and times in their ISO 8601 forms.
//!
//! The calendar is the proleptic Gregorian one, years 0000–9999. `24:00:00` and leap seconds (`23:59:60`) are refused.
//! A fraction has 1–9 digits; those beyond microseconds are cut off, never rounded up into the next second.

use super::calendar::{DAY, SECOND, days};
use super::pattern;
use crate::descriptor::TemporalFormat;

/// Reads a date as days since 1970-01-01.
///
/// Default form: `YYYY-MM-DD`. `any`: also `YYYYMMDD` and `YYYY/MM/DD`. Patterns: fields of one or two digits take two when there are
/// two (as in C; nothing is tried a second time), names are the English ones in any letter case, all else is literal.
#[inline]
pub fn date(cell: &[u8], format: &TemporalFormat) -> Option<i32> {
    match format {
        TemporalFormat::Default => iso_date(cell.try_into().ok()?, b'-'),
        TemporalFormat::Any => any_date(cell),
        TemporalFormat::Pattern(items) => pattern::date(cell, items),
    }
}

/// Reads a date and time as microseconds since 1970-01-01T00:00:00.
///
/// A time with an offset is converted to UTC, one without is taken as it stands. Default form:
/// `YYYY-MM-DDThh:mm:ss[.f…][Z|±hh:mm]`. `any`: also a space for the `T`, the date forms of [`date`], the time forms of
/// [`time`], offsets `±hhmm` and `±hh`, and a date alone, which is its midnight.
#[inline]
pub fn datetime(cell: &[u8], format: &TemporalFormat) -> Option<i64> {
    match format {
        TemporalFormat::Default => iso_datetime(cell),
        TemporalFormat::Any => any_datetime(cell),
        TemporalFormat::Pattern(items) => pattern::datetime(cell, items),
    }
}

/// Reads a time of day as microseconds since midnight.
///
/// Default form: `hh:mm:ss[.f…]`. `any`: also `hh:mm`, `hhmmss[.f…]` and `hhmm`.
#[inline]
pub fn time(cell: &[u8], format: &TemporalFormat) -> Option<i64> {
    match format {
        TemporalFormat::Default => match iso_time(cell)? {
            (time, []) => Some(time),
            _ => None,
        },
        TemporalFormat::Any => match any_time(cell)? {
            (time, []) => Some(time),
            _ => None,
        },
        TemporalFormat::Pattern(items) => pattern::time(cell, items),
    }
}

/// Reads a year: XML Schema's gYear without offset, `-?YYYY…`, at least four digits and no leading zero beyond four.
#[inline]
pub fn year(cell: &[u8]) -> Option<i64> {
    let (negative, digits) = match cell {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() < 4 || digits.len() > 18 || (digits.len() > 4 && digits[0] == b'0') {
        return None;
    }
    let mut value = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// Reads a month of a year as months since 0000-01: XML Schema's gYearMonth without offset, `-?YYYY…-MM`.
#[inline]
pub fn year_month(cell: &[u8]) -> Option<i32> {
    let (years, [b'-', tens, ones]) = cell.split_last_chunk()? else {
        return None;
    };
    let month = i64::from(two([*tens, *ones])?);
    if !(1..=12).contains(&month) {
        return None;
    }
    i32::try_from(year(years)?.checked_mul(12)? + month - 1).ok()
}

/// Two digits.
#[inline]
pub(super) fn two(text: [u8; 2]) -> Option<u32> {
    let (tens, ones) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Eight digits with the mark where they may stand; all in one word, because dates are among the commonest cells.
#[inline]
pub(super) fn eight(text: [u8; 8]) -> Option<[u32; 4]> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let digits = u64::from_le_bytes(text) ^ ZEROS;
    // A byte is a digit when neither it nor it + 6 leaves the low nibble; the sum cannot carry into the next byte when
    // the high nibbles are zero, and when one is not the test fails anyway.
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    Some([pairs as u32 & 0xff, (pairs >> 16) as u32 & 0xff, (pairs >> 32) as u32 & 0xff, (pairs >> 48) as u32 & 0xff])
}

/// `YYYY-MM-DD` with this separator.
#[inline]
fn iso_date(text: &[u8; 10], separator: u8) -> Option<i32> {
    let &[y1, y2, y3, y4, first, m1, m2, second, d1, d2] = text;
    if first != separator || second != separator {
        return None;
    }
    let [century, year, month, day] = eight([y1, y2, y3, y4, m1, m2, d1, d2])?;
    days(century * 100 + year, month, day)
}

/// `YYYYMMDD`.
#[inline]
pub(super) fn compact_date(text: [u8; 8]) -> Option<i32> {
    let [century, year, month, day] = eight(text)?;
    days(century * 100 + year, month, day)
}

fn any_date(cell: &[u8]) -> Option<i32> {
    if let Ok(text) = <&[u8; 10]>::try_from(cell) {
        return iso_date(text, b'-').or_else(|| iso_date(text, b'/'));
    }
    compact_date(cell.try_into().ok()?)
}

/// Microseconds of a time of day.
#[inline]
pub(super) fn clock(hour: u32, minute: u32, second: u32) -> Option<i64> {
    (hour <= 23 && minute <= 59 && second <= 59).then(|| i64::from(hour * 3600 + minute * 60 + second) * SECOND)
}

/// `hh:mm:ss[.f…]`, and what follows.
#[inline]
fn iso_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (&[h1, h2, b':', m1, m2, b':', s1, s2], rest) = text.split_first_chunk()? else {
        return None;
    };
    let [_, hour, minute, second] = eight([b'0', b'0', h1, h2, m1, m2, s1, s2])?;
    let time = clock(hour, minute, second)?;
    let (fraction, rest) = optional_fraction(rest)?;
    Some((time + fraction, rest))
}

/// `.f…` in microseconds, 0 when there is none; `None` when there is a point without 1–9 digits.
#[inline]
fn optional_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((0, text));
    };
    fraction(text, 9)
}

/// 1 to `most` digits of a fraction in microseconds, cut off behind the sixth.
pub(super) fn fraction(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > most {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let digit = |place: usize| digits.get(place).map_or(0, |byte| i64::from(byte - b'0'));
    Some(((0..6).fold(0, |value, place| value * 10 + digit(place)), rest))
}

#[inline]
fn iso_datetime(cell: &[u8]) -> Option<i64> {
    let (date, [b'T', rest @ ..]) = cell.split_first_chunk()? else {
        return None;
    };
    let days = iso_date(date, b'-')?;
    let (time, rest) = iso_time(rest)?;
    let offset = match rest {
        [] | b"Z" => 0,
        [_, _, _, b':', _, _] => offset(rest)?,
        _ => return None,
    };
    Some(i64::from(days) * DAY + time - offset)
}

/// `Z`, `±hh:mm`, `±hhmm`, `±hh` in microseconds east of UTC; up to ±14:00 as in XML Schema.
pub(super) fn offset(text: &[u8]) -> Option<i64> {
    let (sign, hour, minute) = match *text {
        [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, two([h1, h2])?, two([m1, m2])?),
        [sign, h1, h2] => (sign, two([h1, h2])?, 0),
        _ => return None,
    };
    let minutes = hour * 60 + minute;
    if minute > 59 || minutes > 14 * 60 {
        return None;
    }
    let magnitude = i64::from(minutes) * 60 * SECOND;
    match sign {
        b'+' => Some(magnitude),
        b'-' => Some(-magnitude),
        _ => None,
    }
}

/// A time in one of its forms, and what follows.
fn any_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (&[h1, h2], rest) = text.split_first_chunk()?;
    let hour = two([h1, h2])?;
    let (colons, rest) = match rest {
        [b':', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (&[m1, m2], rest) = rest.split_first_chunk()?;
    let minute = two([m1, m2])?;
    let seconds = match rest {
        [b':', s1, s2, rest @ ..] if colons => Some(([*s1, *s2], rest)),
        [s1 @ b'0'..=b'9', s2, rest @ ..] if !colons => Some(([*s1, *s2], rest)),
        _ => None,
    };
    let Some((seconds, rest)) = seconds else {
        return Some((clock(hour, minute, 0)?, rest));
    };
    let (fraction, rest) = optional_fraction(rest)?;
    Some((clock(hour, minute, two(seconds)?)? + fraction, rest))
}

fn any_datetime(cell: &[u8]) -> Option<i64> {
    let Some(at) = cell.iter().position(|byte| matches!(byte, b'T' | b't' | b' ')) else {
        return any_date(cell).map(|days| i64::from(days) * DAY);
    };
    let days = any_date(&cell[..at])?;
    let (time, rest) = any_time(&cell[at + 1..])?;
    let offset = if rest.is_empty() { 0 } else { offset(rest)? };
    Some(i64::from(days) * DAY + time - offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::typing::parse::{format_date, format_datetime, format_time, format_year_month};

    const DEFAULT: TemporalFormat = TemporalFormat::Default;
    const ANY: TemporalFormat = TemporalFormat::Any;

    #[test]
    fn what_is_a_date_and_what_is_not() {
        for (cell, expected) in [
            ("1970-01-01", Some(0)),
            ("0000-01-01", Some(-719_528)),
            ("9999-12-31", Some(2_932_896)),
            ("2020-02-29", Some(18_321)),
            ("2021-02-29", None),
            ("1900-02-29", None),
            ("2000-02-29", Some(11_016)),
            ("2020-13-01", None),
            ("2020-00-01", None),
            ("2020-01-00", None),
            ("2020-1-1", None),
            ("20200101", None),
            ("2020/01/01", None),
            ("2020-01-01Z", None),
            ("2020-01-0:", None),
            ("2020-0/-01", None),
            ("", None),
            ("-020-01-01", None),
        ] {
            assert_eq!(date(cell.as_bytes(), &DEFAULT), expected, "{cell}");
        }
        for (cell, expected) in [
            ("19700102", Some(1)),
            ("1970/01/02", Some(1)),
            ("1970-01-02", Some(1)),
            ("1970-01/02", None),
            ("02.01.1970", None),
            ("700102", None),
        ] {
            assert_eq!(date(cell.as_bytes(), &ANY), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_a_time_and_what_is_not() {
        for (cell, expected) in [
            ("00:00:00", Some(0)),
            ("23:59:59", Some(86_399_000_000)),
            ("00:00:01.5", Some(1_500_000)),
            ("00:00:00.123456789", Some(123_456)),
            ("00:00:00.999999999", Some(999_999)),
            ("00:00:00.1234567890", None),
            ("00:00:00.", None),
            ("24:00:00", None),
            ("23:59:60", None),
            ("23:60:00", None),
            ("12:30", None),
            ("123000", None),
            ("1:00:00", None),
            ("00:00:00Z", None),
        ] {
            assert_eq!(time(cell.as_bytes(), &DEFAULT), expected, "{cell}");
        }
        for (cell, expected) in [
            ("00:01", Some(60_000_000)),
            ("0001", Some(60_000_000)),
            ("000001.5", Some(1_500_000)),
            ("00:00:01", Some(1_000_000)),
            ("00:0001", None),
            ("0000:01", None),
            ("00:0x", None),
            ("00", None),
        ] {
            assert_eq!(time(cell.as_bytes(), &ANY), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_a_datetime_and_what_is_not() {
        for (cell, expected) in [
            ("1970-01-01T00:00:00", Some(0)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1969-12-31T18:30:00-05:30", Some(0)),
            ("1970-01-01T00:00:00.25Z", Some(250_000)),
            ("1969-12-31T23:59:59.999999", Some(-1)),
            ("1970-01-01T00:00:00+14:00", Some(-50_400_000_000)),
            ("1970-01-01T00:00:00+14:01", None),
            ("1970-01-01T00:00:00+01:60", None),
            ("1970-01-01T00:00:00+0100", None),
            ("1970-01-01T00:00:00 01:00", None),
            ("1970-01-01 00:00:00", None),
            ("1970-01-01T00:00", None),
            ("1970-01-01", None),
            ("1970-01-01T24:00:00", None),
            ("2016-12-31T23:59:60", None),
            ("1970-01-01T00:00:00ZZ", None),
        ] {
            assert_eq!(datetime(cell.as_bytes(), &DEFAULT), expected, "{cell}");
        }
        for (cell, expected) in [
            ("1970-01-01 00:01", Some(60_000_000)),
            ("19700101T000001Z", Some(1_000_000)),
            ("1970/01/01 00:00:00.5+0100", Some(500_000 - 3_600_000_000)),
            ("1970-01-01t00:00:00-01", Some(3_600_000_000)),
            ("1970-01-02", Some(86_400_000_000)),
            ("1970-01-01T", None),
            ("1970-01-01  00:00", None),
        ] {
            assert_eq!(datetime(cell.as_bytes(), &ANY), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_a_year_or_a_month_and_what_is_not() {
        for (cell, expected) in [
            ("2024", Some(2024)),
            ("0000", Some(0)),
            ("-0044", Some(-44)),
            ("12024", Some(12_024)),
            ("02024", None),
            ("999", None),
            ("+2024", None),
            ("2024Z", None),
            ("9999999999999999999", None),
            ("", None),
        ] {
            assert_eq!(year(cell.as_bytes()), expected, "{cell}");
        }
        for (cell, expected) in [
            ("2024-07", Some(2024 * 12 + 6)),
            ("0000-01", Some(0)),
            ("-0001-12", Some(-1)),
            ("2024-13", None),
            ("2024-00", None),
            ("2024-7", None),
            ("202407", None),
            ("999999999-01", None),
            ("-01", None),
        ] {
            assert_eq!(year_month(cell.as_bytes()), expected, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn values_survive_their_text(days in -719_528..=2_932_896i32, time_of_day in 0..DAY) {
            let instant = i64::from(days) * DAY + time_of_day;
            let month = days.rem_euclid(120_000);
            for format in [&DEFAULT, &ANY] {
                prop_assert_eq!(date(format_date(days).as_bytes(), format), Some(days));
                prop_assert_eq!(time(format_time(time_of_day).as_bytes(), format), Some(time_of_day));
                prop_assert_eq!(datetime(format_datetime(instant).as_bytes(), format), Some(instant));
            }
            prop_assert_eq!(year_month(format_year_month(month).as_bytes()), Some(month));
        }

        #[test]
        fn eight_digits_are_told_from_all_else(text: [u8; 8], digits in "[0-9]{8}", place in 0..8usize, byte: u8) {
            let mut almost: [u8; 8] = digits.as_bytes().try_into().unwrap_or_default();
            almost[place] = byte;
            for text in [text, almost] {
                let expected = text.iter().all(u8::is_ascii_digit).then(|| {
                    [0, 2, 4, 6].map(|at| u32::from(text[at] - b'0') * 10 + u32::from(text[at + 1] - b'0'))
                });
                prop_assert_eq!(eight(text), expected);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9:.TZ /]{0,30}") {
            for format in [&DEFAULT, &ANY] {
                date(text.as_bytes(), format);
                time(text.as_bytes(), format);
                datetime(text.as_bytes(), format);
            }
            year(text.as_bytes());
            year_month(text.as_bytes());
        }
    }
}
