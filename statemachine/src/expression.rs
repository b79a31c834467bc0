//! JSONata with the types of the values that it refers to.
//!
//! A [`Path`] starts at a root whose type is known (the input, the result, a variable) and goes on only to fields that
//! the type has: the methods come from the same lines as the fields (see the `shape!` macro).

use std::marker::PhantomData;
use std::ops::Deref;

use crate::error_name::ErrorName;
use crate::text::Text;

/// A JSONata expression that returns a `T`, without its `{% %}`.
pub struct Expr<T> {
    text: String,
    gives: PhantomData<fn() -> T>,
}

impl<T> Expr<T> {
    /// Wraps the text of an expression without checking that it returns a `T`: the caller vouches for that.
    pub fn unchecked(text: impl Into<String>) -> Self {
        Self { text: text.into(), gives: PhantomData }
    }

    /// The expression without `{% %}`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The expression as it stands in a definition.
    pub fn wrapped(&self) -> String {
        format!("{{% {} %}}", self.text)
    }

    /// Returns the same expression for a place that also accepts a missing value.
    pub fn some(&self) -> Expr<Option<T>> {
        Expr::unchecked(self.text.clone())
    }
}

impl Expr<bool> {
    /// Returns an expression that is true if both conditions hold.
    pub fn and(&self, other: &Self) -> Self {
        Self::unchecked(format!("{} and {}", self.text, other.text))
    }

    /// Returns an expression that is true if at least one of the conditions holds.
    pub fn or(&self, other: &Self) -> Self {
        Self::unchecked(format!("({} or {})", self.text, other.text))
    }
}

impl Expr<u64> {
    /// Returns an expression for this number plus one.
    pub fn plus_one(&self) -> Self {
        Self::unchecked(format!("{} + 1", self.text))
    }

    /// Returns an expression that is true if this number is less than `number`.
    pub fn less_than(&self, number: u64) -> Expr<bool> {
        Expr::unchecked(format!("{} < {number}", self.text))
    }

    /// Returns an expression that is true if this number is `number`.
    pub fn equals(&self, number: u64) -> Expr<bool> {
        Expr::unchecked(format!("{} = {number}", self.text))
    }

    /// Returns an expression that is true if this number is more than `number`.
    pub fn more_than(&self, number: u64) -> Expr<bool> {
        Expr::unchecked(format!("{} > {number}", self.text))
    }

    /// Returns an expression for this number in decimal digits, as text.
    pub fn digits(&self) -> Expr<Text<20>> {
        Expr::unchecked(format!("$string({})", self.text))
    }
}

/// An enumeration that is text in JSON.
pub trait Word {
    /// The text of the variant in JSON.
    fn word(&self) -> &'static str;
}

impl<T: Word> Expr<T> {
    /// Returns an expression that is true if the value is `word`.
    pub fn is(&self, word: T) -> Expr<bool> {
        Expr::unchecked(format!("{} = {}", self.text, quoted(word.word())))
    }
}

impl Expr<Option<String>> {
    /// Returns an expression for the text, or for an empty text if the value is null or absent: an expression without
    /// a value is an error of its own.
    pub fn or_empty(&self) -> Expr<String> {
        Expr::unchecked(format!("$type({0}) = 'string' ? {0} : ''", self.text))
    }
}

impl Expr<Text<30>> {
    /// The current time, RFC 3339, UTC.
    pub fn now() -> Self {
        Self::unchecked("$now()")
    }
}

impl<const N: usize> Expr<Text<N>> {
    /// Returns an expression that is true if the texts differ.
    pub fn differs_from(&self, other: &Self) -> Expr<bool> {
        Expr::unchecked(format!("{} != {}", self.text, other.text))
    }
}

impl Expr<String> {
    /// Returns an expression that is true if the text is one of these names.
    pub fn is_any(&self, names: &[ErrorName]) -> Expr<bool> {
        let names: Vec<_> = names.iter().map(|name| quoted(name.as_str())).collect();
        Expr::unchecked(format!("{} in [{}]", self.text, names.join(", ")))
    }

