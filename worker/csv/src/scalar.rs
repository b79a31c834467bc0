//! The scalar tokenizer: one record of any dialect, byte by byte, by a state machine. It settles every record at fault.

use crate::dialect::Dialect;
use crate::index::{Index, NonRowKind, QuoteFault};
use crate::line_ends::{line_ends, without_cr};
use crate::sequence::Comparison;

/// Most bytes kept of a record that is too large; fewer if the limit is smaller.
pub const TOO_LARGE_KEPT: usize = 64 << 10;

/// The bytes to tokenize, and the settings.
#[derive(Clone, Copy)]
pub(crate) struct TokenizerInput<'a> {
    /// The bytes from the start of a record on, behind `start` bytes that do not belong to it.
    pub(crate) data: &'a [u8],
    pub(crate) start: usize,
    /// Records that start here or later are left for the next chunk.
    pub(crate) soft_end: usize,
    /// Whether the input ends with `data`.
    pub(crate) is_last: bool,
    /// The expected number of cells.
    pub(crate) columns: usize,
    /// Most bytes of a record before its final LF or CR.
    pub(crate) limit: usize,
    /// The dialect, with its line terminator known.
    pub(crate) dialect: &'a Dialect,
}

/// How far the tokenizer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The end of the last whole record.
    pub(crate) used: usize,
    /// Whether the next line is over the limit already, and goes on behind the data.
    pub(crate) unended: bool,
}

/// How far the record reaches that starts at some offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordExtent {
    /// The whole record is in the data: its kind, its end without the line end, and the start of the next record.
    Whole { kind: NonRowKind, end: usize, next: usize },
    /// More bytes are needed to tell where the record ends.
    Incomplete,
    /// A line over the limit, whose end is behind the data.
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

impl TokenizerInput<'_> {
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
        let extent = self.extent(start, &mut index.ends);
        if let RecordExtent::Whole { kind: NonRowKind::Cells(cells), next, .. } = extent
            && cells as usize == self.columns
        {
            index.push_row(start, first);
            return Step::Next(next);
        }
        index.ends.truncate(first);
        match extent {
            RecordExtent::Whole { kind, end, next } => {
                index.push_non_row(start, end, next, kind);
                Step::Next(next)
            }
            RecordExtent::Incomplete => Step::Stop(Progress { used: start, unended: false }),
            RecordExtent::Unended => Step::Stop(Progress { used: start, unended: true }),
        }
    }

    /// Reads the record that starts at `start`, and returns how far it reaches. Appends the ends of its cells, at most as many as are expected; they
    /// have a meaning only for a record of cells.
    pub(crate) fn extent(&self, start: usize, ends: &mut Vec<u32>) -> RecordExtent {
        if let Some(comment) = &self.dialect.comment {
            match comment.compare(&self.data[start..]) {
                Comparison::Equal => return self.line(start, start, NonRowKind::Comment),
                // The bytes may begin a comment, but the data end here.
                Comparison::Beginning if self.may_go_on(start) => return RecordExtent::Incomplete,
                Comparison::Beginning | Comparison::Different => {}
            }
        }
        let reading = Reading {
            input: self,
            ends,
            start,
            stop: self.stop(start),
            at: start,
            state: State::CellStart,
            cells: 0,
            opened: start,
            first_line_end: None,
        };
        reading.run()
    }

    /// Returns the physical line that starts at `start`, as a record of this kind; no line end stands before `from`.
    pub(crate) fn line(&self, start: usize, from: usize, kind: NonRowKind) -> RecordExtent {
        let Self { data, dialect, .. } = *self;
        let stop = self.stop(start);
        let line_end = dialect.line_end();
        if let Some(length) = memchr::memchr(line_end, &data[from..stop]) {
            let at = from + length;
            return RecordExtent::Whole { kind, end: self.without_cr(start, at), next: at + 1 };
        }
        if data.len() - start <= self.limit {
            return match self.is_last {
                true => RecordExtent::Whole { kind, end: data.len(), next: data.len() },
                false => RecordExtent::Incomplete,
            };
        }
        let next = match memchr::memchr(line_end, &data[stop..]) {
            Some(length) => stop + length + 1,
            None if self.is_last => data.len(),
            None => return RecordExtent::Unended,
        };
        RecordExtent::Whole { kind: NonRowKind::TooLarge, end: start + self.kept(), next }
    }

    /// Returns how many bytes are kept of a record that is too large.
    pub(crate) fn kept(&self) -> usize {
        self.limit.min(TOO_LARGE_KEPT)
    }

    /// Returns the first offset at which a record that starts at `start` can no longer end.
    fn stop(&self, start: usize) -> usize {
        self.data.len().min(start + self.limit + 1)
    }

    /// Returns true if bytes behind the data may belong to the record that starts at `start`.
    fn may_go_on(&self, start: usize) -> bool {
        !self.is_last && self.data.len() - start <= self.limit
    }

    /// Returns true if a record that starts at `start` is over the limit before it ends in the data.
    fn is_over(&self, start: usize) -> bool {
        self.data.len() - start > self.limit
    }

    fn without_cr(&self, start: usize, end: usize) -> usize {
        without_cr(self.dialect.line_end(), self.data, start, end)
    }
}

