//! The objects of the standard: resource, package, dialect, schema and field. A property that is null counts as absent.

use serde_json::{Map, Value, json};

use crate::descriptor::warnings::can_warn;
use crate::fault::Constraint;
use crate::types;

const RESOURCE_OR_NAME: &str = "#/$defs/resource";

/// Adds a description to a schema.
fn told(mut schema: Value, description: &str) -> Value {
    schema["description"] = json!(description);
    schema
}

fn text(description: &str) -> Value {
    told(json!({"type": "string"}), description)
}

fn truth(description: &str) -> Value {
    told(json!({"type": "boolean"}), description)
}

fn texts(description: &str) -> Value {
    told(json!({"type": "array", "items": {"type": "string"}}), description)
}

/// Returns the schema, with null allowed as well.
fn or_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    match &schema["type"] {
        Value::String(name) => schema["type"] = json!([name, "null"]),
        _ => {
            let description = schema.as_object_mut().and_then(|members| members.remove("description"));
            schema = json!({"anyOf": [schema, {"type": "null"}]});
            if let Some(description) = description {
                schema["description"] = description;
            }
            return schema;
        }
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
    schema
}

/// Returns the schema of an object that allows other properties.
fn open<const N: usize>(description: &str, required: &[&str], properties: [(&str, Value); N]) -> Value {
    let of = |(name, schema): (&str, Value)| match required.contains(&name) {
        true => (name.to_owned(), schema),
        false => (name.to_owned(), or_null(&schema)),
    };
    let properties: Map<String, Value> = properties.into_iter().map(of).collect();
    json!({"description": description, "type": "object", "required": required, "properties": properties})
}

/// Returns the schema of an object, or of the name of a file that has the object.
fn or_file(name: &str, description: &str) -> Value {
    json!({"description": description, "anyOf": [{"$ref": format!("#/$defs/{name}")}, {"type": "string", "minLength": 1}]})
}

fn names(description: &str) -> Value {
    json!({"description": description, "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 64}]})
}

pub(super) fn missing_values() -> Value {
    json!({
        "description": "Texts that stand for \"no value\"; [\"\"] by default.",
        "type": "array",
        "maxItems": 100,
        "items": {"anyOf": [
            {"type": "string"},
            {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}, "label": {"type": ["string", "null"]}}},
        ]},
    })
}

pub(super) fn package() -> Value {
    open(
        "A Data Package: each file is checked against the resource that names it.",
        &["resources"],
        [
            ("$schema", text("Where this schema is, for editors.")),
            ("name", json!({"description": "Its name; not read."})),
            (
                "resources",
                json!({
                    "description": "The resources; one may be the name of a file with it.",
                    "type": "array",
                    "items": {"anyOf": [{"$ref": RESOURCE_OR_NAME}, {"type": "string"}]},
                }),
            ),
            ("missingValues", missing_values()),
        ],
    )
}

pub(super) fn resource() -> Value {
    open(
        "A Data Resource: what files are checked against.",
        &[],
        [
            ("$schema", text("Where this schema is, for editors.")),
            ("name", json!({"description": "Its name, which foreign keys refer to."})),
            ("path", json!({"description": "Which files of a prefix the resource is about, in a package."})),
            ("schema", or_file("schema", "A Table Schema, or the name of a file with one.")),
            ("dialect", or_file("dialect", "A Table Dialect, or the name of a file with one.")),
            ("encoding", text("The encoding of the files: a name of the WHATWG's or IANA's, or \"detect\".")),
            (
                "compression",
                text(
                    "How files are compressed whose names do not say it: \"gz\", \"zip\", \"bz2\", \"xz\" or \"zst\".",
                ),
            ),
            ("innerpath", text("Which file of a ZIP archive is read; its only one by default.")),
            ("bytes", json!({"description": "The size of the file that \"path\" names."})),
            (
                "hash",
                json!({"description": "The hash of the file that \"path\" names, such as \"sha256:…\"; MD5 without a name."}),
            ),
            ("layout", json!({"description": "An older name of a part of the dialect.", "type": "object"})),
            ("format", text("\"csv\", or \"tsv\", which sets the delimiter where the dialect does not.")),
            ("missingValues", missing_values()),
            ("fields", json!({"description": "Of the time before schemas: read as a schema.", "type": "array"})),
            ("sluice", json!({"$ref": "#/$defs/sluice"})),
        ],
    )
}

pub(super) fn dialect() -> Value {
    let sequence = |description| told(json!({"type": "string", "minLength": 1, "maxLength": 16}), description);
    let character = |description| told(json!({"type": "string", "maxLength": 1}), description);
    let records = |description| told(json!({"type": "array", "items": {"type": "integer", "minimum": 1}}), description);
    open(
        "A Table Dialect: how the text of a file is divided into cells.",
        &[],
        [
            ("$schema", text("Where the profile of the dialect is.")),
            (
                "csv",
                json!({"description": "These properties, as frictionless writes them.", "$ref": "#/$defs/dialect"}),
            ),
            ("delimiter", sequence("Between two cells; by the suffix of the file by default.")),
            ("quoteChar", character("Around cells; \"\" or null: nothing is quoted. \" by default.")),
            ("doubleQuote", truth("A quote in a quoted cell is doubled; true by default.")),
            ("escapeChar", character("In front of a character that is itself; none by default.")),
            ("nullSequence", text("A text that stands for \"no value\".")),
            ("skipInitialSpace", truth("Spaces behind a delimiter are no part of the cell; false by default.")),
            (
                "lineTerminator",
                told(
                    json!({"type": "string", "minLength": 1, "maxLength": 2}),
                    "Between two records; LF and CRLF by default, mixed too.",
                ),
            ),
            (
                "commentChar",
                told(json!({"type": "string", "maxLength": 16}), "A record that begins with it is a comment."),
            ),
            ("commentRows", records("Numbers of records that are comments.")),
            ("header", truth("The file has a header; true by default.")),
            ("headerRows", records("Numbers of the records whose cells are the labels; [1] by default.")),
            ("headerJoin", text("Between the parts of a label of several records; a space by default.")),
            ("headerCase", truth("Letter case counts in labels; true by default.")),
            ("caseSensitiveHeader", truth("The same in version 1 of the standard.")),
            ("csvddfVersion", json!({"description": "Of version 1; not read."})),
        ],
    )
}

