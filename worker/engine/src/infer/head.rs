//! The first bytes of a file, and their records under a dialect.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sluice_csv::{Dialect, Limits, Records};

use super::row::Row;

/// Most records that are read with each dialect that is tried.
pub(super) const RECORDS: usize = 2_000;

/// The first bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) text: &'a [u8],
    /// Whether the file has no more bytes.
    pub(super) is_whole: bool,
    /// Whether no more bytes can be read than these, though the file may have more: they are a sample.
    pub(super) is_sample: bool,
}

/// The first records of a file under a dialect.
pub(super) struct FirstRecords {
    pub(super) rows: Vec<Row>,
    /// Whether a record that begins in the first half of the bytes does not end in them: a quote is at fault, or a cell has many lines. The lines
    /// of such a record are read as records.
    pub(super) is_open: bool,
}

impl<'a> Head<'a> {
    /// Number of decoded bytes from which the form of a file is usually decided.
    pub(super) const BYTES: usize = 256 << 10;

    /// Maximum number of bytes, read if a record does not end in fewer. A record that begins in the first half of them ends in them, or is over
    /// the record limit.
    pub(super) const MOST: usize = 16 << 20;

    /// How many times as many bytes are read if a record does not end in fewer.
    pub(super) const GROWTH: usize = 4;

    /// Returns these bytes of the head.
    pub(super) fn with(self, text: &'a [u8]) -> Self {
        Self { text, ..self }
    }

    /// Returns true if more bytes of the file can be read to see where a record ends.
    pub(super) fn may_grow(self) -> bool {
        !self.is_whole && !self.is_sample && self.text.len() < Self::MOST
    }

    /// Reads the first records, without the one in which the bytes end if the file has more of them.
    pub(super) fn records(self, dialect: &Dialect) -> FirstRecords {
        let limits = Limits { columns: u32::from(u16::MAX), ..Limits::default() };
        let half = self.text.len() / 2;
        let (rows, end) = self.read(dialect, limits);
        let is_open = !self.is_whole && !self.is_sample && rows.len() < RECORDS && end < half;
        if !is_open {
            return FirstRecords { rows, is_open };
        }
        let (rows, _) = self.read(dialect, Limits { record_bytes: half as u32, ..limits });
        FirstRecords { rows, is_open }
    }

    /// Returns records, and the offset behind the last one.
    fn read(self, dialect: &Dialect, limits: Limits) -> (Vec<Row>, usize) {
        let mut records = Records::new(self.text, dialect.clone(), limits);
        records.leave_out_unfinished(Arc::new(AtomicBool::new(!self.is_whole)));
        let mut rows = Vec::new();
        // cannot fail: the reader is a slice.
        while rows.len() < RECORDS
            && let Ok(Some(record)) = records.next_record()
        {
            rows.push(Row::of(record, dialect));
        }
        (rows, records.position().byte as usize)
    }
}
