//! Text with an upper bound, so that the size of a payload can be computed before anything runs.

use serde::{Deserialize, Serialize};

/// At most `N` characters that need no escape in JSON, so that the text takes as many characters there: printable ASCII
/// without a space, `"` and `\`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const N: usize>(String);

/// Why a string cannot be a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than the bound.
    #[error("{length} characters, at most {most} fit")]
    TooLong {
        /// Length in characters.
        length: usize,
        /// The bound.
        most: usize,
    },
    /// A character that is not allowed.
    #[error("the character {0:?} has to be escaped")]
    Character(char),
}

impl<const N: usize> Text<N> {
    /// Checks a string, and wraps it.
    ///
    /// # Errors
    /// When the string is longer than `N` characters, or has a character that does not stand for itself.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if let Some(other) = text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '"' | '\\')) {
            return Err(TextError::Character(other));
        }
        match text.len() {
            length if length > N => Err(TextError::TooLong { length, most: N }),
            _ => Ok(Self(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> TryFrom<String> for Text<N> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const N: usize> From<Text<N>> for String {
    fn from(text: Text<N>) -> Self {
        text.0
    }
}

/// A value whose JSON string has an upper bound.
#[diagnostic::on_unimplemented(
    message = "nothing bounds the length of a `{Self}`",
    note = "all container overrides of a task have 8,192 characters together: use a `Text<N>`, or the digits of a number"
)]
pub trait Bounded {
    /// Most characters between the quotes of the JSON string, escapes included.
    const CHARS: usize;
}

impl<const N: usize> Bounded for Text<N> {
    const CHARS: usize = N;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_text_takes_as_many_characters_as_its_bound_says() {
        assert_eq!(Text::<3>::new("abc").unwrap().as_str(), "abc");
        assert_eq!(Text::<3>::new("abcd"), Err(TextError::TooLong { length: 4, most: 3 }));
    }

    #[test]
    fn a_text_refuses_what_grows_when_it_is_escaped() {
        for (text, character) in [("a\"b", '"'), ("a\\b", '\\'), ("a b", ' '), ("a\nb", '\n'), ("aé", 'é')] {
            assert_eq!(Text::<9>::new(text), Err(TextError::Character(character)), "{text:?}");
        }
    }

    #[test]
    fn a_text_is_checked_when_it_is_read() {
        assert!(serde_json::from_str::<Text<3>>("\"abcd\"").is_err());
        assert_eq!(serde_json::from_str::<Text<4>>("\"abcd\"").unwrap().as_str(), "abcd");
    }
}
