//! Labels, warnings and redacted fields.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        (r#"{"headers":"case"}"#, &[
            r#"1:167: sluice.headers: "case" is not an object; write an object"#,
        ]),
        (r#"{"headers":{"match":"fuzzy"}}"#, &[
            r#"1:176: sluice.headers.match: "fuzzy" is not a way to match labels; use one of exact, case, normalized"#,
        ]),
        (r#"{"headers":{"aliases":["Quantity"]}}"#, &[
            r#"1:178: sluice.headers.aliases: an array is not an object; write an object such as {"old label": "field"}"#,
        ]),
        (r#"{"headers":{"aliases":{"Quantity":"qtty"}}}"#, &[
            r#"1:190: sluice.headers.aliases.Quantity: the schema has no field "qtty"; did you mean "qty"?"#,
        ]),
        (r#"{"headers":{"aliases":{"qty":"id"}}}"#, &[
            r#"1:179: sluice.headers.aliases.qty: "qty" is a field itself; write another label"#,
        ]),
        (r#"{"headers":{"aliases":{"":"id"}}}"#, &[
            r#"1:179: sluice.headers.aliases[""]: an empty label matches nothing; write the label of a column"#,
        ]),
        (r#"{"headers":{"match":"case","aliases":{"QTY":"id"}}}"#, &[
            r#"1:176: sluice.headers.match: "qty" and "QTY" are the same label in this way of matching; match in another way, or rename one of them"#,
        ]),
        (r#"{"warnings":"qty.minimum"}"#, &[
            r#"1:168: sluice.warnings: "qty.minimum" is not an array; write a list of constraints, such as ["email.pattern"]"#,
        ]),
        (r#"{"warnings":["qty"]}"#, &[
            r#"1:169: sluice.warnings[0]: "qty" has no dot between a field and its constraint; write the name of a field, a dot and a constraint of it, such as "email.pattern""#,
        ]),
        (r#"{"warnings":["qtty.minimum"]}"#, &[
            r#"1:169: sluice.warnings[0]: the schema has no field "qtty"; did you mean "qty"?"#,
        ]),
        (r#"{"warnings":["qty.minimum"]}"#, &[
            r#"1:169: sluice.warnings[0]: the field "qty" has no constraint "minimum"; write the constraint, or remove it here"#,
        ]),
        (r#"{"warnings":["qty.unique"]}"#, &[
            r#"1:169: sluice.warnings[0]: a key cannot only warn: of equal keys only one row is clean; remove it here, or remove "unique" from the field"#,
        ]),
        (r#"{"warnings":["qty.type"]}"#, &[
            r#"1:169: sluice.warnings[0]: a cell that is not of the type of its field has no value and cannot only warn; remove it here, or give the field the type "any""#,
        ]),
        (r#"{"warnings":["qty.maximun"]}"#, &[
            r#"1:169: sluice.warnings[0]: "maximun" is not a constraint; did you mean "maximum"?"#,
        ]),
        (r#"{"redact":"qty"}"#, &[
            r#"1:166: sluice.redact: "qty" is not an array; write a list of names of fields"#,
        ]),
        (r#"{"redact":["Qty"]}"#, &[
            r#"1:167: sluice.redact[0]: the schema has no field "Qty"; did you mean "qty"?"#,
        ]),
        (r#"{"trailingDelimiter":"yes"}"#, &[
            r#"1:177: sluice.trailingDelimiter: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"{"keyScope":"prefix"}"#, &[
            r#"1:168: sluice.keyScope: "keyScope" is not supported yet: keys are those of one file; remove it"#,
        ]),
        (r#"{"redact":null}"#, &[
            "1:157: sluice.redact: it is null; write a value, or remove it",
        ]),
    ],
    around: |it| format!(r#"{{"schema":{{"fields":[{{"name":"id","type":"integer"}},{{"name":"qty","type":"integer"}},{{"name":"net","type":"number"}},{{"name":"day","type":"date"}}]}},"sluice":{it}}}"#),
};
