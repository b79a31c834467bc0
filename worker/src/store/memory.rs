//! A store in memory, for tests and experiments.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::io::{self, Cursor, Read, Write};
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::{Condition, Entry, Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

/// Maximum number of entries in a page; small, so that tests see several pages.
const PAGE: usize = 3;

/// Number of parallel listings; more than one, so that tests cover ranges that are cut.
const LISTINGS: usize = 8;

/// A store in memory. Clones share the same objects. The time of an object is the number of writes so far, in seconds since 1970;
/// entity tags name content, as those of S3 do.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<Objects>>,
}

#[derive(Debug, Default)]
struct Objects {
    by_key: BTreeMap<String, StoredObject>,
    writes: u64,
}

#[derive(Clone, Debug)]
struct StoredObject {
    bytes: Arc<[u8]>,
    etag: String,
    last_modified: SystemTime,
}

impl StoredObject {
    fn object(&self, key: &str) -> Object {
        Object {
            key: key.to_owned(),
            bytes: self.bytes.len() as u64,
            etag: self.etag.clone(),
            last_modified: self.last_modified,
        }
    }
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the bytes of all objects by key, for tests to compare.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        self.lock().by_key.iter().map(|(key, stored)| (key.clone(), stored.bytes.to_vec())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        // No operation leaves the map half changed, so a panic elsewhere does not spoil it.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &str) -> Result<StoredObject, StoreError> {
        self.lock().by_key.get(key).cloned().ok_or_else(|| StoreError::NotFound { at: self.locate(key) })
    }
}

impl Store for MemoryStore {
    fn locate(&self, key: &str) -> String {
        format!("memory:{key}")
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(Cursored { store: self.clone(), from: None, ended: false, scope })
    }

    fn parallel_listings(&self) -> usize {
        LISTINGS
    }

    fn is_billed(&self) -> bool {
        false
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async move { Ok(self.find(key)?.object(key)) })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        Box::pin(async move {
            let stored = self.find(key)?;
            if version.is_some_and(|version| version != stored.etag) {
                return Err(StoreError::Changed { at: self.locate(key) });
            }
            let object = stored.object(key);
            let mut body = Cursor::new(stored.bytes);
            let range = range.unwrap_or(0..object.bytes);
            body.set_position(range.start);
            Ok((object, Box::new(body.take(range.end.saturating_sub(range.start))) as Box<dyn Read + Send>))
        })
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        let staged = StagedBytes { store: self.clone(), key: key.to_owned(), stamp, bytes: Vec::new() };
        Box::pin(async move { Ok(Box::new(staged) as Box<dyn Staged>) })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let at = self.locate(key);
            match self.lock().by_key.entry(key.to_owned()) {
                Slot::Vacant(_) => Ok(()),
                Slot::Occupied(slot) if slot.get().etag != etag => Err(StoreError::Replaced { at }),
                Slot::Occupied(slot) => {
                    slot.remove();
                    Ok(())
                }
            }
        })
    }
}

struct Cursored {
    store: MemoryStore,
    scope: Scope,
    from: Option<Bound<String>>,
    ended: bool,
}

impl Listing for Cursored {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            let Scope { prefix, after, until, delimiter } = &self.scope;
            let mut from = self.from.take().unwrap_or_else(|| match after {
                Some(after) if after >= prefix => Bound::Excluded(after.clone()),
                _ => Bound::Included(prefix.clone()),
            });
            let objects = self.store.lock();
            let mut page = Vec::new();
            while page.len() < PAGE {
                let Some((key, stored)) = objects.by_key.range((from.clone(), Bound::Unbounded)).next() else {
                    break;
                };
                let rest = key.strip_prefix(prefix.as_str());
                let Some(rest) = rest.filter(|_| until.as_ref().is_none_or(|until| key <= until)) else {
                    break;
                };
                let folded = delimiter.and_then(|delimiter| Some((rest.find(delimiter)?, delimiter)));
                if let Some((at, delimiter)) = folded {
                    let folded = &key[..prefix.len() + at + delimiter.len()];
                    page.push(Entry::Prefix(folded.to_owned()));
                    // Continue after all keys that begin with the folded prefix: '/' ends every delimiter, and '0' follows '/'.
                    from = Bound::Included(format!("{}0", &folded[..folded.len() - 1]));
                } else {
                    page.push(Entry::Object(stored.object(key)));
                    from = Bound::Excluded(key.clone());
                }
            }
            self.from = Some(from);
            self.ended = page.len() < PAGE;
            Ok(page)
        })
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

fn etag_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

struct StagedBytes {
    store: MemoryStore,
    key: String,
    stamp: Option<Stamp>,
    bytes: Vec<u8>,
}

impl Write for StagedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Staged for StagedBytes {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        Box::pin(async move {
            let at = self.store.locate(&self.key);
            let mut objects = self.store.lock();
            let there = objects.by_key.get(&self.key).map(|stored| stored.etag.as_str());
            match (&condition, there) {
                (Condition::IfAbsent, Some(_)) => return Err(StoreError::AlreadyExists { at }),
                (Condition::IfMatch(wanted), etag) if etag != Some(wanted) => {
                    return Err(StoreError::Replaced { at });
                }
                _ => {}
            }
            objects.writes += 1;
            let bytes = std::mem::take(&mut self.bytes);
            let etag = etag_of(&bytes);
            let written = UNIX_EPOCH + Duration::from_secs(objects.writes);
            let stored = StoredObject {
                bytes: bytes.into(),
                etag: etag.clone(),
                last_modified: self.stamp.as_ref().map_or(written, |stamp| stamp.modified),
            };
            objects.by_key.insert(self.key.clone(), stored);
            Ok(etag)
        })
    }
}
