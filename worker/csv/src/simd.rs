//! The SIMD tokenizer: records of a plain dialect, from bit masks of 64 bytes.
//!
//! # For readers who change this file
//! The input is read in blocks of 64 bytes. For each block an instruction set ([`InstructionSet`]) computes three masks, words
//! of 64 bits: bit n is a property of byte n. From there on no byte is looked at one by one; all is arithmetic over
//! masks. Bits are drawn below in the order of the bytes, so the lowest bit stands at the left, and `mask << 1` moves
//! the picture one bit to the *right*: it asks "what stood in front of this byte?"
//!
//! ## One block, drawn
//! Three cells: `a`, then `x,"y` in quotes (the quote in it is doubled), then `b`. `.` is 0.
//!
//! ```text
//! block           a,"x,""y",b⏎
//! delimiters      .1..1....1..
//! quotes          ..1..11.1...
//! line_ends       ...........1
//! inside          ..111.11....   parity(quotes): bit n is the parity of the quotes up to n
//! opening         ..1...1.....   quotes & inside
//! closing         .....1..1...   quotes & !inside
//! ends            .1.......1.1   (delimiters | line_ends) & !inside: the comma inside is content
//! after_closing   ......1..1..   closing << 1
//! may_open        1.1...1..11.   ends << 1, after_closing, and the first byte of the record
//! may_follow      .11..11.11.1   ends | quotes: what may stand behind a closing quote
//! ```
//!
//! * A doubled quote is a closing one and at once an opening one. So it needs no rule of its own: the parity ends where it began.
//! * The block is well-formed when `opening & !may_open` and `after_closing & !may_follow` are both 0. A CR may also follow a closing quote,
//!   if an LF follows the CR; blocks in which that is the question are rare, so CRs are looked for only then.
//! * The lowest bit of the two is the first fault: an opening quote that may not open is a *stray* quote, anything else
//!   is *text after a closing quote*. **Behind the first fault all masks are void**, because the parity is wrong there:
//!   `legal` keeps the bits in front of it.
//! * A block hands three bits to the next one ([`Carry`]): whether it is inside quotes, whether a quote may open,
//!   whether the last byte was a closing quote.
//!
//! `cell_ends` (`ends & legal`) becomes offsets in [`Index::ends`] in one step ([`InstructionSet::write_offsets`]). Then a loop
//! runs over the line ends among them, once per record: the number of cells is a difference of two positions in `ends`,
//! so a row costs four additions and one comparison, however many cells it has.
//!
//! ## Invariants
//! 1. `record.start` is where the current record begins; all records before it are in the index, once.
//! 2. `ends[record.first_end..]` are the ends of the current record, except `record.dropped` ends that were left out,
//!    and nothing else. Code that leaves [`scan`] truncates them or settles the record.
//! 3. [`Carry`] describes the byte in front of `at`. After a fault it is made new, and `at` is the start of the next
//!    line, usually in the middle of a block: blocks are not aligned to anything.
//! 4. `index.lines` counts the line ends of whole blocks; the line ends of the current record are subtracted when
//!    `scan` ends, and counted again with that record.
//! 5. Before the first block, the vector has room for one end per remaining byte and 64 more: [`InstructionSet::write_offsets`]
//!    writes up to 64 offsets unchecked, the offsets of the bits and then arbitrary ones.
//! 6. A record over the limit, a record without a line end and a fault near the end of the data are *not* decided here:
//!    `scan` returns `false` and the scalar tokenizer ([`TokenizerInput::settle`]) decides. It is the oracle of the tests, so a new
//!    shortcut in this file can be compared with it: `tests/laws.rs` compares all kernels.
//!
//! ## Why it is written like this
//! Everything per block is `#[inline(always)]` into one function per instruction set (`kernel.rs`), because a function
//! with `target_feature` is not inlined into one without. Rare cases (`push_unusual`, `pass_faulty_line`) are not
//! inlined, to keep the loop small. After a change compare the instructions of `valgrind --tool=callgrind sluice check`
//! before and after: timings of this loop drown in noise.

use crate::index::{Index, NonRowKind, QuoteFault};
use crate::line_ends::{line_ends, without_cr};
use crate::masks::{InstructionSet, Masks};
use crate::scalar::{Progress, RecordExtent, Step, TokenizerInput};

