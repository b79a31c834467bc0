//! How many requests are sent at once: as many as the storage accepts.
//!
//! Additive increase, multiplicative decrease, as in TCP: a refusal halves the number, once for all requests that were in progress
//! together; each response raises the number a little, by one for a whole round.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Maximum number of refusals of one request, with a pause after each: half a minute or so, in addition to the retries of the SDK.
pub(super) const REFUSALS: u32 = 8;

/// Upper limit of the pause after the first refusal; it doubles with each further refusal.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// Upper limit of every pause.
const LONGEST: Duration = Duration::from_secs(8);

/// The congestion window of a planner: how many requests may be in progress.
#[derive(Debug)]
pub(super) struct RequestWindow {
    limit: f64,
    most: f64,
    in_progress: usize,
    sent: u64,
    /// Requests up to this number were sent before the last halving, and say nothing about the time after it.
    halved: u64,
}

impl RequestWindow {
    pub(super) fn new(most: usize) -> Self {
        let most = most as f64;
        Self { limit: most, most, in_progress: 0, sent: 0, halved: 0 }
    }

    /// Returns true if one more request may be sent.
    pub(super) fn is_free(&self) -> bool {
        (self.in_progress as f64) < self.limit.floor()
    }

    /// Returns the number of requests that were not answered yet.
    pub(super) fn in_progress(&self) -> usize {
        self.in_progress
    }

    /// Counts a request that is sent, and returns its number.
    pub(super) fn send(&mut self) -> u64 {
        self.in_progress += 1;
        self.sent += 1;
        self.sent
    }

    /// Notes that a request was answered.
    pub(super) fn answered(&mut self) {
        self.in_progress -= 1;
        self.limit = (self.limit + 1.0 / self.limit).min(self.most);
    }

    /// Notes that the request with this number was refused because there were too many requests.
    pub(super) fn refused(&mut self, number: u64) {
        self.in_progress -= 1;
        if number > self.halved {
            self.limit = (self.limit / 2.0).max(1.0);
            self.halved = self.sent;
        }
    }
}

/// Returns how long to wait after a number of refusals: a random time between half of the limit and the limit, so that requests
/// that were refused together are not sent together again. The limit is `first` after the first refusal, and doubles with each
/// further refusal.
pub(super) fn pause(first: Duration, refusals: u32) -> Duration {
    let longest = first.saturating_mul(1 << refusals.saturating_sub(1).min(16)).min(LONGEST);
    let random = RandomState::new().build_hasher().finish() % 1000;
    longest / 2 + longest.mul_f64(random as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(window: &mut RequestWindow) -> Vec<u64> {
        let mut sent = Vec::new();
        while window.is_free() {
            sent.push(window.send());
        }
        sent
    }

    #[test]
    fn refusals_of_one_round_halve_the_requests_once() {
        let mut window = RequestWindow::new(64);
        let sent = filled(&mut window);
        assert_eq!(sent.len(), 64);
        for number in sent {
            window.refused(number);
        }
        assert_eq!(filled(&mut window).len(), 32);
    }

    #[test]
    fn a_round_of_answers_raises_the_requests_by_one_and_never_beyond_the_most() {
        let mut window = RequestWindow::new(4);
        let number = window.send();
        window.refused(number);
        for _ in 0..2 {
            window.send();
            window.answered();
        }
        assert_eq!(filled(&mut window).len(), 2);
        for _ in 0..100 {
            window.answered();
            window.send();
        }
        while window.in_progress() > 0 {
            window.answered();
        }
        assert_eq!(filled(&mut window).len(), 4);
    }

    #[test]
    fn one_request_is_sent_however_many_were_refused() {
        let mut window = RequestWindow::new(64);
        for _ in 0..100 {
            let number = window.send();
            window.refused(number);
        }
        assert_eq!(filled(&mut window).len(), 1);
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        for refusals in 1..=REFUSALS {
            let longest = PAUSE.saturating_mul(1 << (refusals - 1)).min(LONGEST);
            assert!((longest / 2..=longest).contains(&pause(PAUSE, refusals)), "{refusals}");
        }
        assert!(pause(PAUSE, u32::MAX) <= LONGEST);
    }
}
