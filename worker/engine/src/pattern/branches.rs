//! Patterns with look-around: some automata at once.
//!
//! Regular languages are closed under intersection and complement. So a look-around whose place in the text is known makes a further
//! automaton over the whole text, and a branch of the pattern matches when its own automaton does, and each of these does or does not.
//! They are not multiplied into one: that may be as large as the product of their sizes, and a cell rarely meets more than two of them.

use crate::pattern::Matcher;

/// A branch of a pattern: what it would be without look-around, and its look-arounds.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) matcher: Matcher,
    pub(crate) look_arounds: Vec<LookAround>,
}

/// What else holds for the whole text.
#[derive(Debug)]
pub(crate) struct LookAround {
    /// Whether the text must not match.
    pub(crate) is_negative: bool,
    pub(crate) matcher: Matcher,
}

impl Branch {
    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        let look_arounds: usize = self.look_arounds.iter().map(|look_around| look_around.matcher.bytes()).sum();
        self.matcher.bytes() + look_arounds
    }

    fn is_match(&self, text: &[u8]) -> bool {
        self.matcher.is_match(text) && self.look_arounds.iter().all(|it| it.matcher.is_match(text) != it.is_negative)
    }
}

/// Returns true if one of the branches matches the whole text.
///
/// Not inlined: patterns without look-around keep their short way.
#[inline(never)]
pub(super) fn is_match(branches: &[Branch], text: &[u8]) -> bool {
    branches.iter().any(|branch| branch.is_match(text))
}
