//! `docs/schemas`: the JSON Schemas of what Sluice writes, made from the types that write it.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p sluice -p sluice-csv -p sluice-engine --test schemas` writes the schemas
//! anew. The other tests check the files that they see written against them (`support/schemas.rs`). The schema of
//! descriptors is made where they are read, in the engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod described;
mod document;
#[path = "../support/mod.rs"]
mod support;
mod trace;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sluice::cost::{ResourceUsage, TaskTime};
use sluice::publish::{PrefixResult, RunCost, RunReport};
use sluice::task::Totals;
use sluice_engine::descriptor::JsonSchema;
use sluice_engine::report::{FileReport, LastLine, REPORT_VERSION, Reject};
use statemachine::payload::RunSummary;
use support::schemas::closed;
use trace::{Flattened, Object, Shape, trace};

/// Types into which the members of another type are flattened.
const FLATTENED: &[Flattened] = &[
    Flattened {
        name: "RunReport",
        own: &[
            "version",
            "runId",
            "status",
            "done",
            "ignored",
            "prefixCount",
            "failures",
            "cost",
            "page",
            "pagesUnwritten",
            "startedAt",
            "finishedAt",
        ],
        part: || trace::<Totals>(FLATTENED),
    },
    Flattened { name: "RunCost", own: &["usd"], part: || trace::<ResourceUsage>(FLATTENED) },
    Flattened { name: "ResourceUsage", own: &["requests"], part: || trace::<TaskTime>(FLATTENED) },
];

const SOURCES: &[&str] = &[
    include_str!("../../engine/src/report.rs"),
    include_str!("../../engine/src/codes/code.rs"),
    include_str!("../../engine/src/compression.rs"),
    include_str!("../../engine/src/report/field.rs"),
    include_str!("../../engine/src/report/reject.rs"),
    include_str!("../../engine/src/report/label_use.rs"),
    include_str!("../../engine/src/report/fault_summary.rs"),
    include_str!("../../engine/src/report/histogram.rs"),
    include_str!("../../src/publish/mod.rs"),
    include_str!("../../src/task.rs"),
    include_str!("../../src/key.rs"),
    include_str!("../../src/resource_usage.rs"),
    include_str!("../../../statemachine/src/payload.rs"),
];

fn object(shape: Shape) -> Object {
    match shape {
        Shape::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

/// Returns the shape of the event of a run. Its cost has the shape of the cost in the report, which passes through the
/// state machine unchanged.
fn run_event() -> Shape {
    let mut event = object(trace::<RunSummary>(FLATTENED).0);
    let (_, cost) = event.members.iter_mut().find(|(name, _)| name == "cost").unwrap();
    *cost = Shape::Nullable(Box::new(trace::<RunCost>(FLATTENED).0));
    Shape::Object(event)
}

/// Returns the shape of the report of a run as it is stored, with its prefixes.
fn run_report() -> Shape {
    let mut report = object(trace::<RunReport>(FLATTENED).0);
    let prefixes = Shape::List(Box::new(trace::<PrefixResult>(FLATTENED).0));
    report.members.push(("prefixes".to_owned(), prefixes));
    report.required.push("prefixes".to_owned());
    Shape::Object(report)
}

/// Returns all documents, with the names of their files.
fn documents() -> Vec<(&'static str, Value)> {
    let writer = document::Writer { descriptions: described::read(SOURCES) };
    let version = |number: u32| move |root: &mut Value| root["properties"]["version"] = json!({"const": number});
    let report = trace::<FileReport>(FLATTENED).0;
    let [reject, last_line] = [trace::<Reject>(FLATTENED).0, trace::<LastLine>(FLATTENED).0];
    let prefix = trace::<PrefixResult>(FLATTENED).0;
    vec![
        ("report.json", writer.document("Sluice: file report", &report, version(REPORT_VERSION))),
        ("reject.json", writer.either("Sluice: a line of rejects", [&reject, &last_line])),
        ("prefix-event.json", writer.document("Sluice: event of a prefix (detail)", &prefix, version(1))),
        ("run-event.json", writer.document("Sluice: event of a run (detail)", &run_event(), version(1))),
        ("run-report.json", writer.document("Sluice: run report", &run_report(), version(2))),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas")
}

#[test]
fn the_schemas_are_kept_as_they_are_made() {
    for (name, document) in documents() {
        let (path, made) = (folder().join(name), serde_json::to_string_pretty(&document).unwrap() + "\n");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap() == made,
            "{name} is not what is made; after a review: UPDATE_GOLDEN=1"
        );
    }
}

#[test]
fn every_member_is_described() {
    fn walk(schema: &Value, path: &str, found: &mut Vec<String>) {
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if member.get("description").is_none() && member.get("const").is_none() {
                found.push(format!("{path}.{name}"));
            }
        }
        for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
            walk(definition, &format!("{path} {name}"), found);
        }
    }
    let mut found = Vec::new();
    for (name, document) in documents() {
        walk(&document, name, &mut found);
    }
    found.retain(|path| path != "run-report.json.prefixes");
    assert_eq!(found, [""; 0]);
}

