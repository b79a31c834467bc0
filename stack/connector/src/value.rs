//! Values of the framework as the engine reads and writes them on the wire: JSON, with signed objects for what JSON
//! lacks.
//! <https://github.com/pulumi/pulumi/blob/master/developer-docs/architecture/deployment-execution/resource-registration.md>

use std::collections::{BTreeSet, HashMap, HashSet};

use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct, Value};
use pulumi_gestalt_domain::FieldName;
use pulumi_gestalt_model::{PulumiValue, PulumiValueContent as Content};

/// The key that marks an object as signed.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
/// The value of [`SIGNATURE`] in a secret, which has its content under [`SECRET_CONTENT`].
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const SECRET_CONTENT: &str = "value";
/// The string that stands for a value that is known only after the deployment.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Encodes the fields of a resource for the wire, without the fields that have no value.
pub(crate) fn encode_fields(fields: &HashMap<FieldName, PulumiValue>) -> Struct {
    encode_object(fields.iter().map(|(name, value)| (name.as_string(), value)))
}

fn encode_object<'a>(fields: impl Iterator<Item = (&'a String, &'a PulumiValue)>) -> Struct {
    // "Absent" and "null" are one thing in the framework, and two for providers. Programs mean "absent".
    let present = fields.filter(|(_, value)| value.content != Content::None);
    Struct { fields: present.map(|(name, value)| (name.clone(), encode(value))).collect() }
}

fn encode(value: &PulumiValue) -> Value {
    let kind = match &value.content {
        // An unknown value has no content that could be secret, and the engine recognizes it only as the bare string.
        Content::Nothing => return Value::from(UNKNOWN),
        Content::None => Kind::NullValue(NullValue::NullValue.into()),
        Content::Boolean(boolean) => Kind::BoolValue(*boolean),
        Content::Integer(integer) => Kind::NumberValue(f64::from(*integer)),
        Content::Number(number) => Kind::NumberValue(*number),
        Content::String(string) => Kind::StringValue(string.clone()),
        Content::Array(items) => Kind::ListValue(ListValue { values: items.iter().map(encode).collect() }),
        Content::Object(fields) => Kind::StructValue(encode_object(fields.iter().map(|(name, value)| (name, value)))),
    };
    let content = Value { kind: Some(kind) };
    if !value.secret {
        return content;
    }
    let fields = [(SIGNATURE.to_owned(), Value::from(SECRET)), (SECRET_CONTENT.to_owned(), content)];
    Value { kind: Some(Kind::StructValue(Struct { fields: fields.into() })) }
}

/// Decodes the fields of a resource from the wire; each value comes from the resources `urns`.
pub(crate) fn decode_fields(wire: Option<Struct>, urns: &HashSet<String>) -> HashMap<FieldName, PulumiValue> {
    let fields = wire.unwrap_or_default().fields.into_iter();
    fields.map(|(name, value)| (FieldName::from(name), decode(value, urns))).collect()
}

fn decode(wire: Value, urns: &HashSet<String>) -> PulumiValue {
    let content = match wire.kind {
        None | Some(Kind::NullValue(_)) => Content::None,
        Some(Kind::BoolValue(boolean)) => Content::Boolean(boolean),
        Some(Kind::NumberValue(number)) => decode_number(number),
        Some(Kind::StringValue(string)) if string == UNKNOWN => Content::Nothing,
        Some(Kind::StringValue(string)) => Content::String(string),
        Some(Kind::ListValue(list)) => Content::Array(list.values.into_iter().map(|item| decode(item, urns)).collect()),
        Some(Kind::StructValue(mut object)) => {
            if is_secret(&object) {
                let content = object.fields.remove(SECRET_CONTENT).unwrap_or_default();
                return PulumiValue { secret: true, ..decode(content, urns) };
            }
            Content::Object(object.fields.into_iter().map(|(name, value)| (name, decode(value, urns))).collect())
        }
    };
    PulumiValue { content, secret: false, dependencies: urns.clone() }
}

/// Decodes a number: the wire has one kind of number, the framework has two.
fn decode_number(number: f64) -> Content {
    #[expect(clippy::cast_possible_truncation, reason = "a number that does not come back the same is kept as it is")]
    let integer = number as i32;
    if f64::from(integer) == number { Content::Integer(integer) } else { Content::Number(number) }
}

fn is_secret(object: &Struct) -> bool {
    object.fields.get(SIGNATURE).is_some_and(|signature| *signature == Value::from(SECRET))
}

/// Returns the URNs of the resources from which `value` or anything inside it comes.
pub(crate) fn dependencies(value: &PulumiValue) -> BTreeSet<String> {
    let mut urns = BTreeSet::new();
    collect(value, &mut urns);
    urns
}

