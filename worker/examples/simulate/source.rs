//! A source whose listing is arithmetic: millions of keys in constant memory. What is written into it is kept beside them.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice::cost::rules::PAGE_KEYS;
use sluice::key::{descriptor_key, ledger_key};
use sluice::store::{Answer, Entry, Listing, MemoryStore, Object, Scope, Staged, Stamp, Store, StoreError};

use crate::random::mixed;

/// When the files were uploaded.
const UPLOADED: SystemTime = UNIX_EPOCH;

/// When they were checked.
const CHECKED: Duration = Duration::from_hours(1);

/// Bytes of a record of the ledger.
const RECORD_BYTES: u64 = 3_000;

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

    fn is_new(&self, file: u64) -> bool {
        file.is_multiple_of(self.new_every)
    }

    fn prefix(number: u64) -> String {
        format!("clients/{number:07}")
    }

    fn file_key(&self, file: u64) -> String {
        format!("{}/incoming/{:07}.csv", Self::prefix(file / self.files), file % self.files)
    }

    fn etag(file: u64) -> String {
        format!("{:016x}{:016x}", mixed(file), mixed(file + 1))
    }
}

/// Keys by their number, in the order of their bytes.
#[derive(Clone, Copy, Debug)]
enum Keys {
    /// The records of the ledger; those of new files are missing.
    Records(Shape),
    /// The files and the descriptor of each prefix behind them.
    Files(Shape),
}

impl Keys {
    fn count(self) -> u64 {
        match self {
            Self::Records(shape) => shape.all(),
            Self::Files(shape) => shape.all() + shape.prefixes,
        }
    }

    fn key(self, number: u64) -> String {
        match self {
            Self::Records(shape) => ledger_key(&shape.file_key(number), &Shape::etag(number)),
            Self::Files(shape) => match (number / (shape.files + 1), number % (shape.files + 1)) {
                (prefix, file) if file == shape.files => descriptor_key(&Shape::prefix(prefix)),
                (prefix, file) => shape.file_key(prefix * shape.files + file),
            },
        }
    }

    fn object(self, number: u64) -> Option<Object> {
        let (etag, bytes, last_modified) = match self {
            Self::Records(shape) if shape.is_new(number) => return None,
            Self::Records(_) => (Shape::etag(number), RECORD_BYTES, UPLOADED + CHECKED),
            Self::Files(shape) => (Shape::etag(number - number / (shape.files + 1)), shape.bytes, UPLOADED),
        };
        Some(Object { key: self.key(number), bytes, etag, last_modified })
    }

    /// The first number whose key is behind `from`.
    fn seek(self, from: &From) -> u64 {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if from.is_before(&self.key(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

/// Where a listing goes on.
#[derive(Clone, Debug)]
enum From {
    At(String),
    Behind(String),
}

impl From {
    fn is_before(&self, key: &str) -> bool {
        match self {
            Self::At(first) => first.as_str() <= key,
            Self::Behind(last) => last.as_str() < key,
        }
    }
}

/// The source. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Synthetic {
    shape: Shape,
    kept: MemoryStore,
}

impl Synthetic {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, kept: MemoryStore::new() }
    }
}

impl Synthetic {
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
        let from = match &scope.after {
            Some(after) if *after >= scope.prefix => From::Behind(after.clone()),
            _ => From::At(scope.prefix.clone()),
        };
        Box::new(Pages { source: self.clone(), scope, from, ended: false })
    }

    /// As of S3.
    fn parallel_listings(&self) -> usize {
        64
    }

    fn head<'a>(&'a self, key: &'a str) -> Answer<'a, Object> {
        self.kept.head(key)
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> Answer<'a, (Object, Box<dyn Read + Send>)> {
        if let Some(file) = key.strip_prefix("_sluice/ledger/") {
            let opened = recorded(key, file);
            return Box::pin(async { Ok(opened) });
        }
        self.kept.open(key, version, range)
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> Answer<'a, Box<dyn Staged>> {
        self.kept.stage(key, stamp)
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> Answer<'a, ()> {
        self.kept.delete(key, etag)
    }
}

