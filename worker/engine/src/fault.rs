//! Faults of cells, and where they stand.

use crate::codes::Code;

/// A constraint. The order of the variants is the order of the faults of one cell.
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
    /// Of `sluice.decimals`, and not of the standard.
    Decimal,
}

impl Constraint {
    /// All constraints, in their order.
    pub(crate) const ALL: [Self; 11] = [
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
        Self::Decimal,
    ];

    /// Returns the name in the standard and in reports.
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
            Self::Decimal => "decimal",
        }
    }
}

/// A set of constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConstraintSet(u16);

impl ConstraintSet {
    /// Adds a constraint. Returns false if the set has it already.
    pub(crate) fn insert(&mut self, constraint: Constraint) -> bool {
        let is_new = !self.holds(constraint);
        self.0 |= 1 << constraint as u8;
        is_new
    }

    /// Returns true if the set has this constraint.
    #[inline]
    pub(crate) fn holds(self, constraint: Constraint) -> bool {
        self.0 >> constraint as u8 & 1 == 1
    }

    /// Returns true if the set has no constraint.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the constraints, in their order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Constraint> {
        Constraint::ALL.into_iter().filter(move |&constraint| self.holds(constraint))
    }
}

/// A fault of a cell, or of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CellFault {
    Encoding,
    Type,
    /// The cell is of its type, but its value is out of the range that can be stored.
    Range,
    /// The cell is a date with two meanings, as its day and its month can be swapped.
    Ambiguous,
    /// The cell is a time with more than nine digits behind the point of its seconds.
    TooFine,
    Constraint(Constraint),
    /// The value of a unique key stands in an earlier row.
    Unique,
    /// The primary key stands in an earlier row.
    PrimaryKey,
    /// The row breaks a rule.
    Rule,
    /// The row that a foreign key refers to does not exist.
    ForeignKey,
}

impl CellFault {
    /// Returns the code of the fault in reports.
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

    /// How many kinds of fault there are; each constraint counts as one.
    pub(crate) const KINDS: usize = 20;

    /// Returns the number of the kind, from 0, in the order of the faults of one cell.
    #[inline]
    pub(crate) fn kind(self) -> usize {
        match self {
            Self::Encoding => 0,
            Self::Type => 1,
            Self::Range => 2,
            Self::Ambiguous => 3,
            Self::TooFine => 4,
            Self::Constraint(constraint) => 5 + constraint as usize,
            Self::Unique => 16,
            Self::PrimaryKey => 17,
            Self::Rule => 18,
            Self::ForeignKey => 19,
        }
    }

    /// Returns the fault of this kind; `None` for a number without a kind.
    pub(crate) fn of_kind(kind: usize) -> Option<Self> {
        const FIRST: [CellFault; 5] =
            [CellFault::Encoding, CellFault::Type, CellFault::Range, CellFault::Ambiguous, CellFault::TooFine];
        const LAST: [CellFault; 4] = [CellFault::Unique, CellFault::PrimaryKey, CellFault::Rule, CellFault::ForeignKey];
        let constraints = Constraint::ALL.into_iter().map(CellFault::Constraint);
        FIRST.into_iter().chain(constraints).chain(LAST).nth(kind)
    }
}

/// Where in its row a fault stands. Faults of cells stand before those of rules, keys and foreign keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FaultLocation {
    /// In the cell of this column of the file.
    Cell(usize),
    /// The row breaks the rule with this number.
    Rule(usize),
    /// The key with this number stands in an earlier row.
    Key(usize),
    /// The foreign key with this number refers to no row.
    ForeignKey(usize),
}

/// The locations of rule, key and foreign key number 0, behind those of all columns.
const FIRST_RULE: u32 = 0xff_0000;
const FIRST_KEY: u32 = 0xff_8000;
const FIRST_FOREIGN_KEY: u32 = 0xff_c000;

/// A fault and where it stands: the index of its row among the chunk's regular rows, and the location in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedFault {
    pub(crate) row: u32,
    /// A [`FaultLocation`] as a number, by which faults are sorted: below 2^24.
    location: u32,
    pub(crate) fault: CellFault,
}

