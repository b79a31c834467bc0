//! Records → typed columns: every cell of a column is read once, in its type, with a fault for each bad one.
//!
//! This pass also evaluates the constraints on text (`required`, lengths, `pattern`, `enum`): as expressions over string
//! views they cost more than the whole pass (the numbers are in the design page). Bounds of numbers and times are
//! expressions of [`crate::frame`].

use std::collections::HashSet;

use sluice_csv::{Chunk, Dialect, unquote};

use crate::descriptor::{Bound, Constraints, Field, FieldType, Scalar, StringFormat};
use crate::parse;
use crate::pattern::Matcher;

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

/// What a row's cell is, in [`TypedColumn::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Missing,
    Value,
    /// A value that a double does not hold exactly: its bounds were compared as decimal text in this pass.
    Exact,
    Failed,
}

/// The typed cells of one column of one chunk, a value and a state for each regular row.
#[derive(Debug, Default)]
pub(crate) struct TypedColumn {
    pub(crate) values: Values,
    pub(crate) states: Vec<State>,
}

/// Values by physical type; the slot of a cell without a value is 0.
#[derive(Debug, Default)]
pub(crate) enum Values {
    /// Text stays in the chunk.
    #[default]
    Text,
    /// `integer` and `year`.
    Integers(Vec<i64>),
    /// `number`: the nearest doubles, and the exact decimals (`scale` 255: none).
    Numbers {
        values: Vec<f64>,
        mantissas: Vec<i64>,
        scales: Vec<u8>,
    },
    Booleans(Vec<bool>),
    /// Days since 1970-01-01.
    Dates(Vec<i32>),
    /// Microseconds since 1970-01-01.
    Datetimes(Vec<i64>),
    /// Microseconds since midnight.
    Times(Vec<i64>),
    /// Months since 0000-01.
    YearMonths(Vec<i32>),
}

/// `scale` of a number that is not a decimal of at most 18 digits.
pub(crate) const NO_SCALE: u8 = u8::MAX;

/// Doubles hold every integer up to here.
const EXACT_MANTISSA: u64 = 1 << 53;

/// How one column of a file is checked: a field of the schema, compiled.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: FieldType,
    pub(crate) constraints: Constraints,
    pub(crate) redacted: bool,
    missing: Missing,
    pattern: Option<Matcher>,
    texts: Option<TextSet>,
}

impl Column {
    pub(crate) fn new(field: &Field, redacted: bool) -> Self {
        let constraints = field.constraints.clone();
        let is_text = matches!(field.kind, FieldType::String(_) | FieldType::Any);
        Self {
            name: field.name.clone(),
            kind: field.kind.clone(),
            missing: Missing::new(&field.missing_values),
            pattern: constraints.pattern.as_ref().map(Matcher::new),
            texts: constraints
                .enumeration
                .as_deref()
                .filter(|_| is_text)
                .map(TextSet::new),
            constraints,
            redacted,
        }
    }

    /// A column that the schema does not have: any text.
    pub(crate) fn unchecked(name: String, kind: FieldType) -> Self {
        let field = Field {
            name,
            kind,
            constraints: Constraints::default(),
            missing_values: vec![String::new()],
        };
        Self::new(&field, false)
    }

    /// Whether the field's text stands for "no value".
    #[inline]
    pub(crate) fn is_missing(&self, text: &[u8]) -> bool {
        self.missing.holds(text)
    }

    /// Whether no cell of the column can be at fault (given that the chunk is UTF-8).
    fn takes_anything(&self) -> bool {
        let Constraints {
            required,
            min_length,
            max_length,
            ..
        } = self.constraints;
        matches!(
            self.kind,
            FieldType::String(StringFormat::Default) | FieldType::Any
        ) && !required
            && min_length.is_none()
            && max_length.is_none()
            && self.pattern.is_none()
            && self.texts.is_none()
    }
}