/// Bytes of a block.
const BLOCK: usize = 64;

/// Number of blocks for which quotes are expected after a block with quotes.
const EXPECT_QUOTES: u32 = 8;
const _: () = assert!(EXPECT_QUOTES > 0, "what follows a quote may stand in the next block");

/// The current record.
struct CurrentRecord {
    start: usize,
    /// The index in [`Index::ends`] at which the ends of the record begin.
    first_end: usize,
    /// How many ends of the record were not kept.
    dropped: usize,
}

/// The state that a block hands to the next one.
#[derive(Clone, Copy)]
struct Carry {
    /// All ones inside quotes, else 0.
    inside: u64,
    /// 1 if the last byte ended a cell, so that a quote may open.
    may_open: u64,
    /// 1 if the last byte was a closing quote.
    closed: u64,
}

impl Carry {
    /// The state in front of the first byte of a record.
    const RECORD_START: Self = Self { inside: 0, may_open: 1, closed: 0 };
}

struct Cursor {
    current: CurrentRecord,
    carry: Carry,
}

impl Cursor {
    fn at(start: usize, first_end: usize) -> Self {
        Self { current: CurrentRecord { start, first_end, dropped: 0 }, carry: Carry::RECORD_START }
    }
}

/// A block of the data.
struct Block<'b> {
    bytes: &'b [u8; BLOCK],
    /// The bits of the bytes that belong to the data: all bits, except in the last block.
    valid: u64,
    /// The byte behind the block.
    next: Option<u8>,
}

/// A quote where none may stand, or anything else behind a closing quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault {
    kind: QuoteFault,
    /// The offset: in the block at first, then in the data.
    at: u32,
}

/// What the quotes of a block mean.
struct Quoting {
    /// The bits inside quotes, opening quotes included.
    inside: u64,
    /// The bits in front of the first fault.
    legal: u64,
    /// The first fault; its offset is the number of its bit.
    fault: Option<Fault>,
}

/// The ends of cells that a block added to the index.
struct BlockEnds {
    /// The offset of the block.
    at: usize,
    /// The number of ends in the index before the block.
    before: usize,
    cell_ends: u64,
    /// The ends that also end a record.
    record_ends: u64,
}

/// Tokenizes whole records of a plain dialect.
#[inline(always)]
pub(crate) fn tokenize<B: InstructionSet>(blocks: B, input: &TokenizerInput<'_>, index: &mut Index) -> Progress {
    let TokenizerInput { data, soft_end, is_last, .. } = *input;
    let mut cursor = Cursor::at(input.start, index.ends.len());
    loop {
        let faultless = scan(blocks, input, index, &mut cursor);
        let start = cursor.current.start;
        index.ends.truncate(cursor.current.first_end);
        if faultless {
            let rest = data.len() - start;
            if start >= soft_end || rest == 0 || (rest <= input.limit && !is_last) {
                return Progress { used: start, unended: false };
            }
        }
        // A fault, a record over the limit, or the last record without a line end.
        let next = match input.settle(start, index) {
            Step::Next(next) => next,
            Step::Stop(progress) => return progress,
        };
        index.lines += line_ends(input.dialect.line_end(), &data[start..next]);
        if next >= soft_end || next >= data.len() {
            return Progress { used: next, unended: false };
        }
        cursor = Cursor::at(next, index.ends.len());
    }
}

