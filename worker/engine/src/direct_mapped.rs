//! A direct-mapped cache of short texts: each text has one slot, in which the latest text that was noted stays.

/// A key of the cache: a text that is packed into an integer.
pub(crate) trait CacheKey: Copy + PartialEq {
    /// The empty text, whose slot is the first one.
    const EMPTY: Self;
    /// Stands for every text that is not packed.
    const OTHER: Self;

    /// Returns the slot in a table of 2^(64 − `shift`) slots.
    fn slot(self, shift: u32) -> usize;
}

/// The texts of one column that were noted. The empty text is always found.
#[derive(Debug)]
pub(crate) struct DirectMappedCache<K> {
    /// Their number is a power of two.
    slots: Vec<K>,
    shift: u32,
}

impl<K: CacheKey> DirectMappedCache<K> {
    /// Returns an empty cache of at least this many slots.
    pub(crate) fn new(least: usize) -> Self {
        let count = least.next_power_of_two();
        Self { slots: vec![K::EMPTY; count], shift: u64::BITS - count.trailing_zeros() }
    }

    /// Returns an empty cache for one of `columns` columns, which share 4 MiB.
    pub(crate) fn for_columns(columns: usize) -> Self {
        Self::new(((4 << 20) / size_of::<K>() / columns.max(1)).clamp(64, 1024))
    }

    /// Returns true if the text was noted, or is empty.
    #[inline(always)]
    pub(crate) fn holds(&self, text: K) -> bool {
        self.slots[text.slot(self.shift)] == text
    }

    /// Notes a text if it can be cached; returns true if it was noted.
    #[inline]
    pub(crate) fn note(&mut self, text: K) -> bool {
        let slot = text.slot(self.shift);
        let is_cached = text != K::OTHER && slot != 0;
        if is_cached {
            self.slots[slot] = text;
        }
        is_cached
    }
}
