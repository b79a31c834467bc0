//! The bytes of a file → a document.

use crate::document::file::{Document, Node, Value};
use crate::document::mistake::MistakeLog;
use crate::document::{json, yaml};

/// Most bytes of a descriptor, and of a file it refers to.
pub const DESCRIPTOR_BYTES: usize = 1 << 20;

impl Document {
    /// Reads a file of at most [`DESCRIPTOR_BYTES`]. Returns `None` if it is not valid JSON or YAML; the mistakes go to `log`.
    pub(crate) fn read(file: &str, bytes: &[u8], log: &MistakeLog) -> Option<Self> {
        Self::read_up_to(file, bytes, DESCRIPTOR_BYTES, log)
    }

    /// Reads a file as [`Document::read`] does, but of at most `most` bytes.
    pub(crate) fn read_up_to(file: &str, bytes: &[u8], most: usize, log: &MistakeLog) -> Option<Self> {
        let mut document = Self {
            file: file.to_owned(),
            text: String::new(),
            is_yaml: yaml::is_yaml(file),
            lines: vec![0],
            root: Node { at: 0, value: Value::Null },
        };
        if bytes.len() > most {
            let message = format_args!("{} bytes are more than the {most} of a descriptor", bytes.len());
            log.push(|| document.mistake_at(0, "", message, "shorten it"));
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
            log.push(|| document.mistake_at(text.len(), "", message, "save the file as UTF-8"));
            return None;
        }
        let parse = if document.is_yaml { yaml::read } else { json::read };
        document.root = parse(&document, text, log)?;
        Some(document)
    }
}
