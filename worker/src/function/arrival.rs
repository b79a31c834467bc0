//! The function that starts a run when files have arrived.
//!
//! Every upload puts a message into a queue that delivers it `quiet` seconds later. Time is divided into slots of `quiet` seconds.
//! The function starts an execution that is named after the current slot, so any number of calls within a slot starts one
//! execution. One is enough: a message that is delivered in a slot was sent before the slot began, and its file was uploaded
//! before, so the run of that slot lists the file.
//!
//! As long as more messages wait for delivery, uploads are still going on: the messages go back into the queue, and one run for all
//! uploads starts when the uploads have stopped, or at the latest when the oldest upload has waited ten times as long.
//!
//! Messages that went back are delivered again over the next minutes, each in its own slot. A run that began after an upload has
//! listed it: if there is such a run, no other run is started, so ten thousand uploads in a minute are one run. Where uploads never
//! stop, one run starts in ten times `quiet`: what came after it waits for the next one.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FunctionError;

/// While uploads go on, how long the oldest message waits at most and how far apart runs are at least, as a multiple of `quiet`.
const PATIENCE: u32 = 10;
/// Number of earlier slots in which a run may have listed the uploads already. Messages that went back are delivered again after
/// two minutes (the queue's visibility timeout), which are twelve of the shortest slots.
const LOOK_BACK: u64 = 16;

/// The future answer of another service.
pub type ServiceFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// The queue of uploads.
pub trait Queue: Send + Sync + fmt::Debug {
    /// Returns the approximate number of messages that were not delivered yet
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>).
    fn delayed(&self) -> ServiceFuture<'_, u64>;
}

/// The state machine of the pipeline.
pub trait Machine: Send + Sync + fmt::Debug {
    /// Starts an execution of this name for everything that is new. It is a success if an execution of this name exists already
    /// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
    fn start<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, ()>;

    /// Returns whether an execution of this name is running or has ended.
    fn started<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, bool>;
}

/// The event with messages of a queue, as Lambda passes it (<https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>).
#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    attributes: Attributes,
}

#[derive(Debug, Deserialize)]
struct Attributes {
    /// When the message was sent, in milliseconds since 1970.
    #[serde(rename = "SentTimestamp")]
    sent: String,
}

/// The answer to Lambda: which messages go back
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>).
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The messages that go back.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<Failure>,
}

/// A message that goes back.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The identifier of the message.
    #[serde(rename = "itemIdentifier")]
    pub message: String,
}

/// Starts runs.
#[derive(Debug)]
pub struct Starter<'a> {
    /// The queue of uploads.
    pub queue: &'a dyn Queue,
    /// The state machine of the pipeline.
    pub machine: &'a dyn Machine,
    /// How long uploads must have stopped before a run starts. The queue delivers messages after the same time.
    pub quiet: Duration,
}

