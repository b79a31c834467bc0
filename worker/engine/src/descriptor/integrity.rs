//! `bytes` and `hash` of a resource: the expected size and hash of the stored bytes of the one file that its `path` names.
//!
//! A descriptor stays while files come and go, so both hold for the file that `path` names and for no other: a resource with several paths,
//! a pattern or none says nothing of the files that are checked.

use super::path_pattern::{self, PathPattern};
use crate::document::path::quoted;
use crate::document::place::Place;

/// The expected size and hash of the stored bytes of the file that the `path` of a resource names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    /// The path, without `./`, `incoming/` and the parts that a URL has around its path.
    path: String,
    /// The expected size of the file, in bytes.
    pub bytes: Option<u64>,
    /// The expected hash of the file.
    pub hash: Option<FileHash>,
}

/// A hash of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHash {
    /// The algorithm of the hash.
    pub algorithm: HashAlgorithm,
    /// The digest in hexadecimal, in lower-case letters.
    pub digest: String,
}

/// The algorithm of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// RFC 1321; by the standard, the algorithm of a hash that names none.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha512,
}

impl HashAlgorithm {
    const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// Returns the name of the algorithm, as it stands in front of a hash.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns how many hexadecimal digits a hash has.
    fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl Integrity {
    /// Returns true if the resource names the file: one of the two is the end of the other, by whole segments, so that `orders.csv` in a
    /// prefix is `data/orders.csv` of the published package, and `archive/orders.csv` is not.
    pub fn names(&self, file: &str) -> bool {
        let ends = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        let file = path_pattern::plain(file);
        !file.is_empty() && !self.path.is_empty() && (ends(&file, &self.path) || ends(&self.path, &file))
    }
}

/// Reads both properties of a resource. Returns `None` if neither can be compared, or if `path` does not name exactly one file.
pub(super) fn read(resource: &Place<'_>) -> Option<Integrity> {
    let bytes = resource.get("bytes").and_then(|place| read_bytes(&place));
    let hash = resource.get("hash").and_then(|place| read_hash(&place));
    if bytes.is_none() && hash.is_none() {
        return None;
    }
    let path = only_path(resource)?;
    Some(Integrity { path, bytes, hash })
}

/// Returns the path of a resource, if it has only one, which is no pattern.
fn only_path(resource: &Place<'_>) -> Option<String> {
    let path = path_pattern::path_of(resource)?;
    let text = match path.as_str() {
        Some(text) => text,
        None => path.item(0).filter(|_| path.item(1).is_none())?.as_str()?,
    };
    (!PathPattern::is_pattern(text)).then(|| path_pattern::plain(text))
}

fn read_bytes(place: &Place<'_>) -> Option<u64> {
    let bytes = place.as_whole();
    if bytes.is_none() {
        place.warn(
            format_args!("{} is not a number of bytes, so it is not compared", place.shown()),
            "write a whole number, or remove it",
        );
    }
    bytes
}

/// Reads `md5:…`, `sha256:…` and the like, or digits alone. A hash that cannot be compared is only a warning: the data can be checked all the
/// same.
fn read_hash(place: &Place<'_>) -> Option<FileHash> {
    const REMEDY: &str = r#"write it as "md5:…", "sha1:…", "sha256:…" or "sha512:…", in hexadecimal"#;
    let Some(text) = place.as_str() else {
        place.warn(format_args!("{} is not a hash, so it is not compared", place.shown()), REMEDY);
        return None;
    };
    if text.is_empty() {
        return None;
    }
    let (name, digits) = match text.split_once(':') {
        Some((name, digits)) => (Some(name), digits),
        None => (None, text),
    };
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // `sha-256` is what IANA calls it.
    let folded = name.map(|name| name.replace('-', "").to_ascii_lowercase());
    let is_meant = |algorithm: &&HashAlgorithm| match &folded {
        Some(name) => algorithm.name() == name,
        // Tools write the digits alone for other algorithms too.
        None => algorithm.digits() == digits.len(),
    };
    let algorithm = HashAlgorithm::ALL.iter().find(is_meant);
    match algorithm.filter(|algorithm| is_hexadecimal && algorithm.digits() == digits.len()) {
        Some(&algorithm) => Some(FileHash { algorithm, digest: digits.to_ascii_lowercase() }),
        None => {
            place.warn(format_args!("{} is not a known kind of hash, so it is not compared", quoted(text)), REMEDY);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_file_at_its_end() {
        let names =
            |path: &str, file: &str| Integrity { path: path_pattern::plain(path), bytes: None, hash: None }.names(file);
        for (path, file, expected) in [
            ("orders.csv", "orders.csv", true),
            ("data/orders.csv", "orders.csv", true),
            ("data/orders.csv", "/home/me/data/orders.csv", true),
            ("./data/orders.csv", "data/orders.csv", true),
            ("https://example.org/data/orders.csv?raw=1", "orders.csv", true),
            ("data/orders.csv", "archive/orders.csv", false),
            ("orders.csv", "old-orders.csv", false),
            ("orders.csv", "orders.csv.gz", false),
            ("", "orders.csv", false),
            ("orders.csv", "", false),
        ] {
            assert_eq!(names(path, file), expected, "{path} {file}");
        }
    }
}
