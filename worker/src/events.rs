//! The events of a run on EventBridge: one per prefix, and one for the run.
//!
//! Events are sent after the outputs are committed, each at least once; receivers recognize repeats by `runId` and `prefix`.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use tokio::task::JoinHandle;

use crate::aws::chain;
use crate::clock::{monotonic, sleep};
use crate::publish::PrefixLines;
use crate::store::StoreError;

/// The default source of events.
pub const SOURCE: &str = statemachine::pipeline::EVENT_SOURCE;
/// The default detail type of the event with the result of a prefix.
pub const PREFIX_EVENT: &str = "Data Processing Status";
/// The detail type of the event with the result of a run.
pub const RUN_EVENT: &str = statemachine::pipeline::RUN_EVENT;

/// Maximum number of entries of one request (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
const BATCH: usize = 10;
/// Maximum number of requests in progress. The quota of small regions is 400 entries per second, that of large ones 10,000
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>); entries above the quota are logged and sent again.
const REQUESTS: usize = 16;
/// Maximum number of attempts to send an entry.
const TRIES: u32 = 8;
/// The pause after the first attempt; it doubles with each further attempt.
pub const PAUSE: Duration = Duration::from_millis(200);

/// The future response to a request: for each entry the reason why it was refused, or `None`.
pub type PutFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<Option<String>>, String>> + Send + 'a>>;

/// The subject of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The result of a prefix.
    Prefix,
    /// The result of a run.
    Run,
}

/// An event bus.
pub trait Bus: Send + Sync + fmt::Debug {
    /// Sends at most ten events with these details, as JSON.
    fn put<'a>(&'a self, about: About, details: &'a [String]) -> PutFuture<'a>;
}

/// Events that the bus has refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} events were not taken by the event bus ({reason}); the next run sends them, repeats are harmless")]
pub struct NotSent {
    /// Number of events in the failed request that were not accepted.
    pub left: usize,
    /// The first reason why an event was refused.
    pub reason: String,
}

/// Why not all events were sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The bus refused some events.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// The report could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends one event; if it is refused, sends it again after `pause`, after twice `pause`, and so on.
///
/// # Errors
/// When the event was refused several times.
pub async fn send_one(bus: &dyn Bus, about: About, detail: String, pause: Duration) -> Result<(), NotSent> {
    put_batch(bus, about, vec![detail], pause).await
}

async fn put_batch(bus: &dyn Bus, about: About, mut batch: Vec<String>, pause: Duration) -> Result<(), NotSent> {
    let mut reason = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(pause * 2u32.pow(attempt - 1)).await;
        }
        let answers = match bus.put(about, &batch).await {
            Ok(answers) => answers,
            Err(error) => vec![Some(error); batch.len()],
        };
        let refused = batch.into_iter().zip(answers).filter_map(|(detail, answer)| Some((detail, answer?)));
        let reasons: Vec<String>;
        (batch, reasons) = refused.unzip();
        if batch.is_empty() {
            return Ok(());
        }
        reason = reason.or_else(|| reasons.into_iter().next());
    }
    Err(NotSent { left: batch.len(), reason: reason.unwrap_or_default() })
}

/// The events of a report that were sent so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentEvents {
    pub(crate) count: u64,
    /// Whether these are all events of the report.
    pub(crate) is_all: bool,
}

/// Sends the events of the prefixes of a report, several requests at a time.
#[derive(Debug)]
pub(crate) struct PrefixEvents {
    bus: Arc<dyn Bus>,
    pause: Duration,
    /// Requests in progress, in the order of the report.
    running: VecDeque<Sending>,
    /// The first events of the report, up to this number, were sent.
    sent: u64,
}

/// A request in progress.
#[derive(Debug)]
struct Sending {
    /// Number of its events.
    count: u64,
    request: JoinHandle<Result<(), NotSent>>,
}

impl PrefixEvents {
    pub(crate) fn new(bus: Arc<dyn Bus>, pause: Duration) -> Self {
        Self { bus, pause, running: VecDeque::new(), sent: 0 }
    }

    /// Sends the events of the report that were not sent yet; stops early at `deadline`, or after about `most` events. If no request
    /// fails, waits for all requests in progress. Returns how many events of the report were sent in all.
    ///
    /// # Errors
    /// When the bus refuses some events, or the report cannot be read.
    pub(crate) async fn send(
        &mut self,
        lines: &mut PrefixLines,
        most: u64,
        deadline: Option<Instant>,
    ) -> Result<SentEvents, SendError> {
        let until = self.sent.saturating_add(most);
        let mut ahead = self.sent;
        let mut ended = false;
        while !ended && ahead < until && deadline.is_none_or(|end| monotonic() < end) {
            let batch = lines.next(BATCH).await?;
            ended = batch.len() < BATCH;
            if batch.is_empty() {
                break;
            }
            if self.running.len() == REQUESTS {
                self.wait_for_first().await?;
            }
            ahead += batch.len() as u64;
            let (bus, pause, count) = (Arc::clone(&self.bus), self.pause, batch.len() as u64);
            let request = tokio::spawn(async move { put_batch(&*bus, About::Prefix, batch, pause).await });
            self.running.push_back(Sending { count, request });
        }
        while !self.running.is_empty() {
            self.wait_for_first().await?;
        }
        Ok(SentEvents { count: self.sent, is_all: ended })
    }

    /// Passes over the first `sent` prefixes of a report, whose events were sent before.
    pub(crate) async fn skip(&mut self, lines: &mut PrefixLines, sent: u64) -> Result<(), StoreError> {
        while self.sent < sent {
            let most = usize::try_from(sent - self.sent).unwrap_or(usize::MAX).min(1000);
            let passed = lines.next(most).await?.len() as u64;
            if passed == 0 {
                break;
            }
            self.sent += passed;
        }
        Ok(())
    }

