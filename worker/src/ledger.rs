//! What has been done: the records of the ledger against a listing of files.
//!
//! A file version is done exactly when `_sluice/ledger/<key>/<version>.json` exists. Both listings come in the order of
//! their bytes, but not in the same one: `a.csv` stands before `a.csv.gz`, `a.csv/1.json` behind `a.csv.gz/1.json`.
//! [`InLedgerOrder`] brings the files into the order of their records; then one pass over both is enough.
//!
//! A version names content. Content that comes back after another one was published in its place (A, then B, then A again) has a record
//! and is not what is published: its record is older than that of the other version. The dates are those of the store. S3 dates by its
//! own clock, which goes on; a folder has the clock of the writer, so it dates a record after all others of the same file, also where
//! one of them is dated ahead ([`crate::store::Store::put_record`]).
//!
//! Nothing here waits for a store: the caller lists the pages, hands them in, and learns when another one is needed.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::SystemTime;

use sluice_engine::report::REPORT_BYTES;

use crate::key::{Ignored, LEDGER, ledger_key};
use crate::store::{Entry, Object, Scope, Store, StoreError};

/// Largest ledger record that is read back.
pub(crate) const RECORD_BYTES: usize = 64 << 20;
const _: () = assert!(REPORT_BYTES < RECORD_BYTES, "what is written is read back");

/// A file with the key of its record; the greatest is the one whose record comes first.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Key of its record.
    pub(crate) record: String,
    /// The file.
    pub(crate) file: Object,
}

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for Recorded {}

impl PartialOrd for Recorded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Recorded {
    fn cmp(&self, other: &Self) -> Ordering {
        other.record.cmp(&self.record)
    }
}

/// Files in the order of their ledger records.
///
/// The record of a file begins with its key, so every later file has a record behind its own key: a file whose record is
/// before the key that the listing has reached has its place. The others are all beginnings of that key, so no more of them
/// wait than a key has bytes, however many files there are.
#[derive(Debug, Default)]
pub(crate) struct InLedgerOrder {
    waiting: BinaryHeap<Recorded>,
    /// The key that the listing has reached, below the ledger; empty before the first one.
    reached: String,
    ended: bool,
}

impl InLedgerOrder {
    /// The listing has reached `key`: [`InLedgerOrder::next`] returns the files whose place is known.
    pub(crate) fn reach(&mut self, key: &str) {
        self.reached.clear();
        self.reached.push_str(LEDGER);
        self.reached.push_str(key);
    }

    /// A file of the listing; [`InLedgerOrder::reach`] was called with its key, and `next` has returned all files before it.
    pub(crate) fn wait(&mut self, file: Object) {
        self.waiting.push(Recorded { record: ledger_key(&file.key, &file.etag), file });
    }

    /// The listing is at its end.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The next file that has its place.
    pub(crate) fn next(&mut self) -> Option<Recorded> {
        let first = self.waiting.peek()?;
        if self.ended || first.record < self.reached { self.waiting.pop() } else { None }
    }
}

/// How a file version stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has no record.
    New,
    /// It has no record, but another version of the file has one: there may be outputs to replace. (For odd keys, which continue
    /// behind a slash, this may go unnoticed.)
    NewVersion,
    /// It has one.
    Done,
    /// It has one that is too small to be one. That counts as done, and is logged.
    Damaged,
    /// It has one, and another version of the file was done after it: what is published is of the other one.
    Superseded,
}

/// The smallest size of a record in bytes. A smaller one is damaged; what is in a larger one is not looked at, as that would take a request
/// for each file that is done.
pub(crate) const LEAST_RECORD: u64 = 256;

/// How a version stands whose record is the last one of its file.
fn done(record: u64) -> Standing {
    if record < LEAST_RECORD { Standing::Damaged } else { Standing::Done }
}

/// What the records at hand say about a file version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// How it stands.
    Stands(Standing),
    /// Too few records are at hand.
    More,
    /// It has a record and very many other versions: it stands as these say.
    Versions(Versions),
}

/// Records of other versions that are looked at ahead; more of them are listed once more.
const AHEAD: usize = 1000;

/// Records in a listing, asked for in ascending order.
///
/// Records up to [`crate::plan::undivided`] of a file's key may be left out of the listing when its version is the next one to be
/// asked for. Let `t` be that text, and let a record `k/u.json` up to `t` matter to a version `k/v.json` that is asked for then
/// or later, so behind `t`. All that is between two texts beginning with `k/` begins with `k/`, so `t` does; but `k` ends as a data
/// file and `t` has no shorter prefix that does.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The latest of the records passed, by folder: those that the place of the listing lies in, the innermost last. So there are
    /// no more of them than a key has slashes.
    passed: Vec<(String, SystemTime)>,
}

