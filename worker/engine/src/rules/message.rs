//! The message of a rule: a text in which `{field}` stands for the cell of a field.

use crate::json_text::{push_shown, push_text};
use crate::shown::{LABEL, quoted};

/// Most characters of a message.
pub(crate) const CHARACTERS: usize = 1000;

/// Most fields that a message shows.
pub(crate) const SHOWN: usize = 20;

/// A message, split into words and fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Field(String),
}

/// A fault in the text of a message, and the number of the character at which it stands.
pub(crate) struct BadMessage {
    pub(crate) at: usize,
    pub(crate) reason: String,
}

impl Message {
    /// Splits a message into words and fields. `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// The first fault in the text.
    pub(crate) fn read(text: &str, is_field: impl Fn(&str) -> bool) -> Result<Self, BadMessage> {
        let bad = |at, reason: &str| Err(BadMessage { at, reason: reason.to_owned() });
        let characters: Vec<char> = text.chars().collect();
        if characters.len() > CHARACTERS {
            return bad(0, "it has more than 1000 characters");
        }
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut at = 0;
        while let Some(&character) = characters.get(at) {
            let is_double = characters.get(at + 1) == Some(&character);
            match character {
                '{' | '}' if is_double => {
                    words.push(character);
                    at += 2;
                }
                '{' => {
                    let Some(length) = characters[at..].iter().position(|&character| character == '}') else {
                        return bad(at, "the brace is not closed");
                    };
                    let name: String = characters[at + 1..at + length].iter().collect();
                    if !is_field(&name) {
                        let reason = format!("the schema has no field {}", quoted(&name, LABEL));
                        return Err(BadMessage { at: at + 1, reason });
                    }
                    parts.push(Part::Words(std::mem::take(&mut words)));
                    parts.push(Part::Field(name));
                    at += length + 1;
                }
                '}' => return bad(at, "the brace was not opened"),
                other => {
                    words.push(other);
                    at += 1;
                }
            }
        }
        parts.push(Part::Words(words));
        if parts.len() > 2 * SHOWN + 1 {
            return bad(0, "it shows more than 20 fields");
        }
        parts.retain(|part| *part != Part::Words(String::new()));
        Ok(Self(parts))
    }

    /// Returns the message of a rule that has no message of its own.
    pub(crate) fn of_rule(name: &str) -> Self {
        Self(vec![Part::Words(format!("the row breaks the rule \"{name}\""))])
    }

    /// Adds the help, which says what to do.
    pub(crate) fn with_help(mut self, help: &str) -> Self {
        self.0.push(Part::Words(format!("; {help}")));
        self
    }

    /// Appends the message as the inside of a JSON string; `cell` returns the text of a field's cell.
    pub(crate) fn push(&self, mut cell: impl FnMut(&str, &mut dyn FnMut(Shown<'_>)), out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Words(words) => push_text(words.as_bytes(), out),
                Part::Field(name) => cell(name, &mut |shown| match shown {
                    Shown::Text(text) => push_shown(text, out),
                    Shown::Words(words) => out.extend_from_slice(words.as_bytes()),
                }),
            }
        }
    }
}

/// The part of a cell that a message shows.
pub(crate) enum Shown<'a> {
    /// The text of the cell, which is UTF-8.
    Text(&'a [u8]),
    /// A fixed text in place of the cell.
    Words(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, (usize, String)> {
        let message = Message::read(text, |name| ["a", "b c"].contains(&name)).map_err(|bad| (bad.at, bad.reason))?;
        let mut out = Vec::new();
        message.push(|name, show| show(Shown::Text(name.to_uppercase().as_bytes())), &mut out);
        Ok(String::from_utf8(out).unwrap_or_default())
    }

    #[test]
    fn fields_stand_between_braces() {
        assert_eq!(written("x {a}{b c}, {{a}}"), Ok("x AB C, {a}".to_owned()));
        assert_eq!(written(""), Ok(String::new()));
        assert_eq!(written("é {a"), Err((2, "the brace is not closed".to_owned())));
        assert_eq!(written("é }"), Err((2, "the brace was not opened".to_owned())));
        assert_eq!(written("é {z}"), Err((3, "the schema has no field \"z\"".to_owned())));
    }

    #[test]
    fn a_message_is_bounded() {
        assert!(written(&"é".repeat(CHARACTERS)).is_ok() && written(&"é".repeat(CHARACTERS + 1)).is_err());
        assert!(written(&"{a}".repeat(SHOWN)).is_ok() && written(&"{a}".repeat(SHOWN + 1)).is_err());
    }
}
