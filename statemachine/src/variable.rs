//! Variables of the state machine, and what is assigned to them.

use std::marker::PhantomData;

use crate::expression::Path;
use crate::shape::Template;

/// Variables by name, and the values that are assigned to them.
pub type Assign = serde_json::Map<String, serde_json::Value>;

/// A variable of the state machine, set by `Assign`.
pub struct Var<T> {
    name: &'static str,
    holds: PhantomData<fn() -> T>,
}

impl<T> Var<T> {
    /// A variable by its name, without `$`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, holds: PhantomData }
    }

    /// The name of the variable, without `$`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the assignment of `value` to this variable, for an `Assign`.
    pub fn to(&self, value: impl Into<Template<T>>) -> Assignment {
        Assignment { name: self.name, json: value.into().into_json() }
    }

    /// Returns a reference to the value of the variable.
    pub fn get(&self) -> Path<T> {
        Path::root(&format!("${}", self.name))
    }
}

/// A variable and the value that is assigned to it.
pub struct Assignment {
    name: &'static str,
    json: serde_json::Value,
}

impl Assignment {
    /// Collects assignments into the `Assign` object of a definition.
    pub(crate) fn all(assignments: impl IntoIterator<Item = Self>) -> Assign {
        assignments.into_iter().map(|one| (one.name.to_owned(), one.json)).collect()
    }
}

impl<T> Var<Option<T>> {
    /// Returns the assignment of a value to this variable.
    pub fn to_some(&self, value: impl Into<Template<T>>) -> Assignment {
        Assignment { name: self.name, json: value.into().into_json() }
    }

    /// Returns the assignment of null to this variable.
    pub fn to_null(&self) -> Assignment {
        Assignment { name: self.name, json: serde_json::Value::Null }
    }

    /// Returns a reference to the value of the variable, for places where it is known not to be null.
    pub fn value(&self) -> Path<T> {
        Path::root(&format!("${}", self.name))
    }
}
