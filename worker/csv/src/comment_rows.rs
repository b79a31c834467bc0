//! `commentRows`: records that are comments by their number.

use std::ops::Range;

use crate::index::{Index, NonRow, NonRowKind};
use crate::line_ends::without_cr;

/// Turns the records of an index that are comments by their number into comments.
pub(crate) struct CommentRows<'a> {
    /// The numbers of the records that are comments, ascending.
    pub(crate) numbers: &'a [u64],
    /// The number of the first record of the index.
    pub(crate) first: u64,
    pub(crate) line_end: u8,
}

impl CommentRows<'_> {
    /// Turns the listed records of an index over these bytes, of which `used` belong to records, into comments. A
    /// record over the limit stays a fault.
    pub(crate) fn apply(&self, index: &mut Index, data: &[u8], used: usize) {
        let records = (index.rows.len() + index.non_rows.len()) as u64;
        let Range { start, end } = self.first..self.first + records;
        let numbers = &self.numbers[self.numbers.partition_point(|&number| number < start)..];
        for &number in numbers.iter().take_while(|&&number| number < end) {
            let ordinal = (number - start) as u32;
            match index.non_rows.binary_search_by_key(&ordinal, |non_row| non_row.ordinal) {
                Ok(at) if index.non_rows[at].kind == NonRowKind::TooLarge => {}
                Ok(at) => index.non_rows[at].kind = NonRowKind::Comment,
                Err(at) => {
                    let row = index.rows.remove(ordinal as usize - at);
                    let next_row = index.rows.get(ordinal as usize - at).map(|row| row.start);
                    let next_non_row = index.non_rows.get(at).map(|non_row| non_row.start);
                    let next = next_row.into_iter().chain(next_non_row).min().unwrap_or(used as u32);
                    let end = self.without_line_end(data, row.start as usize..next as usize) as u32;
                    index
                        .non_rows
                        .insert(at, NonRow { ordinal, start: row.start, end, next, kind: NonRowKind::Comment });
                }
            }
        }
    }

    /// Returns the end of a record without its line end.
    fn without_line_end(&self, data: &[u8], record: Range<usize>) -> usize {
        match data[record.clone()] {
            [.., last] if last == self.line_end => without_cr(self.line_end, data, record.start, record.end - 1),
            _ => record.end,
        }
    }
}
