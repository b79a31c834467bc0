//! Dates and times in their ISO 8601 forms.
//!
//! The calendar is the proleptic Gregorian one, years 0000–9999. `24:00:00` and leap seconds (`23:59:60`) are refused.
//! A fraction has 1–9 digits. Values have microseconds; [`nanoseconds`] returns the digits beyond them, which are compared separately.

use crate::fault::CellFault;
use crate::parse::TemporalFormat;
use crate::parse::calendar::{DAY, days};
use crate::parse::moment;
use crate::parse::moment::{Moment, MomentError};
use crate::parse::strptime::Purpose;
use crate::parse::strptime_cells;
use crate::parse::temporal_parts::{FRACTION, clock, compact_date, eight, fraction, nanoseconds_of, offset, two};

/// Reads a date as days since 1970-01-01.
///
/// Default form: `YYYY-MM-DD`. `any`: the forms of the module `moment`, where a midnight behind the date changes nothing. Patterns are read as
/// Python's `strptime` reads them.
#[inline]
pub fn date(cell: &[u8], format: &TemporalFormat) -> Option<i32> {
    match format {
        TemporalFormat::Default => iso_date(cell.try_into().ok()?, b'-'),
        TemporalFormat::Any => any_date(cell).or_else(|| match moment::read(cell) {
            Ok(Moment { days, time: None | Some(0), offset: None }) => days,
            _ => None,
        }),
        TemporalFormat::Pattern(items) => strptime_cells::date(cell, items),
    }
}

/// Reads a date and time as microseconds since 1970-01-01T00:00:00.
///
/// A time with an offset is converted to UTC, a time without one is taken as it stands. Default form: `YYYY-MM-DDThh:mm:ss[.f…][Z|±hh:mm]`.
/// `any`: the forms of the module `moment` and the compact ones of ISO 8601; a date alone is midnight of that date.
#[inline]
pub fn datetime(cell: &[u8], format: &TemporalFormat) -> Option<i64> {
    match format {
        TemporalFormat::Default => iso_datetime(cell),
        TemporalFormat::Any => any_datetime(cell).or_else(|| {
            let Moment { days, time, offset } = moment::read(cell).ok()?;
            Some(i64::from(days?) * DAY + time.unwrap_or(0) - offset.unwrap_or(0))
        }),
        TemporalFormat::Pattern(items) => strptime_cells::datetime(cell, items),
    }
}

/// Reads a time of day as microseconds since midnight.
///
/// Default form: `hh:mm:ss[.f…]`. `any`: also the forms of the module `moment`, `hhmmss[.f…]` and `hhmm`.
#[inline]
pub fn time(cell: &[u8], format: &TemporalFormat) -> Option<i64> {
    match format {
        TemporalFormat::Default => match iso_time(cell)? {
            (time, []) => Some(time),
            _ => None,
        },
        TemporalFormat::Any => match any_time(cell) {
            Some((time, [])) => Some(time),
            _ => match moment::read(cell) {
                Ok(Moment { days: None, time, offset: None }) => time,
                _ => None,
            },
        },
        TemporalFormat::Pattern(items) => strptime_cells::time(cell, items),
    }
}

/// Returns the nanoseconds beyond the microseconds, for a text that is a time or datetime in this format.
pub(crate) fn nanoseconds(cell: &[u8], format: &TemporalFormat) -> u16 {
    let digits = match format {
        TemporalFormat::Pattern(items) => return strptime_cells::nanoseconds(cell, items),
        TemporalFormat::Default | TemporalFormat::Any => fractions(cell).find(|digits| digits.len() > 6),
    };
    digits.map_or(0, nanoseconds_of)
}

/// Returns the runs of digits behind each point.
fn fractions(cell: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'.', cell).map(|at| {
        let digits = &cell[at + 1..];
        &digits[..digits.iter().take_while(|byte| byte.is_ascii_digit()).count()]
    })
}

/// Returns why a text is no date, time or datetime of a format.
#[cold]
#[inline(never)]
pub(crate) fn why_not(cell: &[u8], format: &TemporalFormat, purpose: Purpose) -> CellFault {
    if *format == TemporalFormat::Any && moment::read(cell) == Err(MomentError::Ambiguous) {
        return CellFault::Ambiguous;
    }
    let too_fine = fractions(cell).find(|digits| digits.len() > FRACTION);
    if let Some(digits) = too_fine {
        let start = digits.as_ptr() as usize - cell.as_ptr() as usize;
        let cut = [&cell[..start + FRACTION], &cell[start + digits.len()..]].concat();
        let is_one = match purpose {
            Purpose::Date => date(&cut, format).is_some(),
            Purpose::Datetime => datetime(&cut, format).is_some(),
            Purpose::Time => time(&cut, format).is_some(),
        };
        if is_one {
            return CellFault::TooFine;
        }
    }
    CellFault::Type
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

/// Reads `YYYY-MM-DD` with this separator in place of `-`.
#[inline]
fn iso_date(text: &[u8; 10], separator: u8) -> Option<i32> {
    let &[y1, y2, y3, y4, first, m1, m2, second, d1, d2] = text;
    if first != separator || second != separator {
        return None;
    }
    let [century, year, month, day] = eight([y1, y2, y3, y4, m1, m2, d1, d2])?;
    days(century * 100 + year, month, day)
}

fn any_date(cell: &[u8]) -> Option<i32> {
    if let Ok(text) = <&[u8; 10]>::try_from(cell) {
        return iso_date(text, b'-').or_else(|| iso_date(text, b'/'));
    }
    compact_date(cell.try_into().ok()?)
}

/// Reads `hh:mm:ss[.f…]`, and returns it with the text behind it.
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

/// Reads `.f…` in microseconds, which are 0 when there is no point. `None` when there is a point without 1–9 digits.
#[inline]
fn optional_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((0, text));
    };
    fraction(text, 9)
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

/// Reads a time in one of its forms, and returns it with the text behind it.
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
mod tests;
