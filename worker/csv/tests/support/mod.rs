//! What the tests share: reading everything under some circumstances, and an oracle.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub(crate) mod oracle;

use std::io::{self, Read};

use sluice_csv::{Dialect, Kernel, Limits, NonRowKind, OneRecord, Position, QuoteFault, RecordKind, Records, unquote};

/// What a record is, whatever the way it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The expected number of cells; their texts.
    Cells(Vec<Vec<u8>>),
    /// Another number.
    OtherCells(usize),
    Blank,
    Comment,
    /// The fault, and its offset in the input.
    Quote(QuoteFault, u64),
    TooLarge,
}

/// A record and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) number: u64,
    pub(crate) line: u64,
    pub(crate) byte: u64,
    /// Where the next one begins.
    pub(crate) next: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) kind: Kind,
}

/// A reader that returns at most `size` bytes at a time.
pub(crate) struct Dribble<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) size: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.size.min(buffer.len()).min(self.bytes.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

/// Under which circumstances to read.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances {
    pub(crate) dialect: Dialect,
    pub(crate) columns: usize,
    pub(crate) record_bytes: u32,
    pub(crate) chunk_bytes: usize,
    pub(crate) read_bytes: usize,
    pub(crate) kernel: Kernel,
}

impl Circumstances {
    pub(crate) fn new(dialect: &Dialect, columns: usize) -> Self {
        Self {
            dialect: dialect.clone(),
            columns,
            record_bytes: Limits::default().record_bytes,
            chunk_bytes: Limits::default().chunk_bytes,
            read_bytes: usize::MAX,
            kernel: Kernel::detect(),
        }
    }

