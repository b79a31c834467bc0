//! Tokens → nodes: the grammar of rules, by recursive descent. Anything that is not in the grammar is refused at its place.

use std::collections::HashMap;

use sqlparser::tokenizer::{Token, Word};

use crate::rules::literals::{moment, number};
use crate::rules::node::DEPTH;
use crate::rules::placed::{Parsed, Placed, refused};
use crate::rules::signatures::Unified;
use crate::rules::tokens::{Lexeme, is_word, shown, tokens};
use crate::rules::{Function, Kind, Node, Op, Value, signatures};

/// Most bytes of a rule, not counting the lists of `IN`.
const TEXT_BYTES: usize = 64 << 10;

/// The words of the grammar; a field of such a name is written in quotes.
const RESERVED: [&str; 17] = [
    "AND", "BETWEEN", "CASE", "ELSE", "END", "ESCAPE", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "THEN",
    "TRUE", "WHEN", "SELECT",
];

/// Reads a rule over fields of these types.
///
/// # Errors
/// The first fault in the text.
pub(crate) fn parse(text: &str, fields: &HashMap<&str, Kind>) -> Parsed<Node> {
    let tokens = tokens(text)?;
    let end = text.chars().count();
    let mut parser = Parser { tokens, next: 0, end, depth: 0, listed: 0, fields };
    let all = parser.expression()?;
    if parser.peek().is_some() {
        return refused(parser.at(), format!("{} is not expected here", parser.shown()), "correct the expression");
    }
    if text.len().saturating_sub(parser.listed) > TEXT_BYTES {
        return refused(0, format!("it has more than {TEXT_BYTES} bytes"), "shorten it, or make several rules of it");
    }
    if all.node.kind != Kind::Boolean {
        return refused(
            all.at,
            format!("the expression is {}, not a truth value", all.node.kind.words()),
            "write a condition",
        );
    }
    if !all.node.reads_fields() {
        return refused(all.at, "it reads no field", "write a condition over fields of the schema");
    }
    Ok(all.node)
}

/// The state of the parser.
pub(crate) struct Parser<'a> {
    pub(crate) tokens: Vec<Lexeme>,
    pub(crate) next: usize,
    /// The number of characters of the rule, which is the place of a fault at its end.
    end: usize,
    depth: u32,
    /// Bytes of the lists of `IN`, which do not count for the limit of a rule.
    pub(crate) listed: usize,
    fields: &'a HashMap<&'a str, Kind>,
}

