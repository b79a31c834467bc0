//! Keys that do not fit in memory: runs of pages in a file, and the part of the runs that stays in memory.
//!
//! Two to three bytes of each key stay in memory: its slot in a [`Filter`] over all runs, and a share of the list of
//! page ends. A new key mostly costs no read of the file; a known key costs one, or several if there are more than
//! sixteen runs. The keys of a page have fingerprints with the same beginning, and no order: keys are distributed to
//! pages by counting, which costs less than sorting.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::resolve::filter::{Filter, GROUPS};
use crate::resolve::first_row::FirstRow;
use crate::resolve::table::{
    self, Pieces, SLOT_BYTES, Slot, Table, bytes_of, fingerprint_of, first_of, home, slot_from,
};

/// Makes files for keys. The engine has no access to a file system; its caller decides where the files are.
pub trait KeyFiles: fmt::Debug + Send + Sync {
    /// Makes a new empty file, which is deleted when it is dropped.
    ///
    /// # Errors
    /// When the file cannot be made; the error says where.
    fn create(&self) -> io::Result<Box<dyn KeyFile>>;
}

/// A file that only this check reads and writes.
pub trait KeyFile: fmt::Debug + Send + Sync {
    /// Appends bytes to the end of the file.
    ///
    /// # Errors
    /// When there is no room, or the file cannot be written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Fills `bytes` with the bytes of the file from `offset` on.
    ///
    /// # Errors
    /// When the file cannot be read, or is too short.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
}

/// Keys of a page, on average; a page has about 4096 bytes.
const PAGE: usize = 4096 / SLOT_BYTES;

/// Most runs that a key may have.
const RUNS: usize = 128;

/// Bytes of a filter for each key of the first run in it: half of what the keys took in memory, which is room for
/// twelve times as many keys.
const FILTER_BYTES: u64 = table::BYTES / 2;

/// The file for keys, which is made when it is first written.
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

/// Keys that were written to the file at once, page by page.
#[derive(Debug)]
struct Run {
    /// The offset in the file at which it starts, in bytes.
    start: u64,
    /// The number of keys up to the end of each page.
    ends: Vec<u32>,
}

impl Run {
    /// Writes all keys of a table, whose memory goes back to `pieces`, and adds them to the filter as keys of run `number`.
    fn write(
        table: Table,
        pieces: &mut Pieces,
        spill: &mut Spill,
        filter: &mut Filter,
        number: usize,
    ) -> io::Result<Self> {
        let (start, keys) = (spill.end, table.len());
        let parts = table.into_parts(pieces);
        let of_part = (keys / parts.len()).div_ceil(PAGE).max(1);
        let pages = of_part * parts.len();
        let mut ends = Vec::with_capacity(pages);
        let mut written = Vec::new();
        for (part, slots) in parts.into_iter().enumerate() {
            // Parts and pages are both ordered by fingerprint, so a part has consecutive pages.
            let page_of = |slot: &Slot| home(fingerprint_of(slot), pages) - part * of_part;
            let mut counts = vec![0; of_part];
            for slot in slots.iter().flatten() {
                counts[page_of(slot)] += 1;
            }
            // For each page, the index at which its next key is written.
            let mut next = Vec::with_capacity(of_part);
            let mut end = 0;
            for count in counts {
                next.push(end);
                end += count;
                ends.push(ends_before(&ends, part * of_part) + end as u32);
            }
            written.resize(end, [0; SLOT_BYTES]);
            for slot in slots.iter().flatten() {
                let next = &mut next[page_of(slot)];
                written[*next] = bytes_of(slot);
                *next += 1;
            }
            // In the order of the pages, which writes the lines of the filter in ascending order.
            written.iter().for_each(|slot| filter.add(fingerprint_of(&slot_from(slot)), number));
            spill.append(written.as_flattened())?;
            slots.into_iter().for_each(|piece| pieces.give_back(piece));
        }
        Ok(Self { start, ends })
    }

