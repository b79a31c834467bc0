//! The Data Resource itself, and the files it refers to.

use sha2::{Digest, Sha256};

use super::dialect;
use super::foreign_keys::{self, Targets};
use super::json::{Document, quoted};
use super::mistake::{Found, Mistakes};
use super::model::{Descriptor, Schema, Settings};
use super::place::Place;
use super::{file_assertions, headers, reference_tables, rules, schema, settings};

/// Longest name of a file that a descriptor may refer to, in bytes.
const NAME_BYTES: usize = 1024;

/// Reads the files beside a descriptor.
pub trait Neighbours {
    /// The bytes of the file `name`: a relative path with `/` between its segments, none of which is empty, `.` or `..`,
    /// seen from the folder of the descriptor.
    ///
    /// # Errors
    ///
    /// [`NeighbourError`]; it becomes a mistake where the descriptor refers to the file.
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError>;
}

/// Why a file beside the descriptor cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NeighbourError {
    /// There is none of this name.
    #[error("there is no such file beside the descriptor")]
    NotFound,
    /// It has more than [`DESCRIPTOR_BYTES`](super::DESCRIPTOR_BYTES).
    #[error("the file has more than {} bytes", super::DESCRIPTOR_BYTES)]
    TooLarge,
    /// It cannot be read for another reason, told on one line.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// Reads a Data Resource descriptor; `name` is what its mistakes call the file.
///
/// # Errors
///
/// All mistakes in it and in the files it refers to.
pub fn read(name: &str, bytes: &[u8], neighbours: &dyn Neighbours) -> Result<Descriptor, Mistakes> {
    let found = Found::default();
    let descriptor = Document::read(name, bytes, &found).and_then(|document| {
        let root = document.root(&found);
        if !root.object("write a Data Resource") {
            return None;
        }
        let mut hash = Sha256::new_with_prefix(bytes);
        Some(resource(&root, &mut References { found: &found, neighbours, hash: &mut hash }).with_hash(hash))
    });
    found.or(name, descriptor).map(Descriptor::with_warnings)
}

/// Reads a bare Table Schema; `name` is what its mistakes call the file.
///
/// # Errors
///
/// All mistakes in it.
pub fn read_schema(name: &str, bytes: &[u8]) -> Result<Descriptor, Mistakes> {
    let found = Found::default();
    let descriptor = Document::read(name, bytes, &found).and_then(|document| {
        let root = document.root(&found);
        let structural = Descriptor::structural();
        let mut schema = schema::read(&root, structural.settings.limits.columns)?;
        let targets = Targets { own_name: None, references: &[], is_descriptor: false };
        schema.foreign_keys = foreign_keys::read(&root, &schema, targets);
        Some(Descriptor { schema: Some(schema), ..structural }.with_hash(Sha256::new_with_prefix(bytes)))
    });
    found.or(name, descriptor).map(Descriptor::with_warnings)
}

impl Descriptor {
    /// What a file without a descriptor is checked against: its own header, every column a string, default limits.
    /// The hash is that of no bytes.
    pub fn structural() -> Self {
        let dialect::Read { dialect, header, delimiter_given, .. } = dialect::Read::default();
        let settings = Settings::default();
        let (warnings, references) = (Vec::new(), Vec::new());
        Self { schema: None, dialect, delimiter_given, header, settings, references, warnings, sha256: String::new() }
            .with_hash(Sha256::new())
    }

    fn with_warnings((descriptor, warnings): (Self, Mistakes)) -> Self {
        Self { warnings: warnings.into_kept(), ..descriptor }
    }

    /// The descriptor if it has no warning.
    ///
    /// # Errors
    ///
    /// Its warnings, as mistakes.
    pub fn strict(self) -> Result<Self, Mistakes> {
        if self.warnings.is_empty() { Ok(self) } else { Err(Mistakes::from(self.warnings)) }
    }

    fn with_hash(mut self, hash: Sha256) -> Self {
        self.sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self
    }
}

/// What is needed to follow a reference to another file.
pub(super) struct References<'a> {
    found: &'a Found,
    neighbours: &'a dyn Neighbours,
    hash: &'a mut Sha256,
}

