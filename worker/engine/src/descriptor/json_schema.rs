//! The constraint `jsonSchema`: a JSON Schema, read with the places of its mistakes.
//!
//! Supported are the keywords of draft 2020-12 that assert something, and the older forms of these keywords in drafts 4 to 2019-09. Other
//! keywords that assert something are refused by name (`unevaluatedProperties`, `$dynamicRef`). `format` asserts nothing by default and gets a
//! warning. A reference leads to the same document; nothing is fetched.

mod alone;
mod references;
mod unanchored;

use std::collections::HashMap;

use self::references::goes_in_circles;
use self::unanchored::anywhere;

use super::expression::Patterns;
use super::model::Pattern;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::json_schema::{Check, JsonSchema, JsonType, Schema, SchemaIndex};
use crate::parse::{ExactDecimal, Json};

/// Keywords that change what is valid, and that are not read.
const REFUSED: [&str; 4] = ["unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"];

const TYPES: [(&str, JsonType); 7] = [
    ("null", JsonType::Null),
    ("boolean", JsonType::Boolean),
    ("integer", JsonType::Integer),
    ("number", JsonType::Number),
    ("string", JsonType::String),
    ("array", JsonType::Array),
    ("object", JsonType::Object),
];

const SCHEMA: &str = "write a schema: an object, true or false";

/// How often something may be there.
struct CountRange {
    least: u64,
    most: u64,
}

/// Reads a schema; `None` when mistakes were noted.
pub(super) fn read(root: &Place<'_>, patterns: &mut Patterns) -> Option<JsonSchema> {
    let mut reader = Reader { root, patterns, indices: HashMap::new(), places: Vec::new(), is_right: true };
    reader.index(root);
    let mut schemas: Vec<Schema> = Vec::new();
    while let Some(place) = reader.places.get(schemas.len()).cloned() {
        let schema = reader.schema(&place);
        schemas.push(schema);
    }
    if reader.is_right && goes_in_circles(&schemas) {
        root.mistake("its schemas refer to each other in a circle, for one and the same value", "break the circle");
        return None;
    }
    reader.is_right.then(|| JsonSchema::new(schemas))
}

struct Reader<'p, 'd> {
    root: &'p Place<'d>,
    patterns: &'p mut Patterns,
    /// The index of each schema, by the offset of the schema in the document.
    indices: HashMap<usize, SchemaIndex>,
    /// The places of all schemas found so far, in the order of their indices.
    places: Vec<Place<'d>>,
    is_right: bool,
}

