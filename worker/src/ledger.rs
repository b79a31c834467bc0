//! What has been done: the records of the ledger against a listing of files.
//!
//! A file version is done exactly when `_sluice/ledger/<key>/<version>.json` exists. Both listings come in the order of
//! their bytes, but not in the same one: `a.csv` stands before `a.csv.gz`, `a.csv/1.json` behind `a.csv.gz/1.json`.
//! [`InLedgerOrder`] brings the files into the order of their records; then one pass over both is enough.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

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

/// The records of a prefix, asked for in ascending order.
pub(crate) struct Records {
    listing: Box<dyn Listing>,
    page: std::vec::IntoIter<Entry>,
    /// The record the listing stands at.
    at: Option<String>,
    ended: bool,
}

impl Records {
    /// The records of files whose keys begin with `keys`.
    pub(crate) fn of(source: &dyn Store, keys: &str) -> Self {
        let scope = Scope { prefix: format!("{LEDGER}{keys}"), ..Scope::default() };
        Self { listing: source.list(scope), page: Vec::new().into_iter(), at: None, ended: false }
    }

    /// Whether there is this record; each call asks for a greater one than the last.
    pub(crate) async fn have(&mut self, record: &str) -> Result<bool, StoreError> {
        loop {
            match &self.at {
                Some(at) if at.as_str() >= record => return Ok(at == record),
                _ if self.ended => return Ok(false),
                _ => {}
            }
            match self.page.next() {
                Some(Entry::Object(object)) => self.at = Some(object.key),
                // Records that cannot be seen are not records that are not there.
                Some(Entry::Ignored(Ignored::Unreadable, at)) => {
                    let reason = "the ledger cannot be read".to_owned();
                    return Err(StoreError::Denied { at, reason });
                }
                // Nothing of ours.
                Some(Entry::Prefix(_) | Entry::Ignored(..)) => {}
                None => {
                    let page = self.listing.page().await?;
                    self.ended = page.is_empty();
                    self.page = page.into_iter();
                }
            }
        }
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
                    if ledger.have(&record).await.unwrap() {
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
}
