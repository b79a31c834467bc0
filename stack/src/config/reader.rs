//! Reads settings and collects their faults, so that all are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The settings of a project.
pub(super) struct Reader<'a> {
    project: &'a str,
    settings: &'a BTreeMap<String, String>,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(project: &'a str, settings: &'a BTreeMap<String, String>) -> Self {
        Self { project, settings, faults: Vec::new() }
    }

    pub(super) fn full_name(&self, key: &str) -> String {
        format!("{}:{key}", self.project)
    }

    /// Returns the region of the stack if it is configured; it can also come from the environment.
    pub(super) fn region(&self) -> Option<&'a str> {
        self.settings.get("aws:region").map(String::as_str)
    }

    /// Returns the trimmed text of a setting; `None` if it is absent or empty.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.settings.get(&self.full_name(key)).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    pub(super) fn fault_of(&mut self, key: &str, what: impl Display) {
        self.fault(format!("{}: {what}", self.full_name(key)));
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults
    }

    pub(super) fn refuse_unknown(&mut self, known: &[&str]) {
        let prefix = self.full_name("");
        let unknown = self.settings.keys().filter_map(|key| key.strip_prefix(&prefix));
        for key in unknown.filter(|key| !known.contains(key)) {
            let nearest = known.iter().map(|known| (distance(key, known), known)).min();
            match nearest {
                Some((distance, nearest)) if distance <= 1 + nearest.len() / 4 => {
                    let nearest = self.full_name(nearest);
                    self.fault_of(key, format!("there is no such setting; did you mean {nearest}?"));
                }
                _ => self.fault_of(key, format!("there is no such setting; there are {}", known.join(", "))),
            }
        }
    }

    pub(super) fn refuse_secret(&mut self, secrets: &BTreeSet<String>, allowed: &[&str]) {
        let prefix = self.full_name("");
        for key in secrets.iter().filter_map(|key| key.strip_prefix(&prefix)) {
            if !allowed.contains(&key) {
                self.fault_of(
                    key,
                    "it is set as a secret, but resources and consoles show it; set it without --secret",
                );
            }
        }
    }

    /// Returns the value that `parse` makes of a setting or of its default; adds a fault if `parse` fails.
    pub(super) fn parsed<T>(&mut self, key: &str, default: &str, parse: impl Fn(&str) -> Result<T, String>) -> T
    where
        T: Default,
    {
        let text = self.text(key).unwrap_or(default);
        parse(text).unwrap_or_else(|error| {
            self.fault_of(key, format!("{text:?}: {error}"));
            T::default()
        })
    }

    pub(super) fn number<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(text) = self.text(key) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.fault_of(key, format!("{text:?} is not a whole number from {least} to {most}"));
                default
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.text(key) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(text) => {
                self.fault_of(key, format!("{text:?} is neither true nor false"));
                default
            }
        }
    }

    /// Returns the value of the choice that the setting names; the first choice is the default.
    pub(super) fn one_of<T: Clone>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(key).unwrap_or(choices[0].0);
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return choice.clone();
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        self.fault_of(key, format!("{text:?} is not one of {}", names.join(", ")));
        choices[0].1.clone()
    }

    /// Reads a setting whose value is structured, which Pulumi passes as JSON.
    pub(super) fn structure<T: Default>(
        &mut self,
        key: &str,
        form: &str,
        read: impl Fn(&str) -> serde_json::Result<T>,
    ) -> T {
        let Some(text) = self.text(key) else { return T::default() };
        read(text).unwrap_or_else(|_| {
            self.fault_of(key, format!("{text:?} is not {form}"));
            T::default()
        })
    }
}

/// Returns how many letters must be changed, inserted or removed to turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.to_lowercase(), to.to_lowercase());
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_single_letters_and_no_case() {
        assert_eq!(distance("shedule", "schedule"), 1);
        assert_eq!(distance("SpotPercent", "spotPercent"), 0);
        assert_eq!(distance("timezone", "timeZome"), 1);
        assert_eq!(distance("", "cpu"), 3);
    }
}
