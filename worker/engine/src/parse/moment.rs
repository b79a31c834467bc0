//! Dates and times with `format: any`: what people write, as far as it has one meaning.
//!
//! A text is split into words; each word is a time of day, an offset, a weekday, or a part of a date. Letter case does not matter, names are
//! English, and spaces and commas only separate words. A date is
//!
//! * year, month, day (`2017-2-3`, `2017/02/03`, `2017.02.03`, `20170203`);
//! * day, month, year where that is clear: with points (`01.02.2017` is the first of February), with the name of the month (`5 Jan
//!   2020`, `Jan 5, 2020`, `January 5th 2020`, `05-JAN-2020`, `05jan2020`), or because one of the numbers is beyond 12 or both are
//!   equal (`13/02/2017`, `02/13/2017`, `05/05/2017`); anything else, such as `01/02/2017`, has two meanings and is refused;
//! * a month (`1850-01`, `01/1850`, `1993-Jan`, `January 1993`), which is its first day; a year (`1880`), which is its first of January.
//!
//! A year has four digits. A weekday has to be the weekday of the date. A time is `h:mm`, `h:mm:ss` or `h:mm:ss.f…`, perhaps with am or pm, or
//! an hour with am or pm (`10 pm`); an offset is `Z`, `UTC`, `GMT`, `±hh:mm`, `±hhmm` or `±hh`.

use crate::parse::calendar::{MONTHS, WEEKDAYS, days, weekday};
use crate::parse::temporal_parts::{clock, fraction, offset};

/// Longest text that is read, in bytes.
const LONGEST: usize = 64;

/// Why a text is not read as a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MomentError {
    /// The text has none of the forms.
    Form,
    /// Day and month of the text can be swapped.
    Ambiguous,
}

/// The date, time and offset of a text; `None` for those that it does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Days since 1970-01-01.
    pub(super) days: Option<i32>,
    /// Microseconds since midnight.
    pub(super) time: Option<i64>,
    /// Microseconds east of UTC.
    pub(super) offset: Option<i64>,
}

/// Reads a text in one of the forms of this module.
pub(super) fn read(text: &[u8]) -> Result<Moment, MomentError> {
    if text.len() > LONGEST || text.first() == Some(&b' ') || text.last() == Some(&b' ') {
        return Err(MomentError::Form);
    }
    let text = text.to_ascii_lowercase();
    let mut reader = Reader::default();
    for word in text.split(|byte| matches!(byte, b' ' | b',')).filter(|word| !word.is_empty()) {
        // A `t` between two digits separates a date and a time.
        let mark = (1..word.len().saturating_sub(1))
            .find(|&at| word[at] == b't' && word[at - 1].is_ascii_digit() && word[at + 1].is_ascii_digit());
        match mark {
            Some(at) => {
                reader.word(&word[..at])?;
                reader.word(&word[at + 1..])?;
            }
            None => reader.word(word)?,
        }
    }
    reader.finish()
}

/// A part of a date.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// A number, and how many digits it has.
    Number(u32, usize),
    /// A month by its name, from 1.
    Month(u32),
}

/// A time as a clock shows it.
#[derive(Clone, Copy, Debug)]
struct Clock {
    hour: u32,
    minute: u32,
    /// The microseconds of the minute.
    micros: i64,
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    /// The separators between parts that follow each other: the mark inside a word, or a space between words.
    separators: Vec<u8>,
    weekday: Option<usize>,
    clock: Option<Clock>,
    is_afternoon: Option<bool>,
    offset: Option<i64>,
}

impl Reader {
    fn word(&mut self, word: &[u8]) -> Result<(), MomentError> {
        let has_clock = self.clock.is_some();
        if let Some(nth) = named(word.strip_suffix(b".").unwrap_or(word), &WEEKDAYS).filter(|_| self.weekday.is_none())
        {
            self.weekday = Some(nth);
        } else if word.contains(&b':') || hour_with_half(word).is_some() {
            self.clock_word(word)?;
        } else if let (Some(half), None) = (half(word), self.is_afternoon) {
            if !has_clock {
                // The number before `am` or `pm` is an hour and not a part of a date.
                let Some(Part::Number(hour, 1..=2)) = self.parts.pop() else { return Err(MomentError::Form) };
                self.separators.pop();
                self.clock = Some(Clock { hour, minute: 0, micros: 0 });
            }
            self.is_afternoon = Some(half);
        } else if let (Some(offset), true, None) = (zone(word), has_clock, self.offset) {
            self.offset = Some(offset);
        } else {
            self.date_word(word)?;
        }
        Ok(())
    }

    /// Reads `h:mm[:ss[.f…]]` or `h`, with am, pm or an offset that may follow without a space.
    fn clock_word(&mut self, word: &[u8]) -> Result<(), MomentError> {
        let (hour, rest) = digits(word, 1, 2).ok_or(MomentError::Form)?;
        let (mut minute, mut micros, mut rest) = (0, 0, rest);
        if let [b':', after @ ..] = rest {
            (minute, rest) = digits(after, 2, 2).ok_or(MomentError::Form)?;
            if let [b':', after @ ..] = rest {
                let (second, after) =
                    digits(after, 2, 2).filter(|(second, _)| *second < 60).ok_or(MomentError::Form)?;
                (micros, rest) = (i64::from(second) * 1_000_000, after);
                if let [b'.', after @ ..] = rest {
                    let (part, after) = fraction(after, 9).ok_or(MomentError::Form)?;
                    (micros, rest) = (micros + part, after);
                }
            }
        }
        if self.clock.replace(Clock { hour, minute, micros }).is_some() {
            return Err(MomentError::Form);
        }
        if rest.is_empty() {
            return Ok(());
        }
        match (half(rest), zone(rest)) {
            (Some(half), _) => self.is_afternoon = Some(half),
            (None, Some(offset)) => self.offset = Some(offset),
            (None, None) => return Err(MomentError::Form),
        }
        Ok(())
    }

