//! Durations: XML Schema part 2, `duration`, and the weeks of ISO 8601.

use std::cmp::Ordering;

use crate::parse::days_before_month;

/// A duration: months and seconds of one sign. `P1M` and `P30D` are two values, `P1D` and `PT24H` are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    negative: bool,
    months: i128,
    seconds: i128,
    /// Digits of a fraction of a second, without zeros at the end.
    fraction: Box<[u8]>,
}

/// Most digits of a number in a duration. The digits behind the decimal point of the seconds are not limited.
const DIGITS: usize = 18;

/// The months at which XML Schema compares durations, as years and months: 1696-09, 1697-02, 1903-03, 1903-07.
const REFERENCES: [Month; 4] = [
    Month { year: 1696, month: 9 },
    Month { year: 1697, month: 2 },
    Month { year: 1903, month: 3 },
    Month { year: 1903, month: 7 },
];

/// A month of a year.
#[derive(Clone, Copy)]
struct Month {
    year: i128,
    /// The month, from 1.
    month: i128,
}

impl Duration {
    /// Reads `-?PnYnMnDTnHnMnS` or `-?PnW`. Each part stands at most once, at least one part has to be there, and a `T` needs a part behind it;
    /// seconds may have a fraction.
    pub fn read(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', text @ ..] => (true, text),
            text => (false, text),
        };
        let [b'P', rest @ ..] = text else { return None };
        let mut rest = rest;
        let mut duration = Self { negative, months: 0, seconds: 0, fraction: Box::default() };
        // The designators that may still come.
        let mut designators: &[u8] = b"YMD";
        let mut is_time = false;
        let mut is_empty = true;
        while !rest.is_empty() {
            if let ([b'T', after @ ..], false) = (rest, is_time) {
                (is_time, is_empty, designators, rest) = (true, true, b"HMS", after);
                continue;
            }
            let (Part { number, fraction, designator }, after) = part(rest)?;
            if designator == b'W' && after.is_empty() && is_empty && !is_time && fraction.is_none() {
                duration.seconds = number * 7 * 86_400;
                return Some(duration.normal());
            }
            let found = designators.iter().position(|&other| other == designator)?;
            designators = &designators[found + 1..];
            if fraction.is_some() && designator != b'S' {
                return None;
            }
            match (is_time, designator) {
                (false, b'Y') => duration.months += number * 12,
                (false, b'M') => duration.months += number,
                (false, _) => duration.seconds += number * 86_400,
                (true, b'H') => duration.seconds += number * 3600,
                (true, b'M') => duration.seconds += number * 60,
                (true, _) => duration.seconds += number,
            }
            duration.fraction = fraction.unwrap_or_default().into();
            (is_empty, rest) = (false, after);
        }
        (!is_empty).then(|| duration.normal())
    }

    fn normal(mut self) -> Self {
        self.negative &= self.months != 0 || self.seconds != 0 || !self.fraction.is_empty();
        self
    }

    /// Returns a text that equal durations share.
    pub fn canonical(&self) -> Vec<u8> {
        let mut text =
            format!("{}P{}MT{}.", if self.negative { "-" } else { "" }, self.months, self.seconds).into_bytes();
        text.extend_from_slice(&self.fraction);
        text
    }

    /// Returns the whole seconds of the duration when it starts at the first day of this month, without the sign.
    fn seconds_from(&self, Month { year, month }: Month) -> i128 {
        let start = year * 12 + month - 1;
        let end = if self.negative { start - self.months } else { start + self.months };
        (days_before_month(end) - days_before_month(start)).abs() * 86_400 + self.seconds
    }
}

impl PartialOrd for Duration {
    /// The order of XML Schema: a duration is longer than another one if it is longer from each of four months on. `P1M` is neither longer nor
    /// shorter than `P30D`.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let is_zero = |duration: &Self| duration.months == 0 && duration.seconds == 0 && duration.fraction.is_empty();
        if is_zero(self) && is_zero(other) {
            return Some(Ordering::Equal);
        }
        if self.negative != other.negative {
            return Some(if self.negative { Ordering::Less } else { Ordering::Greater });
        }
        let order = |reference| {
            let whole = self.seconds_from(reference).cmp(&other.seconds_from(reference));
            let order = whole.then_with(|| self.fraction.cmp(&other.fraction));
            if self.negative { order.reverse() } else { order }
        };
        let first = order(REFERENCES[0]);
        REFERENCES[1..].iter().all(|&reference| order(reference) == first).then_some(first)
    }
}