/// The texts that stand for "no value".
#[derive(Debug)]
enum Missing {
    Empty,
    Texts(Vec<Vec<u8>>),
}

impl Missing {
    fn new(texts: &[String]) -> Self {
        match texts {
            [text] if text.is_empty() => Self::Empty,
            texts => Self::Texts(texts.iter().map(|text| text.clone().into_bytes()).collect()),
        }
    }

    #[inline]
    fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Empty => text.is_empty(),
            Self::Texts(texts) => texts.iter().any(|missing| missing == text),
        }
    }
}

/// A set of texts with a fast path for short ones.
#[derive(Debug)]
struct TextSet {
    /// Texts of at most 7 bytes, packed with their length; sorted.
    short: Vec<u64>,
    long: HashSet<Vec<u8>>,
}

/// Sets up to this size are searched front to back.
const LINEAR: usize = 16;

impl TextSet {
    fn new(bounds: &[Bound]) -> Self {
        let texts = bounds.iter().map(|bound| match &bound.value {
            Scalar::String(text) => text.as_bytes(),
            _ => bound.text.as_bytes(),
        });
        let (short, long): (Vec<_>, Vec<_>) = texts.partition(|text| text.len() < 8);
        let mut short: Vec<u64> = short.into_iter().map(Self::pack).collect();
        short.sort_unstable();
        Self {
            short,
            long: long.into_iter().map(<[u8]>::to_vec).collect(),
        }
    }

    #[inline]
    fn pack(text: &[u8]) -> u64 {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes[7] = text.len() as u8;
        u64::from_le_bytes(bytes)
    }

    #[inline]
    fn holds(&self, text: &[u8]) -> bool {
        if text.len() >= 8 {
            return self.long.contains(text);
        }
        let packed = Self::pack(text);
        if self.short.len() <= LINEAR {
            self.short.contains(&packed)
        } else {
            self.short.binary_search(&packed).is_ok()
        }
    }
}

/// Equality of cells, which are mostly short: a call to compare them would cost more than the comparison.
#[inline(always)]
fn same(one: &[u8], other: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk::<N>() && one.last_chunk::<N>() == other.last_chunk::<N>()
    }
    one.len() == other.len()
        && match one.len() {
            0 => true,
            1..4 => ends::<1>(one, other) && one[one.len() / 2] == other[other.len() / 2],
            4..8 => ends::<4>(one, other),
            8..=16 => ends::<8>(one, other),
            _ => ends::<8>(one, other) && one == other,
        }
}

/// A cell as the column sees it.
enum Cell<'a> {
    Missing,
    Text(&'a [u8]),
    NotUtf8,
}

/// The rows of a chunk that hold bytes that are not UTF-8, ascending.
#[derive(Debug, Default)]
pub(crate) struct NotUtf8 {
    rows: Vec<u32>,
}

impl NotUtf8 {
    /// Finds them; one pass over the bytes when there are none.
    pub(crate) fn find(&mut self, chunk: &Chunk) {
        self.rows.clear();
        let bytes = chunk.bytes();
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            return;
        }
        let rows = &chunk.index.rows;
        let mut from = 0;
        while from < bytes.len() {
            let Err(error) = simdutf8::compat::from_utf8(&bytes[from..]) else {
                return;
            };
            let at = from + error.valid_up_to();
            let after = rows.partition_point(|row| row.start as usize <= at);
            // The next byte is the place to go on from: the byte at fault may stand outside the regular rows.
            from = at + 1;
            if let Some(row) = after.checked_sub(1)
                && at < chunk.row_next(rows[row]) as usize
            {
                self.rows.push(row as u32);
                from = chunk.row_next(rows[row]) as usize;
            }
        }
    }

    fn holds(&self, row: usize) -> bool {
        self.rows.binary_search(&(row as u32)).is_ok()
    }
}

