//! `foreignKeys` of a schema, in the forms of both versions of the standard.

use super::field_names::FieldNames;
use super::keys::{Repeated, one_or_list};
use super::model::{Field, FieldType, ForeignKey, ReferenceTable, Schema, Target};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::shown::counted;

/// Most foreign keys of a schema.
const KEYS: usize = 100;

/// The tables that foreign keys may refer to.
#[derive(Clone, Copy)]
pub(super) struct Targets<'a> {
    /// Name of the resource itself, if it has one.
    pub(super) own_name: Option<&'a str>,
    pub(super) references: &'a [ReferenceTable],
    /// Names of resources that are no tables; their mistakes are noted already.
    pub(super) refused: &'a [String],
    /// Whether the schema belongs to a descriptor, which can have reference tables; a bare schema cannot.
    pub(super) is_descriptor: bool,
}

/// Reads the property `foreignKeys` of the schema at `place`. `schema` holds the other properties, which were read before.
pub(super) fn read(place: &Place<'_>, schema: &Schema, targets: Targets<'_>) -> Vec<ForeignKey> {
    let Some(property) = place.get("foreignKeys") else { return Vec::new() };
    let items = property.array("write a list of foreign keys").unwrap_or_default();
    if items.len() > KEYS {
        property.mistake(format_args!("{} foreign keys are more than {KEYS}", items.len()), "keep those that matter");
        return Vec::new();
    }
    let fields = place.get("fields").and_then(|fields| fields.array("write a list of fields")).unwrap_or_default();
    // Includes the names of fields that could not be read: their mistakes are noted already.
    let names = fields.iter().filter_map(|field| field.get("name")?.as_str()).collect();
    let mut reader = Reader { schema, names, targets };
    items.iter().filter_map(|item| reader.key(item)).collect()
}

struct Reader<'a> {
    schema: &'a Schema,
    names: FieldNames<'a>,
    targets: Targets<'a>,
}