fn collect(value: &PulumiValue, urns: &mut BTreeSet<String>) {
    urns.extend(value.dependencies.iter().cloned());
    match &value.content {
        Content::Array(items) => items.iter().for_each(|item| collect(item, urns)),
        Content::Object(fields) => fields.iter().for_each(|(_, field)| collect(field, urns)),
        _ => {}
    }
}

/// Returns true if `value` or anything inside it is known only after the deployment.
pub(crate) fn is_unknown(value: &PulumiValue) -> bool {
    match &value.content {
        Content::Nothing => true,
        Content::Array(items) => items.iter().any(is_unknown),
        Content::Object(fields) => fields.iter().any(|(_, field)| is_unknown(field)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URN: &str = "urn:pulumi:dev::sluice::aws:s3/bucket:Bucket::data";

    fn plain(content: Content) -> PulumiValue {
        PulumiValue { content, secret: false, dependencies: [URN.to_owned()].into() }
    }

    fn secret(content: Content) -> PulumiValue {
        PulumiValue { secret: true, ..plain(content) }
    }

    fn text(string: &str) -> PulumiValue {
        plain(Content::String(string.to_owned()))
    }

    fn through_the_wire(value: &PulumiValue) -> PulumiValue {
        decode(encode(value), &[URN.to_owned()].into())
    }

    #[test]
    fn every_kind_of_value_comes_back_as_it_went() {
        let values = [
            plain(Content::None),
            plain(Content::Nothing),
            plain(Content::Boolean(true)),
            plain(Content::Integer(0)),
            plain(Content::Integer(i32::MIN)),
            plain(Content::Integer(i32::MAX)),
            plain(Content::Number(0.5)),
            plain(Content::Number(3e9)),
            text(""),
            text("größer"),
            plain(Content::Array(vec![text("a"), plain(Content::None), plain(Content::Nothing)])),
            plain(Content::Object(vec![("name".to_owned(), text("value"))])),
            secret(Content::String("key".to_owned())),
            secret(Content::Array(vec![secret(Content::Integer(1))])),
            plain(Content::Object(vec![("inner".to_owned(), secret(Content::Boolean(false)))])),
        ];
        for value in values {
            assert_eq!(through_the_wire(&value), value);
        }
    }

    #[test]
    fn a_field_without_a_value_is_left_out_at_every_depth_and_kept_in_an_array() {
        let inner = plain(Content::Object(vec![("absent".to_owned(), plain(Content::None))]));
        let array = plain(Content::Array(vec![plain(Content::None)]));
        let fields = HashMap::from([
            (FieldName::from("absent"), secret(Content::None)),
            (FieldName::from("inner"), inner),
            (FieldName::from("array"), array),
        ]);
        let wire = encode_fields(&fields);
        let mut names: Vec<&String> = wire.fields.keys().collect();
        names.sort();
        assert_eq!(names, ["array", "inner"]);
        assert_eq!(wire.fields["inner"], Value { kind: Some(Kind::StructValue(Struct::default())) });
        assert_eq!(wire.fields["array"], Value::from(vec![Value { kind: Some(Kind::NullValue(0)) }]));
    }

    #[test]
    fn a_secret_is_signed_and_an_unknown_secret_is_only_unknown() {
        let Some(Kind::StructValue(wire)) = encode(&secret(Content::String("key".to_owned()))).kind else {
            panic!("a secret is an object on the wire");
        };
        assert_eq!(wire.fields[SIGNATURE], Value::from(SECRET));
        assert_eq!(wire.fields[SECRET_CONTENT], Value::from("key"));
        assert_eq!(encode(&secret(Content::Nothing)), Value::from(UNKNOWN));
    }

    #[test]
    fn other_signed_objects_are_objects() {
        let asset = Struct { fields: [(SIGNATURE.to_owned(), Value::from("asset"))].into() };
        let value = decode(Value { kind: Some(Kind::StructValue(asset)) }, &HashSet::new());
        assert!(!value.secret);
        assert!(matches!(value.content, Content::Object(_)));
    }

    #[test]
    fn dependencies_and_unknowns_are_found_at_every_depth() {
        let other = "urn:pulumi:dev::sluice::aws:iam/role:Role::worker";
        let deep = PulumiValue { content: Content::Nothing, secret: false, dependencies: [other.to_owned()].into() };
        let value = plain(Content::Array(vec![plain(Content::Object(vec![("deep".to_owned(), deep)]))]));
        assert_eq!(dependencies(&value), BTreeSet::from([URN.to_owned(), other.to_owned()]));
        assert!(is_unknown(&value));
        assert!(!is_unknown(&text("known")));
    }
}
