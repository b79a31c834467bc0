//! Refuses outputs that would replace what a command reads, what it writes elsewhere, or what belongs to a source.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::terminal::printable;
use super::{CommandError, nesting};
use crate::descriptor_names::is_like_descriptor;

/// The files that a command reads: data, descriptors, the files that these refer to, and reference tables. A clone notes its files in
/// the same set.
#[derive(Clone, Debug, Default)]
pub(super) struct FilesRead(Arc<Mutex<BTreeSet<PathBuf>>>);

impl FilesRead {
    /// Notes a file. Pipes and devices are left out, as an output does not replace them but is written to them.
    pub(super) fn note(&self, path: &Path) {
        if let Ok(path) = fs::canonicalize(path)
            && path.is_file()
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
        }
    }

    fn contains(&self, resolved: &Path) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(resolved)
    }
}

/// Whether outputs may have the name of a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum DescriptorNames {
    /// The command writes descriptors.
    #[default]
    Allowed,
    /// The command writes something else, against which the files of a folder `incoming` beside it would be checked.
    Refused,
}

/// Decides where a command may write.
#[derive(Debug, Default)]
pub(super) struct Guard {
    read: FilesRead,
    /// Folders with the layout of a source.
    sources: Vec<PathBuf>,
    /// Whether outputs may have the name of a descriptor.
    descriptor_names: DescriptorNames,
    /// The outputs that were allowed, with symbolic links resolved.
    outputs: BTreeSet<PathBuf>,
}

impl Guard {
    /// Guards the inputs of a command, and everything else that it notes in `read`, whether before or later.
    pub(super) fn new<'i>(inputs: impl IntoIterator<Item = &'i Path>, read: FilesRead) -> Self {
        inputs.into_iter().for_each(|input| read.note(input));
        Self { read, ..Self::default() }
    }

    /// Refuses outputs with the name of a descriptor.
    pub(super) fn without_descriptor_names(self) -> Self {
        Self { descriptor_names: DescriptorNames::Refused, ..self }
    }

    /// Guards what a run reads and writes in a folder. A URL is no folder.
    pub(super) fn add_source(&mut self, given: &str) {
        if !given.contains("://") {
            self.sources.push(given.into());
        }
    }

    /// Takes the path of an output.
    ///
    /// # Errors
    /// When the output must not be written there.
    pub(super) fn allow(&mut self, output: &Path) -> Result<(), CommandError> {
        let resolved = nesting::resolved(output);
        let reason = match self.reason_against(output, &resolved) {
            Some(reason) => reason,
            // Several outputs may be written to one device.
            None if fs::metadata(output).is_ok_and(|found| !found.is_file() && !found.is_dir()) => return Ok(()),
            None if self.outputs.insert(resolved) => return Ok(()),
            None => "two outputs would be written here; name another file, or check files one by one".to_owned(),
        };
        Err(CommandError::usage(format!("{}: {reason}", printable(&output.display().to_string()))))
    }

    /// Takes the path of an output that is a page: a file that is no page is not replaced.
    ///
    /// # Errors
    /// When the page must not be written there.
    pub(super) fn allow_page(&mut self, output: &Path) -> Result<(), CommandError> {
        self.allow(output)?;
        match is_other_file(output) {
            true => {
                let at = printable(&output.display().to_string());
                Err(CommandError::usage(format!("{at}: is a file that is not a page; write the page to another file")))
            }
            false => Ok(()),
        }
    }

    fn reason_against(&self, output: &Path, resolved: &Path) -> Option<String> {
        if self.read.contains(resolved) {
            return Some(
                "is an input file, its descriptor, or a file that the descriptor names; write to another file"
                    .to_owned(),
            );
        }
        if nesting::is_input(output) {
            let reason = "is below a folder incoming, so the next `sluice run` would take it as input";
            return Some(format!("{reason}; write elsewhere"));
        }
        let is_named_so =
            |path: &Path| path.file_name().is_some_and(|name| is_like_descriptor(&name.to_string_lossy()));
        if self.descriptor_names == DescriptorNames::Refused && (is_named_so(output) || is_named_so(resolved)) {
            let reason =
                "has the name of a descriptor, against which files in a folder incoming beside it would be checked";
            return Some(format!("{reason}; write to a file of another name"));
        }
        self.sources.iter().find_map(|source| {
            let inner = nesting::path_between(source, output)?;
            nesting::page_in_source(&inner).or_else(|| is_other_file(resolved).then(|| OTHER_FILE.to_owned()))
        })
    }
}

const OTHER_FILE: &str =
    "is a file in SOURCE that is not a page, and descriptors may refer to it; write the page elsewhere";

/// Returns true if there is a file that is not a page of HTML and not empty.
fn is_other_file(path: &Path) -> bool {
    const BEGINNING: &[u8] = b"<!doctype html>";
    let mut head = Vec::new();
    let is_read = path.is_file()
        && File::open(path).is_ok_and(|file| file.take(BEGINNING.len() as u64).read_to_end(&mut head).is_ok());
    // A file that cannot be read is none that may be replaced.
    path.is_file() && !(is_read && (head.is_empty() || head.eq_ignore_ascii_case(BEGINNING)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_read_is_guarded_through_links_and_also_when_noted_later() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["in.csv", "d.json", "free"] {
            fs::write(at(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(at("in.csv"), at("link")).unwrap();
        let read = FilesRead::default();
        let mut guard = Guard::new([&*at("link"), Path::new("/dev/null")], read.clone());
        read.note(&at("d.json"));
        for name in ["in.csv", "link", "d.json"] {
            assert!(guard.allow(&at(name)).is_err(), "{name}");
        }
        assert_eq!([guard.allow(&at("free")), guard.allow(Path::new("/dev/null"))], [Ok(()), Ok(())]);
        assert!(guard.allow(&at("./free")).unwrap_err().message.contains("two outputs"));
        assert_eq!(guard.allow(Path::new("/dev/null")), Ok(()));
    }

    #[test]
    fn a_page_replaces_pages_only() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("mine"), "secret").unwrap();
        fs::write(at("page"), "<!DOCTYPE html><html>").unwrap();
        let mut guard = Guard::default();
        assert!(guard.allow_page(&at("mine")).unwrap_err().message.contains("is a file that is not a page"));
        for name in ["page", "new", "/dev/null"] {
            assert_eq!(guard.allow_page(&at(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn in_a_source_only_pages_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("p")).unwrap();
        fs::write(at("p/s.json"), "{}").unwrap();
        fs::write(at("page"), "<!DOCTYPE html><html>").unwrap();
        fs::write(at("empty"), "").unwrap();
        let mut guard = Guard::default();
        guard.add_source(&folder.path().display().to_string());
        for name in ["page", "empty", "new", "p/new"] {
            assert_eq!(guard.allow(&at(name)), Ok(()), "{name}");
        }
        for name in ["p/s.json", "p/resource.json", "p/clean/x", "_sluice/runs/r/report.json"] {
            assert!(guard.allow(&at(name)).is_err(), "{name}");
        }
    }
}
