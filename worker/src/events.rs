//! The events of a run: one per prefix, on EventBridge.
//!
//! They are sent after the outputs are committed, at least once: `runId` and `prefix` tell repeats.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::aws::chain;
use crate::clock;
use crate::publish::PrefixResult;

/// Where events come from.
pub const SOURCE: &str = statemachine::pipeline::EVENT_SOURCE;
/// The kind of event that tells the result of a prefix.
pub const PREFIX_EVENT: &str = "Data Processing Status";

/// Entries of one request (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
const BATCH: usize = 10;
/// How often an entry is tried.
const TRIES: u32 = 5;
/// The first pause between two tries; each next one is twice as long.
pub const PAUSE: Duration = Duration::from_millis(200);
/// What is kept of the cause: ten events have to fit one request of 256 KiB.
const CAUSE_CHARS: usize = 2000;

/// For each entry of a request why it was not taken, or nothing.
pub type Answers<'a> = Pin<Box<dyn Future<Output = Result<Vec<Option<String>>, String>> + Send + 'a>>;

/// Where events go.
pub trait Bus: Send + Sync + fmt::Debug {
    /// Sends at most ten details, as JSON.
    fn put<'a>(&'a self, details: &'a [&'a str]) -> Answers<'a>;
}

/// Events that nobody took.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} of {all} events were not taken by the event bus ({reason}); run again, repeats are harmless")]
pub struct NotSent {
    /// Those left.
    pub left: usize,
    /// All of the run.
    pub all: usize,
    /// The first reason.
    pub reason: String,
}

/// Sends the event of every prefix; entries that are not taken are sent again after
/// `pause`, and after twice that, and so on.
///
/// # Errors
/// When some were not taken after several tries; the others were.
pub async fn send(bus: &dyn Bus, prefixes: &[PrefixResult], pause: Duration) -> Result<(), NotSent> {
    let details: Vec<String> = prefixes.iter().map(detail).collect();
    let (mut left, mut reason) = (0, None);
    for batch in details.chunks(BATCH) {
        let mut batch: Vec<&str> = batch.iter().map(String::as_str).collect();
        for attempt in 0..TRIES {
            if attempt > 0 {
                clock::sleep(pause * 2u32.pow(attempt - 1)).await;
            }
            let answers = match bus.put(&batch).await {
                Ok(answers) => answers,
                Err(error) => batch.iter().map(|_| Some(error.clone())).collect(),
            };
            let refused = batch.iter().zip(answers).filter_map(|(detail, answer)| Some((*detail, answer?)));
            let (again, reasons): (Vec<&str>, Vec<String>) = refused.unzip();
            batch = again;
            if batch.is_empty() {
                break;
            }
            reason = reason.or_else(|| reasons.into_iter().next());
        }
        left += batch.len();
    }
    if left == 0 {
        return Ok(());
    }
    Err(NotSent { left, all: details.len(), reason: reason.unwrap_or_default() })
}

fn detail(prefix: &PrefixResult) -> String {
    let mut prefix = prefix.clone();
    if let Some((end, _)) = prefix.cause.as_deref().and_then(|cause| cause.char_indices().nth(CAUSE_CHARS)) {
        prefix.cause.as_mut().into_iter().for_each(|cause| {
            cause.truncate(end);
            cause.push('…');
        });
    }
    // cannot fail: texts and numbers are JSON
    serde_json::to_string(&prefix).unwrap_or_default()
}

/// An event bus of EventBridge.
#[derive(Clone, Debug)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus of this name or ARN.
    pub fn new(client: Client, bus: String) -> Self {
        Self { client, bus }
    }
}

impl Bus for EventBridge {
    fn put<'a>(&'a self, details: &'a [&'a str]) -> Answers<'a> {
        let entry = |detail: &&str| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(SOURCE)
                .detail_type(PREFIX_EVENT)
                .detail(*detail)
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
    use crate::publish::Status;
    use crate::task::{Files, RowCounts, RunId};

    /// Takes two of three entries of a request; how often it does so, and what it took.
    #[derive(Debug, Default)]
    struct Fussy {
        requests: Mutex<Vec<usize>>,
        taken: Mutex<Vec<String>>,
        takes_none: bool,
    }

    impl Bus for Fussy {
        fn put<'a>(&'a self, details: &'a [&'a str]) -> Answers<'a> {
            self.requests.lock().unwrap().push(details.len());
            let answers = details.iter().enumerate().map(|(place, detail)| {
                if self.takes_none || place % 3 == 2 {
                    return Some("ThrottlingException".to_owned());
                }
                self.taken.lock().unwrap().push((*detail).to_owned());
                None
            });
            let answers = Ok(answers.collect());
            Box::pin(async { answers })
        }
    }

    fn results(count: usize) -> Vec<PrefixResult> {
        let result = |number| PrefixResult {
            version: 1,
            run_id: RunId("r".to_owned()),
            prefix: format!("p{number:03}"),
            status: Status::Failed,
            files: Files::default(),
            rows: RowCounts::default(),
            bytes: 0,
            report: String::new(),
            clean_prefix: String::new(),
            started_at: String::new(),
            finished_at: String::new(),
            cause: Some("ü".repeat(5000)),
        };
        (0..count).map(result).collect()
    }

    #[tokio::test]
    async fn entries_that_are_not_taken_are_sent_again_and_only_they() {
        let bus = Fussy::default();
        send(&bus, &results(23), Duration::ZERO).await.unwrap();
        assert_eq!(*bus.requests.lock().unwrap(), [10, 3, 1, 10, 3, 1, 3, 1]);
        let mut taken: Vec<PrefixResult> =
            bus.taken.lock().unwrap().iter().map(|detail| serde_json::from_str(detail).unwrap()).collect();
        taken.sort_by(|one, other| one.prefix.cmp(&other.prefix));
        let prefixes: Vec<String> = taken.iter().map(|result| result.prefix.clone()).collect();
        assert_eq!(prefixes, (0..23).map(|number| format!("p{number:03}")).collect::<Vec<_>>());
        assert_eq!(taken[0].cause.as_ref().unwrap().chars().count(), CAUSE_CHARS + 1);
    }

    #[tokio::test]
    async fn events_that_are_never_taken_are_an_error_that_counts_them() {
        let bus = Fussy { takes_none: true, ..Fussy::default() };
        let error = send(&bus, &results(12), Duration::ZERO).await.unwrap_err();
        assert_eq!((error.left, error.all, error.reason.as_str()), (12, 12, "ThrottlingException"));
    }
}
