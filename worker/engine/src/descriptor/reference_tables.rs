//! `sluice.reference`: tables beside the descriptor that foreign keys refer to.

use std::collections::HashMap;

use super::model::{Descriptor, ReferenceTable, Schema, Settings, TableRows, Target};
use super::neighbours::{NeighbourReader, relative};
use super::path_pattern::{self, PathPattern};
use super::reading::Reading;
use super::{headers, inline, schema, settings};
use crate::document::path::quoted;
use crate::document::place::Place;

/// Most reference tables of a descriptor.
const REFERENCES: usize = 100;

/// Longest name of a reference table, in characters.
const NAME_CHARACTERS: usize = 1000;

/// Reads `sluice.reference`; `limits` holds the limits of the descriptor, which its tables share.
pub(super) fn read(object: &Place<'_>, limits: &Settings, files: &mut NeighbourReader<'_>) -> Vec<ReferenceTable> {
    const REMEDY: &str = r#"write a list of tables such as {"name": "countries", "path": "reference/countries.csv"}"#;
    let Some(list) = object.get("reference") else { return Vec::new() };
    let items = list.array(REMEDY).unwrap_or_default();
    if items.len() > REFERENCES {
        list.mistake(format_args!("{} tables are more than {REFERENCES}", items.len()), "name fewer of them");
        return Vec::new();
    }
    let mut tables: Vec<ReferenceTable> = Vec::with_capacity(items.len());
    let mut seen: HashMap<&str, Place<'_>> = HashMap::new();
    for item in &items {
        if !settings::known(item, &["name", "path", "data", "schema", "dialect", "encoding", "compression"]) {
            continue;
        }
        let name = name(item);
        if let Some((name, place)) = &name
            && let Some(earlier) = seen.insert(name, place.clone())
        {
            let message = format!("{} appears twice, first at {}", quoted(name), earlier.position());
            place.mistake(message, "give each table a name of its own");
            continue;
        }
        let mut descriptor = table(item, limits, files, ForeignKeys::Refused);
        let rows = match item.get("data") {
            Some(data) => inline::read(&data, &mut descriptor).map(TableRows::Inline),
            None => path(item, files).map(TableRows::File),
        };
        if let (Some((name, _)), Some(rows)) = (name, rows) {
            tables.push(ReferenceTable { name: name.to_owned(), rows, descriptor });
        }
    }
    tables
}

/// Returns the names of the tables of `sluice.reference` that have a mistake, so that there is no second one where a foreign key names them.
pub(super) fn unread(object: &Place<'_>, tables: &[ReferenceTable]) -> Vec<String> {
    let list = object.get("reference");
    let items = (0..REFERENCES).map_while(|number| list.as_ref()?.item(number));
    let names = items.filter_map(|item| Some(item.get("name")?.as_str()?.to_owned()));
    names.filter(|name| !tables.iter().any(|table| table.name == *name)).collect()
}

fn name<'a>(item: &Place<'a>) -> Option<(&'a str, Place<'a>)> {
    const REMEDY: &str = "write the name that foreign keys call it by";
    let Some(place) = item.get("name") else {
        item.mistake("it has no name", REMEDY);
        return None;
    };
    let name = place.string(REMEDY)?;
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        let message = format!("a name has 1 to {NAME_CHARACTERS} characters, none of them a control character");
        place.mistake(message, REMEDY);
        return None;
    }
    Some((name, place))
}

fn path(item: &Place<'_>, files: &NeighbourReader<'_>) -> Option<String> {
    const REMEDY: &str = "write where the file is, such as \"reference/countries.csv\"";
    let Some(place) = item.get("path") else {
        item.mistake("it has no path", REMEDY);
        return None;
    };
    let text = place.string(REMEDY)?;
    match files.path(text) {
        Ok(path) if path.split('/').any(|segment| segment == "incoming") => {
            let message = format!("{} is under incoming, where files come and go", quoted(text));
            place.mistake(message, "put the table under reference/");
            None
        }
        Ok(path) => Some(path),
        Err(reason) => {
            place.mistake(format_args!("{} {reason}", quoted(text)), "name a file beside the descriptor");
            None
        }
    }
}

/// Adds the resources of the same package that the foreign keys of a schema refer to, as tables: each with the one file that its `path` names,
/// or with its `data`. A table of the same name in the `sluice` object takes precedence. Returns the names of resources that cannot be tables;
/// the mistakes are noted where a foreign key refers to them.
pub(super) fn add_siblings(
    schema: &Place<'_>,
    own_name: Option<&str>,
    limits: &Settings,
    files: &mut NeighbourReader<'_>,
    tables: &mut Vec<ReferenceTable>,
) -> Vec<String> {
    let mut refused: Vec<String> = Vec::new();
    // Mistakes in the list are noted where it is read.
    let Some(keys) = schema.get("foreignKeys") else { return refused };
    for key in (0..REFERENCES).map_while(|number| keys.item(number)) {
        let Some(place) = key.get("reference").and_then(|reference| reference.get("resource")) else { continue };
        let Some(name) = place.as_str().filter(|name| Some(*name) != own_name) else { continue };
        if tables.iter().any(|table| table.name == name) || refused.iter().any(|other| other == name) {
            continue;
        }
        let Some(sibling) = files.sibling(name) else { continue };
        let data = sibling.get("data");
        let path = if data.is_none() { sibling_path(&place, &sibling) } else { None };
        if data.is_none() && path.is_none() {
            refused.push(name.to_owned());
            continue;
        }
        let mut descriptor = table(&sibling, limits, files, ForeignKeys::OfItsOwnFile);
        let inline = data.and_then(|data| inline::read(&data, &mut descriptor).map(TableRows::Inline));
        match path.map(TableRows::File).or(inline) {
            Some(rows) => tables.push(ReferenceTable { name: name.to_owned(), rows, descriptor }),
            None => refused.push(name.to_owned()),
        }
    }
    refused
}

