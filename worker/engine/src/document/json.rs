//! Documents with places: every value knows where it stands, so that a mistake in it can be pointed at.
//!
//! JSON is strict RFC 8259, YAML is read by [`crate::document::yaml`]. Numbers keep their text: a bound of 20 digits is exact.

use std::fmt;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::document::mistake::{Found, Mistake};
use crate::document::place::Place;
use crate::document::yaml;
use crate::shown::cut;

/// Most bytes of a descriptor, and of a file it refers to.
pub const DESCRIPTOR_BYTES: usize = 1 << 20;

/// Longest excerpt of a value in a message, in characters.
pub(crate) const EXCERPT: usize = 60;

/// A JSON file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) file: String,
    text: String,
    /// Byte offsets at which lines start.
    lines: Vec<usize>,
    root: Node,
}

/// A value and the byte offset at which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// As written.
    Number(String),
    String(String),
    Array(Vec<Node>),
    /// Names with the offsets at which they start; a name that stands twice is kept once.
    Object(Vec<(String, usize, Node)>),
}

impl Document {
    /// Reads a whole file; what is wrong with it as JSON goes to `found`.
    pub(crate) fn read(file: &str, bytes: &[u8], found: &Found) -> Option<Self> {
        Self::read_up_to(file, bytes, DESCRIPTOR_BYTES, found)
    }

    /// The same for a file of at most this many bytes.
    pub(crate) fn read_up_to(file: &str, bytes: &[u8], most: usize, found: &Found) -> Option<Self> {
        let mut document = Self {
            file: file.to_owned(),
            text: String::new(),
            lines: vec![0],
            root: Node { at: 0, value: Value::Null },
        };
        if bytes.len() > most {
            let message = format_args!("{} bytes are more than the {most} of a descriptor", bytes.len());
            found.push(|| document.mistake_at(0, "", message, "shorten it"));
            return None;
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let (text, damage) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let valid = error.valid_up_to();
                (std::str::from_utf8(&bytes[..valid]).unwrap_or_default(), Some(bytes[valid]))
            }
        };
        text.clone_into(&mut document.text);
        document.lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        if let Some(byte) = damage {
            let message = format_args!("the byte {byte:#04x} is not UTF-8");
            found.push(|| document.mistake_at(text.len(), "", message, "save the file as UTF-8"));
            return None;
        }
        if yaml::is_yaml(file) {
            document.root = yaml::read(&document, text, found)?;
            return Some(document);
        }
        if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
            document.not_json(found, &error);
            return None;
        }
        // The first parser has held the nesting to 127 levels, so the second one, which recurses, is safe.
        match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
            Ok(parsed) => {
                document.root = parsed.value.map(|value| document.node(found, &Trail::Root, value))?;
                Some(document)
            }
            Err(error) => {
                let message = format_args!("not JSON: {}", error.kind());
                found.push(|| document.mistake_at(error.range().start, "", message, "correct it"));
                None
            }
        }
    }

    /// The outermost value.
    pub(crate) fn root<'a>(&'a self, found: &'a Found) -> Place<'a> {
        Place::root(self, &self.root, found)
    }

    fn not_json(&self, found: &Found, error: &serde_json::Error) {
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
        found.push(|| self.mistake_at(at, "", message, remedy));
    }

    fn node(&self, found: &Found, trail: &Trail<'_>, value: ast::Value<'_>) -> Node {
        match value {
            ast::Value::NullKeyword(node) => Node { at: node.range.start, value: Value::Null },
            ast::Value::BooleanLit(node) => Node { at: node.range.start, value: Value::Boolean(node.value) },
            ast::Value::NumberLit(node) => Node { at: node.range.start, value: Value::Number(node.value.to_owned()) },
            ast::Value::StringLit(node) => Node { at: node.range.start, value: Value::String(node.value.into_owned()) },
            ast::Value::Array(array) => {
                let items = array.elements.into_iter().enumerate();
                let items = items.map(|(nth, item)| self.node(found, &Trail::Element(trail, nth), item)).collect();
                Node { at: array.range.start, value: Value::Array(items) }
            }
            ast::Value::Object(object) => {
                let mut members: Vec<(String, usize, Node)> = Vec::with_capacity(object.properties.len());
                let mut first = std::collections::HashMap::new();
                for property in object.properties {
                    let at = property.range.start;
                    let name = property.name.into_string();
                    let trail = Trail::Member(trail, &name);
                    if let Some(&earlier) = first.get(&name) {
                        let earlier = self.position(earlier);
                        let message = format_args!("stands twice in the object, first at {earlier}");
                        found.push(|| self.mistake_at(at, trail, message, "keep one"));
                        continue;
                    }
                    let value = self.node(found, &trail, property.value);
                    first.insert(name.clone(), at);
                    members.push((name, at, value));
                }
                Node { at: object.range.start, value: Value::Object(members) }
            }
        }
    }

    /// 1-based line and column (in characters) of a byte offset, worked out when it is shown.
    pub(crate) fn position(&self, at: usize) -> Position<'_> {
        Position { document: self, at }
    }

    /// The offset of a character of the string that starts at `at`: counted from 0 in the string's value, with escapes resolved.
    pub(crate) fn at_character(&self, at: usize, character: usize) -> usize {
        let text = self.text.as_bytes();
        if yaml::is_yaml(&self.file) {
            // A text may be written in many ways there.
            return at;
        }
        let mut at = at + 1;
        for _ in 0..character {
            at += match (text.get(at), text.get(at + 1)) {
                (None | Some(b'"'), _) => return at,
                (Some(b'\\'), Some(b'u')) => {
                    let unit = text.get(at + 2..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
                    let unit = unit.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
                    // A character beyond the first 65,536 is written as two.
                    if (0xD800..0xDC00).contains(&unit) { 12 } else { 6 }
                }
                (Some(b'\\'), _) => 2,
                (Some(_), _) => self.text[at..].chars().next().map_or(1, char::len_utf8),
            };
        }
        at
    }

    /// A mistake or a warning with its texts written out.
    pub(crate) fn mistake_at(
        &self,
        at: usize,
        path: impl fmt::Display,
        message: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> Mistake {
        let (line, column) = self.position(at).line_and_column();
        Mistake {
            file: self.file.clone(),
            line,
            column,
            path: path.to_string(),
            message: message.to_string(),
            remedy: remedy.to_string(),
        }
    }
}

/// A place in a file, shown as `line:column`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position<'a> {
    document: &'a Document,
    at: usize,
}

impl Position<'_> {
    fn line_and_column(self) -> (u64, u64) {
        let Document { text, lines, .. } = self.document;
        let line = lines.partition_point(|&start| start <= self.at).max(1);
        let before = &text.as_bytes()[lines[line - 1]..self.at];
        let before = before.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        // An offset inside a character counts as that character.
        let inside = usize::from(!text.is_char_boundary(self.at));
        (line as u64, (before + 1 - inside) as u64)
    }
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        write!(f, "{line}:{column}")
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

pub(crate) fn element(path: &str, nth: usize) -> String {
    format!("{path}[{nth}]")
}

pub(crate) fn member(path: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name.len() <= EXCERPT
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (plain, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}[{}]", quoted(name)),
    }
}

/// Text between quotes, on one line and cut when it is long.
pub(crate) fn quoted(text: &str) -> String {
    let mut excerpt = text.to_owned();
    cut(&mut excerpt, EXCERPT);
    format!("{excerpt:?}")
}
