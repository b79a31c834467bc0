//! Typed columns → faults: bounds, enumerations and rules as Polars expressions.

pub(crate) mod evaluation;
pub(crate) mod frame;
pub(crate) mod rules;
pub(crate) mod stack;
