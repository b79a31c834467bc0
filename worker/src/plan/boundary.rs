//! Where a range of keys can be cut in two, and where a cut is worth it.
//!
//! # Where it can be cut
//!
//! A range holds the keys after one key up to and including another key, and the ledger records in the same range below
//! `_sluice/ledger/`. For every file a range has to hold either both the file and all its records, or none of them, and all its
//! records have to sort before the records of the next range. **A key is a boundary if no prefix of the key, and not the key
//! itself, ends as the key of a data file does** ([`undivided`] returns `None` for the key).
//!
//! Proof. Let `b` be such a key and `k` a data file; its records are `r` = `k` + `/` + version + `.json`, and `k` ends in a data
//! suffix, so `k` is no prefix of `b`, and `k` ≠ `b`. If `k` < `b`, they differ at a character within both, because `k` is no
//! prefix of `b`; every continuation of `k` differs from `b` at the same character, so `r` < `b`. If `k` > `b`, then `r` > `k` >
//! `b`. So files and records are on the same side; and all records on the left side sort before all records on the right: if the
//! ranges are planned one after the other, the plan is in the order of the ledger.
//!
//! By the same argument a listing of records may leave out everything up to [`undivided`] of the key of the file that is looked up
//! next: see [`crate::ledger::Records`].
//!
//! # Where a cut is worth it
//!
//! S3 does not say how many keys follow. Only the key that a listing has reached, the end of its range, and the keys seen so far
//! are known. Keys consist of runs of letters and digits: `clients/00351/incoming/0001.csv` has five. A boundary is the reached key
//! up to some character in a run, with that character replaced by a later one: the middle one of the later characters that were
//! seen in that run. Which run to cut is learned. A boundary has failed if the listing after it found nothing, or nothing that
//! begins as the boundary does. The run with the fewest failures is cut, the first one if there are several; a success takes one
//! failure back. So `clients` is tried once and left alone, and `00351` is cut at `5`, the halves at `2` and `7`, and so on. A
//! boundary with less than a page before it has failed, too, whatever comes after it, and counts as two failures: beside every
//! `incoming/` there is a `resource.json`, so a cut of `incoming` always has something after it and never cuts off more than the
//! rest of one prefix.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Maximum number of runs of a key that are looked at.
const RUNS: usize = 24;

/// Maximum number of characters that are remembered per run.
const CHARACTERS: usize = 256;

/// Returns the shortest prefix of a key that ends as a data file does; `None` if there is none. All names with a compression suffix
/// contain one of the other suffixes.
pub(crate) fn undivided(key: &str) -> Option<&str> {
    let bytes = key.as_bytes();
    let ends = |at: usize| {
        let letters = bytes.get(at + 1..at + 4)?;
        let is_data = [b"csv", b"tsv", b"psv"].iter().any(|suffix| letters.eq_ignore_ascii_case(*suffix));
        is_data.then_some(at + 4)
    };
    let end = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'.').find_map(|(at, _)| ends(at))?;
    // The suffix is ASCII, so its end is a boundary of characters.
    key.get(..end)
}

/// A place to cut a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boundary {
    /// The last possible key of the left side; an object with this key need not exist.
    pub(super) key: String,
    /// What to report the success or failure of the cut with.
    pub(super) expectation: Expectation,
}

/// The keys that are expected after a boundary: those that begin as the boundary does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expectation {
    /// The beginning of the expected keys.
    parent: String,
    run: usize,
}

/// What the keys seen so far tell about where to cut.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    runs: Vec<Run>,
    /// The only boundaries to return, for tests.
    #[cfg(test)]
    pub(super) forced: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Run {
    characters: BTreeSet<char>,
    failures: u32,
}

/// Returns the runs of letters and digits in a key: the offset of each run, and its text.
fn runs_of(key: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + key[rest..].find(char::is_alphanumeric)?;
        let text = &key[start..];
        let text = &text[..text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())];
        rest = start + text.len();
        Some((start, text))
    })
    .take(RUNS)
}

impl Boundaries {
    /// Learns from a key that was listed.
    pub(super) fn learn(&mut self, key: &str) {
        for (number, (_, text)) in runs_of(key).enumerate() {
            if self.runs.len() <= number {
                self.runs.push(Run::default());
            }
            let characters = &mut self.runs[number].characters;
            for character in text.chars() {
                if characters.len() < CHARACTERS {
                    characters.insert(character);
                }
            }
        }
    }

