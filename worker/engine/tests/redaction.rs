//! Values of redacted columns are in no output, however a file is malformed.

mod support;

use serde_json::{Value, json};
use support::check;

const SECRET: &str = "078-05-1120";

/// Returns a descriptor that redacts `ssn`.
fn descriptor(fields_match: &str, more: &Value) -> String {
    let mut descriptor = json!({
        "schema": {
            "fields": [{"name": "id", "type": "integer"}, {"name": "ssn"}, {"name": "name"}],
            "fieldsMatch": fields_match,
        },
        "sluice": {"redact": ["ssn"]},
    });
    if let Some(more) = more.as_object() {
        more.iter().for_each(|(name, value)| descriptor[name] = value.clone());
    }
    descriptor.to_string()
}

#[track_caller]
fn hides(descriptor: &str, file: &str) {
    let checked = check(descriptor, file.as_bytes());
    let told = format!("{:?} {}", checked.outcome, checked.rejects.escape_ascii());
    assert!(!told.contains(SECRET), "{descriptor}\n{file}\n{told}");
}

#[test]
fn a_file_without_a_header_is_refused_without_its_values() {
    for fields_match in ["exact", "equal", "subset", "superset", "partial"] {
        let descriptor = descriptor(fields_match, &json!({}));
        hides(&descriptor, &format!("1,{SECRET},Ann\n2,{SECRET},Bob\n"));
        hides(&descriptor, &format!("{SECRET},{SECRET}\n"));
    }
    for fields_match in ["exact", "equal", "superset"] {
        hides(&descriptor(fields_match, &json!({})), &format!("id,ssn,name,{SECRET}\n"));
    }
}

#[test]
fn a_column_that_may_be_the_redacted_one_is_redacted() {
    for label in ["SSN", "s s n", "social_security", "ssn "] {
        for fields_match in ["subset", "partial"] {
            let file = format!("id,{label},name\n1,{SECRET},Ann\nx,{SECRET},Bob\n2,{SECRET}\n");
            hides(&descriptor(fields_match, &json!({})), &file);
        }
    }
    let file = format!("id,ssn,name,SSN\n1,2,Ann,{SECRET}\nx,2,Bob,{SECRET}\n");
    hides(&descriptor("partial", &json!({})), &file);
}

#[test]
fn a_row_with_too_many_cells_is_not_shown() {
    for fields_match in ["superset", "partial"] {
        hides(&descriptor(fields_match, &json!({})), &format!("id,name\n1,Ann,{SECRET}\nx,Bob\n\"2,{SECRET}\n"));
    }
}