/// The ledger record of a file, whichever it is.
fn recorded(key: &str, file: &str) -> (Object, Box<dyn Read + Send>) {
    let record = serde_json::json!({
        "version": 1, "engine": "", "verdict": "clean", "refusal": null, "descriptor": null, "errors": {}, "samples": [],
        "file": {
            "key": file.rsplit_once('/').map_or(file, |(key, _)| key), "etag": null, "bytes": 1, "lastModified": null,
            "compression": null, "encoding": "utf-8",
        },
        "rows": {"read": 1, "clean": 1, "rejected": 0, "blank": 0}, "fields": [],
        "outputs": {"clean": null, "rejects": null, "parquet": null}, "startedAt": "2026-01-01T00:00:00.000Z", "seconds": 0.1,
    });
    let mut bytes = record.to_string().into_bytes();
    bytes.resize(RECORD_BYTES as usize, b' ');
    let object =
        Object { key: key.to_owned(), bytes: RECORD_BYTES, etag: String::new(), last_modified: UPLOADED + CHECKED };
    (object, Box::new(std::io::Cursor::new(bytes)))
}

struct Pages {
    source: Synthetic,
    scope: Scope,
    from: From,
    ended: bool,
}

impl Pages {
    /// What is kept, behind where the listing is; a page at most.
    async fn kept(&self) -> Result<Vec<Object>, StoreError> {
        let after = match &self.from {
            From::Behind(key) => Some(key.clone()),
            From::At(_) => None,
        };
        let scope = Scope { after, delimiter: None, ..self.scope.clone() };
        let mut listing = self.source.kept.list(scope);
        let mut objects = Vec::new();
        while objects.len() < PAGE_KEYS as usize {
            let page = listing.page().await?;
            if page.is_empty() {
                break;
            }
            objects.extend(page.into_iter().filter_map(|entry| match entry {
                Entry::Object(object) if self.from.is_before(&object.key) => Some(object),
                _ => None,
            }));
        }
        Ok(objects)
    }

    async fn read(&mut self) -> Result<Vec<Entry>, StoreError> {
        let mut kept = self.kept().await?.into_iter().peekable();
        let sequences = [Keys::Records(self.source.shape), Keys::Files(self.source.shape)];
        let mut numbers = sequences.map(|keys| keys.seek(&self.from));
        let mut page = Vec::new();
        while page.len() < PAGE_KEYS as usize {
            let mut next: Option<Object> = None;
            for (keys, number) in sequences.iter().zip(&mut numbers) {
                while *number < keys.count() && keys.object(*number).is_none() {
                    *number += 1;
                }
                let object = if *number < keys.count() { keys.object(*number) } else { None };
                next = match (next, object) {
                    (Some(one), Some(other)) if other.key < one.key => Some(other),
                    (None, other) => other,
                    (one, _) => one,
                };
            }
            if let Some(object) = kept.peek()
                && next.as_ref().is_none_or(|next| object.key < next.key)
            {
                next = Some(object.clone());
            }
            let Some(object) = next else { break };
            let Some(rest) = object.key.strip_prefix(self.scope.prefix.as_str()) else { break };
            if self.scope.until.as_ref().is_some_and(|until| object.key > *until) {
                break;
            }
            let folded = self.scope.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
            self.from = match folded {
                Some(end) => {
                    let folded = object.key[..self.scope.prefix.len() + end].to_owned();
                    // Every delimiter ends in '/', which '0' follows.
                    let behind = format!("{}0", &folded[..folded.len() - 1]);
                    page.push(Entry::Prefix(folded));
                    numbers = sequences.map(|keys| keys.seek(&From::At(behind.clone())));
                    From::At(behind)
                }
                None => {
                    for (keys, number) in sequences.iter().zip(&mut numbers) {
                        *number += u64::from(*number < keys.count() && keys.key(*number) == object.key);
                    }
                    let from = From::Behind(object.key.clone());
                    page.push(Entry::Object(object));
                    from
                }
            };
            while kept.peek().is_some_and(|object| !self.from.is_before(&object.key)) {
                kept.next();
            }
        }
        self.ended = page.len() < PAGE_KEYS as usize;
        Ok(page)
    }
}

impl Listing for Pages {
    fn page(&mut self) -> Answer<'_, Vec<Entry>> {
        Box::pin(self.read())
    }

    fn ended(&self) -> bool {
        self.ended
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
        for keys in [Keys::Records(source.shape), Keys::Files(source.shape)] {
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
        let source = Synthetic::new(Shape { prefixes: 7, files: 300, bytes: 1, new_every: 11 });
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
