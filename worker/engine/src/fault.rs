//! Faults of cells, and where they stand.

use crate::report::Code;

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
    JsonSchema,
}

impl Constraint {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 10] = [
        Self::Required,
        Self::MinLength,
        Self::MaxLength,
        Self::Pattern,
        Self::Minimum,
        Self::Maximum,
        Self::ExclusiveMinimum,
        Self::ExclusiveMaximum,
        Self::Enum,
        Self::JsonSchema,
    ];

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
            Self::JsonSchema => "jsonSchema",
        }
    }
}

/// Some constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConstraintSet(u16);

impl ConstraintSet {
    /// Adds a constraint; false if it was there already.
    pub(crate) fn insert(&mut self, constraint: Constraint) -> bool {
        let is_new = !self.holds(constraint);
        self.0 |= 1 << constraint as u8;
        is_new
    }

    /// Returns true if this constraint is among them.
    #[inline]
    pub(crate) fn holds(self, constraint: Constraint) -> bool {
        self.0 >> constraint as u8 & 1 == 1
    }

    /// Returns true if there is no constraint.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The constraints, in their order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Constraint> {
        Constraint::ALL.into_iter().filter(move |&constraint| self.holds(constraint))
    }
}

/// From this column on a fault is one of the whole row, and the column is a number of something else.
pub(crate) const WHOLE_ROW: u32 = 0xff_0000;

/// The column of a fault of key number 0: what is wrong with keys stands behind cells and rules.
pub(crate) const KEYS: u32 = 0xff_8000;

/// The column of a fault of foreign key number 0: these stand behind everything else.
pub(crate) const FOREIGN: u32 = 0xff_c000;

/// A fault of a cell, or of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CellFault {
    Encoding,
    Type,
    /// Of the type, but beyond the values that it has here.
    Range,
    /// A date that has two meanings, as its day and its month can be swapped.
    Ambiguous,
    /// A time with more than nine digits behind the point of its seconds.
    TooFine,
    Constraint(Constraint),
    /// A unique key that stands in an earlier row.
    Unique,
    /// The same of the primary key.
    PrimaryKey,
    /// The row breaks a rule: see [`RULES`].
    Rule,
    /// A foreign key that is not where it refers to: see [`FOREIGN`].
    ForeignKey,
}

impl CellFault {
    /// The code of the fault in reports.
    #[inline]
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Encoding => Code::EncodingError,
            Self::Type | Self::Range | Self::Ambiguous | Self::TooFine => Code::TypeError,
            Self::Constraint(_) => Code::ConstraintError,
            Self::Unique => Code::UniqueError,
            Self::PrimaryKey => Code::PrimaryKey,
            Self::Rule => Code::RowConstraint,
            Self::ForeignKey => Code::ForeignKey,
        }
    }

    /// Number of different ones.
    pub(crate) const KINDS: usize = 19;

    /// A number for each, in their order.
    #[inline]
    pub(crate) fn kind(self) -> usize {
        match self {
            Self::Encoding => 0,
            Self::Type => 1,
            Self::Range => 2,
            Self::Ambiguous => 3,
            Self::TooFine => 4,
            Self::Constraint(constraint) => 5 + constraint as usize,
            Self::Unique => 15,
            Self::PrimaryKey => 16,
            Self::Rule => 17,
            Self::ForeignKey => 18,
        }
    }

    /// The fault with this number.
    pub(crate) fn of_kind(kind: usize) -> Option<Self> {
        const FIRST: [CellFault; 5] =
            [CellFault::Encoding, CellFault::Type, CellFault::Range, CellFault::Ambiguous, CellFault::TooFine];
        const LAST: [CellFault; 4] = [CellFault::Unique, CellFault::PrimaryKey, CellFault::Rule, CellFault::ForeignKey];
        let constraints = Constraint::ALL.into_iter().map(CellFault::Constraint);
        FIRST.into_iter().chain(constraints).chain(LAST).nth(kind)
    }
}

/// In place of a column, that a whole row is at fault: it breaks the rule whose number is added. No file has as many columns.
pub(crate) const RULES: u32 = WHOLE_ROW;

/// A fault with its cell: row within the chunk's regular rows, column in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedFault {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) fault: CellFault,
}

impl PlacedFault {
    /// A number in whose order faults stand: by column, by kind within a cell. Columns are fewer than 2^24.
    #[inline]
    fn in_row(self) -> u32 {
        self.column << 8 | self.fault.kind() as u32
    }
}

/// Brings faults into the order of rows, of columns within a row, and of kinds within a cell. One per thread: its memory is used
/// again.
#[derive(Debug, Default)]
pub(crate) struct Sorter {
    /// By row: where its next fault goes.
    starts: Vec<u32>,
    sorted: Vec<PlacedFault>,
}

impl Sorter {
    /// Sorts the faults of a chunk of this many rows.
    pub(crate) fn sort(&mut self, faults: &mut Vec<PlacedFault>, rows: usize) {
        // Few faults: they come column by column, so they are a few ascending runs, which this sort merges.
        if faults.len() < rows / 8 {
            faults.sort_by_key(|placed| u64::from(placed.row) << 32 | u64::from(placed.in_row()));
            return;
        }
        // Many: the faults of each row are counted, and put where they belong.
        let Self { starts, sorted } = self;
        starts.clear();
        starts.resize(rows + 1, 0);
        for placed in &*faults {
            starts[placed.row as usize + 1] += 1;
        }
        let mut before = 0;
        for start in &mut *starts {
            before += *start;
            *start = before;
        }
        sorted.clear();
        sorted.extend_from_slice(faults);
        for &placed in &*faults {
            let start = &mut starts[placed.row as usize];
            sorted[*start as usize] = placed;
            *start += 1;
        }
        for of_row in sorted.chunk_by_mut(|one, other| one.row == other.row) {
            if !of_row.is_sorted_by_key(|placed| placed.in_row()) {
                of_row.sort_by_key(|placed| placed.in_row());
            }
        }
        std::mem::swap(sorted, faults);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_fault_has_its_number() {
        for kind in 0..CellFault::KINDS {
            assert_eq!(CellFault::of_kind(kind).map(CellFault::kind), Some(kind));
        }
        assert_eq!(CellFault::of_kind(CellFault::KINDS), None);
    }

    proptest! {
        #[test]
        fn faults_stand_by_row_then_column_then_kind(cells in prop::collection::vec((0..40u32, 0..300u32, 0..4u8), 0..200)) {
            let kinds = [CellFault::Encoding, CellFault::Type, CellFault::Constraint(Constraint::Required), CellFault::Constraint(Constraint::Enum)];
            let given: Vec<_> = cells
                .iter()
                .map(|&(row, column, kind)| PlacedFault { row, column, fault: kinds[usize::from(kind)] })
                .collect();
            let mut expected = given.clone();
            expected.sort_by_key(|placed| (placed.row, placed.column, placed.fault.kind()));
            let mut sorter = Sorter::default();
            for rows in [40, 10_000] {
                let mut faults = given.clone();
                sorter.sort(&mut faults, rows);
                prop_assert_eq!(&faults, &expected);
            }
        }
    }
}
