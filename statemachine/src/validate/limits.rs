//! Numbers that have bounds, and fields that exclude each other.

use super::{FaultKind, Faults};
use crate::model::{Choice, ExecutionType, Map, Mode, Parallel, State, States, Task, Wait};
use crate::name::Label;
use crate::resource::{AnyPattern, Resource};
use crate::value::Value;

/// Longest time that any field allows, in seconds.
pub(super) const SECONDS: u64 = 99_999_999;
/// Bounds of timeouts and heartbeats, in seconds.
pub(super) const TIMEOUT: (u64, u64) = (1, SECONDS);

pub(super) fn range(faults: &mut Faults<'_>, field: &'static str, value: u64, (least, most): (u64, u64)) {
    if !(least..=most).contains(&value) {
        faults.add(FaultKind::Range { field, value, least, most });
    }
}

/// Checks a value that may be an expression; the result of an expression is unknown, and is not checked.
fn value(faults: &mut Faults<'_>, field: &'static str, value: &Option<Value<u64>>, bounds: (u64, u64)) {
    if let Some(value) = value.as_ref().and_then(Value::literal) {
        range(faults, field, *value, bounds);
    }
}

fn resource(resource: &Resource<AnyPattern>, faults: &mut Faults<'_>) {
    match resource.as_str() {
        "" => faults.add(FaultKind::NoResource),
        arn if !arn.starts_with("arn:") && !arn.starts_with("${") => {
            faults.add(FaultKind::ResourceNotArn(arn.to_owned()))
        }
        _ => {}
    }
}

pub(super) fn check(state: &State, faults: &mut Faults<'_>) {
    match state {
        State::Task(state) => task(state, faults),
        State::Choice(state) => choice(state, faults),
        State::Map(state) => map(state, faults),
        State::Parallel(Parallel { branches, .. }) if branches.is_empty() => faults.add(FaultKind::NoBranches),
        State::Wait(state) => wait(state, faults),
        State::Parallel(_) | State::Pass(_) | State::Succeed(_) | State::Fail(_) => {}
    }
}

fn task(task: &Task, faults: &mut Faults<'_>) {
    resource(&task.resource, faults);
    value(faults, "TimeoutSeconds", &task.timeout_seconds, TIMEOUT);
    value(faults, "HeartbeatSeconds", &task.heartbeat_seconds, TIMEOUT);
    let literal = |value: &Option<Value<u64>>| value.as_ref().and_then(|value| value.literal().copied());
    // Without TimeoutSeconds the timeout is the longest there is.
    let timeout = task.timeout_seconds.as_ref().map_or(Some(SECONDS), |value| value.literal().copied());
    if let (Some(heartbeat), Some(timeout)) = (literal(&task.heartbeat_seconds), timeout)
        && heartbeat >= timeout
    {
        faults.add(FaultKind::HeartbeatNotShorter { heartbeat, timeout });
    }
    if task.resource.waits_for_token() {
        if task.timeout_seconds.is_none() {
            faults.add(FaultKind::TokenWithoutTimeout);
        }
        if task.heartbeat_seconds.is_none() {
            faults.add(FaultKind::TokenWithoutHeartbeat);
        }
        let passed = task.arguments.as_ref().is_some_and(|json| json.to_string().contains(crate::expression::TOKEN));
        if !passed {
            faults.add(FaultKind::TokenNotPassed);
        }
    }
}

fn choice(choice: &Choice, faults: &mut Faults<'_>) {
    if choice.choices.is_empty() {
        faults.add(FaultKind::NoRules);
    }
    let mut always = false;
    for (index, rule) in choice.choices.iter().enumerate() {
        match &rule.condition {
            None => faults.add(FaultKind::NoCondition(index + 1)),
            // <https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html>: a condition is always an expression.
            Some(Value::Literal(holds)) => {
                always |= holds;
                let field = format!("Choices[{index}].Condition");
                faults.add(FaultKind::NotWrapped { field, text: holds.to_string() });
            }
            Some(Value::Expression(expression)) => always |= expression.as_str() == "true",
            Some(Value::NotWrapped(_)) => {}
        }
    }
    if choice.default.is_none() && !always {
        faults.add(FaultKind::FallsThrough);
    }
}