/// Calls `each` with every cell of a column: row, bytes as they stand in the file, and what they are.
#[inline]
fn scan<'c>(
    column: &Column,
    place: usize,
    chunk: &'c Chunk,
    dialect: &Dialect,
    not_utf8: &NotUtf8,
    scratch: &mut Vec<u8>,
    mut each: impl FnMut(usize, &'c [u8], Cell<'_>),
) {
    let quotes = chunk.has_quotes() || dialect.escape.is_some();
    for (row, &place_of_row) in chunk.index.rows.iter().enumerate() {
        let raw = chunk.cell(place_of_row, place);
        let text = if quotes {
            unquote(raw, dialect, scratch)
        } else {
            raw
        };
        let cell = if column.missing.holds(text) {
            Cell::Missing
        } else if !not_utf8.rows.is_empty()
            && not_utf8.holds(row)
            && simdutf8::basic::from_utf8(text).is_err()
        {
            Cell::NotUtf8
        } else {
            Cell::Text(text)
        };
        each(row, raw, cell);
    }
}

/// The typed pass over one chunk.
pub(crate) struct Typing<'a> {
    pub(crate) chunk: &'a Chunk,
    pub(crate) dialect: &'a Dialect,
    pub(crate) not_utf8: &'a NotUtf8,
    pub(crate) scratch: &'a mut Vec<u8>,
    pub(crate) faults: &'a mut Vec<PlacedFault>,
}

