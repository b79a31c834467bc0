//! Table Dialect v2: which bytes mean what.

use std::error::Error;
use std::fmt;

use crate::sequence::Sequence;

/// How delimited text is written, in the terms of [Table Dialect v2](https://datapackage.org/standard/table-dialect/).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `delimiter`: stands between cells.
    pub delimiter: Sequence,
    /// `quoteChar`: encloses cells that hold delimiters, quotes or line ends. `None`: no cell is quoted.
    pub quote: Option<u8>,
    /// `doubleQuote`: two quotes inside a quoted cell stand for one. Without it a quote always closes the cell.
    pub double_quote: bool,
    /// `escapeChar`: the byte that follows it has no special meaning, inside quotes and outside. A line end outside
    /// quotes ends the record all the same.
    pub escape: Option<u8>,
    /// `lineTerminator`: what ends a record.
    pub line_terminator: LineTerminator,
    /// `commentChar`: a line that begins with these bytes is a comment, if a record may begin there.
    pub comment: Option<Sequence>,
    /// `commentRows`: the numbers of further records that are comments, ascending.
    pub comment_rows: Vec<u64>,
    /// `nullSequence`: an unquoted cell with this text keeps it, even if it has the escape character.
    pub null_sequence: Option<Box<str>>,
    /// `skipInitialSpace`: spaces at the beginning of a cell do not count, in the first cell of a record too.
    pub skip_initial_space: bool,
    /// Whether a delimiter right before the end of a record begins no cell, and belongs to the end of the record.
    pub trailing_delimiter: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: Sequence::from(b','),
            quote: Some(b'"'),
            double_quote: true,
            escape: None,
            line_terminator: LineTerminator::Auto,
            comment: None,
            comment_rows: Vec::new(),
            null_sequence: None,
            skip_initial_space: false,
            trailing_delimiter: false,
        }
    }
}

/// What ends a record, and a physical line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineTerminator {
    /// LF and CRLF, mixed too; lone CR if the first 64 KiB hold a CR and no LF, not counting a CRLF at the end of the input.
    #[default]
    Auto,
    /// LF and CRLF, mixed too. A CR that no LF follows is content.
    Lf,
    /// CR. An LF is content, except a single LF behind the last CR of the input, which is a blank line.
    Cr,
    /// This byte. CR and LF are content.
    Byte(u8),
}

/// What bytes stand for in a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `delimiter`
    Delimiter,
    /// `quoteChar`
    Quote,
    /// `escapeChar`
    Escape,
    /// `commentChar`
    Comment,
    /// The space that `skipInitialSpace` skips.
    InitialSpace,
    /// `lineTerminator`
    LineTerminator,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Delimiter => "delimiter",
            Self::Quote => "quoteChar",
            Self::Escape => "escapeChar",
            Self::Comment => "commentChar",
            Self::InitialSpace => "skipInitialSpace",
            Self::LineTerminator => "lineTerminator",
        })
    }
}

/// Why a dialect cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialectError {
    /// One byte has two roles, or one sequence begins with the other.
    Clash {
        /// The role that comes first in the order of [`Role`].
        first: Role,
        /// The other role.
        second: Role,
        /// A byte that has both roles.
        byte: u8,
    },
    /// CR or LF has a role.
    LineEnd(Role),
    /// A byte that is no ASCII character has a role.
    NotAscii(Role, u8),
}

impl fmt::Display for DialectError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clash { first, second, byte } => {
                write!(out, "{first} and {second} both have the character {:?}", char::from(*byte))
            }
            Self::LineEnd(role) => write!(out, "{role} is a line end"),
            Self::NotAscii(role, byte) => {
                write!(out, "{role} is no ASCII character (byte {byte:#04x})")
            }
        }
    }
}

impl Error for DialectError {}

impl Dialect {
    /// Checks that every role has bytes of its own, that none of them is a line end, and that a role of a single byte
    /// has an ASCII character.
    ///
    /// # Errors
    /// The first role at fault, or the first two roles that clash. Reading with such a dialect is safe, and of little use.
    pub fn validate(&self) -> Result<(), DialectError> {
        self.errors().first().map_or(Ok(()), |error| Err(*error))
    }

