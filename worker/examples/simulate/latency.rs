//! A store that is as slow as S3, in simulated time, and counts its requests.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice::SimulatedTime;
use sluice::cost::Requests;
use sluice::cost::rules::{BYTES_PER_CONNECTION, PAGE_KEYS, read_requests, requests_of_write};
use sluice::store::{Condition, Entry, Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

/// How slow a store is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latencies {
    /// Seconds that a page of a listing takes, evenly distributed over this range.
    pub(crate) page: Range<f64>,
    /// Seconds that any other request takes, evenly distributed over this range, without the transfer of its bytes.
    pub(crate) small: Range<f64>,
    /// Seconds of CPU time that an entry of a page costs the reader of the page. Pages are read one after the other, by a CPU with
    /// the share `cpus`.
    pub(crate) entry: f64,
    /// Seconds of CPU time per second.
    pub(crate) cpus: f64,
    /// Requests in a second beyond which the store responds with `SlowDown`.
    pub(crate) requests_per_second: Option<f64>,
}

impl Latencies {
    /// The latencies of S3, seen from a function with `cpus` vCPUs.
    pub(crate) fn of_s3(cpus: f64) -> Self {
        Self { page: 0.050..0.200, small: 0.020..0.060, entry: 4e-6, cpus, requests_per_second: None }
    }
}

/// The requests to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Requests, as S3 counts them.
    pub(crate) requests: Requests,
    /// Requests that were answered with `SlowDown`.
    pub(crate) slowed: u64,
    /// Largest number of requests in progress at once.
    pub(crate) most_at_once: u64,
    /// Total time of all requests; divided by the time that has passed, it is the mean number of requests in progress.
    pub(crate) waited: Duration,
    /// Bytes read.
    pub(crate) read: u64,
    /// Bytes written.
    pub(crate) written: u64,
}

/// A store with latencies. Clones share the store, the counts and the time.
#[derive(Clone, Debug)]
pub(crate) struct Delayed<S> {
    inner: S,
    link: Link,
}

/// The simulated connection to the store.
#[derive(Clone, Debug)]
struct Link {
    time: SimulatedTime,
    latencies: Arc<Latencies>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: u64,
    counted: Counted,
    at_once: u64,
    /// When the CPU has finished reading the pages so far.
    cpu_free: Duration,
    /// Number of requests that may be sent now without exceeding the rate, and the time of that count.
    allowance: (f64, Duration),
}

impl<S> Delayed<S> {
    /// Slows a store down; the same `seed` makes the same latencies to the same requests in the same order.
    pub(crate) fn new(inner: S, latencies: Latencies, time: SimulatedTime, seed: u64) -> Self {
        let allowance = (latencies.requests_per_second.unwrap_or(0.0), Duration::ZERO);
        let state =
            State { random: seed, counted: Counted::default(), at_once: 0, cpu_free: Duration::ZERO, allowance };
        Self { inner, link: Link { time, latencies: Arc::new(latencies), state: Arc::new(Mutex::new(state)) } }
    }

    /// Returns the counts of the requests so far.
    pub(crate) fn counted(&self) -> Counted {
        self.link.state().counted
    }

    /// Returns the wrapped store, whose operations take no time.
    pub(crate) fn inner(&self) -> &S {
        &self.inner
    }
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        // No change of the state is left half done, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request that transfers `bytes` and takes `seconds` in addition; `count` counts it.
    async fn send(
        &self,
        at: &str,
        seconds: &Range<f64>,
        bytes: u64,
        count: impl Fn(&mut Counted),
    ) -> Result<(), StoreError> {
        let (pause, slowed) = {
            let mut state = self.state();
            count(&mut state.counted);
            state.at_once += 1;
            state.counted.most_at_once = state.counted.most_at_once.max(state.at_once);
            let slowed = self.latencies.requests_per_second.is_some_and(|rate| !state.admits(rate, self.time.now()));
            state.counted.slowed += u64::from(slowed);
            let carried = if slowed { 0.0 } else { bytes as f64 / BYTES_PER_CONNECTION };
            let share = state.share();
            (seconds.start + (seconds.end - seconds.start) * share + carried, slowed)
        };
        let pause = Duration::from_secs_f64(pause);
        self.state().counted.waited += pause;
        // The count is reduced when `_in_flight` is dropped, also if the caller gives up waiting for the answer.
        let _in_flight = InFlight(self);
        self.time.sleep(pause).await;
        if slowed {
            let reason = "SlowDown: please reduce your request rate".to_owned();
            return Err(StoreError::Busy { at: at.to_owned(), reason });
        }
        Ok(())
    }

    async fn small(&self, at: &str, bytes: u64, count: impl Fn(&mut Counted)) -> Result<(), StoreError> {
        self.send(at, &self.latencies.small, bytes, count).await
    }

    /// Simulates the reading of `entries` of a page: the CPU reads one page after the other.
    async fn simulate_reading(&self, entries: usize) {
        let work = Duration::from_secs_f64(entries as f64 * self.latencies.entry / self.latencies.cpus);
        let now = self.time.now();
        let free = {
            let mut state = self.state();
            state.cpu_free = state.cpu_free.max(now) + work;
            state.cpu_free
        };
        self.time.sleep(free - now).await;
    }
}

struct InFlight<'a>(&'a Link);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().at_once -= 1;
    }
}

impl State {
    /// Returns the next random number from 0 up to 1 (SplitMix64).
    fn share(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns true if one more request is within the rate; the requests of one second may be sent in one burst.
    fn admits(&mut self, rate: f64, now: Duration) -> bool {
        let (left, counted) = self.allowance;
        let left = (left + rate * (now - counted).as_secs_f64()).min(rate);
        let admitted = left >= 1.0;
        self.allowance = (if admitted { left - 1.0 } else { left }, now);
        admitted
    }
}

impl<S: Store> Store for Delayed<S> {
    fn locate(&self, key: &str) -> String {
        self.inner.locate(key)
    }

