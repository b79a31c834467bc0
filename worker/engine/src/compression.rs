//! Compressions of data files, and the suffixes by which names tell them.

use serde::{Deserialize, Serialize};

/// Compression of a data file, told by its suffix or by the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// RFC 1952, concatenated members included.
    Gzip,
    /// RFC 8878, concatenated frames included.
    Zstd,
    /// bzip2, concatenated streams included.
    Bzip2,
    /// The .xz file format, concatenated streams included.
    Xz,
    /// A ZIP archive of one file.
    Zip,
}

impl Compression {
    /// The suffixes of compressed files: one for each compression.
    pub const SUFFIXES: [(&str, Self); 5] =
        [(".gz", Self::Gzip), (".zst", Self::Zstd), (".bz2", Self::Bzip2), (".xz", Self::Xz), (".zip", Self::Zip)];

    /// Splits a name into the name of the same file without compression, and the compression that its suffix says, in any letter case.
    pub fn split(name: &str) -> (&str, Option<Self>) {
        let stem = |(suffix, compression)| Some((without_suffix(name, suffix)?, Some(compression)));
        Self::SUFFIXES.into_iter().find_map(stem).unwrap_or((name, None))
    }
}

/// Returns the name without the suffix; `None` if it does not end with it, in any letter case.
pub fn without_suffix<'n>(name: &'n str, suffix: &str) -> Option<&'n str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(stem)
}
