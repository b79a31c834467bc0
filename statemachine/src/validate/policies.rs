//! Checks Retry and Catch, of which the first that matches an error wins.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>

use super::limits::{SECONDS, range};
use super::{FaultKind, Faults};
use crate::error_name::ErrorName;
use crate::model::State;

/// Names of the language that begin with `States.`. Apart from `States.Http.StatusCode.…`, any other such
/// name is a misspelling.
const RESERVED: [ErrorName; 17] = [
    ErrorName::ALL,
    ErrorName::TASK_FAILED,
    ErrorName::TIMEOUT,
    ErrorName::HEARTBEAT_TIMEOUT,
    ErrorName::PERMISSIONS,
    ErrorName::DATA_LIMIT_EXCEEDED,
    ErrorName::RUNTIME,
    ErrorName::QUERY_EVALUATION,
    ErrorName::EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ErrorName::ITEM_READER_FAILED,
    ErrorName::RESULT_WRITER_FAILED,
    ErrorName::NO_CHOICE_MATCHED,
    ErrorName::BRANCH_FAILED,
    ErrorName::fixed("States.ResultPathMatchFailure"),
    ErrorName::fixed("States.ParameterPathFailure"),
    ErrorName::fixed("States.IntrinsicFailure"),
    ErrorName::fixed("States.Http.Socket"),
];

/// Returns true if a policy for `by` matches all errors that a policy for `error` matches.
fn takes(by: &ErrorName, error: &ErrorName) -> bool {
    by == error
        || (*by == ErrorName::TASK_FAILED && !error.as_str().starts_with("States."))
        || (*by == ErrorName::TIMEOUT && *error == ErrorName::HEARTBEAT_TIMEOUT)
}

pub(super) fn check(state: &State, faults: &mut Faults<'_>) {
    let retries: Vec<&[ErrorName]> = state.retry().iter().map(|retry| retry.error_equals.as_slice()).collect();
    let catches: Vec<&[ErrorName]> = state.catch().iter().map(|catch| catch.error_equals.as_slice()).collect();
    check_names("Retry", &retries, faults);
    check_names("Catch", &catches, faults);
    for retry in state.retry() {
        if let Some(seconds) = retry.interval_seconds {
            range(faults, "IntervalSeconds", seconds, (1, SECONDS));
        }
        if let Some(attempts) = retry.max_attempts {
            range(faults, "MaxAttempts", attempts, (0, SECONDS));
        }
        if let Some(rate) = retry.backoff_rate.filter(|rate| !(*rate >= 1.0 && rate.is_finite())) {
            faults.add(FaultKind::BackoffRate(rate));
        }
        if let Some(delay) = retry.max_delay_seconds {
            range(faults, "MaxDelaySeconds", delay, (1, 31_622_400));
            let interval = retry.interval_seconds.unwrap_or(1);
            if delay <= interval {
                faults.add(FaultKind::DelayNotLonger { delay, interval });
            }
        }
    }
}

fn check_names(policy: &'static str, lists: &[&[ErrorName]], faults: &mut Faults<'_>) {
    let mut taken: Vec<&ErrorName> = Vec::new();
    for (index, list) in lists.iter().enumerate() {
        if list.is_empty() {
            faults.add(FaultKind::NoErrors { policy });
        }
        if list.contains(&ErrorName::ALL) {
            if list.len() > 1 {
                faults.add(FaultKind::AllNotAlone { policy });
            }
            if index + 1 < lists.len() {
                faults.add(FaultKind::AllNotLast { policy });
            }
        }
        for (position, error) in list.iter().enumerate() {
            // Within one list the order does not matter: only a repeated name has no effect.
            let before = taken.iter().copied().find(|by| takes(by, error));
            if let Some(by) = before.or_else(|| list[..position].iter().find(|by| *by == error)) {
                faults.add(FaultKind::Shadowed { policy, error: error.clone(), by: by.clone() });
            }
            let http = error.as_str().starts_with("States.Http.StatusCode.");
            if error.as_str().starts_with("States.") && !http && !RESERVED.contains(error) {
                faults.add(FaultKind::UnknownError { policy, error: error.clone() });
            }
            if *error == ErrorName::RUNTIME {
                faults.add(FaultKind::Unhandled { policy, error: error.clone() });
            }
        }
        taken.extend(list.iter());
    }
}
