//! Rules: one expression of SQL over the typed cells of a row, three-valued as in SQL.
//!
//! [`tokens`], [`parse`] and [`predicates`] read the text of a rule into a tree of [`Node`]s, whose types are checked on the way ([`signatures`]);
//! this is done when the descriptor is read. [`crate::check::rules`] evaluates the trees. The grammar is our own and knows nothing but what
//! stands here: no queries, no tables, no files.

pub(crate) mod call;
mod function;
mod kind;
pub(crate) mod like;
mod literals;
pub(crate) mod message;
mod node;
mod parse;
mod placed;
mod predicates;
mod signatures;
mod tokens;
mod value;

pub(crate) use crate::rules::function::{Function, Set};
pub(crate) use crate::rules::kind::Kind;
pub(crate) use crate::rules::node::{Comparison, Node, Op};
pub(crate) use crate::rules::parse::parse;
pub(crate) use crate::rules::value::Value;

/// Most rules of a descriptor.
pub(crate) const RULES: usize = 1000;
