//! Plans of sources with very many keys. The keys are made up page by page, and each page takes as long as it does on S3.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use sluice::Clock;
use sluice::plan::{Mode, Plan, PlanError, Request, plan};
use sluice::store::{Condition, Entry, Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};

/// Keys in a page of S3.
const PAGE: u64 = 1000;

/// The prefix of the ledger's keys.
const LEDGER: &str = "_sluice/ledger/";

/// Keys in ascending order, computed from their numbers.
#[derive(Clone, Copy, Debug)]
struct Keys {
    count: u64,
    key: fn(u64) -> String,
}

impl Keys {
    /// Returns how many keys are before the first key for which `is_behind` is true.
    fn before(&self, is_behind: impl Fn(&str) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_behind(&(self.key)(middle)) { high = middle } else { low = middle + 1 }
        }
        low
    }
}

#[derive(Debug, Default)]
struct Counts {
    listings: AtomicU64,
    on_their_way: AtomicUsize,
    most: AtomicUsize,
    refused: AtomicU64,
    written: AtomicU64,
    committed: AtomicU64,
}

/// A bucket that answers each request after a latency.
#[derive(Clone, Debug)]
struct Bucket {
    files: Keys,
    records: Keys,
    latency: Duration,
    /// Most requests that are answered at the same time.
    room: usize,
    counts: Arc<Counts>,
}

impl Bucket {
    fn new(files: Keys, records: Keys) -> Self {
        Self { files, records, latency: Duration::from_millis(100), room: usize::MAX, counts: Arc::default() }
    }

    fn listings(&self) -> u64 {
        self.counts.listings.load(Ordering::SeqCst)
    }
}

struct Pages {
    bucket: Bucket,
    keys: Keys,
    until: Option<String>,
    next: Range<u64>,
    begun: bool,
}

impl Listing for Pages {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            if self.ended() {
                return Ok(Vec::new());
            }
            self.begun = true;
            let counts = &self.bucket.counts;
            counts.listings.fetch_add(1, Ordering::SeqCst);
            let here = counts.on_their_way.fetch_add(1, Ordering::SeqCst) + 1;
            counts.most.fetch_max(here, Ordering::SeqCst);
            tokio::time::sleep(self.bucket.latency).await;
            counts.on_their_way.fetch_sub(1, Ordering::SeqCst);
            if here > self.bucket.room {
                counts.refused.fetch_add(1, Ordering::SeqCst);
                return Err(StoreError::Busy { at: String::new(), reason: "SlowDown".to_owned() });
            }
            let end = self.next.end.min(self.next.start + PAGE);
            let mut page = Vec::with_capacity(PAGE as usize);
            for number in self.next.start..end {
                let key = (self.keys.key)(number);
                if self.until.as_ref().is_some_and(|until| key > *until) {
                    self.next.end = number;
                    break;
                }
                let etag = "d41d8cd98f00b204e9800998ecf8427e".to_owned();
                page.push(Entry::Object(Object { key, bytes: 100_000, etag, last_modified: UNIX_EPOCH }));
            }
            self.next.start = end.min(self.next.end);
            Ok(page)
        })
    }

    fn ended(&self) -> bool {
        self.begun && self.next.is_empty()
    }
}

struct Sink(Arc<Counts>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.written.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Staged for Sink {
    fn commit(&mut self, _condition: Condition) -> StoreFuture<'_, String> {
        self.0.committed.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(String::new()) })
    }
}

impl Store for Bucket {
    fn locate(&self, key: &str) -> String {
        key.to_owned()
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        let keys = if scope.prefix.starts_with(LEDGER) { self.records } else { self.files };
        let Scope { prefix, after, until, .. } = scope;
        let begins =
            keys.before(|key| key >= prefix.as_str() && after.as_ref().is_none_or(|after| key > after.as_str()));
        let ends = keys.before(|key| key > prefix.as_str() && !key.starts_with(&prefix));
        Box::new(Pages { bucket: self.clone(), keys, until, next: begins..ends, begun: false })
    }

