//! Files outside any layout: what `sluice check` reads and writes.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sluice_engine::compression::Compression;
use sluice_engine::descriptor::PACKAGE_BYTES;
use tempfile::TempPath;

use super::stdin::Stdin;
use crate::interrupt::Interrupt;
use crate::key::Suffix;
use crate::store::{Pinned, StoreError, remove_unlocked};

/// The unfinished outputs, which are removed if the process ends before they are whole.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes all unfinished outputs. Nothing is written after this call.
pub(super) fn remove_unfinished() {
    for path in std::mem::take(&mut *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)) {
        // The file may be gone already, or was published in this moment.
        let _ = fs::remove_file(path);
    }
}

/// An input of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Standard input, `-`.
    Stdin,
    /// A file.
    Path(PathBuf),
}

impl Input {
    pub(super) fn new(given: &str) -> Self {
        match given {
            "-" => Self::Stdin,
            path => Self::Path(path.into()),
        }
    }

    /// The path of the input; `None` for standard input.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::Path(path) => Some(path),
        }
    }

    /// The input as it was given on the command line.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::Path(path) => path.display().to_string(),
        }
    }

    /// The name that outputs of the input have in a folder.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// The delimiter and compression that the suffix stands for; any other name counts as `.csv`.
    pub(super) fn suffix(&self) -> Suffix {
        let name = self.name();
        let plain = Suffix { delimiter: b',', compression: Compression::split(&name).1 };
        Suffix::of(&name).unwrap_or(plain)
    }

    /// Returns the place of the file in the layout of a source: `<prefix>` and `<name>` of
    /// `<prefix>/incoming/<name>`. Of several folders `incoming` the one nearest to the file counts. `None` if the file is in no such
    /// folder.
    pub(super) fn in_layout(&self) -> Option<PlaceInLayout> {
        let Self::Path(path) = self else { return None };
        let mut folders = path.ancestors().skip(1);
        let incoming = folders.find(|folder| folder.file_name().is_some_and(|name| name == "incoming"))?;
        let name = path.strip_prefix(incoming).ok()?.to_string_lossy().into_owned();
        Some(PlaceInLayout { prefix: incoming.parent()?.to_owned(), name })
    }

    /// Opens the input.
    pub(super) fn open(&self, interrupt: &Interrupt) -> Result<OpenInput, StoreError> {
        let at = self.shown();
        match self {
            Self::Stdin => Ok(OpenInput { body: Box::new(Stdin::new(interrupt.clone())), metadata: None }),
            Self::Path(path) => {
                let failed = |error| cannot_open(at.clone(), error);
                let file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                if metadata.is_dir() {
                    let reason = "this is a folder; name files, or use `sluice run` for a whole folder".to_owned();
                    return Err(StoreError::Invalid { at, reason });
                }
                match metadata.is_file() {
                    true => {
                        let body = Box::new(Pinned::new(file, at.clone()).map_err(failed)?);
                        Ok(OpenInput { body, metadata: Some(metadata) })
                    }
                    false => Ok(OpenInput { body: Box::new(file), metadata: None }),
                }
            }
        }
    }
}

/// The place of a file in the layout of a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlaceInLayout {
    /// The folder of the prefix.
    pub(super) prefix: PathBuf,
    /// The name of the file below `<prefix>/incoming/`.
    pub(super) name: String,
}

/// An input that is open.
pub(super) struct OpenInput {
    pub(super) body: Box<dyn Read + Send>,
    /// `None` unless the input is a regular file.
    pub(super) metadata: Option<Metadata>,
}

/// Number of first bytes by which the compression of a stream is recognized.
const SIGNATURE: u64 = 8;

