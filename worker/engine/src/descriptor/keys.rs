//! The keys of a schema: `primaryKey`, `uniqueKeys`, and `unique` of its fields.

use std::collections::{HashMap, HashSet};

use super::field_names::FieldNames;
use super::model::{Field, Key, KeyKind};
use crate::document::path::quoted;
use crate::document::place::Place;

/// Most keys of a schema, and (`FIELDS`) most fields of a key.
const KEYS: usize = 100;
const FIELDS: usize = 64;

/// Reads the keys of a schema and makes the fields of the primary key required. `items` are the places of the fields in the descriptor.
pub(super) fn read(schema: &Place<'_>, items: &[Place<'_>], fields: &mut [Field]) -> Vec<Key> {
    let names = items.iter().filter_map(|item| item.get("name")?.as_str()).collect();
    let mut reader = Reader { names, keys: Vec::new(), seen: HashMap::new() };
    // An empty list and an empty name are no key.
    if let Some(place) = schema.get("primaryKey").filter(|place| !place.is_empty_array() && place.as_str() != Some(""))
    {
        reader.primary(&place);
    }
    const REMEDY: &str = "write a list of keys, each a list of names of fields";
    if let Some(place) = schema.get("uniqueKeys") {
        // Version 1 of the standard does not have the property, and its tools write it as they write `primaryKey`: one name, or a list of one.
        // Two names could be one key or two.
        let only = if place.item(1).is_none() { place.item(0) } else { None };
        let name = only.filter(|only| only.as_str().is_some()).unwrap_or_else(|| place.clone());
        if name.as_str().is_some_and(|name| !name.is_empty()) {
            name.warn("this is the name of a field, not a list of names, and is read as the key of that field", REMEDY);
            if let Some(fields) = one_or_list(&name, &mut reader.names, Repeated::Ignored) {
                reader.add(KeyKind::Unique, fields, Some(&name));
            }
        } else {
            for key in place.array(REMEDY).into_iter().flatten() {
                reader.unique(&key);
            }
        }
    }
    for item in items {
        let unique = item.get("constraints").and_then(|it| it.get("unique")).filter(|it| it.as_bool() == Some(true));
        if let Some(name) = item.get("name").and_then(|name| name.as_str())
            && let Some(unique) = unique
            && !reader.names.is_shared(&unique, name)
        {
            reader.add(KeyKind::Unique, vec![name.to_owned()], None);
        }
    }
    let keys = reader.keys;
    if keys.len() > KEYS {
        schema.mistake(format_args!("{} keys are more than {KEYS}", keys.len()), "keep those that matter");
    }
    let primary: HashSet<&str> = keys
        .iter()
        .filter(|key| key.kind == KeyKind::Primary)
        .flat_map(|key| &key.fields)
        .map(|name| &**name)
        .collect();
    for field in fields {
        field.constraints.required |= primary.contains(&*field.name);
    }
    keys
}

struct Reader<'a> {
    names: FieldNames<'a>,
    keys: Vec<Key>,
    /// The fields of each key in alphabetical order, with the position of the key; `None` for a key that comes from `unique` of a field.
    seen: HashMap<Vec<String>, Option<String>>,
}

impl<'a> Reader<'a> {
    fn primary(&mut self, place: &Place<'a>) {
        if let Some(fields) = one_or_list(place, &mut self.names, Repeated::Ignored) {
            self.add(KeyKind::Primary, fields, Some(place));
        }
    }

    fn unique(&mut self, place: &Place<'a>) {
        const REMEDY: &str = "write a list of names of fields";
        if place.is_empty_array() {
            return place.mistake("a key without a field", REMEDY);
        }
        if let Some(fields) = list(place, REMEDY, &mut self.names, Repeated::Ignored) {
            self.add(KeyKind::Unique, fields, Some(place));
        }
    }

    /// Adds a key, unless there is a key of the same fields: a second one in the lists is a warning, `unique` of a field that is a key already is
    /// none.
    fn add(&mut self, kind: KeyKind, fields: Vec<String>, place: Option<&Place<'a>>) {
        let mut sorted = fields.clone();
        sorted.sort();
        match self.seen.get(&sorted) {
            None => {
                self.seen.insert(sorted, place.map(|place| place.position().to_string()));
                self.keys.push(Key { kind, fields });
            }
            Some(earlier) => {
                if let (Some(place), Some(earlier)) = (place, earlier) {
                    place.warn(
                        format_args!(
                            "there is a key of the same fields already, at {earlier}, so this one checks nothing"
                        ),
                        "remove one of them",
                    );
                }
            }
        }
    }
}

/// What becomes of a name that appears twice in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// It is left out, with a warning: the key is that of the other names.
    Ignored,
    /// It is a mistake: each name has its counterpart in another list.
    Refused,
}

/// Returns the names of a key that is the name of a field, or a list of names; `None` when there is a mistake among them.
pub(super) fn one_or_list(place: &Place<'_>, names: &mut FieldNames<'_>, repeated: Repeated) -> Option<Vec<String>> {
    match place.as_str() {
        Some(name) => names.check(place, name).then(|| vec![name.to_owned()]),
        None => list(place, "write the name of a field, or a list of names", names, repeated),
    }
}

/// Returns the names in a list; `None` when there is a mistake among them.
fn list(place: &Place<'_>, remedy: &str, names: &mut FieldNames<'_>, repeated: Repeated) -> Option<Vec<String>> {
    let items = place.array(remedy)?;
    if items.len() > FIELDS {
        place.mistake(format_args!("{} fields of a key are more than {FIELDS}", items.len()), "name fewer of them");
        return None;
    }
    let mut fields: Vec<String> = Vec::with_capacity(items.len());
    let mut are_right = true;
    for item in &items {
        let Some(name) = item.string("write the name of a field") else {
            are_right = false;
            continue;
        };
        if fields.iter().any(|other| other == name) {
            let message = format!("{} appears twice", quoted(name));
            match repeated {
                Repeated::Ignored => item.warn(message, "remove one of them"),
                Repeated::Refused => {
                    item.mistake(message, "remove one of them");
                    are_right = false;
                }
            }
        } else {
            are_right &= names.check(item, name);
            fields.push(name.to_owned());
        }
    }
    are_right.then_some(fields)
}
