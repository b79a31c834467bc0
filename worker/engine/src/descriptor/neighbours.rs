//! The files beside a descriptor that the descriptor refers to.

use sha2::{Digest, Sha256};

use super::path_pattern::percent_decoded;
use crate::document::file::Document;
use crate::document::mistake::MistakeLog;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling::did_you_mean;

/// Longest name of a file that a descriptor may refer to, in bytes.
const NAME_BYTES: usize = 1024;

/// Reads the files beside a descriptor.
pub trait Neighbours {
    /// Returns the bytes of the file `name`, a path relative to the folder of the descriptor, with `/` between its segments. No segment is
    /// empty, `.` or `..`.
    ///
    /// # Errors
    ///
    /// [`NeighbourError`]; it becomes a mistake where the descriptor refers to the file.
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError>;
}

/// Why a file beside the descriptor cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NeighbourError {
    /// There is no file of this name.
    #[error("there is no such file beside the descriptor")]
    NotFound,
    /// The file has more than [`DESCRIPTOR_BYTES`](super::DESCRIPTOR_BYTES).
    #[error("the file has more than {} bytes", super::DESCRIPTOR_BYTES)]
    TooLarge,
    /// The file cannot be read for this other reason, which is one line.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// The context for following a reference to another file.
pub(super) struct NeighbourReader<'a> {
    pub(super) log: &'a MistakeLog,
    neighbours: &'a dyn Neighbours,
    hash: &'a mut Sha256,
    /// The other resources of the package, by name.
    siblings: Vec<(String, Place<'a>)>,
    /// The folder to which names are relative, below the folder of the descriptor, or nothing.
    folder: &'a str,
}

impl<'a> NeighbourReader<'a> {
    pub(super) fn new(log: &'a MistakeLog, neighbours: &'a dyn Neighbours, hash: &'a mut Sha256) -> Self {
        Self { log, neighbours, hash, siblings: Vec::new(), folder: "" }
    }

    /// Adds the other resources of the package, by name.
    pub(super) fn with_siblings(self, siblings: Vec<(String, Place<'a>)>) -> Self {
        Self { siblings, ..self }
    }

    /// Lets names be relative to a folder below the folder of the descriptor.
    pub(super) fn below(self, folder: &'a str) -> Self {
        Self { folder, ..self }
    }

    /// Returns the path of a file, relative to the folder of the descriptor; or the reason why `name` is no such path.
    pub(super) fn path(&self, name: &str) -> Result<String, &'static str> {
        relative(name).map(|path| self.in_folder(&path))
    }

    /// Returns a path that is relative to `folder` as one that is relative to the folder of the descriptor.
    fn in_folder(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// Returns the resource of the package with this name.
    pub(super) fn sibling(&self, name: &str) -> Option<Place<'a>> {
        self.siblings.iter().find(|(other, _)| other == name).map(|(_, place)| place.clone())
    }

    /// Reads an inline object, or the file that a string names.
    pub(super) fn follow(&mut self, place: &Place<'_>, read: impl FnOnce(&Place<'_>)) {
        if place.as_str().is_none() {
            return read(place);
        }
        if let Some(document) = self.open(place) {
            read(&document.root(self.log));
        }
    }

    /// Opens the file that a string names. A URL is not fetched: it stands for a copy beside the descriptor, whose name is the last segment of
    /// the URL. Returns `None` after a mistake, or if `place` is not a string.
    pub(super) fn open(&mut self, place: &Place<'_>) -> Option<Document> {
        let written = place.as_str()?;
        let copy = url_name(written);
        let name = match relative(copy.unwrap_or(written)) {
            Ok(name) => name,
            Err(reason) => {
                place.mistake(
                    format_args!("{} {reason}", quoted(written)),
                    "name a file beside the descriptor, or write the object here",
                );
                return None;
            }
        };
        let bytes = match self.neighbours.read(&self.in_folder(&name)) {
            Ok(bytes) => bytes,
            Err(NeighbourError::NotFound) if copy.is_some() => {
                let name = quoted(&name);
                place.mistake(
                    format_args!("{} is a URL, and nothing is fetched", quoted(written)),
                    format_args!("put a copy beside the descriptor as {name}, or write the object here"),
                );
                return None;
            }
            Err(error) => {
                let decoded = percent_decoded(&name).filter(|_| matches!(error, NeighbourError::NotFound));
                let decoded = decoded.filter(|name| self.neighbours.read(&self.in_folder(name)).is_ok());
                let remedy = match decoded {
                    Some(decoded) => format!("{} (a path is taken as it is written)", did_you_mean(&decoded)),
                    None => "correct the name, or write the object here".to_owned(),
                };
                place.mistake(format_args!("{}: {error}", quoted(&name)), remedy);
                return None;
            }
        };
        self.hash.update(&bytes);
        let folder = place.file().rsplit_once('/').map_or("", |(folder, _)| folder);
        let file = if place.file().contains('/') { format!("{folder}/{name}") } else { name };
        Document::read(&file, &bytes, self.log)
    }
}

/// Returns the name at the end of a URL: `https://example.org/a/schema.json?v=1` → `schema.json`.
pub(super) fn url_name(written: &str) -> Option<&str> {
    let (scheme, rest) = written.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ftp") {
        return None;
    }
    let path = rest.split(['?', '#']).next()?.split_once('/')?.1;
    path.rsplit('/').next().filter(|name| !matches!(*name, "" | "." | ".."))
}

/// Returns the path of a file in the descriptor's folder or below it, without `.` segments; or the reason why `name` is no such path.
pub(super) fn relative(name: &str) -> Result<String, &'static str> {
    if name.is_empty() {
        return Err("is not a file name");
    }
    if name.len() > NAME_BYTES {
        return Err("is too long for the name of a file");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    if name.starts_with('/') {
        return Err("is an absolute path");
    }
    if name.contains('\\') {
        return Err("has a backslash in it");
    }
    let scheme = name.split(['/', '?', '#']).next().and_then(|first| first.split_once(':')).map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| scheme.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return Err("is a URL");
    }
    let segments: Vec<&str> = name.split('/').filter(|segment| *segment != ".").collect();
    if segments.contains(&"..") {
        return Err("leaves the folder of the descriptor");
    }
    if segments.is_empty() || segments.contains(&"") {
        return Err("is not a file name");
    }
    Ok(segments.join("/"))
}
