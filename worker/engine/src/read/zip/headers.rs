//! Headers of a ZIP archive: the bytes before and behind the data of each member.

use std::io::{self, Read};

use crate::shown::cut;

/// The optional signature in front of a checksum and sizes that stand behind the data.
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Most characters of a name that messages show.
const NAME_CHARACTERS: usize = 80;

/// The content of a local header.
pub(super) struct Header {
    pub(super) name: String,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) stored: u64,
    pub(super) size: u64,
    /// Whether the sizes behind the data have eight bytes each.
    pub(super) is_64: bool,
}

impl Header {
    /// Returns true if checksum and sizes stand behind the data.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Returns true for a folder, and for the files that macOS adds beside a file.
    pub(super) fn is_no_file(&self) -> bool {
        is_no_file(&self.name)
    }
}

pub(super) fn is_no_file(name: &str) -> bool {
    name.ends_with('/') || name.starts_with("__MACOSX/")
}

/// Reads a local header, whose signature is read already.
pub(super) fn header(input: &mut impl Read) -> io::Result<Header> {
    let fields = fixed::<26>(input)?;
    let name = read_name(input, u16_at(&fields, 22))?;
    let mut extra = vec![0; usize::from(u16_at(&fields, 24))];
    input.read_exact(&mut extra)?;
    let (mut stored, mut size) = (u64::from(u32_at(&fields, 14)), u64::from(u32_at(&fields, 18)));
    let sizes = sizes_64(&extra);
    if let Some(sizes) = &sizes
        && stored == u64::from(u32::MAX)
    {
        (size, stored) = (sizes.size, sizes.stored);
    }
    let (flags, method, crc) = (u16_at(&fields, 2), u16_at(&fields, 4), u32_at(&fields, 10));
    Ok(Header { name, flags, method, crc, stored, size, is_64: sizes.is_some() })
}

/// The sizes of a file in an archive.
struct Sizes {
    size: u64,
    /// The number of its stored bytes.
    stored: u64,
}

/// Returns the sizes that the extra field for large archives has.
fn sizes_64(mut extra: &[u8]) -> Option<Sizes> {
    while let [id_low, id_high, size_low, size_high, rest @ ..] = extra {
        let size = usize::from(u16::from_le_bytes([*size_low, *size_high]));
        let field = rest.get(..size)?;
        if [*id_low, *id_high] == [1, 0] {
            let number = |at: usize| Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
            return Some(Sizes { size: number(0)?, stored: number(8)? });
        }
        extra = &rest[size..];
    }
    None
}

/// What stands behind the data of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataDescriptor {
    pub(super) crc: u32,
    /// The number of stored bytes.
    pub(super) stored: u64,
    pub(super) size: u64,
}

/// Reads what stands behind the data, with a signature in front of it or without.
pub(super) fn data_descriptor(input: &mut impl Read, is_64: bool) -> io::Result<DataDescriptor> {
    let mut crc = signature(input)?;
    if crc == DESCRIPTOR {
        crc = fixed(input)?;
    }
    let (stored, size) = match is_64 {
        true => (u64::from_le_bytes(fixed(input)?), u64::from_le_bytes(fixed(input)?)),
        false => (u64::from(u32::from_le_bytes(fixed(input)?)), u64::from(u32::from_le_bytes(fixed(input)?))),
    };
    Ok(DataDescriptor { crc: u32::from_le_bytes(crc), stored, size })
}

pub(super) fn method_name(method: u16) -> String {
    match method {
        9 => "Deflate64".to_owned(),
        12 => "bzip2".to_owned(),
        14 => "LZMA".to_owned(),
        93 => "Zstandard".to_owned(),
        95 => "xz".to_owned(),
        99 => "AES encryption".to_owned(),
        other => format!("number {other}"),
    }
}

pub(super) fn read_name(input: &mut impl Read, length: u16) -> io::Result<String> {
    let mut name = vec![0; usize::from(length)];
    input.read_exact(&mut name)?;
    Ok(String::from_utf8(name).unwrap_or_else(|error| error.as_bytes().escape_ascii().to_string()))
}

/// Returns a name as messages show it.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String = name.escape_debug().collect();
    cut(&mut shown, NAME_CHARACTERS);
    shown
}

pub(super) fn signature(input: &mut impl Read) -> io::Result<[u8; 4]> {
    fixed(input)
}

pub(super) fn fixed<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Skips this many bytes.
pub(super) fn pass(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    let passed = io::copy(&mut input.take(bytes), &mut io::sink())?;
    if passed < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