impl Typing<'_> {
    /// Reads column number `place` into `typed` and appends its faults.
    pub(crate) fn read(&mut self, column: &Column, place: usize, typed: &mut TypedColumn) {
        match &column.kind {
            FieldType::String(format) => self.text(column, place, *format, typed),
            FieldType::Any => self.text(column, place, StringFormat::Default, typed),
            &FieldType::Integer {
                bare_number,
                group_char,
            } => {
                // The common form gets a loop of its own, in which the parser is inlined.
                if bare_number && group_char.is_none() {
                    self.integers(column, place, typed, |text| {
                        parse::integer(text, true, None)
                    });
                } else {
                    self.integers(column, place, typed, |text| {
                        parse::integer(text, bare_number, group_char)
                    });
                }
            }
            FieldType::Year => self.integers(column, place, typed, |text| {
                parse::year(text).ok_or(parse::IntegerError::NotAnInteger)
            }),
            FieldType::Number { .. } => self.numbers(column, place, typed),
            FieldType::Boolean {
                true_values,
                false_values,
            } => {
                let mut values = typed.take_booleans();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::boolean(text, true_values, false_values).ok_or(CellFault::Type)
                });
                typed.values = Values::Booleans(values);
            }
            FieldType::Date(format) => {
                let mut values = typed.take_i32();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::date(text, format).ok_or(CellFault::Type)
                });
                typed.values = Values::Dates(values);
            }
            FieldType::YearMonth => {
                let mut values = typed.take_i32();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::year_month(text).ok_or(CellFault::Type)
                });
                typed.values = Values::YearMonths(values);
            }
            FieldType::Datetime(format) => {
                let mut values = typed.take_i64();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::datetime(text, format).ok_or(CellFault::Type)
                });
                typed.values = Values::Datetimes(values);
            }
            FieldType::Time(format) => {
                let mut values = typed.take_i64();
                self.typed(column, place, typed, &mut values, |text| {
                    parse::time(text, format).ok_or(CellFault::Type)
                });
                typed.values = Values::Times(values);
            }
        }
    }

    fn integers(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        parse: impl Fn(&[u8]) -> Result<i64, parse::IntegerError>,
    ) {
        let mut values = typed.take_i64();
        self.typed(column, place, typed, &mut values, |text| {
            parse(text).map_err(|error| match error {
                parse::IntegerError::NotAnInteger => CellFault::Type,
                parse::IntegerError::OutOfRange => CellFault::Range,
            })
        });
        typed.values = Values::Integers(values);
    }

    /// Types whose values a fixed-size type holds. The previous cell is remembered: sorted and repeated values are common.
    #[inline]
    fn typed<T: Copy + Default>(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        values: &mut Vec<T>,
        parse: impl Fn(&[u8]) -> Result<T, CellFault>,
    ) {
        let Self {
            chunk,
            dialect,
            not_utf8,
            scratch,
            faults,
        } = self;
        let rows = chunk.index.rows.len();
        typed.states.clear();
        typed.states.reserve(rows);
        values.clear();
        values.reserve(rows);
        let states = &mut typed.states;
        let required = column.constraints.required;
        let mut previous: Option<(&[u8], T)> = None;
        scan(
            column,
            place,
            chunk,
            dialect,
            not_utf8,
            scratch,
            |row, raw, cell| {
                let mut at_fault = |fault| {
                    faults.push(PlacedFault {
                        row: row as u32,
                        column: place as u32,
                        fault,
                    })
                };
                let (value, state) = match cell {
                    Cell::Missing => {
                        if required {
                            at_fault(CellFault::Constraint(Constraint::Required));
                        }
                        (T::default(), State::Missing)
                    }
                    Cell::Text(text) => match previous {
                        Some((other, value)) if same(other, raw) => (value, State::Value),
                        _ => match parse(text) {
                            Ok(value) => {
                                previous = Some((raw, value));
                                (value, State::Value)
                            }
                            Err(fault) => {
                                at_fault(fault);
                                (T::default(), State::Failed)
                            }
                        },
                    },
                    Cell::NotUtf8 => {
                        at_fault(CellFault::Encoding);
                        (T::default(), State::Failed)
                    }
                };
                values.push(value);
                states.push(state);
            },
        );
        self.check_text_constraints(column, place, typed);
    }

    fn numbers(&mut self, column: &Column, place: usize, typed: &mut TypedColumn) {
        let &FieldType::Number {
            bare_number,
            group_char,
            decimal_char,
        } = &column.kind
        else {
            return;
        };
        if bare_number && group_char.is_none() && decimal_char == '.' {
            self.numbers_with(column, place, typed, |text| {
                parse::number(text, true, None, '.')
            });
        } else {
            self.numbers_with(column, place, typed, |text| {
                parse::number(text, bare_number, group_char, decimal_char)
            });
        }
    }

    fn numbers_with(
        &mut self,
        column: &Column,
        place: usize,
        typed: &mut TypedColumn,
        parse: impl Fn(&[u8]) -> Option<parse::Number>,
    ) {
        let (mut values, mut mantissas, mut scales) = match std::mem::take(&mut typed.values) {
            Values::Numbers {
                values,
                mantissas,
                scales,
            } => (values, mantissas, scales),
            _ => Default::default(),
        };
        let Self {
            chunk,
            dialect,
            not_utf8,
            scratch,
            faults,
        } = self;
        let rows = chunk.index.rows.len();
        values.clear();
        mantissas.clear();
        scales.clear();
        typed.states.clear();
        values.reserve(rows);
        mantissas.reserve(rows);
        scales.reserve(rows);
        typed.states.reserve(rows);
        let bounds = NumberBounds::new(column);
        let states = &mut typed.states;
        scan(
            column,
            place,
            chunk,
            dialect,
            not_utf8,
            scratch,
            |row, _, cell| {
                let mut at_fault = |fault| {
                    faults.push(PlacedFault {
                        row: row as u32,
                        column: place as u32,
                        fault,
                    })
                };
                let (number, state) = match cell {
                    Cell::Missing => {
                        if column.constraints.required {
                            at_fault(CellFault::Constraint(Constraint::Required));
                        }
                        (None, State::Missing)
                    }
                    Cell::Text(text) => match parse(text) {
                        None => {
                            at_fault(CellFault::Type);
                            (None, State::Failed)
                        }
                        Some(number) => {
                            let exact = matches!(number.decimal, Some(decimal) if decimal.mantissa.unsigned_abs() < EXACT_MANTISSA);
                            if exact {
                                (Some(number), State::Value)
                            } else {
                                bounds.check_exactly(text, number.value, |constraint| {
                                    at_fault(CellFault::Constraint(constraint));
                                });
                                (Some(number), State::Exact)
                            }
                        }
                    },
                    Cell::NotUtf8 => {
                        at_fault(CellFault::Encoding);
                        (None, State::Failed)
                    }
                };
                let decimal = number.as_ref().and_then(|number| number.decimal);
                values.push(number.map_or(0.0, |number| number.value));
                mantissas.push(decimal.map_or(0, |decimal| decimal.mantissa));
                scales.push(decimal.map_or(NO_SCALE, |decimal| decimal.scale));
                states.push(state);
            },
        );
        typed.values = Values::Numbers {
            values,
            mantissas,
            scales,
        };
        self.check_text_constraints(column, place, typed);
    }

    /// `pattern` applies to the text of any type; only on the cells that are of the type.
    fn check_text_constraints(&mut self, column: &Column, place: usize, typed: &TypedColumn) {
        let Some(pattern) = &column.pattern else {
            return;
        };
        let Self {
            chunk,
            dialect,
            not_utf8,
            scratch,
            faults,
        } = self;
        scan(
            column,
            place,
            chunk,
            dialect,
            not_utf8,
            scratch,
            |row, _, cell| {
                if let Cell::Text(text) = cell
                    && matches!(typed.states[row], State::Value | State::Exact)
                    && !pattern.is_match(text)
                {
                    let fault = CellFault::Constraint(Constraint::Pattern);
                    faults.push(PlacedFault {
                        row: row as u32,
                        column: place as u32,
                        fault,
                    });
                }
            },
        );
    }

    fn text(
        &mut self,
        column: &Column,
        place: usize,
        format: StringFormat,
        typed: &mut TypedColumn,
    ) {
        typed.values = Values::Text;
        let Self {
            chunk,
            dialect,
            not_utf8,
            scratch,
            faults,
        } = self;
        if column.takes_anything() && not_utf8.rows.is_empty() {
            return;
        }
        let Constraints {
            required,
            min_length,
            max_length,
            ..
        } = column.constraints;
        let has_length = min_length.is_some() || max_length.is_some();
        let (shortest, longest) = (min_length.unwrap_or(0), max_length.unwrap_or(u64::MAX));
        let mut previous: (&[u8], bool) = (&[], false);
        scan(
            column,
            place,
            chunk,
            dialect,
            not_utf8,
            scratch,
            |row, raw, cell| {
                let mut at_fault = |fault| {
                    faults.push(PlacedFault {
                        row: row as u32,
                        column: place as u32,
                        fault,
                    })
                };
                let text = match cell {
                    Cell::Missing => {
                        if required {
                            at_fault(CellFault::Constraint(Constraint::Required));
                        }
                        return;
                    }
                    Cell::Text(text) => text,
                    Cell::NotUtf8 => return at_fault(CellFault::Encoding),
                };
                // Only good cells are remembered: a repeated fault is found again.
                if previous.1 && same(raw, previous.0) {
                    return;
                }
                if format != StringFormat::Default && !parse::string_matches(text, format) {
                    return at_fault(CellFault::Type);
                }
                let mut good = true;
                let mut breaks = |constraint| {
                    good = false;
                    at_fault(CellFault::Constraint(constraint));
                };
                if has_length {
                    let bytes = text.len() as u64;
                    // A character is one to four bytes: most lengths are decided without counting.
                    if bytes > longest || bytes < shortest.saturating_mul(4) {
                        let characters = characters(text);
                        if characters < shortest {
                            breaks(Constraint::MinLength);
                        }
                        if characters > longest {
                            breaks(Constraint::MaxLength);
                        }
                    }
                }
                if column
                    .pattern
                    .as_ref()
                    .is_some_and(|pattern| !pattern.is_match(text))
                {
                    breaks(Constraint::Pattern);
                }
                if column
                    .texts
                    .as_ref()
                    .is_some_and(|texts| !texts.holds(text))
                {
                    breaks(Constraint::Enum);
                }
                previous = (raw, good);
            },
        );
    }
}

