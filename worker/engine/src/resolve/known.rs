//! The keys that are known, of all keys of a file.

use std::io;

use crate::resolve::ascending::Ascending;
use crate::resolve::candidates::{Candidates, Duplicate, KeyCells};
use crate::resolve::fingerprint::{Fingerprints, NO_PART};
use crate::resolve::first::First;
use crate::resolve::keys::FileKeys;
use crate::resolve::spill::{Runs, Spill};
use crate::resolve::table::{self, Table};

/// Rows whose buckets in the tables are read before the first of them is looked up.
const AT_ONCE: usize = 32;

/// Broken keys that are told of a row; a row of few bytes may have many keys.
pub(crate) const TOLD: usize = 8;

/// Most bytes that a key in ascending order can add: four numbers of ten bytes and a block, all of them twice.
const MOST_OF_ASCENDING: u64 = 256;

/// After keys were written to the file, this part of what they may take has to be free, or they would be written all the time.
pub(super) const LEAST_ROOM: u64 = 16;

/// What is known of one key.
#[derive(Debug, Default)]
struct Known {
    /// Keys of one integer or time, as long as they ascend.
    ascending: Ascending,
    /// All others.
    table: Table,
    /// Those that were in the table before there was no more room for it.
    runs: Runs,
}

impl Known {
    /// Whether the keys of all rows are there and greater than those that are known, and each than the one before it: these need no
    /// fingerprint, whichever of the rows are taken.
    fn all_go_on(&self, cells: &KeyCells) -> bool {
        cells.ascending().is_some_and(|all| all.first().is_none_or(|&first| self.ascending.goes_on_with(first)))
    }

    #[inline]
    fn find(&self, cells: &KeyCells, nth: usize, spill: Option<&Spill>) -> io::Result<Option<First>> {
        let value = cells.value(nth);
        // What a value is that is missing means nothing, and this is right whatever it is.
        if value.is_some_and(|value| self.ascending.goes_on_with(value)) {
            return Ok(None);
        }
        let print = cells.prints[nth];
        if print == NO_PART {
            return Ok(None);
        }
        if let Some(first) = value.and_then(|value| self.ascending.find(value)) {
            return Ok(Some(first));
        }
        match self.table.find(print) {
            Some(first) => Ok(Some(first)),
            None => self.runs.find(print, spill),
        }
    }

    /// Takes a key that is not known yet, and returns how many more bytes there are.
    #[inline]
    fn take(&mut self, cells: &KeyCells, nth: usize, first: First) -> u64 {
        if cells.prints.get(nth) == Some(&NO_PART) {
            return 0;
        }
        match cells.value(nth) {
            Some(value) if self.ascending.goes_on_with(value) => {
                let before = self.ascending.bytes();
                self.ascending.push(value, first);
                self.ascending.bytes() - before
            }
            _ => {
                self.table.insert(cells.prints[nth], first);
                table::BYTES
            }
        }
    }
}

/// The keys of the rows so far.
#[derive(Debug)]
pub(super) struct AllKnown {
    keys: Vec<Known>,
    fingerprints: Fingerprints,
    bytes: u64,
    most_bytes: u64,
    /// Where keys go for which there is no room.
    spill: Option<Spill>,
    are_too_many: bool,
}

impl AllKnown {
    pub(super) fn new(keys: &FileKeys) -> Self {
        let mut known = Vec::new();
        known.resize_with(keys.keys.len(), Known::default);
        let spill = keys.files.clone().map(Spill::new);
        let most_bytes = keys.most_bytes.min(table::MOST_BYTES);
        Self { keys: known, fingerprints: keys.fingerprints.clone(), bytes: 0, most_bytes, spill, are_too_many: false }
    }

    /// Whether the keys take more bytes than they may. Whether they do depends on the rows alone.
    pub(super) fn are_too_many(&self) -> bool {
        self.are_too_many
    }

    /// Finds the rows whose keys are known, and takes the keys of the others.
    pub(super) fn resolve(&mut self, candidates: &mut Candidates, duplicates: &mut Vec<Duplicate>) -> io::Result<()> {
        if self.all_go_on(candidates) {
            self.take_all(candidates);
            return Ok(());
        }
        for (known, cells) in self.keys.iter().zip(&mut candidates.keys) {
            if !known.all_go_on(cells) {
                cells.make_prints(&self.fingerprints);
            }
        }
        let mut from = 0;
        while from < candidates.rows.len() && !self.are_too_many {
            let to = candidates.rows.len().min(from + AT_ONCE);
            self.touch(candidates, from, to);
            for nth in from..to {
                self.resolve_row(candidates, nth, duplicates)?;
            }
            from = to;
        }
        Ok(())
    }

    /// Whether all keys ascend, and from where those before them ended: then none of them is known. Where the limit is so near that it may be
    /// reached on the way, rows are looked at one by one: what happens at it depends on the rows alone.
    fn all_go_on(&self, candidates: &Candidates) -> bool {
        let most = MOST_OF_ASCENDING * (candidates.rows.len() * self.keys.len()) as u64;
        !self.are_too_many
            && self.bytes + most <= self.most_bytes
            && self.keys.iter().zip(&candidates.keys).all(|(known, cells)| known.all_go_on(cells))
    }

    fn take_all(&mut self, candidates: &Candidates) {
        for (known, cells) in self.keys.iter_mut().zip(&candidates.keys) {
            let before = known.ascending.bytes();
            for (nth, &value) in cells.ascending().unwrap_or_default().iter().enumerate() {
                known.ascending.push(value, candidates.position(nth));
            }
            self.bytes += known.ascending.bytes() - before;
        }
    }

    fn touch(&self, candidates: &Candidates, from: usize, to: usize) {
        let mut read = 0;
        for (known, cells) in self.keys.iter().zip(&candidates.keys) {
            for nth in from..to {
                let ascends = cells.value(nth).is_some_and(|value| known.ascending.goes_on_with(value));
                if !ascends {
                    read ^= known.table.touch(cells.prints[nth]) ^ known.runs.touch(cells.prints[nth]);
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
                duplicates.push(Duplicate { row: candidates.rows[nth].row, key: key as u32, first });
                if duplicates.len() == before + TOLD {
                    break;
                }
            }
        }
        if duplicates.len() == before {
            let first = candidates.position(nth);
            let more = self.keys.iter_mut().zip(&candidates.keys).map(|(known, cells)| known.take(cells, nth, first));
            self.bytes += more.sum::<u64>();
            if self.bytes > self.most_bytes {
                self.make_room()?;
            }
        }
        Ok(())
    }

    /// Writes all tables to the file; without one, or where what has to stay leaves too little room, the keys are too many.
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
                    match known.runs.take(table, spill)? {
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
            // The file is refused: nobody asks any more.
            self.are_too_many = true;
            self.keys.clear();
            self.spill = None;
        }
        Ok(())
    }

    /// Makes room in the tables for as many keys as they can take before the next time, each as large a part of them as it had of the last ones.
    fn renew_tables(&mut self, written: &[u64]) {
        let fitting = self.most_bytes.saturating_sub(self.bytes) / table::BYTES;
        let all = written.iter().sum::<u64>().max(1);
        for (known, &keys) in self.keys.iter_mut().zip(written) {
            let keys = u128::from(fitting) * u128::from(keys) / u128::from(all);
            known.table = Table::for_about(usize::try_from(keys).unwrap_or(0));
        }
    }
}
