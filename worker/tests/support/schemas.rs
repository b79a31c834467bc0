//! Checks the outputs of a command against the JSON Schemas of `docs/schemas`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};
use sluice_engine::descriptor::JsonSchema;

use super::{Desk, Ended};

static SCHEMAS: LazyLock<Mutex<HashMap<String, JsonSchema>>> = LazyLock::new(Mutex::default);

/// Returns true if a text is valid under a schema, and has no other members than the schema describes.
pub(crate) fn is_valid(name: &str, text: &str) -> bool {
    let schema = SCHEMAS.lock().unwrap().entry(name.to_owned()).or_insert_with(|| read(name)).clone();
    schema.is_valid_text(text.as_bytes())
}

fn read(name: &str) -> JsonSchema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas").join(name);
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    // A descriptor may have other properties; outputs of Sluice have none.
    let document = if name == "descriptor.json" { document } else { closed(document) };
    JsonSchema::of_text(name, document.to_string().as_bytes()).unwrap()
}

/// Returns the schema changed so that no other members are allowed.
pub(crate) fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            for member in members.values_mut() {
                *member = closed(member.take());
            }
            if members.get("properties").is_some_and(Value::is_object) {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = closed(item.take())),
        _ => {}
    }
    schema
}

/// Checks the JSON that a command has printed, the files that it has left on the desk, and the descriptors that it has read.
pub(crate) fn check(desk: &Desk, args: &[&str], ended: &Ended) {
    let wants_json = args.windows(2).any(|pair| pair == ["--format", "json"]);
    if wants_json && matches!(args.first(), Some(&"check" | &"run")) {
        for line in ended.stdout.lines().filter(|line| line.starts_with('{')) {
            // A file that could not be checked has no report.
            let is = |member: &str| serde_json::from_str::<Value>(line).is_ok_and(|value| value.get(member).is_some());
            if is("verdict") {
                assert!(is_valid("report.json", line), "no report: {line}");
            } else if is("prefixes") {
                assert!(is_valid("run-report.json", line), "no run report: {line}");
            }
        }
    }
    for name in desk.files() {
        if !name.ends_with(".json") && !name.ends_with(".jsonl") {
            continue;
        }
        let Some(text) = desk.read(&name) else { continue };
        if name.contains("/rejects/") && name.ends_with(".jsonl") {
            text.lines().for_each(|line| assert!(is_valid("reject.json", line), "{name}: {line}"));
        } else if name.contains("_sluice/runs/") && name.ends_with("/report.json") {
            assert!(is_valid("run-report.json", &text), "{name}: {text}");
        }
    }
    if let (Some(["--rejects", rejects]), Some(0 | 1)) =
        (args.windows(2).find(|pair| pair[0] == "--rejects"), ended.code)
        && let Some(text) = desk.read(rejects)
    {
        text.lines().for_each(|line| assert!(is_valid("reject.json", line), "{rejects}: {line}"));
    }
    if let (Some([_, descriptor]), Some(0 | 1)) = (args.windows(2).find(|pair| pair[0] == "--resource"), ended.code)
        && descriptor.ends_with(".json")
        && let Some(text) = desk.read(descriptor)
    {
        assert!(is_valid("descriptor.json", &text), "{descriptor}: {text}");
    }
}
