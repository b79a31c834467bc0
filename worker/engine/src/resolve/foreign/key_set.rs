//! A set of keys as fingerprints: in memory as long as there is room, and then in a file.

use std::io;
use std::sync::Arc;

use super::KeysToGather;
use crate::resolve::fingerprint::{Fingerprinter, NO_PART};
use crate::resolve::first_row::FirstRow;
use crate::resolve::known::LEAST_ROOM;
use crate::resolve::spill::{KeyFiles, Runs, Spill};
use crate::resolve::table::{self, Pieces, Table};

/// Keys that can be referred to. Whether they are too many depends on the number of different keys, not on their order.
#[derive(Debug)]
pub(crate) struct KeySet {
    /// Which keys these are.
    pub(crate) wanted: KeysToGather,
    /// The fingerprints of this set, with their secret.
    pub(crate) fingerprinter: Fingerprinter,
    table: Table,
    runs: Runs,
    spill: Option<Spill>,
    bytes: u64,
    most_bytes: u64,
    are_too_many: bool,
}

/// Keys that are prefetched before the first of them is looked up.
pub(crate) const AT_ONCE: usize = 16;

/// The position that is stored with each key: only whether a key exists is asked.
const SOMEWHERE: FirstRow = FirstRow { record: 0, line: 0 };

impl KeySet {
    pub(crate) fn new(wanted: KeysToGather, most_bytes: u64, files: Option<Arc<dyn KeyFiles>>) -> Self {
        Self {
            wanted,
            fingerprinter: Fingerprinter::default(),
            table: Table::default(),
            runs: Runs::default(),
            spill: files.map(Spill::new),
            bytes: 0,
            most_bytes: most_bytes.min(table::MOST_BYTES),
            are_too_many: false,
        }
    }

    /// Returns true if there were more keys than the memory has room for; then the set is not complete.
    pub(crate) fn are_too_many(&self) -> bool {
        self.are_too_many
    }

    /// Returns the bytes of memory that the keys take.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds keys.
    ///
    /// # Errors
    /// When the file for keys that do not fit in memory cannot be written or read.
    pub(crate) fn add_all(&mut self, fingerprints: &[u128]) -> io::Result<()> {
        for fingerprints in fingerprints.chunks(AT_ONCE) {
            std::hint::black_box(fingerprints.iter().fold(0, |read, &fingerprint| read ^ self.prefetch(fingerprint)));
            fingerprints.iter().try_for_each(|&fingerprint| self.add(fingerprint))?;
        }
        Ok(())
    }

    fn add(&mut self, fingerprint: u128) -> io::Result<()> {
        if fingerprint == NO_PART || self.are_too_many || self.holds(fingerprint)? {
            return Ok(());
        }
        self.table.insert(fingerprint, SOMEWHERE, &mut Pieces::default());
        self.bytes += table::BYTES;
        if self.bytes > self.most_bytes { self.make_room() } else { Ok(()) }
    }

    /// Writes the table to the file. Without a file, or if too little room is left afterwards, there are too many keys.
    #[cold]
    fn make_room(&mut self) -> io::Result<()> {
        let table = std::mem::take(&mut self.table);
        let stays = self.bytes - table.len() as u64 * table::BYTES;
        let run = match &mut self.spill {
            Some(spill) => self.runs.take(table, &mut Pieces::default(), spill)?,
            None => None,
        };
        self.bytes = run.map_or(u64::MAX, |run| stays + run);
        if self.bytes > self.most_bytes - self.most_bytes / LEAST_ROOM {
            self.are_too_many = true;
            self.runs = Runs::default();
            self.spill = None;
        } else {
            self.table = Table::for_about(((self.most_bytes - self.bytes) / table::BYTES) as usize);
        }
        Ok(())
    }

    /// Returns true if the key is in the set.
    ///
    /// # Errors
    /// When the file for keys that do not fit in memory cannot be read.
    #[inline]
    pub(crate) fn holds(&self, fingerprint: u128) -> io::Result<bool> {
        Ok(self.table.find(fingerprint).is_some() || self.runs.find(fingerprint, self.spill.as_ref())?.is_some())
    }

    /// See [`Table::prefetch`].
    #[inline]
    pub(crate) fn prefetch(&self, fingerprint: u128) -> u32 {
        self.table.prefetch(fingerprint) ^ self.runs.prefetch(fingerprint)
    }
}
