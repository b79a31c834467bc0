//! How one column of a file is checked: a field of the schema, compiled.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::descriptor::{Bound, Constraints, Field, FieldType, Scalar, StringFormat};
use crate::fault::Constraint;
use crate::parse;
use crate::pattern::Matcher;
use crate::short::Packed;

/// How one column of a file is checked: a field of the schema, compiled.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: FieldType,
    pub(crate) constraints: Constraints,
    pub(crate) redacted: bool,
    pub(crate) missing: Missing,
    pub(crate) pattern: Option<Matcher>,
    pub(crate) texts: Option<TextSet>,
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
            texts: constraints.enumeration.as_deref().filter(|_| is_text).map(TextSet::new),
            constraints,
            redacted,
        }
    }

    /// A column that the schema does not have: any text.
    pub(crate) fn unchecked(name: String, kind: FieldType) -> Self {
        let field = Field { name, kind, constraints: Constraints::default(), missing_values: vec![String::new()] };
        Self::new(&field, false)
    }

    /// Whether no cell of the column can be at fault (given that the chunk is UTF-8).
    pub(crate) fn takes_anything(&self) -> bool {
        let Constraints { required, min_length, max_length, .. } = self.constraints;
        matches!(self.kind, FieldType::String(StringFormat::Default) | FieldType::Any)
            && !required
            && min_length.is_none()
            && max_length.is_none()
            && self.pattern.is_none()
            && self.texts.is_none()
    }
}

/// The texts that stand for "no value".
#[derive(Debug)]
pub(crate) enum Missing {
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
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Empty => text.is_empty(),
            Self::Texts(texts) => texts.iter().any(|missing| missing == text),
        }
    }
}

/// A set of texts with a fast path for short ones.
#[derive(Debug)]
pub(crate) struct TextSet {
    /// Texts of 1 to 7 bytes, by hash; the empty text = free. At least three quarters are free.
    short: Vec<Packed>,
    shift: u32,
    empty: bool,
    long: HashSet<Vec<u8>>,
}

impl TextSet {
    fn new(bounds: &[Bound]) -> Self {
        let texts: Vec<&[u8]> = bounds
            .iter()
            .map(|bound| match &bound.value {
                Scalar::String(text) => text.as_bytes(),
                _ => bound.text.as_bytes(),
            })
            .collect();
        let bits = (texts.len() * 4).next_power_of_two().max(4).trailing_zeros();
        let short = vec![Packed::EMPTY; 1 << bits];
        let mut set = Self { short, shift: u64::BITS - bits, empty: false, long: HashSet::new() };
        for text in texts {
            match Packed::of(text) {
                Some(Packed::EMPTY) => set.empty = true,
                Some(packed) => {
                    let slot = set.slot(packed);
                    set.short[slot] = packed;
                }
                None => {
                    set.long.insert(text.to_vec());
                }
            }
        }
        set
    }

    /// The slot that holds `packed`, or the free one where it would stand.
    #[inline]
    fn slot(&self, packed: Packed) -> usize {
        let mut slot = packed.slot(self.shift);
        while self.short[slot] != Packed::EMPTY && self.short[slot] != packed {
            slot = (slot + 1) & (self.short.len() - 1);
        }
        slot
    }

    #[inline]
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        match Packed::of(text) {
            Some(Packed::EMPTY) => self.empty,
            Some(packed) => self.short[self.slot(packed)] == packed,
            None => self.long.contains(text),
        }
    }
}

/// The bounds of a number field, for the cells that a double does not hold exactly.
pub(crate) struct NumberBounds<'a> {
    column: &'a Column,
    group_char: Option<char>,
    decimal_char: char,
    bare_number: bool,
}

impl<'a> NumberBounds<'a> {
    pub(crate) fn new(column: &'a Column) -> Self {
        match column.kind {
            FieldType::Number { bare_number, group_char, decimal_char } => {
                Self { column, group_char, decimal_char, bare_number }
            }
            _ => Self { column, group_char: None, decimal_char: '.', bare_number: true },
        }
    }

    /// Calls `breaks` for every bound that the number does not keep. NaN keeps none: it is neither above nor below.
    pub(crate) fn check_exactly(&self, text: &[u8], value: f64, mut breaks: impl FnMut(Constraint)) {
        let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, enumeration, .. } =
            &self.column.constraints;
        let bounds = [
            (Constraint::Minimum, minimum),
            (Constraint::Maximum, maximum),
            (Constraint::ExclusiveMinimum, exclusive_minimum),
            (Constraint::ExclusiveMaximum, exclusive_maximum),
        ];
        if bounds.iter().all(|(_, bound)| bound.is_none()) && enumeration.is_none() {
            return;
        }
        let plain = parse::plain_decimal(text, self.bare_number, self.group_char, self.decimal_char);
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
                Constraint::Minimum => order.is_some_and(Ordering::is_ge),
                Constraint::Maximum => order.is_some_and(Ordering::is_le),
                Constraint::ExclusiveMinimum => order.is_some_and(Ordering::is_gt),
                _ => order.is_some_and(Ordering::is_lt),
            };
            if !keeps {
                breaks(constraint);
            }
        }
        if let Some(values) = enumeration
            && !values.iter().any(|bound| compare(bound) == Some(Ordering::Equal))
        {
            breaks(Constraint::Enum);
        }
    }
}
