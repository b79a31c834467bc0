//! Patterns with look-around: several automata, each of which reads the whole cell.
//!
//! Regular languages are closed under intersection and complement. So a look-around whose place in the text is known makes a further
//! automaton over the whole text. A branch of the pattern matches when its own automaton does, each positive look-around does, and no negative
//! one does. The automata are not multiplied into one: that one may be as large as the product of their sizes, and a cell rarely meets more
//! than two of them.

use crate::pattern::Matcher;

/// A branch of a pattern: its matcher without look-around, and its look-arounds.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) matcher: Matcher,
    pub(crate) look_arounds: Vec<LookAround>,
}

/// A further condition for the whole text.
#[derive(Debug)]
pub(crate) struct LookAround {
    /// Whether the text must not match.
    pub(crate) is_negative: bool,
    pub(crate) matcher: Matcher,
}

impl Branch {
    /// Returns the bytes of memory that the branch takes.
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
/// Not inlined, so that patterns without look-around keep their short code path.
#[inline(never)]
pub(super) fn is_match(branches: &[Branch], text: &[u8]) -> bool {
    branches.iter().any(|branch| branch.is_match(text))
}