impl Input {
    /// Returns the compression and the unchanged bytes. The compression is that of the suffix; for standard input the first bytes tell it.
    pub(super) fn compression(
        &self,
        mut body: Box<dyn Read + Send>,
    ) -> Result<(Box<dyn Read + Send>, Option<Compression>), StoreError> {
        if *self != Self::Stdin {
            return Ok((body, self.suffix().compression));
        }
        let mut head = Vec::new();
        body.by_ref()
            .take(SIGNATURE)
            .read_to_end(&mut head)
            .map_err(|error| StoreError::from_io(self.shown(), error))?;
        let compression = Compression::told_by(&head);
        Ok((Box::new(io::Cursor::new(head).chain(body)), compression))
    }
}

/// Prefix of the names of unfinished outputs.
const UNFINISHED_PREFIX: &str = ".sluice-";

/// Prefix of the names of outputs that are not locked yet.
const UNLOCKED_PREFIX: &str = ".sluice-new-";

/// Removes outputs that a killed check has left in a folder; does so once for each folder.
fn sweep(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        remove_unlocked(folder, UNFINISHED_PREFIX, UNLOCKED_PREFIX);
    }
}

/// PoisonFiles a file as being written: locks it until the process ends, and replaces the prefix [`UNLOCKED_PREFIX`] of its name by [`UNFINISHED_PREFIX`].
fn lock_and_rename(file: &File, unlocked: TempPath) -> io::Result<TempPath> {
    if file.try_lock().is_err() {
        // On a file system without locks, leftovers are never removed.
        return Ok(unlocked);
    }
    let name =
        unlocked.file_name().unwrap_or_default().to_string_lossy().replacen(UNLOCKED_PREFIX, UNFINISHED_PREFIX, 1);
    let staged = unlocked.with_file_name(name);
    // The rest of the name is random and stays, so the new name is unique as well.
    fs::rename(&unlocked, &staged)?;
    // No file has the old name any more.
    let _ = unlocked.keep();
    TempPath::try_from_path(staged)
}

/// An output that is being written.
pub(super) struct Output {
    target: PathBuf,
    file: File,
    /// The temporary file beside the target, which replaces the target when it is whole; `None` if the target is a pipe or a device, which
    /// is written directly.
    staged: Option<TempPath>,
}

