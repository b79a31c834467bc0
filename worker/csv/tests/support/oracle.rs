//! The rules again, as a grammar over the whole input: slow, and nothing in common with the tokenizer but the rules.

use std::cell::RefCell;

use sluice_csv::{Dialect, LineTerminator, QuoteFault, TOO_LARGE_KEPT, unquote};

use super::{Kind, Seen};

/// Why a record is not well-formed.
enum Fault {
    Quote(QuoteFault, usize),
    /// It is over the limit before it ends.
    Over,
}

/// Where a cell ended.
enum After {
    Cell,
    Record { end: usize, next: usize },
}

struct Grammar<'a> {
    bytes: &'a [u8],
    dialect: &'a Dialect,
    line_end: u8,
    /// Start of the present record, and the last place where it may end.
    start: usize,
    last: usize,
    /// Where quotes open.
    opened: RefCell<Vec<usize>>,
}

/// All records of `bytes`.
pub(crate) fn records(bytes: &[u8], dialect: &Dialect, columns: usize, limit: usize) -> Vec<Seen> {
    let head = &bytes[..bytes.len().min(65536)];
    let line_end = match dialect.line_terminator {
        LineTerminator::Cr => b'\r',
        LineTerminator::Lf => b'\n',
        LineTerminator::Byte(byte) => byte,
        LineTerminator::Auto
            if ends_in_cr(head) || (bytes.len() < 65536 && last_crlf(head).is_some_and(ends_in_cr)) =>
        {
            b'\r'
        }
        LineTerminator::Auto => b'\n',
    };
    let mut seen = Vec::new();
    let mut start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    while start < bytes.len() {
        let opened = RefCell::default();
        let grammar = Grammar { bytes, dialect, line_end, start, last: start + limit, opened };
        let (raw_end, next, mut kind) = grammar.record(columns, limit);
        if dialect.comment_rows.contains(&(seen.len() as u64 + 1)) && kind != Kind::TooLarge {
            kind = Kind::Comment;
        }
        seen.push(Seen {
            number: seen.len() as u64 + 1,
            line: 1 + bytes[..start].iter().filter(|&&byte| byte == line_end).count() as u64,
            byte: start as u64,
            next: next as u64,
            raw: bytes[start..raw_end].to_vec(),
            kind,
        });
        start = next;
    }
    seen
}

fn ends_in_cr(head: &[u8]) -> bool {
    head.contains(&b'\r') && !head.contains(&b'\n')
}

/// What stands before a CRLF at the end.
fn last_crlf(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_suffix(b"\r\n")
}

