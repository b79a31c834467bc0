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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CellFault {
    Encoding,
    Type,
    /// An integer that 64 bits do not hold.
    Range,
    Constraint(Constraint),
}

/// A fault at its place: row within the chunk's regular rows, column in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlacedFault {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) fault: CellFault,
}
