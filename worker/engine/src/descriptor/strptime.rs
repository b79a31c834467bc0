//! Patterns for dates and times, as C and Python's `strptime` read them, without locale and time zone names.

use crate::types::PatternItem;

/// What a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Date,
    Datetime,
    Time,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Time => "time",
        }
    }

    /// A pattern to show as an example.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Date => "%d.%m.%Y",
            Self::Datetime => "%d.%m.%Y %H:%M:%S",
            Self::Time => "%H:%M",
        }
    }
}

/// What an item says something about. A pattern may say each only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    Hour,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Offset,
}

/// Parses a pattern.
///
/// # Errors
///
/// One line saying what is wrong: an unknown directive, a part said twice, or parts that do not make a value.
pub(crate) fn parse(pattern: &str, purpose: Purpose) -> Result<Vec<PatternItem>, String> {
    let mut items = Vec::new();
    // The directive that said a part, for messages.
    let mut said: Vec<(Part, String)> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            let mut bytes = [0; 4];
            items.extend(character.encode_utf8(&mut bytes).bytes().map(PatternItem::Literal));
            continue;
        }
        let Some(letter) = characters.next() else {
            return Err("a % at the end stands for nothing".to_owned());
        };
        let letters = match letter {
            'T' => "H:M:S",
            'D' => "m/d/y",
            'F' => "Y-m-d",
            'R' => "H:M",
            '%' => {
                items.push(PatternItem::Literal(b'%'));
                continue;
            }
            _ => "",
        };
        if letters.is_empty() {
            add(letter, letter, &mut items, &mut said)?;
            continue;
        }
        for part in letters.chars() {
            if part.is_ascii_alphabetic() {
                add(part, letter, &mut items, &mut said)?;
            } else {
                items.push(PatternItem::Literal(part as u8));
            }
        }
    }
    complete(&said, purpose)?;
    Ok(items)
}

/// Adds what the directive `letter` stands for; `written` is how the owner wrote it.
fn add(
    letter: char,
    written: char,
    items: &mut Vec<PatternItem>,
    said: &mut Vec<(Part, String)>,
) -> Result<(), String> {
    let (item, part) = match letter {
        'Y' => (PatternItem::Year4, Part::Year),
        'y' => (PatternItem::Year2, Part::Year),
        'm' => (PatternItem::Month, Part::Month),
        'B' => (PatternItem::MonthName, Part::Month),
        'b' => (PatternItem::MonthAbbreviation, Part::Month),
        'd' | 'e' => (PatternItem::Day, Part::Day),
        'j' => (PatternItem::DayOfYear, Part::DayOfYear),
        'A' => (PatternItem::WeekdayName, Part::Weekday),
        'a' => (PatternItem::WeekdayAbbreviation, Part::Weekday),
        'H' => (PatternItem::Hour24, Part::Hour),
        'I' => (PatternItem::Hour12, Part::Hour),
        'p' => (PatternItem::AmPm, Part::HalfDay),
        'M' => (PatternItem::Minute, Part::Minute),
        'S' => (PatternItem::Second, Part::Second),
        'f' => (PatternItem::Fraction, Part::Fraction),
        'z' => (PatternItem::Offset, Part::Offset),
        _ => {
            let written: String = written.escape_debug().collect();
            return Err(format!("the directive %{written} is not supported"));
        }
    };
    let written = format!("%{written}");
    if let Some((_, earlier)) = said.iter().find(|(other, _)| *other == part) {
        return Err(if *earlier == written {
            format!("{written} stands twice")
        } else {
            format!("{earlier} and {written} say the same thing")
        });
    }
    said.push((part, written));
    items.push(item);
    Ok(())
}

