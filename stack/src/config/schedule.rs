//! Schedules of EventBridge Scheduler: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>
//!
//! The scheduler would also refuse a wrong schedule, but only after everything else has been created.

use std::ops::RangeInclusive;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAYS_OF_MONTH: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Checks a schedule.
///
/// # Errors
/// A message, when the text is no valid schedule.
pub(super) fn check(text: &str) -> Result<(), String> {
    let (kind, body) = text
        .strip_suffix(')')
        .and_then(|text| text.split_once('('))
        .ok_or("not a schedule, like rate(1 hour), cron(0 6 * * ? *) or at(2030-01-31T06:00:00)")?;
    match kind {
        "rate" => rate(body),
        "cron" => cron(body),
        "at" => at(body),
        _ => Err(format!("there is no {kind}(); there are rate(), cron() and at()")),
    }
}

fn rate(body: &str) -> Result<(), String> {
    let [value, unit] = body.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err("a rate is a number and a unit, like rate(15 minutes)".to_owned());
    };
    if !value.parse::<u32>().is_ok_and(|value| value > 0) {
        return Err(format!("{value:?} is not a whole number over 0"));
    }
    match unit {
        "minute" | "minutes" | "hour" | "hours" | "day" | "days" => Ok(()),
        _ => Err(format!("{unit:?} is not minutes, hours or days")),
    }
}

fn at(body: &str) -> Result<(), String> {
    let number = |range: std::ops::Range<usize>| body.get(range).and_then(|text| text.parse::<u32>().ok());
    let form = |index, letter| body.as_bytes().get(index) == Some(&letter);
    let separated = form(4, b'-') && form(7, b'-') && form(10, b'T') && form(13, b':') && form(16, b':');
    let parts = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19].map(number);
    let [Some(_), Some(month @ 1..=12), Some(day @ 1..), Some(0..=23), Some(0..=59), Some(0..=59)] = parts else {
        return Err("not a time, like at(2030-01-31T06:00:00), without zone or fraction".to_owned());
    };
    if body.len() != 19 || !separated || day > DAYS_OF_MONTH[month as usize - 1] {
        return Err("not a time, like at(2030-01-31T06:00:00), without zone or fraction".to_owned());
    }
    Ok(())
}

fn cron(body: &str) -> Result<(), String> {
    let [minutes, hours, day_of_month, month, day_of_week, year] = body.split_whitespace().collect::<Vec<_>>()[..]
    else {
        return Err("a cron has six fields: minutes hours day-of-month month day-of-week year".to_owned());
    };
    let plain = |name, range, names| Field { name, range, names };
    plain("minutes", 0..=59, &[]).check(minutes)?;
    plain("hours", 0..=23, &[]).check(hours)?;
    plain("month", 1..=12, &MONTHS).check(month)?;
    plain("year", 1970..=2199, &[]).check(year)?;
    let day_field = plain("day-of-month", 1..=31, &[]);
    let week_field = plain("day-of-week", 1..=7, &DAYS);
    match (day_of_month, day_of_week) {
        ("?", "?") => Err("day-of-month and day-of-week cannot both be ?".to_owned()),
        ("?", day) => day_in_week(&week_field, day),
        (day, "?") => day_in_month(&day_field, day),
        _ => Err("one of day-of-month and day-of-week must be ?".to_owned()),
    }
}

/// Checks a day of the month: `L` is the last day, `15W` the weekday nearest to the 15th.
fn day_in_month(field: &Field<'_>, text: &str) -> Result<(), String> {
    match text {
        "L" | "LW" => Ok(()),
        _ => field.check(text.strip_suffix('W').filter(|day| day.parse::<u32>().is_ok()).unwrap_or(text)),
    }
}

/// Checks a day of the week: `L` is Saturday, `6L` the last Friday of the month, `6#3` its third.
fn day_in_week(field: &Field<'_>, text: &str) -> Result<(), String> {
    if text == "L" {
        return Ok(());
    }
    if let Some((day, which)) = text.split_once('#') {
        field.value(day)?;
        return match which.parse() {
            Ok(1..=5_u32) => Ok(()),
            _ => Err(format!("day-of-week: {which:?} is not 1 to 5")),
        };
    }
    match text.strip_suffix('L').filter(|day| !day.is_empty()) {
        Some(day) => field.value(day).map(drop),
        None => field.check(text),
    }
}

struct Field<'a> {
    name: &'static str,
    range: RangeInclusive<u32>,
    /// Names of the values, beginning with the least value.
    names: &'a [&'a str],
}

impl Field<'_> {
    /// Checks a list of values and ranges, which may have steps.
    fn check(&self, text: &str) -> Result<(), String> {
        text.split(',').try_for_each(|item| {
            let (values, step) = item.split_once('/').map_or((item, None), |(values, step)| (values, Some(step)));
            if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0 && step <= *self.range.end())) {
                return Err(format!("{}: {item:?} has no step that is a number over 0", self.name));
            }
            match values.split_once('-') {
                _ if values == "*" => Ok(()),
                Some((first, last)) if self.value(first)? > self.value(last)? => {
                    Err(format!("{}: {values:?} runs backwards", self.name))
                }
                Some(_) => Ok(()),
                None => self.value(values).map(drop),
            }
        })
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().zip(self.range.clone()).find(|(name, _)| name.eq_ignore_ascii_case(text));
        named
            .map(|(_, value)| value)
            .or_else(|| text.parse().ok())
            .filter(|value| self.range.contains(value))
            .ok_or_else(|| {
                let (least, most) = (self.range.start(), self.range.end());
                format!("{}: {text:?} is not {least} to {most}", self.name)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_scheduler_takes_is_taken() {
        for text in [
            "rate(1 hour)",
            "rate(15 minutes)",
            "rate(7 days)",
            "at(2030-01-31T06:00:00)",
            "cron(0 6 * * ? *)",
            "cron(0/15 8-17 ? * MON-FRI *)",
            "cron(0 0 L * ? *)",
            "cron(0 0 LW * ? *)",
            "cron(0 0 15W * ? *)",
            "cron(0 0 ? * 6L *)",
            "cron(0 0 ? * fri#3 2026-2030)",
            "cron(0,30 */2 1,15 jan,JUL ? *)",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_it_refuses_is_refused_with_the_reason() {
        for (text, reason) in [
            ("hourly", "not a schedule"),
            ("every(1 hour)", "there is no every()"),
            ("rate(hour)", "a rate is a number and a unit"),
            ("rate(0 hours)", "\"0\" is not a whole number over 0"),
            ("rate(1 week)", "\"week\" is not minutes, hours or days"),
            ("cron(0 6 * * *)", "six fields"),
            ("cron(60 6 * * ? *)", "minutes: \"60\" is not 0 to 59"),
            ("cron(0 24 * * ? *)", "hours: \"24\" is not 0 to 23"),
            ("cron(0 6 * 13 ? *)", "month: \"13\" is not 1 to 12"),
            ("cron(0 6 * * * *)", "must be ?"),
            ("cron(0 6 ? * ? *)", "cannot both be ?"),
            ("cron(0 6 ? * FRI-MON *)", "runs backwards"),
            ("cron(0/0 6 * * ? *)", "has no step"),
            ("cron(0 6 ? * FRI#6 *)", "\"6\" is not 1 to 5"),
            ("at(2030-02-30T06:00:00)", "not a time"),
            ("at(2030-01-31T06:00:00Z)", "not a time"),
            ("at(2030-01-31 06:00:00)", "not a time"),
        ] {
            let error = check(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
