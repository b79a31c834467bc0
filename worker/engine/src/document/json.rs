//! JSON (strict RFC 8259) → values with the offsets at which they start. Numbers keep their text: a bound of 20 digits is exact.

use std::fmt;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::document::file::{Document, Member, Node, Value};
use crate::document::mistake::MistakeLog;
use crate::document::path::{element, member};

/// Reads the text of a document as JSON. Returns `None` if it is not valid JSON; the mistakes go to `log`.
pub(super) fn read(document: &Document, text: &str, log: &MistakeLog) -> Option<Node> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        document.not_json(log, &error);
        return None;
    }
    // The first parser has held the nesting to 127 levels, so the second one, which recurses, is safe.
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => parsed.value.map(|value| document.node(log, &Trail::Root, value)),
        Err(error) => {
            let message = format_args!("not JSON: {}", error.kind());
            log.push(|| document.mistake_at(error.range().start, "", message, "correct it"));
            None
        }
    }
}

impl Document {
    fn not_json(&self, log: &MistakeLog, error: &serde_json::Error) {
        let start = self.lines.get(error.line().saturating_sub(1)).copied().unwrap_or(self.text.len());
        let at = if error.is_eof() { self.text.trim_end().len() } else { start + error.column().saturating_sub(1) };
        let at = at.min(self.text.len());
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        let (message, remedy) = if self.text.trim().is_empty() {
            ("not JSON: the file is empty".to_owned(), "write a JSON object")
        } else if text.starts_with("recursion limit") {
            ("nested deeper than 127 levels".to_owned(), "flatten it")
        } else if error.is_eof() {
            (format!("not JSON: the file ends too early ({text})"), "close what is open")
        } else if self.text.get(at..).is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/*")) {
            ("not JSON: comments are not allowed".to_owned(), "remove the comment")
        } else if text == "trailing comma" {
            ("not JSON: nothing follows the comma".to_owned(), "remove the comma")
        } else if text == "trailing characters" {
            ("not JSON: something follows the document".to_owned(), "remove it")
        } else {
            (format!("not JSON: {text}"), "correct it")
        };
        log.push(|| self.mistake_at(at, "", message, remedy));
    }

    fn node(&self, log: &MistakeLog, trail: &Trail<'_>, value: ast::Value<'_>) -> Node {
        match value {
            ast::Value::NullKeyword(node) => Node { at: node.range.start, value: Value::Null },
            ast::Value::BooleanLit(node) => Node { at: node.range.start, value: Value::Boolean(node.value) },
            ast::Value::NumberLit(node) => Node { at: node.range.start, value: Value::Number(node.value.to_owned()) },
            ast::Value::StringLit(node) => Node { at: node.range.start, value: Value::String(node.value.into_owned()) },
            ast::Value::Array(array) => {
                let items = array.elements.into_iter().enumerate();
                let items = items.map(|(nth, item)| self.node(log, &Trail::Element(trail, nth), item)).collect();
                Node { at: array.range.start, value: Value::Array(items) }
            }
            ast::Value::Object(object) => {
                let mut members: Vec<Member> = Vec::with_capacity(object.properties.len());
                let mut first = std::collections::HashMap::new();
                for property in object.properties {
                    let at = property.range.start;
                    let name = property.name.into_string();
                    let trail = Trail::Member(trail, &name);
                    if let Some(&earlier) = first.get(&name) {
                        let earlier = self.position(earlier);
                        let message = format_args!("appears twice in the object, first at {earlier}");
                        log.push(|| self.mistake_at(at, trail, message, "keep one"));
                        continue;
                    }
                    let node = self.node(log, &trail, property.value);
                    first.insert(name.clone(), at);
                    members.push(Member { name, at, node });
                }
                Node { at: object.range.start, value: Value::Object(members) }
            }
        }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The way to a value while the document is built: a path is only written out for a mistake.
enum Trail<'a> {
    Root,
    Element(&'a Trail<'a>, usize),
    Member(&'a Trail<'a>, &'a str),
}

impl Trail<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Element(parent, nth) => element(&parent.path(), *nth),
            Self::Member(parent, name) => member(&parent.path(), name),
        }
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}
