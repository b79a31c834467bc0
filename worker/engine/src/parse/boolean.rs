//! Truth values.

/// Reads a truth value: the cell is one of these texts, byte for byte.
#[inline]
pub fn boolean(cell: &[u8], true_values: &[String], false_values: &[String]) -> Option<bool> {
    let is_in = |texts: &[String]| texts.iter().any(|text| text.as_bytes() == cell);
    if is_in(true_values) {
        Some(true)
    } else if is_in(false_values) {
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
        let (yes, no) = (["true".to_owned(), "1".to_owned()], ["false".to_owned(), "0".to_owned()]);
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
