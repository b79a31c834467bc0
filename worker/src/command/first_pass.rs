//! What `sluice check` reads before it checks a file: the reference tables beside the descriptor, and the keys of a file whose
//! rows refer to each other.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sluice_engine::OwnKeys;
use sluice_engine::pipeline::file::{Check, CheckError, Options, StoredFile};

use super::descriptor_folder::DescriptorFolder;
use super::files::{Input, OpenInput};
use super::guard::FilesRead;
use crate::interrupt::Interrupt;
use crate::references::{OpenedTable, TableFiles};
use crate::store::{Pinned, StoreError, version_of};

/// Reference tables in the folder of a descriptor.
pub(super) struct FolderTables<'i> {
    folder: DescriptorFolder,
    interrupt: &'i Interrupt,
}

impl<'i> FolderTables<'i> {
    pub(super) fn new(descriptor: &Path, read: &FilesRead, interrupt: &'i Interrupt) -> Self {
        Self { folder: DescriptorFolder::noting(descriptor, read), interrupt }
    }
}

impl TableFiles for FolderTables<'_> {
    fn key(&self, path: &str) -> String {
        self.locate(path)
    }

    fn locate(&self, path: &str) -> String {
        self.folder.path(path).display().to_string()
    }

    fn open(&self, path: &str, version: Option<&str>) -> Result<OpenedTable, StoreError> {
        let at = self.locate(path);
        let failed = |error| StoreError::from_io(at.clone(), error);
        let invalid = |reason: &str| StoreError::Invalid { at: at.clone(), reason: reason.to_owned() };
        let found = self.folder.find(path).map_err(failed)?;
        let found = found.ok_or_else(|| invalid("it is a link that leads out of the folder of the descriptor"))?;
        // Before it is opened: a pipe might never be written.
        if !fs::metadata(&found).map_err(failed)?.is_file() {
            return Err(invalid("this is not a regular file; name the file of the table"));
        }
        let file = File::open(&found).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let file = Pinned::new(file, at.clone()).map_err(failed)?;
        if version.is_some_and(|version| version != file.etag()) {
            return Err(StoreError::Changed { at });
        }
        let version = file.etag().to_owned();
        Ok(OpenedTable { body: Box::new(self.interrupt.watch(file)), bytes: Some(metadata.len()), version })
    }
}

/// The keys of a file whose rows refer to rows of the same file, and the version of the file from which they were read.
pub(super) struct FirstPass {
    keys: OwnKeys,
    path: PathBuf,
    version: String,
}

/// Why the keys could not be read.
pub(super) enum FirstPassError {
    Store(StoreError),
    Check(CheckError),
}

impl FirstPass {
    /// Reads the keys; `None` if the rows of the file do not refer to rows of the file.
    pub(super) fn of(
        input: &Input,
        check: &Check,
        options: &Options,
        interrupt: &Interrupt,
    ) -> Result<Option<Self>, FirstPassError> {
        if !check.refers_to_itself() {
            return Ok(None);
        }
        let at = input.shown();
        let path = match input {
            Input::Path(path)
                if fs::metadata(path).map_or(true, |metadata| metadata.is_file() || metadata.is_dir()) =>
            {
                path.clone()
            }
            Input::Path(_) | Input::Stdin => {
                let reason = "the schema has a foreign key into the file itself, so the file is read twice, and this can be read only once; \
                              save it to a file, and check the file";
                return Err(FirstPassError::Store(StoreError::Invalid { at, reason: reason.to_owned() }));
            }
        };
        let version = version_of(&path).map_err(|error| FirstPassError::Store(StoreError::from_io(at, error)))?;
        let OpenInput { body, metadata } = input.open(interrupt).map_err(FirstPassError::Store)?;
        let bytes = metadata.map(|metadata| metadata.len());
        let file = StoredFile { body: interrupt.watch(body), bytes, compression: input.suffix().compression };
        let keys = check.gather_own_keys(file, options);
        Ok(Some(Self { keys: keys.map_err(FirstPassError::Check)?, path, version }))
    }

    /// Returns the keys if the file, opened again, still has the same version.
    pub(super) fn keys(self) -> Result<OwnKeys, StoreError> {
        let at = self.path.display().to_string();
        let version = version_of(&self.path).map_err(|error| StoreError::from_io(at.clone(), error))?;
        if version == self.version { Ok(self.keys) } else { Err(StoreError::Changed { at }) }
    }
}
