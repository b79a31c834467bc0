//! What the keys mean: which are data files, which prefix they belong to, and where their outputs and records go.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_engine::compression::{Compression, without_suffix};

use crate::descriptor_names::is_like_descriptor;

/// The folder of all objects of Sluice itself in SOURCE.
pub const OWN: &str = "_sluice/";

/// The folder of the ledger.
pub const LEDGER: &str = "_sluice/ledger/";

/// The segment between a prefix and the names of its files; as S3's `Delimiter` it finds the prefixes.
pub const INCOMING: &str = "/incoming/";

/// Longest key that S3 takes, in bytes.
pub const KEY_BYTES: usize = 1024;

/// Why a key under an `incoming` folder is not accepted as a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ignored {
    /// There is no prefix before `incoming`.
    NoPrefix,
    /// The prefix has a segment `clean`, `rejects`, `feedback` or `_sluice`: these names are for outputs and records, and an output
    /// such as `a/clean/x/incoming/y.csv` must never become an input.
    ReservedPrefix,
    /// The key has a control character.
    ControlCharacter,
    /// The name does not end in `.csv`, `.tsv`, `.psv`, alone or with `.gz`, `.zst`, `.bz2`, `.xz` or `.zip`.
    Suffix,
    /// The key is a descriptor below `incoming`, where descriptors are not read.
    Descriptor,
    /// A segment of the key is empty, `.` or `..`: in a folder the key would lead to another place.
    OddPath,
    /// The key, or a key that is derived from it (ledger record, outputs), would be longer than 1,024 bytes. In a folder,
    /// everything below a path of that length is left out, too.
    TooLong,
    /// A file name that is not UTF-8 (folders only).
    NotUtf8,
    /// A symbolic link (folders only): it may lead out of the folder and is not followed.
    SymbolicLink,
    /// Neither a file nor a folder, a socket for example (folders only).
    SpecialFile,
    /// A folder that may not be read, with everything in it (folders only).
    Unreadable,
    /// A file or folder that the file system fails to read, with everything in it (folders only); the log gives the error.
    Faulty,
    /// A ledger record that is smaller than any complete record. Its file counts as done until it is checked again with `force`.
    DamagedRecord,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPrefix => "no prefix before incoming/",
            Self::ReservedPrefix => "the prefix has a reserved name (clean, rejects, feedback, _sluice)",
            Self::ControlCharacter => "control character in the key",
            Self::Suffix => "not .csv, .tsv or .psv (alone, or compressed: .gz, .zst, .bz2, .xz, .zip)",
            Self::Descriptor => "a descriptor below incoming/ is not read; put it beside the folder incoming",
            Self::OddPath => "empty, . or .. segment in the key",
            Self::TooLong => "key too long",
            Self::NotUtf8 => "name is not UTF-8",
            Self::SymbolicLink => "symbolic link",
            Self::SpecialFile => "neither file nor folder",
            Self::Unreadable => "no permission to read the folder",
            Self::Faulty => "the file system fails to read it; -v says how",
            Self::DamagedRecord => {
                "ledger record without content, its file counts as done; check it again with --force"
            }
        })
    }
}

/// The number of ignored keys by reason, with one example each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredKeys(pub BTreeMap<Ignored, IgnoredCount>);

/// The number of keys that were ignored for a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredCount {
    /// Number of keys.
    pub count: u64,
    /// The first ignored key, in printable form.
    pub example: String,
}

impl IgnoredKeys {
    /// Counts an ignored key.
    pub fn add(&mut self, reason: Ignored, key: &str) {
        let entry = self.0.entry(reason).or_default();
        if entry.count == 0 {
            entry.example = key.escape_debug().collect();
        }
        entry.count += 1;
    }
}

/// Checks that `prefix` can have an `incoming` folder.
///
/// # Errors
/// The reason why it cannot.
pub fn check_prefix(prefix: &str) -> Result<(), Ignored> {
    if prefix.is_empty() || prefix.split('/').next() == Some("incoming") {
        return Err(Ignored::NoPrefix);
    }
    if prefix.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(Ignored::OddPath);
    }
    if prefix.chars().any(char::is_control) {
        return Err(Ignored::ControlCharacter);
    }
    // `_sluice` after another segment belongs to a source inside this source.
    if prefix.split('/').any(|segment| matches!(segment, "clean" | "rejects" | "feedback" | "_sluice")) {
        return Err(Ignored::ReservedPrefix);
    }
    Ok(())
}

/// Checks that `<prefix>/incoming/<name>` is a data file; `prefix` has been checked already.
///
/// # Errors
/// The reason why it is not a data file.
pub fn check_name(prefix: &str, name: &str, etag: &str) -> Result<Suffix, Ignored> {
    if name.chars().any(char::is_control) {
        return Err(Ignored::ControlCharacter);
    }
    let suffix = Suffix::of(name).ok_or_else(|| {
        let base = name.rsplit('/').next().unwrap_or(name);
        if is_like_descriptor(base) { Ignored::Descriptor } else { Ignored::Suffix }
    })?;
    if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(Ignored::OddPath);
    }
    if ledger_key(&input(prefix, name), etag).len() > KEY_BYTES {
        return Err(Ignored::TooLong);
    }
    Ok(suffix)
}

/// The format that the suffix of a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suffix {
    /// `,` for `.csv`, tab for `.tsv`, `|` for `.psv`.
    pub delimiter: u8,
    /// The compression, if the name continues with one of [`Compression::SUFFIXES`].
    pub compression: Option<Compression>,
}