fn wait(wait: &Wait, faults: &mut Faults<'_>) {
    value(faults, "Seconds", &wait.seconds, (0, SECONDS));
    match (&wait.seconds, &wait.timestamp) {
        (None, None) => faults.add(FaultKind::WaitsForNothing),
        (Some(_), Some(_)) => faults.add(FaultKind::WaitsForBoth),
        (None, Some(Value::Literal(time))) if !is_timestamp(time) => faults.add(FaultKind::Timestamp(time.clone())),
        _ => {}
    }
}

/// Returns true if the text has the form that the language asks of RFC 3339: with `T`, and `Z` or an offset.
fn is_timestamp(time: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:dd";
    let fits = |(pattern, found): (char, char)| if pattern == 'd' { found.is_ascii_digit() } else { found == pattern };
    let Some((start, rest)) = time.split_at_checked(pattern.len()) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            fraction.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        Some(_) => return false,
        None => rest,
    };
    let offset =
        rest.strip_prefix(['+', '-']).is_some_and(|o| o.len() == 5 && "dd:dd".chars().zip(o.chars()).all(fits));
    pattern.chars().zip(start.chars()).all(fits) && start.len() == pattern.len() && (rest == "Z" || offset)
}

fn map(map: &Map, faults: &mut Faults<'_>) {
    let config = &map.item_processor.processor_config;
    if config.mode == Mode::Inline {
        let distributed_only = [
            ("Label", map.label.is_some()),
            ("ItemReader", map.item_reader.is_some()),
            ("ItemBatcher", map.item_batcher.is_some()),
            ("ResultWriter", map.result_writer.is_some()),
            ("ToleratedFailureCount", map.tolerated_failure_count.is_some()),
            ("ToleratedFailurePercentage", map.tolerated_failure_percentage.is_some()),
            ("ExecutionType", config.execution_type.is_some()),
        ];
        for (field, _) in distributed_only.into_iter().filter(|(_, there)| *there) {
            faults.add(FaultKind::DistributedOnly(field));
        }
        // <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html>
        value(faults, "MaxConcurrency", &map.max_concurrency, (0, 40));
    } else {
        if config.execution_type.is_none() {
            faults.add(FaultKind::NoExecutionType);
        }
        if config.execution_type == Some(ExecutionType::Express) && waits(&map.item_processor.states) {
            faults.add(FaultKind::WaitsInExpress);
        }
        // <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>
        value(faults, "MaxConcurrency", &map.max_concurrency, (0, 10_000));
    }
    value(faults, "ToleratedFailurePercentage", &map.tolerated_failure_percentage, (0, 100));
    if let Some(label) = &map.label {
        let length = label.as_str().chars().count();
        if !(1..=Label::MOST).contains(&length) {
            faults.add(FaultKind::LabelLength(length));
        }
        if let Some(character) = label.as_str().chars().find(|c| Label::forbids(*c)) {
            faults.add(FaultKind::LabelCharacter(character));
        }
    }
    if let Some(reader) = &map.item_reader {
        resource(&reader.resource, faults);
        if map.items.is_some() {
            faults.add(FaultKind::ItemsAndReader);
        }
        let input = reader.reader_config.as_ref().and_then(|config| config.input_type);
        if reader.resource == Resource::S3_GET_OBJECT.any() && input.is_none() {
            faults.add(FaultKind::NoInputType);
        }
        let most = reader.reader_config.as_ref().map(|config| &config.max_items);
        value(faults, "MaxItems", most.unwrap_or(&None), (1, 100_000_000));
    }
    if let Some(batcher) = &map.item_batcher {
        if batcher.max_items_per_batch.is_none() && batcher.max_input_bytes_per_batch.is_none() {
            faults.add(FaultKind::BatchesWithoutLimit);
        }
        value(faults, "MaxItemsPerBatch", &batcher.max_items_per_batch, (1, 100_000_000));
        value(faults, "MaxInputBytesPerBatch", &batcher.max_input_bytes_per_batch, (1, 262_144));
    }
    if let Some(writer) = &map.result_writer {
        resource(&writer.resource, faults);
    }
}

/// Returns true if a state waits for a token or for a job.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html>
fn waits(states: &States) -> bool {
    states.iter().any(|(_, state)| match state {
        State::Task(task) => task.resource.waits_for_token() || task.resource.as_str().ends_with(".sync"),
        State::Map(map) => waits(&map.item_processor.states),
        State::Parallel(parallel) => parallel.branches.iter().any(|branch| waits(&branch.states)),
        _ => false,
    })
}