/// Returns the path of the only file of a resource that a foreign key refers to from `place`.
fn sibling_path(place: &Place<'_>, sibling: &Place<'_>) -> Option<String> {
    const REMEDY: &str = "name a file beside the package, or another table in sluice.reference";
    let path = path_pattern::path_of(sibling);
    let items =
        path.as_ref().filter(|path| path.as_str().is_none()).and_then(|path| path.array(REMEDY)).unwrap_or_default();
    let text = match (&path, &items[..]) {
        (Some(path), []) => path.as_str(),
        (_, [only]) => only.as_str(),
        _ => None,
    };
    let Some(text) = text.filter(|text| !PathPattern::is_pattern(text)) else {
        let reason = match items.len() {
            0 | 1 => "the resource has no single file".to_owned(),
            files => format!("the resource has {files} files, and foreign keys refer to resources of one file only"),
        };
        place.mistake(reason, REMEDY);
        return None;
    };
    if is_database(text) {
        let message = format!("the rows of the resource are in a database ({}), which is not read", quoted(text));
        place.mistake(message, "export them as a CSV file beside the package, and name it in sluice.reference");
        return None;
    }
    match relative(text) {
        Ok(path) if path.split('/').any(|segment| segment == "incoming") => {
            let message = format!("its file {} is under incoming, where files come and go", quoted(text));
            place.mistake(message, "put the table under reference/ and name it in sluice.reference");
            None
        }
        Ok(path) => Some(path),
        Err(reason) => {
            place.mistake(format_args!("its file {} {reason}", quoted(text)), REMEDY);
            None
        }
    }
}

/// Returns true for a URL by which programs name a database: `sqlite:///a.db`, `postgresql://…`.
fn is_database(path: &str) -> bool {
    let scheme = path.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| {
        // `postgresql+psycopg` names the driver too.
        let kind = scheme.split('+').next().unwrap_or_default();
        ["sqlite", "postgres", "postgresql", "mysql", "mariadb", "mssql", "oracle", "duckdb"].contains(&kind)
    })
}

/// Whether a table may have foreign keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ForeignKeys {
    /// They are a mistake: nothing would check them.
    Refused,
    /// The table is a file of the package: its foreign keys are checked when that file is checked.
    OfItsOwnFile,
}

/// Reads the descriptor of a table.
fn table(
    item: &Place<'_>,
    limits: &Settings,
    files: &mut NeighbourReader<'_>,
    foreign_keys: ForeignKeys,
) -> Descriptor {
    let limits = limits.limits;
    let reading = Reading::read(item, files, |place, _| {
        if let Some(keys) =
            place.get("foreignKeys").filter(|keys| foreign_keys == ForeignKeys::Refused && !keys.is_empty_array())
        {
            keys.mistake("foreign keys of a reference table are not supported yet", "remove them from this schema");
        }
        schema::read(place, limits.columns)
    });
    let headers = headers::read(None, reading.dialect.ignores_header_case, reading.schema.as_ref());
    let settings = Settings { limits, headers, ..Settings::default() };
    Descriptor { settings, ..reading.into_descriptor(item) }
}

/// Redacts each field of a table that a redacted field refers to.
pub(super) fn redact(tables: &mut [ReferenceTable], schema: Option<&Schema>, redacted: &[String]) {
    for key in schema.iter().flat_map(|schema| &schema.foreign_keys) {
        let Target::Table(number) = key.target else { continue };
        let names = &mut tables[number].descriptor.settings.redact;
        for (field, target) in key.fields.iter().zip(&key.target_fields) {
            if redacted.contains(field) && !names.contains(target) {
                names.push(target.clone());
            }
        }
    }
}

/// Warns of tables that no foreign key refers to: they are neither read nor checked.
pub(super) fn warn_of_unused(object: &Place<'_>, tables: &[ReferenceTable], schema: Option<&Schema>) {
    let keys = schema.map_or(&[][..], |schema| &schema.foreign_keys);
    // A value that is no list is a mistake already, and has no table.
    let list = object.get("reference").filter(|_| !tables.is_empty());
    for item in list.and_then(|list| list.array("write a list of tables")).unwrap_or_default() {
        let number =
            tables.iter().position(|table| item.get("name").and_then(|name| name.as_str()) == Some(&table.name));
        if number.is_some_and(|number| keys.iter().all(|key| key.target != Target::Table(number))) {
            item.warn(
                "no foreign key refers to this table, so it is not read",
                "add a foreign key, or remove the table",
            );
        }
    }
}
