//! EventBridge, and Step Functions as the functions know it.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sluice::SimulatedTime;
use sluice::events::{About, Bus, PutFuture};
use sluice::open_run::{Executions, IsOver};

use crate::random::Random;

/// Seconds of a request.
const REQUEST: Range<f64> = 0.020..0.060;

/// What came over the bus.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) requests: u64,
    /// Events that were taken.
    pub(crate) events: u64,
    /// Events that were refused, to be sent again.
    pub(crate) refused: u64,
    /// Events of runs.
    pub(crate) runs: u64,
    /// A bit for each client: its event has come.
    clients: Vec<u64>,
    /// Events of clients that had come before.
    pub(crate) repeated: u64,
    /// Events of clients that name a page.
    pub(crate) pages: u64,
}

/// A bus that takes a limited number of events in a second.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedBus {
    time: SimulatedTime,
    events_per_second: f64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    taken: Taken,
    random: Random,
    allowance: (f64, Duration),
}

impl SimulatedBus {
    pub(crate) fn new(time: SimulatedTime, events_per_second: f64, seed: u64) -> Self {
        let allowance = (events_per_second, Duration::ZERO);
        let state = State { taken: Taken::default(), random: Random::new(seed), allowance };
        Self { time, events_per_second, state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn taken(&self) -> Taken {
        self.state().taken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, about: About, details: &[String]) -> Vec<Option<String>> {
        let mut state = self.state();
        let now = self.time.now();
        let (left, counted) = state.allowance;
        let mut left =
            (left + self.events_per_second * (now.saturating_sub(counted)).as_secs_f64()).min(self.events_per_second);
        let answers = details.iter().map(|detail| {
            if left < 1.0 {
                state.taken.refused += 1;
                return Some("ThrottlingException: rate exceeded".to_owned());
            }
            left -= 1.0;
            state.taken.take(about, detail);
            None
        });
        let answers = answers.collect();
        state.allowance = (left, now);
        answers
    }
}

impl Taken {
    fn take(&mut self, about: About, detail: &str) {
        self.events += 1;
        if about == About::Run {
            self.runs += 1;
            return;
        }
        self.pages += u64::from(detail.contains(r#""page":"s3:"#));
        let number =
            detail.split_once(r#""prefix":"clients/"#).and_then(|(_, rest)| rest.get(..7)?.parse::<usize>().ok());
        // cannot fail: these are the only prefixes there are. Otherwise the count of clients would be short.
        let Some(number) = number else { return };
        if self.clients.len() <= number / 64 {
            self.clients.resize(number / 64 + 1, 0);
        }
        let bit = 1 << (number % 64);
        self.repeated += u64::from(self.clients[number / 64] & bit != 0);
        self.clients[number / 64] |= bit;
    }

    /// Clients whose event has come.
    pub(crate) fn clients(&self) -> u64 {
        self.clients.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

impl Bus for SimulatedBus {
    fn put<'a>(&'a self, about: About, details: &'a [String]) -> PutFuture<'a> {
        let pause = {
            let mut state = self.state();
            state.taken.requests += 1;
            state.random.between(&REQUEST)
        };
        Box::pin(async move {
            self.time.sleep(Duration::from_secs_f64(pause)).await;
            Ok(self.take(about, details))
        })
    }
}

/// No other run is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoOthers;

impl Executions for NoOthers {
    fn is_over<'a>(&'a self, _: &'a str, _: SystemTime) -> IsOver<'a> {
        Box::pin(async { Ok(false) })
    }
}
