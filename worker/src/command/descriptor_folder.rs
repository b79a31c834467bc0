//! The folder of a descriptor, in which the files are that it refers to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sluice_engine::descriptor::{DESCRIPTOR_BYTES, NeighbourError, Neighbours};

use super::files::read_regular_descriptor;
use super::guard::FilesRead;

/// The files beside a descriptor, by the folder in which they are.
#[derive(Debug)]
pub(super) struct DescriptorFolder {
    folder: PathBuf,
    read: FilesRead,
}

impl DescriptorFolder {
    pub(super) fn new(descriptor: &Path) -> Self {
        Self::noting(descriptor, &FilesRead::default())
    }

    /// Notes the files that are read.
    pub(super) fn noting(descriptor: &Path, read: &FilesRead) -> Self {
        let folder = match descriptor.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Self { folder, read: read.clone() }
    }

    /// Returns the path of the file with this name, which may not exist.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Returns the same path with all symbolic links resolved; `None` if one leads out of the folder.
    pub(super) fn find(&self, name: &str) -> io::Result<Option<PathBuf>> {
        let (folder, found) = (fs::canonicalize(&self.folder)?, fs::canonicalize(self.path(name))?);
        self.read.note(&found);
        Ok(found.starts_with(folder).then_some(found))
    }
}

impl Neighbours for DescriptorFolder {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => NeighbourError::NotFound,
            _ => NeighbourError::Unreadable(error.to_string()),
        };
        let Some(found) = self.find(name).map_err(failed)? else {
            return Err(NeighbourError::Unreadable(
                "it is a link that leads out of the folder of the descriptor".to_owned(),
            ));
        };
        match read_regular_descriptor(&found).map_err(failed)? {
            bytes if bytes.len() > DESCRIPTOR_BYTES => Err(NeighbourError::TooLarge),
            bytes => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_neighbour_that_leads_out_of_the_folder_is_not_read() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret.json"), "{}").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.json"), folder.path().join("schema.json")).unwrap();
        let folder = DescriptorFolder::new(&folder.path().join("resource.json"));
        assert!(matches!(folder.read("schema.json"), Err(NeighbourError::Unreadable(_))));
        assert!(matches!(folder.read("none.json"), Err(NeighbourError::NotFound)));
    }
}
