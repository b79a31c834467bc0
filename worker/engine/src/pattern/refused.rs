//! Reasons for which a pattern is refused.

/// Why a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The pattern, with its repetitions written out, has more states than the budget allows.
    TooManyStates,
    /// The pattern has word boundaries and tells more than 256 kinds of characters apart.
    TooManyCharacters,
}