    /// Returns an expression that is true if the text contains at least one of these texts.
    pub fn contains_any(&self, texts: &[&str]) -> Expr<bool> {
        let found: Vec<_> = texts.iter().map(|text| format!("$contains({}, {})", self.text, quoted(text))).collect();
        Expr::unchecked(format!("({})", found.join(" or ")))
    }

    /// Returns an expression for the first `characters` characters of the text: the cause of a failure may have any
    /// length, and the payloads of states must stay small.
    pub fn first(&self, characters: usize) -> Self {
        Self::unchecked(format!("$substring(({}), 0, {characters})", self.text))
    }

    /// Concatenates the parts.
    pub fn join<const N: usize>(parts: [Part; N]) -> Self {
        Self::unchecked(parts.map(|part| part.0).join(" & "))
    }
}

/// A part of a text that [`Expr::join`] builds: a literal, or an expression that returns text or a number.
pub struct Part(String);

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self(quoted(text))
    }
}

impl<const N: usize> From<Expr<Text<N>>> for Part {
    fn from(text: Expr<Text<N>>) -> Self {
        Self(text.text)
    }
}

impl From<Expr<u64>> for Part {
    fn from(number: Expr<u64>) -> Self {
        Self(number.digits().text)
    }
}

impl<const N: usize> From<Path<Text<N>>> for Part {
    fn from(text: Path<Text<N>>) -> Self {
        Self(text.0.text)
    }
}

/// A JSONata string literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self::unchecked(self.text.clone())
    }
}

impl<T> PartialEq for Expr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> std::fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.wrapped())
    }
}

/// A reference to a `T`: a root (input, result, variable, context), and a path of fields from there.
pub struct Path<T>(pub(crate) Expr<T>);

impl<T> Path<T> {
    /// The input of the state, `$states.input`.
    pub fn input() -> Self {
        Self::root("$states.input")
    }

    /// The result of the state, `$states.result`; only in its `Output` and `Assign`.
    pub fn result() -> Self {
        Self::root("$states.result")
    }

    /// The input of the execution.
    pub fn execution_input() -> Self {
        Self::root("$states.context.Execution.Input")
    }

    /// The item of a Map, in its `ItemSelector`.
    pub fn map_item() -> Self {
        Self::root("$states.context.Map.Item.Value")
    }

    pub(crate) fn root(text: &str) -> Self {
        Self(Expr::unchecked(text))
    }

    pub(crate) fn field<U>(&self, name: &str) -> Path<U> {
        Path(Expr::unchecked(format!("{}.{name}", self.0.text)))
    }
}

/// Most characters of a task token.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>
pub(crate) const TOKEN_CHARS: usize = 2048;

/// The expression of the task token.
pub(crate) const TOKEN: &str = "$states.context.Task.Token";

impl Path<Text<TOKEN_CHARS>> {
    /// The token of this attempt of a task that waits for one.
    pub fn task_token() -> Self {
        Self::root(TOKEN)
    }
}

impl Path<Text<80>> {
    /// The name of the execution. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
    pub fn execution_name() -> Self {
        Self::root("$states.context.Execution.Name")
    }
}

impl Path<Text<256>> {
    /// The ARN of the execution. <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>
    pub fn execution_id() -> Self {
        Self::root("$states.context.Execution.Id")
    }
}

impl Path<Text<30>> {
    /// When the execution started, RFC 3339.
    pub fn execution_start() -> Self {
        Self::root("$states.context.Execution.StartTime")
    }
}

impl<T> Clone for Path<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Path<T> {
    type Target = Expr<T>;
    fn deref(&self) -> &Expr<T> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_or_backslash_in_a_literal_part_is_escaped() {
        assert_eq!(Expr::join([Part::from("it's \\ here")]).as_str(), r"'it\'s \\ here'");
    }
}
