//! Constraints that only warn (`sluice.warnings`): how they are read, and the mistakes in them.

use super::{good, mistakes};
use crate::fault::Constraint;

fn descriptor(warnings: &str) -> String {
    format!(
        r#"{{"schema": {{"primaryKey": "id", "fields": [{{"name": "id"}},
        {{"name": "e.mail", "type": "string", "constraints": {{"required": true, "pattern": "a+", "unique": true}}}},
        {{"name": "qty", "type": "integer", "constraints": {{"minimum": 0, "exclusiveMaximum": 9, "enum": [1, 2]}}}}]}},
"sluice": {{"rules": [{{"name": "qty.enum", "check": "qty > 0"}}], "warnings": {warnings}}}}}"#
    )
}

#[test]
fn the_last_dot_parts_a_field_from_its_constraint() {
    let schema = good(&descriptor(r#"["e.mail.pattern", "qty.exclusiveMaximum", "qty.minimum"]"#)).schema.unwrap();
    let warns: Vec<Vec<Constraint>> =
        schema.fields.iter().map(|field| field.constraints.warns.iter().collect()).collect();
    assert_eq!(warns, [vec![], vec![Constraint::Pattern], vec![Constraint::Minimum, Constraint::ExclusiveMaximum]]);
}

#[test]
fn mistakes_in_warnings() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        ("{}", &["sluice.warnings: an object is not an array; write a list of constraints, such as [\"email.pattern\"]"]),
        (r#"[3]"#, &["sluice.warnings[0]: 3 is not a string; write the name of a field, a dot and a constraint of it, such as \"email.pattern\""]),
        (r#"["qty"]"#, &["sluice.warnings[0]: \"qty\" has no dot between a field and its constraint; write the name of a field, a dot and a constraint of it, such as \"email.pattern\""]),
        (r#"["e.mial.pattern"]"#, &["sluice.warnings[0]: the schema has no field \"e.mial\"; did you mean \"e.mail\"?"]),
        (r#"["e.mail.patern"]"#, &["sluice.warnings[0]: \"patern\" is not a constraint; did you mean \"pattern\"?"]),
        (r#"["e.mail.minLength"]"#, &["sluice.warnings[0]: the field \"e.mail\" has no constraint \"minLength\"; write the constraint, or remove it here"]),
        (r#"["e.mail.unique"]"#, &["sluice.warnings[0]: a key cannot only warn: of equal keys only one row is clean; remove it here, or remove \"unique\" from the field"]),
        (r#"["qty.type"]"#, &["sluice.warnings[0]: a cell that is not of the type of its field has no value and cannot only warn; remove it here, or give the field the type \"any\""]),
        (r#"["id.required"]"#, &["sluice.warnings[0]: \"id\" is a field of the primary key, whose values are required; remove it here"]),
        (r#"["qty.minimum", "qty.minimum"]"#, &["sluice.warnings[1]: it appears twice; remove one of them"]),
        (r#"["qty.enum"]"#, &["sluice.warnings[0]: a rule has the name \"qty.enum\", and both are counted by name; rename the rule"]),
    ];
    for (warnings, expected) in rows {
        let found: Vec<String> = mistakes(&descriptor(warnings))
            .iter()
            .map(|mistake| {
                assert!(mistake.starts_with("r.json:4:"), "{mistake}");
                mistake.splitn(4, ':').nth(3).unwrap().trim_start().to_owned()
            })
            .collect();
        assert_eq!(&found, expected, "{warnings}");
    }
    assert_eq!(
        mistakes(r#"{"sluice": {"warnings": ["a.pattern"]}}"#),
        ["r.json:1:25: sluice.warnings: there is no schema whose constraints could warn; write a schema"]
    );
}

#[test]
fn at_most_a_thousand_constraints_warn() {
    let fields = |count: usize| {
        let field = |number| format!(r#"{{"name": "f{number}", "constraints": {{"required": true}}}}"#);
        (0..count).map(field).collect::<Vec<_>>().join(",")
    };
    let text = |count: usize| {
        let warnings = (0..count).map(|number| format!("\"f{number}.required\"")).collect::<Vec<_>>().join(",");
        format!(r#"{{"sluice": {{"warnings": [{warnings}]}}, "schema": {{"fields": [{}]}}}}"#, fields(count))
    };
    assert!(mistakes(&text(1000)).is_empty());
    assert_eq!(
        mistakes(&text(1001)),
        ["r.json:1:25: sluice.warnings: 1001 constraints are more than 1000; shorten the list"]
    );
}
