//! Patterns, matched against whole cells: a dense automaton where it fits, the regex engine otherwise.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start, syntax};

use crate::descriptor::Pattern;

/// Largest automaton, in bytes. Larger ones leave the cache and lose against the regex engine.
const AUTOMATON_BYTES: usize = 256 << 10;

/// A compiled pattern. A line of classes costs a fraction of a nanosecond a byte, the dense automaton 2, the regex engine 40 a
/// call before the first byte.
#[derive(Debug)]
pub(crate) enum Matcher {
    Line(Line),
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
        Some(match Line::of(&dfa, start) {
            Some(line) => Self::Line(line),
            None => Self::Automaton { dfa: Box::new(dfa), start },
        })
    }

    /// Whether the whole `text` matches.
    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Self::Line(line) => line.is_match(text),
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

/// Most places of a [`Line`].
const PLACES: usize = 64;

/// A pattern whose automaton is a line: so many bytes, each of a class of its place, as in `[A-Z]{2}-[0-9]{4}`. The places do
/// not depend on each other, so the processor looks at several at once.
#[derive(Debug)]
pub(crate) struct Line {
    /// For each byte the places where it may stand, as bits.
    allowed: Box<[u64; 256]>,
    places: usize,
}

impl Line {
    fn of(dfa: &dense::DFA<Vec<u32>>, start: StateID) -> Option<Self> {
        let matches_at_end = |state| dfa.is_match_state(dfa.next_eoi_state(state));
        let mut line = Self { allowed: Box::new([0; 256]), places: 0 };
        let mut state = start;
        loop {
            let mut next = None;
            for byte in 0..=u8::MAX {
                let to = dfa.next_state(state, byte);
                if dfa.is_dead_state(to) {
                    continue;
                }
                if line.places == PLACES || dfa.is_quit_state(to) || *next.get_or_insert(to) != to {
                    return None;
                }
                line.allowed[usize::from(byte)] |= 1 << line.places;
            }
            match next {
                // Nothing goes on from here: a line if the pattern ends here and nowhere before.
                None => return matches_at_end(state).then_some(line),
                Some(_) if matches_at_end(state) => return None,
                Some(to) => {
                    line.places += 1;
                    state = to;
                }
            }
        }
    }

    #[inline]
    fn is_match(&self, text: &[u8]) -> bool {
        let allowed = |(place, &byte): (usize, &u8)| self.allowed[usize::from(byte)] >> place;
        text.len() == self.places && text.iter().enumerate().map(allowed).fold(1, |all, bits| all & bits) != 0
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

    const SOURCES: [&str; 11] = [
        "[A-Z]{2}[0-9]+",
        "a|ab|abc",
        "",
        ".*x",
        r"\p{L}+é?",
        r"([01][0-9]|2[0-4])[0-5][0-9]",
        "(a*)*b",
        "[A-Z]{2}",
        "A[0-9]b",
        "é[ab]",
        "[^é]",
    ];

    #[test]
    fn patterns_go_the_cheapest_way_there_is() {
        assert!(matches!(Matcher::new(&pattern("[A-Z]{2}-[0-9]{4}é")), Matcher::Line(_)));
        assert!(matches!(Matcher::new(&pattern("(a|b)c")), Matcher::Line(_)));
        assert!(matches!(Matcher::new(&pattern("ab?")), Matcher::Automaton { .. }));
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
