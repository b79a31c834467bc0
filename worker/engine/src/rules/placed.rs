//! Nodes with their place in the text of a rule, and refusals with theirs.

use crate::rules::Node;

/// The reason why a rule is refused, and its character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) at: usize,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

pub(crate) type Parsed<T> = Result<T, Refused>;

pub(crate) fn refused<T>(at: usize, reason: impl Into<String>, remedy: impl Into<String>) -> Parsed<T> {
    Err(Refused { at, reason: reason.into(), remedy: remedy.into() })
}

/// A node, and where it starts.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) node: Node,
    pub(crate) at: usize,
}
