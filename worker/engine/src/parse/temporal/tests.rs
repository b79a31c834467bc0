use proptest::prelude::*;

use crate::parse::temporal::*;
use crate::parse::{format_date, format_datetime, format_time, format_year_month};

const DEFAULT: TemporalFormat = TemporalFormat::Default;
const ANY: TemporalFormat = TemporalFormat::Any;

#[test]
fn what_is_a_date_and_what_is_not() {
    for (cell, expected) in [
        ("1970-01-01", Some(0)),
        ("0000-01-01", Some(-719_528)),
        ("9999-12-31", Some(2_932_896)),
        ("2020-02-29", Some(18_321)),
        ("2021-02-29", None),
        ("1900-02-29", None),
        ("2000-02-29", Some(11_016)),
        ("2020-13-01", None),
        ("2020-00-01", None),
        ("2020-01-00", None),
        ("2020-1-1", None),
        ("20200101", None),
        ("2020/01/01", None),
        ("2020-01-01Z", None),
        ("2020-01-0:", None),
        ("2020-0/-01", None),
        ("", None),
        ("-020-01-01", None),
    ] {
        assert_eq!(date(cell.as_bytes(), &DEFAULT), expected, "{cell}");
    }
    for (cell, expected) in [
        ("19700102", Some(1)),
        ("1970/01/02", Some(1)),
        ("1970-01-02", Some(1)),
        ("1970-01-02 00:00:00", Some(1)),
        ("1970-01-02 00:00:01", None),
        ("1970-01/02", None),
        ("02.01.1970", Some(1)),
        ("1970", Some(0)),
        ("700102", None),
    ] {
        assert_eq!(date(cell.as_bytes(), &ANY), expected, "{cell}");
    }
}

#[test]
fn what_is_a_time_and_what_is_not() {
    for (cell, expected) in [
        ("00:00:00", Some(0)),
        ("23:59:59", Some(86_399_000_000)),
        ("00:00:01.5", Some(1_500_000)),
        ("00:00:00.123456789", Some(123_456)),
        ("00:00:00.999999999", Some(999_999)),
        ("00:00:00.1234567890", None),
        ("00:00:00.", None),
        ("24:00:00", None),
        ("23:59:60", None),
        ("23:60:00", None),
        ("12:30", None),
        ("123000", None),
        ("1:00:00", None),
        ("00:00:00Z", None),
    ] {
        assert_eq!(time(cell.as_bytes(), &DEFAULT), expected, "{cell}");
    }
    for (cell, expected) in [
        ("00:01", Some(60_000_000)),
        ("0001", Some(60_000_000)),
        ("000001.5", Some(1_500_000)),
        ("00:00:01", Some(1_000_000)),
        ("1:05 pm", Some(47_100_000_000)),
        ("00:0001", None),
        ("0000:01", None),
        ("00:0x", None),
        ("00", None),
    ] {
        assert_eq!(time(cell.as_bytes(), &ANY), expected, "{cell}");
    }
}

#[test]
fn what_is_a_datetime_and_what_is_not() {
    for (cell, expected) in [
        ("1970-01-01T00:00:00", Some(0)),
        ("1970-01-01T00:00:00Z", Some(0)),
        ("1970-01-01T01:00:00+01:00", Some(0)),
        ("1969-12-31T18:30:00-05:30", Some(0)),
        ("1970-01-01T00:00:00.25Z", Some(250_000)),
        ("1969-12-31T23:59:59.999999", Some(-1)),
        ("1970-01-01T00:00:00+14:00", Some(-50_400_000_000)),
        ("1970-01-01T00:00:00+14:01", None),
        ("1970-01-01T00:00:00+01:60", None),
        ("1970-01-01T00:00:00+0100", None),
        ("1970-01-01T00:00:00 01:00", None),
        ("1970-01-01 00:00:00", None),
        ("1970-01-01T00:00", None),
        ("1970-01-01", None),
        ("1970-01-01T24:00:00", None),
        ("2016-12-31T23:59:60", None),
        ("1970-01-01T00:00:00ZZ", None),
    ] {
        assert_eq!(datetime(cell.as_bytes(), &DEFAULT), expected, "{cell}");
    }
    for (cell, expected) in [
        ("1970-01-01 00:01", Some(60_000_000)),
        ("19700101T000001Z", Some(1_000_000)),
        ("1970/01/01 00:00:00.5+0100", Some(500_000 - 3_600_000_000)),
        ("1970-01-01t00:00:00-01", Some(3_600_000_000)),
        ("1970-01-02", Some(86_400_000_000)),
        ("Jan 2, 1970 12:00 am +0100", Some(82_800_000_000)),
        ("1970-01-01T", None),
        ("1970-01-01  00:00", Some(0)),
    ] {
        assert_eq!(datetime(cell.as_bytes(), &ANY), expected, "{cell}");
    }
}

#[test]
fn what_is_a_year_or_a_month_and_what_is_not() {
    for (cell, expected) in [
        ("2024", Some(2024)),
        ("0000", Some(0)),
        ("-0044", Some(-44)),
        ("12024", Some(12_024)),
        ("02024", None),
        ("999", None),
        ("+2024", None),
        ("2024Z", None),
        ("9999999999999999999", None),
        ("", None),
    ] {
        assert_eq!(year(cell.as_bytes()), expected, "{cell}");
    }
    for (cell, expected) in [
        ("2024-07", Some(2024 * 12 + 6)),
        ("0000-01", Some(0)),
        ("-0001-12", Some(-1)),
        ("2024-13", None),
        ("2024-00", None),
        ("2024-7", None),
        ("202407", None),
        ("999999999-01", None),
        ("-01", None),
    ] {
        assert_eq!(year_month(cell.as_bytes()), expected, "{cell}");
    }
}

proptest! {
    #[test]
    fn values_survive_their_text(days in -719_528..=2_932_896i32, time_of_day in 0..DAY) {
        let instant = i64::from(days) * DAY + time_of_day;
        let month = days.rem_euclid(120_000);
        for format in [&DEFAULT, &ANY] {
            prop_assert_eq!(date(format_date(days).as_bytes(), format), Some(days));
            prop_assert_eq!(time(format_time(time_of_day).as_bytes(), format), Some(time_of_day));
            prop_assert_eq!(datetime(format_datetime(instant).as_bytes(), format), Some(instant));
        }
        prop_assert_eq!(year_month(format_year_month(month).as_bytes()), Some(month));
    }

    #[test]
    fn eight_digits_are_told_from_all_else(text: [u8; 8], digits in "[0-9]{8}", place in 0..8usize, byte: u8) {
        let mut almost: [u8; 8] = digits.as_bytes().try_into().unwrap_or_default();
        almost[place] = byte;
        for text in [text, almost] {
            let expected = text.iter().all(u8::is_ascii_digit).then(|| {
                [0, 2, 4, 6].map(|at| u32::from(text[at] - b'0') * 10 + u32::from(text[at + 1] - b'0'))
            });
            prop_assert_eq!(eight(text), expected);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+0-9:.TZ /]{0,30}") {
        for format in [&DEFAULT, &ANY] {
            date(text.as_bytes(), format);
            time(text.as_bytes(), format);
            datetime(text.as_bytes(), format);
        }
        year(text.as_bytes());
        year_month(text.as_bytes());
    }
}
