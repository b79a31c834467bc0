//! Reads the clock and formats times; no other module does either.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::simulated_time::SimulatedTime;

/// A source of the current time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The clock of the operating system.
    System,
    /// Always this moment, so that outputs do not depend on when they were made.
    Fixed(SystemTime),
}

impl Clock {
    /// Returns the current time.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
    pub fn now(self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Fixed(moment) => moment,
        }
    }

    /// Returns the seconds since `start`; zero if the clock was set back in between.
    pub fn seconds_since(self, start: SystemTime) -> f64 {
        self.now().duration_since(start).unwrap_or(Duration::ZERO).as_secs_f64()
    }
}

/// Returns the current time of a monotonic clock, for durations and deadlines. Under a simulated time, returns that time.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
pub(crate) fn monotonic() -> Instant {
    SimulatedTime::current().map_or_else(Instant::now, |time| time.moment())
}

/// Waits for a duration; under a simulated time, for a duration of that time. The one place that chooses between the two.
pub(crate) async fn sleep(duration: Duration) {
    match SimulatedTime::current() {
        Some(time) => time.sleep(duration).await,
        None => tokio::time::sleep(duration).await,
    }
}

/// Formats a time as RFC 3339 in UTC with milliseconds: `2026-11-23T21:14:42.123Z`. Times before 1970 are written as 1970.
pub fn rfc3339(moment: SystemTime) -> String {
    let elapsed = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = elapsed.as_secs();
    let Date { year, month, day } = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = elapsed.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// A date, proleptic Gregorian.
struct Date {
    year: u64,
    month: u64,
    day: u64,
}

/// Returns the date that is a number of days after 1970-01-01. Years are counted from the 1st of March, so that the leap day is the last
/// day of a year.
fn date(days: u64) -> Date {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    Date { year: era * 400 + year_of_era + u64::from(month <= 2), month, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, nanos: u32) -> String {
        rfc3339(UNIX_EPOCH + Duration::new(seconds, nanos))
    }

    #[test]
    fn moments_are_written_in_rfc_3339() {
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_827_696, 7_000_000), "2000-02-29T12:34:56.007Z");
        assert_eq!(at(951_868_800, 0), "2000-03-01T00:00:00.000Z");
        assert_eq!(at(1_704_067_199, 999_999_999), "2023-12-31T23:59:59.999Z");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn moments_before_1970_are_written_as_1970() {
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
    }
}
