//! Numbers, dates and times as they are written in rules.

use sqlparser::tokenizer::Token;

use crate::parse as typed;
use crate::parse::TemporalFormat;
use crate::rules::placed::{Parsed, refused};
use crate::rules::tokens::shown;
use crate::rules::{Kind, Node, Value};

/// Reads an integer, or a number if the text has a point or an exponent.
pub(crate) fn number(at: usize, text: &str) -> Parsed<Node> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return match text.parse() {
            Ok(value) => Ok(Node::literal(Kind::Integer, Value::Integer(value))),
            Err(_) => refused(at, "the integer is beyond 64 bits", "write it with a decimal point"),
        };
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Node::literal(Kind::Number, Value::Number(value))),
        _ => refused(at, "the number is too large", "write a smaller one"),
    }
}

/// Reads a date, time or datetime in its ISO 8601 form; a datetime may have a space in place of the T.
pub(crate) fn moment(at: usize, word: &str, text: &str) -> Parsed<Node> {
    let cell = text.as_bytes();
    let (node, form) = match word {
        "DATE" => {
            let days = typed::date(cell, &TemporalFormat::Default);
            (days.map(|days| Node::literal(Kind::Date, Value::Integer(days.into()))), "YYYY-MM-DD")
        }
        "TIME" => {
            let micros = typed::time(cell, &TemporalFormat::Default);
            (micros.map(|micros| Node::literal(Kind::Time, Value::Integer(micros))), "hh:mm:ss")
        }
        _ => {
            let micros = typed::datetime(text.replacen(' ', "T", 1).as_bytes(), &TemporalFormat::Default);
            (micros.map(|micros| Node::literal(Kind::Datetime, Value::Integer(micros))), "YYYY-MM-DD hh:mm:ss")
        }
    };
    match node {
        Some(node) => Ok(node),
        None => refused(
            at,
            format!(
                "{} is not a {}",
                shown(Some(&Token::SingleQuotedString(text.to_owned()))),
                word.to_ascii_lowercase()
            ),
            format!("write {word} '{form}'"),
        ),
    }
}