/// Characters (Unicode scalar values) of valid UTF-8.
#[inline]
pub(crate) fn characters(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

impl TypedColumn {
    fn take_i64(&mut self) -> Vec<i64> {
        match std::mem::take(&mut self.values) {
            Values::Integers(values) | Values::Datetimes(values) | Values::Times(values) => values,
            _ => Vec::new(),
        }
    }

    fn take_i32(&mut self) -> Vec<i32> {
        match std::mem::take(&mut self.values) {
            Values::Dates(values) | Values::YearMonths(values) => values,
            _ => Vec::new(),
        }
    }

    fn take_booleans(&mut self) -> Vec<bool> {
        match std::mem::take(&mut self.values) {
            Values::Booleans(values) => values,
            _ => Vec::new(),
        }
    }
}

/// The bounds of a number field, for the cells that a double does not hold exactly.
struct NumberBounds<'a> {
    column: &'a Column,
    group_char: Option<char>,
    decimal_char: char,
    bare_number: bool,
}

impl<'a> NumberBounds<'a> {
    fn new(column: &'a Column) -> Self {
        match column.kind {
            FieldType::Number {
                bare_number,
                group_char,
                decimal_char,
            } => Self {
                column,
                group_char,
                decimal_char,
                bare_number,
            },
            _ => Self {
                column,
                group_char: None,
                decimal_char: '.',
                bare_number: true,
            },
        }
    }

