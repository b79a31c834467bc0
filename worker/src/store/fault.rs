//! A store for drills that fails at its n-th operation.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Condition, Entry, Listing, MemoryStore, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

/// How the n-th operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The n-th operation and every later one fail, as if the process was killed before the n-th operation.
    KilledBefore,
    /// The n-th operation is done, but its response is lost, and every later one fails, as if the process was killed after the n-th
    /// operation.
    KilledAfter,
    /// Only the n-th operation fails.
    Once,
    /// The n-th operation, if it writes, and every later write fail: the disk is full.
    DiskFull,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Whether the response to an operation that is done arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Response {
    Arrives,
    Lost,
}

/// A memory store with a fault. Clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct FaultyStore {
    inner: MemoryStore,
    fault: Fault,
    nth: u64,
    done: Arc<AtomicU64>,
}

impl FaultyStore {
    pub(crate) fn new(inner: MemoryStore, fault: Fault, nth: u64) -> Self {
        Self { inner, fault, nth, done: Arc::default() }
    }

    /// Returns true if the run had too few operations for the fault to happen.
    pub(crate) fn was_spared(&self) -> bool {
        self.done.load(Ordering::SeqCst) <= self.nth
    }

    /// Counts an operation. Returns an error if the operation has to fail before it is done.
    fn operation(&self, access: Access) -> Result<Response, StoreError> {
        let number = self.done.fetch_add(1, Ordering::SeqCst);
        let failed = || StoreError::Unreachable { at: "faulty".to_owned(), reason: "drill".to_owned() };
        match self.fault {
            Fault::KilledBefore if number >= self.nth => Err(failed()),
            Fault::KilledAfter if number > self.nth => Err(failed()),
            Fault::KilledAfter if number == self.nth => Ok(Response::Lost),
            Fault::Once if number == self.nth => Err(failed()),
            Fault::DiskFull if number >= self.nth && access == Access::Write => {
                Err(StoreError::Full { at: "faulty".to_owned(), reason: "drill".to_owned() })
            }
            _ => Ok(Response::Arrives),
        }
    }

    fn after(response: Response) -> Result<(), StoreError> {
        match response {
            Response::Lost => {
                Err(StoreError::Unreachable { at: "faulty".to_owned(), reason: "response lost".to_owned() })
            }
            Response::Arrives => Ok(()),
        }
    }
}

impl Store for FaultyStore {
    fn locate(&self, key: &str) -> String {
        self.inner.locate(key)
    }

    fn check_key(&self, key: &str) -> Result<(), StoreError> {
        self.inner.check_key(key)
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(FaultyListing { store: self.clone(), inner: self.inner.list(scope) })
    }

    fn parallel_listings(&self) -> usize {
        self.inner.parallel_listings()
    }

    fn is_billed(&self) -> bool {
        self.inner.is_billed()
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async move {
            let response = self.operation(Access::Read)?;
            let object = self.inner.head(key).await?;
            Self::after(response).map(|()| object)
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        Box::pin(async move {
            let response = self.operation(Access::Read)?;
            let (object, inner) = self.inner.open(key, version, range).await?;
            Self::after(response)?;
            Ok((object, Box::new(FaultyRead { store: self.clone(), inner }) as Box<dyn Read + Send>))
        })
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        Box::pin(async move {
            let response = self.operation(Access::Write)?;
            let inner = self.inner.stage(key, stamp).await?;
            Self::after(response)?;
            Ok(Box::new(FaultyStaged { store: self.clone(), inner }) as Box<dyn Staged>)
        })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let response = self.operation(Access::Read)?;
            self.inner.delete(key, etag).await?;
            Self::after(response)
        })
    }
}

struct FaultyListing {
    store: FaultyStore,
    inner: Box<dyn Listing>,
}

impl Listing for FaultyListing {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            let response = self.store.operation(Access::Read)?;
            let page = self.inner.page().await?;
            FaultyStore::after(response).map(|()| page)
        })
    }

    fn ended(&self) -> bool {
        self.inner.ended()
    }
}

struct FaultyRead {
    store: FaultyStore,
    inner: Box<dyn Read + Send>,
}

impl Read for FaultyRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let response = self.store.operation(Access::Read).map_err(StoreError::into_io)?;
        let count = self.inner.read(buffer)?;
        FaultyStore::after(response).map(|()| count).map_err(StoreError::into_io)
    }
}

struct FaultyStaged {
    store: FaultyStore,
    inner: Box<dyn Staged>,
}

impl Write for FaultyStaged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let response = self.store.operation(Access::Write).map_err(StoreError::into_io)?;
        let count = self.inner.write(bytes)?;
        FaultyStore::after(response).map(|()| count).map_err(StoreError::into_io)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Staged for FaultyStaged {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        Box::pin(async move {
            let response = self.store.operation(Access::Write)?;
            let etag = self.inner.commit(condition).await?;
            FaultyStore::after(response).map(|()| etag)
        })
    }
}
