//! Texts and spaces that stand for missing values.

use std::sync::LazyLock;

use crate::direct_mapped::CacheKey as _;
use crate::packed_text::Packed;

/// Texts that often stand for a missing value. They are taken for missing values only in columns whose other cells are not just texts.
pub(super) const MISSING: [&str; 30] = [
    "NA", "N/A", "n/a", "na", "#N/A", "#DIV/0!", "#REF!", "NULL", "Null", "null", "None", "none", "nan", "NaN", "NAN",
    "-", "--", "—", "–", ".", "..", "...", "?", "\\N", "(null)", "nil", "missing", "Missing", "unknown", "*",
];

/// The same texts, as a cell is compared with them.
static MISSING_PACKED: LazyLock<[Packed; MISSING.len()]> =
    // cannot fail: a test packs every text.
    LazyLock::new(|| MISSING.map(|word| Packed::of(word.as_bytes()).unwrap_or(Packed::OTHER)));

/// Spaces: a cell of nothing but up to this many of them stands for a missing value, as a text of [`MISSING`] does.
pub(super) const SPACES: &str = "                                ";

/// Returns true if a cell has a text of [`MISSING`].
pub(super) fn is_missing_word(cell: &[u8]) -> bool {
    !cell.is_empty() && missing_word(cell).is_some()
}

/// Returns true for a cell of spaces alone that is no longer than [`SPACES`].
pub(super) fn is_blank(cell: &[u8]) -> bool {
    cell[0] == b' ' && cell.len() <= SPACES.len() && cell.iter().all(|byte| *byte == b' ')
}

/// Returns the index of the text in [`MISSING`] that a cell has.
pub(super) fn missing_word(cell: &[u8]) -> Option<usize> {
    // Most cells begin with a digit, or are longer.
    if cell[0].is_ascii_digit() {
        return None;
    }
    let packed = Packed::of(cell)?;
    MISSING_PACKED.iter().position(|word| *word == packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_packed_and_found() {
        for (index, word) in MISSING.iter().enumerate() {
            assert!(Packed::of(word.as_bytes()).is_some(), "{word}");
            assert_eq!(missing_word(word.as_bytes()), Some(index), "{word}");
        }
    }
}
