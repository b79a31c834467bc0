//! The listing of a folder: a walk in the order of the keys' bytes, in bounded memory.

use std::collections::{BinaryHeap, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::folder::{STAGING, etag_of};
use super::{Answer, Entry, Listing, Object, Scope, StoreError, blocking};
use crate::key::Ignored;

/// Entries in a page.
const PAGE: usize = 1000;

/// Names of one folder that are held at once; a folder with more is read again from the last one on.
const NAMES: usize = 1 << 16;

/// A walk under way.
pub(super) struct Walk {
    /// Taken while a page is being made.
    steps: Option<Steps>,
}

struct Steps {
    root: PathBuf,
    scope: Scope,
    names_held: usize,
    /// The folder being read and those above it; `None` before the first page.
    levels: Option<Vec<Level>>,
}

/// A folder, read in part.
struct Level {
    /// Key of the folder: empty, or ending in `/`.
    key: String,
    names: VecDeque<Name>,
    /// Where to read on when `names` is empty; `None` when all was read.
    more_after: Option<Vec<u8>>,
}

/// A name in a folder, ordered as the keys are: the name of a folder counts with its `/`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    order: Vec<u8>,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    File,
    Folder,
    Ignored(Ignored),
}

impl Walk {
    pub(super) fn new(root: PathBuf, scope: Scope) -> Self {
        Self::holding(root, scope, NAMES)
    }

    pub(super) fn holding(root: PathBuf, scope: Scope, names_held: usize) -> Self {
        Self { steps: Some(Steps { root, scope, names_held, levels: None }) }
    }
}

impl Listing for Walk {
    fn page(&mut self) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move {
            let Some(mut steps) = self.steps.take() else {
                return Ok(Vec::new());
            };
            let (steps, page) = blocking(move || {
                let page = steps.page();
                (steps, page)
            })
            .await;
            self.steps = Some(steps);
            page
        })
    }

    fn ended(&self) -> bool {
        let levels = self.steps.as_ref().and_then(|steps| steps.levels.as_ref());
        levels.is_some_and(Vec::is_empty)
    }
}

