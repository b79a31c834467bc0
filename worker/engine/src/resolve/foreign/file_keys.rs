//! The foreign keys of the schema in one file: their columns, and the sets of keys that they refer to.

use super::KeysToGather;
use super::key_set::KeySet;
use crate::descriptor::{Descriptor, ForeignKey, Target};
use crate::resolve::keys::names;
use crate::shown::{LABEL, quoted};
use crate::typing::column::{Column, by_name};

/// A foreign key of a file.
#[derive(Debug)]
pub(crate) struct FileForeignKey<'c> {
    /// The columns of the key, in the order of its fields; at least one.
    pub(crate) columns: Vec<usize>,
    /// For each column, whether integers are compared as decimals.
    pub(super) as_decimals: &'c [bool],
    /// The names of the fields, for messages.
    pub(crate) names: String,
    /// The target, for messages: `countries.code`.
    pub(crate) target: String,
    /// The keys of the target.
    pub(super) keys: &'c KeySet,
}

impl FileForeignKey<'_> {
    /// Returns the column of a key of one column, whose faults are faults of a cell; `None` for a key of several columns.
    pub(crate) fn cell(&self) -> Option<usize> {
        match &*self.columns {
            &[column] => Some(column),
            _ => None,
        }
    }
}

/// Returns the foreign keys of the schema in a file of these columns, in the order of their numbers. A key is left out
/// if the file lacks one of its columns: then each row has a missing value in it.
///
/// # Errors
/// When the keys of a target were not gathered, which is a mistake of the caller.
pub(crate) fn of_file<'c>(
    descriptor: &'c Descriptor,
    columns: &[Column],
    gathered: &[&'c [KeySet]],
) -> Result<Vec<FileForeignKey<'c>>, String> {
    let declared = descriptor.schema.as_ref().map_or(&[][..], |schema| &schema.foreign_keys);
    let mut keys = Vec::new();
    if declared.is_empty() {
        return Ok(keys);
    }
    let indices = by_name(columns);
    for key in declared {
        let columns: Option<Vec<usize>> = key.fields.iter().map(|name| indices.get(&**name).copied()).collect();
        let Some(columns) = columns else { continue };
        let wanted = KeysToGather::of(key);
        let set = gathered.iter().copied().flatten().find(|set| set.wanted == wanted);
        let target = target(key, descriptor);
        let Some(set) = set else { return Err(format!("the keys of {target} were not gathered")) };
        keys.push(FileForeignKey {
            columns,
            as_decimals: &key.as_decimals,
            names: names(&key.fields),
            target,
            keys: set,
        });
    }
    // Faults are reported in the order of their keys, and have to be in the order of columns; those of the row as a whole come last.
    keys.sort_by_key(|key| key.cell().unwrap_or(usize::MAX));
    Ok(keys)
}

/// Returns the target of a foreign key, for messages.
fn target(key: &ForeignKey, descriptor: &Descriptor) -> String {
    let fields = match &*key.target_fields {
        [field] => plain(field),
        fields => format!("({})", names(fields)),
    };
    match key.target {
        Target::OwnFile => match key.target_fields.len() {
            1 => format!("the column {fields} of this file"),
            _ => format!("the columns {fields} of this file"),
        },
        Target::Table(number) => {
            let name = plain(&descriptor.references[number].name);
            match key.target_fields.len() {
                1 => format!("{name}.{fields}"),
                _ => format!("{name} {fields}"),
            }
        }
    }
}

/// Returns a name, in quotes unless it is a plain word.
fn plain(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && name.chars().count() <= LABEL;
    if is_plain { name.to_owned() } else { quoted(name, LABEL) }
}
