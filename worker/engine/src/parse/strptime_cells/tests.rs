use PatternItem::*;
use proptest::prelude::*;

use crate::parse::strptime_cells::*;
use crate::parse::{format_date, format_datetime};

const ISO: [PatternItem; 5] = [Year4, Literal(b'-'), Month, Literal(b'-'), Day];
const COMPACT: [PatternItem; 3] = [Year4, Month, Day];
const GERMAN: [PatternItem; 5] = [Day, Literal(b'.'), Month, Literal(b'.'), Year4];
const AMERICAN: [PatternItem; 5] = [Month, Literal(b'/'), Day, Literal(b'/'), Year4];

#[test]
fn dates_are_read_by_their_pattern() {
    for (cell, items, expected) in [
        ("1970-01-02", &ISO[..], Some(1)),
        ("1970-1-2", &ISO, Some(1)),
        ("1970-01-02 ", &ISO, None),
        ("970-01-02", &ISO, None),
        ("19700102", &COMPACT, Some(1)),
        ("1970012", &COMPACT, Some(1)),
        // The month takes fewer digits when that leaves a day.
        ("1970131", &COMPACT, Some(30)),
        ("1970-01- 2", &ISO, Some(1)),
        ("19700230", &COMPACT, None),
        ("02.01.1970", &GERMAN, Some(1)),
        ("2.1.1970", &GERMAN, Some(1)),
        ("02/01/1970", &GERMAN, None),
        ("01/02/1970", &AMERICAN, Some(1)),
        ("13/02/1970", &AMERICAN, None),
        ("02Jan70", &[Day, MonthAbbreviation, Year2], Some(1)),
        ("2 JANUARY 70", &[Day, Literal(b' '), MonthName, Literal(b' '), Year2], Some(1)),
        ("1 May 68", &[Day, Literal(b' '), MonthName, Literal(b' '), Year2], Some(35_915)),
        ("1970/2", &[Year4, Literal(b'/'), DayOfYear], Some(1)),
        ("1970/366", &[Year4, Literal(b'/'), DayOfYear], None),
        ("1972/366", &[Year4, Literal(b'/'), DayOfYear], Some(1095)),
        ("Fri 19700102", &[WeekdayAbbreviation, Literal(b' '), Year4, Month, Day], Some(1)),
        ("Thu 19700102", &[WeekdayAbbreviation, Literal(b' '), Year4, Month, Day], None),
        ("friday19700102", &[WeekdayName, Year4, Month, Day], Some(1)),
        ("1970", &[Year4], Some(0)),
        ("2/1970", &[Month, Literal(b'/'), Year4], Some(31)),
        ("31.12.", &[Day, Literal(b'.'), Month, Literal(b'.')], Some(-25_203)),
        ("29.02.", &[Day, Literal(b'.'), Month, Literal(b'.')], None),
        ("1970 0 5", &[Year4, Literal(b' '), WeekFromMonday, Literal(b' '), IsoWeekday], Some(1)),
        ("1970 00 4", &[Year4, Literal(b' '), WeekFromSunday, Literal(b' '), WeekdayFromSunday], Some(0)),
        ("1970-W01-5", &[IsoYear, Literal(b'-'), Literal(b'W'), IsoWeek, Literal(b'-'), IsoWeekday], Some(1)),
    ] {
        assert_eq!(date(cell.as_bytes(), items), expected, "{cell}");
    }
}

#[test]
fn times_are_read_by_their_pattern() {
    let clock = [Hour24, Literal(b':'), Minute];
    let dial = [Hour12, Literal(b':'), Minute, AmPm];
    let precise = [Hour24, Minute, Second, Literal(b'.'), Fraction];
    let minutes = |count: i64| Some(count * 60_000_000);
    for (cell, items, expected) in [
        ("09:30", &clock[..], minutes(570)),
        ("9:5", &clock, minutes(545)),
        ("24:00", &clock, None),
        ("12:00am", &dial, Some(0)),
        ("12:30PM", &dial, minutes(750)),
        ("11:59pm", &dial, minutes(1439)),
        ("0:30AM", &dial, None),
        ("13:00PM", &dial, None),
        ("1:00", &dial, None),
        ("12:30", &dial[..3], minutes(30)),
        ("000001.5", &precise, Some(1_500_000)),
        ("000060.5", &precise, None),
        ("000001.1234567", &precise, Some(1_123_456)),
        ("000001.1234567890", &precise, None),
    ] {
        assert_eq!(time(cell.as_bytes(), items), expected, "{cell}");
    }
}

