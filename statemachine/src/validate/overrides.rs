//! Computes how long the container overrides of a task can become, and compares that with the limit.

use serde_json::Value as Json;

use super::fault::OVERRIDE_CHARS;
use super::{FaultKind, Faults};
use crate::expression::{TOKEN, TOKEN_CHARS};
use crate::model::Task;
use crate::value::unwrap;

const COMMA: usize = 1;
const COLON: usize = 1;

pub(super) fn check(task: &Task, faults: &mut Faults<'_>) {
    if !task.resource.as_str().starts_with("arn:aws:states:::ecs:runTask") {
        return;
    }
    match &task.arguments {
        Some(Json::String(all)) => faults.add(FaultKind::OverrideUnbounded(unwrap(all).unwrap_or(all).to_owned())),
        Some(Json::Object(arguments)) => {
            let most = arguments.get("Overrides").map_or(0, |overrides| longest(overrides, task, faults));
            if most > OVERRIDE_CHARS {
                faults.add(FaultKind::OverridesTooLong(most));
            }
        }
        _ => {}
    }
}

/// Returns the most characters that the value can have as JSON. An expression without an upper bound is a
/// fault.
fn longest(json: &Json, task: &Task, faults: &mut Faults<'_>) -> usize {
    match json {
        Json::String(text) => {
            let Some(expression) = unwrap(text) else { return json.to_string().chars().count() };
            let token = (expression == TOKEN).then_some(TOKEN_CHARS);
            let most = task.bounds.get(expression).copied().or(token).unwrap_or_else(|| {
                faults.add(FaultKind::OverrideUnbounded(expression.to_owned()));
                0
            });
            most + 2
        }
        Json::Array(items) => {
            let items: usize = items.iter().map(|item| longest(item, task, faults) + COMMA).sum();
            2 + items.saturating_sub(COMMA)
        }
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| {
                Json::from(name.as_str()).to_string().chars().count() + COLON + longest(value, task, faults) + COMMA
            };
            2 + fields.iter().map(field).sum::<usize>().saturating_sub(COMMA)
        }
        _ => json.to_string().len(),
    }
}
