//! What a resource says about its files: how they are read, and their schema. It is read alike for a resource whose files are checked, and for a
//! table that foreign keys refer to.

use super::given::Given;
use super::model::{DeclaredEncoding, Descriptor, FieldsMatch, Header, Schema};
use super::neighbours::NeighbourReader;
use super::{compression, dialect, encoding, integrity, layout};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::{near_names, object_kinds};

/// The schema of a resource, and how its files are read.
pub(super) struct Reading {
    pub(super) given: Given,
    pub(super) schema: Option<Schema>,
    pub(super) dialect: dialect::ReadDialect,
    encoding: Option<DeclaredEncoding>,
    /// Whether the format of the resource has tabs between cells.
    is_tsv: bool,
}

impl Reading {
    /// Reads a resource. `read_schema` reads its schema at the place where it stands, which may be in a file beside the descriptor.
    pub(super) fn read(
        place: &Place<'_>,
        reader: &mut NeighbourReader<'_>,
        read_schema: impl FnOnce(&Place<'_>, &mut NeighbourReader<'_>) -> Option<Schema>,
    ) -> Self {
        let is_bare_schema = place.get("schema").is_none() && place.get("fields").is_some();
        if !is_bare_schema {
            near_names::check(place, &object_kinds::RESOURCE);
        }
        if let (None, None, Some(url)) = (place.get("path"), place.get("data"), place.get("url")) {
            url.warn("an older name of \"path\", and read as that", "write it as \"path\"");
        }
        warn_of_csvw(place);
        // Rows that stand in the descriptor as lists or objects have no format.
        let has_format = place.get("data").is_none_or(|data| data.as_str().is_some());
        let mut reading = Self {
            given: Given::default(),
            schema: None,
            dialect: dialect::ReadDialect::default(),
            encoding: place.get("encoding").map(|property| encoding::read(&property)),
            is_tsv: has_format && place.get("format").is_some_and(|format| is_tsv(&format)),
        };
        reading.read_schema(place, reader, read_schema);
        let layout = layout::read(place);
        match (place.get("dialect"), layout) {
            (Some(property), layout) => {
                reader.follow(&property, |dialect| reading.read_dialect(&dialect.with_all(layout.as_ref())));
            }
            (None, Some(layout)) => reading.read_dialect(&layout),
            (None, None) => {}
        }
        reading.warn_of_fields_match(place);
        reading
    }

    fn read_schema(
        &mut self,
        place: &Place<'_>,
        reader: &mut NeighbourReader<'_>,
        read: impl FnOnce(&Place<'_>, &mut NeighbourReader<'_>) -> Option<Schema>,
    ) {
        let outer_values = place.get("missingValues");
        match (place.get("schema"), place.get("fields")) {
            (Some(property), _) => {
                let document = property.as_str().and_then(|_| reader.open(&property));
                let log = reader.log;
                let place = match &document {
                    Some(document) => Some(document.root(log)),
                    None => Some(property).filter(|property| property.as_str().is_none()),
                };
                if let Some(place) = place {
                    let place = &with_values(&place, outer_values);
                    self.given.take_schema(place);
                    self.schema = read(place, reader);
                }
            }
            (None, Some(fields)) => {
                fields.warn(
                    "a list of fields without a schema around it, read as one",
                    "write it as \"schema\": {\"fields\": […]}",
                );
                self.given.take_schema(place);
                self.schema = read(place, reader);
            }
            (None, None) => {}
        }
    }

    /// Warns if the fields are to be matched by labels of files that have none.
    fn warn_of_fields_match(&self, place: &Place<'_>) {
        let is_matched = self.schema.as_ref().is_some_and(|schema| schema.fields_match != FieldsMatch::Exact);
        if self.dialect.header != Header::None || !is_matched {
            return;
        }
        // In a schema of its own file, the property cannot be pointed at together with the dialect.
        let schema = place.get("schema").unwrap_or_else(|| place.clone());
        let at = schema.get("fieldsMatch").or_else(|| place.get("dialect")).unwrap_or(schema);
        at.warn(
            "\"fieldsMatch\" compares labels, and \"header\" is false: the columns are the fields, all of them and in their order",
            "remove \"fieldsMatch\", or write \"header\": true if the files have labels",
        );
    }

    fn read_dialect(&mut self, place: &Place<'_>) {
        self.given.take_dialect(place);
        self.dialect = dialect::read(place);
        // No standard has the encoding in the dialect, but some descriptors do.
        self.encoding = self.encoding.or_else(|| place.get("encoding").map(|property| encoding::read(&property)));
    }

    /// Returns the descriptor of the resource at `place`, without settings and reference tables.
    pub(super) fn into_descriptor(self, place: &Place<'_>) -> Descriptor {
        let Self { given, mut schema, dialect, encoding, is_tsv } = self;
        dialect.add_null_sequence(schema.as_mut());
        let dialect::ReadDialect { mut dialect, header, mut delimiter_given, .. } = dialect;
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
            given,
            ..Descriptor::structural()
        }
    }
}

/// Warns of metadata of the W3C's CSV on the Web, which have another schema.
fn warn_of_csvw(place: &Place<'_>) {
    let schema = place.get("tableSchema").or_else(|| place.get("tables").filter(|_| place.get("@context").is_some()));
    if let (None, Some(schema)) = (place.get("schema"), schema) {
        schema.warn(
            "metadata of CSV on the Web (W3C) are not read, so nothing but the structure of the files is checked",
            "write the columns as a Table Schema: \"schema\": {\"fields\": […]}",
        );
    }
}

/// Returns the schema with the missing values that stand beside it, where tools wrote them before there were schemas.
fn with_values<'a>(schema: &Place<'a>, values: Option<Place<'a>>) -> Place<'a> {
    match values {
        Some(values) if schema.get("missingValues").is_none() => {
            values.warn("it is outside of the schema, and is read as part of it", "move it into \"schema\"");
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
            format_args!("the format {} is not supported; the file is read as delimited text anyway", quoted(format));
        place.warn(message, REMEDY);
    }
    is("tsv")
}