impl PlacedFault {
    /// Returns a fault of a cell.
    #[inline(always)]
    pub(crate) fn of_cell(row: usize, column: usize, fault: CellFault) -> Self {
        Self { row: row as u32, location: column as u32, fault }
    }

    /// Returns a fault at a location.
    pub(crate) fn at(row: u32, location: FaultLocation, fault: CellFault) -> Self {
        let location = match location {
            FaultLocation::Cell(column) => column as u32,
            FaultLocation::Rule(number) => FIRST_RULE + number as u32,
            FaultLocation::Key(number) => FIRST_KEY + number as u32,
            FaultLocation::ForeignKey(number) => FIRST_FOREIGN_KEY + number as u32,
        };
        Self { row, location, fault }
    }

    /// Returns the location in the row.
    #[inline(always)]
    pub(crate) fn location(self) -> FaultLocation {
        let number = |first: u32| (self.location - first) as usize;
        match self.location {
            ..FIRST_RULE => FaultLocation::Cell(self.location as usize),
            FIRST_RULE..FIRST_KEY => FaultLocation::Rule(number(FIRST_RULE)),
            FIRST_KEY..FIRST_FOREIGN_KEY => FaultLocation::Key(number(FIRST_KEY)),
            FIRST_FOREIGN_KEY.. => FaultLocation::ForeignKey(number(FIRST_FOREIGN_KEY)),
        }
    }

    /// Returns a number by which the faults of a row are sorted: by location, and within a cell by kind.
    #[inline]
    fn in_row(self) -> u32 {
        self.location << 8 | self.fault.kind() as u32
    }
}

/// Sorts faults by row, within a row by column, and within a cell by kind. There is one for each thread, as its memory
/// is used again.
#[derive(Debug, Default)]
pub(crate) struct FaultSorter {
    /// For each row, the index at which its next fault is written.
    starts: Vec<u32>,
    sorted: Vec<PlacedFault>,
}

impl FaultSorter {
    /// Sorts the faults of a chunk of this many rows.
    pub(crate) fn sort(&mut self, faults: &mut Vec<PlacedFault>, rows: usize) {
        // Few faults come column by column, as a few ascending runs, which this sort merges.
        if faults.len() < rows / 8 {
            faults.sort_by_key(|placed| u64::from(placed.row) << 32 | u64::from(placed.in_row()));
            return;
        }
        // With many faults, the faults of each row are counted, and each is written to its location.
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

    #[test]
    fn a_place_is_read_back() {
        let locations = [
            FaultLocation::Cell(0),
            FaultLocation::Cell(4095),
            FaultLocation::Rule(0),
            FaultLocation::Rule(999),
            FaultLocation::Key(0),
            FaultLocation::Key(9),
        ];
        for location in locations.into_iter().chain([FaultLocation::ForeignKey(0), FaultLocation::ForeignKey(99)]) {
            assert_eq!(PlacedFault::at(7, location, CellFault::Type).location(), location);
        }
    }

    proptest! {
        #[test]
        fn faults_stand_by_row_then_column_then_kind(cells in prop::collection::vec((0..40u32, 0..300u32, 0..4u8), 0..200)) {
            let kinds = [CellFault::Encoding, CellFault::Type, CellFault::Constraint(Constraint::Required), CellFault::Constraint(Constraint::Enum)];
            let given: Vec<_> = cells
                .iter()
                .map(|&(row, column, kind)| PlacedFault { row, location: column, fault: kinds[usize::from(kind)] })
                .collect();
            let mut expected = given.clone();
            expected.sort_by_key(|placed| (placed.row, placed.location, placed.fault.kind()));
            let mut sorter = FaultSorter::default();
            for rows in [40, 10_000] {
                let mut faults = given.clone();
                sorter.sort(&mut faults, rows);
                prop_assert_eq!(&faults, &expected);
            }
        }
    }
}