    /// Notes whether a boundary has succeeded: `first` is the first key that was listed after the boundary.
    pub(super) fn outcome(&mut self, expectation: &Expectation, first: Option<&str>) {
        if let Some(run) = self.runs.get_mut(expectation.run) {
            match first {
                Some(first) if first.starts_with(&expectation.parent) => run.failures = run.failures.saturating_sub(1),
                _ => run.failures = run.failures.saturating_add(1),
            }
        }
    }

    /// Notes that the listing before a boundary ended with its next page, so that the boundary was too near.
    pub(super) fn too_near(&mut self, expectation: &Expectation) {
        if let Some(run) = self.runs.get_mut(expectation.run) {
            run.failures = run.failures.saturating_add(2);
        }
    }

    /// Returns a boundary after `reached` and before `until` that has the first `kept` bytes of `reached`; `None` if there is none.
    pub(super) fn between(&self, reached: &str, until: Option<&str>, kept: usize) -> Option<Boundary> {
        #[cfg(test)]
        if let Some(forced) = &self.forced {
            let is_between = |key: &&String| {
                key.as_str() > reached
                    && until.is_none_or(|until| key.as_str() < until)
                    && key.as_bytes().starts_with(&reached.as_bytes()[..kept.min(reached.len())])
                    && undivided(key).is_none()
            };
            let key = forced.iter().find(is_between)?.clone();
            return Some(Boundary { expectation: Expectation { parent: key.clone(), run: 0 }, key });
        }
        let of_run = |(number, (start, text)): (usize, (usize, &str))| {
            let run = self.runs.get(number)?;
            let boundary = run.cut(reached, until, start.max(kept), start + text.len())?;
            let parent = boundary[..boundary.len() - boundary.chars().next_back()?.len_utf8()].to_owned();
            Some((run.failures, number, Boundary { key: boundary, expectation: Expectation { parent, run: number } }))
        };
        let boundaries = runs_of(reached).enumerate().filter_map(of_run);
        boundaries.min_by_key(|(failures, number, _)| (*failures, *number)).map(|(_, _, boundary)| boundary)
    }
}

