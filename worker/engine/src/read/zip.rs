//! A ZIP archive of one file, read from its beginning to its end.
//!
//! [APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) 4.3: local headers with their data, then the central directory.
//! An archive is read as it comes, from a pipe or from S3, so the local headers are followed; the directory behind the data has to say the
//! same, or a program that begins there would see another file. Names are shown and nothing else: nothing is ever written under them.

use std::io::{self, BufRead, Read};

use flate2::Crc;

use crate::read::refusal::refused;
use crate::report::RefusalCode;
use crate::shown::cut;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Bytes of a member that is passed over: what macOS adds to a file is not larger.
const PASSED_OVER: u64 = 1 << 20;

/// Names that are told of an archive with several files, and their characters.
const NAMES: usize = 3;
const NAME_CHARACTERS: usize = 80;

fn refuse<T>(message: impl Into<String>) -> io::Result<T> {
    Err(refused(RefusalCode::SourceError, message.into()))
}

/// What a local header says.
struct Header {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    stored: u64,
    size: u64,
    /// Sizes behind the data have eight bytes.
    is_64: bool,
}

impl Header {
    /// Sizes and checksum stand behind the data.
    fn has_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }

    /// A folder, or what macOS keeps beside a file.
    fn is_no_file(&self) -> bool {
        is_no_file(&self.name)
    }
}

fn is_no_file(name: &str) -> bool {
    name.ends_with('/') || name.starts_with("__MACOSX/")
}

/// The data of a member.
enum Data<R> {
    Stored(io::Take<R>),
    Deflated(flate2::bufread::DeflateDecoder<R>),
}

/// A member that is being read.
struct Member<R> {
    header: Header,
    data: Data<R>,
    crc: Crc,
    size: u64,
}

/// The one file of an archive.
pub(super) struct Archive<R> {
    /// Before anything is read.
    input: Option<R>,
    member: Option<Member<R>>,
}

impl<R: BufRead> Archive<R> {
    /// The archive in `input`. Nothing is read yet.
    pub(super) fn new(input: R) -> Self {
        Self { input: Some(input), member: None }
    }

    /// Reads up to the data of the first file.
    fn first_file(mut input: R) -> io::Result<Member<R>> {
        let mut next = signature(&mut input)?;
        loop {
            match next {
                LOCAL => {}
                END | CENTRAL | END_64 => return refuse("the ZIP archive holds no file; upload it again"),
                other => return damaged(other),
            }
            let member = Member::new(input)?;
            if !member.header.is_no_file() {
                return Ok(member);
            }
            (input, next) = member.pass_over()?;
        }
    }
}

impl<R: BufRead> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(input) = self.input.take() {
            self.member = Some(Self::first_file(input)?);
        }
        let Some(member) = &mut self.member else { return Ok(0) };
        let count = member.read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            // cannot fail: it was there a line above.
            let Some(member) = self.member.take() else { return Ok(0) };
            let name = member.header.name.clone();
            finish(member.end()?, &name)?;
        }
        Ok(count)
    }
}

impl<R: BufRead> Member<R> {
    fn new(mut input: R) -> io::Result<Self> {
        let header = header(&mut input)?;
        let name = shown(&header.name);
        if header.name == "[Content_Types].xml" {
            return refuse("the file is a workbook or document of an office program; export it as CSV");
        }
        if header.flags & 1 != 0 {
            return refuse(format!("\"{name}\" in the ZIP archive is encrypted; upload it without a password"));
        }
        let data = match header.method {
            0 if header.has_descriptor() && !header.name.ends_with('/') => {
                return refuse(format!(
                    "\"{name}\" in the ZIP archive is neither compressed nor says how long it is; make the archive again with compression"
                ));
            }
            0 => Data::Stored(input.take(header.stored)),
            #[expect(clippy::disallowed_methods, reason = "wrapped in the cap by `source::open`")]
            8 => Data::Deflated(flate2::bufread::DeflateDecoder::new(input)),
            method => {
                return refuse(format!(
                    "\"{name}\" in the ZIP archive is compressed by a method ({}) that is not read; make the archive again with \"deflate\"",
                    method_name(method)
                ));
            }
        };
        Ok(Self { header, data, crc: Crc::new(), size: 0 })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.data {
            Data::Stored(data) => data.read(buffer)?,
            Data::Deflated(data) => data.read(buffer)?,
        };
        self.crc.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }

    /// Reads what stands behind the data, and compares it with the data. Returns the input with the next signature.
    fn end(self) -> io::Result<(R, [u8; 4])> {
        let Self { header, data, crc, size } = self;
        let (mut input, stored) = match data {
            Data::Stored(data) => (data.into_inner(), header.stored),
            Data::Deflated(data) => {
                let stored = data.total_in();
                (data.into_inner(), stored)
            }
        };
        let (expected_crc, expected_stored, expected_size) = match header.has_descriptor() {
            true => descriptor(&mut input, header.is_64 || size.max(stored) > u64::from(u32::MAX))?,
            false => (header.crc, header.stored, header.size),
        };
        // First, as an archive that is cut is truncated and not damaged.
        let next = signature(&mut input)?;
        if (crc.sum(), stored, size) != (expected_crc, expected_stored, expected_size) {
            return refuse(format!(
                "\"{}\" in the ZIP archive is damaged: its data are not those of its checksum; upload the file again",
                shown(&header.name)
            ));
        }
        Ok((input, next))
    }

    /// Passes over a member that is no file.
    fn pass_over(mut self) -> io::Result<(R, [u8; 4])> {
        let mut buffer = [0; 4096];
        while self.read(&mut buffer)? > 0 {
            if self.size > PASSED_OVER {
                return refuse(format!(
                    "\"{}\" in the ZIP archive is too large to be passed over",
                    shown(&self.header.name)
                ));
            }
        }
        self.end()
    }
}