#[test]
fn offsets_lead_to_utc() {
    let items = [&COMPACT[..], &[Hour24, Minute, Offset]].concat();
    assert_eq!(
        datetime(b"1970010100:00utc", &[&COMPACT[..], &[Hour24, Literal(b':'), Minute, Zone]].concat()),
        Some(0)
    );
    for (cell, expected) in [
        ("197001010100+0100", Some(0)),
        ("197001010100+01:00", Some(0)),
        ("197001010000Z", Some(0)),
        ("197001010100+01", None),
        ("197001010100", None),
        ("197001010100+010", None),
    ] {
        assert_eq!(datetime(cell.as_bytes(), &items), expected, "{cell}");
    }
}

proptest! {
    #[test]
    fn the_short_way_is_the_long_way(days in -719_528..=2_932_896i32, place in 0..12usize, byte: u8) {
        let iso = format_date(days);
        let (year, month, day) = (&iso[..4], &iso[5..7], &iso[8..]);
        for (text, items) in [
            (iso.clone(), &ISO[..]),
            (format!("{year}{month}{day}"), &COMPACT),
            (format!("{day}.{month}.{year}"), &GERMAN),
            (format!("{month}/{day}/{year}"), &AMERICAN),
        ] {
            prop_assert_eq!(date(text.as_bytes(), items), Some(days));
            let mut damaged = text.into_bytes();
            if let Some(at) = damaged.get_mut(place) {
                *at = byte;
            }
            let long_way = Fields::read(&damaged, items).and_then(|fields| fields.days());
            prop_assert_eq!(date(&damaged, items), long_way);
        }
    }

    #[test]
    fn the_short_way_through_times_is_the_long_way(days in -719_528..=2_932_896i32, second in 0..86_400i64, place in 0..20usize, byte: u8) {
        let text = format_datetime(i64::from(days) * DAY + second * 1_000_000);
        let (date, clock) = text.split_at(11);
        let colons = [Hour24, Literal(b':'), Minute, Literal(b':'), Second];
        let compact = [Hour24, Minute, Second];
        let digits = clock.replace(':', "");
        for (text, items) in
            [(clock, &colons[..]), (&clock[..5], &colons[..3]), (&digits, &compact), (&digits[..4], &compact[..2])]
        {
            let mut damaged = text.as_bytes().to_vec();
            if let Some(at) = damaged.get_mut(place) {
                *at = byte;
            }
            let long_way = |text: &[u8]| Fields::read(text, items).and_then(|fields| fields.time_of_day());
            prop_assert_eq!(time(text.as_bytes(), items), long_way(text.as_bytes()));
            prop_assert_eq!(time(&damaged, items), long_way(&damaged));

            let items = [&ISO[..], &[Literal(b'T')], items].concat();
            let mut text = format!("{date}{text}").into_bytes();
            let long_way = |text: &[u8]| {
                let fields = Fields::read(text, &items)?;
                Some(i64::from(fields.days()?) * DAY + fields.time_of_day()?)
            };
            prop_assert!(long_way(&text).is_some());
            prop_assert_eq!(datetime(&text, &items), long_way(&text));
            if let Some(at) = text.get_mut(place) {
                *at = byte;
            }
            prop_assert_eq!(datetime(&text, &items), long_way(&text));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+0-9:.TZaAmMpPJ /]{0,24}") {
        let all = [
            Year4, Year2, Month, MonthName, MonthAbbreviation, Day, DayOfYear, WeekdayName, WeekdayAbbreviation, Hour24,
            Hour12, AmPm, Minute, Second, Fraction, Offset, Zone, WeekFromSunday, WeekFromMonday, WeekdayFromSunday, IsoWeekday,
            IsoWeek, IsoYear,
        ];
        for item in all {
            Fields::read(text.as_bytes(), std::slice::from_ref(&item));
            Fields::read(text.as_bytes(), &[item, Offset]);
        }
    }
}
