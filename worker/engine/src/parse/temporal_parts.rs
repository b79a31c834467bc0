//! Parts of dates and times: digits, times of day, fractions of a second, offsets.

use crate::parse::calendar::{SECOND, days};

/// Most digits of a fraction of a second.
pub(super) const FRACTION: usize = 9;

/// Reads the seventh to ninth digit of a fraction.
pub(super) fn nanoseconds_of(digits: &[u8]) -> u16 {
    (6..FRACTION).fold(0, |value, at| value * 10 + digits.get(at).map_or(0, |digit| u16::from(digit - b'0')))
}

/// Reads a number of two digits.
#[inline]
pub(super) fn two(text: [u8; 2]) -> Option<u32> {
    let (tens, ones) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Reads eight digits as four numbers of two digits each. All are read in one word, because dates are among the commonest cells.
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

/// Reads `YYYYMMDD` as days since 1970-01-01.
#[inline]
pub(super) fn compact_date(text: [u8; 8]) -> Option<i32> {
    let [century, year, month, day] = eight(text)?;
    days(century * 100 + year, month, day)
}

/// Returns the microseconds of a time of day since midnight; `None` if there is no such time.
#[inline]
pub(super) fn clock(hour: u32, minute: u32, second: u32) -> Option<i64> {
    (hour <= 23 && minute <= 59 && second <= 59).then(|| i64::from(hour * 3600 + minute * 60 + second) * SECOND)
}

/// Reads 1 to `most` digits of a fraction as microseconds, cut off behind the sixth digit, and returns them with the text behind them.
#[inline]
pub(super) fn fraction(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > most {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let digit = |at: usize| digits.get(at).map_or(0, |byte| i64::from(byte - b'0'));
    Some(((0..6).fold(0, |value, at| value * 10 + digit(at)), rest))
}

/// Reads `Z`, `±hh:mm`, `±hhmm`, `±hh` as microseconds east of UTC; up to ±14:00 as in XML Schema.
#[inline]
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
