//! Keys for which there is no room in memory: sorted runs in a file, and what of them stays in memory.
//!
//! Of each key 1.7 bytes stay: a filter that says of 99 in 100 others that they are not there, and the first fingerprint of each page of
//! 4 KiB. So a key that is new mostly costs no read, and one that is there costs one.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::resolve::first::First;
use crate::resolve::table::{SLOT_BYTES, Table, bytes_of, first_of, print_of, slot_from};

/// Makes files for keys. The engine knows no file system; whoever calls it says where there is room.
pub trait KeyFiles: fmt::Debug + Send + Sync {
    /// A new empty file, which is gone when it is dropped.
    ///
    /// # Errors
    /// When there can be none; the error says where.
    fn create(&self) -> io::Result<Box<dyn KeyFile>>;
}

/// A file that only this check reads and writes.
pub trait KeyFile: fmt::Debug + Send + Sync {
    /// Writes at the end.
    ///
    /// # Errors
    /// When there is no room, or the file cannot be written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Reads as many bytes as there is room for, from this offset on.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
}

/// Keys of a page.
const PAGE: usize = 4096 / SLOT_BYTES;

/// Most runs of a key: each of them is asked for each row.
const RUNS: usize = 64;

/// The file, made when it is needed.
#[derive(Debug)]
pub(super) struct Spill {
    files: Arc<dyn KeyFiles>,
    file: Option<Box<dyn KeyFile>>,
    end: u64,
}

impl Spill {
    pub(super) fn new(files: Arc<dyn KeyFiles>) -> Self {
        Self { files, file: None, end: 0 }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.files.create()?),
        };
        file.append(bytes)?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

/// A block of 64 bytes in which a fingerprint has its bits.
type Block = [u64; 8];

/// A Bloom filter of twelve bits a key, whose bits of one key stand in one block (Putze, Sanders, Singler 2007).
#[derive(Debug)]
struct Filter(Vec<Block>);

impl Filter {
    fn new(keys: usize) -> Self {
        Self(vec![[0; 8]; (keys * 12).div_ceil(512).max(1)])
    }

    #[inline]
    fn block(&self, print: u128) -> usize {
        ((u128::from((print >> 64) as u64) * self.0.len() as u128) >> 64) as usize
    }

    /// Where its bits are: words, and bits in them.
    #[inline]
    fn bits(print: u128) -> impl Iterator<Item = (usize, u64)> {
        (0..6).map(move |nth| {
            let bit = (print as u64 >> (9 * nth)) as usize & 511;
            (bit >> 6, 1 << (bit & 63))
        })
    }

    fn add(&mut self, print: u128) {
        let number = self.block(print);
        let block = &mut self.0[number];
        Self::bits(print).for_each(|(word, bit)| block[word] |= bit);
    }

    #[inline]
    fn may_hold(&self, print: u128) -> bool {
        let block = &self.0[self.block(print)];
        Self::bits(print).all(|(word, bit)| block[word] & bit != 0)
    }
}

/// Keys in the file, by fingerprint.
#[derive(Debug)]
struct Run {
    start: u64,
    keys: usize,
    /// The first fingerprint of each page.
    pages: Vec<u128>,
    filter: Filter,
}

impl Run {
    /// Writes all keys of a table.
    fn write(table: Table, spill: &mut Spill) -> io::Result<Self> {
        let keys = table.len();
        let mut run =
            Self { start: spill.end, keys, pages: Vec::with_capacity(keys.div_ceil(PAGE)), filter: Filter::new(keys) };
        let mut written = Vec::new();
        let mut count = 0;
        for mut slots in table.into_sorted_parts() {
            written.clear();
            for slot in slots.drain(..) {
                let print = print_of(&slot);
                if count % PAGE == 0 {
                    run.pages.push(print);
                }
                count += 1;
                run.filter.add(print);
                written.extend_from_slice(&bytes_of(&slot));
            }
            if !written.is_empty() {
                spill.append(&written)?;
            }
        }
        Ok(run)
    }

    fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.pages.len() * size_of::<u128>() + self.filter.0.len() * size_of::<Block>()) as u64
    }

    /// Reads the page in which the fingerprint would be.
    #[cold]
    fn read(&self, print: u128, file: &dyn KeyFile) -> io::Result<Option<First>> {
        let Some(page) = self.pages.partition_point(|&first| first <= print).checked_sub(1) else { return Ok(None) };
        let keys = (self.keys - page * PAGE).min(PAGE);
        let mut bytes = [0; PAGE * SLOT_BYTES];
        let bytes = &mut bytes[..keys * SLOT_BYTES];
        file.read(self.start + (page * PAGE * SLOT_BYTES) as u64, bytes)?;
        let slots: &[[u8; SLOT_BYTES]] = bytes.as_chunks().0;
        let found = slots.binary_search_by_key(&print, |slot| print_of(&slot_from(slot)));
        Ok(found.ok().map(|slot| first_of(&slot_from(&slots[slot]))))
    }
}

/// The runs of one key.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// Writes the keys of a table, and returns the bytes that stay in memory; `None` when there are too many runs.
    pub(super) fn take(&mut self, table: Table, spill: &mut Spill) -> io::Result<Option<u64>> {
        if self.0.len() == RUNS {
            return Ok(None);
        }
        let run = Run::write(table, spill)?;
        let bytes = run.bytes();
        self.0.push(run);
        Ok(Some(bytes))
    }

    /// Where the fingerprint stood first.
    #[inline]
    pub(super) fn find(&self, print: u128, spill: Option<&Spill>) -> io::Result<Option<First>> {
        for run in &self.0 {
            if run.filter.may_hold(print)
                && let Some(file) = spill.and_then(|spill| spill.file.as_deref())
                && let Some(first) = run.read(print, file)?
            {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// Reads where the filters will be asked: see [`Table::touch`].
    #[inline]
    pub(super) fn touch(&self, print: u128) -> u32 {
        self.0.iter().fold(0, |read, run| read ^ run.filter.0[run.filter.block(print)][0] as u32)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::resolve::fingerprint::Fingerprints;

    #[derive(Debug)]
    struct InMemory;

    #[derive(Debug, Default)]
    struct Bytes(Vec<u8>);

    static READ: AtomicU64 = AtomicU64::new(0);

    impl KeyFiles for InMemory {
        fn create(&self) -> io::Result<Box<dyn KeyFile>> {
            Ok(Box::<Bytes>::default())
        }
    }

    impl KeyFile for Bytes {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }

        fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
            READ.fetch_add(1, Ordering::Relaxed);
            bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
            Ok(())
        }
    }

    #[test]
    fn what_is_in_a_run_is_found_and_little_else_is_read() {
        let prints = Fingerprints::default();
        let mut spill = Spill::new(Arc::new(InMemory));
        let mut runs = Runs::default();
        let mut bytes = 0;
        for part in 0..3 {
            let mut table = Table::default();
            for number in 0..20_000 {
                let value = part * 20_000 + number;
                table.insert(
                    prints.of_integer(value),
                    First { record: value as u64 + 1, line: 2 * value as u64 + (1 << 40) },
                );
            }
            bytes += runs.take(table, &mut spill).unwrap().unwrap();
        }
        assert!(bytes < 60_000 * 17 / 10, "{bytes}");
        for value in 0..60_000 {
            let first = First { record: value as u64 + 1, line: 2 * value as u64 + (1 << 40) };
            assert_eq!(runs.find(prints.of_integer(value), Some(&spill)).unwrap(), Some(first));
        }
        for value in 60_000..160_000 {
            assert_eq!(runs.find(prints.of_integer(value), Some(&spill)).unwrap(), None);
        }
        // Less than one in a hundred of each run, and those that are there.
        let read = READ.load(Ordering::Relaxed) - 60_000;
        assert!(read < 100_000 * 3 / 100 + 60_000 * 2 / 100, "{read}");
    }

    #[test]
    fn there_are_not_more_than_so_many_runs() {
        let mut spill = Spill::new(Arc::new(InMemory));
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            assert!(runs.take(Table::default(), &mut spill).unwrap().is_some());
        }
        assert!(runs.take(Table::default(), &mut spill).unwrap().is_none());
    }
}
