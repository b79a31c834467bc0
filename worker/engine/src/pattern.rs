//! Patterns, matched against whole cells: a dense automaton where it fits, the regex engine otherwise.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start, syntax};

use crate::descriptor::Pattern;

/// Largest automaton, in bytes. Larger ones leave the cache and lose against the regex engine.
const AUTOMATON_BYTES: usize = 256 << 10;

/// A compiled pattern. The dense automaton costs about 1 ns a byte; the regex engine 40 ns a call before the first byte.
#[derive(Debug)]
pub(crate) enum Matcher {
    Automaton { dfa: Box<dense::DFA<Vec<u32>>>, start: StateID },
    Engine(regex::bytes::Regex),
}

impl Matcher {
    pub(crate) fn new(pattern: &Pattern) -> Self {
        Self::automaton(pattern).unwrap_or_else(|| Self::Engine(pattern.regex.clone()))
    }

    /// `None` when the pattern has no automaton (Unicode word boundaries) or too large a one.
    fn automaton(pattern: &Pattern) -> Option<Self> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .start_kind(StartKind::Anchored)
                    .dfa_size_limit(Some(AUTOMATON_BYTES))
                    .determinize_size_limit(Some(4 * AUTOMATON_BYTES)),
            )
            .syntax(syntax::Config::new().utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(4 * AUTOMATON_BYTES)))
            .build(pattern.regex.as_str())
            .ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self::Automaton { dfa: Box::new(dfa), start })
    }

    /// Whether the whole `text` matches.
    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Self::Automaton { dfa, start } => {
                let mut state = *start;
                for &byte in text {
                    state = dfa.next_state(state, byte);
                }
                // The pattern is anchored at its end, so only the state after the end of input counts.
                dfa.is_match_state(dfa.next_eoi_state(state))
            }
            Self::Engine(regex) => regex.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn pattern(source: &str) -> Pattern {
        let regex = regex::bytes::Regex::new(&format!(r"\A(?:{source})\z")).unwrap();
        Pattern { source: source.to_owned(), regex }
    }

    const SOURCES: [&str; 7] =
        ["[A-Z]{2}[0-9]+", "a|ab|abc", "", ".*x", r"\p{L}+é?", r"([01][0-9]|2[0-4])[0-5][0-9]", "(a*)*b"];

    #[test]
    fn a_pattern_that_has_no_automaton_goes_to_the_engine() {
        assert!(matches!(Matcher::new(&pattern(r"\bx\b")), Matcher::Engine(_)));
        assert!(matches!(Matcher::new(&pattern("x+")), Matcher::Automaton { .. }));
    }

    proptest! {
        #[test]
        fn the_automaton_agrees_with_the_regex_engine(text in "[A-Zabx0-9é\n]{0,9}", which in 0..SOURCES.len()) {
            let pattern = pattern(SOURCES[which]);
            let matcher = Matcher::new(&pattern);
            prop_assert_eq!(matcher.is_match(text.as_bytes()), pattern.regex.is_match(text.as_bytes()));
        }
    }
}