pub(super) fn schema() -> Value {
    let fields_match = ["exact", "equal", "subset", "superset", "partial"];
    open(
        "A Table Schema: the fields of the rows.",
        &["fields"],
        [
            ("$schema", text("Where this schema is, for editors.")),
            (
                "fields",
                json!({"description": "The fields, in their order.", "type": "array", "minItems": 1, "items": {"$ref": "#/$defs/field"}}),
            ),
            (
                "fieldsMatch",
                json!({
                    "description": "How fields and labels match; \"exact\" by default.",
                    "anyOf": [{"enum": fields_match}, {"type": "array", "items": {"enum": fields_match}, "minItems": 1, "maxItems": 1}],
                }),
            ),
            ("missingValues", missing_values()),
            ("primaryKey", names("Fields whose values together are those of one row only.")),
            (
                "uniqueKeys",
                json!({
                    "description": "Further keys, each a list of names of fields.",
                    "type": "array",
                    "items": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "string"}},
                }),
            ),
            (
                "foreignKeys",
                json!({"description": "Fields that refer to rows somewhere else.", "type": "array", "maxItems": 100, "items": {"$ref": "#/$defs/foreignKey"}}),
            ),
        ],
    )
}

pub(super) fn foreign_key() -> Value {
    let reference = open(
        "Where the row is.",
        &["fields"],
        [
            ("resource", text("A reference table or a resource of the package; the file itself without.")),
            ("fields", names("The fields there.")),
        ],
    );
    open(
        "Fields that refer to a row.",
        &["fields", "reference"],
        [("fields", names("The fields.")), ("reference", reference)],
    )
}

pub(super) fn field() -> Value {
    let character = |description| told(json!({"type": "string", "maxLength": 1}), description);
    let item_types = ["string", "integer", "boolean", "number", "datetime", "date", "time"];
    open(
        "A field: the cells of a column.",
        &["name"],
        [
            ("name", told(json!({"type": "string", "minLength": 1, "maxLength": 1000}), "The label of the column.")),
            (
                "type",
                told(json!({"type": "string", "enum": types::NAMES}), "The type of the cells; \"any\" by default."),
            ),
            ("format", text("How the values are written: a pattern of dates, a kind of text.")),
            ("constraints", json!({"$ref": "#/$defs/constraints"})),
            ("missingValues", missing_values()),
            (
                "trueValues",
                told(
                    json!({"type": "array", "minItems": 1, "items": {"type": "string"}}),
                    "Of a boolean: texts for true.",
                ),
            ),
            (
                "falseValues",
                told(
                    json!({"type": "array", "minItems": 1, "items": {"type": "string"}}),
                    "Of a boolean: texts for false.",
                ),
            ),
            ("bareNumber", truth("Of a number: nothing stands around the digits; true by default.")),
            ("decimalChar", character("Of a number: the decimal separator; . by default.")),
            ("groupChar", character("Of a number: the separator of groups of digits; none by default.")),
            (
                "categories",
                json!({
                    "description": "Of a string or an integer: the only values, each alone or with a label.",
                    "type": "array",
                    "minItems": 1,
                }),
            ),
            ("categoriesOrdered", truth("The order of the categories is that of the values.")),
            (
                "itemType",
                told(
                    json!({"type": "string", "enum": item_types}),
                    "Of a list: the type of its items; \"string\" by default.",
                ),
            ),
            (
                "delimiter",
                told(
                    json!({"type": "string", "minLength": 1}),
                    "Of a list: the text between two items; a comma by default.",
                ),
            ),
        ],
    )
}

pub(super) fn constraints() -> Value {
    let any = |description: &str| json!({"description": description});
    let length = |description| told(json!({"type": "integer", "minimum": 0}), description);
    open(
        "What the values of a field have to keep.",
        &[],
        [
            ("required", truth("There has to be a value.")),
            ("unique", truth("No value appears twice.")),
            ("minimum", any("The least value.")),
            ("maximum", any("The greatest value.")),
            ("exclusiveMinimum", any("Less than the least value.")),
            ("exclusiveMaximum", any("More than the greatest value.")),
            ("minLength", length("The least number of characters, items or members.")),
            ("maxLength", length("The greatest number of characters, items or members.")),
            ("pattern", text("A regular expression of XML Schema, of the whole text.")),
            ("enum", told(json!({"type": "array", "minItems": 1}), "The only values.")),
            (
                "jsonSchema",
                told(json!({"type": ["object", "boolean"]}), "A JSON Schema for cells of objects, arrays and GeoJSON."),
            ),
        ],
    )
}

/// Returns the schema of an item of `sluice.warnings`: the name of a field, and a constraint that can warn.
pub(super) fn warning() -> Value {
    let names = can_warn().map(Constraint::name).collect::<Vec<_>>().join("|");
    json!({"type": "string", "pattern": format!("\\.({names})$")})
}

pub(super) fn redacted() -> Value {
    texts("Names of fields whose values never leave.")
}
