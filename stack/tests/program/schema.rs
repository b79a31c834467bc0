//! Every input against the schema of the AWS provider: names, types, and what is required.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::stacks::{DEFAULT, DEFAULT_STACK, each};

static SCHEMA: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../aws/schema/aws.json")).unwrap());

/// Returns the faults of a value that should be of this type of the schema.
fn faults(type_: &Json, value: &Json, at: &str) -> Vec<String> {
    // The value inside a secret has the same type.
    if let Some(hidden) = value.get("secret") {
        return faults(type_, hidden, at);
    }
    if let Some(reference) = type_["$ref"].as_str() {
        let name = reference.trim_start_matches("#/types/");
        return object_faults(&SCHEMA["types"][name]["properties"], &SCHEMA["types"][name]["required"], value, at);
    }
    let wrong = || vec![format!("{at}: {value} is not of type {}", type_["type"])];
    match (type_["type"].as_str().unwrap_or_default(), value) {
        ("array", Json::Array(values)) => {
            let each = values.iter().enumerate();
            each.flat_map(|(index, value)| faults(&type_["items"], value, &format!("{at}/{index}"))).collect()
        }
        ("object", Json::Object(values)) => {
            let of = &type_["additionalProperties"];
            values.iter().flat_map(|(key, value)| faults(of, value, &format!("{at}/{key}"))).collect()
        }
        ("string", Json::String(_)) | ("boolean", Json::Bool(_)) | ("number", Json::Number(_)) => Vec::new(),
        ("integer", Json::Number(number)) if number.is_i64() => Vec::new(),
        _ => wrong(),
    }
}

fn object_faults(properties: &Json, required: &Json, value: &Json, at: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{at}: {value} is not an object")] };
    let missing = required.as_array().into_iter().flatten().filter_map(Json::as_str);
    let missing = missing.filter(|name| !object.contains_key(*name)).map(|name| format!("{at}: no {name}"));
    let present = object.iter().flat_map(|(key, value)| match properties.get(key) {
        None => vec![format!("{at}: no property is called {key}")],
        Some(type_) => faults(type_, value, &format!("{at}/{key}")),
    });
    missing.chain(present).collect()
}

fn resource_faults(type_: &str, name: &str, inputs: &Json) -> Vec<String> {
    match SCHEMA["resources"].get(type_) {
        None => vec![format!("{name}: the provider has no {type_}")],
        Some(schema) => object_faults(&schema["inputProperties"], &schema["requiredInputs"], inputs, name),
    }
}

#[test]
fn every_input_is_one_of_the_providers() {
    for (stack, registered) in each() {
        for resource in &registered.resources {
            let faults = resource_faults(&resource.type_, &resource.name, &resource.inputs);
            assert!(faults.is_empty(), "{stack}: {faults:#?}");
        }
    }
}

#[test]
fn wrong_inputs_would_be_seen() {
    let queue = |inputs: Json| resource_faults("aws:sqs/queue:Queue", "queue", &inputs);
    assert_eq!(
        queue(json!({ "sqsManagedSseEnabled": "yes" })),
        ["queue/sqsManagedSseEnabled: \"yes\" is not of type \"boolean\""]
    );
    assert_eq!(queue(json!({ "encrypted": true })), ["queue: no property is called encrypted"]);
    assert_eq!(resource_faults("aws:iam/role:Role", "role", &json!({})), ["role: no assumeRolePolicy"]);
    let schedule =
        json!({ "flexibleTimeWindow": {}, "scheduleExpression": "rate(1 day)", "target": { "arn": 1, "roleArn": "" } });
    let faults = resource_faults("aws:scheduler/schedule:Schedule", "s", &schedule);
    assert_eq!(faults.len(), 2, "{faults:#?}");
}

/// The bindings hold nothing that is not used: they are most of the compile time.
#[test]
fn every_resource_of_the_schema_is_used() {
    let used: Vec<&str> = each().iter().flat_map(|(_, stack)| &stack.resources).map(|r| r.type_.as_str()).collect();
    let unused: Vec<_> =
        SCHEMA["resources"].as_object().unwrap().keys().filter(|t| !used.contains(&t.as_str())).collect();
    assert_eq!(unused, [""; 0]);
}

#[test]
fn whatever_can_be_labelled_is() {
    assert!(DEFAULT.iter().all(|(key, _)| *key != "tags"));
    let labelled = |name: &str| !SCHEMA["resources"][name]["inputProperties"]["tags"].is_null();
    for resource in DEFAULT_STACK.resources.iter().filter(|resource| labelled(&resource.type_)) {
        assert_eq!(resource.input("/tags/sluice:stack"), "test", "{}", resource.name);
    }
}
