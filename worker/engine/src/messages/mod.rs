//! Messages for the senders of files, in their language: a catalogue of texts with stable ids and parameters, a file for each language.
//!
//! To add a language, write its file and its line of `languages!`; the tests say which ids and parameters it lacks.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The languages and their files.
macro_rules! languages {
    ($($(#[$doc:meta])* $variant:ident $tag:literal),+ $(,)?) => {
        /// A language in which senders are answered.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Language {
            $($(#[$doc])* $variant),+
        }

        impl Language {
            /// All languages.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the tag by which descriptors and pages name the language (BCP 47).
            pub fn tag(self) -> &'static str {
                match self {
                    $(Self::$variant => $tag),+
                }
            }

            fn source(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!($tag, ".txt"))),+
                }
            }
        }
    };
}

languages! {
    /// English.
    #[default]
    English "en",
    /// German.
    German "de",
}

/// A piece of a message.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Words(&'static str),
    Parameter(&'static str),
}

type Catalogue = HashMap<&'static str, Vec<Part>>;

/// The catalogue of each language, in the order of [`Language::ALL`].
static CATALOGUES: LazyLock<Vec<Catalogue>> =
    LazyLock::new(|| Language::ALL.iter().map(|language| read(language.source())).collect());

impl Language {
    /// Returns the language with this tag; `None` if there is none.
    pub fn of(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|language| language.tag() == tag)
    }

    /// Returns the text with this id, with the values of its parameters. The text of an unknown id is the id, and the
    /// value of a missing parameter is its name, so that such a mistake is seen; the tests make sure that there is
    /// none.
    pub fn text(self, id: &str, parameters: &[(&str, &str)]) -> String {
        let Some(parts) = CATALOGUES.get(self as usize).and_then(|catalogue| catalogue.get(id)) else {
            return id.to_owned();
        };
        // Most texts and what is filled in are short: no second piece of memory for them.
        let mut text = String::with_capacity(64);
        for part in parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Parameter(name) => {
                    text.push_str(parameters.iter().find(|(given, _)| given == name).map_or(name, |(_, value)| value));
                }
            }
        }
        text
    }
}

/// Reads the file of a language, which has a line `id = text` for each text, and comments behind `#`.
fn read(source: &'static str) -> Catalogue {
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).map(|(id, text)| (id, parts(text))).collect()
}

fn parts(text: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((words, (name, behind))) =
        rest.split_once('{').and_then(|(words, open)| Some((words, open.split_once('}')?)))
    {
        parts.extend([Part::Words(words), Part::Parameter(name)]);
        rest = behind;
    }
    parts.push(Part::Words(rest));
    parts.retain(|part| *part != Part::Words(""));
    parts
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::codes::Code;
    use crate::fault::Constraint;
    use crate::types;

    /// The ids, with the names of their parameters.
    fn shape(language: Language) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let name = |part: &Part| match part {
            Part::Words(_) => None,
            Part::Parameter(name) => Some(*name),
        };
        let catalogue = &CATALOGUES[language as usize];
        catalogue.iter().map(|(id, parts)| (*id, parts.iter().filter_map(name).collect())).collect()
    }

    #[test]
    fn every_language_has_the_same_ids_and_parameters() {
        for &language in Language::ALL {
            assert_eq!(shape(language), shape(Language::English), "{}", language.tag());
        }
    }

    #[test]
    fn every_line_of_a_language_is_read_once() {
        for &language in Language::ALL {
            let lines = language.source().lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
            assert_eq!(lines.count(), CATALOGUES[language as usize].len(), "{}", language.tag());
        }
    }

    #[test]
    fn every_code_constraint_and_type_has_its_texts() {
        let there = shape(Language::English);
        let mut wanted: Vec<String> = Code::ALL.iter().map(|code| format!("code.{}", code.name())).collect();
        for constraint in Constraint::ALL {
            wanted.push(format!("constraint-error.{}", constraint.name()));
        }
        wanted.extend(
            ["character", "characters", "item", "items", "property", "properties"].map(|unit| format!("unit.{unit}")),
        );
        wanted.extend(types::NAMES.iter().map(|name| format!("type.{name}")));
        for id in wanted {
            assert!(there.contains_key(&*id), "{id}");
        }
        // Every code of a row has a message, except the codes of labels; some codes have only messages whose id has a second word.
        for code in Code::ALL.iter().filter(|code| !code.name().ends_with("-label")) {
            let is_of_code = |id: &str| id == code.name() || id.starts_with(&format!("{}.", code.name()));
            assert!(there.keys().any(|id| is_of_code(id)), "{}", code.name());
        }
    }

    #[test]
    fn parameters_are_filled_in() {
        let parameters = [("value", "\"7x\""), ("type", "a whole number")];
        assert_eq!(Language::English.text("type-error", &parameters), "\"7x\" is not a whole number");
        assert_eq!(Language::of("de").unwrap().text("label.message", &[]), "Meldung");
        assert_eq!(Language::of("xx"), None);
        assert_eq!(Language::English.text("no-such-id", &[]), "no-such-id");
    }
}
