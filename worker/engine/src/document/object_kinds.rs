//! The kinds of objects in a descriptor, with the names of their properties.

/// Names of all constraints of the standard.
pub(crate) const CONSTRAINT_NAMES: [&str; 11] = [
    "required",
    "unique",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "enum",
    "jsonSchema",
];

/// The properties of a kind of object.
pub(crate) struct ObjectKind {
    /// The name of the kind, under which results of comparing names are kept.
    pub(super) name: &'static str,
    /// Names that are read or refused.
    pub(crate) read: &'static [&'static str],
    /// Names that belong elsewhere, with the remedy that says where.
    pub(super) elsewhere: &'static [(&'static [&'static str], &'static str)],
    /// Names that other tools use for something that is not checked, and that resemble one of the names above.
    pub(super) other: &'static [&'static str],
    /// Names that other systems have for a property, and the name of the property here.
    pub(super) synonyms: &'static [(&'static [&'static str], &'static str)],
    /// Whether every property asserts something, so that a name that is not read is never metadata.
    pub(super) is_closed: bool,
}

const IN_SCHEMA: &str = "move it into \"schema\"";
const IN_RESOURCE: &str = "move it into the resource that it is about";
const IN_DIALECT: &str = "move it into \"dialect\"";
const IN_FIELDS: &str = "move it into the fields that it is about";
const IN_CONSTRAINTS: &str = "move it into \"constraints\"";

const SCHEMA_NAMES: &[&str] = &["fields", "fieldsMatch", "missingValues", "primaryKey", "uniqueKeys", "foreignKeys"];

const DIALECT_NAMES: &[&str] = &[
    "header",
    "headerRows",
    "headerJoin",
    "headerCase",
    "commentRows",
    "commentChar",
    "delimiter",
    "lineTerminator",
    "quoteChar",
    "doubleQuote",
    "escapeChar",
    "nullSequence",
    "skipInitialSpace",
    "caseSensitiveHeader",
    "csvddfVersion",
];

const FIELD_NAMES: &[&str] = &[
    "name",
    "type",
    "format",
    "constraints",
    "missingValues",
    "trueValues",
    "falseValues",
    "bareNumber",
    "decimalChar",
    "groupChar",
    "categories",
    "categoriesOrdered",
    "itemType",
    "delimiter",
];

pub(crate) const PACKAGE: ObjectKind = ObjectKind {
    name: "package",
    read: &["resources"],
    elsewhere: &[(&["sluice", "schema", "dialect"], IN_RESOURCE)],
    other: &[],
    synonyms: &[],
    is_closed: false,
};

pub(crate) const RESOURCE: ObjectKind = ObjectKind {
    name: "resource",
    read: &[
        "path",
        "data",
        "schema",
        "dialect",
        "encoding",
        "format",
        "sluice",
        "compression",
        "innerpath",
        "bytes",
        "hash",
        "layout",
    ],
    elsewhere: &[
        (&["fieldsMatch", "primaryKey", "uniqueKeys", "foreignKeys"], IN_SCHEMA),
        (&["delimiter", "quoteChar", "escapeChar", "commentChar", "headerRows", "lineTerminator"], IN_DIALECT),
    ],
    other: &["date", "dates", "encodings", "scheme", "hashing"],
    synonyms: &[],
    is_closed: false,
};

pub(crate) const SCHEMA: ObjectKind = ObjectKind {
    name: "schema",
    read: SCHEMA_NAMES,
    elsewhere: &[
        (&["delimiter", "quoteChar", "headerRows"], "move it into \"dialect\", beside \"schema\""),
        (&["decimalChar", "groupChar", "bareNumber", "trueValues", "falseValues"], IN_FIELDS),
    ],
    other: &[],
    synonyms: &[],
    is_closed: false,
};

pub(crate) const FIELD: ObjectKind = ObjectKind {
    name: "field",
    read: FIELD_NAMES,
    elsewhere: &[
        (&CONSTRAINT_NAMES, IN_CONSTRAINTS),
        (
            &["primaryKey", "uniqueKeys", "foreignKeys"],
            "move it into the schema, beside \"fields\", with the name of the field",
        ),
    ],
    other: &["unit", "units", "label", "labels", "names", "note", "notes", "formats", "category"],
    synonyms: &[],
    is_closed: false,
};

pub(crate) const CONSTRAINTS: ObjectKind = ObjectKind {
    name: "constraints",
    read: &CONSTRAINT_NAMES,
    elsewhere: &[],
    other: &[],
    synonyms: &[
        (&["notNull", "nullable", "mandatory"], "required"),
        (&["min", "greaterThanOrEqual", "ge", "gte"], "minimum"),
        (&["max", "lessThanOrEqual", "le", "lte"], "maximum"),
        (&["greaterThan", "gt"], "exclusiveMinimum"),
        (&["lessThan", "lt"], "exclusiveMaximum"),
        (&["minItems"], "minLength"),
        (&["maxItems"], "maxLength"),
        (&["regex", "regexp"], "pattern"),
        (&["values", "oneOf", "in", "allowed", "allowedValues"], "enum"),
    ],
    is_closed: true,
};

pub(crate) const DIALECT: ObjectKind = ObjectKind {
    name: "dialect",
    read: DIALECT_NAMES,
    elsewhere: &[
        (&["missingValues"], IN_SCHEMA),
        (&["decimalChar", "groupChar", "bareNumber", "trueValues", "falseValues"], IN_FIELDS),
    ],
    other: &["type", "title", "headers"],
    synonyms: &[(&["quote"], "quoteChar"), (&["escape"], "escapeChar"), (&["comment"], "commentChar")],
    is_closed: false,
};
