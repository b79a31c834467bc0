//! The object `sluice`, which Sluice itself defines: a name in it that does not exist is a mistake, and so is null.

use serde_json::{Map, Value, json};

use super::standard;
use crate::descriptor::FeedbackFormat;
use crate::messages::Language;
use crate::rules::RULES;

/// Returns the schema of an object that allows no other properties.
fn closed<const N: usize>(description: &str, required: &[&str], properties: [(&str, Value); N]) -> Value {
    let properties: Map<String, Value> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn integer(description: &str, least: u64, most: u64) -> Value {
    let schema = json!({"description": description, "type": "integer", "minimum": least});
    if most == u64::MAX {
        return schema;
    }
    let mut schema = schema;
    schema["maximum"] = json!(most);
    schema
}

fn by_field(description: &str, of_each: &Value) -> Value {
    json!({"description": description, "type": "object", "additionalProperties": of_each})
}

/// Returns the schema of the bounds of a measure, of which at least one has to be there.
fn range(description: &str, bound: &Value) -> Value {
    let mut range = closed(description, &[], [("min", bound.clone()), ("max", bound.clone())]);
    range["minProperties"] = json!(1);
    range
}

fn feedback() -> Value {
    let tags: Vec<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
    closed(
        "What the sender of a file is answered.",
        &[],
        [
            (
                "keys",
                json!({
                    "description": "Fields by which the sender knows a row; none of them redacted.",
                    "type": "array",
                    "maxItems": 20,
                    "uniqueItems": true,
                    "items": {"type": "string"},
                }),
            ),
            (
                "formats",
                json!({
                    "description": "All by default.",
                    "type": "array",
                    "minItems": 1,
                    "uniqueItems": true,
                    "items": {"enum": FeedbackFormat::ALL.map(FeedbackFormat::name)},
                }),
            ),
            ("language", json!({"description": "Of its texts; \"en\" by default.", "enum": tags})),
            ("rows", integer("The greatest number of rows that it shows; 10,000 by default.", 1, 1_000_000)),
        ],
    )
}

#[expect(clippy::too_many_lines, reason = "a table: one entry for each setting")]
pub(super) fn sluice() -> Value {
    closed(
        "Settings of Sluice.",
        &[],
        [
            (
                "rules",
                json!({"description": "Conditions over the cells of a row.", "type": "array", "maxItems": RULES, "items": rule()}),
            ),
            (
                "warnings",
                json!({
                    "description": "Constraints that only warn, such as \"email.pattern\".",
                    "type": "array",
                    "maxItems": 1000,
                    "items": standard::warning(),
                }),
            ),
            (
                "tolerance",
                closed(
                    "With more rejected rows the file is refused.",
                    &[],
                    [
                        ("rows", integer("The greatest number of rejected rows.", 0, u64::MAX)),
                        (
                            "percent",
                            json!({"description": "The greatest share of rejected rows.", "type": "number", "minimum": 0, "maximum": 100}),
                        ),
                    ],
                ),
            ),
            ("file", file()),
            (
                "output",
                closed(
                    "What is made of the clean rows.",
                    &[],
                    [
                        (
                            "formats",
                            json!({
                                "description": "[\"csv\"] by default.",
                                "type": "array",
                                "minItems": 1,
                                "uniqueItems": true,
                                "items": {"enum": ["csv", "parquet"]},
                            }),
                        ),
                        (
                            "encoding",
                            json!({"description": "Of the clean file; \"original\" by default.", "enum": ["original", "utf-8"]}),
                        ),
                    ],
                ),
            ),
            (
                "headers",
                closed(
                    "Which labels stand for which fields.",
                    &[],
                    [
                        (
                            "match",
                            json!({"description": "How labels are compared; \"exact\" by default.", "enum": ["exact", "case", "normalized"]}),
                        ),
                        (
                            "aliases",
                            by_field(
                                "Other labels of fields: {\"old label\": \"field\"}. A label that occurs several times has a list of fields.",
                                &json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
                            ),
                        ),
                    ],
                ),
            ),
            (
                "trailingDelimiter",
                json!({"description": "Each record ends with a delimiter; false by default.", "type": "boolean"}),
            ),
            (
                "blankRows",
                json!({"description": "What becomes of blank rows; \"skip\" by default.", "enum": ["skip", "reject"]}),
            ),
            ("decimals", by_field("Numbers of at most so many digits, stored as decimals in Parquet.", &decimal())),
            ("redact", standard::redacted()),
            ("feedback", feedback()),
            ("limits", limits()),
            (
                "reference",
                json!({"description": "Tables that foreign keys refer to.", "type": "array", "items": reference()}),
            ),
        ],
    )
}

fn decimal() -> Value {
    let digits =
        |least, description| json!({"description": description, "type": "integer", "minimum": least, "maximum": 18});
    closed(
        "The digits that a number may have.",
        &["precision", "scale"],
        [
            ("precision", digits(1, "The greatest number of digits.")),
            ("scale", digits(0, "The greatest number of digits behind the decimal point.")),
        ],
    )
}

fn rule() -> Value {
    closed(
        "A condition over the cells of a row.",
        &["name", "check"],
        [
            (
                "name",
                json!({"description": "Its name in rejects and reports.", "type": "string", "minLength": 1, "maxLength": 100}),
            ),
            ("check", json!({"description": "The condition, such as \"shipped >= ordered\".", "type": "string"})),
            ("severity", json!({"description": "\"error\" by default.", "enum": ["error", "warning"]})),
            ("message", json!({"description": "What is told of a row, with fields as {name}.", "type": "string"})),
            ("help", json!({"description": "What the sender does about it.", "type": "string", "maxLength": 200})),
        ],
    )
}

fn file() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    let share = json!({"type": "string", "pattern": "%$"});
    let band = |description: &str| json!({"description": description, "type": "string", "pattern": "%[ ]*$"});
    let mut last = closed(
        "How much a file may differ from earlier ones.",
        &["files"],
        [
            (
                "files",
                integer("How many are compared.", 1, crate::descriptor::ComparisonWithEarlier::MOST_FILES as u64),
            ),
            ("rows", band("By how much the rows may differ from their median, such as \"±30%\".")),
            ("bytes", band("By how much the size may differ from their median.")),
        ],
    );
    last["minProperties"] = json!(2);
    let trailer = closed(
        "The control record with which each file ends.",
        &["tag"],
        [
            ("tag", json!({"description": "Its first cell.", "type": "string", "minLength": 1, "maxLength": 100})),
            ("count", integer("The column that has the number of rows.", 2, u64::MAX)),
            ("sum", by_field("The columns that have the sums of fields.", &json!({"type": "integer", "minimum": 2}))),
        ],
    );
    closed(
        "What has to be true of a file as a whole.",
        &[],
        [
            ("rows", range("The number of rows.", &count)),
            ("missing", by_field("The largest share of missing cells of fields, such as \"2%\".", &share)),
            ("rejected", by_field("The largest share of rows that are at fault in a field.", &share)),
            ("count", by_field("The number of values of fields.", &range("The number of values.", &count))),
            (
                "distinct",
                by_field(
                    "The number of different values of fields.",
                    &range("The number of different values.", &count),
                ),
            ),
            ("sum", by_field("The sums of fields.", &range("The sum.", &json!({"type": "number"})))),
            ("trailer", trailer),
            ("last", last),
        ],
    )
}

