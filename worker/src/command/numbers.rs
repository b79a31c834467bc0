//! Numbers on the command line: every option with a number states its bounds when a number is outside of them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::terminal::grouped;

/// Most threads. With so many, each needs little memory and work to do; with millions, the system ends the process.
const THREADS: u64 = 1024;

/// Returns a parser of whole numbers in this range.
pub(super) fn whole<T: FromStr>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let is_inside = text.parse().is_ok_and(|number| range.contains(&number));
        let number = if is_inside { text.parse().ok() } else { None };
        number.ok_or_else(|| match range.end() {
            &u64::MAX => format!("expected a whole number, {} or more", grouped(*range.start())),
            end => format!("expected a whole number from {} to {}", grouped(*range.start()), grouped(*end)),
        })
    }
}

/// Parses a number of threads.
pub(super) fn threads<T: FromStr>(text: &str) -> Result<T, String> {
    whole(1..=THREADS)(text)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn numbers_outside_of_their_bounds_are_refused_with_the_bounds() {
        let refused = Err("expected a whole number from 1 to 1,024".to_owned());
        for (text, expected) in [
            ("1", Ok(NonZeroUsize::MIN)),
            ("1024", Ok(NonZeroUsize::MIN.saturating_add(1023))),
            ("0", refused.clone()),
            ("1025", refused.clone()),
            ("-1", refused.clone()),
            ("1.5", refused.clone()),
            ("", refused.clone()),
            ("99999999999999999999", refused),
        ] {
            assert_eq!(threads(text), expected, "{text}");
        }
        assert_eq!(whole::<u64>(1..=u64::MAX)("0"), Err("expected a whole number, 1 or more".to_owned()));
        assert_eq!(whole::<u64>(0..=7)("0"), Ok(0));
    }
}