    /// Returns all mistakes of the dialect: see [`Dialect::validate`].
    pub fn errors(&self) -> Vec<DialectError> {
        let single = |byte: u8| Sequence::from(byte);
        let line_end = match self.line_terminator {
            LineTerminator::Byte(byte) => Some(single(byte)),
            LineTerminator::Auto | LineTerminator::Lf | LineTerminator::Cr => None,
        };
        let roles = [
            (Role::Delimiter, Some(self.delimiter)),
            (Role::Quote, self.quote.map(single)),
            (Role::Escape, self.escape.map(single)),
            (Role::Comment, self.comment),
            (Role::InitialSpace, self.skip_initial_space.then(|| single(b' '))),
            (Role::LineTerminator, line_end),
        ];
        let roles: Vec<_> =
            roles.iter().filter_map(|&(role, sequence)| Some(RoleBytes { role, sequence: sequence? })).collect();
        let mut errors = Vec::new();
        for (number, &later) in roles.iter().enumerate() {
            let RoleBytes { role, sequence } = later;
            let bytes = sequence.as_bytes();
            if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
                errors.push(DialectError::LineEnd(role));
            } else if let (&[byte], false) = (bytes, bytes.is_ascii()) {
                errors.push(DialectError::NotAscii(role, byte));
            } else {
                let clash = |earlier: &RoleBytes| {
                    let byte = shared_byte(*earlier, later)?;
                    Some(DialectError::Clash { first: earlier.role, second: role, byte })
                };
                errors.extend(roles[..number].iter().filter_map(clash));
            }
        }
        errors
    }

    /// Returns the byte that ends a physical line: CR under [`LineTerminator::Cr`], LF otherwise. Under
    /// [`LineTerminator::Auto`] only the input tells: ask [`Records::detect`](crate::Records::detect).
    pub fn line_end(&self) -> u8 {
        match self.line_terminator {
            LineTerminator::Cr => b'\r',
            LineTerminator::Auto | LineTerminator::Lf => b'\n',
            LineTerminator::Byte(byte) => byte,
        }
    }

    /// Returns true if masks of 64 bytes are enough to read a well-formed record.
    pub(crate) fn is_plain(&self) -> bool {
        (self.double_quote || self.quote.is_none())
            && self.delimiter.length() == 1
            && self.escape.is_none()
            && self.comment.is_none()
            && !self.skip_initial_space
            && !self.trailing_delimiter
    }
}

/// A role, and the bytes that have it.
#[derive(Clone, Copy)]
struct RoleBytes {
    role: Role,
    sequence: Sequence,
}

/// Returns a byte that has two roles in the same place, if there is one; the roles come in the order of [`Role`].
fn shared_byte(earlier: RoleBytes, later: RoleBytes) -> Option<u8> {
    let is_inside = |role| matches!(role, Role::Quote | Role::Escape | Role::LineTerminator);
    let (one, other) = (earlier.sequence, later.sequence);
    let clashes = match (earlier.role, later.role) {
        // The tokenizer looks for this byte in the middle of a delimiter too.
        (Role::Delimiter, role) if is_inside(role) => one.as_bytes().contains(&other.first()),
        // The line end is looked for last, and may end anything.
        (_, Role::LineTerminator) => one.as_bytes().contains(&other.first()),
        // A line that begins with one of the sequences would begin with the other one as well.
        _ => one.as_bytes().starts_with(other.as_bytes()) || other.as_bytes().starts_with(one.as_bytes()),
    };
    clashes.then(|| other.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(bytes: &[u8]) -> Sequence {
        Sequence::new(bytes).expect("some bytes")
    }

    #[test]
    fn roles_have_bytes_of_their_own() {
        use Role::{Comment, Delimiter, Escape, InitialSpace, Quote};
        let clash = |first, second, byte| vec![DialectError::Clash { first, second, byte }];
        let plain = Dialect::default;
        for (dialect, expected) in [
            (plain(), vec![]),
            (Dialect { delimiter: sequence(b"||"), comment: Some(sequence(b"--")), ..plain() }, vec![]),
            (Dialect { delimiter: sequence("\u{a7}".as_bytes()), ..plain() }, vec![]),
            (Dialect { delimiter: b'"'.into(), ..plain() }, clash(Delimiter, Quote, b'"')),
            (Dialect { delimiter: sequence(b"|\"|"), ..plain() }, clash(Delimiter, Quote, b'"')),
            (Dialect { delimiter: sequence(b"|\\"), escape: Some(b'\\'), ..plain() }, clash(Delimiter, Escape, b'\\')),
            (
                Dialect { delimiter: sequence(b"##"), comment: Some(b'#'.into()), ..plain() },
                clash(Delimiter, Comment, b'#'),
            ),
            (Dialect { comment: Some(sequence(b"\"#")), ..plain() }, clash(Quote, Comment, b'"')),
            (
                Dialect { delimiter: sequence(b" | "), skip_initial_space: true, ..plain() },
                clash(Delimiter, InitialSpace, b' '),
            ),
            (Dialect { delimiter: sequence(b"| "), skip_initial_space: true, ..plain() }, vec![]),
            (Dialect { delimiter: sequence(b",\n"), ..plain() }, vec![DialectError::LineEnd(Delimiter)]),
            (Dialect { quote: Some(0xe9), ..plain() }, vec![DialectError::NotAscii(Quote, 0xe9)]),
            (
                Dialect { line_terminator: LineTerminator::Byte(b','), ..plain() },
                clash(Delimiter, Role::LineTerminator, b','),
            ),
            (Dialect { line_terminator: LineTerminator::Byte(b';'), ..plain() }, vec![]),
        ] {
            assert_eq!(dialect.errors(), expected, "{dialect:?}");
        }
    }
}