    /// Calls `breaks` for every bound that the number does not keep. NaN keeps none: it is neither above nor below.
    fn check_exactly(&self, text: &[u8], value: f64, mut breaks: impl FnMut(Constraint)) {
        let Constraints {
            minimum,
            maximum,
            exclusive_minimum,
            exclusive_maximum,
            enumeration,
            ..
        } = &self.column.constraints;
        let bounds = [
            (Constraint::Minimum, minimum),
            (Constraint::Maximum, maximum),
            (Constraint::ExclusiveMinimum, exclusive_minimum),
            (Constraint::ExclusiveMaximum, exclusive_maximum),
        ];
        if bounds.iter().all(|(_, bound)| bound.is_none()) && enumeration.is_none() {
            return;
        }
        let plain =
            parse::plain_decimal(text, self.bare_number, self.group_char, self.decimal_char);
        let compare = |bound: &Bound| {
            let Scalar::Number(limit) = bound.value else {
                return None;
            };
            if value.is_nan() || limit.is_nan() {
                return None;
            }
            if value.is_infinite() || limit.is_infinite() {
                return value.partial_cmp(&limit);
            }
            Some(parse::compare_decimal_text(&plain, &bound.text))
        };
        for (constraint, bound) in bounds {
            let Some(bound) = bound else { continue };
            let order = compare(bound);
            let keeps = match constraint {
                Constraint::Minimum => order.is_some_and(std::cmp::Ordering::is_ge),
                Constraint::Maximum => order.is_some_and(std::cmp::Ordering::is_le),
                Constraint::ExclusiveMinimum => order.is_some_and(std::cmp::Ordering::is_gt),
                _ => order.is_some_and(std::cmp::Ordering::is_lt),
            };
            if !keeps {
                breaks(constraint);
            }
        }
        if let Some(values) = enumeration
            && !values
                .iter()
                .any(|bound| compare(bound) == Some(std::cmp::Ordering::Equal))
        {
            breaks(Constraint::Enum);
        }
    }
}
