//! Which file versions are done: compares a listing of files with the records of the ledger.
//!
//! A file version is done exactly when `_sluice/ledger/<key>/<version>.json` exists. Both listings are sorted by bytes, but their
//! orders differ: `a.csv` sorts before `a.csv.gz`, while `a.csv/1.json` sorts after `a.csv.gz/1.json`. [`InLedgerOrder`] sorts the
//! files by the keys of their records; then one pass over both listings is enough.
//!
//! A version names content. If content comes back after other content was published in its place (A, then B, then A again), it has
//! a record although it is not what is published: its record is older than the record of the other version. Records are dated by
//! the store. S3 dates by its own clock, which only moves forward. A folder is dated by the clock of the writer, so a folder dates
//! each record after all other records of the same file, even if one of them is dated in the future
//! ([`crate::store::Store::put_record`]).
//!
//! Nothing here waits for a store: the caller lists the pages, passes them in, and is told when another page is needed.

mod record;

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::SystemTime;

use crate::key::{Ignored, LEDGER, ledger_key};
use crate::store::{Entry, Object, Scope, Store, StoreError};
pub(crate) use record::{RECORD_BYTES, RecordError, StoredRecord, read_record};

/// A file with the key of its record. The order is reversed for the heap: the greatest item is the one whose record sorts first.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Key of the file's ledger record.
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
/// The key of a record begins with the key of its file, so every later file of the listing has a record that sorts after the file's
/// own key. A file whose record sorts before the key that the listing has reached is therefore in its final place. The keys of the
/// files that still wait are all beginnings of the reached key, so no more files wait than a key has bytes, however many files
/// there are.
#[derive(Debug, Default)]
pub(crate) struct InLedgerOrder {
    waiting: BinaryHeap<Recorded>,
    /// The key that the listing has reached, prefixed with the folder of the ledger; empty before the first key.
    reached: String,
    ended: bool,
}

impl InLedgerOrder {
    /// Notes that the listing has reached `key`: [`InLedgerOrder::next`] returns the files whose place is known by now.
    pub(crate) fn reach(&mut self, key: &str) {
        self.reached.clear();
        self.reached.push_str(LEDGER);
        self.reached.push_str(key);
    }

    /// Adds a file of the listing. [`InLedgerOrder::reach`] was called with the key of the file, and `next` has returned all files
    /// that sort before it.
    pub(crate) fn wait(&mut self, file: Object) {
        self.waiting.push(Recorded { record: ledger_key(&file.key, &file.etag), file });
    }

    /// Notes that the listing has ended.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Returns the next file whose place is known; `None` if the listing has to reach a later key first.
    pub(crate) fn next(&mut self) -> Option<Recorded> {
        let first = self.waiting.peek()?;
        if self.ended || first.record < self.reached { self.waiting.pop() } else { None }
    }
}

/// How a file version stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The version has no record.
    New,
    /// The version has no record, but another version of the file has one: there may be outputs to replace. (For odd keys, which
    /// continue after a slash, this may go unnoticed.)
    NewVersion,
    /// The version has a record.
    Done,
    /// The version has a record that is smaller than any complete record. The version counts as done, and the damage is logged.
    Damaged,
    /// The version has a record, but another version of the file was done after it: the published outputs are those of the other
    /// version.
    Superseded,
}

/// The smallest size of a record in bytes. A smaller record is damaged. The content of a larger record is not checked, as that
/// would take one request for each file that is done.
pub(crate) const LEAST_RECORD: u64 = 256;

/// Returns how a version stands that has the latest record of its file; `record` is the size of the record in bytes.
fn done(record: u64) -> Standing {
    if record < LEAST_RECORD { Standing::Damaged } else { Standing::Done }
}

/// What the records listed so far say about a file version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// How the version stands.
    Stands(Standing),
    /// Too few records are listed to tell; another page is needed.
    More,
    /// The version has a record, and its file has very many other versions: [`Versions::judge`] lists them to tell.
    Versions(Versions),
}

/// Maximum number of records of other versions that are looked at ahead; if there are more, they are listed separately.
const AHEAD: usize = 1000;

/// The records of a listing. Versions are looked up in ascending order of their records.
///
/// Records up to [`crate::plan::undivided`] of a file's key may be left out of the listing when the file's version is the next one
/// to be looked up. Proof: let `t` be that text, and let a record `k/u.json` up to `t` matter to a version `k/v.json` that is
/// looked up then or later, so `k/v.json` is after `t`. Every text between two texts that begin with `k/` begins with `k/`, so `t`
/// does; but `k` ends as a data file does, and `t` has no shorter prefix that does.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The folders of records that were passed. Only the folders that contain the present key of the listing are kept, the innermost
    /// last, so there are no more of them than a key has slashes.
    passed: Vec<PassedFolder>,
}

/// A folder of records that were passed.
#[derive(Debug)]
struct PassedFolder {
    /// The key of the folder, with its slash.
    folder: String,
    /// The time of its latest record.
    latest: SystemTime,
}

/// Returns the folder of a record with its slash, which all versions of the same file share.
fn folder(record: &str) -> &str {
    record.rfind('/').map_or("", |slash| &record[..=slash])
}

impl Records {
    /// Judges the version that has this record key. Each call passes a greater key than the last, or the same key again with more
    /// records. `ahead` holds the records that are listed and not passed yet; `ended` says that no others follow.
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
                    || self.passed.iter().any(|passed| passed.folder == of_file);
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
        while self.passed.last().is_some_and(|outer| !folder.starts_with(&outer.folder)) {
            self.passed.pop();
        }
        match self.passed.last_mut() {
            Some(same) if same.folder == folder => same.latest = same.latest.max(record.last_modified),
            _ => self.passed.push(PassedFolder { folder: folder.to_owned(), latest: record.last_modified }),
        }
    }

    /// Returns true if a record of the same file that was passed is as young as `done` or younger.
    fn passed_after(&self, record: &str, done: SystemTime) -> bool {
        self.passed.iter().any(|passed| passed.folder == folder(record) && passed.latest >= done)
    }
}

/// A version whose file has so many other versions that they have to be listed separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    record: String,
    bytes: u64,
    done: SystemTime,
}

impl Versions {
    /// Judges the version by the records that follow its own in the listing.
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

/// Returns the records in a page of the ledger.
///
/// # Errors
/// When a record cannot be read: an unreadable record must not be taken for an absent one.
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
            // Not a record of Sluice.
            Entry::Prefix(_) | Entry::Ignored(..) => {}
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
