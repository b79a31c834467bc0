//! Constraints that only warn: rows that break them stay clean, are counted and sampled, and take part in everything else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::codes::Code;
use sluice_engine::report::{Reject, Verdict};
use support::{Checked, check, check_with};

fn rejects(checked: &Checked) -> Vec<Reject> {
    checked.rejects.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Returns a descriptor with fields for all kinds of constraints, of which these only warn.
fn descriptor(warnings: &[&str]) -> String {
    let fields = json!([
        {"name": "text", "type": "string", "constraints": {"required": true, "minLength": 2, "maxLength": 3, "pattern": "[ab]*", "enum": ["ab", "aab", "c"]}},
        {"name": "whole", "type": "integer", "constraints": {"minimum": 2, "maximum": 7, "exclusiveMinimum": 2, "exclusiveMaximum": 7, "enum": [3, 5]}},
        {"name": "a.b", "type": "number", "constraints": {"required": true, "minimum": 0.5}},
    ]);
    json!({"schema": {"fields": fields}, "sluice": {"warnings": warnings}}).to_string()
}

const ALL: [&str; 12] = [
    "text.required",
    "text.minLength",
    "text.maxLength",
    "text.pattern",
    "text.enum",
    "whole.minimum",
    "whole.maximum",
    "whole.exclusiveMinimum",
    "whole.exclusiveMaximum",
    "whole.enum",
    "a.b.required",
    "a.b.minimum",
];

#[test]
fn a_row_that_breaks_what_only_warns_stays_clean() {
    let file = "text,whole,a.b\nab,3,1\nc,3,\nab,9,0.25\nab,x,0.25\n";
    let checked = check(
        &descriptor(&[
            "text.pattern",
            "text.minLength",
            "a.b.required",
            "whole.maximum",
            "whole.exclusiveMaximum",
            "whole.enum",
            "a.b.minimum",
        ]),
        file.as_bytes(),
    );
    let outcome = &checked.outcome;
    assert_eq!((outcome.verdict, outcome.rows.clean, outcome.rows.rejected), (Verdict::Accepted, 3, 1));
    assert_eq!(checked.clean, b"text,whole,a.b\nab,3,1\nc,3,\nab,9,0.25\n");
    let expected = [
        ("a.b.minimum", 1),
        ("a.b.required", 1),
        ("text.minLength", 1),
        ("text.pattern", 1),
        ("whole.enum", 1),
        ("whole.exclusiveMaximum", 1),
        ("whole.maximum", 1),
    ];
    assert_eq!(outcome.warnings, expected.map(|(name, count)| (name.to_owned(), count)).into());
    // The rejected row has only the fault that rejects it, and no warning.
    assert_eq!(rejects(&checked)[0].errors.len(), 1);
    assert_eq!(outcome.errors, [(Code::TypeError, 1)].into());
    let samples: Vec<Value> =
        outcome.warning_samples.iter().map(|sample| serde_json::to_value(sample).unwrap()).collect();
    assert_eq!((samples.len(), samples[0]["record"].as_u64()), (2, Some(3)));
    let codes: Vec<&Value> =
        samples[0]["errors"].as_array().unwrap().iter().map(|fault| &fault["constraint"]).collect();
    assert_eq!(codes, ["minLength", "pattern", "required"]);
    // Values of rows with warnings count in the statistics.
    assert_eq!(outcome.fields[1].max, Some(9.into()));
    assert_eq!((outcome.fields[2].count, outcome.fields[2].missing), (2, 1));
}

#[test]
fn a_row_that_is_warned_of_has_its_key() {
    let descriptor = r#"{"schema": {"primaryKey": "id", "fields": [{"name": "id", "type": "integer", "constraints": {"maximum": 5}}]},
        "sluice": {"warnings": ["id.maximum"]}}"#;
    let checked = check(descriptor, b"id\n7\n7\n");
    assert_eq!((checked.outcome.rows.clean, checked.outcome.errors[&Code::PrimaryKey]), (1, 1));
    // The rejected row has no warning.
    assert_eq!(checked.outcome.warnings, [("id.maximum".to_owned(), 1)].into());
}