impl<'d> Reader<'_, 'd> {
    fn wrong(&mut self, place: &Place<'_>, expected: &str, remedy: &str) {
        self.is_right = false;
        place.wrong(expected, remedy);
    }

    fn mistake(&mut self, place: &Place<'_>, message: impl std::fmt::Display, remedy: &str) {
        self.is_right = false;
        place.mistake(message, remedy);
    }

    /// Returns the index of the schema at a place. A new schema gets the next index and is read later.
    fn index(&mut self, place: &Place<'d>) -> SchemaIndex {
        let next = self.places.len();
        *self.indices.entry(place.offset()).or_insert_with(|| {
            self.places.push(place.clone());
            next
        })
    }

    fn schema(&mut self, place: &Place<'d>) -> Schema {
        match place.as_bool() {
            Some(true) => return Vec::new(),
            Some(false) => return vec![Check::Never],
            None => {}
        }
        if !place.is_object() {
            self.wrong(place, "a schema", SCHEMA);
            return Vec::new();
        }
        for (name, keyword) in place.names() {
            if REFUSED.contains(&name) {
                self.mistake(&keyword, format_args!("the keyword {} is not supported", quoted(name)), "remove it");
            }
        }
        if let Some(format) = place.get("format") {
            format.warn(
                "it is an annotation: nothing is checked by it",
                "write a pattern if the texts have to have a form",
            );
        }
        let mut checks = Vec::new();
        if let Some(reference) = place.get("$ref") {
            checks.extend(self.reference(&reference).map(|target| Check::Schema(self.index(&target))));
        }
        self.values(place, &mut checks);
        self.numbers(place, &mut checks);
        self.texts(place, &mut checks);
        self.arrays(place, &mut checks);
        self.objects(place, &mut checks);
        self.logic(place, &mut checks);
        checks
    }

    fn values(&mut self, place: &Place<'d>, checks: &mut Schema) {
        if let Some(property) = place.get("type") {
            checks.push(Check::Types(self.types(&property)));
        }
        if let Some(property) = place.get("enum") {
            let items = self.items(&property, "write a list of values");
            checks.push(Check::OneOfValues(items.iter().map(|item| canonical(&item.to_json())).collect()));
        }
        if let Some(property) = place.get("const") {
            checks.push(Check::OneOfValues([canonical(&property.to_json())].into()));
        }
    }

    fn types(&mut self, place: &Place<'d>) -> Vec<JsonType> {
        let names = TYPES.map(|(name, _)| name);
        let places = if place.as_str().is_some() { vec![place.clone()] } else { self.items(place, "write a type") };
        let mut types = Vec::new();
        for place in places {
            let name = place.as_str().unwrap_or_default();
            match TYPES.iter().find(|(other, _)| *other == name) {
                Some((_, kind)) => types.push(*kind),
                None => self.wrong(&place, "a type of JSON", &spelling::remedy(name, &names)),
            }
        }
        types
    }

    fn decimal(&mut self, place: &Place<'d>) -> Option<ExactDecimal> {
        let text = place.as_number();
        if text.is_none() {
            self.wrong(place, "a number", "write a number");
        }
        text.map(|text| ExactDecimal::of(text.as_bytes()))
    }

    fn numbers(&mut self, place: &Place<'d>, checks: &mut Schema) {
        type OfBound = fn(ExactDecimal) -> Check;
        let bounds: [(&str, &str, OfBound, OfBound); 2] = [
            ("minimum", "exclusiveMinimum", Check::Minimum, Check::ExclusiveMinimum),
            ("maximum", "exclusiveMaximum", Check::Maximum, Check::ExclusiveMaximum),
        ];
        for (name, exclusive_name, inclusive, exclusive) in bounds {
            // In draft 4 the exclusive bound is a truth value beside the bound itself.
            let exclusive_bound = place.get(exclusive_name);
            let is_exclusive = exclusive_bound.as_ref().and_then(|it| it.as_bool());
            if let Some(bound) = place.get(name).and_then(|bound| self.decimal(&bound)) {
                checks.push(if is_exclusive == Some(true) { exclusive(bound) } else { inclusive(bound) });
            }
            if let (None, Some(bound)) = (is_exclusive, exclusive_bound) {
                checks.extend(self.decimal(&bound).map(exclusive));
            }
        }
        if let Some(property) = place.get("multipleOf")
            && let Some(divisor) = self.decimal(&property)
        {
            if divisor <= ExactDecimal::default() || divisor.scaled_integer().is_none() {
                self.wrong(&property, "a number above 0 of at most 18 digits", "write such a number");
            } else {
                checks.push(Check::MultipleOf(divisor));
            }
        }
    }

    /// Reads a pair of keywords for the least and the most of a count; `None` if both are absent.
    fn range(&mut self, place: &Place<'d>, least: &str, most: &str) -> Option<CountRange> {
        let [least, most] = [least, most].map(|name| {
            place.get(name).map(|property| {
                let whole = property.as_whole();
                if whole.is_none() {
                    self.wrong(&property, "an integer of at least 0", "write such a number");
                }
                whole.unwrap_or_default()
            })
        });
        (least.is_some() || most.is_some())
            .then(|| CountRange { least: least.unwrap_or(0), most: most.unwrap_or(u64::MAX) })
    }

    fn texts(&mut self, place: &Place<'d>, checks: &mut Schema) {
        checks.extend(
            self.range(place, "minLength", "maxLength").map(|CountRange { least, most }| Check::Length { least, most }),
        );
        if let Some(property) = place.get("pattern") {
            let Some(source) = property.as_str() else {
                return self.wrong(&property, "a string", "write the pattern between quotes");
            };
            checks.extend(self.pattern(&property, source).map(Check::Pattern));
        }
    }

    /// Compiles a pattern that may match anywhere in a text.
    fn pattern(&mut self, place: &Place<'d>, source: &str) -> Option<Pattern> {
        match self.patterns.compile(&anywhere(source)) {
            Ok(pattern) => Some(pattern),
            Err(mistaken) => {
                // The mistake of the pattern as it is written, if it has one; otherwise the pattern is too large when it may match anywhere.
                let mistaken = self.patterns.compile(source).err().unwrap_or(mistaken);
                self.mistake(
                    place,
                    format_args!("the pattern {}: {}", quoted(source), mistaken.reason),
                    mistaken.remedy,
                );
                None
            }
        }
    }

    fn items(&mut self, place: &Place<'d>, remedy: &str) -> Vec<Place<'d>> {
        let items = place.array(remedy);
        self.is_right &= items.is_some();
        items.unwrap_or_default()
    }

    fn schemas(&mut self, place: &Place<'d>) -> Vec<SchemaIndex> {
        let items = self.items(place, "write a list of schemas");
        items.iter().map(|item| self.index(item)).collect()
    }

    fn arrays(&mut self, place: &Place<'d>, checks: &mut Schema) {
        let mut prefix = place.get("prefixItems");
        let mut rest = place.get("items");
        // Before draft 2020-12 a list of `items` was the prefix, and `additionalItems` the rest.
        if let Some(items) = rest.take_if(|items| items.is_array()) {
            prefix = Some(items);
            rest = place.get("additionalItems");
        }
        let schemas = prefix.map(|prefix| self.schemas(&prefix)).unwrap_or_default();
        if let Some(rest) = rest {
            checks.push(Check::ItemsFrom(schemas.len(), self.index(&rest)));
        }
        if !schemas.is_empty() {
            checks.push(Check::PrefixItems(schemas));
        }
        if let Some(contains) = place.get("contains") {
            let once = CountRange { least: 1, most: u64::MAX };
            let CountRange { least, most } = self.range(place, "minContains", "maxContains").unwrap_or(once);
            let least = if place.get("minContains").is_none() { 1 } else { least };
            checks.push(Check::Contains { schema: self.index(&contains), least, most });
        }
        checks.extend(
            self.range(place, "minItems", "maxItems").map(|CountRange { least, most }| Check::Items { least, most }),
        );
        if let Some(unique) = place.get("uniqueItems") {
            match unique.as_bool() {
                Some(true) => checks.push(Check::UniqueItems),
                Some(false) => {}
                None => self.wrong(&unique, "a boolean", "write true or false"),
            }
        }
    }

    /// Returns name and place of each member of an object whose values are schemas.
    fn members(&mut self, place: &Place<'d>) -> Vec<(String, Place<'d>)> {
        if !place.is_object() {
            self.wrong(place, "an object", "write an object whose values are schemas");
        }
        place.names().filter_map(|(name, _)| Some((name.to_owned(), place.get(name)?))).collect()
    }

    fn objects(&mut self, place: &Place<'d>, checks: &mut Schema) {
        let properties = place.get("properties").map(|it| self.members(&it)).unwrap_or_default();
        let by_pattern = place.get("patternProperties").map(|it| self.members(&it)).unwrap_or_default();
        let mut patterns = Vec::with_capacity(by_pattern.len());
        for (source, schema) in &by_pattern {
            if let Some(pattern) = self.pattern(schema, source) {
                patterns.push((pattern, self.index(schema)));
            }
        }
        if let Some(others) = place.get("additionalProperties") {
            let names = properties.iter().map(|(name, _)| name.clone()).collect();
            let patterns = patterns.iter().map(|(pattern, _)| pattern.clone()).collect();
            checks.push(Check::OtherProperties { names, patterns, schema: self.index(&others) });
        }
        if !properties.is_empty() {
            checks.push(Check::Properties(self.indexed(properties)));
        }
        if !patterns.is_empty() {
            checks.push(Check::PatternProperties(patterns));
        }
        if let Some(names) = place.get("propertyNames") {
            checks.push(Check::PropertyNames(self.index(&names)));
        }
        // In draft 3 `required` was a truth value, which is ignored, as draft 4 ignores it.
        if let Some(required) = place.get("required").filter(|required| required.as_bool().is_none()) {
            checks.push(Check::Required(self.names(&required)));
        }
        let count = self.range(place, "minProperties", "maxProperties");
        checks.extend(count.map(|CountRange { least, most }| Check::PropertyCount { least, most }));
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            if let Some(property) = place.get(keyword) {
                self.dependencies(&property, checks);
            }
        }
    }

    fn indexed(&mut self, members: Vec<(String, Place<'d>)>) -> Vec<(String, SchemaIndex)> {
        members.into_iter().map(|(name, schema)| (name, self.index(&schema))).collect()
    }

    fn names(&mut self, place: &Place<'d>) -> Vec<String> {
        const REMEDY: &str = "write a list of names";
        let items = self.items(place, REMEDY);
        let name = |item: &Place<'d>| {
            if item.as_str().is_none() {
                self.wrong(item, "a string", REMEDY);
            }
            item.as_str().unwrap_or_default().to_owned()
        };
        items.iter().map(name).collect()
    }

    /// Reads the conditions that hold when a property is present: other properties that must be present, or a schema.
    fn dependencies(&mut self, place: &Place<'d>, checks: &mut Schema) {
        let (lists, schemas): (Vec<_>, Vec<_>) = self.members(place).into_iter().partition(|(_, it)| it.is_array());
        if !lists.is_empty() {
            let names = lists.into_iter().map(|(name, list)| (name, self.names(&list))).collect();
            checks.push(Check::DependentRequired(names));
        }
        if !schemas.is_empty() {
            checks.push(Check::DependentSchemas(self.indexed(schemas)));
        }
    }

    fn logic(&mut self, place: &Place<'d>, checks: &mut Schema) {
        type OfSchemas = fn(Vec<SchemaIndex>) -> Check;
        let combinations: [(&str, OfSchemas); 3] =
            [("allOf", Check::AllOf), ("anyOf", Check::AnyOf), ("oneOf", Check::OneOf)];
        for (keyword, check) in combinations {
            if let Some(property) = place.get(keyword) {
                checks.push(check(self.schemas(&property)));
            }
        }
        if let Some(schema) = place.get("not") {
            checks.push(Check::Not(self.index(&schema)));
        }
        if let Some(condition) = place.get("if") {
            let condition = self.index(&condition);
            let [then, otherwise] = ["then", "else"].map(|name| place.get(name).map(|schema| self.index(&schema)));
            checks.push(Check::If { condition, then, otherwise });
        }
    }
}

fn canonical(value: &Json) -> Vec<u8> {
    let mut text = Vec::new();
    value.write_canonical(&mut text);
    text
}