    fn check_key(&self, key: &str) -> Result<(), StoreError> {
        self.inner.check_key(key)
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        let at = self.inner.locate(&scope.prefix);
        Box::new(DelayedListing { inner: self.inner.list(scope), link: self.link.clone(), at, ended: false })
    }

    fn parallel_listings(&self) -> usize {
        self.inner.parallel_listings()
    }

    fn is_billed(&self) -> bool {
        // It stands for S3.
        true
    }

    fn requests(&self) -> Requests {
        self.counted().requests
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async move {
            self.link.small(&self.locate(key), 0, |counted| counted.requests.head += 1).await?;
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
            let opened = self.inner.open(key, version, range.clone()).await;
            let bytes = opened.as_ref().map_or(0, |(object, _)| {
                let range = range.unwrap_or(0..object.bytes);
                range.end.min(object.bytes).saturating_sub(range.start)
            });
            let count = |counted: &mut Counted| {
                counted.requests.get += read_requests(bytes);
                counted.read += bytes;
            };
            self.link.small(&self.locate(key), bytes, count).await?;
            opened
        })
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        Box::pin(async move {
            let (inner, link) = (self.inner.stage(key, stamp).await?, self.link.clone());
            let at = self.inner.locate(key);
            Ok(Box::new(DelayedStaged { inner, link, at, bytes: 0, sent: false }) as Box<dyn Staged>)
        })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.link.small(&self.locate(key), 0, |counted| counted.requests.delete += 1).await?;
            self.inner.delete(key, etag).await
        })
    }
}

struct DelayedListing {
    inner: Box<dyn Listing>,
    link: Link,
    at: String,
    ended: bool,
}

impl Listing for DelayedListing {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            // Each page of S3 says whether more pages follow.
            if self.ended {
                return Ok(Vec::new());
            }
            let count = |counted: &mut Counted| counted.requests.list += 1;
            self.link.send(&self.at, &self.link.latencies.page, 0, count).await?;
            let mut page = Vec::new();
            while !self.ended && page.len() < PAGE_KEYS as usize {
                let more = self.inner.page().await?;
                self.ended = more.is_empty() || self.inner.ended();
                page.extend(more);
            }
            self.link.simulate_reading(page.len()).await;
            Ok(page)
        })
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

struct DelayedStaged {
    inner: Box<dyn Staged>,
    link: Link,
    at: String,
    bytes: u64,
    /// Whether the bytes were sent before; a commit that is tried again does not send them again.
    sent: bool,
}

impl Write for DelayedStaged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Staged for DelayedStaged {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        Box::pin(async move {
            let bytes = if self.sent { 0 } else { self.bytes };
            let count = |counted: &mut Counted| {
                counted.requests.put += requests_of_write(bytes);
                counted.written += bytes;
            };
            self.link.small(&self.at, bytes, count).await?;
            self.sent = true;
            self.inner.commit(condition).await
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use sluice::store::MemoryStore;

    fn delayed(latencies: Latencies) -> (SimulatedTime, Delayed<MemoryStore>) {
        let time = SimulatedTime::default();
        (time.clone(), Delayed::new(MemoryStore::new(), latencies, time, 7))
    }

    #[test]
    fn requests_take_their_time_and_are_counted_by_kind() {
        let (time, store) = delayed(Latencies::of_s3(1.0));
        let shared = store.clone();
        let run = async move {
            let etag = shared.put("a", b"abc".to_vec(), Condition::IfAbsent).await.unwrap();
            shared.head("a").await.unwrap();
            assert_eq!(shared.get("a", 10).await.unwrap().1, b"abc");
            assert!(shared.head("b").await.is_err());
            shared.delete("a", &etag).await.unwrap();
            assert!(shared.list(Scope::default()).page().await.unwrap().is_empty());
        };
        time.run(run).unwrap();
        let counted = store.counted();
        assert_eq!(counted.requests, Requests { list: 1, get: 1, head: 2, put: 1, delete: 1 });
        assert_eq!((counted.read, counted.written, counted.most_at_once), (3, 3, 1));
        assert!((0.15..0.5).contains(&time.now().as_secs_f64()), "{:?}", time.now());
    }

    #[test]
    fn the_same_seed_takes_the_same_time() {
        let taken = || {
            let (time, store) = delayed(Latencies::of_s3(1.0));
            let run = async move {
                let mut requests = tokio::task::JoinSet::new();
                for key in 0..100 {
                    let store = store.clone();
                    requests.spawn(async move {
                        store.put(&key.to_string(), vec![0; key], Condition::Always).await.unwrap()
                    });
                }
                requests.join_all().await;
            };
            time.run(run).unwrap();
            time.now()
        };
        assert_eq!(taken(), taken());
        assert!(taken() < Duration::from_millis(61), "all at once: {:?}", taken());
    }

    #[test]
    fn whoever_asks_too_fast_is_slowed_down() {
        let (time, store) = delayed(Latencies { requests_per_second: Some(10.0), ..Latencies::of_s3(1.0) });
        let shared = store.clone();
        let run = async move {
            let mut refused = 0;
            for _ in 0..100 {
                refused += u32::from(matches!(shared.head("a").await, Err(StoreError::Busy { .. })));
            }
            refused
        };
        let refused = time.run(run).unwrap();
        // Some 25 a second are sent for some four seconds.
        assert!((30..70).contains(&refused), "{refused}");
        assert_eq!(store.counted().slowed, u64::from(refused));
    }
}
