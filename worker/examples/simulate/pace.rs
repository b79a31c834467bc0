//! The CPU of a function that makes pages, as time that passes.

use std::time::Duration;

use anyhow::Result;
use sluice::SimulatedTime;

use crate::usage;

/// Keeps a simulated time from running ahead of the CPU: that of this process, the store in memory included, on so many vCPUs.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    time: SimulatedTime,
    begun: Duration,
    cpu_seconds: f64,
    vcpus: f64,
}

impl Pace {
    /// Counts from now on.
    pub(crate) fn begin(time: &SimulatedTime, vcpus: f64) -> Result<Self> {
        Ok(Self { time: time.clone(), begun: time.now(), cpu_seconds: usage::cpu_seconds()?, vcpus })
    }

    /// Waits until the time is not behind the CPU.
    pub(crate) async fn keep(&self) {
        // cannot fail: it could be read when this began; otherwise time is as it would be without.
        let used = usage::cpu_seconds().unwrap_or(self.cpu_seconds) - self.cpu_seconds;
        let until = self.begun + Duration::from_secs_f64(used.max(0.0) / self.vcpus);
        self.time.sleep(until.saturating_sub(self.time.now())).await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn time_is_not_behind_the_cpu() {
        let time = SimulatedTime::default();
        let pace = Pace::begin(&time, 0.5).unwrap();
        let begun = usage::cpu_seconds().unwrap();
        while usage::cpu_seconds().unwrap() < begun + 0.1 {}
        time.run(async move { pace.keep().await }).unwrap();
        assert!(time.now() >= Duration::from_millis(190), "{:?}", time.now());
    }
}
