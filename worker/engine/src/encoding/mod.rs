//! Decoded bytes in any encoding → UTF-8, with the way back to the bytes of the file.
//!
//! The tokenizer and all behind it read UTF-8. A file in another encoding is transcoded on the way to them ([`transcoder`]), because the
//! delimiter can be part of a character (Shift_JIS, GB18030) or two bytes (UTF-16): so the text has to be known before its structure is.
//!
//! ```text
//! file       43 61 66 E9 2C 31 0A        (windows-1252)
//! decoded    43 61 66 C3 A9 2C 31 0A     what the tokenizer reads
//! pieces     [identity 0..3 → 0..3] [coded 3..8 → 3..7, with the bytes E9 2C 31 0A]
//! ```
//!
//! For every place of the decoded text, the pieces ([`source_map`]) tell its place in the file. They also keep the bytes of the file for the
//! clean rows. A piece of ASCII is an identity and keeps no bytes. In any other piece a place is found by decoding the bytes of the piece
//! again, up to that place. This is done only for places that are written to an output: the ends of runs of clean rows, and rejects.
//!
//! Bytes that are no character of the encoding become one byte `0xFF` ([`coding::MALFORMED`]) in the decoded text. No UTF-8 has this byte, so
//! the check for cells that are not UTF-8 finds these cells, too.
//!
//! A file in UTF-8 has no transcoder and no pieces: it costs nothing.

pub(crate) mod coding;
pub(crate) mod dos_letters;
pub(crate) mod label;
pub(crate) mod ranked;
pub(crate) mod recognise;
pub(crate) mod source_map;
#[cfg(test)]
mod tests;
pub(crate) mod transcoder;
mod unsupported;
