//! Data Packages: several resources in one document, each with the files that its `path` names.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::model::Descriptor;
use super::neighbours::{NeighbourReader, Neighbours, relative};
use super::path_pattern::{self, PathPattern};
use super::resource::resource;
use super::{DESCRIPTOR_BYTES, feedback};
use crate::document::file::Document;
use crate::document::mistake::{MistakeLog, Mistakes, WithWarnings};
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::{near_names, object_kinds};

/// Most bytes of a document that is named like a Data Package.
pub const PACKAGE_BYTES: usize = 4 << 20;

/// Most resources of a package that are files of their own: each file is read for the paths of its resource.
const REFERRED: usize = 100;

/// Most paths and patterns of a package.
const PATHS: usize = 100_000;

/// Most patterns of a package: each pattern is tried for each file.
const PATTERNS: usize = 1000;

/// A Data Package. A resource is read only when [`Package::resource`] asks for it.
#[derive(Debug)]
pub struct Package {
    document: Document,
    /// Documents of resources that are files of their own.
    others: Vec<OwnFile>,
    resources: Vec<PackageResource>,
    /// The paths that resources name, by the name of the file without its folders and without the suffix of its compression.
    by_base_name: HashMap<String, Vec<Claim>>,
    patterns: Vec<PatternClaim>,
    hash: Sha256,
    warnings: Mistakes,
}

/// A path that a resource names, and the index of the resource.
#[derive(Debug)]
struct Claim {
    resource: usize,
    /// The path with its folders, without the suffix of its compression.
    path: String,
    /// The suffix of its compression, or nothing.
    compression: String,
}

/// A pattern of paths that a resource names, and the index of the resource.
#[derive(Debug)]
struct PatternClaim {
    resource: usize,
    pattern: PathPattern,
}

/// A resource of a package before it is read.
#[derive(Clone, Debug)]
pub struct PackageResource {
    /// The name of the resource; empty when it has none.
    pub name: String,
    /// The paths and patterns of its files, as the package has them.
    pub paths: Vec<String>,
    /// The index of its document in `Package::others`; `None` when the resource stands in the package itself.
    other: Option<usize>,
}

/// The resource that a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The resource with this index names the file.
    Named(usize),
    /// No resource names the file, and the package has only this resource.
    Only(usize),
    /// No resource names the file.
    None,
    /// Several resources name the file equally well.
    Several(Vec<usize>),
}

impl Package {
    /// Reads a package from its document.
    ///
    /// # Errors
    ///
    /// The mistakes in `log`, which were found when the document was parsed, and those of the package itself.
    pub(super) fn of_document(
        document: Document,
        bytes: &[u8],
        neighbours: &dyn Neighbours,
        log: MistakeLog,
    ) -> Result<Self, Mistakes> {
        let name = document.file.clone();
        let read = Reader::read(&document, bytes, neighbours, &log);
        let WithWarnings { value: reader, warnings } = log.into_result(&name, read)?;
        let Reader { others, resources, by_base_name, patterns, hash, .. } = reader;
        Ok(Self { document, others, resources, by_base_name, patterns, hash, warnings })
    }

    /// Returns the root of the package's document.
    pub(super) fn root<'a>(&'a self, log: &'a MistakeLog) -> Place<'a> {
        self.document.root(log)
    }

    /// Returns the name of the document, as mistakes show it.
    pub fn file(&self) -> &str {
        &self.document.file
    }

    /// Returns the resources of the package, in their order.
    pub fn resources(&self) -> &[PackageResource] {
        &self.resources
    }

    /// Returns the warnings about the package itself; the warnings of a resource are in its descriptor.
    pub fn warnings(&self) -> &Mistakes {
        &self.warnings
    }

