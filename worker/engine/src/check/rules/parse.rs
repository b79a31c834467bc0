//! Tokens → nodes: the grammar of rules, by recursive descent. What is not in it is refused where it stands.

use std::collections::HashMap;
use std::sync::Arc;

use sqlparser::tokenizer::{Token, Word};

use crate::check::rules::like::Like;
use crate::check::rules::tokens::{Lexeme, is_word, shown, tokens};
use crate::check::rules::{Cell, Comparison, DEPTH, Function, Kind, LIST, Node, Op, Set, TEXT_BYTES, signatures};
use crate::descriptor::TemporalFormat;
use crate::typing::parse as typed;

/// Why a rule is refused, and the number of the character at which that stands.
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

/// The words of the grammar; a field of such a name is written in quotes.
const RESERVED: [&str; 17] = [
    "AND", "BETWEEN", "CASE", "ELSE", "END", "ESCAPE", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "THEN",
    "TRUE", "WHEN", "SELECT",
];

/// Reads a rule over fields of these types.
///
/// # Errors
/// The first thing that is wrong with it.
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

struct Parser<'a> {
    tokens: Vec<Lexeme>,
    next: usize,
    /// The number of characters.
    end: usize,
    depth: u32,
    /// Bytes of lists, which do not count.
    listed: usize,
    fields: &'a HashMap<&'a str, Kind>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|lexeme| &lexeme.token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |lexeme| lexeme.at)
    }

    fn shown(&self) -> String {
        shown(self.peek())
    }

    fn eat(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == Some(token);
        self.next += usize::from(is_there);
        is_there
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self.peek().is_some_and(|token| is_word(token, word));
        self.next += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, token: &Token) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.unexpected(&format!("\"{token}\"")) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected(word) }
    }

    fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        refused(self.at(), format!("{} stands where {expected} is expected", self.shown()), "correct the expression")
    }

    /// Goes one level deeper.
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

    /// Conditions with a word between them. However many there are, they are one level.
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
        made(at, Node::new(Kind::Boolean, op(nodes)))
    }

    fn negation(&mut self) -> Parsed<Placed> {
        let at = self.at();
        if self.eat_word("NOT") {
            let negated = condition(self.nested(Self::negation)?)?;
            return made(at, not(negated));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Parsed<Placed> {
        let left = self.sum()?;
        let at = left.at;
        if let Some(comparison) = self.peek().and_then(comparison) {
            self.next += 1;
            let right = self.sum()?;
            if self.peek().and_then(self::comparison).is_some() {
                return refused(self.at(), "a comparison is compared", "write AND between the two comparisons");
            }
            return made(at, signatures::compare(comparison, left, right)?);
        }
        if self.eat_word("IS") {
            return self.is(left);
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
        made(at, if is_negated { not(node) } else { node })
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
            let otherwise = Node::literal(Kind::Boolean, Cell::Boolean(false));
            Node::call(Kind::Boolean, Function::Coalesce, vec![holds, otherwise])
        };
        made(at, if is_negated { not(node) } else { node })
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
        let (_, mut nodes) = signatures::unified(all, "IN")?;
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
                _ => return refused(self.at(), "ESCAPE wants one character", "write it between '…'"),
            };
            escape = one;
            self.next += 1;
        }
        match Like::new(&pattern, escape) {
            Ok(like) => Ok(Node::call(Kind::Boolean, Function::Like(Arc::new(like)), vec![text])),
            Err(reason) => refused(at, format!("the pattern {reason}"), "correct it"),
        }
    }

    fn sum(&mut self) -> Parsed<Placed> {
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
            left = made(at, node)?;
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
            left = made(left.at, signatures::product(function, left, self.unary()?)?)?;
        }
    }

    fn unary(&mut self) -> Parsed<Placed> {
        let at = self.at();
        if self.eat(&Token::Minus) {
            if let Some(Token::Number(text, false)) = self.peek() {
                // With its sign, for there is a least integer whose positive is none.
                let node = number(at, &format!("-{text}"))?;
                self.next += 1;
                return made(at, node);
            }
            let value = self.nested(Self::unary)?;
            return made(at, signatures::numeric(Function::Negate, "-", value)?);
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
                made(at, number(at, &text)?)
            }
            Token::SingleQuotedString(text) => {
                self.next += 1;
                made(at, Node::literal(Kind::Text, Cell::Text(text.into())))
            }
            Token::Word(word) => self.word(at, &word),
            _ => self.unexpected("a value"),
        }
    }

    fn word(&mut self, at: usize, word: &Word) -> Parsed<Placed> {
        self.next += 1;
        if word.quote_style.is_some() {
            return made(at, self.field(at, &word.value)?);
        }
        let upper = word.value.to_ascii_uppercase();
        let value = match (&*upper, self.peek()) {
            ("NULL", _) => Node::literal(Kind::Null, Cell::Null),
            ("TRUE", _) => Node::literal(Kind::Boolean, Cell::Boolean(true)),
            ("FALSE", _) => Node::literal(Kind::Boolean, Cell::Boolean(false)),
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
        made(at, value)
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
        made(at, signatures::call(at, name, arguments)?)
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
            Placed { node: Node::literal(Kind::Null, Cell::Null), at: self.at() }
        };
        self.expect_word("END")?;
        values.push(otherwise);
        let (kind, mut values) = signatures::unified(values, "CASE")?;
        let Some(otherwise) = values.pop() else { return self.unexpected("ELSE") };
        let cases = conditions.into_iter().zip(values).map(|(condition, value)| [condition, value]).collect();
        made(at, Node::new(kind, Op::Case(cases, Box::new(otherwise))))
    }
}