impl Reader<'_> {
    fn key(&mut self, item: &Place<'_>) -> Option<ForeignKey> {
        const FIELDS: &str = "write the name of a field, or a list of names";
        const REFERENCE: &str = r#"write {"resource": "countries", "fields": ["code"]}"#;
        if !item.object("write a foreign key with \"fields\" and \"reference\"") {
            return None;
        }
        let fields = required(item, "fields", FIELDS).and_then(|place| self.fields(&place));
        let reference = required(item, "reference", REFERENCE).filter(|place| place.object(REFERENCE))?;
        let target = self.target(&reference);
        let place = required(&reference, "fields", FIELDS)?;
        let target_fields = match target {
            Some(Target::OwnFile) => self.fields(&place),
            None => not_empty(&place, one_or_list(&place, &mut FieldNames::unknown(), Repeated::Refused)),
            Some(Target::Table(number)) => {
                let ReferenceTable { name, descriptor, .. } = &self.targets.references[number];
                match &descriptor.schema {
                    Some(schema) => not_empty(
                        &place,
                        one_or_list(&place, &mut FieldNames::of_table(name, schema), Repeated::Refused),
                    ),
                    // Only the header of the table says which columns there are.
                    None => not_empty(&place, one_or_list(&place, &mut FieldNames::unknown(), Repeated::Refused)),
                }
            }
        };
        let (fields, target_fields) = (fields?, target_fields?);
        if fields.len() != target_fields.len() {
            let message =
                format!("the key has {}, and refers to {}", counted(fields.len() as u64, "field"), target_fields.len());
            item.mistake(message, "name as many fields in \"fields\" as in \"reference\"");
            return None;
        }
        let target = target?;
        let as_decimals = self.compared(item, &fields, target, &target_fields)?;
        Some(ForeignKey { fields, target, target_fields, as_decimals })
    }

    fn fields(&mut self, place: &Place<'_>) -> Option<Vec<String>> {
        not_empty(place, one_or_list(place, &mut self.names, Repeated::Refused))
    }

    /// Returns the table that a reference names: the file itself if the reference has no resource, or an empty name as version 1 has it.
    /// Returns `None` if the table is unknown or refused.
    fn target(&self, reference: &Place<'_>) -> Option<Target> {
        let Some(place) = reference.get("resource").filter(|place| !place.is_null()) else {
            return Some(Target::OwnFile);
        };
        let name = place.string("write the name of a reference table, or leave it out for the file itself")?;
        let Targets { own_name, references, refused, is_descriptor } = self.targets;
        if let Some(number) = references.iter().position(|reference| reference.name == name) {
            return Some(Target::Table(number));
        }
        if name.is_empty() || own_name == Some(name) {
            return Some(Target::OwnFile);
        }
        if refused.iter().any(|other| other == name) {
            return None;
        }
        if !is_descriptor {
            // The standard lets a schema name the other resources of a package, and the package is not at hand.
            place.warn(
                format_args!("a schema alone has no table {}, so the key is not checked", quoted(name)),
                "write a descriptor (--resource) that names it in sluice.reference",
            );
            return None;
        }
        let message = format!("there is no reference table {}", quoted(name));
        let meant = spelling::nearest(name, references.iter().map(|reference| &*reference.name));
        let remedy = meant.map(spelling::did_you_mean);
        let remedy = remedy.unwrap_or_else(|| "name it in sluice.reference with its path and schema".to_owned());
        place.mistake(message, remedy);
        None
    }

    /// Returns for each pair of fields whether they are compared as decimals; `None` when the values of some pair are never equal.
    fn compared(&self, item: &Place<'_>, fields: &[String], target: Target, others: &[String]) -> Option<Vec<bool>> {
        let table = match target {
            Target::OwnFile => None,
            Target::Table(number) => Some(&self.targets.references[number]),
        };
        let mut as_decimals = Vec::with_capacity(fields.len());
        let mut are_comparable = true;
        for (field, other) in fields.iter().zip(others) {
            // The mistake of a field that could not be read is noted already.
            let kind = kind_of(&self.schema.fields, field)?;
            let other_kind = match table {
                None => kind_of(&self.schema.fields, other)?,
                Some(ReferenceTable { descriptor, .. }) => match &descriptor.schema {
                    Some(schema) => kind_of(&schema.fields, other)?,
                    None => "string",
                },
            };
            match comparison(kind, other_kind) {
                Some(is_decimal) => as_decimals.push(is_decimal),
                None => {
                    let owner =
                        table.map_or_else(String::new, |table| format!(" of the table {}", quoted(&table.name)));
                    item.mistake(
                        format_args!(
                            "{} is of the type {kind}, {}{owner} of the type {other_kind}: their values are never equal",
                            quoted(field),
                            quoted(other)
                        ),
                        "give both fields one type",
                    );
                    are_comparable = false;
                }
            }
        }
        are_comparable.then_some(as_decimals)
    }
}

/// Returns a property that has to be there. Notes a mistake if it is absent.
fn required<'a>(place: &Place<'a>, name: &str, remedy: &str) -> Option<Place<'a>> {
    let property = place.get(name);
    if property.is_none() {
        place.mistake(format_args!("it has no {}", quoted(name)), remedy);
    }
    property
}

fn not_empty(place: &Place<'_>, fields: Option<Vec<String>>) -> Option<Vec<String>> {
    if fields.as_ref().is_some_and(Vec::is_empty) {
        place.mistake("a foreign key without a field", "write the name of a field, or a list of names");
        return None;
    }
    fields
}

fn kind_of(fields: &[Field], name: &str) -> Option<&'static str> {
    fields.iter().find(|field| field.name == name).map(|field| FieldType::name(&field.kind))
}

/// Returns how values of two types are compared: false as they are, true as decimals; `None` when they are never equal.
fn comparison(one: &str, other: &str) -> Option<bool> {
    let are = |left: &str, right: &str| (one, other) == (left, right) || (one, other) == (right, left);
    match () {
        () if one == other => Some(false),
        () if are("integer", "number") => Some(true),
        () if are("integer", "year") || are("string", "any") => Some(false),
        () => None,
    }
}
