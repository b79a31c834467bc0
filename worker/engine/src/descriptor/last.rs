//! `sluice.file.last`: how much a file may differ from the files before it.

use super::model::{Band, ComparisonWithEarlier};
use super::settings::known;
use crate::document::path::quoted;
use crate::document::place::Place;

/// Reads the object `sluice.file.last`. Returns `None` after a mistake in it.
pub(super) fn read(place: &Place<'_>) -> Option<ComparisonWithEarlier> {
    if !known(place, &["files", "rows", "bytes"]) {
        return None;
    }
    let files = match place.get("files") {
        Some(files) => files.integer(1, ComparisonWithEarlier::MOST_FILES as u64),
        None => {
            place.mistake(
                "it does not say how many files are compared",
                format_args!("write \"files\": an integer from 1 to {}", ComparisonWithEarlier::MOST_FILES),
            );
            None
        }
    };
    let [rows, bytes] = ["rows", "bytes"].map(|name| place.get(name));
    if rows.is_none() && bytes.is_none() {
        place.mistake("nothing is compared", "write \"rows\" or \"bytes\" with a share such as \"±30%\"");
    }
    let [rows, bytes] = [rows, bytes].map(|share| share.and_then(|share| band(&share)));
    Some(ComparisonWithEarlier { files: usize::try_from(files?).ok()?, rows, bytes })
}

/// Reads a share with a sign: `±30%` (also `+-30%` and `+/-30%`), `-30%` or `+30%`.
fn band(place: &Place<'_>) -> Option<Band> {
    const REMEDY: &str = "write \"±30%\", \"-30%\" (no fewer than that) or \"+30%\" (no more than that)";
    let text = place.string(REMEDY)?;
    match parse(text) {
        Some(band) => Some(band),
        None => {
            place.mistake(
                format_args!("{} is not a share with a sign; below it is at most 100 %", quoted(text)),
                REMEDY,
            );
            None
        }
    }
}

fn parse(text: &str) -> Option<Band> {
    let digits = text.trim().strip_suffix('%')?.trim_end();
    let (below, above, digits) =
        if let Some(digits) = ["±", "+-", "+/-"].iter().find_map(|sign| digits.strip_prefix(sign)) {
            (true, true, digits)
        } else if let Some(digits) = digits.strip_prefix(['-', '−']) {
            (true, false, digits)
        } else {
            (false, true, digits.strip_prefix('+')?)
        };
    let digits = digits.trim_start();
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent: f64 = digits.parse().ok().filter(|_| is_plain)?;
    // A number cannot lie more than 100 % below another one.
    let is_right = percent.is_finite() && (above || percent <= 100.0);
    is_right.then(|| Band { below: below.then_some(percent), above: above.then_some(percent) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_a_sign() {
        let band = |below, above| Some(Band { below, above });
        for both in ["±30%", "+-30%", "+/-30 %", " ± 30% "] {
            assert_eq!(parse(both), band(Some(30.0), Some(30.0)), "{both}");
        }
        assert_eq!(parse("-12.5%"), band(Some(12.5), None));
        assert_eq!(parse("+300%"), band(None, Some(300.0)));
        assert_eq!(parse("±150%"), band(Some(150.0), Some(150.0)));
        for other in ["30%", "±30", "±", "±%", "-101%", "±-3%", "+1e3%", "±inf%", "%", ""] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