    fn parallel_listings(&self) -> usize {
        64
    }

    fn is_billed(&self) -> bool {
        // It stands for S3.
        true
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async { Err(StoreError::NotFound { at: key.to_owned() }) })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        _version: Option<&'a str>,
        _range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        Box::pin(async { Err(StoreError::NotFound { at: key.to_owned() }) })
    }

    fn stage<'a>(&'a self, _key: &'a str, _stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        Box::pin(async { Ok(Box::new(Sink(Arc::clone(&self.counts))) as Box<dyn Staged>) })
    }

    fn delete<'a>(&'a self, _key: &'a str, _etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

const NONE: Keys = Keys { count: 0, key: |_| String::new() };

/// Keys of one file and one descriptor for each client.
fn with_descriptor(number: u64) -> String {
    let name = ["incoming/2026-11-26.csv", "resource.json"][(number % 2) as usize];
    format!("clients/{:06}/{name}", number / 2)
}

/// Keys of clients with identifiers spread over all numbers of 64 bits.
fn with_random_ids(number: u64) -> String {
    let spread = number * (u64::MAX / 100_000) + number * 7919 % 1_000_000_007;
    format!("{spread:016x}/incoming/orders.csv")
}

/// Keys of all files of one client, by day.
fn by_day(number: u64) -> String {
    format!("client/incoming/2026-{:02}-{:02}/part-{:05}.csv", 1 + number / 9000, 1 + number / 300 % 30, number % 300)
}

/// Keys of a hundred files for each of 100,000 clients.
fn hundred_each(number: u64) -> String {
    format!("clients/{:06}/incoming/{:03}.csv", number / 100, number % 100)
}

/// Keys of the records of all these files, except each 10,000th.
fn but_each_ten_thousandth(number: u64) -> String {
    let file = hundred_each(number + number / 9999);
    format!("{LEDGER}{file}/d41d8cd98f00b204e9800998ecf8427e.json")
}

/// Returns the most memory in bytes that this process has had since [`forget_peak`].
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Makes Linux count the peak memory from here on (`man 5 proc_pid_clear_refs`).
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

struct Measured {
    plan: Plan,
    seconds: f64,
    peak: u64,
}

async fn measured(what: &str, bucket: &Bucket, request: &Request) -> Measured {
    let store: Arc<dyn Store> = Arc::new(bucket.clone());
    forget_peak();
    let start = Clock::System.now();
    let plan = plan(&store, request, Mode::Write, Clock::System, &mut |_| {}).await.unwrap();
    let measured = Measured { plan, seconds: Clock::System.seconds_since(start), peak: peak() };
    let counts = &bucket.counts;
    println!(
        "{what}: {:.1} s, {} MB, {} listings (at most {} at once), {} MB written",
        measured.seconds,
        measured.peak / 1_000_000,
        bucket.listings(),
        counts.most.load(Ordering::SeqCst),
        counts.written.load(Ordering::SeqCst) / 1_000_000,
    );
    measured
}

