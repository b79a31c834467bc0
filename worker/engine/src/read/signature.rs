//! Files that are not CSV, recognised by their first bytes.

use crate::codes::RefusalCode;
use crate::compression::Compression;
use crate::read::refusal::refused;
use std::io;

pub(super) const GZIP: &[u8] = b"\x1f\x8b";
pub(super) const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
pub(super) const BZIP2: &[u8] = b"BZh";
pub(super) const XZ: &[u8] = b"\xfd7zXZ\0";
/// A ZIP archive begins with the header of a file, or is empty.
pub(super) const ZIP: &[u8] = b"PK";

/// Signatures of files that are not CSV, each with the code and the message of the refusal.
pub(super) const SIGNATURES: &[(&[u8], RefusalCode, &str)] = &[
    (
        GZIP,
        RefusalCode::SourceError,
        "the file is a gzip stream; name it with the suffix .gz, or write \"compression\": \"gz\" in its descriptor",
    ),
    (
        ZSTD,
        RefusalCode::SourceError,
        "the file is a zstd stream; name it with the suffix .zst, or write \"compression\": \"zst\" in its descriptor",
    ),
    (
        b"PK\x03\x04",
        RefusalCode::SourceError,
        "the file is a ZIP archive or an Excel workbook; name an archive with the suffix .zip, or write \"compression\": \"zip\" in its descriptor; export a workbook as CSV",
    ),
    (b"\xd0\xcf\x11\xe0", RefusalCode::SourceError, "the file is an old Excel workbook; export it as CSV"),
    (b"PAR1", RefusalCode::SourceError, "the file is Parquet; export it as CSV"),
    (b"%PDF-", RefusalCode::SourceError, "the file is a PDF document; export the data as CSV"),
    (
        BZIP2,
        RefusalCode::SourceError,
        "the file is a bzip2 stream; name it with the suffix .bz2, or write \"compression\": \"bz2\" in its descriptor",
    ),
    (
        XZ,
        RefusalCode::SourceError,
        "the file is an xz stream; name it with the suffix .xz, or write \"compression\": \"xz\" in its descriptor",
    ),
    (b"7z\xbc\xaf\x27\x1c", RefusalCode::SourceError, "the file is a 7-Zip archive; compress it with gzip or zstd"),
    (b"\x89PNG\r\n\x1a\n", RefusalCode::SourceError, "the file is a PNG image, not CSV"),
    (b"\xff\xd8\xff", RefusalCode::SourceError, "the file is a JPEG image, not CSV"),
    (b"\x7fELF", RefusalCode::SourceError, "the file is a program, not CSV"),
];

impl Compression {
    /// Returns the compression of a stream that begins with `head`, for input without a name.
    pub fn told_by(head: &[u8]) -> Option<Self> {
        let all =
            [(GZIP, Self::Gzip), (ZSTD, Self::Zstd), (BZIP2, Self::Bzip2), (XZ, Self::Xz), (b"PK\x03\x04", Self::Zip)];
        all.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, compression)| compression)
    }
}

/// Refuses a file that begins with the signature of another format.
///
/// # Errors
/// The refusal of such a file.
pub(super) fn recognise(head: &[u8]) -> io::Result<()> {
    match SIGNATURES.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some((_, code, message)) => Err(refused(*code, (*message).to_owned())),
        None => Ok(()),
    }
}
