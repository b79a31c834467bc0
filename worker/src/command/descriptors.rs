//! The descriptors of the files that `sluice check` checks, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sluice_engine::descriptor::{
    Choice, Descriptor, DescriptorSource, Expected, Mistakes, Package, TableRows, named_files,
};

use super::Strictness;
use super::descriptor_folder::DescriptorFolder;
use super::files::{Input, PlaceInLayout, cannot_open, read_descriptor, why_not_regular};
use super::first_pass::FolderTables;
use super::guard::FilesRead;
use super::terminal::{Terminal, counted, printable};
use crate::descriptor_names;
use crate::interrupt::Interrupt;
use crate::prefix::Checks;

/// Most warnings of a descriptor that are printed one by one.
const WARNINGS: usize = 20;

/// What every reader of a descriptor needs from the running command.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    /// The terminal to which warnings go.
    pub(super) terminal: &'a Terminal,
    /// The interrupt that stops reading.
    pub(super) interrupt: &'a Interrupt,
    /// Takes note of every file that is read.
    pub(super) read: &'a FilesRead,
    /// Whether warnings count as mistakes.
    pub(super) strictness: Strictness,
}

/// The descriptor options of the command line.
pub(super) struct Given<'a> {
    /// `--resource`, optionally with `#NAME` after the path.
    pub(super) resource: Option<&'a Path>,
    /// `--schema`
    pub(super) schema: Option<&'a Path>,
}

/// The descriptors of the files.
pub(super) struct Descriptors {
    structural: Checks,
    given: Option<Read>,
    /// The descriptors found in layouts, by the folder of their prefix.
    layout: BTreeMap<PathBuf, Result<Option<Read>, String>>,
    /// The files beside a package of which no resource names them.
    unnamed: BTreeSet<String>,
}

/// A descriptor that was read.
enum Read {
    One(Checks),
    Package(Box<ReadPackage>),
}

/// A package, and the resources that were read from it.
struct ReadPackage {
    package: Package,
    path: PathBuf,
    folder: DescriptorFolder,
    /// The index of the resource for all files, if the command line names one.
    named: Option<usize>,
    resources: BTreeMap<usize, Result<Checks, String>>,
}

impl Descriptors {
    /// Reads the descriptor that the command line names. In a package, each of the files must have a
    /// resource.
    ///
    /// # Errors
    /// A message for the user.
    pub(super) fn of(given: &Given<'_>, inputs: &[Input], session: Session<'_>) -> Result<Self, String> {
        let mut descriptors =
            Self { structural: Checks::structural(), given: None, layout: BTreeMap::new(), unnamed: BTreeSet::new() };
        let (path, expected) = match (given.resource, given.schema) {
            (Some(path), _) => (path, Expected::Resource),
            (None, Some(path)) => (path, Expected::Schema),
            (None, None) => return Ok(descriptors),
        };
        let DescriptorPath { path, resource: name } = DescriptorPath::of(path);
        let mut read = descriptors.read(&path, expected, session)?;
        match (&mut read, name) {
            (Read::One(_), None) => {}
            (Read::One(_), Some(name)) => {
                let path = printable(&path.display().to_string());
                return Err(format!(
                    "{path}: is not a Data Package, so there is no resource \"{name}\" in it; leave out #{name}"
                ));
            }
            (Read::Package(package), Some(name)) => {
                let index = package.package.named(&name).ok_or_else(|| {
                    let (path, names) = (printable(&path.display().to_string()), package.package.names());
                    format!("{path}: there is no resource \"{}\"; there are {names}", printable(&name))
                })?;
                package.named = Some(index);
            }
            (Read::Package(package), None) => {
                for input in inputs {
                    package.choose(&package.name_of(input), &input.shown())?;
                }
            }
        }
        descriptors.given = Some(read);
        Ok(descriptors)
    }