impl Starter<'_> {
    /// Starts a run for the files of these messages, or lets the messages go back into the queue.
    ///
    /// # Errors
    /// When queue or pipeline do not answer; Lambda then puts the messages back.
    pub async fn arrived(&self, event: Value, now: SystemTime) -> Result<Outcome, FunctionError> {
        let batch: Batch = serde_json::from_value(event)
            .map_err(|error| FunctionError::failed(format!("this is not a batch from a queue: {error}")))?;
        if batch.records.is_empty() {
            return Ok(Outcome::default());
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent = |message: &Message| Duration::from_millis(message.attributes.sent.parse().unwrap_or(0));
        let oldest = batch.records.iter().map(sent).min().unwrap_or_default();
        let patient = now.saturating_sub(oldest) < self.quiet * PATIENCE;
        let delayed = self.queue.delayed().await.map_err(FunctionError::transient)?;
        if patient && delayed > 0 {
            tracing::info!(messages = batch.records.len(), delayed, "uploads go on");
            return Ok(Outcome::of_waiting(batch.records));
        }
        let slot = |time: Duration| time.as_secs() / self.quiet.as_secs().max(1);
        let present = slot(now);
        let recent = present.saturating_sub(PATIENCE.into());
        let needed = if delayed > 0 { recent.min(slot(oldest) + 1) } else { slot(oldest) + 1 };
        let latest = self.latest_run(needed.max(present.saturating_sub(LOOK_BACK))..present).await?;
        let all = batch.records.len();
        let is_listed = |message: &Message| latest.is_some_and(|latest| slot(sent(message)) < latest);
        let waiting: Vec<Message> = batch.records.into_iter().filter(|message| !is_listed(message)).collect();
        if waiting.is_empty() {
            tracing::info!(messages = all, "a run has listed them");
            return Ok(Outcome::default());
        }
        if delayed > 0 && latest.is_some_and(|latest| latest > recent) {
            tracing::info!(messages = waiting.len(), delayed, "uploads go on, and a run has just begun");
            return Ok(Outcome::of_waiting(waiting));
        }
        let name = run_of(present);
        self.machine.start(&name).await.map_err(FunctionError::transient)?;
        tracing::info!(messages = waiting.len(), name, "started a run");
        Ok(Outcome::default())
    }

    /// Returns the latest of these slots in which a run started.
    async fn latest_run(&self, slots: Range<u64>) -> Result<Option<u64>, FunctionError> {
        for slot in slots.rev() {
            if self.machine.started(&run_of(slot)).await.map_err(FunctionError::transient)? {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }
}

impl Outcome {
    /// The messages go back into the queue.
    fn of_waiting(messages: Vec<Message>) -> Self {
        let failure = |message: Message| Failure { message: message.message_id };
        Self { failures: messages.into_iter().map(failure).collect() }
    }
}

/// The name of the run that a slot starts.
fn run_of(slot: u64) -> String {
    format!("arrival-{slot}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    const QUIET: Duration = Duration::from_secs(60);

    #[derive(Debug, Default)]
    struct Fake {
        delayed: Mutex<u64>,
        started: Mutex<Vec<String>>,
    }

    impl Queue for Fake {
        fn delayed(&self) -> ServiceFuture<'_, u64> {
            let delayed = *self.delayed.lock().unwrap();
            Box::pin(async move { Ok(delayed) })
        }
    }

    impl Machine for Fake {
        fn start<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, ()> {
            let mut started = self.started.lock().unwrap();
            if !started.iter().any(|other| other == name) {
                started.push(name.to_owned());
            }
            Box::pin(async { Ok(()) })
        }

        fn started<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, bool> {
            let found = self.started.lock().unwrap().iter().any(|other| other == name);
            Box::pin(async move { Ok(found) })
        }
    }

    fn batch(sent: &[u64]) -> Value {
        let message = |(number, second): (usize, &u64)| json!({"messageId": format!("m{number}"), "body": "{}", "attributes": {"SentTimestamp": (second * 1000).to_string()}});
        json!({ "Records": sent.iter().enumerate().map(message).collect::<Vec<_>>() })
    }

    async fn arrived(fake: &Fake, sent: &[u64], now: u64) -> Outcome {
        let starter = Starter { queue: fake, machine: fake, quiet: QUIET };
        starter.arrived(batch(sent), UNIX_EPOCH + Duration::from_secs(now)).await.unwrap()
    }

    #[tokio::test]
    async fn an_upload_alone_starts_a_run() {
        let fake = Fake::default();
        assert_eq!(arrived(&fake, &[6000], 6065).await, Outcome::default());
        assert_eq!(*fake.started.lock().unwrap(), ["arrival-101"]);
    }

    #[tokio::test]
    async fn while_uploads_go_on_messages_go_back_but_not_for_ever() {
        let fake = Fake { delayed: Mutex::new(7), ..Fake::default() };
        let outcome = arrived(&fake, &[6000, 6010], 6070).await;
        let back: Vec<&str> = outcome.failures.iter().map(|failure| failure.message.as_str()).collect();
        assert_eq!(back, ["m0", "m1"]);
        assert!(fake.started.lock().unwrap().is_empty());
        assert_eq!(arrived(&fake, &[6000, 6010], 6600).await, Outcome::default());
        assert_eq!(fake.started.lock().unwrap().len(), 1);
    }

    /// Messages that went back while uploads went on are delivered again over two minutes, which are several slots.
    #[tokio::test]
    async fn uploads_of_a_minute_start_one_run_however_their_messages_come_again() {
        for begin in 6000..6060u64 {
            let fake = Fake::default();
            let sent: Vec<u64> = (begin..begin + 60).collect();
            let last_seen = begin + 59 + 60;
            for (index, upload) in sent.iter().enumerate() {
                // Every second message is delivered for the first time after uploads have stopped; the others are delivered again.
                let now = last_seen + if index % 2 == 0 { index as u64 % 20 } else { 2 * index as u64 };
                assert_eq!(arrived(&fake, &[*upload], now).await, Outcome::default());
            }
            assert_eq!(fake.started.lock().unwrap().len(), 1, "uploads from {begin} on");
        }
    }

    #[tokio::test]
    async fn a_run_that_began_before_an_upload_does_not_stand_for_it() {
        let fake = Fake::default();
        arrived(&fake, &[6000], 6065).await;
        // The upload falls into the slot of that run, after the run began.
        arrived(&fake, &[6070], 6185).await;
        assert_eq!(*fake.started.lock().unwrap(), ["arrival-101", "arrival-103"]);
    }

    /// An upload each second for three hours, as SQS delivers them: a batch every twenty seconds, and what went back again after two minutes.
    #[tokio::test]
    async fn where_uploads_never_stop_runs_are_ten_times_quiet_apart() {
        let fake = Fake::default();
        let (begin, end) = (60_000u64, 60_000 + 3 * 3600);
        let mut queued: Vec<(u64, u64)> = Vec::new();
        let mut uploads = begin..end;
        let mut listed = 0;
        for now in (begin..end + 1200).step_by(20) {
            queued.extend(uploads.by_ref().take(20).map(|sent| (sent, sent + 60)));
            *fake.delayed.lock().unwrap() = queued.iter().filter(|(sent, _)| sent + 60 > now).count() as u64;
            let (due, later): (Vec<_>, Vec<_>) = queued.into_iter().partition(|(_, visible)| *visible <= now);
            queued = later;
            let sent: Vec<u64> = due.iter().map(|(sent, _)| *sent).collect();
            let back = arrived(&fake, &sent, now).await.failures;
            let is_back = |number: usize| back.iter().any(|failure| failure.message == format!("m{number}"));
            let latest = fake.started.lock().unwrap().last().map(|name| name["arrival-".len()..].parse().unwrap());
            for (number, &sent) in sent.iter().enumerate() {
                if is_back(number) {
                    queued.push((sent, now + 120));
                } else {
                    listed += 1;
                    assert!(latest.is_some_and(|slot: u64| slot * 60 >= sent), "{sent} is in no run");
                    assert!(now - sent < 600 + 180, "{sent} waited until {now}");
                }
            }
        }
        assert_eq!((listed, queued.len()), (3 * 3600, 0));
        let runs = fake.started.lock().unwrap().len();
        assert!((16..=19).contains(&runs), "{runs} runs");
    }

    /// The invariant behind the slots: whenever a message is handled, the first run of its slot started after the message was sent.
    #[tokio::test]
    async fn the_run_of_a_slot_begins_after_every_upload_that_it_stands_for() {
        let mut begun: BTreeSet<String> = BTreeSet::new();
        let mut first_start = std::collections::BTreeMap::new();
        for sent in 6000..6400u64 {
            for lag in [60, 61, 75, 80] {
                let now = sent + lag;
                let fake = Fake::default();
                arrived(&fake, &[sent], now).await;
                let name = fake.started.lock().unwrap().pop().unwrap();
                let slot_start = now / 60 * 60;
                begun.insert(name.clone());
                first_start.entry(name).or_insert(slot_start);
                assert!(sent <= slot_start, "{sent} {now}");
            }
        }
        assert!(begun.len() <= 400 / 60 + 3);
    }
}
