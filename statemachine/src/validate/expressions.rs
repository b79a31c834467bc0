//! Checks JSONata without running it: where expressions stand, whether their brackets and quotes are complete, and
//! whether the names to which they refer are set.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::{FaultKind, Faults};
use crate::model::State;
use crate::value::unwrap;

/// Fields that hold a template of any value; a string in them may be plain text.
const TEMPLATES: [&str; 5] = ["Arguments", "Assign", "Output", "ItemSelector", "BatchInput"];
/// Fields in which a string can only be an expression.
const NEVER_TEXT: [&str; 11] = [
    "Condition",
    "Items",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "MaxItems",
    "MaxItemsPerBatch",
    "MaxInputBytesPerBatch",
    "Seconds",
];
/// Fields that never hold an expression, or belong to another scope.
const SKIPPED: [&str; 5] = ["Comment", "ItemProcessor", "Branches", "Type", "Resource"];

/// Functions of JSONata that are passed to other functions by name, and so look like variables.
/// <https://docs.jsonata.org/higher-order-functions>
const FUNCTIONS: [&str; 14] = [
    "string",
    "number",
    "boolean",
    "not",
    "exists",
    "type",
    "length",
    "trim",
    "uppercase",
    "lowercase",
    "sum",
    "max",
    "min",
    "count",
];

/// The names that an expression can refer to.
#[derive(Clone, Copy)]
struct Reach<'a> {
    result: bool,
    error: bool,
    /// Variables that are set; `None` for a state that is never entered, whose variables are not checked.
    set: Option<&'a BTreeSet<&'a str>>,
}

pub(super) fn check(state: &State, set: Option<&BTreeSet<&str>>, faults: &mut Faults<'_>) {
    // cannot fail: strings, numbers and JSON are JSON
    let json = serde_json::to_value(state).expect("a state is JSON");
    let has_result = matches!(state, State::Task(_) | State::Map(_) | State::Parallel(_));
    for (field, value) in json.as_object().into_iter().flatten() {
        let result = has_result && matches!(field.as_str(), "Assign" | "Output");
        let reach = Reach { result, error: field == "Catch", set };
        walk(At { field, key: field, is_template: false }, value, reach, faults);
    }
}

/// Where a value stands in a state.
#[derive(Clone, Copy)]
struct At<'a> {
    /// The path of the value, for messages.
    field: &'a str,
    /// The name of the member that holds the value, or that holds the array with the value.
    key: &'a str,
    /// Whether the value is inside a template, which becomes a payload.
    is_template: bool,
}

fn walk(at: At<'_>, value: &Json, reach: Reach<'_>, faults: &mut Faults<'_>) {
    let At { field, key, is_template: template } = at;
    if !template && SKIPPED.contains(&key) {
        return;
    }
    let inside = template || TEMPLATES.contains(&key);
    if !template && key == "Assign" {
        variable_names(value.as_object(), faults);
    }
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                let field = format!("{field}.{name}");
                if name.ends_with(".$") {
                    faults.add(FaultKind::JsonPath(field.clone()));
                }
                walk(At { field: &field, key: name, is_template: inside }, value, reach, faults);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // An item has the key of its array; but the rules of a Choice have fields with keys of their own.
                let field = format!("{field}[{index}]");
                walk(At { field: &field, ..at }, item, reach, faults);
            }
        }
        Json::String(text) => match unwrap(text) {
            Some(expression) => check_expression(field, expression, reach, faults),
            None => {
                let looks = text.contains("{%")
                    || text.contains("%}")
                    || text.starts_with("$states.")
                    || text.starts_with("$.");
                if looks || (!template && NEVER_TEXT.contains(&key)) {
                    faults.add(FaultKind::NotWrapped { field: field.to_owned(), text: text.clone() });
                }
            }
        },
        _ => {}
    }
}

fn variable_names(assign: Option<&Map<String, Json>>, faults: &mut Faults<'_>) {
    // <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>
    for name in assign.into_iter().flatten().map(|(name, _)| name) {
        let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let goes_on = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !starts || !goes_on || name.chars().count() > 80 || name == "states" {
            faults.add(FaultKind::VariableName(name.clone()));
        }
    }
}

