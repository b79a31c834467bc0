//! Writes a date or time, as statistics have it (ISO 8601), in the format of a field.

use crate::parse::MONTHS;

/// Returns a date, a datetime or a time in the pattern of a field; `None` if the text lacks a part of the pattern, or has one that the pattern lacks, as an
/// offset from UTC.
pub(super) fn written(iso: &str, pattern: &str) -> Option<String> {
    let parts = Parts::of(iso)?;
    if parts.has_fraction && !pattern.contains("%f") {
        return None;
    }
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => text.push_str(&parts.of_directive(characters.next()?)?),
            other => text.push(other),
        }
    }
    Some(text)
}

/// The parts of an ISO text.
#[derive(Default)]
struct Parts<'a> {
    year: Option<&'a str>,
    month: Option<&'a str>,
    day: Option<&'a str>,
    hour: Option<&'a str>,
    minute: Option<&'a str>,
    second: Option<&'a str>,
    fraction: Option<&'a str>,
    has_fraction: bool,
}

impl<'a> Parts<'a> {
    fn of(iso: &'a str) -> Option<Self> {
        let is_date = iso.as_bytes().get(4) == Some(&b'-');
        let (date, time) = match iso.split_once('T') {
            Some((date, time)) => (Some(date), Some(time)),
            None if is_date => (Some(iso), None),
            None => (None, Some(iso)),
        };
        let mut parts = Self { fraction: Some("0"), ..Self::default() };
        if let Some(date) = date {
            (parts.year, parts.month, parts.day) =
                (Some(digits(date, 0, 4)?), Some(digits(date, 5, 2)?), Some(digits(date, 8, 2)?));
            ends(date, 10)?;
        }
        if let Some(time) = time {
            (parts.hour, parts.minute, parts.second) =
                (Some(digits(time, 0, 2)?), Some(digits(time, 3, 2)?), Some(digits(time, 6, 2)?));
            if let Some(fraction) = time.get(8..).and_then(|rest| rest.strip_prefix('.')) {
                (parts.fraction, parts.has_fraction) = (Some(digits(fraction, 0, fraction.len())?), true);
            } else {
                ends(time, 8)?;
            }
        }
        Some(parts)
    }

    /// Returns what a directive of a pattern stands for.
    fn of_directive(&self, directive: char) -> Option<String> {
        let number = |text: Option<&str>| text?.parse::<usize>().ok();
        let text = match directive {
            'Y' => self.year?.to_owned(),
            'y' => self.year?[2..].to_owned(),
            'm' => self.month?.to_owned(),
            'd' => self.day?.to_owned(),
            'H' => self.hour?.to_owned(),
            'M' => self.minute?.to_owned(),
            'S' => self.second?.to_owned(),
            'f' => self.fraction?.to_owned(),
            'B' => MONTHS.get(number(self.month)?.checked_sub(1)?)?.to_string(),
            'b' => MONTHS.get(number(self.month)?.checked_sub(1)?)?[..3].to_owned(),
            'I' => format!("{:02}", (number(self.hour)? + 11) % 12 + 1),
            'p' => if number(self.hour)? < 12 { "AM" } else { "PM" }.to_owned(),
            _ => return None,
        };
        Some(text)
    }
}

/// Returns this many digits of a text.
fn digits(text: &str, from: usize, count: usize) -> Option<&str> {
    text.get(from..from + count).filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn ends(text: &str, at: usize) -> Option<()> {
    (text.len() == at).then_some(())
}

#[cfg(test)]
mod tests {
    use super::super::candidates::candidates;
    use super::*;

    #[test]
    fn bounds_are_written_in_the_format_of_the_field() {
        for (iso, pattern, expected) in [
            ("2024-02-09", "%d.%m.%Y", Some("09.02.2024")),
            ("2024-02-09", "%b %d, %Y", Some("Feb 09, 2024")),
            ("2024-02-09", "%d %B %Y", Some("09 February 2024")),
            ("2024-02-09T00:05:06", "%m/%d/%y %I:%M %p", Some("02/09/24 12:05 AM")),
            ("2024-02-09T13:05:06.25", "%Y-%m-%d %H:%M:%S.%f", Some("2024-02-09 13:05:06.25")),
            ("2024-02-09T13:05:06", "%Y-%m-%d %H:%M:%S.%f", Some("2024-02-09 13:05:06.0")),
            ("2024-02-09T13:05:06.25", "%Y-%m-%d %H:%M:%S", None),
            ("2024-02-09T13:05:06Z", "%Y-%m-%d %H:%M:%S%z", None),
            ("12:05:06", "%I:%M:%S %p", Some("12:05:06 PM")),
            ("12:05:06", "%Y", None),
            ("-2024-02-09", "%Y", None),
        ] {
            assert_eq!(written(iso, pattern).as_deref(), expected, "{iso} {pattern}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for candidate in candidates() {
            let Some(format) = candidate.properties.format.filter(|format| format.contains('%')) else { continue };
            let iso = match candidate.properties.name {
                "date" => "2024-02-09",
                "time" => "13:05:06",
                _ => "2024-02-09T13:05:06",
            };
            let is_read = written(iso, format).is_none_or(|text| candidate.accepts(text.as_bytes()));
            assert!(is_read, "{format}");
            assert_eq!(written(iso, format).is_none(), format.contains("%z"), "{format}");
        }
    }
}
