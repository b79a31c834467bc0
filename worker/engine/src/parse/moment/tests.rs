use proptest::prelude::*;

use crate::parse::moment::*;
use crate::parse::{format_date, format_datetime};

/// Returns the date, time and offset that a text is read as.
fn shown(text: &str) -> Result<String, MomentError> {
    let Moment { days, time, offset } = read(text.as_bytes())?;
    let date = days.map(format_date).unwrap_or_default();
    let time = time.map(|time| format_datetime(time)[10..].to_owned()).unwrap_or_default();
    let offset = offset.map(|offset| format!("{:+}", offset / 60_000_000)).unwrap_or_default();
    Ok(format!("{date}{time}{offset}"))
}

#[test]
fn dates_that_have_one_meaning() {
    for (text, expected) in [
        ("1850-01", "1850-01-01"),
        ("01/1850", "1850-01-01"),
        ("1993-Jan", "1993-01-01"),
        ("January 1993", "1993-01-01"),
        ("1880", "1880-01-01"),
        ("01.01.2017", "2017-01-01"),
        ("01.02.2017", "2017-02-01"),
        ("13/02/2017", "2017-02-13"),
        ("02/13/2017", "2017-02-13"),
        ("05/05/2017", "2017-05-05"),
        ("13-2-2017", "2017-02-13"),
        ("2017-2-3", "2017-02-03"),
        ("2017/02/03", "2017-02-03"),
        ("2017.2.3", "2017-02-03"),
        ("Jan 5, 2020", "2020-01-05"),
        ("january 5th 2020", "2020-01-05"),
        ("5 Jan 2020", "2020-01-05"),
        ("5. January 2020", "2020-01-05"),
        ("05-JAN-2020", "2020-01-05"),
        ("05jan2020", "2020-01-05"),
        ("2020 Sept. 5", "2020-09-05"),
        ("Sun, 5 Jan 2020", "2020-01-05"),
        ("20200131", "2020-01-31"),
    ] {
        assert_eq!(shown(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn dates_that_have_two_meanings_or_none() {
    for text in ["01/02/2017", "1-2-2017", "12 11 2017"] {
        assert_eq!(shown(text), Err(MomentError::Ambiguous), "{text}");
    }
    for text in [
        "13/13/2017",
        "31/02/2017",
        "00/01/2017",
        "2017-13",
        "01/02/17",
        "5 Jan",
        "Jan 5, 20",
        "Mon, 5 Jan 2020",
        "202001",
        "2017-02/03",
        "2017--02",
        "2017-02-",
        "/2017",
        "5 foo 2020",
        "1 2 3 4",
        "2020 5",
        " 2020",
        "2020-01-05 x",
        "20201331",
        "-",
        "1880s",
    ] {
        assert_eq!(shown(text), Err(MomentError::Form), "{text}");
    }
}

#[test]
fn times_and_offsets() {
    for (text, expected) in [
        ("10 pm", Ok("T22:00:00")),
        ("10pm", Ok("T22:00:00")),
        ("10:30 pm", Ok("T22:30:00")),
        ("12:05 a.m.", Ok("T00:05:00")),
        ("9:05", Ok("T09:05:00")),
        ("09:05:07.25", Ok("T09:05:07.25")),
        ("13:00 pm", Err(MomentError::Form)),
        ("9:5", Err(MomentError::Form)),
        ("24:00", Err(MomentError::Form)),
        ("10:00:60", Err(MomentError::Form)),
        ("Jan 5, 2020 10:30 PM", Ok("2020-01-05T22:30:00")),
        ("2017-2-3T4:05", Ok("2017-02-03T04:05:00")),
        ("Sun, 05 Jan 2020 10:00:00 GMT", Ok("2020-01-05T10:00:00+0")),
        ("Sun, 05 Jan 2020 10:00:00 +0130", Ok("2020-01-05T10:00:00+90")),
        ("5 Jan 2020 10:00Z", Ok("2020-01-05T10:00:00+0")),
        ("Sun Jan  5 10:00:00 2020", Ok("2020-01-05T10:00:00")),
        ("10:00 11:00", Err(MomentError::Form)),
        ("UTC", Err(MomentError::Form)),
    ] {
        assert_eq!(shown(text), expected.map(str::to_owned), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-+0-9:.,TZ /amp]{0,30}|(Jan|Mon|5|2020|[ ,./-]){0,6}") {
        let _ = read(text.as_bytes());
    }

    #[test]
    fn a_date_is_never_read_as_another(day in 1..29u32, month in 1..13u32, year in 1000..9999u32) {
        let expected = days(year, month, day);
        for text in [format!("{day:02}/{month:02}/{year}"), format!("{month:02}/{day:02}/{year}")] {
            match read(text.as_bytes()) {
                Ok(moment) => prop_assert_eq!(moment.days, expected),
                Err(unread) => prop_assert!(unread == MomentError::Ambiguous && day <= 12 && day != month),
            }
        }
        prop_assert_eq!(read(format!("{day}.{month}.{year}").as_bytes()).map(|it| it.days), Ok(expected));
    }
}