/// A part of a duration: `1.5S`.
struct Part<'t> {
    number: i128,
    /// The digits of the fraction; `None` without a point.
    fraction: Option<&'t [u8]>,
    designator: u8,
}

/// Reads a part of a duration, and returns it with the text behind it.
fn part(text: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let count = digits(text);
    let significant = text[..count].iter().skip_while(|&&digit| digit == b'0');
    if count == 0 || significant.clone().count() > DIGITS {
        return None;
    }
    let number = significant.fold(0, |number, digit| number * 10 + i128::from(digit - b'0'));
    let (fraction, rest) = match &text[count..] {
        [b'.', after @ ..] => {
            let (fraction, rest) = after.split_at(digits(after));
            if fraction.is_empty() {
                return None;
            }
            let last = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
            (Some(&fraction[..last]), rest)
        }
        rest => (None, rest),
    };
    let (&designator, rest) = rest.split_first()?;
    Some((Part { number, fraction, designator }, rest))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use Ordering::{Equal, Greater, Less};
    use proptest::prelude::*;

    use super::*;
    use crate::parse::days;

    fn read(text: &str) -> Duration {
        Duration::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_a_duration_and_what_is_not() {
        for text in [
            "P1Y",
            "P1Y2M3DT4H5M6S",
            "-P1D",
            "PT0S",
            "PT1.50S",
            "P0Y",
            "PT36H",
            "P2W",
            "P1Y3D",
            "PT1M",
            "PT0.12345678901234567890S",
            "P000000000000000000000001D",
        ] {
            assert!(Duration::read(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "1Y",
            "P1",
            "P1S",
            "PT1Y",
            "P1YT",
            "P1M1Y",
            "P1Y1Y",
            "P-1D",
            "+P1D",
            "P1.5D",
            "PT1.S",
            "PT.5S",
            "p1d",
            "P1D ",
            "PT1.5H",
            "P1Y2W",
            "P2W1D",
            "P1DT1W",
            "P1H",
            "PTT1S",
            "P1DT1ST",
            "P1000000000000000000Y",
        ] {
            assert!(Duration::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn durations_are_compared_as_xml_schema_says() {
        for (one, other, expected) in [
            ("P1Y", "P12M", Some(Equal)),
            ("P1D", "PT24H", Some(Equal)),
            ("P1W", "P7D", Some(Equal)),
            ("-PT0S", "P0D", Some(Equal)),
            ("PT0.10S", "PT0.1S", Some(Equal)),
            ("PT1S", "PT1.0000000000000000001S", Some(Less)),
            ("P1M", "P27D", Some(Greater)),
            ("P1M", "P28D", None),
            ("P1M", "P30D", None),
            ("P1M", "P31D", None),
            ("P1M", "P32D", Some(Less)),
            ("P1Y", "P364D", Some(Greater)),
            ("P1Y", "P365D", None),
            ("P1Y", "P367D", Some(Less)),
            ("P5M", "P149D", Some(Greater)),
            ("P5M", "P150D", None),
            ("P5M", "P154D", Some(Less)),
            ("-P1D", "PT0S", Some(Less)),
            ("-P2D", "-P1D", Some(Less)),
            ("-P1M", "-P32D", Some(Greater)),
        ] {
            assert_eq!(read(one).partial_cmp(&read(other)), expected, "{one} {other}");
            assert_eq!(read(other).partial_cmp(&read(one)), expected.map(Ordering::reverse), "{other} {one}");
            assert_eq!(read(one).canonical() == read(other).canonical(), expected == Some(Equal), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn days_before_a_month_are_those_of_the_calendar(year in 0..10_000u32, month in 1..=12u32) {
            let expected = i128::from(days(year, month, 1).unwrap() - days(1970, 1, 1).unwrap());
            let of = |year: u32, month: u32| days_before_month(i128::from(year) * 12 + i128::from(month) - 1);
            prop_assert_eq!(of(year, month) - of(1970, 1), expected);
        }

        #[test]
        fn no_text_makes_it_panic(text in "-?[PT0-9YMDHSW.]{0,24}") {
            let _ = Duration::read(text.as_bytes());
        }
    }
}
