//! The document that files are checked against. Its content decides whether it is a Data Resource, a Data Package or a Table Schema, whatever
//! option named it.

use sha2::{Digest, Sha256};

use super::foreign_keys::{self, Targets};
use super::given::Given;
use super::model::Descriptor;
use super::neighbours::{NeighbourReader, Neighbours};
use super::package::{Package, is_package_name, most_bytes};
use super::resource::resource;
use super::schema;
use crate::document::file::Document;
use crate::document::mistake::{MistakeLog, Mistakes};
use crate::document::place::Place;
use crate::document::spelling;

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
        if document.root(&log).get("resources").is_some() {
            return Package::of_document(document, bytes, neighbours, log)
                .map(|package| Self::Package(Box::new(package)));
        }
        let root = document.root(&log);
        let descriptor = match has_lost_resources(&root, name) {
            true => None,
            false => one(&root, bytes, neighbours, expected, &log),
        };
        let descriptor = log.into_result(name, descriptor).map(Descriptor::with_warnings)?;
        Ok(Self::One(Box::new(descriptor)))
    }
}

/// Notes the mistake that a Data Package has no `resources`, and returns true if it is one: by the name of its file, by its profile, or by a
/// list of objects whose name is nearly `resources`. Read as a Data Resource, it would check nothing.
fn has_lost_resources(root: &Place<'_>, name: &str) -> bool {
    const REMEDY: &str = "write its resources in a list named \"resources\"";
    let is_description = |name| root.get(name).is_some();
    if !root.is_object()
        || ["schema", "dialect", "sluice", "fields", "path", "url", "data"].into_iter().any(is_description)
    {
        return false;
    }
    let is_near = |name: &str| spelling::nearest(name, std::iter::once("resources")).is_some();
    if let Some((_, property)) =
        root.names().find(|(name, property)| is_near(name) && property.item(0).is_some_and(|item| item.is_object()))
    {
        property.mistake("there is no such property, so it checks nothing", spelling::did_you_mean("resources"));
        return true;
    }
    let says_package = |name: &str| root.get(name).and_then(|it| it.as_str()).is_some_and(names_package_profile);
    let is_package = is_package_name(name) || says_package("profile") || says_package("$schema");
    if is_package {
        root.mistake("this Data Package has no resources", REMEDY);
    }
    is_package
}

/// Returns true for the profile of a Data Package, by its name in version 1 of the standard or its URL in version 2.
fn names_package_profile(profile: &str) -> bool {
    let name = profile.rsplit('/').next().unwrap_or(profile);
    matches!(
        name.trim_end_matches(".json"),
        "data-package" | "tabular-data-package" | "fiscal-data-package" | "datapackage"
    )
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
