//! The values of a column in the form in which Parquet stores them.

use std::ops::Range;

/// Values as Parquet stores them.
#[derive(Debug)]
pub(crate) enum CleanValues {
    Longs(Vec<i64>),
    Ints(Vec<i32>),
    Doubles(Vec<f64>),
    Booleans(Vec<bool>),
    /// Texts in one buffer, and the offset at which each text ends.
    Texts {
        ends: Vec<u32>,
        bytes: Vec<u8>,
    },
    /// The items of all lists, and the number of items up to the end of each list.
    Lists {
        ends: Vec<u32>,
        items: Box<CleanValues>,
    },
}

impl Default for CleanValues {
    fn default() -> Self {
        Self::Texts { ends: Vec::new(), bytes: Vec::new() }
    }
}

impl CleanValues {
    /// Removes all values, and keeps the memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Longs(values) => values.clear(),
            Self::Ints(values) => values.clear(),
            Self::Doubles(values) => values.clear(),
            Self::Booleans(values) => values.clear(),
            Self::Texts { ends, bytes } => {
                ends.clear();
                bytes.clear();
            }
            Self::Lists { ends, items } => {
                ends.clear();
                items.clear();
            }
        }
    }

    /// Appends the values of some rows of `others`, which are of the same kind.
    pub(super) fn append(&mut self, others: &Self, rows: Range<usize>) {
        match (self, others) {
            (Self::Longs(mine), Self::Longs(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (Self::Ints(mine), Self::Ints(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (Self::Doubles(mine), Self::Doubles(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (Self::Booleans(mine), Self::Booleans(theirs)) => mine.extend_from_slice(&theirs[rows]),
            (Self::Texts { ends, bytes }, Self::Texts { ends: their_ends, bytes: theirs }) => {
                let parts = parts(their_ends, &rows);
                append_ends(ends, &their_ends[rows], parts.start);
                bytes.extend_from_slice(&theirs[parts]);
            }
            (Self::Lists { ends, items }, Self::Lists { ends: their_ends, items: theirs }) => {
                let parts = parts(their_ends, &rows);
                append_ends(ends, &their_ends[rows], parts.start);
                items.append(theirs, parts);
            }
            _ => unreachable!("a column has one type"),
        }
    }

    /// Returns the bytes of the texts and of the items of lists in some rows.
    pub(super) fn varying_bytes(&self, rows: Range<usize>) -> usize {
        match self {
            Self::Longs(_) | Self::Ints(_) | Self::Doubles(_) | Self::Booleans(_) => 0,
            Self::Texts { ends, .. } => parts(ends, &rows).len(),
            Self::Lists { ends, items } => {
                let parts = parts(ends, &rows);
                parts.len() * items.fixed_bytes() + items.varying_bytes(parts)
            }
        }
    }

    /// Returns the bytes that each value takes, without the bytes of its text or the items of its list.
    fn fixed_bytes(&self) -> usize {
        match self {
            Self::Longs(_) | Self::Doubles(_) => 8,
            Self::Ints(_) | Self::Texts { .. } | Self::Lists { .. } => 4,
            Self::Booleans(_) => 1,
        }
    }

    /// Returns the bytes of the values.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Longs(values) => size_of_val(&values[..]),
            Self::Ints(values) => size_of_val(&values[..]),
            Self::Doubles(values) => size_of_val(&values[..]),
            Self::Booleans(values) => values.len(),
            Self::Texts { ends, bytes } => size_of_val(&ends[..]) + bytes.len(),
            Self::Lists { ends, items } => size_of_val(&ends[..]) + items.bytes(),
        }
    }

    /// Returns an empty vector of the same kind, with room for as many values.
    pub(super) fn with_room(&self) -> Self {
        match self {
            Self::Longs(values) => Self::Longs(Vec::with_capacity(values.len())),
            Self::Ints(values) => Self::Ints(Vec::with_capacity(values.len())),
            Self::Doubles(values) => Self::Doubles(Vec::with_capacity(values.len())),
            Self::Booleans(values) => Self::Booleans(Vec::with_capacity(values.len())),
            Self::Texts { ends, bytes } => {
                let more = bytes.len() / 16;
                Self::Texts { ends: Vec::with_capacity(ends.len()), bytes: Vec::with_capacity(bytes.len() + more) }
            }
            Self::Lists { ends, items } => {
                Self::Lists { ends: Vec::with_capacity(ends.len()), items: Box::new(items.with_room()) }
            }
        }
    }
}

/// Returns the range of the bytes, or of the items, of some rows.
fn parts(ends: &[u32], rows: &Range<usize>) -> Range<usize> {
    let end_of = |rows: usize| if rows == 0 { 0 } else { ends[rows - 1] as usize };
    end_of(rows.start)..end_of(rows.end)
}

/// Appends the ends of some rows, whose parts started at `start`, behind the last end.
fn append_ends(ends: &mut Vec<u32>, others: &[u32], start: usize) {
    let before = ends.last().copied().unwrap_or(0);
    ends.extend(others.iter().map(|end| end - start as u32 + before));
}
