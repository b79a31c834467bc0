//! The fast path: records by masks of 64 bytes. A quote where none may stand is told from the masks; what else is not well-formed goes
//! to the state machine.

use crate::chunk::{Index, Odd, OddKind, QuoteFault, Row, line_ends, push_odd};
use crate::masks::Blocks;
use crate::scalar::{Found, Job, Progress, Step};

/// Blocks for which quotes are expected after one that has any.
const EXPECT_QUOTES: u32 = 8;
const _: () = assert!(EXPECT_QUOTES > 0, "what follows a quote may stand in the next block");

/// The present record, and what the last block left open.
struct Cursor {
    row_start: usize,
    /// Where the ends of the present record begin in the index.
    first: usize,
    /// Ends of the present record that were not kept.
    dropped: usize,
    /// All ones inside quotes.
    inside: u64,
    /// 1 when the last byte was a cell end: a quote may open.
    may_open: u64,
    /// 1 when the last byte was a closing quote.
    closed: u64,
}

impl Cursor {
    fn at(row_start: usize, first: usize) -> Self {
        Self { row_start, first, dropped: 0, inside: 0, may_open: 1, closed: 0 }
    }
}

/// Tokenizes whole records of a plain dialect.
#[inline(always)]
pub(crate) fn tokenize<B: Blocks>(blocks: B, job: &Job<'_>, index: &mut Index) -> Progress {
    let Job { data, soft_end, is_last, .. } = *job;
    let mut cursor = Cursor::at(job.start, index.ends.len());
    loop {
        let from = cursor.row_start;
        let faultless = scan(blocks, job, index, &mut cursor, from);
        if faultless {
            let rest = data.len() - cursor.row_start;
            if cursor.row_start >= soft_end || rest == 0 || (rest <= job.limit && !is_last) {
                index.ends.truncate(cursor.first);
                return Progress { used: cursor.row_start, unended: false };
            }
        }
        // A fault, a record over the limit, or the last record without a line end.
        index.ends.truncate(cursor.first);
        let next = match job.settle(cursor.row_start, index) {
            Step::Next(next) => next,
            Step::Stop(progress) => return progress,
        };
        index.lines += line_ends(job.dialect.line_end(), &data[cursor.row_start..next]);
        if next >= soft_end || next >= data.len() {
            return Progress { used: next, unended: false };
        }
        cursor = Cursor::at(next, index.ends.len());
    }
}

