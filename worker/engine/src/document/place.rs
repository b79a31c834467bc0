//! A value in a document together with its place: typed access to the value, and mistakes that point at it.

use std::fmt;

use crate::document::file::{Document, Member, Node, Position, Value};
use crate::document::mistake::MistakeLog;
use crate::document::name_comparisons::NameComparisons;
use crate::document::path::{EXCERPT, element, member, quoted};
use crate::parse::{ExactDecimal, Json};

/// A value in a document, its path, and where its mistakes go.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    document: &'a Document,
    log: &'a MistakeLog,
    node: &'a Node,
    /// The byte offset that mistakes point at: the start of the value, or of its name.
    at: usize,
    path: String,
    /// Properties from elsewhere, which count where the object has none of the same name.
    extra: Vec<(&'a str, Place<'a>)>,
}

impl Document {
    /// Returns the outermost value.
    pub(crate) fn root<'a>(&'a self, log: &'a MistakeLog) -> Place<'a> {
        let node = &self.root;
        Place { document: self, log, node, at: node.at, path: String::new(), extra: Vec::new() }
    }
}

impl<'a> Place<'a> {
    /// Returns the place without its path and its extra properties, to be filled in.
    fn bare(&self) -> Self {
        Self {
            document: self.document,
            log: self.log,
            node: self.node,
            at: self.at,
            path: String::new(),
            extra: Vec::new(),
        }
    }

    /// Returns the object with a property from elsewhere, which counts if the object has none of this name.
    pub(crate) fn with(mut self, name: &'a str, property: Place<'a>) -> Self {
        self.extra.push((name, property));
        self
    }

    /// Returns the object with the properties of another object, each of which counts if this object has none of its name.
    pub(crate) fn with_all(&self, object: Option<&Place<'a>>) -> Self {
        let names = object.into_iter().flat_map(|object| object.names().map(move |(name, _)| (object, name)));
        let extra = names.filter_map(|(object, name)| Some((name, object.get_or_null(name)?)));
        Self { extra: extra.collect(), ..self.clone() }
    }

