//! What can be wrong with a cell, and where.

/// A constraint; the order is that of the faults of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Constraint {
    Required,
    MinLength,
    MaxLength,
    Pattern,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    Enum,
}

impl Constraint {
    /// The name in the standard.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::MinLength => "minLength",
            Self::MaxLength => "maxLength",
            Self::Pattern => "pattern",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::ExclusiveMinimum => "exclusiveMinimum",
            Self::ExclusiveMaximum => "exclusiveMaximum",
            Self::Enum => "enum",
        }
    }
}

/// What is wrong with a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CellFault {
    Encoding,
    Type,
    /// An integer that 64 bits do not hold.
    Range,
    Constraint(Constraint),
}

impl CellFault {
    /// Number of different ones.
    pub(crate) const KINDS: usize = 12;

    /// A number for each, in their order.
    #[inline]
    pub(crate) fn kind(self) -> usize {
        match self {
            Self::Encoding => 0,
            Self::Type => 1,
            Self::Range => 2,
            Self::Constraint(constraint) => 3 + constraint as usize,
        }
    }
}

/// A fault at its place: row within the chunk's regular rows, column in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedFault {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) fault: CellFault,
}

/// Brings faults into the order of rows, of columns within a row, and of kinds within a cell.
pub(crate) fn sort(faults: &mut [PlacedFault]) {
    // They come column by column, so they are a few ascending runs, which this sort merges. One number is compared faster than
    // three; columns are fewer than 2^24.
    faults.sort_by_key(|placed| {
        u64::from(placed.row) << 32 | u64::from(placed.column) << 8 | placed.fault.kind() as u64
    });
}