impl Run {
    /// Returns `reached` up to its first character in `start..end` for which a later one was seen in this run, with the middle one
    /// of the later characters in its place. If no later character was seen, later digits are assumed for a digit: the keys listed
    /// so far may be all of January.
    fn cut(&self, reached: &str, until: Option<&str>, start: usize, end: usize) -> Option<String> {
        let text = reached.get(start..end)?;
        let cut = |later: &dyn Fn(char, Bound<char>) -> Vec<char>| {
            text.char_indices().find_map(|(at, character)| {
                let head = &reached[..start + at];
                // If `until` does not begin with `head`, it sorts after all keys that do.
                let before = match until.and_then(|until| until.strip_prefix(head)) {
                    Some(rest) => Bound::Excluded(rest.chars().next()?),
                    None => Bound::Unbounded,
                };
                if matches!(before, Bound::Excluded(before) if before <= character) {
                    return None;
                }
                let later = later(character, before);
                let boundary = format!("{head}{}", later.get(later.len() / 2)?);
                undivided(&boundary).is_none().then_some(boundary)
            })
        };
        cut(&|character, before| self.characters.range((Bound::Excluded(character), before)).copied().collect())
            .or_else(|| {
                cut(&|character, before| {
                    let is_before = |digit: &char| !matches!(before, Bound::Excluded(before) if *digit >= before);
                    let is_digit = character.is_ascii_digit();
                    ('0'..='9').filter(|digit| is_digit && *digit > character && is_before(digit)).collect()
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::{Suffix, ledger_key};

    fn learned(keys: impl IntoIterator<Item = String>) -> Boundaries {
        let mut boundaries = Boundaries::default();
        for key in keys {
            boundaries.learn(&key);
        }
        boundaries
    }

    fn cut(boundaries: &Boundaries, reached: &str, until: Option<&str>) -> Option<String> {
        boundaries.between(reached, until, 0).map(|boundary| boundary.key)
    }

    #[test]
    fn the_shortest_prefix_that_ends_as_a_data_file_is_found() {
        for (key, expected) in [
            ("p/incoming/a.csv", Some("p/incoming/a.csv")),
            ("p/incoming/a.CSV.gz", Some("p/incoming/a.CSV")),
            ("a.Tsv/b.csv", Some("a.Tsv")),
            ("..psv", Some("..psv")),
            ("ü.csvü", Some("ü.csv")),
            ("a.cs", None),
            ("a.gz", None),
            ("csv", None),
            ("", None),
        ] {
            assert_eq!(undivided(key), expected, "{key}");
        }
    }

    #[test]
    fn a_run_that_failed_is_left_alone_and_the_next_one_is_cut() {
        let mut boundaries = learned((0..1000).map(|number| format!("clients/{number:05}/incoming/1.csv")));
        let reached = "clients/00999/incoming/1.csv";
        let first = boundaries.between(reached, None, 0);
        assert_eq!(first.as_ref().map(|boundary| boundary.key.as_str()), Some("n"));
        if let Some(first) = first {
            boundaries.outcome(&first.expectation, None);
        }
        assert_eq!(cut(&boundaries, reached, Some("n")).as_deref(), Some("clients/5"));
        assert_eq!(cut(&boundaries, reached, Some("clients/5")).as_deref(), Some("clients/3"));
        assert_eq!(cut(&boundaries, reached, Some("clients/1")).as_deref(), Some("clients/05"));
        assert_eq!(cut(&boundaries, "clients/51000/incoming/1.csv", Some("n")).as_deref(), Some("clients/8"));
    }

    #[test]
    fn a_run_that_cuts_off_no_page_is_left_alone_although_something_is_behind_it() {
        let keys = |number| [format!("c/{number:04}/incoming/1.csv"), format!("c/{number:04}/resource.json")];
        let mut boundaries = learned((0..500).flat_map(keys));
        let (reached, mut until) = ("c/0499/incoming/1.csv", None::<String>);
        let mut cuts = Vec::new();
        for _ in 0..40 {
            let Some(Boundary { key, expectation }) = boundaries.between(reached, until.as_deref(), 0) else { break };
            if key.starts_with("c/0499/") {
                // The next key is the descriptor of the same prefix.
                boundaries.outcome(&expectation, Some("c/0499/resource.json"));
                boundaries.too_near(&expectation);
            } else if key.as_str() < "c/1" {
                boundaries.outcome(&expectation, Some("c/0700/incoming/1.csv"));
            } else {
                boundaries.outcome(&expectation, None);
                until = Some(key.clone());
            }
            cuts.push(key);
        }
        assert!(cuts[20..].iter().all(|key| key.starts_with("c/0") && !key.starts_with("c/0499/")), "{cuts:?}");
    }

    #[test]
    fn digits_that_were_not_seen_yet_are_expected() {
        let boundaries = learned((1..10).map(|day| format!("2026-01-{day:02}")));
        let reached = "2026-01-09";
        assert_eq!(cut(&boundaries, reached, Some("2026-1")).as_deref(), Some("2026-06"));
        assert_eq!(cut(&boundaries, reached, Some("2026-02")).as_deref(), Some("2026-01-5"));
    }

    #[test]
    fn a_boundary_keeps_what_all_keys_of_its_range_begin_with() {
        let boundaries = learned(["p/incoming/a.csv".to_owned(), "p/incoming/z.csv".to_owned()]);
        let boundary = boundaries.between("p/incoming/a.csv", None, "p/incoming/".len());
        assert_eq!(boundary.map(|boundary| boundary.key).as_deref(), Some("p/incoming/z"));
    }

    proptest! {
        /// Checks the proof in the documentation of this module.
        #[test]
        fn files_and_records_are_on_the_same_side_of_a_boundary(
            key in "[a.0!/-]{0,3}(\\.csv|\\.Csv\\.gz|\\.psv)([a.0!/-]{0,2}\\.tsv)?",
            boundary in "[a.0!/-]{0,3}(\\.cs|\\.csv|\\.psv/|)[a.0!/-]{0,3}",
            version in "[0a!-]{1,3}",
        ) {
            prop_assume!(undivided(&boundary).is_none() && Suffix::of(&key).is_some());
            let record = ledger_key(&key, &version);
            prop_assert_eq!(key <= boundary, record <= format!("{}{}", crate::key::LEDGER, boundary));
        }

        #[test]
        fn a_boundary_lies_in_its_range(
            keys in prop::collection::vec("[a-cä0-9./]{1,8}", 1..20),
            reached in "[a-cä0-9./]{1,8}",
            until in prop::option::of("[a-cä0-9./]{1,8}"),
        ) {
            prop_assume!(until.as_ref().is_none_or(|until| *until >= reached));
            if let Some(boundary) = cut(&learned(keys), &reached, until.as_deref()) {
                prop_assert!(boundary > reached && undivided(&boundary).is_none());
                prop_assert!(until.is_none_or(|until| boundary < until));
            }
        }

        #[test]
        fn the_key_of_a_data_file_has_a_prefix_that_ends_as_one(key in "[a.csv/gz]{0,12}") {
            if Suffix::of(&key).is_some() {
                prop_assert!(undivided(&key).is_some());
            }
            if let Some(prefix) = undivided(&key) {
                prop_assert!(Suffix::of(prefix).is_some());
            }
        }
    }
}