    async fn wait_for_first(&mut self) -> Result<(), NotSent> {
        let Some(Sending { count, request }) = self.running.pop_front() else {
            return Ok(());
        };
        match request.await {
            Ok(Ok(())) => self.sent += count,
            Ok(Err(error)) => return Err(error),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        Ok(())
    }
}

/// An event bus of EventBridge, with the source and the detail type of the events on it.
#[derive(Clone, Debug)]
pub struct EventBridge {
    client: Client,
    bus: String,
    source: String,
    prefix_event: String,
}

impl EventBridge {
    /// Makes the bus with this name or ARN. `source` and `prefix_event` are the source and the detail type of the events of
    /// prefixes; `None` for the defaults.
    pub fn new(client: Client, bus: String, source: Option<String>, prefix_event: Option<String>) -> Self {
        let source = source.unwrap_or_else(|| SOURCE.to_owned());
        Self { client, bus, source, prefix_event: prefix_event.unwrap_or_else(|| PREFIX_EVENT.to_owned()) }
    }
}

impl Bus for EventBridge {
    fn put<'a>(&'a self, about: About, details: &'a [String]) -> PutFuture<'a> {
        let kind = match about {
            About::Prefix => &self.prefix_event,
            About::Run => RUN_EVENT,
        };
        let entry = |detail: &String| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(&self.source)
                .detail_type(kind)
                .detail(detail)
                .build()
        };
        let request = self.client.put_events().set_entries(Some(details.iter().map(entry).collect()));
        Box::pin(async {
            let output = request.send().await.map_err(|error| chain(&error))?;
            let answer = |entry: &aws_sdk_eventbridge::types::PutEventsResultEntry| {
                entry.error_code().map(|code| format!("{code}: {}", entry.error_message().unwrap_or_default()))
            };
            Ok(output.entries().iter().map(answer).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::Mutex;

    use super::*;
    use crate::store::{Condition, MemoryStore, Store};
    use crate::task::RunId;

    /// A bus that refuses every third entry of a request, or all of them; records the sizes of the requests, and the accepted
    /// details.
    #[derive(Debug, Default)]
    struct Fussy {
        requests: Mutex<Vec<usize>>,
        taken: Mutex<Vec<String>>,
        takes_none: bool,
    }

    impl Bus for Fussy {
        fn put<'a>(&'a self, _: About, details: &'a [String]) -> PutFuture<'a> {
            self.requests.lock().unwrap().push(details.len());
            let answers = details.iter().enumerate().map(|(index, detail)| {
                if self.takes_none || index % 3 == 2 {
                    return Some("ThrottlingException".to_owned());
                }
                self.taken.lock().unwrap().push(detail.clone());
                None
            });
            let answers = Ok(answers.collect());
            Box::pin(async { answers })
        }
    }

    /// Stores a report of `count` prefixes; returns the lines of the prefixes.
    async fn reported(count: usize) -> (Arc<dyn Store>, RunId, Vec<String>) {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let run = RunId("r".to_owned());
        let lines: Vec<String> = (0..count).map(|number| format!("{{\"prefix\":\"p{number:03},]\"}}")).collect();
        let first = if count == 0 { "" } else { "\n" };
        let report = format!("{{\"prefixes\":[{first}{}\n],\"status\":\"SUCCEEDED\"}}\n", lines.join(",\n"));
        store.put(&run.report_key(), report.into_bytes(), Condition::Always).await.unwrap();
        (store, run, lines)
    }

    #[tokio::test]
    async fn every_prefix_is_sent_and_entries_that_are_not_taken_are_sent_again() {
        for count in [0, 1, 9, 10, 11, 230] {
            let (store, run, expected) = reported(count).await;
            let bus = Arc::new(Fussy::default());
            let mut events = PrefixEvents::new(bus.clone(), Duration::ZERO);
            let mut lines = PrefixLines::open(&store, &run).await.unwrap();
            let sent = events.send(&mut lines, u64::MAX, None).await.unwrap();
            assert_eq!(sent, SentEvents { count: count as u64, is_all: true });
            let mut taken = bus.taken.lock().unwrap().clone();
            taken.sort();
            assert_eq!(taken, expected);
            assert!(bus.requests.lock().unwrap().iter().all(|entries| *entries <= BATCH));
        }
    }

    #[tokio::test]
    async fn a_sender_that_stops_early_goes_on_where_it_stopped() {
        let (store, run, expected) = reported(95).await;
        let bus = Arc::new(Fussy::default());
        let mut sent = 0;
        loop {
            // Every turn is a new process: only the number of sent events is kept.
            let mut events = PrefixEvents::new(bus.clone(), Duration::ZERO);
            let mut lines = PrefixLines::open(&store, &run).await.unwrap();
            events.skip(&mut lines, sent).await.unwrap();
            let SentEvents { count, is_all } = events.send(&mut lines, 30, None).await.unwrap();
            sent = count;
            if is_all {
                break;
            }
        }
        let mut taken = bus.taken.lock().unwrap().clone();
        taken.sort();
        assert_eq!((sent, taken), (95, expected));
    }

    #[tokio::test]
    async fn events_that_are_never_taken_are_an_error_that_says_why() {
        let (store, run, _) = reported(12).await;
        let bus = Arc::new(Fussy { takes_none: true, ..Fussy::default() });
        let mut events = PrefixEvents::new(bus, Duration::ZERO);
        let mut lines = PrefixLines::open(&store, &run).await.unwrap();
        let SendError::NotSent(error) = events.send(&mut lines, u64::MAX, None).await.unwrap_err() else {
            panic!("the bus is at fault");
        };
        assert_eq!((error.left, error.reason.as_str()), (10, "ThrottlingException"));
    }
}
