//! `compression` of a resource: how its files are compressed when their names do not say it.

use crate::compression::Compression;
use crate::document::path::quoted;
use crate::document::place::Place;

/// Names of compressions: those that tools of the standard write, and the names of the formats themselves.
const NAMES: [(&str, Compression); 9] = [
    ("gz", Compression::Gzip),
    ("gzip", Compression::Gzip),
    ("zip", Compression::Zip),
    ("bz2", Compression::Bzip2),
    ("bzip2", Compression::Bzip2),
    ("xz", Compression::Xz),
    ("zst", Compression::Zstd),
    ("zstd", Compression::Zstd),
    ("zstandard", Compression::Zstd),
];

/// Words that tools write for "no compression".
const NONE: [&str; 3] = ["", "no", "none"];

/// Reads the property `compression`. An unknown name is only a warning, because the suffix of a file may tell its compression.
pub(super) fn read(place: &Place<'_>) -> Option<Compression> {
    const REMEDY: &str = r#"write "gz", "zip", "bz2", "xz" or "zst""#;
    let name = place.string(REMEDY)?;
    let found = NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    if found.is_none() && !NONE.iter().any(|none| none.eq_ignore_ascii_case(name)) {
        place.warn(
            format_args!(
                "the compression {} is not supported; the suffix of the file name says how a file is compressed",
                quoted(name)
            ),
            REMEDY,
        );
    }
    found.map(|(_, compression)| *compression)
}