/// Whether the parts make one value, and nothing is left over.
fn complete(said: &[(Part, String)], purpose: Purpose) -> Result<(), String> {
    let get = |part| said.iter().find(|(other, _)| *other == part).map(|(_, written)| written.as_str());
    let has = |part| get(part).is_some();
    let refused: &[Part] = match purpose {
        Purpose::Date => &[Part::Hour, Part::HalfDay, Part::Minute, Part::Second, Part::Fraction, Part::Offset],
        Purpose::Datetime => &[],
        Purpose::Time => &[Part::Year, Part::Month, Part::Day, Part::DayOfYear, Part::Weekday, Part::Offset],
    };
    if let Some(written) = refused.iter().find_map(|&part| get(part)) {
        return Err(format!("{written} has no place in a {}", purpose.name()));
    }
    if purpose != Purpose::Time {
        if !has(Part::Year) {
            return Err("it has no year (%Y)".to_owned());
        }
        if let Some(day_of_year) = get(Part::DayOfYear) {
            if let Some(written) = get(Part::Month).or(get(Part::Day)) {
                return Err(format!("{day_of_year} and {written} say the same thing"));
            }
        } else if !has(Part::Month) {
            return Err("it has no month (%m)".to_owned());
        } else if !has(Part::Day) {
            return Err("it has no day (%d)".to_owned());
        }
    }
    if purpose != Purpose::Date {
        match (get(Part::Hour), has(Part::HalfDay)) {
            (None, _) => return Err("it has no hour (%H)".to_owned()),
            (Some("%I"), false) => return Err("%I needs %p".to_owned()),
            (Some(hour), true) if hour != "%I" => return Err(format!("%p contradicts {hour}")),
            _ => {}
        }
        if has(Part::Second) && !has(Part::Minute) {
            return Err("it has seconds and no minute (%M)".to_owned());
        }
        if has(Part::Fraction) && !has(Part::Second) {
            return Err("it has a fraction (%f) and no seconds (%S)".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directives_become_items_and_the_rest_literals() {
        use PatternItem::*;
        let items = parse("%d. %B %Y, 100%% é", Purpose::Date).unwrap();
        let literal = |text: &str| text.bytes().map(Literal).collect::<Vec<_>>();
        let expected = [vec![Day], literal(". "), vec![MonthName], literal(" "), vec![Year4], literal(", 100% é")];
        assert_eq!(items, expected.concat());
    }

    #[test]
    fn short_forms_are_what_they_stand_for() {
        for (short, long, purpose) in [
            ("%FT%T", "%Y-%m-%dT%H:%M:%S", Purpose::Datetime),
            ("%D %R", "%m/%d/%y %H:%M", Purpose::Datetime),
            ("%e.%m.%Y", "%d.%m.%Y", Purpose::Date),
        ] {
            assert_eq!(parse(short, purpose).unwrap(), parse(long, purpose).unwrap(), "{short}");
        }
    }

    #[test]
    fn a_pattern_says_everything_and_nothing_twice() {
        use Purpose::*;
        for (pattern, purpose, expected) in [
            ("%m/%d", Date, "it has no year (%Y)"),
            ("%Y-%d", Date, "it has no month (%m)"),
            ("%Y-%m", Date, "it has no day (%d)"),
            ("%Y-%j-%d", Date, "%j and %d say the same thing"),
            ("%Y %m %d %y", Date, "%Y and %y say the same thing"),
            ("%d %Y %m %d", Date, "%d stands twice"),
            ("%d %Y %m %e", Date, "%d and %e say the same thing"),
            ("%F %H", Date, "%H has no place in a date"),
            ("%F", Datetime, "it has no hour (%H)"),
            ("%F %I:%M", Datetime, "%I needs %p"),
            ("%F %H:%M %p", Datetime, "%p contradicts %H"),
            ("%F %T %p", Datetime, "%p contradicts %T"),
            ("%H %S", Time, "it has seconds and no minute (%M)"),
            ("%H:%M.%f", Time, "it has a fraction (%f) and no seconds (%S)"),
            ("%T%z", Time, "%z has no place in a time"),
            ("%Y %T", Time, "%Y has no place in a time"),
            ("%T %H", Time, "%T and %H say the same thing"),
            ("%F %c", Datetime, "the directive %c is not supported"),
            ("%-d", Date, "the directive %- is not supported"),
            ("%F %\n", Date, "the directive %\\n is not supported"),
            ("%F%", Date, "a % at the end stands for nothing"),
        ] {
            assert_eq!(parse(pattern, purpose), Err(expected.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn the_examples_are_good() {
        for purpose in [Purpose::Date, Purpose::Datetime, Purpose::Time] {
            assert!(parse(purpose.example(), purpose).is_ok());
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "(%?.){0,12}") {
            for purpose in [Purpose::Date, Purpose::Datetime, Purpose::Time] {
                let _ = parse(&pattern, purpose);
            }
        }
    }
}
