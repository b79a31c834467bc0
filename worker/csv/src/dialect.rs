//! Table Dialect v2: which bytes mean what.

use std::error::Error;
use std::fmt;

/// How delimited text is written, in the terms of [Table Dialect v2](https://datapackage.org/standard/table-dialect/).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `delimiter`: stands between cells.
    pub delimiter: u8,
    /// `quoteChar`: encloses cells that hold delimiters, quotes or line ends. `None`: no cell is quoted.
    pub quote: Option<u8>,
    /// `doubleQuote`: two quotes inside a quoted cell stand for one. Without it a quote always closes the cell.
    pub double_quote: bool,
    /// `escapeChar`: takes the meaning from the byte that follows, inside quotes and outside. A line end outside quotes ends the
    /// record all the same.
    pub escape: Option<u8>,
    /// `lineTerminator`: what ends a record.
    pub line_terminator: LineTerminator,
    /// `commentChar`: a line that begins with it where a record may begin is a comment.
    pub comment: Option<u8>,
    /// `skipInitialSpace`: spaces at the beginning of a cell do not count, in the first cell of a record too.
    pub skip_initial_space: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            double_quote: true,
            escape: None,
            line_terminator: LineTerminator::Auto,
            comment: None,
            skip_initial_space: false,
        }
    }
}

/// What ends a record, and a physical line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineTerminator {
    /// LF and CRLF, mixed too; lone CR when the first 64 KiB hold a CR and no LF.
    #[default]
    Auto,
    /// LF and CRLF, mixed too. A CR that no LF follows is content.
    Lf,
    /// CR. An LF is content.
    Cr,
}

/// What a byte stands for in a dialect.
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
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Delimiter => "delimiter",
            Self::Quote => "quoteChar",
            Self::Escape => "escapeChar",
            Self::Comment => "commentChar",
            Self::InitialSpace => "skipInitialSpace",
        })
    }
}

/// Why a dialect cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialectError {
    /// One byte has two roles.
    Clash(Role, Role, u8),
    /// A role is given to CR or LF.
    LineEnd(Role),
    /// A role is given to a byte that is no ASCII character.
    NotAscii(Role, u8),
}

impl fmt::Display for DialectError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clash(first, second, byte) => {
                write!(out, "{first} and {second} are both {:?}", char::from(*byte))
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
    /// Checks that every role has a byte of its own, which is ASCII and no line end.
    ///
    /// # Errors
    /// The first role at fault, or the first two that clash. Reading with such a dialect is safe, and of little use.
    pub fn validate(&self) -> Result<(), DialectError> {
        let roles = [
            (Role::Delimiter, Some(self.delimiter)),
            (Role::Quote, self.quote),
            (Role::Escape, self.escape),
            (Role::Comment, self.comment),
            (Role::InitialSpace, self.skip_initial_space.then_some(b' ')),
        ];
        for (number, &(role, byte)) in roles.iter().enumerate() {
            let Some(byte) = byte else { continue };
            if matches!(byte, b'\r' | b'\n') {
                return Err(DialectError::LineEnd(role));
            }
            if !byte.is_ascii() {
                return Err(DialectError::NotAscii(role, byte));
            }
            if let Some(&(earlier, _)) = roles[..number].iter().find(|&&(_, other)| other == Some(byte)) {
                return Err(DialectError::Clash(earlier, role, byte));
            }
        }
        Ok(())
    }

    /// The byte that ends a physical line: CR under [`LineTerminator::Cr`], LF otherwise. Under [`LineTerminator::Auto`] only
    /// the input tells: ask [`Records::detect`](crate::Records::detect).
    pub fn line_end(&self) -> u8 {
        match self.line_terminator {
            LineTerminator::Cr => b'\r',
            LineTerminator::Auto | LineTerminator::Lf => b'\n',
        }
    }

    /// Whether 64-byte masks tell all there is to tell of a well-formed record.
    pub(crate) fn is_plain(&self) -> bool {
        (self.double_quote || self.quote.is_none())
            && self.escape.is_none()
            && self.comment.is_none()
            && !self.skip_initial_space
    }
}