    fn bytes(&self) -> u64 {
        (size_of::<Self>() + size_of_val(&self.ends[..])) as u64
    }

    /// Reads the page to which a fingerprint belongs, and looks it up there. Returns the first row with the key, if the page has it.
    fn read(&self, fingerprint: u128, file: &dyn KeyFile) -> io::Result<Option<FirstRow>> {
        let page = home(fingerprint, self.ends.len());
        let (from, to) = (ends_before(&self.ends, page), self.ends[page]);
        let mut bytes = vec![0; (to - from) as usize * SLOT_BYTES];
        file.read(self.start + u64::from(from) * SLOT_BYTES as u64, &mut bytes)?;
        let slots: &[[u8; SLOT_BYTES]] = bytes.as_chunks().0;
        Ok(slots.iter().map(slot_from).find(|slot| fingerprint_of(slot) == fingerprint).map(|slot| first_of(&slot)))
    }
}

/// Returns the number of keys before this page.
fn ends_before(ends: &[u32], page: usize) -> u32 {
    page.checked_sub(1).map_or(0, |before| ends[before])
}

/// The runs of one key.
#[derive(Debug, Default)]
pub(super) struct Runs {
    runs: Vec<Run>,
    /// The filters over all runs. When one is full, another one is made for the runs that follow.
    filters: Vec<Filter>,
}

impl Runs {
    /// Writes the keys of a table as a run, and returns how many more bytes stay in memory; `None` if there are too
    /// many runs. The memory of the table goes to `pieces`.
    pub(super) fn take(&mut self, table: Table, pieces: &mut Pieces, spill: &mut Spill) -> io::Result<Option<u64>> {
        if table.len() == 0 {
            return Ok(Some(0));
        }
        let number = self.runs.len();
        if number == RUNS {
            return Ok(None);
        }
        let mut bytes = 0;
        if self.filters.last().is_none_or(|filter| !filter.has_room(table.len())) {
            let filter = Filter::new(table.len() as u64 * FILTER_BYTES);
            bytes += filter.bytes();
            self.filters.push(filter);
        }
        // cannot fail: a filter was added if there was none.
        let filter = self.filters.last_mut().unwrap_or_else(|| unreachable!());
        let run = Run::write(table, pieces, spill, filter, number)?;
        bytes += run.bytes();
        self.runs.push(run);
        Ok(Some(bytes))
    }

    /// Returns the first row with the key that has this fingerprint; `None` if no run has it.
    #[inline]
    pub(super) fn find(&self, fingerprint: u128, spill: Option<&Spill>) -> io::Result<Option<FirstRow>> {
        let groups = self.filters.iter().fold(0, |groups, filter| groups | filter.groups(fingerprint));
        if groups == 0 { Ok(None) } else { self.read(fingerprint, groups, spill) }
    }