fn too_deep<T>(at: usize) -> Parsed<T> {
    refused(at, format!("it is nested deeper than {DEPTH} levels"), "make several rules of it")
}

fn made(at: usize, node: Node) -> Parsed<Placed> {
    if node.is_deepest() { too_deep(at) } else { Ok(Placed { node, at }) }
}

fn not(node: Node) -> Node {
    Node::new(Kind::Boolean, Op::Not(Box::new(node)))
}

fn condition(placed: Placed) -> Parsed<Node> {
    signatures::coerced(placed, Kind::Boolean, "a condition")
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

fn number(at: usize, text: &str) -> Parsed<Node> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return match text.parse() {
            Ok(value) => Ok(Node::literal(Kind::Integer, Cell::Integer(value))),
            Err(_) => refused(at, "the integer is beyond 64 bits", "write it with a decimal point"),
        };
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Node::literal(Kind::Number, Cell::Number(value))),
        _ => refused(at, "the number is too large", "write a smaller one"),
    }
}

/// A date, time or datetime in its ISO 8601 form, the datetime also with a space for the T.
fn moment(at: usize, word: &str, text: &str) -> Parsed<Node> {
    let cell = text.as_bytes();
    let (node, form) = match word {
        "DATE" => {
            let days = typed::date(cell, &TemporalFormat::Default);
            (days.map(|days| Node::literal(Kind::Date, Cell::Integer(days.into()))), "YYYY-MM-DD")
        }
        "TIME" => {
            let micros = typed::time(cell, &TemporalFormat::Default);
            (micros.map(|micros| Node::literal(Kind::Time, Cell::Integer(micros))), "hh:mm:ss")
        }
        _ => {
            let micros = typed::datetime(text.replacen(' ', "T", 1).as_bytes(), &TemporalFormat::Default);
            (micros.map(|micros| Node::literal(Kind::Datetime, Cell::Integer(micros))), "YYYY-MM-DD hh:mm:ss")
        }
    };
    match node {
        Some(node) => Ok(node),
        None => refused(
            at,
            format!("{} is none", shown(Some(&Token::SingleQuotedString(text.to_owned())))),
            format!("write {word} '{form}'"),
        ),
    }
}