    /// Returns the index of the resource with this name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.resources.iter().position(|resource| resource.name == name)
    }

    /// Returns up to ten names of resources in one text, for a message.
    pub fn names(&self) -> String {
        few(self.resources.iter().map(|resource| &*resource.name))
    }

    /// Returns up to ten paths of resources in one text, for a message.
    pub fn paths(&self) -> String {
        let paths = few(self.resources.iter().flat_map(|resource| &resource.paths).map(String::as_str));
        if paths.is_empty() { "its resources have no path".to_owned() } else { format!("its paths are {paths}") }
    }

    /// Returns the resource that a file belongs to. `file` is its name below the folder of the prefix's files, with `/` between folders. A path
    /// that is the whole name of the file comes before a path that equals it only behind the last `/`. A suffix of compression counts only where
    /// several paths name the file equally well, and a URL names the file at the end of its path.
    pub fn choose(&self, file: &str) -> Choice {
        let compression = &file[path_pattern::without_compression(file).len()..];
        let file = path_pattern::without_compression(file);
        let base = path_pattern::base_name(file);
        let literal = self.by_base_name.get(base).into_iter().flatten();
        let literal = literal.map(|claim| (claim.resource, path_pattern::is_whole(&claim.path, file)));
        let patterns = self.patterns.iter().filter_map(|claim| Some((claim.resource, claim.pattern.names(file)?)));
        let claims: Vec<(usize, bool)> = literal.chain(patterns).collect();
        let has_whole = claims.iter().any(|&(_, whole)| whole);
        let mut best: Vec<usize> =
            claims.into_iter().filter(|&(_, whole)| whole || !has_whole).map(|(resource, _)| resource).collect();
        best.sort_unstable();
        best.dedup();
        if best.len() > 1 {
            let claims = self.by_base_name.get(base).into_iter().flatten();
            let exact = claims.filter(|claim| claim.compression == compression && best.contains(&claim.resource));
            let exact: BTreeSet<usize> = exact.map(|claim| claim.resource).collect();
            if let (1, Some(&one)) = (exact.len(), exact.first()) {
                best = vec![one];
            }
        }
        match *best {
            [] if self.resources.len() == 1 => Choice::Only(0),
            [] => Choice::None,
            [one] => Choice::Named(one),
            _ => Choice::Several(best),
        }
    }

    /// Returns what to do about a file that no path names, if a path would name it percent-decoded; otherwise nothing.
    pub fn decoded_hint(&self, file: &str) -> String {
        let names = |path: &&String| {
            let plain = path_pattern::plain(path);
            let decoded = path_pattern::percent_decoded(&plain).filter(|_| !plain.contains("://"));
            decoded.is_some_and(|decoded| path_pattern::base_name(&decoded) == path_pattern::base_name(file))
        };
        match self.resources.iter().flat_map(|resource| &resource.paths).find(names) {
            Some(path) => format!(
                "; the path {} is taken as it is written: if it means this file, write {}",
                quoted(path),
                quoted(&path_pattern::percent_decoded(path).unwrap_or_default())
            ),
            None => String::new(),
        }
    }

    /// Reads the resource with this index.
    ///
    /// # Errors
    ///
    /// All mistakes in the resource and in the files that it refers to.
    pub fn resource(&self, index: usize, neighbours: &dyn Neighbours) -> Result<Descriptor, Mistakes> {
        let log = MistakeLog::default();
        let mut hash = self.hash.clone();
        let root = self.document.root(&log);
        let place = match self.resources.get(index).map(|resource| resource.other) {
            Some(None) => root.get("resources").and_then(|resources| resources.item(index)),
            Some(Some(other)) => self.others.get(other).map(|own| own.document.root(&log)),
            None => None,
        };
        let descriptor = place.map(|place| {
            let place = feedback::of_package(with_values_of(&root, place), &root);
            let siblings = self.siblings(index, &root, &log);
            let own = self.resources.get(index).and_then(|resource| self.others.get(resource.other?));
            let folder = own.map_or("", |own| &own.folder);
            let mut reader = NeighbourReader::new(&log, neighbours, &mut hash).with_siblings(siblings).below(folder);
            resource(&place, &mut reader).with_hash(hash)
        });
        log.into_result(self.file(), descriptor).map(Descriptor::with_warnings)
    }
}

impl Package {
    /// Returns the other resources of the package that have a name: all but the one with this index.
    fn siblings<'a>(&'a self, index: usize, root: &Place<'a>, log: &'a MistakeLog) -> Vec<(String, Place<'a>)> {
        let list = root.get("resources");
        let others =
            self.resources.iter().enumerate().filter(|(other, sibling)| *other != index && !sibling.name.is_empty());
        others
            .filter_map(|(other, sibling)| {
                let place = match sibling.other {
                    None => list.as_ref()?.item(other)?,
                    Some(other) => self.others.get(other)?.document.root(log),
                };
                Some((sibling.name.clone(), with_values_of(root, place)))
            })
            .collect()
    }
}

/// Returns up to ten texts, in quotes, and the number of the others.
fn few<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = texts.clone().take(SHOWN).map(quoted).collect();
    match texts.skip(SHOWN).count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns a resource of the package at `root`, with the missing values that the package has for all of them.
fn with_values_of<'a>(root: &Place<'a>, resource: Place<'a>) -> Place<'a> {
    match root.get("missingValues") {
        Some(values) => resource.with("missingValues", values),
        None => resource,
    }
}

/// A resource in a file of its own.
#[derive(Debug)]
struct OwnFile {
    document: Document,
    /// The folder of the file below the folder of the package, or nothing. Names in the file are relative to it.
    folder: String,
}

/// Reads the list of resources: names and paths, without their content.
struct Reader<'a> {
    neighbours: &'a dyn Neighbours,
    others: Vec<OwnFile>,
    resources: Vec<PackageResource>,
    by_base_name: HashMap<String, Vec<Claim>>,
    patterns: Vec<PatternClaim>,
    paths: usize,
    hash: Sha256,
}

