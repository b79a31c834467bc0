//! Numbers and sizes, formatted for people.

pub(crate) use sluice_engine::report::grouped;

/// Formats a number of bytes with a decimal unit.
pub(crate) fn size(bytes: u64) -> String {
    let (value, unit) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (bytes as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
        _ => (bytes as f64 / 1e9, "GB"),
    };
    format!("{value:.1} {unit}")
}

/// Formats a number with its noun: `1 file`, `2 files`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Says how many files are left out behind the worst ones.
pub(crate) fn no_worse(files: u64) -> String {
    format!("and {} that {} no worse", counted(files, "file"), if files == 1 { "is" } else { "are" })
}

/// Formats a part of a whole as a percentage. Only exact values are `0 %` and `100 %`; other shares below 0.1 % are `< 0.1 %`, and
/// above 99.9 % `> 99.9 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    match part as f64 / whole as f64 * 100.0 {
        share if share < 0.1 => "< 0.1 %".to_owned(),
        share if share > 99.9 => "> 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// Formats a number with six significant digits: `1234567.8` as `1,234,568`, `0.000012345678` as `1.23457e-5`.
pub(crate) fn short(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let size = number.abs();
    if !(1e-4..1e15).contains(&size) {
        let text = format!("{number:.5e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", without_zeros(digits));
    }
    let whole_digits = (size.trunc() as u64).to_string().len();
    let text = format!("{size:.*}", 6usize.saturating_sub(if size < 1.0 { 0 } else { whole_digits }));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if number < 0.0 { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole.parse().unwrap_or(u64::MAX)))
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// Formats a number of seconds: `4 ms`, `1.50 s`, `12.3 s`, `2 min 5 s`, `2 h 1 min`.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        ..0.1 => format!("{:.0} ms", seconds * 1000.0),
        ..10.0 => format!("{seconds:.2} s"),
        ..60.0 => format!("{seconds:.1} s"),
        _ => {
            let whole = seconds as u64;
            match whole {
                0..3600 => format!("{} min {} s", whole / 60, whole % 60),
                _ => format!("{} h {} min", grouped(whole / 3600), whole / 60 % 60),
            }
        }
    }
}

/// Formats the time since a moment, in seconds: `just now`, `5 min ago`, `3 h ago`, `2 days ago`.
pub(crate) fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(0), grouped(999), grouped(1000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([size(999), size(1500), size(2_500_000_000)], ["999 B", "1.5 kB", "2.5 GB"]);
        assert_eq!([counted(1, "file"), counted(1200, "file")], ["1 file", "1,200 files"]);
    }

    #[test]
    fn a_share_of_nearly_nothing_is_not_nothing() {
        assert_eq!([percent(0, 5), percent(5, 5), percent(1, 8)], ["0 %", "100 %", "12.5 %"]);
        assert_eq!([percent(1, 1_000_000), percent(999_999, 1_000_000)], ["< 0.1 %", "> 99.9 %"]);
    }

    #[test]
    fn one_file_is_and_two_are_no_worse() {
        assert_eq!([1, 2].map(no_worse), ["and 1 file that is no worse", "and 2 files that are no worse"]);
    }

    #[test]
    fn long_numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (7.1, "7.1"),
            (-1_234_567.8, "−1,234,568"),
            (0.333_333_333, "0.333333"),
            (12.345_678_9, "12.3457"),
            (0.000_012_345_678, "1.23457e-5"),
            (1e300, "1e300"),
            (100_000.0, "100,000"),
        ];
        for (number, expected) in cases {
            assert_eq!(short(number), expected);
        }
    }

    #[test]
    fn what_was_long_ago_is_told_in_days() {
        assert_eq!([ago(5), ago(300), ago(7300), ago(86_400)], ["just now", "5 min ago", "2 h ago", "1 day ago"]);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        assert_eq!(
            [duration(0.0042), duration(1.5), duration(125.0), duration(7300.0)],
            ["4 ms", "1.50 s", "2 min 5 s", "2 h 1 min"]
        );
    }
}
