//! The known values of all keys of a file: the values of the rows that were resolved so far.

use std::io;

use crate::resolve::ascending::Ascending;
use crate::resolve::candidates::{Candidates, Duplicate, KeyCells};
use crate::resolve::fingerprint::{Fingerprinter, NO_PART};
use crate::resolve::first_row::FirstRow;
use crate::resolve::keys::FileKeys;
use crate::resolve::spill::{Runs, Spill};
use crate::resolve::table::{self, Pieces, Table};

/// Rows whose keys are prefetched before the first of them is looked up.
const AT_ONCE: usize = 32;

/// Most broken keys that are reported for a row, because a row of few bytes may have many keys.
pub(crate) const MOST_REPORTED: usize = 8;

/// Most bytes that a key in ascending order can add: four numbers of ten bytes and a block, and twice that because
/// vectors double.
const MOST_OF_ASCENDING: u64 = 256;

/// A sixteenth of the limit has to be free after keys were written to the file: with less room, keys would be written all the time.
pub(super) const LEAST_ROOM: u64 = 16;

/// The known values of one key.
#[derive(Debug, Default)]
struct KnownValues {
    /// Values of a key of one integer or time that were greater than all values before them.
    ascending: Ascending,
    /// All other values.
    table: Table,
    /// Values that were written to the file because there was no more room in memory.
    runs: Runs,
}

impl KnownValues {
    /// Returns true if no value is missing and each value is greater than all known ones: then none of them is known,
    /// and none needs a fingerprint.
    fn all_ascend(&self, cells: &KeyCells) -> bool {
        cells.ascending().is_some_and(|all| all.first().is_none_or(|&first| self.ascending.ascends_to(first)))
    }

    /// Returns the first row with the value of candidate number `nth`; `None` if the value is new or missing.
    #[inline]
    fn find(&self, cells: &KeyCells, nth: usize, spill: Option<&Spill>) -> io::Result<Option<FirstRow>> {
        let value = cells.value(nth);
        // The value of a missing cell is arbitrary, and either way the result is that nothing is found.
        if value.is_some_and(|value| self.ascending.ascends_to(value)) {
            return Ok(None);
        }
        let fingerprint = cells.fingerprints[nth];
        if fingerprint == NO_PART {
            return Ok(None);
        }
        if let Some(first) = value.and_then(|value| self.ascending.find(value)) {
            return Ok(Some(first));
        }
        match self.table.find(fingerprint) {
            Some(first) => Ok(Some(first)),
            None => self.runs.find(fingerprint, spill),
        }
    }

    /// Adds a value that is not known yet, and returns by how many bytes the memory in use has grown.
    #[inline]
    fn add(&mut self, cells: &KeyCells, nth: usize, first: FirstRow, pieces: &mut Pieces) -> u64 {
        if cells.fingerprints.get(nth) == Some(&NO_PART) {
            return 0;
        }
        match cells.value(nth) {
            Some(value) if self.ascending.ascends_to(value) => {
                let before = self.ascending.bytes();
                self.ascending.push(value, first);
                self.ascending.bytes() - before
            }
            _ => {
                self.table.insert(cells.fingerprints[nth], first, pieces);
                table::BYTES
            }
        }
    }
}

/// The known values of all keys.
#[derive(Debug)]
pub(super) struct AllKnownValues {
    keys: Vec<KnownValues>,
    fingerprinter: Fingerprinter,
    /// The memory of tables that were written to the file, for the next tables.
    pieces: Pieces,
    bytes: u64,
    most_bytes: u64,
    /// The file for keys that do not fit in memory.
    spill: Option<Spill>,
    are_too_many: bool,
}

impl AllKnownValues {
    pub(super) fn new(keys: &FileKeys) -> Self {
        let mut known = Vec::new();
        known.resize_with(keys.keys.len(), KnownValues::default);
        let spill = keys.files.clone().map(Spill::new);
        let most_bytes = keys.most_bytes.min(table::MOST_BYTES);
        Self {
            keys: known,
            fingerprinter: keys.fingerprinter.clone(),
            pieces: Pieces::default(),
            bytes: 0,
            most_bytes,
            spill,
            are_too_many: false,
        }
    }

    /// Returns true if the keys take more bytes than the limit. This depends on the rows alone.
    pub(super) fn are_too_many(&self) -> bool {
        self.are_too_many
    }

    /// Finds the rows with a known key, and adds the keys of all other rows.
    pub(super) fn resolve(&mut self, candidates: &mut Candidates, duplicates: &mut Vec<Duplicate>) -> io::Result<()> {
        if self.all_ascend(candidates) {
            self.add_ascending(candidates);
            return Ok(());
        }
        for (known, cells) in self.keys.iter().zip(&mut candidates.keys) {
            if !known.all_ascend(cells) {
                cells.make_fingerprints(&self.fingerprinter);
            }
        }
        let mut from = 0;
        while from < candidates.len() && !self.are_too_many {
            let to = candidates.len().min(from + AT_ONCE);
            self.prefetch(candidates, from, to);
            for nth in from..to {
                self.resolve_row(candidates, nth, duplicates)?;
            }
            from = to;
        }
        Ok(())
    }

