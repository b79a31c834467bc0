//! Values of a definition: literals or expressions.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use crate::expression::{Expr, Path};
use crate::text::{Bounded, Text};

/// A value of a definition: a literal or an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<T> {
    /// A literal value.
    Literal(T),
    /// A JSONata expression that returns the value.
    Expression(Expr<T>),
    /// A string that was read from JSON and is neither; [`crate::StateMachine::validate`] reports it.
    NotWrapped(String),
}

impl<T> Value<T> {
    /// The literal; `None` for an expression or a string that is neither.
    pub fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Self::Literal(value)
    }
}

impl<T> From<Expr<T>> for Value<T> {
    fn from(expression: Expr<T>) -> Self {
        Self::Expression(expression)
    }
}

impl<T> From<Path<T>> for Value<T> {
    fn from(path: Path<T>) -> Self {
        Self::Expression(path.0)
    }
}

impl From<&str> for Value<String> {
    fn from(text: &str) -> Self {
        Self::Literal(text.into())
    }
}

impl<const N: usize> From<Path<Text<N>>> for Value<String> {
    fn from(path: Path<Text<N>>) -> Self {
        Self::Expression(Expr::unchecked(path.as_str()))
    }
}

impl<T: Serialize> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Literal(value) => value.serialize(serializer),
            Self::Expression(expression) => expression.wrapped().serialize(serializer),
            Self::NotWrapped(text) => text.serialize(serializer),
        }
    }
}

/// Returns the text between `{%` and `%}`, trimmed; `None` if the string is no expression.
pub(crate) fn unwrap(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        if let serde_json::Value::String(text) = &json {
            if let Some(expression) = unwrap(text) {
                return Ok(Self::Expression(Expr::unchecked(expression)));
            }
            return Ok(
                serde_json::from_value(json.clone()).map_or_else(|_| Self::NotWrapped(text.clone()), Self::Literal)
            );
        }
        serde_json::from_value(json).map(Self::Literal).map_err(serde::de::Error::custom)
    }
}

/// An expression whose text is bounded, with the bound.
#[derive(Clone, Debug)]
pub struct BoundedText {
    pub(crate) expression: String,
    pub(crate) most: usize,
}

impl BoundedText {
    /// Wraps an expression whose result an earlier state has measured: it has at most `most` characters,
    /// escapes of JSON included.
    pub(crate) fn measured(expression: &Expr<String>, most: usize) -> Self {
        Self { expression: expression.as_str().to_owned(), most }
    }

    /// The expression as it stands in a definition.
    pub(crate) fn wrapped(&self) -> String {
        format!("{{% {} %}}", self.expression)
    }
}

impl<T: Bounded> From<Expr<T>> for BoundedText {
    fn from(expression: Expr<T>) -> Self {
        Self { expression: expression.as_str().to_owned(), most: T::CHARS }
    }
}

impl<T: Bounded> From<Path<T>> for BoundedText {
    fn from(path: Path<T>) -> Self {
        path.0.into()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_value_is_read_as_literal_expression_or_complaint() {
        let read = |json: &str| serde_json::from_str::<Value<u64>>(json).unwrap();
        assert_eq!(read("7"), Value::Literal(7));
        assert_eq!(read("\"{% $x + 1 %}\""), Value::Expression(Expr::unchecked("$x + 1")));
        assert_eq!(read("\"$x + 1\""), Value::NotWrapped("$x + 1".into()));
    }

    #[test]
    fn an_expression_is_written_between_its_marks() {
        let value: Value<bool> = Path::<u64>::input().more_than(0).into();
        assert_eq!(serde_json::to_string(&value).unwrap(), "\"{% $states.input > 0 %}\"");
    }
}
