//! Shapes → JSON Schemas, each type once under `$defs`.

use serde_json::{Map, Value, json};

use crate::described::Descriptions;
use crate::trace::{Object, Shape};

/// Writes JSON Schemas.
pub(crate) struct Writer {
    pub(crate) descriptions: Descriptions,
}

impl Writer {
    /// Returns the document of a type, after `change` was applied to it.
    pub(crate) fn document(&self, title: &str, shape: &Shape, change: impl FnOnce(&mut Value)) -> Value {
        let mut definitions = Map::new();
        let mut root = match shape {
            Shape::Object(object) => self.object(object, &mut definitions),
            other => self.schema(other, &mut definitions),
        };
        change(&mut root);
        self.around(title, root, definitions)
    }

    /// Returns the document of values that have one of two types.
    pub(crate) fn either(&self, title: &str, shapes: [&Shape; 2]) -> Value {
        let mut definitions = Map::new();
        let either = shapes.map(|shape| self.schema(shape, &mut definitions));
        self.around(title, json!({"anyOf": either}), definitions)
    }

    fn around(&self, title: &str, root: Value, definitions: Map<String, Value>) -> Value {
        let mut document = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title});
        let members = document.as_object_mut().unwrap();
        members.extend(root.as_object().unwrap().clone());
        if !definitions.is_empty() {
            members.insert("$defs".to_owned(), Value::Object(definitions));
        }
        document
    }

    fn schema(&self, shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Unsigned => json!({"type": "integer", "minimum": 0}),
            Shape::Number => json!({"type": "number"}),
            Shape::Text => json!({"type": "string"}),
            Shape::Words(words) => json!({"type": "string", "enum": words}),
            Shape::List(items) => json!({"type": "array", "items": self.schema(items, definitions)}),
            Shape::Tuple(items) => {
                let count = items.len();
                let items: Vec<Value> = items.iter().map(|item| self.schema(item, definitions)).collect();
                json!({"type": "array", "prefixItems": items, "minItems": count, "maxItems": count})
            }
            Shape::Map { names, values } => {
                let mut map = json!({"type": "object", "additionalProperties": self.schema(values, definitions)});
                if let Shape::Words(words) = &**names {
                    map["propertyNames"] = json!({"enum": words});
                }
                map
            }
            Shape::Nullable(inner) => match self.schema(inner, definitions) {
                inner if inner == json!({}) => inner,
                mut inner if inner["type"].is_string() => {
                    inner["type"] = json!([inner["type"], "null"]);
                    if let Some(words) = inner.get_mut("enum").and_then(Value::as_array_mut) {
                        words.push(Value::Null);
                    }
                    inner
                }
                inner => json!({"anyOf": [inner, {"type": "null"}]}),
            },
            Shape::Object(object) => {
                if !definitions.contains_key(&object.name) {
                    // The entry is added before its schema is made, so that it comes before the entries of its members.
                    definitions.insert(object.name.clone(), Value::Null);
                    let schema = self.object(object, definitions);
                    definitions.insert(object.name.clone(), schema);
                }
                json!({"$ref": format!("#/$defs/{}", object.name)})
            }
        }
    }

    fn object(&self, object: &Object, definitions: &mut Map<String, Value>) -> Value {
        let mut properties = Map::new();
        for (name, shape) in &object.members {
            let mut schema = self.schema(shape, definitions);
            if let Some(text) = self.description(object, name) {
                schema["description"] = json!(text);
            }
            properties.insert(name.clone(), schema);
        }
        let mut schema = json!({"type": "object", "required": object.required, "properties": properties});
        if let Some(text) = self.description(object, "") {
            schema["description"] = json!(text);
        }
        schema
    }

    /// Returns the description of a member, from the type that it belongs to.
    fn description(&self, object: &Object, member: &str) -> Option<&String> {
        let own = self.descriptions.get(&(object.name.clone(), member.to_owned()));
        own.or_else(|| {
            let part = object.parts.iter().find(|part| part.members.iter().any(|(name, _)| name == member))?;
            self.description(part, member)
        })
    }
}
