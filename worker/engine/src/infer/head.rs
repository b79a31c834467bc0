//! The first bytes of a file, and their records under a dialect.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sluice_csv::{Dialect, Limits, Records};

use super::head_record::HeadRecord;

/// Most records that are read with each dialect that is tried.
pub(super) const RECORDS: usize = 2_000;

/// The first bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) text: &'a [u8],
    /// Whether the file has no more bytes.
    pub(super) is_whole: bool,
    /// Whether the text is a sample: the file may have more bytes, but they are not read.
    pub(super) is_sample: bool,
}

/// The first records of a file under a dialect.
pub(super) struct FirstRecords {
    pub(super) rows: Vec<HeadRecord>,
    /// Whether a record that begins in the first half of the bytes does not end in them, because a quote is not closed or a cell has many lines. Each
    /// line of such a record is read as a record.
    pub(super) is_open: bool,
}

/// Records, and the offset behind the last one.
struct ReadRecords {
    rows: Vec<HeadRecord>,
    end: usize,
}

impl<'a> Head<'a> {
    /// Number of decoded bytes from which the form of a file is usually decided.
    pub(super) const BYTES: usize = 256 << 10;

    /// Most bytes that are read if a record does not end in fewer. A record that begins in the first half of them either ends in them or exceeds
    /// the record limit.
    pub(super) const MOST: usize = 16 << 20;

    /// The factor by which the bytes that are read grow if a record does not end in them.
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
        let ReadRecords { rows, end } = self.read(dialect, limits);
        let is_open = !self.is_whole && !self.is_sample && rows.len() < RECORDS && end < half;
        if !is_open {
            return FirstRecords { rows, is_open };
        }
        let ReadRecords { rows, .. } = self.read(dialect, Limits { record_bytes: half as u32, ..limits });
        FirstRecords { rows, is_open }
    }

    fn read(self, dialect: &Dialect, limits: Limits) -> ReadRecords {
        let mut records = Records::new(self.text, dialect.clone(), limits);
        records.leave_out_unfinished(Arc::new(AtomicBool::new(!self.is_whole)));
        let mut rows = Vec::new();
        // cannot fail: the reader is a slice.
        while rows.len() < RECORDS
            && let Ok(Some(record)) = records.next_record()
        {
            rows.push(HeadRecord::of(record, dialect));
        }
        ReadRecords { rows, end: records.position().byte as usize }
    }
}