impl<'a> Reader<'a> {
    fn read(document: &Document, bytes: &[u8], neighbours: &'a dyn Neighbours, log: &MistakeLog) -> Option<Self> {
        let root = document.root(log);
        near_names::check(&root, &object_kinds::PACKAGE);
        let place = root.get("resources")?;
        let items = place.array("write a list of Data Resources")?;
        if items.is_empty() {
            place.mistake("there are no resources", "write a list of Data Resources");
        }
        let mut reader = Self {
            neighbours,
            others: Vec::new(),
            resources: Vec::with_capacity(items.len()),
            by_base_name: HashMap::new(),
            patterns: Vec::new(),
            paths: 0,
            hash: Sha256::new_with_prefix(bytes),
        };
        for item in &items {
            reader.item(item, log);
        }
        if reader.paths > PATHS {
            place.mistake(
                format_args!("{} paths are more than {PATHS}", reader.paths),
                "write patterns, or two packages",
            );
        }
        if reader.patterns.len() > PATTERNS {
            place.mistake(
                format_args!("{} patterns are more than {PATTERNS}", reader.patterns.len()),
                "write fewer of them",
            );
        }
        reader.check_names(&items);
        Some(reader)
    }

    fn item(&mut self, item: &Place<'_>, log: &MistakeLog) {
        if item.as_str().is_none() {
            self.push(entry(item, None));
            return;
        }
        if self.others.len() == REFERRED {
            item.mistake(format_args!("more than {REFERRED} resources are files of their own"), "write them here");
        }
        if self.others.len() >= REFERRED {
            return;
        }
        let mut hash = std::mem::take(&mut self.hash);
        let document = NeighbourReader::new(log, self.neighbours, &mut hash).open(item);
        self.hash = hash;
        let Some(document) = document else { return };
        if document.root(log).get("resources").is_some() {
            item.mistake(
                "the file is a package, and not a resource",
                "name a file with one Data Resource, or write its resources here",
            );
            return;
        }
        let folder = item.as_str().and_then(|written| relative(written).ok());
        let folder =
            folder.as_deref().and_then(|name| name.rsplit_once('/')).map_or("", |(folder, _)| folder).to_owned();
        self.push(entry(&document.root(log), Some(self.others.len())));
        self.others.push(OwnFile { document, folder });
    }

    fn push(&mut self, resource: PackageResource) {
        let index = self.resources.len();
        self.paths += resource.paths.len();
        for path in resource.paths.iter().take(PATHS.saturating_sub(self.paths - resource.paths.len())) {
            let path = path_pattern::plain(path);
            if PathPattern::is_pattern(&path) {
                self.patterns.push(PatternClaim { resource: index, pattern: PathPattern::new(&path) });
            } else {
                let (path, compression) = path.split_at(path_pattern::without_compression(&path).len());
                let (path, compression) = (path.to_owned(), compression.to_owned());
                let base = path_pattern::base_name(&path).to_owned();
                self.by_base_name.entry(base).or_default().push(Claim { resource: index, path, compression });
            }
        }
        self.resources.push(resource);
    }

    /// Warns of names that several resources have: such a name does not say which of them is asked for.
    fn check_names(&self, items: &[Place<'_>]) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (index, (resource, item)) in self.resources.iter().zip(items).enumerate() {
            if resource.name.is_empty() {
                continue;
            }
            if first.insert(&resource.name, index).is_some() {
                let at = item.get("name").unwrap_or_else(|| item.clone());
                at.warn(
                    format_args!("the name {} appears twice", quoted(&resource.name)),
                    "give each resource a name of its own",
                );
            }
        }
    }
}

/// Reads name and paths of a resource; `other` is the index of its own document, if it has one.
fn entry(place: &Place<'_>, other: Option<usize>) -> PackageResource {
    const REMEDY: &str = "write the path of a file, or a list of paths";
    if !place.object("write a Data Resource") {
        return PackageResource { name: String::new(), paths: Vec::new(), other };
    }
    let name = place.get("name").and_then(|name| name.string("write the name between quotes"));
    let paths = match path_pattern::path_of(place) {
        None => Vec::new(),
        Some(path) => match path.as_str() {
            Some(path) => vec![path.to_owned()],
            None => {
                let items = path.array(REMEDY).unwrap_or_default();
                items.iter().filter_map(|item| item.string(REMEDY).map(str::to_owned)).collect()
            }
        },
    };
    PackageResource { name: name.unwrap_or_default().to_owned(), paths, other }
}

/// Returns the most bytes that a document of this name may have.
pub(super) fn most_bytes(name: &str) -> usize {
    if is_package_name(name) { PACKAGE_BYTES } else { DESCRIPTOR_BYTES }
}

/// Returns true if a file of this name is a Data Package by convention: `datapackage.json`, `datapackage.yaml`.
pub(super) fn is_package_name(name: &str) -> bool {
    path_pattern::base_name(name).to_ascii_lowercase().starts_with("datapackage")
}
