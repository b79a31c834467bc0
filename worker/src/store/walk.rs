//! The listing of a folder: a walk in the order of the keys' bytes, in bounded memory.
//!
//! An entry that cannot be read is listed as ignored with its reason, and the walk goes on: one folder must not prevent the listing
//! of the rest. An error that is not caused by the entry (no descriptors, no memory) ends the walk. A walk has one folder open,
//! however deep it is.

use std::collections::{BinaryHeap, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;

use super::file_version::object_of;
use super::open_folder::{Folder, STAGING};
use super::root::{Use, is_file, is_folder, is_link};
use super::{Entry, Listing, Scope, StoreError, StoreFuture, blocking};
use crate::key::{Ignored, KEY_BYTES};

/// Maximum number of entries in a page.
const PAGE: usize = 1000;

/// Maximum number of names of one folder that are held at once; a larger folder is read again, each time from the last name on.
const NAMES: usize = 1 << 16;

/// A walk in progress.
pub(super) struct Walk {
    /// The state of the walk; `None` while a page is being made.
    steps: Option<Steps>,
}

struct Steps {
    folder: Arc<Folder>,
    scope: Scope,
    names_held: usize,
    /// The folder being read, last, and the folders above it; `None` before the first page.
    levels: Option<Vec<Level>>,
    /// The folder that was opened last: most entries that are looked at are in it.
    opened: Option<OpenedFolder>,
}

/// Why an entry could not be read.
enum EntryError {
    /// The entry was removed since its folder was read: it is left out as if it had never existed.
    Gone,
    /// The entry is no folder.
    NoFolder,
    /// The entry itself cannot be read.
    Here(Ignored),
    /// The error was not caused by the entry, so the walk cannot go on.
    Everywhere(Errno),
}

impl EntryError {
    fn of(key: &str, error: Errno) -> Self {
        match error {
            Errno::NOENT => Self::Gone,
            Errno::NOTDIR => Self::NoFolder,
            Errno::ACCESS | Errno::PERM => Self::Here(Ignored::Unreadable),
            Errno::LOOP => Self::Here(Ignored::SymbolicLink),
            Errno::NAMETOOLONG => Self::Here(Ignored::TooLong),
            Errno::MFILE | Errno::NFILE | Errno::NOMEM => Self::Everywhere(error),
            error => {
                tracing::warn!(key, %error, "cannot be read, and is left out");
                Self::Here(Ignored::Faulty)
            }
        }
    }
}

/// An open folder.
struct OpenedFolder {
    /// The key of the folder.
    key: String,
    dir: Dir,
}

/// A folder of which a part has been read.
struct Level {
    /// Key of the folder: empty, or ending in `/`.
    key: String,
    names: VecDeque<Name>,
    /// The name after which to read on when `names` is empty; `None` if all names were read.
    more_after: Option<Vec<u8>>,
}

/// A name in a folder, ordered as the keys are: the name of a folder includes its `/`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    order: Vec<u8>,
    kind: EntryKind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EntryKind {
    File,
    Folder,
    Ignored(Ignored),
}

impl Walk {
    pub(super) fn new(folder: Arc<Folder>, scope: Scope) -> Self {
        Self::holding(folder, scope, NAMES)
    }

    pub(super) fn holding(folder: Arc<Folder>, scope: Scope, names_held: usize) -> Self {
        Self { steps: Some(Steps { folder, scope, names_held, levels: None, opened: None }) }
    }
}

impl Listing for Walk {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
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
                        match self.read(&key, Some(after)) {
                            Ok(read) => *level = read,
                            Err(error) => self.tell(key, error, &mut page)?,
                        }
                    }
                    None => drop(levels.pop()),
                }
                continue;
            };
            let key = format!("{}{}", level.key, OsStr::from_bytes(&name.order).display());
            match name.kind {
                EntryKind::Ignored(reason) => page.push(Entry::Ignored(reason, key)),
                // No key of Sluice is so long, and the file system need not accept it as one path.
                _ if key.len() > KEY_BYTES => page.push(Entry::Ignored(Ignored::TooLong, key)),
                EntryKind::File => match self.look(&level.key, &name.order) {
                    Ok(found) if is_file(&found) => page.push(Entry::Object(object_of(key, &found))),
                    // The entry was replaced by something else since its folder was read.
                    Ok(_) => {}
                    Err(error) => self.tell(key.clone(), EntryError::of(&key, error), &mut page)?,
                },
                EntryKind::Folder => {
                    let rest = key.strip_prefix(self.scope.prefix.as_str()).unwrap_or("");
                    if self.scope.delimiter.is_some_and(|delimiter| rest.contains(delimiter)) {
                        if self.holds_an_object(&key)? {
                            page.push(Entry::Prefix(key));
                        }
                    } else {
                        match self.read(&key, None) {
                            Ok(level) => levels.push(level),
                            Err(error) => self.tell(key, error, &mut page)?,
                        }
                    }
                }
            }
        }
        self.levels = Some(levels);
        Ok(page)
    }

    /// Begins the walk in the folder that contains every key with the prefix of the scope.
    fn begin(&mut self, page: &mut Vec<Entry>) -> Result<Vec<Level>, StoreError> {
        let key = self.scope.prefix.rfind('/').map_or("", |at| &self.scope.prefix[..=at]).to_owned();
        let odd = key.strip_suffix('/').is_some_and(|path| path.split('/').any(|name| matches!(name, "" | "." | "..")));
        if odd || key.len() > KEY_BYTES {
            return Ok(Vec::new());
        }
        match self.read(&key, None) {
            Ok(level) => Ok(vec![level]),
            // There is no such folder, or a symbolic link leads to it.
            Err(
                EntryError::Gone | EntryError::NoFolder | EntryError::Here(Ignored::SymbolicLink | Ignored::TooLong),
            ) if !key.is_empty() => Ok(Vec::new()),
            Err(error) => self.tell(key, error, page).map(|()| Vec::new()),
        }
    }

    /// Lists an entry that cannot be read as ignored. If the root itself cannot be read, the listing fails.
    fn tell(&self, key: String, error: EntryError, page: &mut Vec<Entry>) -> Result<(), StoreError> {
        match error {
            EntryError::Here(reason) if !key.is_empty() => page.push(Entry::Ignored(reason, key)),
            // The entry was a folder when its parent was read, and is something else by now.
            EntryError::NoFolder if !key.is_empty() => page.push(Entry::Ignored(Ignored::Faulty, key)),
            EntryError::Gone if !key.is_empty() => {}
            EntryError::Everywhere(error) => return Err(self.folder.failed(&key, error)),
            EntryError::Gone => return Err(self.folder.failed(&key, Errno::NOENT)),
            EntryError::Here(Ignored::Unreadable) => return Err(self.folder.failed(&key, Errno::ACCESS)),
            EntryError::NoFolder | EntryError::Here(_) => return Err(self.folder.failed(&key, Errno::IO)),
        }
        Ok(())
    }

    /// Returns the status of the entry with this name in a folder.
    fn look(&mut self, folder: &str, name: &[u8]) -> rustix::io::Result<Stat> {
        if self.opened.as_ref().is_none_or(|opened| opened.key != folder) {
            let dir = Dir::new(self.folder.root.folder(folder, Use::Contents)?)?;
            self.opened = Some(OpenedFolder { key: folder.to_owned(), dir });
        }
        match &self.opened {
            Some(OpenedFolder { dir, .. }) => rustix::fs::statat(dir.fd()?, name, AtFlags::SYMLINK_NOFOLLOW),
            // cannot happen: the folder was opened just now.
            None => Err(Errno::NOENT),
        }
    }

    /// Reads the names of a folder that sort after `after`, at most `names_held` of them, the smallest first.
    fn read(&mut self, key: &str, after: Option<Vec<u8>>) -> Result<Level, EntryError> {
        let entry_error = |error| EntryError::of(key, error);
        let mut dir = self.folder.root.folder(key, Use::Contents).and_then(Dir::new).map_err(entry_error)?;
        let mut smallest: BinaryHeap<Name> = BinaryHeap::new();
        let mut dropped = false;
        while let Some(entry) = dir.read() {
            let entry = entry.map_err(entry_error)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                _ if std::str::from_utf8(name).is_err() => EntryKind::Ignored(Ignored::NotUtf8),
                // Not every file system returns the kind of an entry with its name.
                FileType::Unknown => {
                    match rustix::fs::statat(dir.fd().map_err(entry_error)?, name, AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(found) => EntryKind::of(&found),
                        Err(error) => match entry_error(error) {
                            EntryError::Gone => continue,
                            EntryError::NoFolder => EntryKind::Ignored(Ignored::Faulty),
                            EntryError::Here(reason) => EntryKind::Ignored(reason),
                            everywhere @ EntryError::Everywhere(_) => return Err(everywhere),
                        },
                    }
                }
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Folder,
                FileType::Symlink => EntryKind::Ignored(Ignored::SymbolicLink),
                _ => EntryKind::Ignored(Ignored::SpecialFile),
            };
            let mut order = name.to_vec();
            if kind == EntryKind::Folder || entry.file_type() == FileType::Directory {
                order.push(b'/');
            }
            if after.as_ref().is_some_and(|after| order <= *after) || !self.wanted(key, &order, kind) {
                continue;
            }
            smallest.push(Name { order, kind });
            if smallest.len() > self.names_held {
                smallest.pop();
                dropped = true;
            }
        }
        self.opened = Some(OpenedFolder { key: key.to_owned(), dir });
        let names: VecDeque<Name> = smallest.into_sorted_vec().into();
        let more_after = if dropped { names.back().map(|name| name.order.clone()) } else { None };
        Ok(Level { key: key.to_owned(), names, more_after })
    }

    /// Returns true if the scope may contain a key that begins with this name in `folder`.
    fn wanted(&self, folder: &str, order: &[u8], kind: EntryKind) -> bool {
        let key = [folder.as_bytes(), order].concat();
        let is_folder = kind == EntryKind::Folder;
        let (prefix, after) = (self.scope.prefix.as_bytes(), self.scope.after.as_deref().map(str::as_bytes));
        let in_prefix = key.starts_with(prefix) || is_folder && prefix.starts_with(&key);
        let behind = after.is_none_or(|after| key.as_slice() > after || is_folder && after.starts_with(&key));
        let before = self.scope.until.as_deref().is_none_or(|until| key.as_slice() <= until.as_bytes());
        in_prefix && behind && before && key != STAGING.as_bytes()
    }

    fn holds_an_object(&self, folder: &str) -> Result<bool, StoreError> {
        let mut folders = vec![folder.to_owned()];
        while let Some(key) = folders.pop() {
            let read = self.folder.root.folder(&key, Use::Contents).and_then(Dir::new).and_then(|mut dir| {
                while let Some(entry) = dir.read() {
                    let entry = entry?;
                    let name = entry.file_name();
                    let kind = match entry.file_type() {
                        _ if matches!(name.to_bytes(), b"." | b"..") => continue,
                        FileType::Unknown => {
                            EntryKind::of(&rustix::fs::statat(dir.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)?)
                        }
                        FileType::RegularFile => EntryKind::File,
                        FileType::Directory => EntryKind::Folder,
                        _ => continue,
                    };
                    match (kind, name.to_str()) {
                        (EntryKind::File, _) => return Ok(true),
                        (EntryKind::Folder, Ok(name)) if key.len() + name.len() < KEY_BYTES => {
                            folders.push(format!("{key}{name}/"));
                        }
                        _ => {}
                    }
                }
                Ok(false)
            });
            match read.map_err(|error| EntryError::of(&key, error)) {
                Ok(false) | Err(EntryError::Gone) => {}
                // The folder may hold an object: whoever lists it sees the reason.
                Ok(true) | Err(EntryError::NoFolder | EntryError::Here(_)) => return Ok(true),
                Err(EntryError::Everywhere(error)) => return Err(self.folder.failed(&key, error)),
            }
        }
        Ok(false)
    }
}

impl EntryKind {
    fn of(found: &Stat) -> Self {
        if is_file(found) {
            Self::File
        } else if is_folder(found) {
            Self::Folder
        } else if is_link(found) {
            Self::Ignored(Ignored::SymbolicLink)
        } else {
            Self::Ignored(Ignored::SpecialFile)
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::fs;

    use super::super::FolderStore;
    use super::*;

    #[tokio::test]
    async fn a_folder_with_more_names_than_are_held_is_listed_whole_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut expected: Vec<String> = (0..50).map(|number| format!("a/{:02}.csv", number * 37 % 50)).collect();
        fs::create_dir(root.join("a")).unwrap();
        for key in &expected {
            fs::write(root.join(key), "x").unwrap();
        }
        expected.sort();
        let mut walk = Walk::holding(FolderStore::open(root).unwrap().folder, Scope::default(), 7);
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
