//! The Data Resource itself: reads its properties and combines them to a [`Descriptor`].

use sha2::{Digest, Sha256};

use super::dialect;
use super::file_assertions::FileAssertions;
use super::foreign_keys::{self, Targets};
use super::given::Given;
use super::model::{DeclaredEncoding, Descriptor, ReferenceTable, Schema, Settings};
use super::neighbours::NeighbourReader;
use super::{
    compression, encoding, feedback, file_assertions, headers, integrity, layout, reference_tables, rules, schema,
    settings, trailer, warnings,
};
use crate::document::mistake::Mistakes;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::{near_names, object_kinds};

impl Descriptor {
    /// Returns the descriptor for files without a descriptor: the header of the file, every column a string, and default limits. Its hash is
    /// the hash of no bytes.
    pub fn structural() -> Self {
        let dialect::Read { dialect, header, delimiter_given, .. } = dialect::Read::default();
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

    pub(super) fn with_warnings((descriptor, warnings): (Self, Mistakes)) -> Self {
        Self { warnings: warnings.into_kept(), ..descriptor }
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
    let is_bare_schema = place.get("schema").is_none() && place.get("fields").is_some();
    if !is_bare_schema {
        near_names::check(place, &object_kinds::RESOURCE);
    }
    if let Some(data) = place.get("data") {
        data.warn("data inside the descriptor are not checked: files are", "put them into a file");
    }
    let is_tsv = place.get("format").is_some_and(|format| is_tsv(&format));
    let mut reading = Reading {
        given: Given::default(),
        encoding: place.get("encoding").map(|property| encoding::read(&property)),
        settings: place.get("sluice").map_or_else(Settings::default, |object| settings::read(&object)),
        tables: Vec::new(),
        schema: None,
        dialect: dialect::Read::default(),
    };
    reading.read_schema(place, reader);
    let layout = layout::read(place);
    match (place.get("dialect"), layout) {
        (Some(property), layout) => {
            reader.follow(&property, |dialect| reading.read_dialect(&dialect.with_all(layout.as_ref())));
        }
        (None, Some(layout)) => reading.read_dialect(&layout),
        (None, None) => {}
    }
    // If there is a schema that could not be read, its fields are unknown, and names of fields cannot be checked.
    let knows_fields = reading.schema.is_some() || place.get("schema").is_none();
    if let Some(object) = place.get("sluice") {
        reading.given.take_sluice(&object);
        if knows_fields {
            reading.read_settings_of_fields(place, &object);
        }
    }
    if knows_fields {
        let object = place.get("sluice").and_then(|object| object.get("headers"));
        let Reading { schema, dialect, .. } = &reading;
        reading.settings.headers = headers::read(object.as_ref(), dialect.ignores_header_case, schema.as_ref());
    }
    reading.into_descriptor(place, is_tsv)
}

/// The parts of a Data Resource that are read so far.
struct Reading {
    given: Given,
    encoding: Option<DeclaredEncoding>,
    settings: Settings,
    /// Reference tables.
    tables: Vec<ReferenceTable>,
    schema: Option<Schema>,
    dialect: dialect::Read,
}

impl Reading {
    /// Reads the schema with its foreign keys, and the tables that these refer to.
    fn read_schema(&mut self, place: &Place<'_>, reader: &mut NeighbourReader<'_>) {
        let Self { given, settings, tables, .. } = self;
        let columns = settings.limits.columns;
        if let Some(object) = place.get("sluice") {
            *tables = reference_tables::read(&object, settings, reader);
        }
        let own_name = place.get("name").and_then(|name| name.as_str());
        let outer_values = place.get("missingValues");
        match (place.get("schema"), place.get("fields")) {
            (Some(property), _) => {
                let document = property.as_str().and_then(|_| reader.open(&property));
                let found = reader.found;
                let place = match &document {
                    Some(document) => Some(document.root(found)),
                    None => Some(property).filter(|property| property.as_str().is_none()),
                };
                if let Some(place) = place {
                    let place = &with_values(&place, outer_values);
                    given.take_schema(place);
                    let refused = reference_tables::add_siblings(place, own_name, settings, reader, tables);
                    let targets = Targets { own_name, references: tables, refused: &refused, is_descriptor: true };
                    self.schema = read_schema_with(place, columns, targets);
                }
            }
            (None, Some(fields)) => {
                fields.warn(
                    "a list of fields without a schema around it, read as one",
                    "write it as \"schema\": {\"fields\": […]}",
                );
                given.take_schema(place);
                let targets = Targets { own_name, references: tables, refused: &[], is_descriptor: true };
                self.schema = read_schema_with(place, columns, targets);
            }
            (None, None) => {}
        }
    }

    fn read_dialect(&mut self, place: &Place<'_>) {
        self.given.take_dialect(place);
        self.dialect = dialect::read(place);
        // No standard has the encoding in the dialect, but some descriptors do.
        self.encoding = self.encoding.or_else(|| place.get("encoding").map(|property| encoding::read(&property)));
    }

    /// Reads the settings of the object `sluice` that name fields.
    fn read_settings_of_fields(&mut self, place: &Place<'_>, object: &Place<'_>) {
        let Self { settings, tables, schema, dialect, .. } = self;
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
        warnings::read(object, schema.as_mut(), &settings.rules);
    }

    fn into_descriptor(self, place: &Place<'_>, is_tsv: bool) -> Descriptor {
        let Self { given, encoding, settings, tables, mut schema, dialect } = self;
        dialect.add_null_sequence(schema.as_mut());
        let dialect::Read { mut dialect, header, mut delimiter_given, .. } = dialect;
        let trailing = place.get("sluice").and_then(|object| object.get("trailingDelimiter")?.boolean());
        dialect.trailing_delimiter = trailing.unwrap_or(false);
        if is_tsv && !delimiter_given {
            dialect.delimiter = b'\t'.into();
            delimiter_given = true;
            if let (Err(error), Some(property)) = (dialect.validate(), place.get("dialect")) {
                property.mistake(error, "change the dialect, for the format \"tsv\" has tabs");
            }
        }
        Descriptor {
            schema,
            dialect,
            delimiter_given,
            header,
            encoding: encoding.unwrap_or_default(),
            compression: place.get("compression").and_then(|property| compression::read(&property)),
            member: place.get("innerpath").and_then(|property| member(&property)),
            integrity: integrity::read(place),
            settings,
            references: tables,
            given,
            warnings: Vec::new(),
            sha256: String::new(),
        }
    }
}

/// Reads a schema with its foreign keys.
fn read_schema_with(place: &Place<'_>, columns: u32, targets: Targets<'_>) -> Option<Schema> {
    let mut schema = schema::read(place, columns)?;
    schema.foreign_keys = foreign_keys::read(place, &schema, targets);
    Some(schema)
}

/// Returns the schema with the missing values that stand beside it, where tools wrote them before there were schemas.
fn with_values<'a>(schema: &Place<'a>, values: Option<Place<'a>>) -> Place<'a> {
    match values {
        Some(values) if schema.get("missingValues").is_none() => {
            values.warn("it stands outside of the schema, and is read as a part of it", "move it into \"schema\"");
            schema.clone().with("missingValues", values)
        }
        _ => schema.clone(),
    }
}

/// Reads the name of a file in a ZIP archive.
fn member(place: &Place<'_>) -> Option<String> {
    let name = place.string("write the name of a file in the archive")?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Checks the format. Returns true for the format with tabs.
fn is_tsv(place: &Place<'_>) -> bool {
    const REMEDY: &str = "write \"csv\" or \"tsv\"";
    let Some(format) = place.string(REMEDY) else {
        return false;
    };
    let is = |name: &str| format.eq_ignore_ascii_case(name);
    if !is("csv") && !is("tsv") {
        let message =
            format_args!("the format {} is not read; the file is read as delimited text all the same", quoted(format));
        place.warn(message, REMEDY);
    }
    is("tsv")
}