/// The folder of a record, with its slash: that of all versions of its file.
fn folder(record: &str) -> &str {
    record.rfind('/').map_or("", |slash| &record[..=slash])
}

impl Records {
    /// How the version with this record stands; each call asks for a greater one than the last, or for the same one again with
    /// more records. `ahead` are the records listed and not passed yet, `ended` says that there are no others.
    pub(crate) fn standing(&mut self, ahead: &mut VecDeque<Object>, ended: bool, record: &str) -> Judgement {
        while let Some(next) = ahead.pop_front_if(|next| next.key.as_str() < record) {
            self.pass(&next);
        }
        let (bytes, done_at) = match ahead.front() {
            None if !ended => return Judgement::More,
            Some(next) if next.key == record => (next.bytes, next.last_modified),
            other => {
                let of_file = folder(record);
                let is_known = other.is_some_and(|other| folder(&other.key) == of_file)
                    || self.passed.iter().any(|(same, _)| same == of_file);
                return Judgement::Stands(if is_known { Standing::NewVersion } else { Standing::New });
            }
        };
        if self.passed_after(record, done_at) {
            return Judgement::Stands(Standing::Superseded);
        }
        let of_file = folder(record);
        let is_after = |other: &Object| folder(&other.key) == of_file && other.last_modified >= done_at;
        for nth in 1..=AHEAD {
            match ahead.get(nth) {
                Some(next) if !next.key.starts_with(of_file) => return Judgement::Stands(done(bytes)),
                Some(next) if is_after(next) => return Judgement::Stands(Standing::Superseded),
                Some(_) => {}
                None if ended => return Judgement::Stands(done(bytes)),
                None => return Judgement::More,
            }
        }
        Judgement::Versions(Versions { record: record.to_owned(), bytes, done: done_at })
    }

    fn pass(&mut self, record: &Object) {
        let folder = folder(&record.key);
        while self.passed.last().is_some_and(|(outer, _)| !folder.starts_with(outer.as_str())) {
            self.passed.pop();
        }
        match self.passed.last_mut() {
            Some((same, latest)) if same == folder => *latest = (*latest).max(record.last_modified),
            _ => self.passed.push((folder.to_owned(), record.last_modified)),
        }
    }

    /// True if a record of the same file that was passed is as young as `done`.
    fn passed_after(&self, record: &str, done: SystemTime) -> bool {
        self.passed.iter().any(|(same, latest)| same == folder(record) && *latest >= done)
    }
}

/// A version whose file has so many others that they are listed by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    record: String,
    bytes: u64,
    done: SystemTime,
}

impl Versions {
    /// How the version stands by the records that follow its own.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn judge(
        &self,
        source: &dyn Store,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send + 'static {
        let Self { record, bytes, done: done_at } = self.clone();
        let of_file = folder(&record).to_owned();
        let scope = Scope { prefix: of_file.clone(), after: Some(record), until: None, delimiter: Some("/") };
        let mut versions = source.list(scope);
        async move {
            loop {
                let page = versions.page().await?;
                if page.is_empty() {
                    return Ok(done(bytes));
                }
                let page = records(page)?;
                if page.iter().any(|other| folder(&other.key) == of_file && other.last_modified >= done_at) {
                    return Ok(Standing::Superseded);
                }
            }
        }
    }
}

/// The records in a page of the ledger.
///
/// # Errors
/// When some cannot be seen: they are not records that are not there.
pub(crate) fn records(page: Vec<Entry>) -> Result<Vec<Object>, StoreError> {
    let mut records = Vec::with_capacity(page.len());
    for entry in page {
        match entry {
            Entry::Object(object) => records.push(object),
            Entry::Ignored(Ignored::Unreadable, at) => {
                let reason = "the ledger cannot be read".to_owned();
                return Err(StoreError::Denied { at, reason });
            }
            Entry::Ignored(Ignored::Faulty, at) => {
                let reason = "the ledger cannot be read, and what is done cannot be told from what is new".to_owned();
                return Err(StoreError::Unreachable { at, reason });
            }
            // Nothing of ours.
            Entry::Prefix(_) | Entry::Ignored(..) => {}
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
