//! The functions of rules, computed cell by cell. A result that cannot be computed is null: there is never a panic and never a wrapped number.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::parse::{CivilDate, DAY, civil, days};
use crate::rules::function::Function;
use crate::rules::value::Value;

use Value::{Boolean, Integer, Null, Number, Text};

/// Most bytes of a text that a function makes, unless one of the texts from which it is made is longer. A longer result is null.
pub(crate) const MADE_BYTES: usize = 64 << 10;

const MINUTE: i64 = DAY / (24 * 60);
const HOUR: i64 = DAY / 24;

fn integer<'a>(value: Option<i64>) -> Value<'a> {
    value.map_or(Null, Integer)
}

/// Returns a number as a value, and null for an infinity or NaN.
fn finite<'a>(value: f64) -> Value<'a> {
    if value.is_finite() { Number(value) } else { Null }
}

fn known<'a>(value: Option<bool>) -> Value<'a> {
    value.map_or(Null, Boolean)
}

/// Calls a function. The arguments must have the types that the function takes.
pub(crate) fn call<'a>(function: &Function, arguments: &[Value<'a>]) -> Value<'a> {
    match function {
        Function::Coalesce => return arguments.iter().find(|value| **value != Null).cloned().unwrap_or(Null),
        Function::NullIf => return null_if(arguments),
        Function::Between => return between(arguments),
        Function::OneOf => return one_of(arguments),
        _ if arguments.contains(&Null) => return Null,
        _ => {}
    }
    match (function, arguments) {
        (Function::In(set), [value]) => known(set.holds(value)),
        (Function::Greatest, _) => most(arguments, Ordering::Greater),
        (Function::Least, _) => most(arguments, Ordering::Less),
        (Function::ToNumber, [Integer(value)]) => Number(*value as f64),
        (_, [Text(text), rest @ ..]) => of_text(function, text, rest),
        (_, [Integer(one)]) => of_integer(function, *one),
        (_, [Number(one), rest @ ..]) => of_number(function, *one, rest),
        (_, [Integer(one), Integer(other)]) => of_integers(function, *one, *other),
        _ => Null,
    }
}

fn null_if<'a>(arguments: &[Value<'a>]) -> Value<'a> {
    match arguments {
        [value, other] if value.order(other) != Some(Ordering::Equal) => value.clone(),
        _ => Null,
    }
}

/// Computes `value >= low AND value <= high`, where either comparison may be unknown.
fn between<'a>(arguments: &[Value<'a>]) -> Value<'a> {
    let [value, low, high] = arguments else { return Null };
    match (value.order(low).map(Ordering::is_ge), value.order(high).map(Ordering::is_le)) {
        (Some(false), _) | (_, Some(false)) => Boolean(false),
        (Some(true), Some(true)) => Boolean(true),
        _ => Null,
    }
}

fn one_of<'a>(arguments: &[Value<'a>]) -> Value<'a> {
    let mut answer = Boolean(false);
    for other in &arguments[1..] {
        match arguments[0].order(other) {
            Some(Ordering::Equal) => return Boolean(true),
            Some(_) => {}
            None => answer = Null,
        }
    }
    answer
}

fn most<'a>(arguments: &[Value<'a>], wanted: Ordering) -> Value<'a> {
    let further = |best: &'_ Value<'a>, value: &Value<'a>| value.order(best) == Some(wanted);
    let mut best = &arguments[0];
    for value in &arguments[1..] {
        if further(best, value) {
            best = value;
        }
    }
    best.clone()
}

fn of_integer<'a>(function: &Function, value: i64) -> Value<'a> {
    let date = |part: fn(CivilDate) -> i64| Integer(part(civil(value)));
    match function {
        Function::Negate => integer(value.checked_neg()),
        Function::Abs => integer(value.checked_abs()),
        Function::Floor | Function::Ceil | Function::Round => Integer(value),
        Function::DateOf => in_calendar(Some(value.div_euclid(DAY))),
        Function::ToDatetime => integer(value.checked_mul(DAY)),
        Function::Year => date(|date| date.year),
        Function::Month => date(|date| date.month.into()),
        Function::Day => date(|date| date.day.into()),
        Function::Hour => Integer(value.rem_euclid(DAY) / HOUR),
        Function::Minute => Integer(value.rem_euclid(HOUR) / MINUTE),
        Function::Second => Integer(value.rem_euclid(MINUTE) / (MINUTE / 60)),
        _ => Null,
    }
}

fn of_integers<'a>(function: &Function, one: i64, other: i64) -> Value<'a> {
    match function {
        Function::Add => integer(one.checked_add(other)),
        Function::Subtract => integer(one.checked_sub(other)),
        Function::Multiply => integer(one.checked_mul(other)),
        // The remainder of the least integer by -1 is 0, though its quotient is no integer.
        Function::Remainder if other != 0 => Integer(one.wrapping_rem(other)),
        Function::AddDays => in_calendar(one.checked_add(other)),
        Function::SubtractDays => in_calendar(one.checked_sub(other)),
        _ => Null,
    }
}

/// Returns a date, and null for one outside the years 0 to 9999.
fn in_calendar<'a>(days: Option<i64>) -> Value<'a> {
    integer(days.filter(|days| calendar().contains(days)))
}

/// Returns the days of the years 0 to 9999, counted from 1970-01-01.
fn calendar() -> std::ops::RangeInclusive<i64> {
    let day = |year, month, day| days(year, month, day).map_or(0, i64::from);
    day(0, 1, 1)..=day(9999, 12, 31)
}

