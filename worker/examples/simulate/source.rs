//! A source whose listing is arithmetic: millions of keys in constant memory. What is written into it is kept beside them.

use std::io::Read;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice::SimulatedTime;
use sluice::store::{Entry, Listing, MemoryStore, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

use crate::listing::{Keys, Pages};
use crate::pace::Pace;
use crate::random::mixed;
use crate::records::Records;

/// When the files were uploaded.
pub(crate) const UPLOADED: SystemTime = UNIX_EPOCH;

/// When they were checked.
pub(crate) const CHECKED: Duration = Duration::from_hours(1);

/// What is in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) prefixes: u64,
    /// Files of each prefix.
    pub(crate) files: u64,
    /// Bytes of each file.
    pub(crate) bytes: u64,
    /// One file in this many is new, the first to begin with; the ledger has the others.
    pub(crate) new_every: u64,
}

impl Shape {
    pub(crate) fn all(&self) -> u64 {
        self.prefixes * self.files
    }

    pub(crate) fn new_files(&self) -> u64 {
        self.all().div_ceil(self.new_every)
    }

    pub(crate) fn is_new(&self, file: u64) -> bool {
        file.is_multiple_of(self.new_every)
    }

    pub(crate) fn prefix(number: u64) -> String {
        format!("clients/{number:07}")
    }

    pub(crate) fn file_key(&self, file: u64) -> String {
        format!("{}/incoming/{:07}.csv", Self::prefix(file / self.files), file % self.files)
    }

    pub(crate) fn etag(file: u64) -> String {
        format!("{:016x}{:016x}", mixed(file), mixed(file + 1))
    }
}

/// The number of the prefix of a file.
pub(crate) fn prefix_number(key: &str) -> u64 {
    let number = key.strip_prefix("clients/").and_then(|rest| rest.get(..7)?.parse().ok());
    // cannot fail: these are the only prefixes there are.
    number.unwrap_or(0)
}

/// The source. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Synthetic {
    shape: Shape,
    records: Arc<Records>,
    are_checked: Arc<AtomicBool>,
    /// Set when pages take the time of their CPU.
    pace: Arc<OnceLock<Pace>>,
    /// What was written, pages apart.
    pub(crate) kept: MemoryStore,
}

impl Synthetic {
    pub(crate) fn new(shape: Shape, records: Records) -> Self {
        Self {
            shape,
            records: Arc::new(records),
            are_checked: Arc::default(),
            pace: Arc::default(),
            kept: MemoryStore::new(),
        }
    }

    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// From now on the ledger has the new files, and a page takes the CPU that was used until it is written, on so many vCPUs.
    pub(crate) fn all_are_checked(&self, time: &SimulatedTime, vcpus: f64) -> anyhow::Result<()> {
        self.are_checked.store(true, Ordering::Relaxed);
        let pace = Pace::begin(time, vcpus)?;
        self.pace.get_or_init(|| pace);
        Ok(())
    }

    /// Both sequences of keys.
    pub(crate) fn sequences(&self) -> [Keys; 2] {
        let (shape, bytes) = (self.shape, self.records.bytes);
        [Keys::Records { shape, bytes, are_checked: self.are_checked.load(Ordering::Relaxed) }, Keys::Files(shape)]
    }

    /// The ledger record of a file, whichever it is.
    fn recorded(&self, key: &str, file: &str) -> (Object, Box<dyn Read + Send>) {
        let (file, etag) = file.rsplit_once('/').unwrap_or((file, ""));
        let bytes = self.records.record(prefix_number(file), file);
        let object = Object {
            key: key.to_owned(),
            bytes: self.records.bytes,
            etag: etag.to_owned(),
            last_modified: UPLOADED + CHECKED,
        };
        (object, Box::new(std::io::Cursor::new(bytes)))
    }

