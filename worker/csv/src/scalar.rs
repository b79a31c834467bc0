//! The plain state machine: one record of any dialect, byte by byte. It settles every record at fault.

use crate::chunk::{Index, OddKind, QuoteFault, Row, line_ends};
use crate::dialect::Dialect;

/// Bytes kept of a record that is too large, where the limit is not smaller.
pub const TOO_LARGE_KEPT: usize = 64 << 10;

/// What to tokenize, and how.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    /// Bytes from the start of a record on, with `start` bytes in front.
    pub(crate) data: &'a [u8],
    pub(crate) start: usize,
    /// Records that start here or later are not wanted any more.
    pub(crate) soft_end: usize,
    /// Whether the input ends with `data`.
    pub(crate) is_last: bool,
    /// Expected cells.
    pub(crate) columns: usize,
    /// Longest record, in bytes before its final LF or CR.
    pub(crate) limit: usize,
    /// With its line terminator known.
    pub(crate) dialect: &'a Dialect,
}

/// How far tokenizing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The end of the last whole record.
    pub(crate) used: usize,
    /// Whether a line begins there that is over the limit already and goes on behind the data.
    pub(crate) unended: bool,
}

/// What stands at a place where a record starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record: its kind, its end without the line end, the start of the next one.
    Record { kind: OddKind, end: usize, next: usize },
    /// More bytes are needed to tell.
    Incomplete,
    /// A line over the limit whose end is not there yet.
    Unended,
}

/// How tokenizing goes on after a record.
pub(crate) enum Step {
    Next(usize),
    Stop(Progress),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Unquoted,
    Quoted,
    AfterQuote,
}