/// Returns a value of each type with every member, and the name of the document that it has to conform to.
fn full_values() -> Vec<(&'static str, Value)> {
    let mut run_report = trace::<RunReport>(FLATTENED).1;
    let prefix = trace::<PrefixResult>(FLATTENED).1;
    run_report["prefixes"] = json!([prefix]);
    let mut summary = trace::<RunSummary>(FLATTENED).1;
    summary["cost"] = trace::<RunCost>(FLATTENED).1;
    let mut values = vec![
        ("report.json", trace::<FileReport>(FLATTENED).1),
        ("reject.json", trace::<Reject>(FLATTENED).1),
        ("reject.json", trace::<LastLine>(FLATTENED).1),
        ("prefix-event.json", prefix),
        ("run-event.json", summary),
        ("run-report.json", run_report),
    ];
    for (name, value) in &mut values {
        if let Some(version) = value.get_mut("version") {
            *version = json!(if *name == "run-report.json" { 2 } else { 1 });
        }
    }
    values
}

fn schema_of(name: &str, document: &Value) -> JsonSchema {
    JsonSchema::of_text(name, closed(document.clone()).to_string().as_bytes()).unwrap()
}

#[test]
fn a_value_with_every_member_is_valid_and_one_with_another_member_is_not() {
    for (name, mut value) in full_values() {
        let document = documents().into_iter().find(|(other, _)| *other == name).unwrap().1;
        let schema = schema_of(name, &document);
        assert!(schema.is_valid_text(value.to_string().as_bytes()), "{name}: {value}");
        value["another"] = json!(1);
        assert!(!schema.is_valid_text(value.to_string().as_bytes()), "{name}: {value}");
    }
}

#[test]
fn a_member_of_another_kind_is_refused_and_so_is_a_missing_one() {
    let mut refused = 0;
    for (name, value) in full_values() {
        let document = documents().into_iter().find(|(other, _)| *other == name).unwrap().1;
        let schema = schema_of(name, &document);
        for member in value.as_object().unwrap().keys() {
            let mut wrong = value.clone();
            wrong[member] = json!([[["of no kind"]]]);
            assert!(!schema.is_valid_text(wrong.to_string().as_bytes()), "{name}: {member} of another kind");
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(member);
            let is_required = document["required"].as_array().is_some_and(|names| names.contains(&json!(member)));
            if is_required {
                assert!(!schema.is_valid_text(less.to_string().as_bytes()), "{name}: no {member}");
                refused += 1;
            }
        }
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn what_serde_leaves_out_is_not_required() {
    let document = documents().into_iter().find(|(name, _)| *name == "report.json").unwrap().1;
    let names = |schema: &Value| -> Vec<String> {
        let mut names: Vec<String> = serde_json::from_value(schema["required"].clone()).unwrap();
        names.sort();
        names
    };
    assert_eq!(names(&document["$defs"]["Fault"]), ["code", "message"]);
    assert_eq!(names(&document["$defs"]["Reject"]), ["byte", "errors", "line", "record"]);
    let identity = names(&document["$defs"]["FileIdentity"]);
    assert_eq!(identity, ["bytes", "compression", "encoding", "etag", "key", "lastModified"]);
}

/// Returns the JSON documents of a page; a part of an object is shown without its braces.
fn shown_in(page: &str) -> Vec<Value> {
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    let read = |text: &str| serde_json::from_str(text).or_else(|_| serde_json::from_str(&format!("{{{text}}}")));
    blocks.filter_map(|block| read(block).ok()).collect()
}

#[test]
fn documents_shown_in_the_documentation_are_valid() {
    let docs = fs::read_dir(folder().join("..")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.chain([folder().join("../../README.md")]);
    let mut shown = 0;
    for page in pages.filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        for value in shown_in(&fs::read_to_string(&page).unwrap()) {
            let has = |name: &str| value.get(name).is_some();
            let kind = if has("verdict") {
                "report.json"
            } else if has("record") {
                "reject.json"
            } else if ["schema", "fields", "resources", "sluice", "dialect"].into_iter().any(has) {
                "descriptor.json"
            } else {
                continue;
            };
            assert!(support::schemas::is_valid(kind, &value.to_string()), "{}: {value}", page.display());
            shown += 1;
        }
    }
    assert!(shown >= 8, "{shown} documents");
}

#[test]
fn descriptors_of_the_examples_are_valid() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.file_name().is_some_and(|name| name == "resource.json" || name == "datapackage.json") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&folder().join("../../examples"), &mut found);
    assert!(found.len() >= 4, "{found:?}");
    for path in found {
        assert!(
            support::schemas::is_valid("descriptor.json", &fs::read_to_string(&path).unwrap()),
            "{}",
            path.display()
        );
    }
}
