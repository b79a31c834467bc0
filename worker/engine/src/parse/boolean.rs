//! Truth values.

use crate::texts::Texts;

/// Reads a truth value: the cell is one of these texts, byte for byte.
#[inline]
pub fn boolean(cell: &[u8], true_values: &Texts, false_values: &Texts) -> Option<bool> {
    if true_values.holds(cell) {
        Some(true)
    } else if false_values.holds(cell) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_byte_for_byte() {
        let texts = |texts: [&str; 2]| Texts::from(texts.map(str::to_owned).to_vec());
        let (yes, no) = (texts(["true", "1"]), texts(["false", "0"]));
        for (cell, expected) in [
            ("true", Some(true)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("false", Some(false)),
            ("True", None),
            (" true", None),
            ("", None),
        ] {
            assert_eq!(boolean(cell.as_bytes(), &yes, &no), expected, "{cell}");
        }
    }
}