impl Suffix {
    /// Parses the suffix of a data file, in any letter case; `None` for any other name.
    pub fn of(name: &str) -> Option<Self> {
        let (stem, compression) = Compression::split(name);
        let delimiter = [(".csv", b','), (".tsv", b'\t'), (".psv", b'|')]
            .into_iter()
            .find(|(suffix, _)| without_suffix(stem, suffix).is_some())?
            .1;
        Some(Self { delimiter, compression })
    }
}

/// Returns the key of a data file.
pub fn input(prefix: &str, name: &str) -> String {
    format!("{prefix}{INCOMING}{name}")
}

/// Returns the prefix of a data file: the part of its key before the first `/incoming/`.
pub fn prefix_of(key: &str) -> Option<&str> {
    key.split_once(INCOMING).map(|(prefix, _)| prefix)
}

/// Returns the name of the data file `key` of `prefix`.
pub fn name_of<'a>(prefix: &str, key: &'a str) -> Option<&'a str> {
    key.strip_prefix(prefix)?.strip_prefix(INCOMING)
}

/// Returns the key of the ledger record of a file version.
pub fn ledger_key(key: &str, version: &str) -> String {
    format!("{LEDGER}{key}/{version}.json")
}

/// Returns the key of the clean rows.
pub fn clean_key(prefix: &str, name: &str) -> String {
    format!("{prefix}/clean/{name}")
}

/// Returns the key of the clean rows as a Parquet file. The key contains the whole name, as `a.csv` and `a.csv.gz` are two files.
pub fn parquet_key(prefix: &str, name: &str) -> String {
    format!("{prefix}/clean/{name}.parquet")
}

/// Returns the key of the rejects.
pub fn rejects_key(prefix: &str, name: &str) -> String {
    format!("{prefix}/rejects/{name}.jsonl")
}

/// Returns the key of the feedback for the sender in this format.
pub fn feedback_key(prefix: &str, name: &str, format: &str) -> String {
    format!("{prefix}/feedback/{name}.{format}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn suffixes_are_read_in_any_letter_case() {
        let suffix = |name| Suffix::of(name).map(|suffix| (suffix.delimiter, suffix.compression));
        assert_eq!(suffix("a.csv"), Some((b',', None)));
        assert_eq!(suffix("a.TSV.Gz"), Some((b'\t', Some(Compression::Gzip))));
        assert_eq!(suffix("a.psv.ZST"), Some((b'|', Some(Compression::Zstd))));
        assert_eq!(suffix("ä.csv"), Some((b',', None)));
        assert_eq!(suffix("a.csv.bz2"), Some((b',', Some(Compression::Bzip2))));
        assert_eq!(suffix("a.tsv.XZ"), Some((b'\t', Some(Compression::Xz))));
        assert_eq!(suffix("a.csv.zip"), Some((b',', Some(Compression::Zip))));
        for other in ["a.txt", "a.zip", "csv", "a.gz", "", "é", "a.csv.gz.gz", "a.csv/"] {
            assert_eq!(suffix(other), None, "{other}");
        }
    }

    #[test]
    fn prefixes_that_cannot_be_are_named_with_the_reason() {
        assert_eq!(check_prefix("a/b c/ü"), Ok(()));
        assert_eq!(check_prefix(""), Err(Ignored::NoPrefix));
        assert_eq!(check_prefix("incoming/a"), Err(Ignored::NoPrefix));
        assert_eq!(check_prefix("a//b"), Err(Ignored::OddPath));
        assert_eq!(check_prefix("a/../b"), Err(Ignored::OddPath));
        assert_eq!(check_prefix("a\nb"), Err(Ignored::ControlCharacter));
        assert_eq!(check_prefix("a/clean/x"), Err(Ignored::ReservedPrefix));
        assert_eq!(check_prefix("a/feedback"), Err(Ignored::ReservedPrefix));
        assert_eq!(check_prefix("_sluice/ledger/a"), Err(Ignored::ReservedPrefix));
        assert_eq!(check_prefix("a/_sluice/ledger/b"), Err(Ignored::ReservedPrefix));
    }

    #[test]
    fn names_that_are_not_taken_are_named_with_the_reason() {
        assert!(check_name("a", "x/incoming/y.csv", "1").is_ok());
        assert_eq!(check_name("a", "x.txt", "1"), Err(Ignored::Suffix));
        assert_eq!(check_name("a", "", "1"), Err(Ignored::Suffix));
        assert_eq!(check_name("a", "x/Resource.json", "1"), Err(Ignored::Descriptor));
        assert_eq!(check_name("a", "x\u{7f}.csv", "1"), Err(Ignored::ControlCharacter));
        assert_eq!(check_name("a", "../x.csv", "1"), Err(Ignored::OddPath));
        let long = format!("{}.csv", "x".repeat(1000));
        assert_eq!(check_name("a", &long, "1"), Err(Ignored::TooLong));
    }

    #[test]
    fn ignored_keys_are_counted_with_a_printable_example() {
        let mut ignored = IgnoredKeys::default();
        ignored.add(Ignored::ControlCharacter, "a\nb");
        ignored.add(Ignored::ControlCharacter, "c\nd");
        let count = ignored.0.get(&Ignored::ControlCharacter).unwrap();
        assert_eq!((count.count, count.example.as_str()), (2, "a\\nb"));
    }
}
