//! A cache of short texts that were found valid, one cache for each column: most columns repeat their texts, and a
//! look-up costs a fraction of a check.

use crate::direct_mapped::{CacheKey as _, DirectMappedCache};
use crate::packed_text::Packed;
use crate::typing::values::Span;

/// Bytes that are read from the start of a cell, whatever its length is.
const WINDOW: usize = 8;

/// Valid texts of one column. A missing cell is [`Packed::EMPTY`] here, and is always found.
pub(crate) type ValidCache = DirectMappedCache<Packed>;

/// Returns the text of a cell as it is looked up: missing, short, or [`Packed::OTHER`] for a text that is not
/// cached (too long, empty, or not in the chunk as it is).
#[inline]
pub(crate) fn pack_cell(data: &[u8], span: Span) -> Packed {
    let (start, length) = (span.start(), span.len());
    // For a missing cell some window is read and discarded: a branch on whether there is a text could not be predicted.
    let at = start.min(data.len().saturating_sub(WINDOW));
    // An empty text, and a text too near to the end of the data for a window, are not cached.
    let has_window = ((at == start) & (length != 0)) | (span == Span::MISSING);
    match data[at..].first_chunk() {
        Some(window) if length <= Packed::LONGEST && has_window => Packed::of_window(*window, length),
        _ if span == Span::MISSING => Packed::EMPTY,
        _ => Packed::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_noted_texts_and_missing_cells_are_found(texts in prop::collection::vec(("[a-d]{0,9}", any::<bool>()), 0..300)) {
            let mut cache = ValidCache::for_columns(1 << 20);
            let mut noted = HashSet::new();
            for (text, is_valid) in &texts {
                // In the middle of a chunk, and at its end.
                for data in [format!("{text}|behind"), text.clone()] {
                    let packed = pack_cell(data.as_bytes(), Span::at(0..text.len()));
                    prop_assert!(!cache.holds(packed) || noted.contains(text));
                    if *is_valid && cache.note(packed) {
                        noted.insert(text);
                        prop_assert!(cache.holds(packed));
                    }
                    prop_assert!(cache.holds(pack_cell(data.as_bytes(), Span::MISSING)));
                    prop_assert!(!cache.holds(pack_cell(data.as_bytes(), Span::ESCAPED)));
                    // Empty texts at each offset of the data.
                    for at in 0..=data.len() {
                        prop_assert!(!cache.holds(pack_cell(data.as_bytes(), Span::at(at..at))));
                    }
                }
            }
        }
    }
}