    fn part(&mut self, part: Part, separator: u8) -> Result<(), MomentError> {
        // A date has at most three parts; one more is allowed because the last one may be an hour.
        if self.parts.len() == 4 {
            return Err(MomentError::Form);
        }
        if !self.parts.is_empty() {
            self.separators.push(separator);
        }
        self.parts.push(part);
        Ok(())
    }

    /// Reads numbers and names of months, with at most one of `-/.` between two of them; a point may end the word.
    fn date_word(&mut self, word: &[u8]) -> Result<(), MomentError> {
        let mut rest = word;
        let mut separator = b' ';
        while let Some(&first) = rest.first() {
            if first.is_ascii_digit() {
                let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = whole(&rest[..count]).ok_or(MomentError::Form)?;
                rest = &rest[count..];
                let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                if matches!(&rest[..letters], b"st" | b"nd" | b"rd" | b"th") && count <= 2 {
                    rest = &rest[letters..];
                }
                self.part(Part::Number(number, count), separator)?;
            } else if first.is_ascii_alphabetic() {
                let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let name = if &rest[..letters] == b"sept" { b"sep" } else { &rest[..letters] };
                let month = named(name, &MONTHS).ok_or(MomentError::Form)?;
                rest = &rest[letters..];
                self.part(Part::Month(month as u32 + 1), separator)?;
            } else {
                return Err(MomentError::Form);
            }
            separator = b' ';
            if let [mark @ (b'-' | b'/' | b'.'), after @ ..] = rest {
                if after.is_empty() && *mark != b'.' {
                    return Err(MomentError::Form);
                }
                (separator, rest) = (*mark, after);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Moment, MomentError> {
        let days = match &*self.parts {
            [] => None,
            _ => Some(self.date()?),
        };
        if let Some(expected) = self.weekday
            && days.is_none_or(|days| weekday(days) != expected)
        {
            return Err(MomentError::Form);
        }
        let time = match (self.clock.take(), self.is_afternoon) {
            (None, _) => None,
            (Some(Clock { hour: hour @ 1..=12, minute, micros }), Some(is_afternoon)) => {
                let hour = hour % 12 + if is_afternoon { 12 } else { 0 };
                Some(clock(hour, minute, 0).ok_or(MomentError::Form)? + micros)
            }
            (Some(_), Some(_)) => return Err(MomentError::Form),
            (Some(Clock { hour, minute, micros }), None) => {
                Some(clock(hour, minute, 0).ok_or(MomentError::Form)? + micros)
            }
        };
        Ok(Moment { days, time, offset: self.offset })
    }

    fn date(&self) -> Result<i32, MomentError> {
        use Part::{Month, Number};
        let is_even = self.separators.windows(2).all(|pair| pair[0] == pair[1]);
        let (year, month, day) = match *self.parts {
            [Number(year, 4)] => (year, 1, 1),
            [Number(date, 8)] => (date / 10_000, date / 100 % 100, date % 100),
            [Number(year, 4), Month(month)] | [Month(month), Number(year, 4)] => (year, month, 1),
            [Number(year, 4), Number(month, 1..=2)] | [Number(month, 1..=2), Number(year, 4)]
                if self.separators[0] != b' ' =>
            {
                (year, month, 1)
            }
            [Number(year, 4), Month(month), Number(day, 1..=2)]
            | [Number(day, 1..=2), Month(month), Number(year, 4)]
            | [Month(month), Number(day, 1..=2), Number(year, 4)] => (year, month, day),
            [Number(year, 4), Number(month, 1..=2), Number(day, 1..=2)] if is_even => (year, month, day),
            [Number(one, 1..=2), Number(other, 1..=2), Number(year, 4)] if is_even => {
                match (one, other, self.separators[0]) {
                    (day, month, b'.') => (year, month, day),
                    (day, month, _) if day > 12 || day == month => (year, month, day),
                    (month, day, _) if day > 12 || month == 0 || day == 0 => (year, month, day),
                    _ => return Err(MomentError::Ambiguous),
                }
            }
            _ => return Err(MomentError::Form),
        };
        days(year, month, day).ok_or(MomentError::Form)
    }
}

/// Reads a number of `least` to `most` digits, and returns it with the text behind it. `None` if there are fewer or more digits.
fn digits(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (least..=most).contains(&count).then_some(())?;
    Some((whole(&text[..count])?, &text[count..]))
}

/// Returns the number that a text of one to eight digits is.
fn whole(text: &[u8]) -> Option<u32> {
    let is_short = (1..=8).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_short.then(|| text.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// Returns the index of a name in its list; the word is the name, or its first three letters.
fn named(word: &[u8], names: &[&str]) -> Option<usize> {
    names.iter().position(|name| {
        let name = name.as_bytes();
        word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3])
    })
}

/// Returns true for pm, false for am, and `None` for any other word.
fn half(word: &[u8]) -> Option<bool> {
    match word {
        b"am" | b"a.m." => Some(false),
        b"pm" | b"p.m." => Some(true),
        _ => None,
    }
}

/// Returns the half of the day behind an hour, as in `10am`.
fn hour_with_half(word: &[u8]) -> Option<bool> {
    digits(word, 1, 2).and_then(|(_, rest)| half(rest))
}

fn zone(word: &[u8]) -> Option<i64> {
    match word {
        b"utc" | b"gmt" => Some(0),
        _ => offset(word),
    }
}

#[cfg(test)]
mod tests;