/// Reads block after block. Returns true at the end of the data or at the soft end, and false if the current record
/// needs the scalar tokenizer.
#[inline(always)]
fn scan<B: InstructionSet>(blocks: B, input: &TokenizerInput<'_>, index: &mut Index, cursor: &mut Cursor) -> bool {
    let TokenizerInput { data, soft_end, columns, .. } = *input;
    let mut at = cursor.current.start;
    index.ends.reserve(data.len() - at + BLOCK);
    let mut tail = [0; BLOCK];
    // InstructionSet with quotes come in groups. For some blocks after one, the quotes are computed without a test whether there are any: an
    // unpredictable branch costs more.
    let mut expect_quotes = 0_u32;
    let faultless = loop {
        if at >= data.len() || cursor.current.start >= soft_end {
            break true;
        }
        let block = block_at(data, at, &mut tail);
        let masks = blocks.masks(block.bytes);
        let mut quoting = Quoting { inside: cursor.carry.inside, legal: block.valid, fault: None };
        let quotes = masks.quotes & block.valid;
        if quotes != 0 || expect_quotes != 0 {
            expect_quotes = if quotes != 0 { EXPECT_QUOTES } else { expect_quotes - 1 };
            quoting = read_quotes(blocks, input, &block, masks, &mut cursor.carry);
        }
        let cell_ends = (masks.delimiters | masks.line_ends) & !quoting.inside & quoting.legal;
        cursor.carry.may_open = cell_ends >> 63;
        let before = index.ends.len();
        // SAFETY: in front of the loop, room was made for one end per byte and 64 more.
        unsafe { push_ends(blocks, cell_ends, at as u32, &mut index.ends) };
        index.lines += u64::from((masks.line_ends & block.valid).count_ones());
        let ends = BlockEnds { at, before, cell_ends, record_ends: masks.line_ends & cell_ends };
        at += BLOCK;
        if !push_records(input, index, &mut cursor.current, ends) {
            break false;
        }
        if let Some(Fault { kind, at: bit }) = quoting.fault {
            let fault = Fault { kind, at: (at - BLOCK) as u32 + bit };
            let Some(next) = pass_faulty_line(input, index, cursor, fault, at) else { break false };
            at = next;
            continue;
        }
        drop_surplus(&mut cursor.current, &mut index.ends, columns);
    };
    // The line ends of the current record are counted with that record.
    index.lines -= line_ends(input.dialect.line_end(), &data[cursor.current.start..at.min(data.len())]);
    faultless
}

/// Returns the block at this offset; the last bytes of the data are copied to `tail`.
#[inline(always)]
fn block_at<'b>(data: &'b [u8], at: usize, tail: &'b mut [u8; BLOCK]) -> Block<'b> {
    let rest = &data[at..];
    match rest.first_chunk::<BLOCK>() {
        Some(bytes) => Block { bytes, valid: !0, next: rest.get(BLOCK).copied() },
        None => {
            tail[..rest.len()].copy_from_slice(rest);
            Block { bytes: tail, valid: (1 << rest.len()) - 1, next: None }
        }
    }
}

/// Determines which bytes are inside quotes, and whether each quote may stand where it does.
#[inline(always)]
fn read_quotes<B: InstructionSet>(
    blocks: B,
    input: &TokenizerInput<'_>,
    block: &Block<'_>,
    masks: Masks,
    carry: &mut Carry,
) -> Quoting {
    let valid = block.valid;
    let quotes = masks.quotes & valid;
    // The bit of an opening quote is inside, the bit of a closing quote is not.
    let inside = carry.inside ^ blocks.parity(quotes);
    let (opening, closing) = (quotes & inside, quotes & !inside);
    let ends = (masks.delimiters | masks.line_ends) & !inside;
    let after_closing = closing << 1 | carry.closed;
    // A quote right after a closing one is the second of a doubled quote.
    let may_open = ends << 1 | carry.may_open | after_closing;
    let mut may_follow = ends | quotes;
    let line_end = input.dialect.line_end();
    if line_end == b'\n' && after_closing & !may_follow & valid != 0 {
        let next_is_line_end = u64::from(block.next == Some(line_end)) << 63;
        let in_front_of_line_end = (masks.line_ends & valid) >> 1 | next_is_line_end;
        may_follow |= blocks.equal(block.bytes, b'\r') & in_front_of_line_end;
    }
    carry.closed = closing >> 63;
    carry.inside = (inside.cast_signed() >> 63).cast_unsigned();
    let illegal = (opening & !may_open | after_closing & !may_follow) & valid;
    if illegal == 0 {
        return Quoting { inside, legal: valid, fault: None };
    }
    let bit = illegal.trailing_zeros();
    let kind = if opening >> bit & 1 == 1 { QuoteFault::Stray } else { QuoteFault::TextAfter };
    Quoting { inside, legal: (1 << bit) - 1, fault: Some(Fault { kind, at: bit }) }
}

/// Appends the offsets of the ends of cells of a block that begins at `at`.
///
/// # Safety
/// The vector must have room for 64 more offsets.
#[inline(always)]
unsafe fn push_ends<B: InstructionSet>(blocks: B, cell_ends: u64, at: u32, ends: &mut Vec<u32>) {
    let before = ends.len();
    // SAFETY: the caller made room for 64 offsets. The first of them that are written are the offsets of the bits.
    unsafe {
        blocks.write_offsets(cell_ends, at, ends.as_mut_ptr().add(before));
        ends.set_len(before + cell_ends.count_ones() as usize);
    }
}

