//! `LIKE`: `%` for any text, `_` for any character.

/// Most characters of a pattern: the time for a cell is at worst its length times the length of the pattern.
pub(crate) const PATTERN: usize = 1000;

/// A pattern of `LIKE`.
#[derive(Debug)]
pub(crate) struct Like(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// `%`
    Any,
    /// `_`
    One,
    This(char),
}

impl Like {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub(crate) fn new(pattern: &str, escape: Option<char>) -> Result<Self, &'static str> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                _ if Some(character) == escape => match characters.next() {
                    Some(next) => Piece::This(next),
                    None => return Err("ends with its escape character"),
                },
                '%' if pieces.last() == Some(&Piece::Any) => continue,
                '%' => Piece::Any,
                '_' => Piece::One,
                other => Piece::This(other),
            });
            if pieces.len() > PATTERN {
                return Err("has more than 1000 characters");
            }
        }
        Ok(Self(pieces))
    }

    /// Returns true if the whole text matches.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let pieces = &self.0;
        let (mut at, mut piece) = (0, 0);
        // The position behind the latest `%` in the pattern, and the offset up to which this `%` has taken text.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let next = text[at..].chars().next();
            match (pieces.get(piece), next) {
                (Some(Piece::Any), _) => {
                    piece += 1;
                    retry = Some((piece, at));
                    if piece == pieces.len() {
                        return true;
                    }
                }
                (Some(Piece::One), Some(found)) => {
                    piece += 1;
                    at += found.len_utf8();
                }
                (Some(&Piece::This(wanted)), Some(found)) if wanted == found => {
                    piece += 1;
                    at += found.len_utf8();
                }
                (None, None) => return true,
                _ => {
                    // The latest `%` takes one character more.
                    let Some((behind, from)) = retry else { return false };
                    let Some(taken) = text[from..].chars().next() else { return false };
                    let from = from + taken.len_utf8();
                    retry = Some((behind, from));
                    (piece, at) = (behind, from);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    /// The definition of `LIKE`, word for word.
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, _) => text.is_empty(),
            (Some('%'), _) => (0..=text.len()).any(|taken| matches(&pattern[1..], &text[taken..])),
            (Some('_'), Some(_)) => matches(&pattern[1..], &text[1..]),
            (Some(wanted), Some(found)) => wanted == found && matches(&pattern[1..], &text[1..]),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_definition_says(pattern in "[abé%_]{0,7}", text in "[abé]{0,9}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let like = Like::new(&pattern, None).unwrap();
            prop_assert_eq!(like.is_match(&text), matches(&letters(&pattern), &letters(&text)));
        }
    }

    #[test]
    fn an_escaped_character_is_itself() {
        let like = Like::new("100!%!!%", Some('!')).unwrap();
        assert!(like.is_match("100%! more") && !like.is_match("1000!"));
        assert_eq!(Like::new("a!", Some('!')).unwrap_err(), "ends with its escape character");
        assert!(Like::new(&"a".repeat(PATTERN), None).is_ok() && Like::new(&"a".repeat(PATTERN + 1), None).is_err());
    }
}