    /// Returns the name of the file that has the value.
    pub(crate) fn file(&self) -> &'a str {
        &self.document.file
    }

    /// Returns the line and column that mistakes point at.
    pub(crate) fn position(&self) -> Position<'a> {
        self.document.position(self.at)
    }

    /// Returns the place of a character inside a string. `character` counts from 0 in the value of the string.
    pub(crate) fn inside(&self, character: usize) -> Self {
        Self { at: self.document.at_character(self.at, character), ..self.clone() }
    }

    /// Notes a mistake here.
    pub(crate) fn mistake(&self, message: impl fmt::Display, remedy: impl fmt::Display) {
        self.log.push(|| self.document.mistake_at(self.at, &self.path, message, remedy));
    }

    /// Notes a warning here: the descriptor can be used, but probably does not say what its author means.
    pub(crate) fn warn(&self, message: impl fmt::Display, remedy: impl fmt::Display) {
        self.log.warn(|| self.document.mistake_at(self.at, &self.path, message, remedy));
    }

    /// Gives `look` access to the results of comparing misspelled names.
    pub(crate) fn name_comparisons<T>(&self, look: impl FnOnce(&mut NameComparisons) -> T) -> T {
        self.log.name_comparisons(look)
    }

    /// Notes the mistake that this value is not what is expected here.
    pub(crate) fn wrong(&self, expected: &str, remedy: impl fmt::Display) {
        self.mistake(format_args!("{} is not {expected}", self.shown()), remedy);
    }

    /// Notes the mistake that a property of the standard is not supported.
    pub(crate) fn unsupported(&self, what: &str) {
        self.mistake(format_args!("{what} is not supported yet"), "remove it");
    }

    /// Returns the value as messages show it, cut when it is long.
    pub(crate) fn shown(&self) -> String {
        match &self.node.value {
            Value::Null => "null".to_owned(),
            Value::Boolean(value) => value.to_string(),
            Value::Number(text) => text.chars().take(EXCERPT).collect(),
            Value::String(text) => quoted(text),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Null)
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.node.value, Value::Object(_))
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self.node.value, Value::Array(_))
    }

    /// Returns true for an array without an element.
    pub(crate) fn is_empty_array(&self) -> bool {
        matches!(&self.node.value, Value::Array(items) if items.is_empty())
    }

    /// Returns the text of a string, and `None` for any other value.
    pub(crate) fn as_str(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the text of a number as it is written, and `None` for any other value.
    pub(crate) fn as_number(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a number that is an integer of 64 bits from 0 on. JSON may write it with a point or an exponent: `5`, `5.0` and `5e0` are one
    /// value, and JSON Schema calls all of them integers.
    pub(crate) fn as_whole(&self) -> Option<u64> {
        let text = self.as_number()?;
        text.parse().ok().or_else(|| ExactDecimal::of(text.as_bytes()).to_u64())
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.node.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the text of a string. Any other value is a mistake.
    pub(crate) fn string(&self, remedy: &str) -> Option<&'a str> {
        let text = self.as_str();
        if text.is_none() {
            self.wrong("a string", remedy);
        }
        text
    }

    /// Returns the value of a boolean. Any other value is a mistake.
    pub(crate) fn boolean(&self) -> Option<bool> {
        let value = self.as_bool();
        if value.is_none() {
            self.wrong("a boolean", "write true or false");
        }
        value
    }

    /// Returns an integer from `least` to `most`. Any other value is a mistake.
    pub(crate) fn integer(&self, least: u64, most: u64) -> Option<u64> {
        let value = self.as_whole().filter(|value| (least..=most).contains(value));
        if value.is_none() {
            if most == u64::MAX {
                self.wrong(&format!("an integer of at least {least}"), "write such a number");
            } else {
                self.wrong(&format!("an integer from {least} to {most}"), "write such a number");
            }
        }
        value
    }

    /// Returns the elements of an array. Any other value is a mistake.
    pub(crate) fn array(&self, remedy: &str) -> Option<Vec<Place<'a>>> {
        let Value::Array(items) = &self.node.value else {
            self.wrong("an array", remedy);
            return None;
        };
        let place =
            |(nth, node): (usize, &'a Node)| Place { node, at: node.at, path: element(&self.path, nth), ..self.bare() };
        Some(items.iter().enumerate().map(place).collect())
    }

    /// Returns one element of an array, if there is such an element.
    pub(crate) fn item(&self, nth: usize) -> Option<Place<'a>> {
        let Value::Array(items) = &self.node.value else {
            return None;
        };
        let node = items.get(nth)?;
        Some(Place { node, at: node.at, path: element(&self.path, nth), ..self.bare() })
    }

    /// Returns true for an object. Any other value is a mistake.
    pub(crate) fn object(&self, remedy: &str) -> bool {
        if !self.is_object() {
            self.wrong("an object", remedy);
        }
        self.is_object()
    }

    /// Returns a property of an object. A property that is `null` counts as absent: many tools write all the properties that they know.
    pub(crate) fn get(&self, name: &str) -> Option<Place<'a>> {
        self.get_or_null(name).filter(|property| !property.is_null())
    }

    /// Returns a property of an object, for properties of which `null` is a value.
    pub(crate) fn get_or_null(&self, name: &str) -> Option<Place<'a>> {
        let Value::Object(members) = &self.node.value else {
            return None;
        };
        let Some(Member { name, node, .. }) = members.iter().find(|other| other.name == name) else {
            return self.extra.iter().find(|(other, _)| *other == name).map(|(_, place)| place.clone());
        };
        Some(Place { node, at: node.at, path: member(&self.path, name), ..self.bare() })
    }

    /// Returns a member of an object by its name, or an item of an array by its number.
    pub(crate) fn step(&self, name: &str) -> Option<Place<'a>> {
        match &self.node.value {
            Value::Array(items) => {
                let nth: usize = name.parse().ok()?;
                let node = items.get(nth)?;
                Some(Place { node, at: node.at, path: element(&self.path, nth), ..self.clone() })
            }
            _ => self.get_or_null(name),
        }
    }

    /// Returns the values in an array or an object.
    pub(crate) fn children(&self) -> Vec<Place<'a>> {
        match &self.node.value {
            Value::Array(items) => (0..items.len()).filter_map(|nth| self.step(&nth.to_string())).collect(),
            Value::Object(members) => members.iter().filter_map(|member| self.get_or_null(&member.name)).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the byte offset at which the value starts in its file. Each value has a different offset.
    pub(crate) fn offset(&self) -> usize {
        self.node.at
    }

    /// Returns the value as JSON, on one line; numbers keep the text that was written.
    pub(crate) fn json_text(&self) -> String {
        let mut text = String::new();
        write_json(self.node, &mut text);
        text
    }

    /// Returns the value without its place.
    pub(crate) fn to_json(&self) -> Json {
        json(self.node)
    }

    /// Returns the names of an object, each with a place that points at the name.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        self.members().map(|(name, at, value)| (name, Place { at, ..value }))
    }

    /// Returns the members of an object in order: the name, the offset of the name, and the place of the value.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, usize, Place<'a>)> {
        let members: &'a [Member] = match &self.node.value {
            Value::Object(members) => members,
            _ => &[],
        };
        members.iter().map(|Member { name, at, node }| {
            let path = member(&self.path, name);
            (name.as_str(), *at, Place { node, at: node.at, path, ..self.bare() })
        })
    }
}

/// Returns a value without its place. The recursion is as deep as the document, whose nesting is bounded.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Boolean(*value),
        Value::Number(text) => Json::Number(ExactDecimal::of(text.as_bytes())),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => {
            Json::Object(members.iter().map(|member| (member.name.clone(), json(&member.node))).collect())
        }
    }
}

fn write_json(node: &Node, out: &mut String) {
    // Writes a string of JSON with its escapes, so that it reads back as the same text.
    let string = |text: &str, out: &mut String| out.push_str(&serde_json::Value::from(text).to_string());
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (nth, Member { name, node, .. }) in members.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                string(name, out);
                out.push(':');
                write_json(node, out);
            }
            out.push('}');
        }
    }
}