/// Adds the records that end in a block. Returns false if a record is over the limit, which is the current record then.
#[inline(always)]
fn push_records(
    input: &TokenizerInput<'_>,
    index: &mut Index,
    current: &mut CurrentRecord,
    mut ends: BlockEnds,
) -> bool {
    while ends.record_ends != 0 {
        // The bits up to the next line end, and how many ends there are with it.
        let up_to = ends.record_ends ^ (ends.record_ends - 1);
        let record_end = ends.at + ends.record_ends.trailing_zeros() as usize;
        let next_end = ends.before + (ends.cell_ends & up_to).count_ones() as usize;
        let cells = next_end - current.first_end + current.dropped;
        let length = record_end - current.start;
        if cells == input.columns && length > 1 && length <= input.limit {
            index.push_row(current.start, current.first_end);
        } else if length > input.limit {
            return false;
        } else {
            push_unusual(input, index, current, cells, record_end);
        }
        *current = CurrentRecord { start: record_end + 1, first_end: next_end, dropped: 0 };
        ends.record_ends &= ends.record_ends - 1;
    }
    true
}

/// Adds a record that may be blank, or may have another number of cells.
#[cold]
#[inline(never)]
fn push_unusual(
    input: &TokenizerInput<'_>,
    index: &mut Index,
    current: &CurrentRecord,
    cells: usize,
    record_end: usize,
) {
    let start = current.start;
    let end = without_cr(input.dialect.line_end(), input.data, start, record_end);
    if end > start && cells == input.columns {
        return index.push_row(start, current.first_end);
    }
    let kind = if end == start { NonRowKind::Blank } else { NonRowKind::Cells(cells as u32) };
    index.push_non_row(start, end, record_end + 1, kind);
}

/// Adds the line of a record at fault, moves to the next line, and returns its offset; `counted` is the offset up to
/// which line ends are counted. `None` near the end of the data and behind the limit of a record, where the scalar
/// tokenizer decides.
#[inline(always)]
fn pass_faulty_line(
    input: &TokenizerInput<'_>,
    index: &mut Index,
    cursor: &mut Cursor,
    fault: Fault,
    counted: usize,
) -> Option<usize> {
    let next = push_faulty(input, index, cursor.current.start, fault)?;
    let (data, line_end) = (input.data, input.dialect.line_end());
    // The line ends of this block are counted already; those behind the line are subtracted, and counted with the next line.
    index.lines = index.lines + line_ends(line_end, &data[counted.min(next)..next])
        - line_ends(line_end, &data[next..counted.max(next).min(data.len())]);
    index.ends.truncate(cursor.current.first_end);
    *cursor = Cursor::at(next, cursor.current.first_end);
    Some(next)
}

/// Adds the line on which the record at fault starts, and returns where the next line starts; `None` if the
/// scalar tokenizer has to decide.
#[inline(never)]
fn push_faulty(input: &TokenizerInput<'_>, index: &mut Index, start: usize, fault: Fault) -> Option<usize> {
    let (kind, at) = (fault.kind, fault.at as usize);
    // Whether a CR behind a closing quote is a fault depends on the byte after it.
    if at + 1 >= input.data.len() || at - start > input.limit {
        return None;
    }
    match input.line(start, start, NonRowKind::Quote(kind, at as u32)) {
        RecordExtent::Whole { kind, end, next } if at < next => {
            index.push_non_row(start, end, next, kind);
            Some(next)
        }
        // A fault behind the first line is caused by a quote on that line, which the scalar tokenizer finds.
        RecordExtent::Whole { .. } | RecordExtent::Incomplete | RecordExtent::Unended => None,
    }
}

/// Drops the ends of surplus cells: of a record with too many cells only their number is needed.
#[inline(always)]
fn drop_surplus(current: &mut CurrentRecord, ends: &mut Vec<u32>, columns: usize) {
    let open = ends.len() - current.first_end;
    if open > columns {
        current.dropped += open - columns;
        ends.truncate(current.first_end + columns);
    }
}

#[cfg(test)]
mod tests;