    fn records<'a>(&self, bytes: &'a [u8]) -> Records<Dribble<'a>> {
        let limits = Limits { record_bytes: self.record_bytes, chunk_bytes: self.chunk_bytes, ..Limits::default() };
        let reader = Dribble { bytes, size: self.read_bytes };
        Records::with_kernel(reader, self.dialect.clone(), limits, self.kernel)
    }

    /// Reads `bytes` in chunks, and checks on the way that every byte belongs to exactly one record.
    #[expect(clippy::too_many_lines, reason = "one loop, and an assertion for every property of a chunk")]
    pub(crate) fn read(&self, bytes: &[u8]) -> Vec<Seen> {
        let mut records = self.records(bytes);
        records.set_columns(self.columns);
        let mut seen = Vec::new();
        let mut recycle = None;
        let mut scratch = Vec::new();
        let mut sequence = 0;
        let mut at = 0;
        while let Some(chunk) = records.next_chunk(recycle).expect("memory can be read") {
            let dialect = records.dialect();
            assert_eq!(chunk.sequence, sequence);
            assert_eq!(chunk.start.byte, at);
            assert!(chunk.records() > 0);
            sequence += 1;
            let is_truncated = chunk.index.non_rows.last().is_some_and(|non_row| {
                non_row.kind == NonRowKind::TooLarge
                    && non_row.next as usize == chunk.data.len()
                    && non_row.end == non_row.next
            });
            if !is_truncated {
                assert_eq!(chunk.bytes(), &bytes[at as usize..][..chunk.bytes().len()]);
            }
            // A row is all bytes but those of non-rows.
            let mut in_rows = vec![true; chunk.bytes().len()];
            for non_row in &chunk.index.non_rows {
                in_rows[non_row.start as usize..(non_row.next as usize).min(chunk.bytes().len())].fill(false);
            }
            let has_quotes =
                chunk.bytes().iter().zip(in_rows).any(|(&byte, in_row)| in_row && dialect.quote == Some(byte));
            assert_eq!(chunk.has_quotes(), has_quotes);
            let mut non_rows = chunk.index.non_rows.iter().peekable();
            for (number, &row) in chunk.index.rows.iter().enumerate() {
                for column in 0..self.columns {
                    let span = chunk.span(row, column);
                    assert_eq!(chunk.cells(column).span(number), span);
                    assert!(span.into_iter().all(|byte| chunk.column_at(row, byte as u32) == column));
                }
            }
            for column in 0..self.columns {
                let count = chunk.index.rows.len();
                // All rows, and a part of them.
                for part in [0..count, count / 3..count - count / 4] {
                    let mut row = part.start;
                    chunk.cells(column).for_each_span(part.clone(), |start, end| {
                        assert_eq!(chunk.span(chunk.index.rows[row], column), start as usize..end as usize);
                        row += 1;
                    });
                    assert_eq!(row, part.end);
                }
            }
            let mut rows = chunk.index.rows.iter().zip(chunk.ordinals()).peekable();
            let mut end = 0;
            for ordinal in 0..chunk.records() {
                let (start, raw_end, next, kind) =
                    if let Some(non_row) = non_rows.next_if(|non_row| non_row.ordinal == ordinal) {
                        let kind = match non_row.kind {
                            NonRowKind::Blank => Kind::Blank,
                            NonRowKind::Comment => Kind::Comment,
                            NonRowKind::Cells(count) => Kind::OtherCells(count as usize),
                            NonRowKind::Quote(fault, at) => Kind::Quote(fault, chunk.start.byte + u64::from(at)),
                            NonRowKind::TooLarge => Kind::TooLarge,
                        };
                        (non_row.start, non_row.end, non_row.next, kind)
                    } else {
                        let (&row, number) = rows.next().expect("a record is a row or a non-row");
                        assert_eq!(number, ordinal);
                        let cells = (0..self.columns)
                            .map(|column| unquote(chunk.cell(row, column), dialect, &mut scratch).to_vec())
                            .collect();
                        (row.start, chunk.row_end(row), chunk.row_next(row), Kind::Cells(cells))
                    };
                let is_marked = at == 0 && ordinal == 0 && bytes.starts_with(b"\xEF\xBB\xBF");
                assert_eq!(start, if is_marked { 3 } else { end }, "records lie side by side");
                assert!(raw_end <= next && start < next);
                end = next;
                if chunk.one_line_each() {
                    assert_eq!(chunk.line_of(start), chunk.start.line + u64::from(ordinal));
                }
                seen.push(Seen {
                    number: chunk.start.record + u64::from(ordinal),
                    line: chunk.line_of(start),
                    byte: chunk.start.byte + u64::from(start),
                    next: chunk.start.byte + u64::from(next),
                    raw: chunk.data[start as usize..raw_end as usize].to_vec(),
                    kind,
                });
            }
            assert_eq!(end as usize, chunk.data.len());
            assert!(rows.next().is_none() && non_rows.next().is_none());
            drop(rows);
            at = records.position().byte;
            if let Some(last) = seen.last_mut() {
                // What was dropped of a too large record is in no chunk.
                assert!(last.next == at || is_truncated);
                last.next = at;
            }
            assert_eq!(records.position().record, seen.len() as u64 + 1);
            recycle = Some(chunk);
        }
        assert_eq!(records.position().byte, bytes.len() as u64, "every byte belongs to a record");
        seen
    }

    /// Reads `bytes` record by record.
    pub(crate) fn read_one_by_one(&self, bytes: &[u8]) -> Vec<Seen> {
        let mut records = self.records(bytes);
        let mut seen = Vec::new();
        while let Some(record) = records.next_record().expect("memory can be read") {
            let raw = record.raw().to_vec();
            let OneRecord { position: Position { record: number, line, byte }, cells, kind, .. } = record;
            let kind = match kind {
                RecordKind::Cells if cells.len() == self.columns => Kind::Cells(cells),
                RecordKind::Cells => Kind::OtherCells(cells.len()),
                RecordKind::TooManyCells(count) => Kind::OtherCells(count),
                RecordKind::Blank => Kind::Blank,
                RecordKind::Comment => Kind::Comment,
                RecordKind::Quote(fault, at) => Kind::Quote(fault, byte + u64::from(at)),
                RecordKind::TooLarge => Kind::TooLarge,
            };
            seen.push(Seen { number, line, byte, next: records.position().byte, raw, kind });
        }
        assert_eq!(records.position().byte, bytes.len() as u64, "every byte belongs to a record");
        seen
    }
}

/// Every kernel that can run here.
pub(crate) fn kernels() -> Vec<Kernel> {
    [Kernel::Avx512, Kernel::Avx2, Kernel::Neon, Kernel::Portable, Kernel::Scalar]
        .into_iter()
        .filter(|kernel| kernel.is_available())
        .collect()
}