    /// Returns the checks of a file.
    ///
    /// # Errors
    /// A message for the user.
    pub(super) fn for_file(&mut self, input: &Input, session: Session<'_>) -> Result<Checks, String> {
        if let Some(given) = &mut self.given {
            return match given {
                Read::One(checks) => Ok(checks.clone()),
                Read::Package(package) => {
                    let name = package.name_of(input);
                    package.for_file(&name, &input.shown(), session)
                }
            };
        }
        let Some(PlaceInLayout { prefix, name }) = input.in_layout() else {
            return Ok(self.structural.clone());
        };
        if !self.layout.contains_key(&prefix) {
            let read = self.read_layout(&prefix, session);
            self.layout.insert(prefix.clone(), read);
        }
        match self.layout.get_mut(&prefix) {
            None | Some(Ok(None)) => Ok(self.structural.clone()),
            Some(Err(message)) => Err(message.clone()),
            Some(Ok(Some(Read::One(checks)))) => Ok(checks.clone()),
            Some(Ok(Some(Read::Package(package)))) => match package.package.choose(&name) {
                Choice::None => {
                    package.unnamed(&name, &input.shown(), session)?;
                    self.unnamed.insert(input.shown());
                    Ok(self.structural.clone())
                }
                _ => package.for_file(&name, &input.shown(), session),
            },
        }
    }

    /// Returns the files beside a package of which no resource names them. A warning has told of each.
    pub(super) fn into_unnamed(self) -> BTreeSet<String> {
        self.unnamed
    }

    /// Reads the descriptor beside a folder `incoming`; `None` if there is none.
    fn read_layout(&self, prefix: &Path, session: Session<'_>) -> Result<Option<Read>, String> {
        let mut names = descriptor_names::FoundNames::default();
        // A folder that cannot be listed causes an error when its files are opened.
        for entry in fs::read_dir(prefix).into_iter().flatten().flatten() {
            // What has the name of a descriptor and is no file is a mistake, and not nothing.
            names.add(&entry.file_name().to_string_lossy());
        }
        let warnings = names.warnings(|name| printable(&prefix.join(name).display().to_string()));
        tell(&warnings, warnings.len() as u64, session)?;
        match names.descriptor() {
            None => Ok(None),
            Some(name) => {
                let path = prefix.join(name);
                let reason = match fs::symlink_metadata(&path) {
                    // A run follows no link below its folder, and both have to check a file in the same way.
                    Ok(found) if found.is_symlink() => Some(
                        "it is a symbolic link, and none is followed here; put the file itself here, or name it with --resource",
                    ),
                    found => found.ok().as_ref().and_then(why_not_regular),
                };
                if let Some(reason) = reason {
                    let at = printable(&path.display().to_string());
                    return Err(format!("{at}: it has the name of a descriptor, but {reason}; correct or remove it"));
                }
                self.read(&path, Expected::Resource, session).map(Some)
            }
        }
    }

    fn read(&self, path: &Path, expected: Expected, session: Session<'_>) -> Result<Read, String> {
        let name = path.display().to_string();
        session.read.note(path);
        let bytes = read_descriptor(path).map_err(|error| cannot_open(name.clone(), error).to_string())?;
        let folder = DescriptorFolder::noting(path, session.read);
        // Files of resources that are not checked now are the owner's all the same.
        for name in named_files(&name, &bytes, &folder) {
            session.read.note(&folder.path(&name));
        }
        let source = DescriptorSource::read(&printable(&name), &bytes, &folder, expected)
            .map_err(|mistakes| mistakes.to_string())?;
        Ok(match source {
            DescriptorSource::One(descriptor) => Read::One(checks_of_descriptor(*descriptor, path, None, session)?),
            DescriptorSource::Package(package) => {
                tell_mistakes(package.warnings(), session)?;
                let (path, resources) = (path.to_owned(), BTreeMap::new());
                Read::Package(Box::new(ReadPackage { package: *package, path, folder, named: None, resources }))
            }
        })
    }
}

impl ReadPackage {
    /// The path of a file relative to the folder of the package, as the paths of its resources are.
    fn name_of(&self, input: &Input) -> String {
        let Input::Path(path) = input else { return input.name() };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let below = path.strip_prefix(folder).unwrap_or(path);
        below.to_string_lossy().trim_start_matches("./").to_owned()
    }

