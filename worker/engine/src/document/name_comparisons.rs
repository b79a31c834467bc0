//! Finds the property that a misspelled name was likely meant to be.

use std::collections::HashMap;

use crate::document::object_kinds::ObjectKind;
use crate::document::spelling::distance;

/// Most different names of a descriptor that are compared letter by letter.
const COMPARED: usize = 1000;

/// Longest name that is compared, in bytes.
const LONGEST: usize = 40;

/// The name that a misspelled name was likely meant to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meant {
    /// A name that is read here.
    Here(&'static str),
    /// A name that is read elsewhere, and the remedy that says where.
    Elsewhere(&'static str, &'static str),
}

/// The results of comparing names so far, kept because the same names occur again and again.
#[derive(Debug, Default)]
pub(crate) struct NameComparisons(HashMap<ComparedName, Option<Meant>>);

/// A name in an object of some kind.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ComparedName {
    /// The name of the kind of object.
    kind: &'static str,
    name: String,
}

impl NameComparisons {
    pub(super) fn meant(&mut self, name: &str, kind: &ObjectKind) -> Option<Meant> {
        if name.len() > LONGEST {
            return None;
        }
        let key = ComparedName { kind: kind.name, name: name.to_owned() };
        if let Some(known) = self.0.get(&key) {
            return *known;
        }
        if self.0.len() >= COMPARED {
            return None;
        }
        let elsewhere = || kind.elsewhere.iter().flat_map(|&(names, remedy)| names.iter().map(move |&it| (it, remedy)));
        let exact =
            elsewhere().find(|(other, _)| *other == name).map(|(other, remedy)| Meant::Elsewhere(other, remedy));
        let is_synonym = |others: &[&str]| others.iter().any(|other| folded(other) == folded(name));
        let synonym = || kind.synonyms.iter().find(|(others, _)| is_synonym(others)).map(|(_, it)| Meant::Here(it));
        let meant = exact.or_else(synonym).or_else(|| {
            let here = kind.read.iter().filter_map(|&other| Some((difference(name, other)?, Meant::Here(other))));
            let there = elsewhere()
                .filter_map(|(other, remedy)| Some((difference(name, other)?, Meant::Elsewhere(other, remedy))));
            here.chain(there).min_by_key(|&(difference, _)| difference).map(|(_, meant)| meant)
        });
        self.0.insert(key, meant);
        meant
    }
}

/// Returns how much two names differ; `None` when too much.
fn difference(name: &str, meant: &str) -> Option<usize> {
    let [name, meant] = [folded(name), folded(meant)];
    if name == meant {
        return Some(0);
    }
    let singular = |text: &[char]| text.strip_suffix(&['s']).map_or_else(|| text.to_vec(), <[char]>::to_vec);
    if singular(&name) == singular(&meant) {
        return Some(1);
    }
    let most = match meant.len() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    // Names with different first letters are different words, such as `hash` and `path`.
    let difference = distance(&name, &meant);
    (difference <= most && (name.first() == meant.first() || difference == 1)).then_some(difference + 1)
}

/// Returns the letters of a name in lower case, without the characters between words.
fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|letter| !matches!(letter, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}