impl Output {
    /// Begins an output.
    pub(super) fn stage(target: &Path) -> Result<Self, StoreError> {
        let failed = |error| cannot_write(target, &error);
        // A symbolic link is kept: the file to which it leads is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        match fs::metadata(&target) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(&target).map_err(failed)?;
                return Ok(Self { target, file, staged: None });
            }
            _ => {}
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        sweep(folder);
        let (file, unlocked) = tempfile::Builder::new()
            .prefix(UNLOCKED_PREFIX)
            // Reduced by the umask, as for any other file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(failed)?
            .into_parts();
        let staged = lock_and_rename(&file, unlocked).map_err(failed)?;
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).insert(staged.to_path_buf());
        Ok(Self { target, file, staged: Some(staged) })
    }

    /// Moves the output into its place.
    pub(super) fn keep(mut self) -> Result<(), StoreError> {
        let Some(staged) = self.staged.take() else {
            return Ok(());
        };
        let path = staged.to_path_buf();
        let kept = staged.persist(&self.target);
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
        kept.map_err(|refused| cannot_write(&self.target, &refused.error))
    }

    /// Removes the file at the output's place, also one of an earlier check.
    pub(super) fn clear(self) -> Result<(), StoreError> {
        if self.staged.is_none() {
            return Ok(());
        }
        match fs::remove_file(&self.target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::from_io(self.target.display().to_string(), error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(staged) = &self.staged {
            UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove::<Path>(staged);
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The error of an output that cannot be begun or moved into its place: says where, and what to do.
pub(super) fn cannot_write(target: &Path, error: &io::Error) -> StoreError {
    let at = target.display().to_string();
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.display().to_string(),
        _ => ".".to_owned(),
    };
    let reason = match error.kind() {
        io::ErrorKind::NotFound => format!("cannot be written: there is no folder {folder}; make it first"),
        io::ErrorKind::IsADirectory => "cannot be written: this is a folder; name a file in it".to_owned(),
        io::ErrorKind::NotADirectory => format!("cannot be written: {folder} is not a folder; name another place"),
        io::ErrorKind::PermissionDenied => {
            let reason = format!("the user of this process may not write into {folder}");
            return StoreError::Denied { at, reason };
        }
        // An error built from the system's error number does not contain the temporary name of the file.
        kind => {
            let told = error.raw_os_error().map_or_else(|| kind.into(), io::Error::from_raw_os_error);
            return StoreError::from_io(at, told);
        }
    };
    StoreError::Invalid { at, reason }
}

/// Reads a descriptor or a package, at most one byte more than its limit, by which the reader of descriptors sees that it is too large.
pub(super) fn read_descriptor(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(PACKAGE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a descriptor that is found beside files, or named by a descriptor: a pipe might never be written.
pub(super) fn read_regular_descriptor(path: &Path) -> io::Result<Vec<u8>> {
    match why_not_regular(&fs::metadata(path)?) {
        Some(reason) => Err(io::Error::other(reason)),
        None => read_descriptor(path),
    }
}

/// Returns what is found in place of a regular file; `None` if it is one.
pub(super) fn why_not_regular(metadata: &Metadata) -> Option<&'static str> {
    match metadata.is_dir() {
        true => Some("it is a folder, and not a file"),
        false => (!metadata.is_file()).then_some("it is not a regular file; pipes and devices are not read here"),
    }
}

/// The error of a file of the command line that cannot be opened. For a URL the message says what to do instead.
pub(super) fn cannot_open(at: String, error: io::Error) -> StoreError {
    let url = at.split_once("://").filter(|_| error.kind() == io::ErrorKind::NotFound);
    let reason = match url.map(|(scheme, _)| scheme.to_ascii_lowercase()) {
        Some(scheme) if scheme == "s3" => {
            "is not read here: `sluice run s3://BUCKET` checks a bucket; of one object, `aws s3 cp URL -` writes what \
             `sluice check -` reads"
        }
        Some(_) => {
            "nothing is fetched: `curl -fsSL URL` writes what `sluice check -` reads; save a descriptor as a file"
        }
        None => return StoreError::from_io(at, error),
    };
    StoreError::Invalid { at, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_file_is_of_the_prefix_of_the_nearest_incoming() {
        let of = |path: &str| Input::Path(path.into()).in_layout();
        let place = |prefix: &str, name: &str| Some(PlaceInLayout { prefix: prefix.into(), name: name.to_owned() });
        assert_eq!(of("r/a/incoming/b/incoming/c/x.csv"), place("r/a/incoming/b", "c/x.csv"));
        assert_eq!(of("a/incoming/x.csv"), place("a", "x.csv"));
        assert_eq!(of("a/x.csv"), None);
    }

    #[test]
    fn a_url_is_told_what_to_do_with_it() {
        let told = |at: &str| cannot_open(at.to_owned(), io::ErrorKind::NotFound.into()).to_string();
        assert!(told("https://example.org/a.csv").contains("`curl -fsSL URL`"));
        assert!(told("S3://bucket/a.csv").contains("`aws s3 cp URL -`"));
        assert_eq!(told("a.csv"), "a.csv: not found; check the name");
    }

    #[test]
    fn an_output_without_a_place_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let told = |target: &Path| match Output::stage(target) {
            Ok(_) => panic!("{} is a place", target.display()),
            Err(error) => error.to_string().replace(&folder.path().display().to_string(), ""),
        };
        let missing = folder.path().join("no/such.csv");
        assert_eq!(told(&missing), "/no/such.csv: cannot be written: there is no folder /no; make it first");
        assert_eq!(told(folder.path()), ": cannot be written: this is a folder; name a file in it");
        let below = file.join("x.csv");
        assert_eq!(told(&below), "/file/x.csv: cannot be written: /file is not a folder; name another place");
        let denied = cannot_write(&missing, &io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, StoreError::Denied { .. }), "{denied}");
    }

    #[test]
    fn an_output_that_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Output::stage(&folder.path().join("out.csv")).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
