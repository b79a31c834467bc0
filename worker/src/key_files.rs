//! Files for keys that do not fit in memory: nameless files in the folder for temporary files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sluice_engine::pipeline::file::CheckError;
use sluice_engine::{KeyFile, KeyFiles};

use crate::printable::printable;
use crate::task::{FailureCode, FileFailure};

/// Makes nameless files in the folder for temporary files: `TMPDIR`, or `/tmp`.
#[derive(Debug)]
pub(crate) struct TemporaryFiles;

#[derive(Debug)]
struct TemporaryFile {
    file: File,
    folder: PathBuf,
}

/// Adds the folder of the temporary file to an error.
fn at(folder: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("a temporary file in {}: {error}", folder.display()))
}

impl KeyFiles for TemporaryFiles {
    fn create(&self) -> io::Result<Box<dyn KeyFile>> {
        let folder = std::env::temp_dir();
        let file = nameless(&folder).map_err(|error| at(&folder, &error))?;
        Ok(Box::new(TemporaryFile { file, folder }))
    }
}

/// Returns the failure of a file whose keys could not be stored.
pub(crate) fn failure_of(key: &str, error: io::Error) -> FileFailure {
    // The codes for errors of a store do not fit: a missing folder for temporary files does not mean that the data file is missing.
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => FailureCode::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FailureCode::Denied,
        _ => FailureCode::Unreachable,
    };
    FileFailure { key: key.to_owned(), code, message: format!("{}: {}", printable(key), CheckError::Keys(error)) }
}

/// Makes a file and removes its name before anything is written, so that no file is left behind, however the process ends.
fn nameless(folder: &Path) -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("sluice-keys-{}-{number}", std::process::id()));
        // Always a new file, through no link, without access for other users.
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

impl KeyFile for TemporaryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).map_err(|error| at(&self.folder, &error))
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset).map_err(|error| at(&self.folder, &error))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_was_written_is_read_and_no_name_stays() {
        let folder = std::env::temp_dir().join(format!("sluice-key-files-test-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut files: Vec<_> =
            (0..2).map(|_| TemporaryFile { file: nameless(&folder).unwrap(), folder: folder.clone() }).collect();
        for (number, file) in (0..).zip(&mut files) {
            file.append(&[number; 5]).unwrap();
            file.append(b"abc").unwrap();
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        for (number, file) in (0..).zip(&files) {
            let mut bytes = [0; 4];
            file.read(3, &mut bytes).unwrap();
            assert_eq!(bytes, [number, number, b'a', b'b']);
            let error = file.read(5, &mut bytes).unwrap_err().to_string();
            assert!(error.starts_with(&format!("a temporary file in {}: ", folder.display())), "{error}");
        }
        fs::remove_dir(&folder).unwrap();
        let failure = failure_of("in/a.csv", at(&folder, &io::ErrorKind::StorageFull.into()));
        assert_eq!(failure.code, FailureCode::Full);
        let expected = format!(
            "in/a.csv: keeping the keys that do not fit in memory: a temporary file in {}: no storage space; make room there, name another \
             folder (TMPDIR), or raise sluice.limits.keyBytes",
            folder.display()
        );
        assert_eq!(failure.message, expected);
        assert_eq!(nameless(&folder).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