impl Grammar<'_> {
    fn record(&self, columns: usize, limit: usize) -> (usize, usize, Kind) {
        let start = self.start;
        let line = self.bytes[start..].iter().position(|&byte| byte == self.line_end);
        let (line_length, line_next) = match line {
            Some(length) => (length, start + length + 1),
            None => (self.bytes.len() - start, self.bytes.len()),
        };
        if line_length > limit {
            return (start + limit.min(TOO_LARGE_KEPT), line_next, Kind::TooLarge);
        }
        let raw_end = if line.is_some() { self.trim(start + line_length) } else { line_next };
        if self.dialect.comment.is_some_and(|comment| self.bytes[start..].starts_with(comment.as_bytes())) {
            return (raw_end, line_next, Kind::Comment);
        }
        if line.is_some() && raw_end == start {
            return (raw_end, line_next, Kind::Blank);
        }
        if self.line_end == b'\r' && self.bytes[start..] == *b"\n" {
            return (start, line_next, Kind::Blank);
        }
        match self.cells() {
            Ok((cells, end, next)) if cells.len() == columns => (end, next, Kind::Cells(cells)),
            Ok((cells, end, next)) => (end, next, Kind::OtherCells(cells.len())),
            Err(Fault::Quote(fault, at)) if at < line_next => (raw_end, line_next, Kind::Quote(fault, at as u64)),
            // Whatever is wrong on a later line: the last quote that opens on this one is not closed on it.
            Err(Fault::Quote(..) | Fault::Over) => {
                let opened = self.opened.borrow();
                let last = opened.iter().rev().find(|&&at| at < line_next).expect("a record goes on inside quotes");
                (raw_end, line_next, Kind::Quote(QuoteFault::Unclosed, *last as u64))
            }
        }
    }

    fn cells(&self) -> Result<(Vec<Vec<u8>>, usize, usize), Fault> {
        let mut cells = Vec::new();
        let mut at = self.start;
        loop {
            while self.dialect.skip_initial_space && self.byte(at)? == Some(b' ') {
                at += 1;
            }
            let from = at;
            if self.is(at, self.dialect.quote) {
                at = self.closing_quote(at)? + 1;
            } else {
                at = self.unquoted_end(at)?;
            }
            let (after, to) = self.after_cell(at)?;
            cells.push(unquote(&self.bytes[from..to], self.dialect, &mut Vec::new()).to_vec());
            match after {
                After::Cell => at += self.dialect.delimiter.as_bytes().len(),
                After::Record { end, next } => return Ok((cells, end, next)),
            }
        }
    }

    fn closing_quote(&self, opening: usize) -> Result<usize, Fault> {
        self.opened.borrow_mut().push(opening);
        let mut at = opening + 1;
        loop {
            let Some(byte) = self.byte(at)? else {
                return Err(Fault::Quote(QuoteFault::Unclosed, opening));
            };
            if Some(byte) == self.dialect.escape {
                at += if at + 1 < self.bytes.len() { 2 } else { 1 };
            } else if Some(byte) != self.dialect.quote {
                at += 1;
            } else if self.dialect.double_quote && self.is(at + 1, self.dialect.quote) {
                at += 2;
            } else {
                return Ok(at);
            }
        }
    }

    fn unquoted_end(&self, from: usize) -> Result<usize, Fault> {
        let mut at = from;
        while let Some(byte) = self.byte(at)? {
            if byte == self.line_end || self.is_delimiter(at)? {
                break;
            }
            if Some(byte) == self.dialect.quote {
                return Err(Fault::Quote(QuoteFault::Stray, at));
            }
            let escapes =
                Some(byte) == self.dialect.escape && self.bytes.get(at + 1).is_some_and(|&next| next != self.line_end);
            at += if escapes { 2 } else { 1 };
        }
        Ok(at)
    }

    /// What stands at the end of a cell, and where the cell ends without the CR of a CRLF.
    fn after_cell(&self, at: usize) -> Result<(After, usize), Fault> {
        match self.byte(at)? {
            None => Ok((After::Record { end: at, next: at }, at)),
            Some(byte) if byte == self.line_end => {
                let end = self.trim(at);
                Ok((After::Record { end, next: at + 1 }, end))
            }
            Some(_) if self.is_delimiter(at)? => {
                let behind = at + self.dialect.delimiter.as_bytes().len();
                if self.dialect.trailing_delimiter {
                    match self.byte(behind)? {
                        None => return Ok((After::Record { end: behind, next: behind }, at)),
                        Some(byte) if byte == self.line_end => {
                            return Ok((After::Record { end: behind, next: behind + 1 }, at));
                        }
                        Some(b'\r') if self.line_end == b'\n' && self.byte(behind + 1)? == Some(b'\n') => {
                            return Ok((After::Record { end: behind, next: behind + 2 }, at));
                        }
                        Some(_) => {}
                    }
                }
                Ok((After::Cell, at))
            }
            Some(b'\r') if self.line_end == b'\n' && self.byte(at + 1)? == Some(b'\n') => {
                Ok((After::Record { end: at, next: at + 2 }, at))
            }
            Some(_) => Err(Fault::Quote(QuoteFault::TextAfter, at)),
        }
    }

    /// The byte there, or the end of the input.
    fn byte(&self, at: usize) -> Result<Option<u8>, Fault> {
        if at > self.last { Err(Fault::Over) } else { Ok(self.bytes.get(at).copied()) }
    }

    /// Whether a whole delimiter stands there.
    fn is_delimiter(&self, at: usize) -> Result<bool, Fault> {
        for (number, byte) in self.dialect.delimiter.as_bytes().iter().enumerate() {
            if self.byte(at + number)? != Some(*byte) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is(&self, at: usize, byte: Option<u8>) -> bool {
        byte.is_some() && self.bytes.get(at).copied() == byte
    }

    fn trim(&self, at: usize) -> usize {
        let is_crlf = self.line_end == b'\n' && at > self.start && self.bytes[at - 1] == b'\r';
        if is_crlf { at - 1 } else { at }
    }
}