/// Block after block, to the end of the data or the soft end (`true`), or until the present record needs the state machine.
#[inline(always)]
fn scan<B: Blocks>(blocks: B, job: &Job<'_>, index: &mut Index, cursor: &mut Cursor, from: usize) -> bool {
    let Job { data, soft_end, columns, limit, dialect, .. } = *job;
    let line_end = dialect.line_end();
    let has_cr = line_end == b'\n';
    let Index { ends, rows, odd, lines } = index;
    // One end for each byte that is left at most, and what is written too much: see `Blocks::write_places`.
    ends.reserve(data.len() - from + 64);
    let mut tail = [0_u8; 64];
    let mut at = from;
    // Blocks with quotes come in groups. For some blocks after one, the quotes are looked at without asking whether there
    // are any: a branch that goes now this way, now that costs more.
    let mut expect_quotes = 0_u32;
    let faultless = loop {
        if at >= data.len() || cursor.row_start >= soft_end {
            break true;
        }
        let rest = &data[at..];
        let (block, valid) = match rest.first_chunk::<64>() {
            Some(block) => (block, !0_u64),
            None => {
                tail[..rest.len()].copy_from_slice(rest);
                (&tail, (1 << rest.len()) - 1)
            }
        };
        let masks = blocks.masks(block);
        let quotes = masks.quotes & valid;
        let mut inside = cursor.inside;
        let mut legal = valid;
        let mut fault = None;
        if quotes != 0 || expect_quotes != 0 {
            expect_quotes = if quotes != 0 { EXPECT_QUOTES } else { expect_quotes - 1 };
            // The bit of an opening quote is inside, that of a closing one is not.
            inside ^= blocks.parity(quotes);
            let (opening, closing) = (quotes & inside, quotes & !inside);
            let ends = (masks.delimiters | masks.line_ends) & !inside;
            let after_closing = closing << 1 | cursor.closed;
            // A quote right after a closing one is the second of a doubled quote.
            let may_open = ends << 1 | cursor.may_open | after_closing;
            let mut may_follow = ends | quotes;
            if has_cr && after_closing & !may_follow & valid != 0 {
                let next_is_line_end = u64::from(rest.get(64) == Some(&line_end)) << 63;
                may_follow |= blocks.equal(block, b'\r') & ((masks.line_ends & valid) >> 1 | next_is_line_end);
            }
            let illegal = (opening & !may_open | after_closing & !may_follow) & valid;
            if illegal != 0 {
                let place = illegal.trailing_zeros();
                legal = (1 << place) - 1;
                let kind = if opening >> place & 1 == 1 { QuoteFault::Stray } else { QuoteFault::TextAfter };
                fault = Some((kind, at + place as usize));
            }
            cursor.closed = closing >> 63;
            cursor.inside = (inside.cast_signed() >> 63).cast_unsigned();
        }
        let cell_ends = (masks.delimiters | masks.line_ends) & !inside & legal;
        cursor.may_open = cell_ends >> 63;
        let before = ends.len();
        // SAFETY: before the loop, room was made for one end per byte and 64 more; `truncate` only makes more of it, and where a
        // faulty line is passed over, no end of a byte behind `at` stays. The first of the 64 places that are written behind the
        // ends are those of the bits.
        unsafe {
            blocks.write_places(cell_ends, at as u32, ends.as_mut_ptr().add(before));
            ends.set_len(before + cell_ends.count_ones() as usize);
        }
        *lines += u64::from((masks.line_ends & valid).count_ones());
        at += 64;
        let mut record_ends = masks.line_ends & cell_ends;
        let mut is_over = false;
        while record_ends != 0 {
            let up_to = record_ends ^ (record_ends - 1);
            let record_end = at - 64 + record_ends.trailing_zeros() as usize;
            let next = before + (cell_ends & up_to).count_ones() as usize;
            let cells = next - cursor.first + cursor.dropped;
            let length = record_end - cursor.row_start;
            if cells == columns && length > 1 && length <= limit {
                rows.push(Row { start: cursor.row_start as u32, first: cursor.first as u32 });
            } else if length > limit {
                is_over = true;
                break;
            } else {
                push_unusual(job, rows, odd, cursor, cells, record_end);
            }
            cursor.row_start = record_end + 1;
            cursor.first = next;
            cursor.dropped = 0;
            record_ends &= record_ends - 1;
        }
        if is_over {
            break false;
        }
        if let Some((kind, place)) = fault {
            let Some(next) = push_faulty(job, rows, odd, cursor.row_start, kind, place) else { break false };
            // The line ends of this block are counted, those behind the line again with the next one.
            *lines = *lines + line_ends(line_end, &data[at.min(next)..next])
                - line_ends(line_end, &data[next..at.max(next).min(data.len())]);
            ends.truncate(cursor.first);
            *cursor = Cursor::at(next, cursor.first);
            at = next;
            continue;
        }
        let open = ends.len() - cursor.first;
        if open > columns {
            // A record with too many cells needs no more than their number.
            cursor.dropped += open - columns;
            ends.truncate(cursor.first + columns);
        }
    };
    // Those of the present record are counted with it.
    *lines -= line_ends(line_end, &data[cursor.row_start..at.min(data.len())]);
    faultless
}

/// Adds the line of a record with a quote at fault at `place`, and gives where the next one starts. `None` where that is not all there is
/// to it: near the end of the data and behind the limit of a record.
#[inline(never)]
fn push_faulty(
    job: &Job<'_>,
    rows: &[Row],
    odd: &mut Vec<Odd>,
    start: usize,
    kind: QuoteFault,
    place: usize,
) -> Option<usize> {
    // A CR behind a closing quote is at fault or not by what follows.
    if place + 1 >= job.data.len() || place - start > job.limit {
        return None;
    }
    match job.line(start, start, OddKind::Quote(kind, place as u32)) {
        Found::Record { kind, end, next } => {
            push_odd(rows, odd, start, end, next, kind);
            Some(next)
        }
        Found::Incomplete | Found::Unended => None,
    }
}

/// A record that may be blank, or has another number of cells.
#[cold]
#[inline(never)]
fn push_unusual(
    job: &Job<'_>,
    rows: &mut Vec<Row>,
    odd: &mut Vec<Odd>,
    cursor: &Cursor,
    cells: usize,
    record_end: usize,
) {
    let start = cursor.row_start;
    let is_crlf = job.dialect.line_end() == b'\n' && record_end > start && job.data[record_end - 1] == b'\r';
    let end = if is_crlf { record_end - 1 } else { record_end };
    if end > start && cells == job.columns {
        rows.push(Row { start: start as u32, first: cursor.first as u32 });
        return;
    }
    let kind = if end == start { OddKind::Blank } else { OddKind::Cells(cells as u32) };
    push_odd(rows, odd, start, end, record_end + 1, kind);
}
