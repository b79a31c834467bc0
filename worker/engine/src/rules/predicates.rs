//! Comparisons, `IS`, `IN`, `BETWEEN` and `LIKE`.

use std::sync::Arc;

use sqlparser::tokenizer::Token;

use crate::rules::like::Like;
use crate::rules::parse::{Parser, condition, not, within_depth};
use crate::rules::placed::{Parsed, Placed, refused};
use crate::rules::signatures::Unified;
use crate::rules::tokens::is_word;
use crate::rules::{Comparison, Function, Kind, Node, Op, Set, Value, signatures};

/// Most values in a list of `IN`.
const LIST: usize = 100_000;

impl Parser<'_> {
    /// Reads a value, and the predicate behind it if there is one: a comparison, `IS`, `IN`, `BETWEEN` or `LIKE`.
    pub(crate) fn predicate(&mut self) -> Parsed<Placed> {
        let left = self.sum()?;
        let at = left.at;
        if let Some(found) = self.peek().and_then(comparison) {
            self.next += 1;
            let right = self.sum()?;
            self.refuse_chain()?;
            return within_depth(at, signatures::compare(found, left, right)?);
        }
        if self.eat_word("IS") {
            let found = self.is(left)?;
            self.refuse_chain()?;
            return Ok(found);
        }
        let is_negated = self.eat_word("NOT");
        let node = if self.eat_word("IN") {
            self.is_in(left)?
        } else if self.eat_word("BETWEEN") {
            let low = self.sum()?;
            self.expect_word("AND")?;
            let high = self.sum()?;
            signatures::between(left, low, high)?
        } else if self.eat_word("LIKE") {
            self.like(left)?
        } else if is_negated {
            return self.unexpected("IN, BETWEEN or LIKE");
        } else {
            return Ok(left);
        };
        self.refuse_chain()?;
        within_depth(at, if is_negated { not(node) } else { node })
    }

    /// Refuses a further predicate behind one: SQL dialects differ in what belongs together then.
    fn refuse_chain(&self) -> Parsed<()> {
        let is_another = |token: &Token| {
            comparison(token).is_some()
                || ["IS", "IN", "BETWEEN", "LIKE", "NOT"].iter().any(|word| is_word(token, word))
        };
        if self.peek().is_some_and(is_another) {
            let remedy = "write parentheses around one of the two, or AND between them";
            return refused(self.at(), "two comparisons stand beside each other", remedy);
        }
        Ok(())
    }

    fn is(&mut self, left: Placed) -> Parsed<Placed> {
        let at = left.at;
        let is_negated = self.eat_word("NOT");
        let node = if self.eat_word("NULL") {
            Node::new(Kind::Boolean, Op::IsNull(Box::new(left.node)))
        } else {
            let holds = if self.eat_word("TRUE") {
                condition(left)?
            } else if self.eat_word("FALSE") {
                not(condition(left)?)
            } else {
                return self.unexpected("NULL, TRUE or FALSE");
            };
            let otherwise = Node::literal(Kind::Boolean, Value::Boolean(false));
            Node::call(Kind::Boolean, Function::Coalesce, vec![holds, otherwise])
        };
        within_depth(at, if is_negated { not(node) } else { node })
    }

    fn is_in(&mut self, left: Placed) -> Parsed<Node> {
        self.expect(&Token::LParen)?;
        if self.peek().is_some_and(|token| is_word(token, "SELECT")) {
            return refused(self.at(), "a rule sees one row, so there are no queries in it", "write a list of values");
        }
        let mut items = Vec::new();
        let mut bytes = 0;
        loop {
            if items.len() == LIST {
                return refused(self.at(), format!("the list has more than {LIST} values"), "shorten it");
            }
            let first = self.next;
            items.push(self.sum()?);
            bytes +=
                self.tokens[first..self.next].iter().map(|lexeme| lexeme.token.to_string().len() + 2).sum::<usize>();
            if !self.eat(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::RParen)?;
        let is_literal = |item: &Placed| matches!(item.node.op, Op::Literal(_));
        if items.iter().all(is_literal) {
            self.listed += bytes;
        }
        let mut all = vec![left];
        all.extend(items);
        let Unified { mut nodes, .. } = signatures::unified(all, "IN")?;
        let literal = |node: &Node| match &node.op {
            Op::Literal(value) => Some(value.clone()),
            _ => None,
        };
        match nodes[1..].iter().map(literal).collect::<Option<Vec<_>>>() {
            Some(values) => {
                nodes.truncate(1);
                Ok(Node::call(Kind::Boolean, Function::In(Arc::new(Set::new(values.into_iter()))), nodes))
            }
            None => Ok(Node::call(Kind::Boolean, Function::OneOf, nodes)),
        }
    }

    fn like(&mut self, left: Placed) -> Parsed<Node> {
        const REMEDY: &str = "write a text between '…'";
        let text = signatures::coerced(left, Kind::Text, "LIKE")?;
        let at = self.at();
        let Some(Token::SingleQuotedString(pattern)) = self.peek().cloned() else {
            return refused(at, format!("{} is not a pattern", self.shown()), REMEDY);
        };
        self.next += 1;
        let mut escape = None;
        if self.eat_word("ESCAPE") {
            let one = match self.peek() {
                Some(Token::SingleQuotedString(text)) if text.chars().count() == 1 => text.chars().next(),
                _ => return refused(self.at(), "ESCAPE needs one character", "write it between '…'"),
            };
            escape = one;
            self.next += 1;
        }
        match Like::new(&pattern, escape) {
            Ok(like) => Ok(Node::call(Kind::Boolean, Function::Like(Arc::new(like)), vec![text])),
            Err(reason) => refused(at, format!("the pattern {reason}"), "correct it"),
        }
    }
}

fn comparison(token: &Token) -> Option<Comparison> {
    Some(match token {
        Token::Eq => Comparison::Equal,
        Token::Neq => Comparison::NotEqual,
        Token::Lt => Comparison::Less,
        Token::LtEq => Comparison::LessOrEqual,
        Token::Gt => Comparison::Greater,
        Token::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
