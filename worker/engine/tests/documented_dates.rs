//! Every form that `docs/types.md` shows for `format: any` is read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use sluice_engine::descriptor::TemporalFormat;
use sluice_engine::parse;

/// Returns the texts between backticks in the row of the table that begins with `row`.
fn texts(page: &str, row: &str) -> Vec<String> {
    let line =
        page.lines().find(|line| line.starts_with(&format!("| {row} |"))).unwrap_or_else(|| panic!("no row {row}"));
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_form_of_the_table_is_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut shown = 0;
    let mut dates = Vec::new();
    for row in ["whole dates", "day first, as points say", "day and month cannot be swapped", "months, years"] {
        dates.extend(texts(&page, row));
    }
    for text in &dates {
        assert!(parse::date(text.as_bytes(), &TemporalFormat::Any).is_some(), "{text}");
        let midnight = parse::datetime(text.as_bytes(), &TemporalFormat::Any);
        assert!(midnight.is_some_and(|at| at % 86_400_000_000 == 0), "{text}: {midnight:?}");
        shown += 1;
    }
    let times = texts(&page, "times");
    for time in &times {
        assert!(parse::time(time.as_bytes(), &TemporalFormat::Any).is_some(), "{time}");
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        for date in dates.iter().filter(|date| !is_digits(time) || is_digits(date) && date.len() == 8) {
            let between = if date.ends_with(|c: char| c.is_ascii_digit()) { "T" } else { " " };
            let at = format!("{date}{between}{time}");
            assert!(parse::datetime(format!("{date} {time}").as_bytes(), &TemporalFormat::Any).is_some(), "{at}");
            assert!(parse::datetime(at.as_bytes(), &TemporalFormat::Any).is_some(), "{at}");
        }
        shown += 1;
    }
    // The texts that may follow a time; the first five texts of the row are about the date in front of it.
    for zone in &texts(&page, "datetimes")[5..] {
        let at = format!("2017-02-03T09:05:07{zone}");
        assert!(parse::datetime(at.as_bytes(), &TemporalFormat::Any).is_some(), "{at}");
        shown += 1;
    }
    assert!(shown >= 25, "{shown} forms");
    assert_eq!(parse::date(b"01/02/2017", &TemporalFormat::Any), None);
}
