//! All resources with all inputs, as reviewed. `UPDATE_GOLDEN=1 cargo test` writes them anew.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::engine::Registered;
use crate::stacks::{DEFAULT_STACK, EXISTING_STACK, OTHER_STACK};

/// Replaces texts that are JSON by the JSON itself: a change in a policy is then one line.
fn opened(value: &Json) -> Json {
    match value {
        Json::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str::<Json>(text).map_or_else(|_| value.clone(), |document| json!({ "(json)": document }))
        }
        Json::Array(values) => values.iter().map(opened).collect(),
        Json::Object(object) => Json::Object(object.iter().map(|(key, value)| (key.clone(), opened(value))).collect()),
        _ => value.clone(),
    }
}

fn description(stack: &Registered) -> Json {
    let resources = stack.resources.iter().map(|resource| {
        let mut depends_on: Vec<_> = resource.depends_on.iter().collect();
        depends_on.sort();
        let described = json!({
            "dependsOn": depends_on,
            "retained": resource.retained,
            "inputs": opened(&resource.inputs),
        });
        (format!("{} {}", resource.type_, resource.name), described)
    });
    json!({ "resources": resources.collect::<Map<_, _>>(), "exports": stack.exports })
}

fn compare(name: &str, stack: &Registered) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    let now = serde_json::to_string_pretty(&description(stack)).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = now.lines().zip(reviewed.lines()).position(|(now, reviewed)| now != reviewed);
    assert!(
        now == reviewed,
        "{} is not what is registered, from line {} on; review the change and set UPDATE_GOLDEN=1",
        path.display(),
        first.map_or(reviewed.lines().count(), |line| line) + 1
    );
}

#[test]
fn nothing_but_the_image_is_set() {
    compare("default", &DEFAULT_STACK);
}

#[test]
fn everything_is_set_to_something_else() {
    compare("other", &OTHER_STACK);
}

#[test]
fn subnets_are_there() {
    compare("existing", &EXISTING_STACK);
}