/// A record that is being read.
struct Reading<'r> {
    input: &'r TokenizerInput<'r>,
    /// The ends of the cells, as many as are expected.
    ends: &'r mut Vec<u32>,
    start: usize,
    stop: usize,
    at: usize,
    state: State,
    cells: usize,
    /// The offset of the quote that opened the current cell.
    opened: usize,
    /// The first line end inside quotes.
    first_line_end: Option<QuotedLineEnd>,
}

/// A line end inside quotes.
#[derive(Clone, Copy)]
struct QuotedLineEnd {
    /// The offset of the line end.
    at: usize,
    /// The offset of the quote that opened the cell.
    quote: usize,
}

/// What stands behind a delimiter that may be a trailing one.
enum BehindDelimiter {
    /// A line end or the end of the input; the next record starts here.
    RecordEnd { next: usize },
    /// Another cell.
    Cell,
    /// More bytes are needed to tell.
    Incomplete,
}

impl Reading<'_> {
    #[inline(always)]
    fn run(mut self) -> RecordExtent {
        while self.at < self.stop {
            let byte = self.input.data[self.at];
            if self.state == State::Quoted {
                self.inside_quotes(byte);
            } else if let Some(extent) = self.outside_quotes(byte) {
                return extent;
            }
            self.at += 1;
        }
        self.at_stop()
    }

    #[inline(always)]
    fn inside_quotes(&mut self, byte: u8) {
        let TokenizerInput { data, dialect, .. } = *self.input;
        let line_end = dialect.line_end();
        if Some(byte) == dialect.quote {
            self.state = State::AfterQuote;
        } else if byte == line_end {
            self.note_line_end();
        } else if Some(byte) == dialect.escape && self.at + 1 < self.stop {
            self.at += 1;
            if data[self.at] == line_end {
                self.note_line_end();
            }
        }
    }

    /// Notes the line end inside quotes at which reading has arrived, if it is the first of the record.
    #[inline(always)]
    fn note_line_end(&mut self) {
        self.first_line_end.get_or_insert(QuotedLineEnd { at: self.at, quote: self.opened });
    }

    /// Returns the record if it ends here, or is at fault.
    #[inline(always)]
    fn outside_quotes(&mut self, byte: u8) -> Option<RecordExtent> {
        let TokenizerInput { data, dialect, .. } = *self.input;
        let line_end = dialect.line_end();
        if byte == line_end {
            self.end_cell(self.at);
            let end = self.input.without_cr(self.start, self.at);
            let kind = if end == self.start { NonRowKind::Blank } else { NonRowKind::Cells(self.cells as u32) };
            return Some(RecordExtent::Whole { kind, end, next: self.at + 1 });
        }
        if byte == dialect.delimiter.first() {
            match dialect.delimiter.compare(&data[self.at..self.stop]) {
                Comparison::Equal => return self.delimiter(),
                Comparison::Beginning if !self.is_all() => return Some(self.at_stop()),
                Comparison::Beginning | Comparison::Different => {}
            }
        }
        if self.state == State::AfterQuote {
            return self.after_quote(byte);
        } else if Some(byte) == dialect.quote {
            if self.state == State::Unquoted {
                return Some(self.fault(QuoteFault::Stray));
            }
            self.state = State::Quoted;
            self.opened = self.at;
        } else if Some(byte) == dialect.escape {
            self.state = State::Unquoted;
            if self.at + 1 < self.stop && data[self.at + 1] != line_end {
                self.at += 1;
            }
        } else if !(byte == b' ' && dialect.skip_initial_space) {
            self.state = State::Unquoted;
        }
        None
    }

    /// Handles a whole delimiter. Returns the record if the delimiter belongs to its end.
    #[inline(always)]
    fn delimiter(&mut self) -> Option<RecordExtent> {
        let dialect = self.input.dialect;
        let behind = self.at + dialect.delimiter.length();
        if dialect.trailing_delimiter {
            match self.behind_delimiter(behind) {
                BehindDelimiter::Incomplete => return Some(self.at_stop()),
                BehindDelimiter::RecordEnd { next } => {
                    self.end_cell(self.at);
                    return Some(RecordExtent::Whole { kind: NonRowKind::Cells(self.cells as u32), end: behind, next });
                }
                BehindDelimiter::Cell => {}
            }
        }
        self.end_cell(self.at);
        self.state = State::CellStart;
        self.at = behind - 1;
        None
    }

    /// Returns what stands at `at`, behind a delimiter.
    fn behind_delimiter(&self, at: usize) -> BehindDelimiter {
        let line_end = self.input.dialect.line_end();
        match self.input.data[at.min(self.stop)..self.stop] {
            [] if self.is_all() => BehindDelimiter::RecordEnd { next: at },
            [] => BehindDelimiter::Incomplete,
            [first, ..] if first == line_end => BehindDelimiter::RecordEnd { next: at + 1 },
            [b'\r', second, ..] if line_end == b'\n' && second == line_end => {
                BehindDelimiter::RecordEnd { next: at + 2 }
            }
            [b'\r'] if line_end == b'\n' && !self.is_all() => BehindDelimiter::Incomplete,
            _ => BehindDelimiter::Cell,
        }
    }

    /// Returns true if the data has all bytes that may belong to the record.
    fn is_all(&self) -> bool {
        self.input.is_last && !self.input.is_over(self.start)
    }

    /// Handles a byte behind a closing quote that is neither a delimiter nor a line end. Returns the record if it is at fault.
    #[inline(always)]
    fn after_quote(&mut self, byte: u8) -> Option<RecordExtent> {
        let TokenizerInput { data, dialect, is_last, .. } = *self.input;
        if dialect.double_quote && Some(byte) == dialect.quote {
            self.state = State::Quoted;
            return None;
        }
        let line_end = dialect.line_end();
        let next = self.at + 1;
        // Whether a CR belongs to the line end is known one byte later.
        let may_be_line_end = byte == b'\r' && line_end == b'\n' && !(is_last && next == data.len());
        if may_be_line_end && (next >= self.stop || data[next] == line_end) {
            return None;
        }
        Some(self.fault(QuoteFault::TextAfter))
    }

    /// Returns what was found if the record does not end within the limit, or within the data.
    fn at_stop(&mut self) -> RecordExtent {
        let TokenizerInput { data, is_last, .. } = *self.input;
        if self.input.is_over(self.start) {
            return match self.first_line_end {
                Some(line_end) => self.unclosed(line_end),
                None => self.input.line(self.start, self.at.min(self.stop), NonRowKind::TooLarge),
            };
        }
        if !is_last {
            return RecordExtent::Incomplete;
        }
        if self.state == State::Quoted {
            let line_end = self.first_line_end.unwrap_or(QuotedLineEnd { at: data.len(), quote: self.opened });
            return self.unclosed(line_end);
        }
        self.end_cell(data.len());
        // An editor may have added a last CRLF to a file whose lines end with CR.
        if self.input.dialect.line_end() == b'\r' && self.cells == 1 && data[self.start..] == *b"\n" {
            return RecordExtent::Whole { kind: NonRowKind::Blank, end: self.start, next: data.len() };
        }
        RecordExtent::Whole { kind: NonRowKind::Cells(self.cells as u32), end: data.len(), next: data.len() }
    }

    #[inline(always)]
    fn end_cell(&mut self, at: usize) {
        if self.cells < self.input.columns {
            self.ends.push(at as u32);
        }
        self.cells += 1;
    }

    /// Returns the line on which the record starts, with a fault of its quotes here. A fault behind that line is caused
    /// by a quote that was not closed on it.
    fn fault(&self, fault: QuoteFault) -> RecordExtent {
        match self.first_line_end {
            Some(line_end) => self.unclosed(line_end),
            None => self.input.line(self.start, self.at, NonRowKind::Quote(fault, self.at as u32)),
        }
    }

    /// Returns the line on which the record starts, which ends at this line end and on which the quote opens and does not
    /// close.
    fn unclosed(&self, line_end: QuotedLineEnd) -> RecordExtent {
        self.input.line(self.start, line_end.at, NonRowKind::Quote(QuoteFault::Unclosed, line_end.quote as u32))
    }
}
