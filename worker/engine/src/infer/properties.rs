//! The properties of an inferred Data Resource, which are serialized as its JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::candidate::TypeProperties;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceProperties<'a> {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dialect: Option<DialectProperties>,
    pub(super) schema: SchemaProperties<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sluice: Option<SluiceProperties<'a>>,
}

/// Properties that the standard does not have.
#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SluiceProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trailing_delimiter: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<HeadersProperties<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<LimitsProperties>,
}

/// Limits that a file exceeds by default.
#[derive(PartialEq, Serialize)]
pub(super) struct LimitsProperties {
    pub(super) columns: u32,
}

#[derive(PartialEq, Serialize)]
pub(super) struct HeadersProperties<'a> {
    /// Labels, each with the field or fields that it stands for.
    pub(super) aliases: BTreeMap<&'a str, AliasProperty<'a>>,
}

#[derive(PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum AliasProperty<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DialectProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delimiter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quote_char: Option<Option<char>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) double_quote: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) escape_char: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line_terminator: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip_initial_space: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment_char: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) header_rows: Option<Vec<u64>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemaProperties<'a> {
    pub(super) fields: Vec<FieldProperties<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) primary_key: Option<KeyProperty<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum KeyProperty<'a> {
    One(&'a str),
    Two([&'a str; 2]),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldProperties<'a> {
    pub(super) name: &'a str,
    #[serde(flatten)]
    pub(super) kind: &'a TypeProperties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) missing_values: Vec<&'static str>,
    #[serde(skip_serializing_if = "ConstraintsProperties::is_empty")]
    pub(super) constraints: ConstraintsProperties,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConstraintsProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unique: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minimum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<u64>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub(super) enumeration: Option<Vec<String>>,
}

impl ConstraintsProperties {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