/// Returns the listings beyond one page for each 1,000 keys.
fn extra(bucket: &Bucket) -> u64 {
    bucket.listings() - (bucket.files.count / PAGE + bucket.records.count / PAGE)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_prefixes_with_a_new_file_each_are_planned_in_seconds() {
    let kinds: [(&str, Keys); 3] = [
        ("numbers, with descriptors", Keys { count: 200_000, key: with_descriptor }),
        ("random identifiers", Keys { count: 100_000, key: with_random_ids }),
        ("one client, by day", Keys { count: 100_000, key: by_day }),
    ];
    for (what, files) in kinds {
        let bucket = Bucket::new(files, NONE);
        let Measured { plan, seconds, peak } = measured(what, &bucket, &Request::default()).await;
        assert_eq!((plan.files, plan.tasks), (100_000, 10), "{what}");
        // The bar is 120 seconds: one after the other these are 10 or 20, and all at once there is nothing to do at less than a tenth.
        assert!(seconds < 20.0, "{what}: {seconds} s");
        assert!(peak < 256_000_000, "{what}: {peak} bytes");
        assert!(extra(&bucket) < 200, "{what}: {}", bucket.listings());
        assert!(bucket.counts.most.load(Ordering::SeqCst) <= 64);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute, and its memory is that of the process: cargo test --release --test plan_at_scale -- --ignored --test-threads 1"]
async fn ten_million_files_of_which_a_thousand_are_new_are_planned_in_minutes() {
    let files = Keys { count: 10_000_000, key: hundred_each };
    let bucket = Bucket::new(files, Keys { count: 9_999_000, key: but_each_ten_thousandth });
    let Measured { plan, seconds, peak } = measured("10 million done", &bucket, &Request::default()).await;
    assert_eq!((plan.files, plan.done, plan.prefixes), (1000, 9_999_000, 1000));
    assert!(seconds < 600.0, "{seconds} s");
    assert!(peak < 512_000_000, "{peak} bytes");
    assert!(extra(&bucket) < 2000, "{}", bucket.listings());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and its memory is that of the process: cargo test --release --test plan_at_scale -- --ignored --test-threads 1"]
async fn ten_million_new_files_are_planned_in_minutes_and_constant_memory() {
    let files = Keys { count: 10_000_000, key: hundred_each };
    let bucket = Bucket::new(files, NONE);
    let Measured { plan, seconds, peak } = measured("10 million new", &bucket, &Request::default()).await;
    assert_eq!((plan.files, plan.tasks, plan.prefixes), (10_000_000, 1000, 100_000));
    assert!(seconds < 600.0, "{seconds} s");
    assert!(peak < 512_000_000, "{peak} bytes");
    assert!(extra(&bucket) < 10_000, "{}", bucket.listings());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_a_few_files_is_listed_once() {
    let bucket = Bucket::new(Keys { count: 500, key: with_random_ids }, NONE);
    measured("500 files", &bucket, &Request::default()).await;
    // One listing each for the keys before `_sluice/`, the keys behind it, and the ledger.
    assert_eq!(bucket.listings(), 3);
    let bucket = Bucket::new(Keys { count: 500, key: hundred_each }, Keys { count: 400, key: but_each_ten_thousandth });
    measured("500 files, 400 done", &bucket, &Request::default()).await;
    assert_eq!(bucket.listings(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_has_too_many_requests_is_asked_less() {
    let mut bucket = Bucket::new(Keys { count: 200_000, key: with_descriptor }, NONE);
    (bucket.room, bucket.latency) = (8, Duration::from_millis(20));
    let Measured { plan, .. } = measured("room for 8 requests", &bucket, &Request::default()).await;
    assert_eq!(plan.files, 100_000);
    let refused = bucket.counts.refused.load(Ordering::SeqCst);
    assert!((1..200).contains(&refused), "{refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_takes_too_long_says_how_far_it_came_and_writes_nothing() {
    let bucket = Bucket::new(Keys { count: 10_000_000, key: hundred_each }, NONE);
    let store: Arc<dyn Store> = Arc::new(bucket.clone());
    let clock = Clock::System;
    let start = clock.now();
    let deadline = Some(deadline_in(Duration::from_millis(800)));
    let request = Request { deadline, ..Request::default() };
    let error = plan(&store, &request, Mode::Write, clock, &mut |_| {}).await.unwrap_err();
    assert!(clock.seconds_since(start) < 5.0);
    assert_eq!(bucket.counts.committed.load(Ordering::SeqCst), 0);
    let PlanError::TooLong { keys, reached } = &error else { panic!("{error}") };
    assert!(*keys > 1000 && reached.starts_with("clients/"), "{error}");
    assert!(error.to_string().contains("`planner: task`"), "{error}");
}

#[expect(clippy::disallowed_methods, reason = "a deadline is a moment of the clock that nobody sets")]
fn deadline_in(time: Duration) -> std::time::Instant {
    std::time::Instant::now() + time
}
