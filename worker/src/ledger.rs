//! What has been done: the records of the ledger against a listing of files.
//!
//! A file version is done exactly when `_sluice/ledger/<key>/<version>.json` exists. Both listings come in the order of
//! their bytes, but not in the same one: `a.csv` stands before `a.csv.gz`, `a.csv/1.json` behind `a.csv.gz/1.json`.
//! [`InLedgerOrder`] brings the files into the order of their records; then one pass over both is enough.
//!
//! A version names content. Content that comes back after another one was published in its place (A, then B, then A again) has a
//! record and is not what is published: its record is older than that of the other version. The dates are those of the store. S3 dates by
//! its own clock, which goes on; a folder has the clock of whoever writes, so it dates a record after all others of the same file, also
//! where one of them is dated ahead ([`crate::store::Store::put_record`]).
//!
//! Nothing here waits for a store: whoever lists the pages hands them in, and is told when another one is needed.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::SystemTime;

use crate::key::{Ignored, LEDGER, ledger_key};
use crate::store::{Entry, Object, Scope, Store, StoreError};

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
    /// The listing has reached `key`: [`InLedgerOrder::next`] gives the files that have their place now.
    pub(crate) fn reach(&mut self, key: &str) {
        self.reached.clear();
        self.reached.push_str(LEDGER);
        self.reached.push_str(key);
    }

    /// A file of the listing; [`InLedgerOrder::reach`] was told its key, and `next` has no more to give.
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
    /// It has one that is too small to be one. That counts as done, and is told.
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
        for place in 1..=AHEAD {
            match ahead.get(place) {
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
                order.reach(key);
                given.extend(std::iter::from_fn(|| order.next()).map(|next| next.record));
                order.wait(file(key, etag));
                prop_assert!(order.waiting.len() <= 1 + key.len());
            }
            order.end();
            given.extend(std::iter::from_fn(|| order.next()).map(|next| next.record));
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
            let standings = standings(&files, &records);
            for (key, standing) in &standings {
                let other_version = records.iter().any(|record| folder(record) == folder(&ledger_key(key, "")));
                prop_assert!(*standing != Standing::NewVersion || other_version, "{}", key);
            }
            let found: Vec<String> = standings
                .into_iter()
                .filter(|(_, standing)| matches!(standing, Standing::Done | Standing::Superseded))
                .map(|(key, _)| key)
                .collect();
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
                store.put(record, vec![b' '; LEAST_RECORD as usize], Condition::Always).await.unwrap();
            }
            let mut order = InLedgerOrder::default();
            let mut in_order = Vec::new();
            for (key, etag) in files {
                order.reach(key);
                in_order.extend(std::iter::from_fn(|| order.next()));
                order.wait(file(key, etag));
            }
            order.end();
            in_order.extend(std::iter::from_fn(|| order.next()));
            let mut listing = store.list(Scope { prefix: LEDGER.to_owned(), ..Scope::default() });
            let (mut ledger, mut ahead, mut ended) = (Records::default(), VecDeque::new(), false);
            let mut standings = Vec::new();
            for Recorded { record, file } in in_order {
                let standing = loop {
                    match ledger.standing(&mut ahead, ended, &record) {
                        Judgement::Stands(standing) => break standing,
                        Judgement::Versions(versions) => break versions.judge(&store).await.unwrap(),
                        Judgement::More => {
                            let page = records(listing.page().await.unwrap()).unwrap();
                            ended = page.is_empty();
                            ahead.extend(page);
                        }
                    }
                };
                standings.push((file.key, standing));
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

    #[test]
    fn no_report_is_smaller_than_the_least_record() {
        use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, Rows, Verdict};
        let report = FileReport {
            version: 1,
            file: FileIdentity {
                key: "a/incoming/.csv".to_owned(),
                etag: Some("1".to_owned()),
                bytes: Some(0),
                last_modified: Some(crate::clock::rfc3339(std::time::UNIX_EPOCH)),
                compression: None,
                encoding: String::new(),
                assertions: Vec::new(),
            },
            descriptor: None,
            engine: String::new(),
            verdict: Verdict::Clean,
            rows: Rows::default(),
            errors: BTreeMap::new(),
            refusal: None,
            rejects_omitted: None,
            fields: Vec::new(),
            fields_omitted: 0,
            labels: Vec::new(),
            labels_omitted: 0,
            outputs: OutputLocations { clean: None, rejects: None, parquet: None },
            samples: Vec::new(),
            warnings: BTreeMap::new(),
            warning_samples: Vec::new(),
            hints: Vec::new(),
            started_at: crate::clock::rfc3339(std::time::UNIX_EPOCH),
            seconds: 0.0,
        };
        let bytes = serde_json::to_vec(&report).unwrap().len() as u64;
        assert!(bytes >= LEAST_RECORD, "{bytes}");
    }
}
