//! What has been done: the records of the ledger against a listing of files.
//!
//! A file version is done exactly when `_sluice/ledger/<key>/<version>.json` exists. Both listings come in the order of
//! their bytes, but not in the same one: `a.csv` stands before `a.csv.gz`, `a.csv/1.json` behind `a.csv.gz/1.json`.
//! [`InLedgerOrder`] brings the files into the order of their records; then one pass over both is enough.
//!
//! A version names content. Content that comes back after another one was published in its place (A, then B, then A again) has a
//! record and is not what is published: its record is older than that of the other version.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::SystemTime;

use crate::key::{Ignored, LEDGER, ledger_key};
use crate::store::{Entry, Listing, Object, Scope, Store, StoreError};

/// A file waiting for its place; the greatest is the one whose record comes first.
struct Waiting {
    record: String,
    file: Object,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.record.cmp(&self.record)
    }
}

/// Files in the order of their ledger records.
///
/// The record of a file begins with its key, so every later file has a record behind its own key: a file whose record is
/// before the key that the listing has reached has its place. The others are all beginnings of that key, so no more of them
/// wait than a key has bytes, however many files there are.
#[derive(Default)]
pub(crate) struct InLedgerOrder {
    waiting: BinaryHeap<Waiting>,
}

impl InLedgerOrder {
    /// The listing has reached `key`.
    pub(crate) fn reached(&mut self, key: &str) -> Reached<'_> {
        Reached { order: self, until: Some(format!("{LEDGER}{key}")) }
    }

    /// A file of the listing; [`InLedgerOrder::reached`] was told its key.
    pub(crate) fn wait(&mut self, file: Object) {
        self.waiting.push(Waiting { record: ledger_key(&file.key, &file.etag), file });
    }

    /// The listing is at its end.
    pub(crate) fn rest(&mut self) -> Reached<'_> {
        Reached { order: self, until: None }
    }
}

/// The files that have their place, with the keys of their records.
pub(crate) struct Reached<'a> {
    order: &'a mut InLedgerOrder,
    until: Option<String>,
}

impl Iterator for Reached<'_> {
    type Item = (String, Object);

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.order.waiting.peek()?;
        if self.until.as_ref().is_some_and(|until| first.record >= *until) {
            return None;
        }
        self.order.waiting.pop().map(|waiting| (waiting.record, waiting.file))
    }
}

/// How a file version stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has no record.
    New,
    /// It has one.
    Done,
    /// It has one, and another version of the file was done after it: what is published is of the other one.
    Superseded,
}

/// Records of other versions that are looked at ahead; more of them are listed once more.
const AHEAD: usize = 1000;

/// The records of a prefix, asked for in ascending order.
pub(crate) struct Records<'s> {
    source: &'s dyn Store,
    listing: Box<dyn Listing>,
    /// What was listed and is not passed yet.
    ahead: VecDeque<Object>,
    ended: bool,
    /// The latest of the records passed, by folder: those that the place of the listing lies in, the innermost last. So there are
    /// no more of them than a key has slashes.
    passed: Vec<(String, SystemTime)>,
}

/// The folder of a record, with its slash: that of all versions of its file.
fn folder(record: &str) -> &str {
    record.rfind('/').map_or("", |slash| &record[..=slash])
}

impl<'s> Records<'s> {
    /// The records of files whose keys begin with `keys`.
    pub(crate) fn of(source: &'s dyn Store, keys: &str) -> Self {
        let scope = Scope { prefix: format!("{LEDGER}{keys}"), ..Scope::default() };
        let listing = source.list(scope);
        Self { source, listing, ahead: VecDeque::new(), ended: false, passed: Vec::new() }
    }

