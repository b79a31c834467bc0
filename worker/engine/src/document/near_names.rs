//! Names that look like names of the standard but are not: `max-length`, `Required`, `tpye`, `fieldMatch`. The standard allows any
//! other property, so a slip of the pen would check nothing and say nothing.
//!
//! Only names that say something about the data are meant: `licences` does no harm. A name is taken for a slip when it is one of these
//! in another spelling (letter case, dashes, underscores, spaces, singular or plural), or differs in a letter, in two of a long name.
//! Names that are in use for other things are not.

use std::collections::HashMap;

use crate::document::json::quoted;
use crate::document::place::Place;
use crate::document::spelling::{did_you_mean, distance};

/// Most different names of a descriptor that are compared letter by letter.
const COMPARED: usize = 1000;

/// Longest name that is compared, in bytes.
const LONGEST: usize = 40;

/// Names of all constraints of the standard.
pub(crate) const CONSTRAINT_NAMES: [&str; 11] = [
    "required",
    "unique",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "enum",
    "jsonSchema",
];

/// The properties of a kind of object.
pub(crate) struct Level {
    /// Its name: names are looked up apart for each kind.
    kind: &'static str,
    /// Names that are read or refused.
    pub(crate) read: &'static [&'static str],
    /// Names that belong elsewhere, and where.
    elsewhere: &'static [(&'static [&'static str], &'static str)],
    /// Names in use for something that is not checked, and like one of those above.
    other: &'static [&'static str],
}

const IN_SCHEMA: &str = "move it into \"schema\"";
const IN_RESOURCE: &str = "move it into the resource that it is about";
const IN_DIALECT: &str = "move it into \"dialect\"";
const IN_CONSTRAINTS: &str = "move it into \"constraints\"";

const SCHEMA_NAMES: &[&str] = &["fields", "fieldsMatch", "missingValues", "primaryKey", "uniqueKeys", "foreignKeys"];

const DIALECT_NAMES: &[&str] = &[
    "header",
    "headerRows",
    "headerJoin",
    "headerCase",
    "commentRows",
    "commentChar",
    "delimiter",
    "lineTerminator",
    "quoteChar",
    "doubleQuote",
    "escapeChar",
    "nullSequence",
    "skipInitialSpace",
    "caseSensitiveHeader",
    "csvddfVersion",
];

const FIELD_NAMES: &[&str] = &[
    "name",
    "type",
    "format",
    "constraints",
    "missingValues",
    "trueValues",
    "falseValues",
    "bareNumber",
    "decimalChar",
    "groupChar",
    "categories",
    "categoriesOrdered",
    "itemType",
    "delimiter",
];

pub(crate) const PACKAGE: Level = Level {
    kind: "package",
    read: &["resources"],
    elsewhere: &[(&["sluice", "schema", "dialect"], IN_RESOURCE)],
    other: &[],
};

pub(crate) const RESOURCE: Level = Level {
    kind: "resource",
    read: &[
        "path",
        "data",
        "schema",
        "dialect",
        "encoding",
        "format",
        "sluice",
        "compression",
        "innerpath",
        "bytes",
        "hash",
        "layout",
    ],
    elsewhere: &[
        (&["fieldsMatch", "primaryKey", "uniqueKeys", "foreignKeys"], IN_SCHEMA),
        (&["delimiter", "quoteChar", "escapeChar", "commentChar", "headerRows", "lineTerminator"], IN_DIALECT),
    ],
    other: &["date", "dates", "encodings", "scheme", "hashing"],
};

pub(crate) const SCHEMA: Level = Level {
    kind: "schema",
    read: SCHEMA_NAMES,
    elsewhere: &[(&["delimiter", "quoteChar", "headerRows"], "move it into \"dialect\", beside \"schema\"")],
    other: &[],
};

pub(crate) const FIELD: Level = Level {
    kind: "field",
    read: FIELD_NAMES,
    elsewhere: &[(&CONSTRAINT_NAMES, IN_CONSTRAINTS)],
    other: &["unit", "units", "label", "labels", "names", "note", "notes", "formats", "category"],
};