impl Parser<'_> {
    pub(crate) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|lexeme| &lexeme.token)
    }

    pub(crate) fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |lexeme| lexeme.at)
    }

    pub(crate) fn shown(&self) -> String {
        shown(self.peek())
    }

    pub(crate) fn eat(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == Some(token);
        self.next += usize::from(is_there);
        is_there
    }

    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self.peek().is_some_and(|token| is_word(token, word));
        self.next += usize::from(is_there);
        is_there
    }

    pub(crate) fn expect(&mut self, token: &Token) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.unexpected(&format!("\"{token}\"")) }
    }

    pub(crate) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected(word) }
    }

    pub(crate) fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        refused(self.at(), format!("expected {expected}, found {}", self.shown()), "correct the expression")
    }

    /// Reads a part that is one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            return too_deep(self.at());
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn expression(&mut self) -> Parsed<Placed> {
        self.nested(|parser| parser.chain("OR", Self::conjunction, Op::Or))
    }

    fn conjunction(&mut self) -> Parsed<Placed> {
        self.chain("AND", Self::negation, Op::And)
    }

    /// Reads conditions with `word` between them. Any number of them is one level of nesting.
    fn chain(&mut self, word: &str, read: fn(&mut Self) -> Parsed<Placed>, op: fn(Vec<Node>) -> Op) -> Parsed<Placed> {
        let first = read(self)?;
        if !self.peek().is_some_and(|token| is_word(token, word)) {
            return Ok(first);
        }
        let at = first.at;
        let mut nodes = vec![condition(first)?];
        while self.eat_word(word) {
            nodes.push(condition(read(self)?)?);
        }
        within_depth(at, Node::new(Kind::Boolean, op(nodes)))
    }

    fn negation(&mut self) -> Parsed<Placed> {
        let at = self.at();
        if self.eat_word("NOT") {
            let negated = condition(self.nested(Self::negation)?)?;
            return within_depth(at, not(negated));
        }
        self.predicate()
    }

    pub(crate) fn sum(&mut self) -> Parsed<Placed> {
        let mut left = self.product()?;
        loop {
            let at = left.at;
            let node = if self.eat(&Token::Plus) {
                signatures::sum(Function::Add, left, self.product()?)?
            } else if self.eat(&Token::Minus) {
                signatures::sum(Function::Subtract, left, self.product()?)?
            } else if self.peek() == Some(&Token::StringConcat) {
                let mut parts = vec![left];
                while self.eat(&Token::StringConcat) {
                    parts.push(self.product()?);
                }
                signatures::concatenated(parts)?
            } else {
                return Ok(left);
            };
            left = within_depth(at, node)?;
        }
    }

    fn product(&mut self) -> Parsed<Placed> {
        let mut left = self.unary()?;
        loop {
            let function = match self.peek() {
                Some(Token::Mul) => Function::Multiply,
                Some(Token::Div) => Function::Divide,
                Some(Token::Mod) => Function::Remainder,
                _ => return Ok(left),
            };
            self.next += 1;
            left = within_depth(left.at, signatures::product(function, left, self.unary()?)?)?;
        }
    }

    fn unary(&mut self) -> Parsed<Placed> {
        let at = self.at();
        if self.eat(&Token::Minus) {
            if let Some(Token::Number(text, false)) = self.peek() {
                // The sign belongs to the literal: the least integer has no positive counterpart.
                let node = number(at, &format!("-{text}"))?;
                self.next += 1;
                return within_depth(at, node);
            }
            let value = self.nested(Self::unary)?;
            return within_depth(at, signatures::numeric(Function::Negate, "-", value)?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Placed> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else { return self.unexpected("a value") };
        match token {
            Token::LParen => {
                self.next += 1;
                if self.peek().is_some_and(|token| is_word(token, "SELECT")) {
                    return refused(self.at(), "a rule sees one row, so there are no queries in it", "compare fields");
                }
                let inner = self.expression()?;
                self.expect(&Token::RParen)?;
                Ok(Placed { at, ..inner })
            }
            Token::Number(text, false) => {
                self.next += 1;
                within_depth(at, number(at, &text)?)
            }
            Token::SingleQuotedString(text) => {
                self.next += 1;
                within_depth(at, Node::literal(Kind::Text, Value::Text(text.into())))
            }
            Token::Word(word) => self.word(at, &word),
            _ => self.unexpected("a value"),
        }
    }

    fn word(&mut self, at: usize, word: &Word) -> Parsed<Placed> {
        self.next += 1;
        if word.quote_style.is_some() {
            return within_depth(at, self.field(at, &word.value)?);
        }
        let upper = word.value.to_ascii_uppercase();
        let value = match (&*upper, self.peek()) {
            ("NULL", _) => Node::literal(Kind::Null, Value::Null),
            ("TRUE", _) => Node::literal(Kind::Boolean, Value::Boolean(true)),
            ("FALSE", _) => Node::literal(Kind::Boolean, Value::Boolean(false)),
            ("CASE", _) => return self.case(at),
            ("DATE" | "TIME" | "TIMESTAMP", Some(Token::SingleQuotedString(text))) => {
                let node = moment(at, &upper, text)?;
                self.next += 1;
                node
            }
            (_, Some(Token::LParen)) => return self.function(at, &upper),
            (reserved, _) if RESERVED.contains(&reserved) => {
                self.next -= 1;
                return self.unexpected("a value");
            }
            _ => self.field(at, &word.value)?,
        };
        within_depth(at, value)
    }

    fn field(&self, at: usize, name: &str) -> Parsed<Node> {
        match self.fields.get(name) {
            Some(kind) => Ok(Node::new(*kind, Op::Field(name.to_owned()))),
            None => Err(signatures::no_field(at, name, self.fields)),
        }
    }

    fn function(&mut self, at: usize, name: &str) -> Parsed<Placed> {
        signatures::known(at, name)?;
        self.expect(&Token::LParen)?;
        let mut arguments = Vec::new();
        if !self.eat(&Token::RParen) {
            loop {
                arguments.push(self.expression()?);
                if !self.eat(&Token::Comma) {
                    break;
                }
            }
            self.expect(&Token::RParen)?;
        }
        if self.peek().is_some_and(|token| is_word(token, "OVER")) {
            return refused(self.at(), "a rule sees one row, so there are no windows", "remove OVER");
        }
        within_depth(at, signatures::call(at, name, arguments)?)
    }

    fn case(&mut self, at: usize) -> Parsed<Placed> {
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        if !self.peek().is_some_and(|token| is_word(token, "WHEN")) {
            return refused(self.at(), "CASE has no value of its own here", "write CASE WHEN … = … THEN …");
        }
        while self.eat_word("WHEN") {
            conditions.push(condition(self.expression()?)?);
            self.expect_word("THEN")?;
            values.push(self.expression()?);
        }
        let otherwise = if self.eat_word("ELSE") {
            self.expression()?
        } else {
            Placed { node: Node::literal(Kind::Null, Value::Null), at: self.at() }
        };
        self.expect_word("END")?;
        values.push(otherwise);
        let Unified { kind, nodes: mut values } = signatures::unified(values, "CASE")?;
        let Some(otherwise) = values.pop() else { return self.unexpected("ELSE") };
        let cases = conditions.into_iter().zip(values).map(|(condition, value)| [condition, value]).collect();
        within_depth(at, Node::new(kind, Op::Case(cases, Box::new(otherwise))))
    }
}

fn too_deep<T>(at: usize) -> Parsed<T> {
    refused(at, format!("it is nested deeper than {DEPTH} levels"), "make several rules of it")
}

pub(crate) fn within_depth(at: usize, node: Node) -> Parsed<Placed> {
    if node.is_deepest() { too_deep(at) } else { Ok(Placed { node, at }) }
}

pub(crate) fn not(node: Node) -> Node {
    Node::new(Kind::Boolean, Op::Not(Box::new(node)))
}

pub(crate) fn condition(placed: Placed) -> Parsed<Node> {
    signatures::coerced(placed, Kind::Boolean, "a condition")
}