impl Job<'_> {
    /// Tokenizes record by record.
    pub(crate) fn run(&self, index: &mut Index) -> Progress {
        let mut progress = Progress { used: self.start, unended: false };
        while progress.used < self.data.len() && progress.used < self.soft_end {
            match self.settle(progress.used, index) {
                Step::Next(next) => progress.used = next,
                Step::Stop(stopped) => {
                    progress = stopped;
                    break;
                }
            }
        }
        index.lines += line_ends(self.dialect.line_end(), &self.data[self.start..progress.used]);
        progress
    }

    /// Adds the record that starts at `start` to the index.
    pub(crate) fn settle(&self, start: usize, index: &mut Index) -> Step {
        let first = index.ends.len();
        let found = self.find(start, &mut index.ends);
        if let Found::Record { kind: OddKind::Cells(cells), next, .. } = found
            && cells as usize == self.columns
        {
            index.rows.push(Row { start: start as u32, first: first as u32 });
            return Step::Next(next);
        }
        index.ends.truncate(first);
        match found {
            Found::Record { kind, end, next } => {
                index.push_odd(start, end, next, kind);
                Step::Next(next)
            }
            Found::Incomplete => Step::Stop(Progress { used: start, unended: false }),
            Found::Unended => Step::Stop(Progress { used: start, unended: true }),
        }
    }

    /// Reads the record that starts at `start`. Appends the ends of its cells, no more of them than the expected number; they
    /// mean something only for a record of cells.
    pub(crate) fn find(&self, start: usize, ends: &mut Vec<u32>) -> Found {
        let Self { data, dialect, .. } = *self;
        let line_end = dialect.line_end();
        let stop = self.stop(start);
        if dialect.comment.is_some() && data.get(start) == dialect.comment.as_ref() {
            return self.line(start, start, OddKind::Comment);
        }
        let mut cells = 0_usize;
        let mut end_cell = |at: usize| {
            if cells < self.columns {
                ends.push(at as u32);
            }
            cells += 1;
            cells
        };
        let mut state = State::CellStart;
        // The quote that opened the present cell; the first line end inside quotes, and the quote it stands in.
        let mut opened = start;
        let mut first_line_end: Option<(usize, usize)> = None;
        let fault = |fault, at: usize, first_line_end: Option<(usize, usize)>| {
            let from = first_line_end.map_or(at, |(line_end, _)| line_end);
            self.line(start, from, OddKind::Quote(fault, at as u32))
        };
        let mut at = start;
        while at < stop {
            let byte = data[at];
            if state == State::Quoted {
                if Some(byte) == dialect.quote {
                    state = State::AfterQuote;
                } else if byte == line_end {
                    first_line_end.get_or_insert((at, opened));
                } else if Some(byte) == dialect.escape && at + 1 < stop {
                    at += 1;
                    if data[at] == line_end {
                        first_line_end.get_or_insert((at, opened));
                    }
                }
            } else if byte == line_end {
                let cells = end_cell(at);
                let end = self.without_cr(start, at);
                let kind = if end == start { OddKind::Blank } else { OddKind::Cells(cells as u32) };
                return Found::Record { kind, end, next: at + 1 };
            } else if byte == dialect.delimiter {
                end_cell(at);
                state = State::CellStart;
            } else if state == State::AfterQuote {
                let is_doubled = dialect.double_quote && Some(byte) == dialect.quote;
                if is_doubled {
                    state = State::Quoted;
                } else if byte == b'\r' && line_end == b'\n' && !(self.is_last && at + 1 == data.len()) {
                    // Whether it belongs to the line end is known one byte later.
                    if at + 1 < stop && data[at + 1] != line_end {
                        return fault(QuoteFault::TextAfter, at, first_line_end);
                    }
                } else {
                    return fault(QuoteFault::TextAfter, at, first_line_end);
                }
            } else if Some(byte) == dialect.quote {
                if state == State::Unquoted {
                    return fault(QuoteFault::Stray, at, first_line_end);
                }
                state = State::Quoted;
                opened = at;
            } else if Some(byte) == dialect.escape {
                state = State::Unquoted;
                if at + 1 < stop && data[at + 1] != line_end {
                    at += 1;
                }
            } else if !(byte == b' ' && dialect.skip_initial_space) {
                state = State::Unquoted;
            }
            at += 1;
        }
        if data.len() - start > self.limit {
            return match first_line_end {
                Some((line_end, quote)) => {
                    let quote = if state == State::Quoted { opened } else { quote };
                    self.line(start, line_end, OddKind::Quote(QuoteFault::Unclosed, quote as u32))
                }
                None => self.line(start, at.min(stop), OddKind::TooLarge),
            };
        }
        if !self.is_last {
            return Found::Incomplete;
        }
        if state == State::Quoted {
            let from = first_line_end.map_or(data.len(), |(line_end, _)| line_end);
            return self.line(start, from, OddKind::Quote(QuoteFault::Unclosed, opened as u32));
        }
        let cells = end_cell(data.len());
        Found::Record { kind: OddKind::Cells(cells as u32), end: data.len(), next: data.len() }
    }

    /// The physical line that starts at `start`, as a record of this kind; no line end stands before `from`.
    pub(crate) fn line(&self, start: usize, from: usize, kind: OddKind) -> Found {
        let Self { data, dialect, .. } = *self;
        let stop = self.stop(start);
        let line_end = dialect.line_end();
        if let Some(length) = memchr::memchr(line_end, &data[from..stop]) {
            let at = from + length;
            return Found::Record { kind, end: self.without_cr(start, at), next: at + 1 };
        }
        if data.len() - start <= self.limit {
            return match self.is_last {
                true => Found::Record { kind, end: data.len(), next: data.len() },
                false => Found::Incomplete,
            };
        }
        let next = match memchr::memchr(line_end, &data[stop..]) {
            Some(length) => stop + length + 1,
            None if self.is_last => data.len(),
            None => return Found::Unended,
        };
        Found::Record { kind: OddKind::TooLarge, end: start + self.kept(), next }
    }

    /// Bytes kept of a record that is too large.
    pub(crate) fn kept(&self) -> usize {
        self.limit.min(TOO_LARGE_KEPT)
    }

    /// The first byte at which a record that starts at `start` may no more end.
    fn stop(&self, start: usize) -> usize {
        self.data.len().min(start + self.limit + 1)
    }

    fn without_cr(&self, start: usize, at: usize) -> usize {
        let is_crlf = self.dialect.line_end() == b'\n' && at > start && self.data[at - 1] == b'\r';
        if is_crlf { at - 1 } else { at }
    }
}
