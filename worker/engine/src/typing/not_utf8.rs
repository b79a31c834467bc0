//! The cells and records of a chunk that are not UTF-8.

use std::ops::Range;

use sluice_csv::{Chunk, Row};

/// The cells and records of a chunk that are not UTF-8, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct NotUtf8 {
    /// Cells of regular rows that are not UTF-8.
    cells: Vec<InvalidCell>,
    /// The rows of these cells, grouped by column.
    rows: Vec<u32>,
    /// The index in `rows` at which the group of each column starts, and the end of the last group.
    starts: Vec<u32>,
    /// The offset of the first invalid byte in each record that is no regular row.
    other_records: Vec<u32>,
}

/// A cell that is not UTF-8.
#[derive(Clone, Copy, Debug)]
struct InvalidCell {
    row: u32,
    column: u32,
}

impl NotUtf8 {
    /// Finds the cells and records of a chunk, in place of those found before. If the chunk is UTF-8, this is one pass over its bytes.
    pub(crate) fn find(&mut self, chunk: &Chunk) {
        self.cells.clear();
        self.rows.clear();
        self.other_records.clear();
        self.find_invalid(chunk);
        if !self.cells.is_empty() {
            self.sort(chunk.columns());
        }
    }

    /// Sorts the rows by column, with a counting sort.
    fn sort(&mut self, columns: usize) {
        self.starts.clear();
        self.starts.resize(columns + 1, 0);
        for &InvalidCell { column, .. } in &self.cells {
            self.starts[column as usize + 1] += 1;
        }
        for column in 0..columns {
            self.starts[column + 1] += self.starts[column];
        }
        let mut next = self.starts.clone();
        self.rows.resize(self.cells.len(), 0);
        for &InvalidCell { row, column } in &self.cells {
            let next = &mut next[column as usize];
            self.rows[*next as usize] = row;
            *next += 1;
        }
    }

    fn find_invalid(&mut self, chunk: &Chunk) {
        let bytes = chunk.bytes();
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            return;
        }
        let rows = &chunk.index.rows;
        let (mut from, mut passed) = (0, 0);
        while from < bytes.len() {
            let Err(error) = simdutf8::compat::from_utf8(&bytes[from..]) else {
                return;
            };
            let at = from + error.valid_up_to();
            passed += rows_up_to(&rows[passed..], at);
            match passed.checked_sub(1) {
                Some(row) if at < chunk.row_next(rows[row]) as usize => {
                    let column = chunk.column_at(rows[row], at as u32);
                    self.cells.push(InvalidCell { row: row as u32, column: column as u32 });
                    from = chunk.span(rows[row], column).end;
                }
                _ => {
                    self.other_records.push(at as u32);
                    // One fault for each record is enough.
                    let non_rows = &chunk.index.non_rows;
                    let behind = non_rows.partition_point(|non_row| non_row.start as usize <= at);
                    let end = behind.checked_sub(1).map_or(0, |nth| non_rows[nth].end as usize);
                    from = end.max(at + 1);
                }
            }
        }
    }

    /// Returns the rows, among `rows`, whose cell in this column is not UTF-8, ascending.
    pub(crate) fn in_column(&self, column: usize, rows: Range<usize>) -> &[u32] {
        let of_column = match self.rows.is_empty() {
            true => &[][..],
            false => &self.rows[self.starts[column] as usize..self.starts[column + 1] as usize],
        };
        let before = |end: usize| of_column.partition_point(|&row| (row as usize) < end);
        &of_column[before(rows.start)..before(rows.end)]
    }

    /// Returns a reader that is asked for each record in turn whether it is UTF-8.
    pub(crate) fn records(&self) -> RecordsNotUtf8<'_> {
        RecordsNotUtf8 { cells: &self.cells, other_records: &self.other_records }
    }
}

/// Returns the number of rows that start at `offset` or before. There are mostly few, so the search takes small steps first.
fn rows_up_to(rows: &[Row], offset: usize) -> usize {
    let is_before = |row: &Row| row.start as usize <= offset;
    let mut end = 1;
    while rows.get(end - 1).is_some_and(is_before) {
        end *= 2;
    }
    let from = end / 2;
    from + rows[from..rows.len().min(end)].partition_point(is_before)
}

/// The cells and records of a chunk that are not UTF-8, from the next record on that is asked for.
pub(crate) struct RecordsNotUtf8<'a> {
    cells: &'a [InvalidCell],
    other_records: &'a [u32],
}

impl RecordsNotUtf8<'_> {
    /// Returns true if this regular row has a cell that is not UTF-8. Rows are asked for in ascending order.
    #[inline]
    pub(crate) fn holds_row(&mut self, row: usize) -> bool {
        self.cells = skip_passed(self.cells, |before| (before.row as usize) < row);
        self.cells.first().is_some_and(|first| first.row as usize == row)
    }

    /// Returns true if the record with these offsets, which is no regular row, has an invalid byte. Records are asked
    /// for in ascending order.
    #[inline]
    pub(crate) fn holds_other(&mut self, record: Range<u32>) -> bool {
        self.other_records = skip_passed(self.other_records, |before| before < record.start);
        self.other_records.first().is_some_and(|first| *first < record.end)
    }
}

/// Returns the items without the first ones for which `is_passed` is true.
#[inline]
fn skip_passed<T: Copy>(mut items: &[T], is_passed: impl Fn(T) -> bool) -> &[T] {
    while let [first, rest @ ..] = items
        && is_passed(*first)
    {
        items = rest;
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_search_finds_as_many_rows_as_a_count(lengths in prop::collection::vec(1..5u32, 0..40), offset in 0..100usize) {
            let rows: Vec<_> = lengths
                .iter()
                .scan(0, |end, length| Some(Row { start: std::mem::replace(end, *end + length), first_end: 0 }))
                .collect();
            let expected = rows.iter().filter(|row| row.start as usize <= offset).count();
            prop_assert_eq!(rows_up_to(&rows, offset), expected);
        }

        #[test]
        fn each_column_has_its_own_rows(cells in prop::collection::btree_set((0..40u32, 0..5u32), 0..60), from in 0..45usize, more in 0..45usize) {
            let mut found = NotUtf8 { cells: cells.iter().map(|&(row, column)| InvalidCell { row, column }).collect(), ..NotUtf8::default() };
            if !cells.is_empty() {
                found.sort(5);
            }
            let wanted = from..from + more;
            for column in 0..5 {
                let expected: Vec<u32> = cells.iter().filter(|(_, other)| *other as usize == column)
                    .map(|(row, _)| *row).filter(|&row| wanted.contains(&(row as usize))).collect();
                prop_assert_eq!(found.in_column(column, wanted.clone()), expected);
            }
        }
    }
}
