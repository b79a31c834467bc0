//! Nodes and refusals with their places in the text of a rule.

use crate::rules::Node;

/// The reason why a rule is refused, and the number of the character at which it stands.
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

/// A node, and the number of the character at which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) node: Node,
    pub(crate) at: usize,
}