#[test]
fn values_of_redacted_columns_are_in_no_sample() {
    let descriptor = r#"{"schema": {"fields": [{"name": "mail", "type": "string", "constraints": {"pattern": "a"}}]},
        "sluice": {"warnings": ["mail.pattern"], "redact": ["mail"]}}"#;
    let checked = check(descriptor, b"mail\nsecret\n");
    assert_eq!(checked.outcome.verdict, Verdict::Clean);
    assert!(!serde_json::to_string(&checked.outcome.warning_samples).unwrap().contains("secret"));
}

#[test]
fn the_share_of_rejected_cells_is_held_against_its_bound() {
    let descriptor = |share: &str, warnings: &str| {
        format!(
            r#"{{"schema": {{"fields": [{{"name": "id", "constraints": {{"unique": true}}}},
            {{"name": "qty", "type": "integer", "constraints": {{"minimum": 0, "enum": [1, 2]}}}}]}},
            "sluice": {{"warnings": [{warnings}], "file": {{"rejected": {{"qty": "{share}", "id": "20%"}}}}}}}}"#
        )
    };
    // Two faults of one cell count as one; so does a missing cell; a repeated key counts for its column.
    let file = b"id,qty\na,1\nb,-1\nc,x\nd\na,2\ne,1\nf,1\ng,1\nh,2\ni,1\n";
    let checked = check(&descriptor("30%", ""), file);
    assert_eq!(checked.outcome.refusal, None);
    let found: Vec<_> =
        checked.outcome.assertions.iter().map(|outcome| (&*outcome.name, outcome.found.clone())).collect();
    assert_eq!(found, [("rejected.qty", Some(3.into())), ("rejected.id", Some(1.into()))]);
    let message = check(&descriptor("29.9%", ""), file).outcome.refusal.unwrap().message;
    assert_eq!(message, "rejected.qty: 3 of 10 rows with a fault in this field, at most 29.9 % may be");
    // Warnings are not faults, so they do not count.
    let checked = check(&descriptor("20%", "\"qty.minimum\", \"qty.enum\""), file);
    assert_eq!(checked.outcome.refusal, None);
    assert_eq!(check(&descriptor("0%", ""), b"id,qty\n").outcome.verdict, Verdict::Clean);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The oracle is the same file without warnings: each of its rejects either loses all its faults, or is a reject here too.
    #[test]
    fn warnings_are_the_faults_that_are_not(
        rows in prop::collection::vec(("(|ab|aab|c|abc|é|\"ab\")", "(|3|5|2|7|9|1|x)", "(|1|0.25|0.4999999999999999999999|1e-9|x|1,)"), 0..80),
        chosen in prop::collection::vec(any::<bool>(), ALL.len()), chunk_bytes in 1usize..300, threads in 1usize..5,
    ) {
        let warnings: Vec<&str> = ALL.into_iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(name, _)| name).collect();
        let mut file = "text,whole,a.b\n".to_owned();
        for (text, whole, number) in &rows {
            file.push_str(&format!("{text},{whole},{number}\n"));
        }
        let strict = check(&descriptor(&[]), file.as_bytes());
        let checked = check(&descriptor(&warnings), file.as_bytes());
        let mut expected_rejects = Vec::new();
        let mut expected_warnings: BTreeMap<String, u64> = BTreeMap::new();
        for mut reject in rejects(&strict) {
            let name = |fault: &sluice_engine::report::Fault| format!("{}.{}", fault.field.clone().unwrap_or_default(), fault.constraint.clone().unwrap_or_default());
            let (warned, errors): (Vec<_>, Vec<_>) = reject.errors.into_iter().partition(|fault| warnings.contains(&&*name(fault)));
            if errors.is_empty() {
                warned.iter().for_each(|fault| *expected_warnings.entry(name(fault)).or_default() += 1);
            } else {
                reject.errors = errors;
                expected_rejects.push(reject);
            }
        }
        prop_assert_eq!(rejects(&checked), expected_rejects);
        prop_assert_eq!(&checked.outcome.warnings, &expected_warnings);
        prop_assert_eq!(checked.outcome.rows.read, strict.outcome.rows.read);
        let parts = check_with(&descriptor(&warnings), file.as_bytes(), None, threads, chunk_bytes);
        prop_assert_eq!(&checked, &parts);
    }
}