fn resource(place: &Place<'_>, references: &mut References<'_>) -> Descriptor {
    misplaced(place);
    let is_tsv = place.get("format").is_some_and(|format| is_tsv(&format));
    if let Some(encoding) = place.get("encoding") {
        check_encoding(&encoding);
    }
    let mut settings = place.get("sluice").map_or_else(Settings::default, |object| settings::read(&object));
    let columns = settings.limits.columns;
    let mut tables =
        place.get("sluice").map_or_else(Vec::new, |object| reference_tables::read(&object, &settings, references));
    let own_name = place.get("name").and_then(|name| name.as_str());
    let mut schema: Option<Schema> = None;
    if let Some(property) = place.get("schema") {
        references.follow(&property, |place| {
            schema = schema::read(place, columns);
            if let Some(schema) = &mut schema {
                let targets = Targets { own_name, references: &tables, is_descriptor: true };
                schema.foreign_keys = foreign_keys::read(place, schema, targets);
            }
        });
    }
    let mut dialect = dialect::Read::default();
    if let Some(property) = place.get("dialect") {
        references.follow(&property, |place| dialect = dialect::read(place));
    }
    if let Some(object) = place.get("sluice") {
        // Fields of a schema that could not be read are not missing.
        if schema.is_some() || place.get("schema").is_none() {
            settings.redact = settings::redacted(&object, schema.as_ref());
            if let Some(file) = object.get("file") {
                settings.assertions = file_assertions::read(&file, schema.as_ref());
            }
            settings.rules = rules::read(&object, schema.as_ref());
            reference_tables::redact(&mut tables, schema.as_ref(), &settings.redact);
            reference_tables::warn_of_unused(&object, &tables, schema.as_ref());
        }
    }
    if schema.is_some() || place.get("schema").is_none() {
        let object = place.get("sluice").and_then(|object| object.get("headers"));
        settings.headers = headers::read(object.as_ref(), dialect.ignores_header_case, schema.as_ref());
    }
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
    let warnings = Vec::new();
    Descriptor {
        schema,
        dialect,
        delimiter_given,
        header,
        settings,
        references: tables,
        warnings,
        sha256: String::new(),
    }
}

/// Documents that are something else, and data in place of a file.
fn misplaced(place: &Place<'_>) {
    if let Some(data) = place.get("data") {
        data.unsupported("data inside the descriptor");
    }
    if let Some(resources) = place.get("resources") {
        resources.mistake("this is a Data Package", "write one of its resources as a descriptor of its own");
    }
    if let (Some(fields), None) = (place.get("fields"), place.get("schema")) {
        fields.mistake("this is a Table Schema", "write it as the property \"schema\" of a Data Resource");
    }
}

/// Checks the format, and whether it is the one with tabs.
fn is_tsv(place: &Place<'_>) -> bool {
    const REMEDY: &str = "write \"csv\" or \"tsv\"";
    let Some(format) = place.string(REMEDY) else {
        return false;
    };
    let is = |name: &str| format.eq_ignore_ascii_case(name);
    if !is("csv") && !is("tsv") {
        place.mistake(format_args!("the format {} is not supported yet", quoted(format)), REMEDY);
    }
    is("tsv")
}

pub(super) fn check_encoding(place: &Place<'_>) {
    const REMEDY: &str = "write \"utf-8\" and convert the files";
    let Some(encoding) = place.string(REMEDY) else {
        return;
    };
    if !["utf-8", "utf8"].iter().any(|name| encoding.eq_ignore_ascii_case(name)) {
        place.mistake(format_args!("the encoding {} is not supported yet", quoted(encoding)), REMEDY);
    }
}

impl References<'_> {
    /// Reads an inline object, or the file that a string names.
    pub(super) fn follow(&mut self, place: &Place<'_>, read: impl FnOnce(&Place<'_>)) {
        let Some(name) = place.as_str() else {
            return read(place);
        };
        let name = match relative(name) {
            Ok(name) => name,
            Err(reason) => {
                place.mistake(
                    format_args!("{} {reason}", quoted(name)),
                    "name a file beside the descriptor, or write the object here",
                );
                return;
            }
        };
        let bytes = match self.neighbours.read(&name) {
            Ok(bytes) => bytes,
            Err(error) => {
                let name = quoted(&name);
                place.mistake(format_args!("{name}: {error}"), "correct the name, or write the object here");
                return;
            }
        };
        self.hash.update(&bytes);
        let folder = place.file().rsplit_once('/').map_or("", |(folder, _)| folder);
        let file = if place.file().contains('/') { format!("{folder}/{name}") } else { name };
        if let Some(document) = Document::read(&file, &bytes, self.found) {
            read(&document.root(self.found));
        }
    }
}

/// The name of a file in the descriptor's folder or below it, without `.` segments; or why it is none.
pub(super) fn relative(name: &str) -> Result<String, &'static str> {
    if name.is_empty() {
        return Err("is no name of a file");
    }
    if name.len() > NAME_BYTES {
        return Err("is too long for the name of a file");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    if name.starts_with('/') {
        return Err("is an absolute path");
    }
    if name.contains('\\') {
        return Err("has a backslash in it");
    }
    let scheme = name.split(['/', '?', '#']).next().and_then(|first| first.split_once(':')).map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| scheme.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return Err("is a URL");
    }
    let segments: Vec<&str> = name.split('/').filter(|segment| *segment != ".").collect();
    if segments.contains(&"..") {
        return Err("leaves the folder of the descriptor");
    }
    if segments.is_empty() || segments.contains(&"") {
        return Err("is no name of a file");
    }
    Ok(segments.join("/"))
}
