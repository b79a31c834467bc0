//! The file of a document: its text, its values, and the offset of each value, so that a mistake can point at it.

use std::fmt;

use crate::document::mistake::Mistake;

/// A file of JSON or YAML.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) file: String,
    /// The text without a byte order mark.
    pub(super) text: String,
    /// Whether the text is YAML, as the name of the file tells.
    pub(super) is_yaml: bool,
    /// Byte offsets at which lines start.
    pub(super) lines: Vec<usize>,
    pub(super) root: Node,
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
    /// The number as it is written.
    Number(String),
    String(String),
    Array(Vec<Node>),
    /// The members. If a name appears twice, only its first member is kept.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The offset at which the name starts.
    pub(crate) at: usize,
    pub(crate) node: Node,
}

impl Document {
    /// Returns the line and column (1-based, in characters) of a byte offset; they are computed only when the position is shown.
    pub(crate) fn position(&self, at: usize) -> Position<'_> {
        Position { document: self, at }
    }

    /// Returns the offset of a character inside the string that starts at `at`. `character` counts from 0 in the value of the string, after
    /// escapes are resolved. In YAML the answer is `at`.
    pub(crate) fn at_character(&self, at: usize, character: usize) -> usize {
        let text = self.text.as_bytes();
        if self.is_yaml {
            // YAML has many ways to write a text, so its characters are not followed.
            return at;
        }
        let mut at = at + 1;
        for _ in 0..character {
            at += match (text.get(at), text.get(at + 1)) {
                (None | Some(b'"'), _) => return at,
                (Some(b'\\'), Some(b'u')) => {
                    let unit = text.get(at + 2..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
                    let unit = unit.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
                    // A character beyond the first 65,536 is written as two escapes.
                    if (0xD800..0xDC00).contains(&unit) { 12 } else { 6 }
                }
                (Some(b'\\'), _) => 2,
                (Some(_), _) => self.text[at..].chars().next().map_or(1, char::len_utf8),
            };
        }
        at
    }

    /// Makes a mistake or a warning with its texts written out.
    pub(crate) fn mistake_at(
        &self,
        at: usize,
        path: impl fmt::Display,
        message: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> Mistake {
        let LineColumn { line, column } = self.position(at).line_and_column();
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

/// A line and a column, both from 1; the column in characters.
struct LineColumn {
    line: u64,
    column: u64,
}

impl Position<'_> {
    fn line_and_column(self) -> LineColumn {
        let Document { text, lines, .. } = self.document;
        let line = lines.partition_point(|&start| start <= self.at).max(1);
        let before = &text.as_bytes()[lines[line - 1]..self.at];
        let before = before.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        // An offset inside a character counts as that character.
        let inside = usize::from(!text.is_char_boundary(self.at));
        LineColumn { line: line as u64, column: (before + 1 - inside) as u64 }
    }
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineColumn { line, column } = self.line_and_column();
        write!(f, "{line}:{column}")
    }
}