    /// Returns true if the values of all keys ascend from the known ones on, so that none of them is known. Returns
    /// false if the limit may be reached on the way: rows are then resolved one by one, so that the outcome at the
    /// limit depends on the rows alone.
    fn all_ascend(&self, candidates: &Candidates) -> bool {
        let most = MOST_OF_ASCENDING * (candidates.len() * self.keys.len()) as u64;
        !self.are_too_many
            && self.bytes + most <= self.most_bytes
            && self.keys.iter().zip(&candidates.keys).all(|(known, cells)| known.all_ascend(cells))
    }

    /// Adds the values of all candidates, which ascend.
    fn add_ascending(&mut self, candidates: &Candidates) {
        for (known, cells) in self.keys.iter_mut().zip(&candidates.keys) {
            let before = known.ascending.bytes();
            let values = cells.ascending().unwrap_or_default();
            match candidates.first_of_consecutive() {
                Some(FirstRow { record, line }) => known
                    .ascending
                    .extend(values, |nth| FirstRow { record: record + nth as u64, line: line + nth as u64 }),
                None => known.ascending.extend(values, |nth| candidates.position(nth)),
            }
            self.bytes += known.ascending.bytes() - before;
        }
    }

    /// Prefetches the keys of some rows.
    fn prefetch(&self, candidates: &Candidates, from: usize, to: usize) {
        let mut read = 0;
        for (known, cells) in self.keys.iter().zip(&candidates.keys) {
            for nth in from..to {
                let ascends = cells.value(nth).is_some_and(|value| known.ascending.ascends_to(value));
                if !ascends {
                    read ^=
                        known.table.prefetch(cells.fingerprints[nth]) ^ known.runs.prefetch(cells.fingerprints[nth]);
                }
            }
        }
        std::hint::black_box(read);
    }

    #[inline]
    fn resolve_row(&mut self, candidates: &Candidates, nth: usize, duplicates: &mut Vec<Duplicate>) -> io::Result<()> {
        let before = duplicates.len();
        for (key, (known, cells)) in self.keys.iter().zip(&candidates.keys).enumerate() {
            if let Some(first) = known.find(cells, nth, self.spill.as_ref())? {
                duplicates.push(Duplicate { row: candidates.row(nth), key: key as u32, first });
                if duplicates.len() == before + MOST_REPORTED {
                    break;
                }
            }
        }
        if duplicates.len() == before {
            let first = candidates.position(nth);
            let keys = self.keys.iter_mut().zip(&candidates.keys);
            let more = keys.map(|(known, cells)| known.add(cells, nth, first, &mut self.pieces));
            self.bytes += more.sum::<u64>();
            if self.bytes > self.most_bytes {
                self.make_room()?;
            }
        }
        Ok(())
    }

    /// Writes all tables to the file. Without a file, or if too little room is left afterwards, there are too many keys.
    #[cold]
    fn make_room(&mut self) -> io::Result<()> {
        let fits = match &mut self.spill {
            Some(spill) => {
                let mut fits = true;
                let mut written = Vec::with_capacity(self.keys.len());
                for known in &mut self.keys {
                    let table = std::mem::take(&mut known.table);
                    written.push(table.len() as u64);
                    self.bytes -= table.len() as u64 * table::BYTES;
                    match known.runs.take(table, &mut self.pieces, spill)? {
                        Some(bytes) => self.bytes += bytes,
                        None => fits = false,
                    }
                }
                fits &= self.bytes <= self.most_bytes - self.most_bytes / LEAST_ROOM;
                if fits {
                    self.renew_tables(&written);
                }
                fits
            }
            None => false,
        };
        if !fits {
            // The file will be refused, so no key is asked for any more.
            self.are_too_many = true;
            self.keys.clear();
            self.pieces = Pieces::default();
            self.spill = None;
        }
        Ok(())
    }

    /// Makes tables with room for as many keys as fit until the next time they are written. The room is shared in
    /// proportion to the keys that each table has just written.
    fn renew_tables(&mut self, written: &[u64]) {
        let fitting = self.most_bytes.saturating_sub(self.bytes) / table::BYTES;
        let all = written.iter().sum::<u64>().max(1);
        for (known, &keys) in self.keys.iter_mut().zip(written) {
            let keys = u128::from(fitting) * u128::from(keys) / u128::from(all);
            known.table = Table::for_about(usize::try_from(keys).unwrap_or(0));
        }
    }
}
