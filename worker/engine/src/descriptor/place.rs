//! A value in a document as the readers of its parts see it: typed access, and mistakes that know where they stand.

use std::fmt;

use super::json::{Document, EXCERPT, Node, Position, Value, element, member, quoted};
use super::mistake::Found;

/// A value in a document, its path, and where its mistakes go.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    document: &'a Document,
    found: &'a Found,
    node: &'a Node,
    /// Where mistakes are pointed at: the value, or its name.
    at: usize,
    path: String,
}

impl<'a> Place<'a> {
    /// The outermost value of a document.
    pub(crate) fn root(document: &'a Document, node: &'a Node, found: &'a Found) -> Self {
        Self { document, found, node, at: node.at, path: String::new() }
    }

    /// The file it is in.
    pub(crate) fn file(&self) -> &'a str {
        &self.document.file
    }

    /// Where it stands.
    pub(crate) fn position(&self) -> Position<'a> {
        self.document.position(self.at)
    }

    /// The place of a character inside a string, counted from 0 in the text it stands for.
    pub(super) fn inside(&self, character: usize) -> Self {
        Self { at: self.document.at_character(self.at, character), ..self.clone() }
    }

    /// Leaves a mistake here.
    pub(crate) fn mistake(&self, message: impl fmt::Display, remedy: impl fmt::Display) {
        self.document.mistake(self.found, self.at, &self.path, message, remedy);
    }

    /// Leaves a warning here: the descriptor can be used, and is likely not to say what its author means.
    pub(crate) fn warn(&self, message: impl fmt::Display, remedy: impl fmt::Display) {
        self.found.warn(|| self.document.mistake_at(self.at, &self.path, message, remedy));
    }

    /// Leaves the mistake that this value is not what stands here.
    pub(crate) fn wrong(&self, expected: &str, remedy: impl fmt::Display) {
        self.mistake(format_args!("{} is not {expected}", self.shown()), remedy);
    }

    /// Leaves the mistake that a property of the standard is not supported.
    pub(crate) fn unsupported(&self, what: &str) {
        self.mistake(format_args!("{what} is not supported yet"), "remove it");
    }

    /// The value as it stands in messages.
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

    /// An array without an element.
    pub(crate) fn is_empty_array(&self) -> bool {
        matches!(&self.node.value, Value::Array(items) if items.is_empty())
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a number, as written.
    pub(crate) fn as_number(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.node.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// A string, or a mistake.
    pub(crate) fn string(&self, remedy: &str) -> Option<&'a str> {
        let text = self.as_str();
        if text.is_none() {
            self.wrong("a string", remedy);
        }
        text
    }

    /// A boolean, or a mistake.
    pub(crate) fn boolean(&self) -> Option<bool> {
        let value = self.as_bool();
        if value.is_none() {
            self.wrong("a boolean", "write true or false");
        }
        value
    }

    /// An integer between two bounds, or a mistake.
    pub(crate) fn integer(&self, least: u64, most: u64) -> Option<u64> {
        let value = self.as_number().and_then(|text| text.parse().ok()).filter(|value| (least..=most).contains(value));
        if value.is_none() {
            if most == u64::MAX {
                self.wrong(&format!("an integer of at least {least}"), "write such a number");
            } else {
                self.wrong(&format!("an integer from {least} to {most}"), "write such a number");
            }
        }
        value
    }

    /// The elements of an array, or a mistake.
    pub(crate) fn array(&self, remedy: &str) -> Option<Vec<Place<'a>>> {
        let Value::Array(items) = &self.node.value else {
            self.wrong("an array", remedy);
            return None;
        };
        let place = |(nth, node): (usize, &'a Node)| Place {
            node,
            at: node.at,
            path: element(&self.path, nth),
            document: self.document,
            found: self.found,
        };
        Some(items.iter().enumerate().map(place).collect())
    }

    /// Notes a mistake when this is not an object.
    pub(crate) fn object(&self, remedy: &str) -> bool {
        if !self.is_object() {
            self.wrong("an object", remedy);
        }
        self.is_object()
    }

    /// A property of an object.
    pub(crate) fn get(&self, name: &str) -> Option<Place<'a>> {
        let Value::Object(members) = &self.node.value else {
            return None;
        };
        let (name, _, node) = members.iter().find(|(other, ..)| other == name)?;
        Some(Place { node, at: node.at, path: member(&self.path, name), document: self.document, found: self.found })
    }

    /// The names of an object with places that point at the names.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        let members: &'a [(String, usize, Node)] = match &self.node.value {
            Value::Object(members) => members,
            _ => &[],
        };
        members.iter().map(|(name, at, node)| {
            let path = member(&self.path, name);
            (name.as_str(), Place { node, at: *at, path, document: self.document, found: self.found })
        })
    }
}