/// Reads what stands behind the data of the one file.
fn finish<R: BufRead>((mut input, mut next): (R, [u8; 4]), name: &str) -> io::Result<()> {
    while next == LOCAL {
        let member = Member::new(input)?;
        if !member.header.is_no_file() {
            return several(&[name.to_owned(), member.header.name]);
        }
        (input, next) = member.pass_over()?;
    }
    directory(&mut input, next, name)
}

fn several<T>(names: &[String]) -> io::Result<T> {
    let names: Vec<String> = names.iter().take(NAMES).map(|name| format!("\"{}\"", shown(name))).collect();
    refuse(format!("the ZIP archive holds more than one file ({}, …); upload each of them by itself", names.join(", ")))
}

/// Reads the central directory, which has to name the one file, and the end of the archive.
fn directory(input: &mut impl BufRead, mut next: [u8; 4], name: &str) -> io::Result<()> {
    let mut names: Vec<String> = Vec::new();
    while next == CENTRAL {
        let entry = fixed::<42>(input)?;
        let entry_name = read_name(input, u16_at(&entry, 24))?;
        pass(input, u64::from(u16_at(&entry, 26)) + u64::from(u16_at(&entry, 28)))?;
        if !is_no_file(&entry_name) && names.len() <= NAMES {
            names.push(entry_name);
        }
        next = signature(input)?;
    }
    if names.len() > 1 {
        return several(&names);
    }
    if names.first().is_none_or(|entry| entry != name) {
        let entry = names.first().map_or("no file", String::as_str);
        return refuse(format!(
            "the ZIP archive is damaged: its data are those of \"{}\", its directory says \"{}\"; upload the file again",
            shown(name),
            shown(entry)
        ));
    }
    if next == END_64 {
        let size = u64::from_le_bytes(fixed::<8>(input)?);
        pass(input, size)?;
        next = signature(input)?;
        if next == LOCATOR_64 {
            pass(input, 16)?;
            next = signature(input)?;
        }
    }
    if next != END {
        return damaged(next);
    }
    let end = fixed::<18>(input)?;
    pass(input, u64::from(u16_at(&end, 16)))?;
    loop {
        let rest = input.fill_buf()?;
        let count = rest.len();
        match rest.iter().find(|&&byte| byte != 0) {
            None if count == 0 => return Ok(()),
            None => input.consume(count),
            Some(byte) => {
                return refuse(format!(
                    "behind the end of the ZIP archive stand other bytes (0x{byte:02X} …); upload the file again, without them"
                ));
            }
        }
    }
}

fn damaged<T>(found: [u8; 4]) -> io::Result<T> {
    refuse(format!(
        "the ZIP archive is damaged: \"{}\" stands where a header is expected; upload the file again",
        found.escape_ascii()
    ))
}

/// Reads a local header behind its signature.
fn header(input: &mut impl Read) -> io::Result<Header> {
    let fields = fixed::<26>(input)?;
    let name = read_name(input, u16_at(&fields, 22))?;
    let mut extra = vec![0; usize::from(u16_at(&fields, 24))];
    input.read_exact(&mut extra)?;
    let (mut stored, mut size) = (u64::from(u32_at(&fields, 14)), u64::from(u32_at(&fields, 18)));
    let sizes = extra_64(&extra);
    if let Some(sizes) = sizes
        && stored == u64::from(u32::MAX)
    {
        (size, stored) = sizes;
    }
    let (flags, method, crc) = (u16_at(&fields, 2), u16_at(&fields, 4), u32_at(&fields, 10));
    Ok(Header { name, flags, method, crc, stored, size, is_64: sizes.is_some() })
}

/// The sizes of the file and of what is stored, in the field for large archives.
fn extra_64(mut extra: &[u8]) -> Option<(u64, u64)> {
    while let [id_low, id_high, size_low, size_high, rest @ ..] = extra {
        let size = usize::from(u16::from_le_bytes([*size_low, *size_high]));
        let field = rest.get(..size)?;
        if [*id_low, *id_high] == [1, 0] {
            let number = |at: usize| Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
            return Some((number(0)?, number(8)?));
        }
        extra = &rest[size..];
    }
    None
}

/// Reads checksum and sizes behind the data: with a signature or without.
fn descriptor(input: &mut impl Read, is_64: bool) -> io::Result<(u32, u64, u64)> {
    let mut crc = signature(input)?;
    if crc == DESCRIPTOR {
        crc = fixed(input)?;
    }
    let (stored, size) = match is_64 {
        true => (u64::from_le_bytes(fixed(input)?), u64::from_le_bytes(fixed(input)?)),
        false => (u64::from(u32::from_le_bytes(fixed(input)?)), u64::from(u32::from_le_bytes(fixed(input)?))),
    };
    Ok((u32::from_le_bytes(crc), stored, size))
}

fn method_name(method: u16) -> String {
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

fn read_name(input: &mut impl Read, length: u16) -> io::Result<String> {
    let mut name = vec![0; usize::from(length)];
    input.read_exact(&mut name)?;
    Ok(String::from_utf8(name).unwrap_or_else(|error| error.as_bytes().escape_ascii().to_string()))
}

/// A name as it is told.
fn shown(name: &str) -> String {
    let mut shown: String = name.escape_debug().collect();
    cut(&mut shown, NAME_CHARACTERS);
    shown
}

fn signature(input: &mut impl Read) -> io::Result<[u8; 4]> {
    fixed(input)
}

fn fixed<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Passes over so many bytes.
fn pass(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    let passed = io::copy(&mut input.take(bytes), &mut io::sink())?;
    if passed < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests;
