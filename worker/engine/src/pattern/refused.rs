//! The reasons why a pattern is refused.

/// Why a pattern is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Repetitions written out make more states than the budget has.
    TooManyStates,
    /// It has word boundaries and tells more than 256 kinds of characters apart.
    TooManyCharacters,
}
