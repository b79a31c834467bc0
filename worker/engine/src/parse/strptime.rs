//! Patterns for dates and times, as C and Python's `strptime` read them, without locale and time zone names.

use crate::parse::PatternItem;

/// The type of field that a pattern is for.
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

    /// Returns a pattern to show as an example.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Date => "%d.%m.%Y",
            Self::Datetime => "%d.%m.%Y %H:%M:%S",
            Self::Time => "%H:%M",
        }
    }
}

/// The part of a date or time that an item describes. A pattern may have each part only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    /// A month by its name, which may stand beside its number.
    MonthName,
    Day,
    DayOfYear,
    Weekday,
    /// A weekday by its name, which may stand beside its number.
    WeekdayName,
    Hour,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Offset,
    Week,
    IsoWeek,
    IsoYear,
}

/// Parses a pattern.
///
/// # Errors
///
/// One line that says what is wrong: an unknown directive, a part that appears twice, or parts that do not make a value.
pub(crate) fn parse(pattern: &str, purpose: Purpose) -> Result<Vec<PatternItem>, String> {
    let mut items = Vec::new();
    // The directive of each part so far, for messages.
    let mut said: Vec<Directive> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            let mut bytes = [0; 4];
            items.extend(character.encode_utf8(&mut bytes).bytes().map(PatternItem::Literal));
            continue;
        }
        let Some(letter) = characters.next() else {
            return Err("a % at the end has no meaning".to_owned());
        };
        let letters = match letter {
            'T' | 'X' => "H:M:S",
            'D' | 'x' => "m/d/y",
            'F' => "Y-m-d",
            'R' => "H:M",
            'r' => "I:M:S p",
            'c' => "a b d H:M:S Y",
            'n' | 't' => " ",
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

/// A directive of a pattern.
struct Directive {
    /// The part of a date or time that it stands for.
    part: Part,
    /// The directive as it is written: `%d`.
    written: String,
}

/// Adds the item of the directive `letter`; `written` is the letter in the pattern, which may stand for several directives.
fn add(letter: char, written: char, items: &mut Vec<PatternItem>, said: &mut Vec<Directive>) -> Result<(), String> {
    let (item, part) = match letter {
        'Y' => (PatternItem::Year4, Part::Year),
        'y' => (PatternItem::Year2, Part::Year),
        'm' => (PatternItem::Month, Part::Month),
        'B' => (PatternItem::MonthName, Part::MonthName),
        'b' | 'h' => (PatternItem::MonthAbbreviation, Part::MonthName),
        'd' | 'e' => (PatternItem::Day, Part::Day),
        'j' => (PatternItem::DayOfYear, Part::DayOfYear),
        'A' => (PatternItem::WeekdayName, Part::WeekdayName),
        'a' => (PatternItem::WeekdayAbbreviation, Part::WeekdayName),
        'w' => (PatternItem::WeekdayFromSunday, Part::Weekday),
        'u' => (PatternItem::IsoWeekday, Part::Weekday),
        'U' => (PatternItem::WeekFromSunday, Part::Week),
        'W' => (PatternItem::WeekFromMonday, Part::Week),
        'V' => (PatternItem::IsoWeek, Part::IsoWeek),
        'G' => (PatternItem::IsoYear, Part::IsoYear),
        'H' | 'k' => (PatternItem::Hour24, Part::Hour),
        'I' | 'l' => (PatternItem::Hour12, Part::Hour),
        'p' => (PatternItem::AmPm, Part::HalfDay),
        'M' => (PatternItem::Minute, Part::Minute),
        'S' => (PatternItem::Second, Part::Second),
        'f' => (PatternItem::Fraction, Part::Fraction),
        'z' => (PatternItem::Offset, Part::Offset),
        'Z' => (PatternItem::Zone, Part::Offset),
        _ => {
            let written: String = written.escape_debug().collect();
            return Err(format!("the directive %{written} is not supported"));
        }
    };
    let written = format!("%{written}");
    if let Some(Directive { written: earlier, .. }) = said.iter().find(|other| other.part == part) {
        return Err(if *earlier == written {
            format!("{written} appears twice")
        } else {
            format!("{earlier} and {written} say the same thing")
        });
    }
    said.push(Directive { part, written });
    items.push(item);
    Ok(())
}

/// Checks that the parts make a value. Parts that a pattern lacks are taken from 1900-01-01 00:00:00, as in Python. Parts that the type of the
/// field does not have are read and left out, as in Python.
fn complete(said: &[Directive], purpose: Purpose) -> Result<(), String> {
    let get = |part| said.iter().find(|other| other.part == part).map(|directive| directive.written.as_str());
    let has_any = |parts: &[Part]| parts.iter().any(|&part| get(part).is_some());
    let get_month = || get(Part::Month).or(get(Part::MonthName));
    let of_dates = has_any(&[Part::Year, Part::Month, Part::MonthName, Part::Day, Part::DayOfYear, Part::IsoYear]);
    let of_times = has_any(&[Part::Hour, Part::Minute, Part::Second, Part::Fraction]);
    match purpose {
        Purpose::Date if !of_dates => return Err("it says nothing about a date".to_owned()),
        Purpose::Datetime if !of_dates && !of_times => return Err("it says nothing about a datetime".to_owned()),
        Purpose::Time if !of_times => return Err("it says nothing about a time".to_owned()),
        Purpose::Date | Purpose::Time | Purpose::Datetime => {}
    }
    // A date is the same in any time zone in which it was written; a time of day is not.
    if let Some(written) = get(Part::Offset).filter(|_| purpose == Purpose::Time) {
        return Err(format!("{written} does not belong in a {}", purpose.name()));
    }
    if let (Some(day_of_year), Some(written)) = (get(Part::DayOfYear), get_month().or(get(Part::Day))) {
        return Err(format!("{day_of_year} and {written} say the same thing"));
    }
    let weekday = get(Part::Weekday).or(get(Part::WeekdayName));
    let others = [Part::Year, Part::Month, Part::MonthName, Part::Day, Part::DayOfYear];
    match (get(Part::IsoYear), get(Part::IsoWeek), weekday) {
        (None, None, _) => Ok(()),
        (Some(_), Some(_), Some(_)) if !has_any(&others) => Ok(()),
        _ => Err("%G, %V and a weekday stand together, without another part of a date".to_owned()),
    }
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
            ("%x %X", "%m/%d/%y %H:%M:%S", Purpose::Datetime),
            ("%c", "%a %b %d %H:%M:%S %Y", Purpose::Datetime),
            ("%k:%M", "%H:%M", Purpose::Time),
        ] {
            assert_eq!(parse(short, purpose).unwrap(), parse(long, purpose).unwrap(), "{short}");
        }
    }

    #[test]
    fn a_pattern_says_nothing_twice() {
        use Purpose::*;
        for (pattern, purpose, expected) in [
            ("%Y-%j-%d", Date, "%j and %d say the same thing"),
            ("%Y %m %d %y", Date, "%Y and %y say the same thing"),
            ("%d %Y %m %d", Date, "%d appears twice"),
            ("%d %Y %m %e", Date, "%d and %e say the same thing"),
            ("%H:%M", Date, "it says nothing about a date"),
            ("%B %Y %b", Date, "%B and %b say the same thing"),
            ("%a %Y-%m-%d %A", Date, "%a and %A say the same thing"),
            ("%A", Datetime, "it says nothing about a datetime"),
            ("%Y", Time, "it says nothing about a time"),
            ("%T%z", Time, "%z does not belong in a time"),
            ("%T %Z", Time, "%Z does not belong in a time"),
            ("%T %H", Time, "%T and %H say the same thing"),
            ("%G-%V", Date, "%G, %V and a weekday stand together, without another part of a date"),
            ("%Y-%V-%u", Date, "%G, %V and a weekday stand together, without another part of a date"),
            ("%F %c", Datetime, "%F and %c say the same thing"),
            ("%F %s", Datetime, "the directive %s is not supported"),
            ("%-d", Date, "the directive %- is not supported"),
            ("%F %\n", Date, "the directive %\\n is not supported"),
            ("%F%", Date, "a % at the end has no meaning"),
        ] {
            assert_eq!(parse(pattern, purpose), Err(expected.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_may_say_less_or_more_than_its_type() {
        use Purpose::*;
        for (pattern, purpose) in [
            ("%Y", Date),
            ("%Y-%m", Date),
            ("%m/%Y", Date),
            ("%d.%m.", Date),
            ("%Y-%m-%d %H:%M:%S", Date),
            ("%Y-%m-%d", Datetime),
            ("%H:%M", Datetime),
            ("%F %I:%M", Datetime),
            ("%F %H:%M %p", Datetime),
            ("%H %S", Time),
            ("%H:%M.%f", Time),
            ("%F %T", Time),
            ("%Y week %U, %A", Date),
            ("%G-W%V-%u", Date),
            ("%F %T %Z", Datetime),
            ("%FT%T%z", Date),
            ("%B (%m), %a %d %Y", Date),
            ("%A (%u) %F", Date),
        ] {
            assert!(parse(pattern, purpose).is_ok(), "{pattern}");
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
