//! Compares a file with the files of its prefix that were accepted before it (`sluice.file.last`).
//!
//! Only a caller with a ledger knows the earlier files. So the check leaves these assertions undecided, and
//! [`Outcome::compare`](crate::pipeline::file::Outcome::compare) decides them. The measure is the **median** of the earlier files: one file
//! that was ten times too large would move a mean, and with it the bounds for all later files, but does not move the median.

use crate::descriptor::{Band, ComparisonWithEarlier};
use crate::report::{AssertionOutcome, Decision};

/// Why nothing is compared without a ledger.
const NO_LEDGER: &str = "not checked: there is no ledger with earlier files here (`sluice run` has one)";

/// A file that was accepted earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierFile {
    /// The number of rows read.
    pub rows: u64,
    /// The number of bytes as stored.
    pub bytes: u64,
}

/// Returns the outcomes of these assertions before earlier files are known.
pub(crate) fn undecided(last: &ComparisonWithEarlier) -> impl Iterator<Item = AssertionOutcome> {
    let names = [("last.rows", last.rows), ("last.bytes", last.bytes)];
    names.into_iter().filter(|(_, band)| band.is_some()).map(|(name, _)| not_decided(name, None, NO_LEDGER))
}

/// Returns an outcome that is not decided, and counts as held.
fn not_decided(name: &str, found: Option<u64>, why: &str) -> AssertionOutcome {
    AssertionOutcome {
        name: name.to_owned(),
        holds: true,
        found: found.map(Into::into),
        undecided: true,
        message: format!("{name}: {why}"),
    }
}

/// The size of the file that is compared.
#[derive(Clone, Copy)]
pub(crate) struct FileSize {
    /// The number of rows read.
    pub(crate) rows: u64,
    /// The number of bytes as stored.
    pub(crate) bytes: u64,
}

/// The number of rows, or of bytes, of the file that is compared.
#[derive(Clone, Copy)]
struct Size {
    number: u64,
    unit: &'static str,
}

/// Decides the outcomes for a file of this size. Returns true if an outcome was decided.
pub(crate) fn decide(
    outcomes: &mut [AssertionOutcome],
    last: &ComparisonWithEarlier,
    size: FileSize,
    earlier: &[EarlierFile],
) -> bool {
    let mut is_changed = false;
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.undecided) {
        let compares_rows = match outcome.name.as_str() {
            "last.rows" => true,
            "last.bytes" => false,
            _ => continue,
        };
        let Some(band) = (if compares_rows { last.rows } else { last.bytes }) else { continue };
        let size = match compares_rows {
            true => Size { number: size.rows, unit: "rows" },
            false => Size { number: size.bytes, unit: "bytes" },
        };
        if earlier.len() < last.files {
            let why = format!(
                "not compared: {} of {} earlier files were accepted before this one was uploaded",
                earlier.len(),
                last.files
            );
            *outcome = not_decided(&outcome.name, Some(size.number), &why);
            continue;
        }
        let of = |file: &EarlierFile| if compares_rows { file.rows } else { file.bytes };
        let numbers = earlier.iter().take(last.files).map(of).collect();
        *outcome = compared(&outcome.name, size, numbers, band);
        is_changed = true;
    }
    is_changed
}

/// Compares a number with the median of the numbers of earlier files, of which there must be at least one.
fn compared(name: &str, size: Size, mut earlier: Vec<u64>, band: Band) -> AssertionOutcome {
    let Size { number: found, unit } = size;
    earlier.sort_unstable();
    let files = earlier.len();
    let (low, high) = (earlier[(files - 1) / 2], earlier[files / 2]);
    // Twice the median is a whole number.
    let twice = u128::from(low) + u128::from(high);
    let percent = |number: f64| number * twice as f64 / 200.0;
    let (least, most) =
        (band.below.map(|below| percent(100.0 - below)), band.above.map(|above| percent(100.0 + above)));
    let value = found as f64;
    let holds = least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most);
    let bounds: Vec<String> = [("at least", least.map(f64::ceil)), ("at most", most.map(f64::floor))]
        .into_iter()
        .filter_map(|(words, bound)| Some(format!("{words} {}", bound?)))
        .collect();
    let median = twice as f64 / 2.0;
    let of = if files == 1 { "the file before it".to_owned() } else { format!("the {files} files before it") };
    let message = format!(
        "{name}: the file has {found} {unit}, the median of {of} is {median}; expected {}",
        bounds.join(" and ")
    );
    AssertionOutcome::decided(name.to_owned(), Decision { holds, found: Some(found.into()) }, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(found: u64, earlier: &[u64], below: Option<f64>, above: Option<f64>) -> AssertionOutcome {
        compared("last.rows", Size { number: found, unit: "rows" }, earlier.to_vec(), Band { below, above })
    }

    #[test]
    fn a_number_is_compared_with_the_median() {
        let earlier = [100, 120, 80, 5000, 110];
        assert!(at(77, &earlier, Some(30.0), Some(30.0)).holds);
        assert!(!at(76, &earlier, Some(30.0), Some(30.0)).holds);
        assert!(at(143, &earlier, Some(30.0), Some(30.0)).holds);
        assert!(!at(144, &earlier, Some(30.0), Some(30.0)).holds);
        assert!(at(1_000_000, &earlier, Some(30.0), None).holds);
        assert!(at(0, &earlier, None, Some(30.0)).holds);
        // The median of two files lies between them.
        assert!(at(15, &[20, 10], Some(0.0), Some(0.0)).holds);
        assert!(!at(14, &[20, 10], Some(0.0), Some(0.0)).holds);
        assert!(at(0, &[0], Some(0.0), Some(0.0)).holds);
    }

    #[test]
    fn the_message_says_what_was_expected() {
        let outcome = at(10, &[100, 101], Some(30.0), Some(30.0));
        assert_eq!(
            outcome.message,
            "last.rows: the file has 10 rows, the median of the 2 files before it is 100.5; expected at least 71 and at most 130"
        );
        assert_eq!(outcome.found, Some(10.into()));
    }
}
