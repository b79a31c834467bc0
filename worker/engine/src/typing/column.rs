//! A column of a file with its checks: a field of the schema, compiled.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bound::Enumeration;
use crate::parse::StringFormat;
use crate::pattern::Matcher;
use crate::texts::Texts;
use crate::types::{Constraints, Field, FieldType};

/// A column of a file with its checks: a field of the schema, in the form that the checks need.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: FieldType,
    pub(crate) constraints: Constraints,
    pub(crate) redacted: bool,
    pub(crate) missing_values: MissingValues,
    pub(crate) pattern: Option<Arc<Matcher>>,
    /// The enumeration, if the values of the column are texts.
    pub(crate) text_enumeration: Option<Enumeration>,
}

impl Column {
    pub(crate) fn new(field: &Field, redacted: bool) -> Self {
        let constraints = field.constraints.clone();
        let is_text = field.kind.as_type().is_text();
        Self {
            name: field.name.clone(),
            kind: field.kind.clone(),
            missing_values: MissingValues::new(&field.missing_values),
            pattern: constraints.pattern.as_ref().map(|pattern| Arc::clone(&pattern.matcher)),
            text_enumeration: constraints.enumeration.clone().filter(|_| is_text),
            constraints,
            redacted,
        }
    }

    /// Returns a column that is not in the schema, without constraints.
    pub(crate) fn unchecked(name: String, kind: FieldType) -> Self {
        let field =
            Field { name, kind, constraints: Constraints::default(), missing_values: vec![String::new()].into() };
        Self::new(&field, false)
    }

    /// Returns true if no cell of the column can have a fault, provided that the chunk is UTF-8.
    pub(crate) fn accepts_any_text(&self) -> bool {
        let Constraints { required, min_length, max_length, .. } = self.constraints;
        matches!(self.kind, FieldType::String(StringFormat::Default) | FieldType::Any(_))
            && !required
            && min_length.is_none()
            && max_length.is_none()
            && self.pattern.is_none()
            && self.text_enumeration.is_none()
    }
}

/// Returns the index of each column by its name; of several columns with the same name, the first.
pub(crate) fn by_name(columns: &[Column]) -> HashMap<&str, usize> {
    columns.iter().enumerate().rev().map(|(index, column)| (&*column.name, index)).collect()
}

/// The texts that stand for a missing value.
#[derive(Debug)]
pub(crate) enum MissingValues {
    /// The empty text alone.
    EmptyText,
    Texts {
        texts: Texts,
        /// Whether one of the texts has a digit.
        have_digits: bool,
    },
}

impl MissingValues {
    pub(crate) fn new(texts: &Texts) -> Self {
        match &**texts {
            [text] if text.is_empty() => Self::EmptyText,
            _ => {
                let have_digits = texts.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_digit()));
                Self::Texts { texts: texts.clone(), have_digits }
            }
        }
    }

    /// Returns true if a text with a digit may stand for a missing value.
    pub(crate) fn may_have_digits(&self) -> bool {
        matches!(self, Self::Texts { have_digits: true, .. })
    }

    /// Returns true if the text stands for a missing value.
    #[inline(always)]
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::EmptyText => text.is_empty(),
            Self::Texts { texts, .. } => texts.holds(text),
        }
    }
}