    /// Bytes that are kept.
    pub(crate) async fn kept_bytes(&self) -> Result<u64, StoreError> {
        let mut listing = self.kept.list(Scope::default());
        let mut bytes = 0;
        loop {
            let page = listing.page().await?;
            if page.is_empty() {
                return Ok(bytes);
            }
            for entry in page {
                if let Entry::Object(object) = entry {
                    bytes += object.bytes;
                }
            }
        }
    }
}

impl Store for Synthetic {
    fn locate(&self, key: &str) -> String {
        format!("s3://source/{key}")
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(Pages::new(self.clone(), scope))
    }

    /// As of S3.
    fn parallel_listings(&self) -> usize {
        64
    }

    fn is_billed(&self) -> bool {
        // It stands for S3.
        true
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        self.kept.head(key)
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        if let Some(file) = key.strip_prefix("_sluice/ledger/") {
            let opened = self.recorded(key, file);
            return Box::pin(async { Ok(opened) });
        }
        self.kept.open(key, version, range)
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        if !key.ends_with(".html") {
            return self.kept.stage(key, stamp);
        }
        // A page is counted, and let go.
        Box::pin(async move {
            if let Some(pace) = self.pace.get() {
                pace.keep().await;
            }
            MemoryStore::new().stage(key, stamp).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        self.kept.delete(key, etag)
    }
}

/// The source as a store that workers share.
pub(crate) fn shared(source: impl Store + 'static) -> Arc<dyn Store> {
    Arc::new(source)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use sluice::store::Condition;

    use super::*;

    /// The same keys, one by one.
    async fn written(source: &Synthetic) -> MemoryStore {
        let store = MemoryStore::new();
        for keys in source.sequences() {
            for object in (0..keys.count()).filter_map(|number| keys.object(number)) {
                store.put(&object.key, Vec::new(), Condition::Always).await.unwrap();
            }
        }
        for (key, bytes) in source.kept.contents() {
            store.put(&key, bytes, Condition::Always).await.unwrap();
        }
        store
    }

    async fn listed(store: &dyn Store, scope: Scope) -> Vec<String> {
        let mut listing = store.list(scope);
        let mut keys = Vec::new();
        loop {
            let page = listing.page().await.unwrap();
            if page.is_empty() {
                return keys;
            }
            keys.extend(page.into_iter().map(|entry| match entry {
                Entry::Object(object) => object.key,
                Entry::Prefix(prefix) => prefix,
                Entry::Ignored(_, key) => key,
            }));
        }
    }

    #[tokio::test]
    async fn arithmetic_lists_what_a_store_lists() {
        let shape = Shape { prefixes: 7, files: 300, bytes: 1, new_every: 11 };
        let source = Synthetic::new(shape, crate::records::checked(1).await.unwrap());
        for key in ["_sluice/open/run", "_sluice/runs/run/tasks.jsonl", "a", "clients/0000003/incoming/x", "z"] {
            source.put(key, b"x".to_vec(), Condition::Always).await.unwrap();
        }
        let store = written(&source).await;
        let afters =
            [None, Some("_sluice/ledger/clients/0000002/incoming/"), Some("clients/0000003/incoming/0000150.csv")];
        for prefix in ["", "_sluice/", "clients/0000003/", "clients/0000003/incoming/00001", "nothing"] {
            for after in afters {
                for delimiter in [None, Some("/"), Some("/incoming/")] {
                    for until in [None, Some("clients/0000003/incoming/0000155.csv")] {
                        let [after, until] = [after, until].map(|key| key.map(str::to_owned));
                        let scope = Scope { prefix: prefix.to_owned(), after, until, delimiter };
                        let expected = listed(&store, scope.clone()).await;
                        assert_eq!(listed(&source, scope.clone()).await, expected, "{scope:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn new_files_are_spread_evenly() {
        let shape = Shape { prefixes: 100, files: 100, bytes: 1, new_every: 11 };
        assert_eq!(shape.new_files(), (0..shape.all()).filter(|file| shape.is_new(*file)).count() as u64);
    }
}
