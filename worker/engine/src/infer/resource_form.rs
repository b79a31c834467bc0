//! The structure of an inferred Data Resource, which is serialized to its JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::candidate::TypeForm;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dialect: Option<DialectForm>,
    pub(super) schema: SchemaForm<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sluice: Option<SluiceForm<'a>>,
}

/// Properties that the standard does not have.
#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SluiceForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trailing_delimiter: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<HeadersForm<'a>>,
}

#[derive(PartialEq, Serialize)]
pub(super) struct HeadersForm<'a> {
    /// Labels, each with the field or fields that it stands for.
    pub(super) aliases: BTreeMap<&'a str, AliasForm<'a>>,
}

#[derive(PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum AliasForm<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DialectForm {
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
pub(super) struct SchemaForm<'a> {
    pub(super) fields: Vec<FieldForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) primary_key: Option<KeyForm<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum KeyForm<'a> {
    One(&'a str),
    Two([&'a str; 2]),
}

impl<'a> KeyForm<'a> {
    /// Makes a key of one column, or else of two; `None` if neither is given.
    pub(super) fn of(labels: &'a [String], one: Option<usize>, two: Option<[usize; 2]>) -> Option<Self> {
        let label = |index: usize| labels[index].as_str();
        one.map(|index| Self::One(label(index))).or_else(|| two.map(|pair| Self::Two(pair.map(label))))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldForm<'a> {
    pub(super) name: &'a str,
    #[serde(flatten)]
    pub(super) kind: &'a TypeForm,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) missing_values: Vec<&'static str>,
    #[serde(skip_serializing_if = "ConstraintsForm::is_empty")]
    pub(super) constraints: ConstraintsForm,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConstraintsForm {
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
    pub(super) listed: Option<Vec<String>>,
}

impl ConstraintsForm {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