impl Steps {
    fn page(&mut self) -> Result<Vec<Entry>, StoreError> {
        let mut page = Vec::new();
        let mut levels = match self.levels.take() {
            Some(levels) => levels,
            None => self.begin(&mut page)?,
        };
        while page.len() < PAGE {
            let Some(level) = levels.last_mut() else {
                break;
            };
            let Some(name) = level.names.pop_front() else {
                match level.more_after.take() {
                    Some(after) => {
                        let key = level.key.clone();
                        *level = self.read(key, Some(after))?;
                    }
                    None => drop(levels.pop()),
                }
                continue;
            };
            let shown = || format!("{}{}", level.key, OsStr::from_bytes(&name.order).display());
            match name.what {
                What::Ignored(reason) => page.push(Entry::Ignored(reason, shown())),
                What::File => {
                    let key = shown();
                    let metadata = match fs::symlink_metadata(self.root.join(&key)) {
                        Ok(metadata) => metadata,
                        // Gone since the folder was read: as if it had never been.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                            page.push(Entry::Ignored(Ignored::Unreadable, key));
                            continue;
                        }
                        Err(error) => return Err(StoreError::from_io(self.shown(&key), error)),
                    };
                    page.push(Entry::Object(Object {
                        bytes: metadata.len(),
                        etag: etag_of(&metadata),
                        last_modified: metadata
                            .modified()
                            .map_err(|error| StoreError::from_io(self.shown(&key), error))?,
                        key,
                    }));
                }
                What::Folder => {
                    let key = shown();
                    let rest = key.strip_prefix(self.scope.prefix.as_str()).unwrap_or("");
                    if self.scope.delimiter.is_some_and(|delimiter| rest.contains(delimiter)) {
                        if self.holds_an_object(&key)? {
                            page.push(Entry::Prefix(key));
                        }
                    } else {
                        levels.extend(self.enter(key, &mut page)?);
                    }
                }
            }
        }
        self.levels = Some(levels);
        Ok(page)
    }

    /// Everything with the prefix of the scope lies in one folder: begins there.
    fn begin(&self, page: &mut Vec<Entry>) -> Result<Vec<Level>, StoreError> {
        let key = self.scope.prefix.rfind('/').map_or("", |at| &self.scope.prefix[..=at]);
        if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Ok(Vec::new());
        }
        match fs::canonicalize(self.root.join(key)) {
            Ok(found) if found == self.path(key) => Ok(self.enter(key.to_owned(), page)?.into_iter().collect()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                page.push(Entry::Ignored(Ignored::Unreadable, key.to_owned()));
                Ok(Vec::new())
            }
            // There is no such folder, or a symbolic link leads to it.
            _ => Ok(Vec::new()),
        }
    }

    /// Goes into a folder; one that must not be read does not keep the others from being listed.
    fn enter(&self, key: String, page: &mut Vec<Entry>) -> Result<Option<Level>, StoreError> {
        match self.read(key.clone(), None) {
            Err(StoreError::Denied { .. }) if !key.is_empty() => {
                page.push(Entry::Ignored(Ignored::Unreadable, key));
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Reads the smallest names of a folder behind `after`.
    fn read(&self, key: String, after: Option<Vec<u8>>) -> Result<Level, StoreError> {
        let at = |error| StoreError::from_io(self.shown(&key), error);
        let entries = match fs::read_dir(self.root.join(&key)) {
            Ok(entries) => entries,
            // Gone since the folder above was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Level { key, names: VecDeque::new(), more_after: None });
            }
            Err(error) => return Err(at(error)),
        };
        let mut smallest: BinaryHeap<Name> = BinaryHeap::new();
        let mut dropped = false;
        for entry in entries {
            let entry = entry.map_err(at)?;
            let name = entry.file_name();
            let kind = entry.file_type().map_err(at)?;
            let what = if name.to_str().is_none() {
                What::Ignored(Ignored::NotUtf8)
            } else if kind.is_file() {
                What::File
            } else if kind.is_dir() {
                What::Folder
            } else if kind.is_symlink() {
                What::Ignored(Ignored::SymbolicLink)
            } else {
                What::Ignored(Ignored::SpecialFile)
            };
            let mut order = name.as_bytes().to_vec();
            if kind.is_dir() {
                order.push(b'/');
            }
            if after.as_ref().is_some_and(|after| order <= *after) || !self.wanted(&key, &order, what) {
                continue;
            }
            smallest.push(Name { order, what });
            if smallest.len() > self.names_held {
                smallest.pop();
                dropped = true;
            }
        }
        let names: VecDeque<Name> = smallest.into_sorted_vec().into();
        let more_after = if dropped { names.back().map(|name| name.order.clone()) } else { None };
        Ok(Level { key, names, more_after })
    }

    /// Whether the scope has a key that begins with this one.
    fn wanted(&self, folder: &str, order: &[u8], what: What) -> bool {
        let key = [folder.as_bytes(), order].concat();
        let is_folder = what == What::Folder;
        let (prefix, after) = (self.scope.prefix.as_bytes(), self.scope.after.as_deref().map(str::as_bytes));
        let in_prefix = key.starts_with(prefix) || is_folder && prefix.starts_with(&key);
        let behind = after.is_none_or(|after| key.as_slice() > after || is_folder && after.starts_with(&key));
        let before = self.scope.until.as_deref().is_none_or(|until| key.as_slice() <= until.as_bytes());
        in_prefix && behind && before && key != STAGING.as_bytes()
    }

    fn holds_an_object(&self, folder: &str) -> Result<bool, StoreError> {
        let mut folders = vec![self.root.join(folder)];
        while let Some(path) = folders.pop() {
            let at = |error| StoreError::from_io(path.display().to_string(), error);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                // It may: who lists it is told.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(at(error)),
            };
            for entry in entries {
                let entry = entry.map_err(at)?;
                let kind = entry.file_type().map_err(at)?;
                if kind.is_file() {
                    return Ok(true);
                } else if kind.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        Ok(false)
    }

    fn path(&self, key: &str) -> PathBuf {
        match key.strip_suffix('/') {
            Some(key) => self.root.join(key),
            None => self.root.join(key),
        }
    }

    fn shown(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[tokio::test]
    async fn a_folder_with_more_names_than_are_held_is_listed_whole_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mut expected: Vec<String> = (0..50).map(|number| format!("a/{:02}.csv", number * 37 % 50)).collect();
        fs::create_dir(root.join("a")).unwrap();
        for key in &expected {
            fs::write(root.join(key), "x").unwrap();
        }
        expected.sort();
        let mut walk = Walk::holding(root, Scope::default(), 7);
        let mut listed = Vec::new();
        loop {
            let page = walk.page().await.unwrap();
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|entry| match entry {
                Entry::Object(object) => object.key,
                other => panic!("{other:?}"),
            }));
        }
        assert_eq!(listed, expected);
    }
}