fn of_number<'a>(function: &Function, one: f64, rest: &[Value<'a>]) -> Value<'a> {
    match (function, rest) {
        (Function::Negate, []) => finite(-one),
        (Function::Abs, []) => finite(one.abs()),
        (Function::Floor, []) => finite(one.floor()),
        (Function::Ceil, []) => finite(one.ceil()),
        (Function::Round, []) => finite(one.round()),
        (Function::Round, [Integer(digits)]) => finite(rounded(one, *digits)),
        (Function::Add, [Number(other)]) => finite(one + other),
        (Function::Subtract, [Number(other)]) => finite(one - other),
        (Function::Multiply, [Number(other)]) => finite(one * other),
        // A division by zero has no finite result.
        (Function::Divide, [Number(other)]) => finite(one / other),
        (Function::Remainder, [Number(other)]) => finite(one % other),
        _ => Null,
    }
}

/// Rounds a number to `digits` decimals, half away from zero.
fn rounded(value: f64, digits: i64) -> f64 {
    let scale = 10f64.powi(digits as i32);
    let scaled = value * scale;
    // A number of this size has no decimals to round, so it stays as it is.
    if scaled.abs() < (1i64 << 52) as f64 { scaled.round() / scale } else { value }
}

fn of_text<'a>(function: &Function, text: &Cow<'a, str>, rest: &[Value<'a>]) -> Value<'a> {
    match (function, rest) {
        (Function::Length, []) => Integer(text.chars().count() as i64),
        (Function::Upper, []) => Text(Cow::Owned(text.to_uppercase())),
        (Function::Lower, []) => Text(Cow::Owned(text.to_lowercase())),
        (Function::Trim, []) => part(text, str::trim),
        (Function::TrimStart, []) => part(text, str::trim_start),
        (Function::TrimEnd, []) => part(text, str::trim_end),
        (Function::Left, [Integer(count)]) if *count >= 0 => part(text, |text| characters(text, 0, *count)),
        (Function::Right, [Integer(count)]) if *count >= 0 => {
            let from = (text.chars().count() as i64).saturating_sub(*count);
            part(text, |text| characters(text, from.max(0), i64::MAX))
        }
        (Function::Substring, [Integer(from)]) => part(text, |text| characters(text, from.saturating_sub(1), i64::MAX)),
        (Function::Substring, [Integer(from), Integer(count)]) if *count >= 0 => {
            // As in standard SQL, positions before the first character count, and hold nothing.
            let end = from.saturating_sub(1).saturating_add(*count);
            part(text, |text| characters(text, from.saturating_sub(1), end))
        }
        (Function::Concat, _) => concatenated(text, rest),
        (Function::Replace, [Text(from), Text(to)]) => replaced(text, from, to),
        (Function::Position, [Text(wanted)]) => {
            Integer(text.find(&**wanted).map_or(0, |at| text[..at].chars().count() as i64 + 1))
        }
        (Function::Contains, [Text(wanted)]) => Boolean(text.contains(&**wanted)),
        (Function::StartsWith, [Text(wanted)]) => Boolean(text.starts_with(&**wanted)),
        (Function::EndsWith, [Text(wanted)]) => Boolean(text.ends_with(&**wanted)),
        (Function::Like(like), []) => Boolean(like.is_match(text)),
        _ => Null,
    }
}

/// Returns a part of a text. It is borrowed where the text is borrowed, and copied otherwise.
fn part<'a>(text: &Cow<'a, str>, part: impl Fn(&str) -> &str) -> Value<'a> {
    match text {
        Cow::Borrowed(text) => Text(Cow::Borrowed(within(text, part(text)))),
        Cow::Owned(text) => Text(Cow::Owned(part(text).to_owned())),
    }
}

/// Returns the same part as a slice of `whole`, with the lifetime of `whole`.
fn within<'a>(whole: &'a str, part: &str) -> &'a str {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    &whole[start..start + part.len()]
}

/// Returns the characters from number `from` (counted from 0) up to, and without, number `to`.
fn characters(text: &str, from: i64, to: i64) -> &str {
    let at = |number: i64| match usize::try_from(number) {
        Ok(number) => text.char_indices().nth(number).map_or(text.len(), |(at, _)| at),
        // Beyond what a text can hold, or before its start.
        Err(_) => 0,
    };
    let (start, end) = (at(from.max(0)), at(to.max(0)));
    &text[start..end.max(start)]
}

fn concatenated<'a>(first: &str, rest: &[Value<'a>]) -> Value<'a> {
    let lengths = rest.iter().map(|value| if let Text(text) = value { text.len() } else { 0 });
    let (all, longest) =
        lengths.fold((first.len(), first.len()), |(all, longest), length| (all + length, longest.max(length)));
    if all > longest.max(MADE_BYTES) {
        return Null;
    }
    let mut made = String::with_capacity(all);
    made.push_str(first);
    for value in rest {
        if let Text(text) = value {
            made.push_str(text);
        }
    }
    Text(Cow::Owned(made))
}

fn replaced<'a>(text: &Cow<'a, str>, from: &str, to: &str) -> Value<'a> {
    if from.is_empty() {
        return Text(text.clone());
    }
    let most = text.len().max(MADE_BYTES);
    let mut made = String::new();
    let mut rest = &**text;
    while let Some((before, behind)) = rest.split_once(from) {
        if made.len() + before.len() + to.len() > most {
            return Null;
        }
        made.push_str(before);
        made.push_str(to);
        rest = behind;
    }
    if made.len() + rest.len() > most {
        return Null;
    }
    made.push_str(rest);
    Text(Cow::Owned(made))
}

#[cfg(test)]
mod tests;