    /// How the version with this record stands; each call asks for a greater one than the last.
    pub(crate) async fn standing(&mut self, record: &str) -> Result<Standing, StoreError> {
        while let Some(next) = self.next(0).await? {
            if next.key.as_str() >= record {
                break;
            }
            if let Some(passed) = self.ahead.pop_front() {
                self.pass(&passed);
            }
        }
        let done = match self.next(0).await? {
            Some(next) if next.key == record => next.last_modified,
            _ => return Ok(Standing::New),
        };
        let superseded = self.passed_after(record, done) || self.follows_after(record, done).await?;
        Ok(if superseded { Standing::Superseded } else { Standing::Done })
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

    /// Whether a record of the same file that was passed is as young as `done`.
    fn passed_after(&self, record: &str, done: SystemTime) -> bool {
        self.passed.iter().any(|(same, latest)| same == folder(record) && *latest >= done)
    }

    /// Whether a record of the same file that follows is as young as `done`.
    async fn follows_after(&mut self, record: &str, done: SystemTime) -> Result<bool, StoreError> {
        let of_file = folder(record);
        let is_after = |other: &Object| folder(&other.key) == of_file && other.last_modified >= done;
        for place in 1..=AHEAD {
            match self.next(place).await? {
                Some(next) if next.key.starts_with(of_file) => {
                    if is_after(next) {
                        return Ok(true);
                    }
                }
                _ => return Ok(false),
            }
        }
        let scope = Scope { prefix: of_file.to_owned(), after: Some(record.to_owned()), delimiter: Some("/") };
        let mut versions = self.source.list(scope);
        loop {
            let page = versions.page().await?;
            if page.is_empty() {
                return Ok(false);
            }
            for entry in page {
                if object(entry)?.is_some_and(|other| is_after(&other)) {
                    return Ok(true);
                }
            }
        }
    }

    /// The record `place` places ahead.
    async fn next(&mut self, place: usize) -> Result<Option<&Object>, StoreError> {
        while self.ahead.len() <= place && !self.ended {
            let page = self.listing.page().await?;
            self.ended = page.is_empty();
            for entry in page {
                self.ahead.extend(object(entry)?);
            }
        }
        Ok(self.ahead.get(place))
    }
}

/// The record of an entry, if it is one.
fn object(entry: Entry) -> Result<Option<Object>, StoreError> {
    match entry {
        Entry::Object(object) => Ok(Some(object)),
        // Records that cannot be seen are not records that are not there.
        Entry::Ignored(Ignored::Unreadable, at) => {
            let reason = "the ledger cannot be read".to_owned();
            Err(StoreError::Denied { at, reason })
        }
        // Nothing of ours.
        Entry::Prefix(_) | Entry::Ignored(..) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::store::{Condition, MemoryStore};

    fn file(key: &str, etag: &str) -> Object {
        Object { key: key.to_owned(), bytes: 0, etag: etag.to_owned(), last_modified: std::time::UNIX_EPOCH }
    }

    /// Names over the few characters around `/` that make trouble: many are beginnings of others.
    fn names() -> impl Strategy<Value = BTreeMap<String, String>> {
        prop::collection::btree_map("[a./0!]{1,6}", "[0a!-]{1,3}(json)?", 0..24)
    }

    proptest! {
        #[test]
        fn files_come_in_the_order_of_their_records(files in names()) {
            let mut order = InLedgerOrder::default();
            let mut given = Vec::new();
            for (key, etag) in &files {
                given.extend(order.reached(key).map(|(record, _)| record));
                order.wait(file(key, etag));
                prop_assert!(order.waiting.len() <= 1 + key.len());
            }
            given.extend(order.rest().map(|(record, _)| record));
            let mut expected: Vec<String> = files.iter().map(|(key, etag)| ledger_key(key, etag)).collect();
            expected.sort();
            prop_assert_eq!(given, expected);
        }

        #[test]
        fn the_merge_finds_what_a_set_finds(files in names(), others in names(), done in any::<u32>()) {
            let records: Vec<String> = files
                .iter()
                .enumerate()
                .filter(|(nth, _)| done >> (nth % 32) & 1 == 1)
                .map(|(_, (key, etag))| ledger_key(key, etag))
                .chain(others.iter().map(|(key, etag)| ledger_key(key, etag)))
                .collect();
            let found = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                let store = MemoryStore::new();
                for record in &records {
                    store.put(record, vec![], Condition::Always).await.unwrap();
                }
                let mut ledger = Records::of(&store, "");
                let mut order = InLedgerOrder::default();
                let mut in_order = Vec::new();
                for (key, etag) in &files {
                    in_order.extend(order.reached(key));
                    order.wait(file(key, etag));
                }
                in_order.extend(order.rest());
                let mut found = Vec::new();
                for (record, file) in in_order {
                    if ledger.standing(&record).await.unwrap() != Standing::New {
                        found.push(file.key);
                    }
                }
                found.sort();
                found
            });
            let expected: Vec<String> = files
                .iter()
                .filter(|(key, etag)| records.contains(&ledger_key(key, etag)))
                .map(|(key, _)| key.clone())
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    /// How every file stands when its record and those of other versions were written in this order.
    fn standings(files: &BTreeMap<String, String>, written: &[String]) -> Vec<(String, Standing)> {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let store = MemoryStore::new();
            for record in written {
                store.put(record, vec![], Condition::Always).await.unwrap();
            }
            let mut ledger = Records::of(&store, "");
            let mut order = InLedgerOrder::default();
            let mut in_order = Vec::new();
            for (key, etag) in files {
                in_order.extend(order.reached(key));
                order.wait(file(key, etag));
            }
            in_order.extend(order.rest());
            let mut standings = Vec::new();
            for (record, file) in in_order {
                standings.push((file.key, ledger.standing(&record).await.unwrap()));
            }
            standings.sort_by(|one, other| one.0.cmp(&other.0));
            standings
        })
    }

    proptest! {
        #[test]
        fn a_version_stands_as_its_record_among_those_of_its_file(files in names(), other_versions in prop::collection::vec((any::<prop::sample::Index>(), "[0a!-]{1,3}"), 0..24), order in any::<u64>()) {
            let keys: Vec<&String> = files.keys().collect();
            let mut written: Vec<(String, String)> = files.iter().map(|(key, etag)| (key.clone(), etag.clone())).collect();
            if !keys.is_empty() {
                written.extend(other_versions.iter().map(|(key, etag)| (key.get(&keys).to_string(), etag.clone())));
            }
            written.sort_by_key(|(key, etag)| crate::key::ledger_key(key, etag).bytes().fold(order, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)));
            written.dedup();
            let records: Vec<String> = written.iter().map(|(key, etag)| ledger_key(key, etag)).collect();
            for (key, standing) in standings(&files, &records) {
                let latest = written.iter().rfind(|(other, _)| *other == key).unwrap();
                let expected = if latest.1 == files[&key] { Standing::Done } else { Standing::Superseded };
                prop_assert_eq!(standing, expected, "{}", key);
            }
        }
    }

    #[test]
    fn a_file_of_very_many_versions_is_judged_by_all_of_them() {
        let files = BTreeMap::from([("p/incoming/a.csv".to_owned(), "0".to_owned())]);
        let mut written: Vec<String> =
            (0..2 * AHEAD).map(|etag| ledger_key("p/incoming/a.csv", &format!("{etag}"))).collect();
        assert_eq!(standings(&files, &written)[0].1, Standing::Superseded);
        written.rotate_left(1);
        assert_eq!(standings(&files, &written)[0].1, Standing::Done);
    }
}
