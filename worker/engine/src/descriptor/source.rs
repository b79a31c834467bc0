//! The document that files are checked against. Its content decides whether it is a Data Resource, a Data Package or a Table Schema, whatever
//! option named it.

use sha2::{Digest, Sha256};

use super::foreign_keys::{self, Targets};
use super::given::Given;
use super::model::Descriptor;
use super::neighbours::{NeighbourReader, Neighbours};
use super::package::{Package, most_bytes};
use super::resource::resource;
use super::schema;
use crate::document::file::Document;
use crate::document::mistake::{MistakeLog, Mistakes};
use crate::document::place::Place;

/// The content of a document.
#[derive(Debug)]
pub enum DescriptorSource {
    /// A Data Resource or a Table Schema, which holds for all files.
    One(Box<Descriptor>),
    /// A Data Package: the resource that names a file holds for that file.
    Package(Box<Package>),
}

/// The kind of document that the option promises. A document of another kind is read as what it is, with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A Data Resource or a Data Package.
    Resource,
    /// A Table Schema.
    Schema,
    /// Any of these kinds.
    Any,
}

impl DescriptorSource {
    /// Reads a document. `name` is the name of the file in mistakes; its suffix (`.yaml`, `.yml`) tells YAML from JSON.
    ///
    /// # Errors
    ///
    /// All mistakes in the document and in the files that it refers to; for a package, the mistakes of the package itself without its resources.
    pub fn read(name: &str, bytes: &[u8], neighbours: &dyn Neighbours, expected: Expected) -> Result<Self, Mistakes> {
        let log = MistakeLog::default();
        let Some(document) = Document::read_up_to(name, bytes, most_bytes(name), &log) else {
            return log.into_result::<Self>(name, None).map(|read| read.value);
        };
        let is_package = document.root(&log).get("resources").is_some();
        if is_package {
            drop(log);
            return Package::of_document(document, bytes, neighbours).map(|package| Self::Package(Box::new(package)));
        }
        let descriptor = one(&document.root(&log), bytes, neighbours, expected, &log);
        let descriptor = log.into_result(name, descriptor).map(Descriptor::with_warnings)?;
        Ok(Self::One(Box::new(descriptor)))
    }
}

fn one(
    root: &Place<'_>,
    bytes: &[u8],
    neighbours: &dyn Neighbours,
    expected: Expected,
    log: &MistakeLog,
) -> Option<Descriptor> {
    if !root.object("write a Data Resource") {
        return None;
    }
    let mut hash = Sha256::new_with_prefix(bytes);
    let is_resource = ["schema", "dialect", "sluice"].into_iter().any(|name| root.get(name).is_some());
    let is_schema = match expected {
        Expected::Resource => false,
        Expected::Schema => !is_resource,
        Expected::Any => !is_resource && root.get("fields").is_some(),
    };
    if is_schema {
        return Some(bare_schema(root)?.with_hash(hash));
    }
    if expected == Expected::Schema {
        root.warn("this is a Data Resource, not a Table Schema, and is read as one", "give it as --resource");
    }
    Some(resource(root, &mut NeighbourReader::new(log, neighbours, &mut hash)).with_hash(hash))
}

/// Reads a Data Resource descriptor, or a Data Package of one resource. `name` is the name of the file in mistakes.
///
/// # Errors
///
/// All mistakes in the descriptor and in the files that it refers to.
pub fn read(name: &str, bytes: &[u8], neighbours: &dyn Neighbours) -> Result<Descriptor, Mistakes> {
    match DescriptorSource::read(name, bytes, neighbours, Expected::Resource)? {
        DescriptorSource::One(descriptor) => Ok(*descriptor),
        DescriptorSource::Package(package) if package.resources().len() == 1 => package.resource(0, neighbours),
        DescriptorSource::Package(package) => Err(package.is_no_resource()),
    }
}

/// Reads a bare Table Schema. `name` is the name of the file in mistakes.
///
/// # Errors
///
/// All mistakes in the schema.
pub fn read_schema(name: &str, bytes: &[u8]) -> Result<Descriptor, Mistakes> {
    let log = MistakeLog::default();
    let descriptor = Document::read(name, bytes, &log).and_then(|document| {
        let root = document.root(&log);
        Some(bare_schema(&root)?.with_hash(Sha256::new_with_prefix(bytes)))
    });
    log.into_result(name, descriptor).map(Descriptor::with_warnings)
}

/// Reads a schema that stands alone, without a descriptor around it.
fn bare_schema(place: &Place<'_>) -> Option<Descriptor> {
    let structural = Descriptor::structural();
    let mut schema = schema::read(place, structural.settings.limits.columns)?;
    let targets = Targets { own_name: None, references: &[], refused: &[], is_descriptor: false };
    schema.foreign_keys = foreign_keys::read(place, &schema, targets);
    let mut given = Given::default();
    given.take_schema(place);
    Some(Descriptor { schema: Some(schema), given, ..structural })
}

impl Package {
    /// Returns the mistake that a package has several resources, of which one has to be named.
    fn is_no_resource(&self) -> Mistakes {
        let log = MistakeLog::default();
        let count = self.resources().len();
        if let Some(resources) = self.root(&log).get("resources") {
            resources.mistake(
                format_args!("this is a Data Package of {count} resources: {}", self.names()),
                "name one of them behind the file: #NAME",
            );
        }
        log.into_result::<()>(self.file(), None).err().unwrap_or_default()
    }
}
