//! Where records are cut into chunks does not show, and every byte belongs to exactly one record.
//!
//! The first four bytes of the input choose the dialect, the record limit, and the sizes of chunks and reads.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use sluice_csv::{Dialect, Kernel, Limits, LineTerminator, NonRowKind, Records, Sequence, unquote};

/// Gives at most so many bytes at a time.
struct Dribble<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.size.min(buffer.len()).min(self.bytes.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    record: u64,
    line: u64,
    byte: u64,
    raw: Vec<u8>,
    /// Why it is no row, with offsets in the input.
    non_row: Option<(NonRowKind, u64)>,
    cells: Vec<Vec<u8>>,
}

fn sequence(text: &str) -> Sequence {
    Sequence::new(text.as_bytes()).unwrap_or_else(|| panic!("{text:?} is not short"))
}

fn dialect(choice: u8, more: u8) -> Dialect {
    Dialect {
        delimiter: [sequence(","), sequence("\t"), sequence(",,"), sequence("\0")][usize::from(choice & 3)],
        quote: [Some(b'"'), Some(b'\''), None, Some(b'"')][usize::from(choice >> 2 & 3)],
        line_terminator: [LineTerminator::Auto, LineTerminator::Lf, LineTerminator::Cr, LineTerminator::Auto]
            [usize::from(choice >> 4 & 3)],
        double_quote: more & 1 == 0,
        escape: (more & 2 != 0).then_some(b'\\'),
        comment: (more & 4 != 0).then(|| sequence(if more & 16 == 0 { "#" } else { "##" })),
        comment_rows: if more & 32 == 0 { Vec::new() } else { vec![1, 3, 4] },
        null_sequence: None,
        skip_initial_space: more & 8 != 0,
        trailing_delimiter: more & 64 != 0,
    }
}

fn read((bytes, size): (&[u8], usize), dialect: &Dialect, columns: usize, limits: Limits, kernel: Kernel) -> Vec<Seen> {
    let mut records = Records::with_kernel(Dribble { bytes, size }, dialect.clone(), limits, kernel);
    records.set_columns(columns);
    let mut seen = Vec::new();
    let mut recycle = None;
    let mut scratch = Vec::new();
    let mut at = 0;
    while let Some(chunk) = records.next_chunk(recycle).unwrap_or_else(|error| panic!("memory can be read: {error}")) {
        assert_eq!(chunk.start.byte, at);
        let mut end = if at == 0 && bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let mut non_rows = chunk.index.non_rows.iter().peekable();
        let mut rows = chunk.index.rows.iter();
        for ordinal in 0..chunk.records() {
            let (start, raw_end, next, kind, cells) =
                if let Some(non_row) = non_rows.next_if(|non_row| non_row.ordinal == ordinal) {
                    let (kind, place) = match non_row.kind {
                        NonRowKind::Quote(fault, at) => (NonRowKind::Quote(fault, 0), chunk.start.byte + u64::from(at)),
                        kind => (kind, 0),
                    };
                    (non_row.start, non_row.end, non_row.next, Some((kind, place)), Vec::new())
                } else {
                    let Some(&row) = rows.next() else { panic!("record {ordinal} is neither a row nor a non-row") };
                    let cells = (0..columns)
                        .map(|column| unquote(chunk.cell(row, column), records.dialect(), &mut scratch).to_vec())
                        .collect();
                    (row.start, chunk.row_end(row), chunk.row_next(row), None, cells)
                };
            assert!(start == end && raw_end <= next && start < next);
            end = next;
            seen.push(Seen {
                record: chunk.start.record + u64::from(ordinal),
                line: chunk.line_of(start),
                byte: chunk.start.byte + u64::from(start),
                raw: chunk.data[start as usize..raw_end as usize].to_vec(),
                non_row: kind,
                cells,
            });
        }
        assert_eq!(end as usize, chunk.data.len());
        at = records.position().byte;
        recycle = Some(chunk);
    }
    assert_eq!(records.position().byte, bytes.len() as u64);
    seen
}

fuzz_target!(|data: &[u8]| {
    let &[choice, more, sizes, limit, ref bytes @ ..] = data else {
        return;
    };
    let dialect = dialect(choice, more);
    let columns = usize::from(choice >> 6) + 1;
    let record_bytes = if limit == 0 { 1 << 20 } else { u32::from(limit) };
    let limits = |chunk_bytes| Limits { record_bytes, chunk_bytes, ..Limits::default() };
    let whole = read((bytes, usize::MAX), &dialect, columns, limits(1 << 20), Kernel::Scalar);
    let chunk_bytes = usize::from(sizes >> 2) * 8 + 1;
    let size = [1, 7, 64, usize::MAX][usize::from(sizes & 3)];
    for kernel in [Kernel::detect(), Kernel::Portable] {
        let cut = read((bytes, size), &dialect, columns, limits(chunk_bytes), kernel);
        assert_eq!(cut, whole, "{kernel:?}");
    }
});