pub(crate) const CONSTRAINTS: Level =
    Level { kind: "constraints", read: &CONSTRAINT_NAMES, elsewhere: &[], other: &[] };

pub(crate) const DIALECT: Level = Level {
    kind: "dialect",
    read: DIALECT_NAMES,
    elsewhere: &[(&["missingValues"], "move it into \"schema\"")],
    other: &["type", "title", "headers"],
};

/// The name that a misspelled name was likely meant to be.
#[derive(Clone, Copy, Debug)]
enum Meant {
    /// A name that is read here.
    Here(&'static str),
    /// One that is read elsewhere, and where.
    Elsewhere(&'static str, &'static str),
}

/// The results of comparing names so far: the same names come again and again.
#[derive(Debug, Default)]
pub(crate) struct Compared(HashMap<(&'static str, String), Option<Meant>>);

/// Warns of names in an object that look like a name that is read.
pub(crate) fn check(place: &Place<'_>, level: &Level) {
    for (name, property) in place.names() {
        if level.read.contains(&name) || level.other.contains(&name) || is_private(name) {
            continue;
        }
        match place.compared(|compared| compared.meant(name, level)) {
            Some(Meant::Here(meant)) => {
                property.warn("there is no such property, so it checks nothing", did_you_mean(meant));
            }
            Some(Meant::Elsewhere(meant, remedy)) if meant == name => {
                property.warn("it checks nothing here", remedy);
            }
            Some(Meant::Elsewhere(meant, remedy)) => {
                let remedy = format_args!("if {} is meant, correct the name and {remedy}", quoted(meant));
                property.warn("there is no such property, so it checks nothing", remedy);
            }
            None => {}
        }
    }
}

/// Names that say of themselves that they are no property of the standard: `x-…`, `_…`, `$…`, `prefix:…`, `title@de`.
fn is_private(name: &str) -> bool {
    name.starts_with(['_', '$']) || name.starts_with("x-") || name.starts_with("x_") || name.contains([':', '@', '.'])
}

impl Compared {
    fn meant(&mut self, name: &str, level: &Level) -> Option<Meant> {
        if name.len() > LONGEST {
            return None;
        }
        let key = (level.kind, name.to_owned());
        if let Some(known) = self.0.get(&key) {
            return *known;
        }
        if self.0.len() >= COMPARED {
            return None;
        }
        let elsewhere =
            || level.elsewhere.iter().flat_map(|&(names, remedy)| names.iter().map(move |&it| (it, remedy)));
        let exact =
            elsewhere().find(|(other, _)| *other == name).map(|(other, remedy)| Meant::Elsewhere(other, remedy));
        let meant = exact.or_else(|| {
            let here = level.read.iter().filter_map(|&other| Some((difference(name, other)?, Meant::Here(other))));
            let there = elsewhere()
                .filter_map(|(other, remedy)| Some((difference(name, other)?, Meant::Elsewhere(other, remedy))));
            here.chain(there).min_by_key(|&(difference, _)| difference).map(|(_, meant)| meant)
        });
        self.0.insert(key, meant);
        meant
    }
}

/// Returns how much two names differ; `None` when too much.
fn difference(name: &str, meant: &str) -> Option<usize> {
    let [name, meant] = [folded(name), folded(meant)];
    if name == meant {
        return Some(0);
    }
    let singular = |text: &[char]| text.strip_suffix(&['s']).map_or_else(|| text.to_vec(), <[char]>::to_vec);
    if singular(&name) == singular(&meant) {
        return Some(1);
    }
    let most = match meant.len() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    // Names of different first letters are different words: `hash` and `path`.
    let difference = distance(&name, &meant);
    (difference <= most && (name.first() == meant.first() || difference == 1)).then_some(difference + 1)
}

/// Without letter case and without the characters between words.
fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|letter| !matches!(letter, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}
