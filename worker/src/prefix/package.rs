//! A Data Package of a prefix: each file is checked against the resource that names it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_engine::descriptor::{Choice, Package};
use tokio::sync::OnceCell;

use super::neighbours::StoreNeighbours;
use super::{Checks, NoChecks};
use crate::printable::printable;
use crate::references::OfPrefix;
use crate::store::blocking;

/// A package whose resources are each read when their first file needs them.
#[derive(Debug)]
pub(crate) struct PackageChecks {
    package: Arc<Package>,
    /// Key of the package's descriptor.
    key: String,
    /// Location of the package's descriptor, for messages.
    location: String,
    /// The files to which the descriptor refers, and reference tables.
    beside: Arc<BesideDescriptor>,
    read: Vec<OnceCell<Result<Checks, NoChecks>>>,
    structural: Checks,
    /// Whether the warning about a file that no resource names was given.
    unnamed: AtomicUsize,
    /// Whether the warning about a file that was checked against the only resource was given.
    only: AtomicUsize,
}

/// Reads the files beside a descriptor.
#[derive(Debug)]
pub(super) struct BesideDescriptor {
    /// The files that the descriptor refers to.
    pub(super) neighbours: StoreNeighbours,
    /// The reference tables.
    pub(super) tables: OfPrefix,
}

/// The checks of a file.
pub(crate) struct FileChecks {
    pub(crate) checks: Checks,
    /// Warnings, one line each.
    pub(crate) warnings: Vec<String>,
    /// Whether the warnings were not given before.
    pub(crate) is_new: bool,
}

impl PackageChecks {
    pub(super) fn new(package: Package, key: String, location: String, beside: BesideDescriptor) -> Self {
        Self {
            read: (0..package.resources().len()).map(|_| OnceCell::new()).collect(),
            package: Arc::new(package),
            key,
            location,
            beside: Arc::new(beside),
            structural: Checks::structural(),
            unnamed: AtomicUsize::default(),
            only: AtomicUsize::default(),
        }
    }

    /// Returns the package.
    pub(crate) fn package(&self) -> &Package {
        &self.package
    }

    /// Returns the checks of the file `name`, a path below the folder of the prefix's files.
    pub(crate) async fn of_file(&self, name: &str) -> Result<FileChecks, NoChecks> {
        let (shown, location) = (printable(name), &self.location);
        match self.package.choose(name) {
            Choice::Named(index) => self.resource(index).await,
            Choice::Only(index) => {
                let mut found = self.resource(index).await?;
                let warning = format!(
                    "{location}: no path names the file {shown}; it is checked against the only resource, {}{}",
                    self.package.names(),
                    self.package.decoded_hint(name)
                );
                found.is_new |= is_told(&self.only);
                found.warnings.push(warning);
                Ok(found)
            }
            Choice::None => {
                let warning = format!(
                    "{location}: no path of a resource names the file {shown}, so only its structure is checked; {}{}",
                    self.package.paths(),
                    self.package.decoded_hint(name)
                );
                let is_new = is_told(&self.unnamed);
                Ok(FileChecks { checks: self.structural.clone(), warnings: vec![warning], is_new })
            }
            Choice::Several(indices) => Err(NoChecks::descriptor(self.several(&shown, &indices))),
        }
    }

    /// Returns the checks of the resource with this index, which is read once.
    pub(crate) async fn resource(&self, index: usize) -> Result<FileChecks, NoChecks> {
        let cell = self.read.get(index).ok_or_else(|| NoChecks::descriptor(format!("there is no resource {index}")))?;
        let mut is_new = false;
        let read = async {
            is_new = true;
            let (package, beside) = (Arc::clone(&self.package), Arc::clone(&self.beside));
            let (key, location) = (self.key.clone(), self.location.clone());
            blocking(move || {
                let neighbours = beside.neighbours.again();
                let descriptor = package.resource(index, &neighbours);
                let descriptor = descriptor.map_err(|mistakes| neighbours.blame(&mistakes, &location))?;
                let resource = Some(package.resources()[index].name.clone()).filter(|name| !name.is_empty());
                Checks::load(key, resource, descriptor, &beside.tables).map_err(NoChecks::from)
            })
            .await
        };
        let checks = cell.get_or_init(|| read).await.clone()?;
        let warnings = checks.warnings().iter().map(ToString::to_string).collect();
        Ok(FileChecks { checks, warnings, is_new })
    }

    /// Returns the message that several resources name a file.
    fn several(&self, shown: &str, indices: &[usize]) -> String {
        const SHOWN: usize = 5;
        let name = |index: &usize| {
            let name = &self.package.resources()[*index].name;
            if name.is_empty() { format!("number {}", index + 1) } else { format!("\"{}\"", printable(name)) }
        };
        let mut names: Vec<String> = indices.iter().take(SHOWN).map(name).collect();
        if indices.len() > SHOWN {
            names.push(format!("{} more", indices.len() - SHOWN));
        }
        let names = names.join(" and ");
        format!("{}: the resources {names} name the file {shown}; correct a path", self.location)
    }
}

/// Most files of a package that are told one by one to be named by no resource. The warnings of all of them are in their reports.
const TOLD: usize = 20;

/// Returns true if one more file is to be told of.
fn is_told(files: &AtomicUsize) -> bool {
    files.fetch_add(1, Ordering::Relaxed) < TOLD
}
