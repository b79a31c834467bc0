//! The names of a schema's fields, for the properties of a descriptor that refer to some.

use std::collections::{HashMap, HashSet};

use super::model::{Field, Schema};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;

/// Most pairs of names that are compared to find out what was meant.
const COMPARED: usize = 20_000;

/// The names of the fields of a schema.
pub(super) struct FieldNames<'a> {
    names: HashSet<&'a str>,
    /// Names that several fields have, so that they refer to none of them.
    shared: HashSet<&'a str>,
    /// The owner of the fields, as messages name it.
    owner: String,
    /// Whether any name may be the name of a field, as in a table without a schema.
    are_unknown: bool,
    /// Pairs of names compared so far.
    compared: usize,
}

impl<'a> FieldNames<'a> {
    pub(super) fn of_schema(schema: &'a Schema) -> Self {
        schema.fields.iter().map(|field| &*field.name).collect()
    }

    /// Returns the names of the fields of a reference table. Messages call the table by `name`.
    pub(super) fn of_table(name: &str, schema: &'a Schema) -> Self {
        Self { owner: format!("the table {}", quoted(name)), ..Self::of_schema(schema) }
    }

    /// Returns the names of the fields of a table without a schema: every name may be one of them.
    pub(super) fn unknown() -> Self {
        Self { are_unknown: true, ..std::iter::empty().collect() }
    }

    /// Returns true if several fields have this name, which is a mistake at `place`.
    pub(super) fn is_shared(&self, place: &Place<'_>, name: &str) -> bool {
        let is_shared = self.shared.contains(name);
        if is_shared {
            place.mistake(
                format_args!("several fields have the name {}, so that it names none of them", quoted(name)),
                "give each field a name of its own",
            );
        }
        is_shared
    }

    /// Returns true if exactly one field has this name, or if any name may be a field's; otherwise notes a mistake at `place`. Only the first
    /// unknown names are compared with all others to suggest a name: many unknown names are no slip of the pen, and comparing them all costs
    /// time.
    pub(super) fn check(&mut self, place: &Place<'_>, name: &str) -> bool {
        if self.are_unknown {
            return true;
        }
        if self.names.contains(name) {
            return !self.is_shared(place, name);
        }
        self.compared = self.compared.saturating_add(self.names.len());
        let is_compared = self.compared <= COMPARED;
        let meant = is_compared.then(|| spelling::nearest(name, self.names.iter().copied())).flatten();
        let remedy = meant.map(spelling::did_you_mean);
        place.mistake(
            format_args!("{} has no field {}", self.owner, quoted(name)),
            remedy.unwrap_or_else(|| format!("write the name of a field of {}", self.owner)),
        );
        false
    }
}

impl<'a> FromIterator<&'a str> for FieldNames<'a> {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let mut all = Self {
            names: HashSet::new(),
            shared: HashSet::new(),
            owner: "the schema".to_owned(),
            are_unknown: false,
            compared: 0,
        };
        for name in names {
            if !all.names.insert(name) {
                all.shared.insert(name);
            }
        }
        all
    }
}

/// The fields of a schema by name, for the assertions that name them. Without a schema there are no fields.
pub(super) struct FieldLookup<'s> {
    by_name: HashMap<&'s str, &'s Field>,
    names: Option<FieldNames<'s>>,
}

impl<'s> FieldLookup<'s> {
    pub(super) fn of(schema: Option<&'s Schema>) -> Self {
        let fields = schema.iter().flat_map(|schema| &schema.fields).map(|field| (&*field.name, field));
        Self { by_name: fields.collect(), names: schema.map(FieldNames::of_schema) }
    }

    /// Returns the field of this name; if there is none, notes a mistake at `place`.
    pub(super) fn find(&mut self, place: &Place<'_>, name: &str) -> Option<&'s Field> {
        let Some(names) = &mut self.names else {
            place.mistake(format_args!("there is no schema with a field {}", quoted(name)), "write a schema");
            return None;
        };
        if names.check(place, name) { self.by_name.get(name).copied() } else { None }
    }

    /// Returns the field of this name if its values can be summed; otherwise notes a mistake at `place`.
    pub(super) fn find_summed(&mut self, place: &Place<'_>, name: &str) -> Option<&'s Field> {
        let field = self.find(place, name)?;
        if field.kind.as_type().has_sum() {
            return Some(field);
        }
        place.mistake(
            format_args!("a field of the type \"{}\" has no sum", field.kind.name()),
            "sum a field of the type \"integer\" or \"number\"",
        );
        None
    }
}
