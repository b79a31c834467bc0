//! A store for drills that runs a hook before each operation of another store.

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use super::{Condition, Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

/// An operation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'k> {
    /// [`Store::open`] of this key.
    Open(&'k str),
    /// Any other operation: [`Store::head`], [`Store::stage`], [`Staged::commit`], [`Store::delete`] and [`Store::put_record`].
    Other,
}

/// The hook before an operation.
pub(crate) trait Before: Clone + fmt::Debug + Send + Sync + 'static {
    /// Runs before the operation; an error is returned in place of the operation's result.
    fn before<'a>(&'a self, operation: Operation<'a>) -> StoreFuture<'a, ()> {
        let _ = operation;
        Box::pin(async { Ok(()) })
    }

    /// Returns a listing that takes the place of this one.
    fn around_listing(&self, listing: Box<dyn Listing>) -> Box<dyn Listing> {
        listing
    }

    /// See [`Store::parallel_listings`].
    fn parallel_listings(&self) -> usize {
        1
    }
}

/// The store with its hook. Clones share the wrapped store.
#[derive(Clone, Debug)]
pub(crate) struct HookedStore<B> {
    inner: Arc<dyn Store>,
    before: B,
}

impl<B: Before> HookedStore<B> {
    pub(crate) fn new(inner: impl Store + 'static, before: B) -> Self {
        Self { inner: Arc::new(inner), before }
    }
}

impl<B: Before> Store for HookedStore<B> {
    fn locate(&self, key: &str) -> String {
        self.inner.locate(key)
    }

    fn check_key(&self, key: &str) -> Result<(), StoreError> {
        self.inner.check_key(key)
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        self.before.around_listing(self.inner.list(scope))
    }

    fn parallel_listings(&self) -> usize {
        self.before.parallel_listings()
    }

    fn is_billed(&self) -> bool {
        self.inner.is_billed()
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async move {
            self.before.before(Operation::Other).await?;
            self.inner.head(key).await
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        Box::pin(async move {
            self.before.before(Operation::Open(key)).await?;
            self.inner.open(key, version, range).await
        })
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        Box::pin(async move {
            self.before.before(Operation::Other).await?;
            let inner = self.inner.stage(key, stamp).await?;
            Ok(Box::new(HookedStaged { before: self.before.clone(), inner }) as Box<dyn Staged>)
        })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.before.before(Operation::Other).await?;
            self.inner.delete(key, etag).await
        })
    }

    fn put_record<'a>(&'a self, key: &'a str, bytes: Vec<u8>, condition: Condition) -> StoreFuture<'a, String> {
        Box::pin(async move {
            self.before.before(Operation::Other).await?;
            self.inner.put_record(key, bytes, condition).await
        })
    }

    fn keep_records(&self) -> StoreFuture<'_, ()> {
        self.inner.keep_records()
    }
}

struct HookedStaged<B> {
    before: B,
    inner: Box<dyn Staged>,
}

impl<B: Before> Write for HookedStaged<B> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<B: Before> Staged for HookedStaged<B> {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        Box::pin(async move {
            self.before.before(Operation::Other).await?;
            self.inner.commit(condition).await
        })
    }
}
