//! The tree of a rule: expressions whose types have been checked.

use crate::rules::call;
use crate::rules::function::Function;
use crate::rules::kind::Kind;
use crate::rules::value::Value;

/// Deepest nesting of an expression.
pub(super) const DEPTH: u32 = 64;

/// An expression whose operands have the types that it takes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) op: Op,
    /// Number of levels below the node.
    depth: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// The cell of a field.
    Field(String),
    Literal(Value<'static>),
    Compare(Comparison, Box<[Node; 2]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    /// Pairs of a condition and its value, and the value when no condition holds.
    Case(Vec<[Node; 2]>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Node {
    /// Makes a node, without a check of its depth.
    pub(crate) fn new(kind: Kind, op: Op) -> Self {
        let depth = match &op {
            Op::Field(_) | Op::Literal(_) => 0,
            Op::Compare(_, sides) => sides.iter().map(|node| node.depth).max().unwrap_or(0) + 1,
            Op::And(nodes) | Op::Or(nodes) | Op::Call(_, nodes) => {
                nodes.iter().map(|node| node.depth).max().unwrap_or(0) + 1
            }
            Op::Not(node) | Op::IsNull(node) => node.depth + 1,
            Op::Case(cases, otherwise) => {
                let deepest = cases.iter().flatten().map(|node| node.depth).max().unwrap_or(0);
                // Each case counts as nested in the one before it.
                deepest.max(otherwise.depth) + u32::try_from(cases.len()).unwrap_or(u32::MAX)
            }
        };
        Self { kind, op, depth }
    }

    pub(crate) fn literal(kind: Kind, value: Value<'static>) -> Self {
        Self::new(kind, Op::Literal(value))
    }

    /// Makes a call. If all arguments are literals, the result is the literal value of the call.
    pub(crate) fn call(kind: Kind, function: Function, arguments: Vec<Node>) -> Self {
        let value = |node: &Node| match &node.op {
            Op::Literal(value) => Some(value.clone()),
            _ => None,
        };
        match arguments.iter().map(value).collect::<Option<Vec<_>>>() {
            Some(values) => Self::literal(kind, call::call(&function, &values).into_owned()),
            None => Self::new(kind, Op::Call(function, arguments)),
        }
    }

    /// Returns the largest number that `of` returns for a node of the tree.
    fn largest(&self, of: &dyn Fn(&Op) -> usize) -> usize {
        let largest_of = |nodes: &mut dyn Iterator<Item = &Node>| nodes.map(|node| node.largest(of)).max().unwrap_or(0);
        of(&self.op).max(match &self.op {
            Op::Field(_) | Op::Literal(_) => 0,
            Op::Compare(_, sides) => largest_of(&mut sides.iter()),
            Op::And(nodes) | Op::Or(nodes) | Op::Call(_, nodes) => largest_of(&mut nodes.iter()),
            Op::Not(node) | Op::IsNull(node) => node.largest(of),
            Op::Case(cases, otherwise) => largest_of(&mut cases.iter().flatten()).max(otherwise.largest(of)),
        })
    }

    /// Returns the number of nodes that are computed for each row: all but literals.
    pub(crate) fn computed(&self) -> usize {
        let sum_of = |nodes: &mut dyn Iterator<Item = &Node>| nodes.map(Node::computed).sum::<usize>();
        1 + match &self.op {
            Op::Literal(_) => return 0,
            Op::Field(_) => 0,
            Op::Compare(_, sides) => sum_of(&mut sides.iter()),
            Op::And(nodes) | Op::Or(nodes) | Op::Call(_, nodes) => sum_of(&mut nodes.iter()),
            Op::Not(node) | Op::IsNull(node) => node.computed(),
            Op::Case(cases, otherwise) => sum_of(&mut cases.iter().flatten()) + otherwise.computed(),
        }
    }

    /// Returns true if `is` returns true for some node of the tree.
    fn any(&self, is: &dyn Fn(&Op) -> bool) -> bool {
        self.largest(&|op| usize::from(is(op))) > 0
    }

    /// Returns the number of arguments of the call with the most arguments that are computed for each row.
    pub(crate) fn widest_call(&self) -> usize {
        self.largest(&|op| match op {
            Op::Call(_, arguments) => arguments.iter().filter(|node| !matches!(node.op, Op::Literal(_))).count(),
            _ => 0,
        })
    }

    /// Returns true if the expression reads a field.
    pub(crate) fn reads_fields(&self) -> bool {
        self.any(&|op| matches!(op, Op::Field(_)))
    }

    /// Returns true if the expression makes texts that may be longer than the texts from which they are made.
    pub(crate) fn makes_texts(&self) -> bool {
        self.any(&|op| matches!(op, Op::Call(Function::Concat | Function::Replace, _)))
    }

    /// Returns true if the expression is as deep as allowed, so that no node may stand above it.
    pub(super) fn is_deepest(&self) -> bool {
        self.depth >= DEPTH
    }
}