    /// Returns the index of the resource to which a file belongs.
    fn choose(&self, name: &str, shown: &str) -> Result<usize, String> {
        if let Some(index) = self.named {
            return Ok(index);
        }
        let (path, shown) = (printable(&self.path.display().to_string()), printable(shown));
        let remedy = format!("name one: --resource {path}#NAME");
        match self.package.choose(name) {
            Choice::Named(index) | Choice::Only(index) => Ok(index),
            Choice::None => {
                let (names, hint) = (self.package.names(), self.package.decoded_hint(name));
                Err(format!("{shown}: no resource of {path} names the file; {remedy}, of {names}{hint}"))
            }
            Choice::Several(indices) => {
                let names: Vec<&str> =
                    indices.iter().take(5).map(|&index| &*self.package.resources()[index].name).collect();
                Err(format!("{shown}: several resources of {path} name the file ({}); {remedy}", names.join(", ")))
            }
        }
    }

    fn for_file(&mut self, name: &str, shown: &str, session: Session<'_>) -> Result<Checks, String> {
        let index = self.choose(name, shown)?;
        if self.named.is_none() && matches!(self.package.choose(name), Choice::Only(_)) {
            let (path, shown) = (printable(&self.path.display().to_string()), printable(shown));
            let (only, hint) = (self.package.names(), self.package.decoded_hint(name));
            let warning = format!(
                "{path}: no path names the file {shown}; it is checked against the only resource, {only}{hint}"
            );
            tell(&[warning], 1, session)?;
        }
        if let Some(known) = self.resources.get(&index) {
            return known.clone();
        }
        let read = self.package.resource(index, &self.folder).map_err(|mistakes| mistakes.to_string());
        let resource = Some(self.package.resources()[index].name.clone()).filter(|name| !name.is_empty());
        let checks = read.and_then(|descriptor| checks_of_descriptor(descriptor, &self.path, resource, session));
        self.resources.insert(index, checks.clone());
        checks
    }

    /// Warns that no resource names a file of the layout.
    fn unnamed(&self, name: &str, shown: &str, session: Session<'_>) -> Result<(), String> {
        let (path, shown) = (printable(&self.path.display().to_string()), printable(shown));
        let (paths, hint) = (self.package.paths(), self.package.decoded_hint(name));
        let warning = format!(
            "{path}: no path of a resource names the file {shown}, so only its structure is checked; {paths}; correct a path, or choose a resource: \
             --resource {path}#NAME{hint}"
        );
        tell(&[warning], 1, session)
    }
}

/// Makes the checks of a descriptor, and prints its warnings.
fn checks_of_descriptor(
    descriptor: Descriptor,
    path: &Path,
    resource: Option<String>,
    session: Session<'_>,
) -> Result<Checks, String> {
    tell_mistakes(&Mistakes::from(descriptor.warnings.clone()), session)?;
    let folder = DescriptorFolder::new(path);
    for table in &descriptor.references {
        if let TableRows::File(name) = &table.rows {
            session.read.note(&folder.path(name));
        }
    }
    let tables = FolderTables::new(path, session.read, session.interrupt);
    let key = path.display().to_string();
    Checks::load(key, resource, descriptor, &tables).map_err(|no_tables| no_tables.message)
}

fn tell_mistakes(warnings: &Mistakes, session: Session<'_>) -> Result<(), String> {
    let lines: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    tell(&lines, warnings.count(), session)
}

/// Prints warnings, or returns them as an error if they count as mistakes.
fn tell(warnings: &[String], count: u64, session: Session<'_>) -> Result<(), String> {
    if session.strictness == Strictness::Strict && !warnings.is_empty() {
        return Err(warnings.join("\n"));
    }
    for warning in warnings.iter().take(WARNINGS) {
        session.terminal.warning(warning);
    }
    let more = count.saturating_sub(WARNINGS as u64);
    if more > 0 {
        session.terminal.warning(&format!("and {}", counted(more, "more warning")));
    }
    Ok(())
}

/// The path of a descriptor, and the resource of it that is meant: `datapackage.json#orders`.
pub(super) struct DescriptorPath {
    pub(super) path: PathBuf,
    /// The name of the resource, if one is given.
    pub(super) resource: Option<String>,
}

impl DescriptorPath {
    /// Splits what a user has given; a file that has the whole text as its name takes precedence.
    pub(super) fn of(given: &Path) -> Self {
        let text = given.to_string_lossy();
        match text.rsplit_once('#') {
            Some((path, name)) if !given.exists() && !name.is_empty() => {
                Self { path: PathBuf::from(path), resource: Some(name.to_owned()) }
            }
            _ => Self { path: given.to_owned(), resource: None },
        }
    }
}
