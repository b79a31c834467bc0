//! The Data Resource itself: reads its properties and combines them to a [`Descriptor`].

use sha2::{Digest, Sha256};

use super::dialect;
use super::file_assertions::FileAssertions;
use super::foreign_keys::{self, Targets};
use super::given::Given;
use super::model::{DeclaredEncoding, Descriptor, ReferenceTable, Schema, Settings};
use super::neighbours::NeighbourReader;
use super::reading::Reading;
use super::{
    decimals, feedback, file_assertions, headers, reference_tables, rules, schema, settings, trailer, warnings,
};
use crate::document::mistake::{Mistakes, WithWarnings};
use crate::document::place::Place;

impl Descriptor {
    /// Returns the descriptor for files without a descriptor: the header of the file, every column a string, and default limits. Its hash is
    /// the hash of no bytes.
    pub fn structural() -> Self {
        let dialect::ReadDialect { dialect, header, delimiter_given, .. } = dialect::ReadDialect::default();
        let (settings, encoding) = (Settings::default(), DeclaredEncoding::default());
        Self {
            schema: None,
            dialect,
            delimiter_given,
            header,
            encoding,
            compression: None,
            member: None,
            integrity: None,
            settings,
            given: Given::default(),
            references: Vec::new(),
            warnings: Vec::new(),
            sha256: String::new(),
        }
        .with_hash(Sha256::new())
    }

    pub(super) fn with_warnings(read: WithWarnings<Self>) -> Self {
        Self { warnings: read.warnings.into_kept(), ..read.value }
    }

    /// Returns the descriptor if it has no warning.
    ///
    /// # Errors
    ///
    /// The warnings, as mistakes.
    pub fn strict(self) -> Result<Self, Mistakes> {
        if self.warnings.is_empty() { Ok(self) } else { Err(Mistakes::from(self.warnings)) }
    }

    pub(super) fn with_hash(mut self, hash: Sha256) -> Self {
        self.sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self
    }
}

/// Reads a Data Resource.
pub(super) fn resource(place: &Place<'_>, reader: &mut NeighbourReader<'_>) -> Descriptor {
    if let Some(data) = place.get("data") {
        data.warn("data inside the descriptor are not checked: files are", "put them into a file");
    }
    let object = place.get("sluice");
    let mut settings = object.as_ref().map_or_else(Settings::default, settings::read);
    let mut tables = object.as_ref().map_or_else(Vec::new, |object| reference_tables::read(object, &settings, reader));
    let own_name = place.get("name").and_then(|name| name.as_str());
    let mut reading = Reading::read(place, reader, |schema, reader| {
        let mut refused = object.as_ref().map_or_else(Vec::new, |object| reference_tables::unread(object, &tables));
        refused.extend(reference_tables::add_siblings(schema, own_name, &settings, reader, &mut tables));
        let targets = Targets { own_name, references: &tables, refused: &refused, is_descriptor: true };
        read_schema_with(schema, settings.limits.columns, targets)
    });
    // If there is a schema that could not be read, its fields are unknown, and names of fields cannot be checked.
    let knows_fields = reading.schema.is_some() || place.get("schema").is_none();
    if let Some(object) = &object {
        reading.given.take_sluice(object);
        let trailing = object.get("trailingDelimiter").and_then(|trailing| trailing.boolean());
        reading.dialect.dialect.trailing_delimiter = trailing.unwrap_or(false);
        if knows_fields {
            read_settings_of_fields(place, object, &mut reading, &mut settings, &mut tables);
        }
    }
    if knows_fields {
        let object = object.and_then(|object| object.get("headers"));
        let Reading { schema, dialect, .. } = &reading;
        settings.headers = headers::read(object.as_ref(), dialect.ignores_header_case, schema.as_ref());
    }
    Descriptor { settings, references: tables, ..reading.into_descriptor(place) }
}

/// Reads the settings of the object `sluice` that name fields.
fn read_settings_of_fields(
    place: &Place<'_>,
    object: &Place<'_>,
    reading: &mut Reading,
    settings: &mut Settings,
    tables: &mut [ReferenceTable],
) {
    let Reading { schema, dialect, .. } = reading;
    settings.redact = settings::redacted(object, schema.as_ref());
    if let Some(file) = object.get("file") {
        let read = file_assertions::read(&file, schema.as_ref(), settings.limits.columns);
        if let (Some(place), Some(read)) = (file.get("trailer"), &read.trailer) {
            trailer::check_comments(&place, read, dialect.dialect.comment.as_ref());
        }
        FileAssertions { assertions: settings.assertions, trailer: settings.trailer, last: settings.last } = read;
    }
    settings.rules = rules::read(object, schema.as_ref());
    settings.feedback =
        object.get("feedback").map(|asked| feedback::read(&asked, place, schema.as_ref(), &settings.redact));
    reference_tables::redact(tables, schema.as_ref(), &settings.redact);
    reference_tables::warn_of_unused(object, tables, schema.as_ref());
    decimals::read(object, schema.as_mut());
    warnings::read(object, schema.as_mut(), &settings.rules);
}

/// Reads a schema with its foreign keys.
fn read_schema_with(place: &Place<'_>, columns: u32, targets: Targets<'_>) -> Option<Schema> {
    let mut schema = schema::read(place, columns)?;
    schema.foreign_keys = foreign_keys::read(place, &schema, targets);
    Some(schema)
}