fn limits() -> Value {
    closed(
        "Bounds of what a file may cost.",
        &[],
        [
            ("recordBytes", integer("Of a record.", 1024, 64 << 20)),
            ("columns", integer("Of a file.", 1, 16_384)),
            ("expansion", integer("Decompressed bytes for each compressed one.", 1, u32::MAX.into())),
            ("expandedBytes", integer("Decompressed bytes of a file.", 1, u64::MAX)),
            ("rejectBytes", integer("Of the rejects of a file.", 0, u64::MAX)),
            ("keyBytes", integer("Memory for the keys of a file.", 0, u64::MAX)),
        ],
    )
}

fn reference() -> Value {
    let mut table = closed(
        "A table that foreign keys refer to: a file, or data.",
        &["name"],
        [
            ("name", json!({"description": "What foreign keys call it.", "type": "string", "minLength": 1})),
            (
                "path",
                json!({"description": "The file, beside the descriptor or below its folder.", "type": "string", "minLength": 1}),
            ),
            (
                "schema",
                json!({"description": "Its Table Schema, or the name of a file with one.", "anyOf": [{"$ref": "#/$defs/schema"}, {"type": "string"}]}),
            ),
            (
                "dialect",
                json!({"description": "Its Table Dialect, or the name of a file with one.", "anyOf": [{"$ref": "#/$defs/dialect"}, {"type": "string"}]}),
            ),
            ("encoding", json!({"description": "Its encoding.", "type": "string"})),
            (
                "compression",
                json!({"description": "How the file is compressed, if its name does not say it.", "type": "string"}),
            ),
            (
                "data",
                json!({"description": "Its rows, in place of a file: lists, the first with the labels, or objects.", "type": ["array", "string"]}),
            ),
        ],
    );
    table["anyOf"] = json!([{"required": ["path"]}, {"required": ["data"]}]);
    table
}