fn check_expression(field: &str, text: &str, reach: Reach<'_>, faults: &mut Faults<'_>) {
    if text.is_empty() {
        return faults.add(FaultKind::EmptyExpression(field.to_owned()));
    }
    let Some(read) = Read::of(text) else {
        return faults.add(FaultKind::Unbalanced { field: field.to_owned(), text: text.to_owned() });
    };
    for (there, reference) in [(reach.result, "$states.result"), (reach.error, "$states.errorOutput")] {
        if !there && read.states.iter().any(|path| path == reference) {
            faults.add(FaultKind::OutOfPlace { field: field.to_owned(), reference });
        }
    }
    let Some(set) = reach.set else { return };
    let known = |name: &str| set.contains(name) || read.own.contains(name) || FUNCTIONS.contains(&name);
    for variable in read.variables.iter().filter(|name| !known(name)) {
        faults.add(FaultKind::Unset { field: field.to_owned(), variable: variable.clone() });
    }
}

/// The references in an expression.
#[derive(Default)]
struct Read {
    /// First two steps of references to `$states`.
    states: BTreeSet<String>,
    /// Variables that are read.
    variables: BTreeSet<String>,
    /// Variables and parameters that the expression itself defines.
    own: BTreeSet<String>,
}

impl Read {
    /// Reads the references in an expression; `None` if a bracket or quote lacks its other half.
    fn of(text: &str) -> Option<Self> {
        let mut read = Self::default();
        let mut closing = Vec::new();
        let mut rest = text;
        let mut parameters = false;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = match c {
                '"' | '\'' | '`' => after_quote(after, c)?,
                '/' if after.starts_with('*') => &after[after.find("*/")? + 2..],
                '(' | '[' | '{' => {
                    closing.push(match c {
                        '(' => ')',
                        '[' => ']',
                        _ => '}',
                    });
                    after
                }
                ')' | ']' | '}' => {
                    (closing.pop()? == c).then_some(())?;
                    parameters = false;
                    after
                }
                '$' => {
                    let (name, after) = word(after);
                    let follows = after.trim_start();
                    if name == "states" {
                        let (step, _) = word(follows.strip_prefix('.').unwrap_or(""));
                        read.states.insert(format!("$states.{step}"));
                    } else if parameters || follows.starts_with(":=") {
                        read.own.insert(name.to_owned());
                    } else if !name.is_empty() && !follows.starts_with('(') {
                        read.variables.insert(name.to_owned());
                    }
                    after
                }
                c if c.is_alphanumeric() || c == '_' => {
                    let (name, after) = word(rest);
                    parameters |= matches!(name, "function" | "λ") && after.trim_start().starts_with('(');
                    after
                }
                _ => after,
            };
        }
        closing.is_empty().then_some(read)
    }
}

/// Splits the text after the name at its beginning.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}

/// Returns the text behind the closing quote; `None` if there is no closing quote.
fn after_quote(text: &str, quote: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return Some(&text[at + c.len_utf8()..]);
        }
        escaped = c == '\\' && !escaped && quote != '`';
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_is_cut_anywhere_is_read_or_refused() {
        let whole = "($é := `a b`.'it\\'s'; /* ( */ $map([1], function($v) { $states.result.\"x\\\\\" & $v }))";
        let read: Vec<bool> = whole.char_indices().map(|(at, _)| Read::of(&whole[..at]).is_some()).collect();
        assert!(Read::of(whole).is_some());
        // Only the empty text is whole before the last bracket is closed.
        assert_eq!(read.iter().position(|whole| !whole), Some(1));
        assert!(!read[1..].contains(&true));
    }

    #[test]
    fn what_is_in_quotes_names_and_comments_is_no_reference() {
        let read = Read::of("'$a' & \"$b\" & `$c` /* $d */ & $e").into_iter().flat_map(|read| read.variables);
        assert_eq!(read.collect::<Vec<_>>(), ["e"]);
    }

    #[test]
    fn what_an_expression_binds_itself_is_its_own() {
        let own = Read::of("($n := 1; function($v, $i) { $n })").into_iter().flat_map(|read| read.own);
        assert_eq!(own.collect::<Vec<_>>(), ["i", "n", "v"]);
    }
}
