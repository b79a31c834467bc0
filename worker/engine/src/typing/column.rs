//! How one column of a file is checked: a field of the schema, compiled.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bound::{Bound, Enumeration, Scalar};
use crate::fault::Constraint;
use crate::parse::StringFormat;
use crate::pattern::Matcher;
use crate::texts::Texts;
use crate::types::FieldType;
use crate::types::{Constraints, Field, Number};
use crate::typing::checked::check_bounds;

/// How one column of a file is checked: a field of the schema, compiled.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: FieldType,
    pub(crate) constraints: Constraints,
    pub(crate) redacted: bool,
    pub(crate) missing: Missing,
    pub(crate) pattern: Option<Arc<Matcher>>,
    /// The enumeration of a text.
    pub(crate) texts: Option<Enumeration>,
}

impl Column {
    pub(crate) fn new(field: &Field, redacted: bool) -> Self {
        let constraints = field.constraints.clone();
        let is_text = field.kind.as_type().is_text();
        Self {
            name: field.name.clone(),
            kind: field.kind.clone(),
            missing: Missing::new(&field.missing_values),
            pattern: constraints.pattern.as_ref().map(|pattern| Arc::clone(&pattern.matcher)),
            texts: constraints.enumeration.clone().filter(|_| is_text),
            constraints,
            redacted,
        }
    }

    /// A column that the schema does not have: any text.
    pub(crate) fn unchecked(name: String, kind: FieldType) -> Self {
        let field =
            Field { name, kind, constraints: Constraints::default(), missing_values: vec![String::new()].into() };
        Self::new(&field, false)
    }

    /// Whether no cell of the column can be at fault (given that the chunk is UTF-8).
    pub(crate) fn takes_anything(&self) -> bool {
        let Constraints { required, min_length, max_length, .. } = self.constraints;
        matches!(self.kind, FieldType::String(StringFormat::Default) | FieldType::Any(_))
            && !required
            && min_length.is_none()
            && max_length.is_none()
            && self.pattern.is_none()
            && self.texts.is_none()
    }
}

/// Numbers of columns, from 0, by their names; of several with one name the first.
pub(crate) fn by_name(columns: &[Column]) -> HashMap<&str, usize> {
    columns.iter().enumerate().rev().map(|(index, column)| (&*column.name, index)).collect()
}

/// The texts that stand for "no value".
#[derive(Debug)]
pub(crate) enum Missing {
    Empty,
    Texts {
        texts: Texts,
        /// Some text has a digit.
        have_digits: bool,
    },
}

impl Missing {
    pub(crate) fn new(texts: &Texts) -> Self {
        match &**texts {
            [text] if text.is_empty() => Self::Empty,
            _ => {
                let have_digits = texts.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_digit()));
                Self::Texts { texts: texts.clone(), have_digits }
            }
        }
    }

    /// Whether a text with a digit may be among them.
    pub(crate) fn may_have_digits(&self) -> bool {
        matches!(self, Self::Texts { have_digits: true, .. })
    }

    #[inline(always)]
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Empty => text.is_empty(),
            Self::Texts { texts, .. } => texts.holds(text),
        }
    }
}

/// The bounds of a number field, for the cells that a double does not hold exactly.
pub(crate) struct NumberBounds<'a> {
    column: &'a Column,
    number: &'a Number,
}

impl<'a> NumberBounds<'a> {
    pub(crate) fn new(column: &'a Column, number: &'a Number) -> Self {
        Self { column, number }
    }

    /// Calls `breaks` for every bound that the number does not keep. NaN keeps none: it is neither above nor below.
    pub(crate) fn check_exactly(&self, text: &[u8], value: f64, mut breaks: impl FnMut(Constraint)) {
        let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, enumeration, .. } =
            &self.column.constraints;
        if [minimum, maximum, exclusive_minimum, exclusive_maximum].iter().all(|bound| bound.is_none())
            && enumeration.is_none()
        {
            return;
        }
        let exact = self.number.exact(text);
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
            Some(exact.cmp(bound.exact()))
        };
        check_bounds(&self.column.constraints, compare, &mut breaks);
        let is_listed = |values: &Enumeration| match value.is_finite() {
            true => values.holds_decimal(&exact),
            false => values.holds_double(value),
        };
        if let Some(values) = enumeration
            && !is_listed(values)
        {
            breaks(Constraint::Enum);
        }
    }
}