    /// Looks up a fingerprint in the runs of these groups.
    #[cold]
    fn read(&self, fingerprint: u128, groups: u16, spill: Option<&Spill>) -> io::Result<Option<FirstRow>> {
        let Some(file) = spill.and_then(|spill| spill.file.as_deref()) else { return Ok(None) };
        for (number, run) in self.runs.iter().enumerate() {
            if groups & 1 << (number % GROUPS) != 0
                && let Some(first) = run.read(fingerprint, file)?
            {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// See [`Table::prefetch`].
    #[inline]
    pub(super) fn prefetch(&self, fingerprint: u128) -> u32 {
        self.filters.iter().fold(0, |read, filter| read ^ filter.prefetch(fingerprint))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::resolve::fingerprint::Fingerprinter;

    /// Makes files in memory, and counts how often they are read.
    #[derive(Debug, Default)]
    struct InMemory(Arc<AtomicU64>);

    #[derive(Debug)]
    struct Bytes(Vec<u8>, Arc<AtomicU64>);

    impl KeyFiles for InMemory {
        fn create(&self) -> io::Result<Box<dyn KeyFile>> {
            Ok(Box::new(Bytes(Vec::new(), Arc::clone(&self.0))))
        }
    }

    impl KeyFile for Bytes {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }

        fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
            self.1.fetch_add(1, Ordering::Relaxed);
            bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
            Ok(())
        }
    }

    fn first(value: i64) -> FirstRow {
        FirstRow { record: value as u64 + 1, line: 2 * value as u64 + (1 << 40) }
    }

    /// Writes runs with these numbers of keys, and returns them with the bytes that stay in memory.
    fn runs(fingerprinter: &Fingerprinter, lengths: &[i64], spill: &mut Spill) -> (Runs, u64) {
        let (mut runs, mut pieces) = (Runs::default(), Pieces::default());
        let (mut bytes, mut value) = (0, 0);
        for &length in lengths {
            let mut table = Table::default();
            for _ in 0..length {
                table.insert(fingerprinter.of_integer(value), first(value), &mut pieces);
                value += 1;
            }
            bytes += runs.take(table, &mut pieces, spill).unwrap().unwrap();
        }
        (runs, bytes)
    }

    #[test]
    fn keys_in_runs_are_found_and_new_keys_cost_few_reads() {
        let (fingerprinter, count) = (Fingerprinter::default(), Arc::new(AtomicU64::new(0)));
        let mut spill = Spill::new(Arc::new(InMemory(Arc::clone(&count))));
        // The largest run is written in parts, and does not fit in the filter of the first one.
        let (runs, bytes) = runs(&fingerprinter, &[20_000, 1, 70_000, 20_000, 139_999], &mut spill);
        assert_eq!((runs.runs.len(), runs.filters.len()), (5, 2));
        // A filter of the size of the first run, one of the size of the last run, and the ends of pages.
        assert!(bytes < (20_000 + 139_999) * 28 + 250_000 / 10, "{bytes}");
        for value in 0..250_000 {
            assert_eq!(runs.find(fingerprinter.of_integer(value), Some(&spill)).unwrap(), Some(first(value)));
        }
        // For one key in a hundred the filter names another run as well.
        let read = count.load(Ordering::Relaxed);
        assert!(read < 250_000 * 103 / 100, "{read}");
        for value in 250_000..350_000 {
            assert_eq!(runs.find(fingerprinter.of_integer(value), Some(&spill)).unwrap(), None);
        }
        let read = count.load(Ordering::Relaxed) - read;
        assert!(read < 100_000 * 2 / 100, "{read}");
    }

    #[test]
    fn runs_beyond_sixteen_are_found() {
        let fingerprinter = Fingerprinter::default();
        let mut spill = Spill::new(Arc::<InMemory>::default());
        let lengths: Vec<i64> = (1..50).collect();
        let (runs, _) = runs(&fingerprinter, &lengths, &mut spill);
        let keys: i64 = lengths.iter().sum();
        for value in 0..keys {
            assert_eq!(runs.find(fingerprinter.of_integer(value), Some(&spill)).unwrap(), Some(first(value)));
        }
        assert_eq!(runs.find(fingerprinter.of_integer(keys), Some(&spill)).unwrap(), None);
    }

    #[test]
    fn the_number_of_runs_is_bounded() {
        let fingerprinter = Fingerprinter::default();
        let mut spill = Spill::new(Arc::<InMemory>::default());
        let (mut runs, _) = runs(&fingerprinter, &[1; RUNS], &mut spill);
        let one_more = || {
            let mut table = Table::default();
            table.insert(fingerprinter.of_integer(-1), first(0), &mut Pieces::default());
            table
        };
        assert!(runs.take(one_more(), &mut Pieces::default(), &mut spill).unwrap().is_none());
        // An empty table makes no run.
        assert_eq!(runs.take(Table::default(), &mut Pieces::default(), &mut spill).unwrap(), Some(0));
    }
}
