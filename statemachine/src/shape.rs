//! Payloads: one declaration makes the struct that programs read and write, the references to its fields, and the
//! template that a state builds it from.

use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value as Json;

use crate::expression::{Expr, Path};
use crate::value::{Value, unwrap};

/// A JSON template from which a state builds a `T`.
pub struct Template<T> {
    json: Json,
    gives: PhantomData<fn() -> T>,
}

/// A struct with the fields of `T`, each a value or an expression.
pub trait TemplateOf<T>: Serialize {}

impl<T> Template<T> {
    /// Returns the template as it stands in the definition.
    pub fn into_json(self) -> Json {
        self.json
    }

    pub(crate) fn json(&self) -> &Json {
        &self.json
    }

    /// Wraps JSON without checking that it builds a `T`: the caller vouches for that.
    pub(crate) fn unchecked(json: Json) -> Self {
        Self { json, gives: PhantomData }
    }

    /// Returns the whole template as one JSONata expression.
    pub(crate) fn expression(&self) -> Expr<T> {
        Expr::unchecked(jsonata(&self.json))
    }

    /// Builds a template from all of the fields.
    pub fn of(fields: impl TemplateOf<T>) -> Self {
        // cannot fail: structs of strings, numbers and JSON are JSON
        Self::unchecked(serde_json::to_value(fields).expect("the fields of a template are JSON"))
    }
}

/// Returns the template as JSONata, of which JSON is a part: strings between `{%` and `%}` become expressions.
fn jsonata(json: &Json) -> String {
    match json {
        Json::String(text) => unwrap(text).map_or_else(|| json.to_string(), str::to_owned),
        Json::Array(items) => format!("[{}]", items.iter().map(jsonata).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| format!("{}: {}", Json::from(name.as_str()), jsonata(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        _ => json.to_string(),
    }
}

impl<T> From<Expr<T>> for Template<T> {
    fn from(expression: Expr<T>) -> Self {
        Self::unchecked(Json::String(expression.wrapped()))
    }
}

impl<T> From<Path<T>> for Template<T> {
    fn from(path: Path<T>) -> Self {
        (*path).clone().into()
    }
}

impl<T: Serialize> From<Value<T>> for Template<T> {
    fn from(value: Value<T>) -> Self {
        // cannot fail: payloads are structs of strings, numbers and JSON
        Self::unchecked(serde_json::to_value(value).expect("payloads are JSON"))
    }
}

/// Declares payloads. `name: Type as "jsonName"` makes a field of the struct, a method of `Path<Struct>` and a field of
/// the template: a field that is renamed or removed takes every reference to it along, and those no longer compile.
macro_rules! shape {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident, $template:ident {
            $( $(#[$doc:meta])* pub $field:ident: $type:ty as $json:literal, )*
        }
    )*) => { $(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $( $(#[$doc])* #[serde(rename = $json)] pub $field: $type, )*
        }

        impl $crate::Path<$name> {
            $( $(#[$doc])* pub fn $field(&self) -> $crate::Path<$type> { self.field($json) } )*
        }

        #[doc = concat!("How a state builds a [`", stringify!($name), "`].")]
        #[derive(Clone, Debug, serde::Serialize)]
        pub struct $template {
            $( $(#[$doc])* #[serde(rename = $json)] pub $field: $crate::Value<$type>, )*
        }

        impl $crate::TemplateOf<$name> for $template {}

        impl From<$template> for $crate::Template<$name> {
            fn from(fields: $template) -> Self { Self::of(fields) }
        }
    )* };
}
pub(crate) use shape;
