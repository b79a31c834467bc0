//! A ZIP archive of one file, or one file of an archive, read from its beginning to its end.
//!
//! [APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) 4.3: local headers with their data, then the central directory. An
//! archive is read in the order of its bytes, from a pipe or from S3, so the reader follows the local headers. The central directory behind the
//! data has to agree with them, or a program that begins with the directory would see another file. Names are only shown in messages: no file
//! of such a name is ever written.

mod headers;

use std::io::{self, BufRead, Read};

use flate2::Crc;

use self::headers::{
    DataDescriptor, Header, data_descriptor, fixed, header, is_no_file, method_name, pass, read_name, shown, signature,
    u16_at,
};
use crate::codes::RefusalCode;
use crate::read::refusal::refused;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";

/// Most bytes of an entry that is no file and is skipped: the files that macOS adds are not larger.
const PASSED_OVER: u64 = 1 << 20;

/// Most names of files that a message about an archive lists.
const NAMES: usize = 3;

fn refuse<T>(message: impl Into<String>) -> io::Result<T> {
    Err(refused(RefusalCode::SourceError, message.into()))
}

/// The data of a member.
enum Data<R> {
    Stored(io::Take<R>),
    Deflated(flate2::bufread::DeflateDecoder<R>),
}

/// A member of the archive that is being read.
struct Member<R> {
    header: Header,
    data: Data<R>,
    crc: Crc,
    size: u64,
}

/// The file of an archive that is read: its only file, or the wanted one.
pub(super) struct Archive<R> {
    choice: MemberChoice,
    /// The archive before anything of it is read; `None` afterwards.
    input: Option<R>,
    member: Option<Member<R>>,
}

impl<R: BufRead> Archive<R> {
    /// Returns a reader of the only file of the archive in `input`. Nothing is read yet.
    #[cfg(test)]
    pub(super) fn new(input: R) -> Self {
        Self::of_member(input, None, 0)
    }

    /// Returns a reader of the file with the name `wanted`, or of the only file if `wanted` is `None`. Up to this file and to the end of the
    /// archive, at most `most_passed` bytes of other files are skipped.
    pub(super) fn of_member(input: R, wanted: Option<&str>, most_passed: u64) -> Self {
        let choice = MemberChoice { wanted: wanted.map(str::to_owned), left: most_passed, others: Vec::new() };
        Self { choice, input: Some(input), member: None }
    }
}

impl<R: BufRead> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(input) = self.input.take() {
            self.member = Some(self.choice.first_file(input)?);
        }
        let Some(member) = &mut self.member else { return Ok(0) };
        let count = member.read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            // cannot fail: the member was there a few lines above.
            let Some(member) = self.member.take() else { return Ok(0) };
            let name = member.header.name.clone();
            self.choice.finish(member.end()?, &name)?;
        }
        Ok(count)
    }
}

/// Chooses the file of an archive that is read.
struct MemberChoice {
    /// The name of the file; `None`: the archive has to hold only one file.
    wanted: Option<String>,
    /// Bytes of other files that may still be skipped.
    left: u64,
    /// Names of the first other files that were skipped.
    others: Vec<String>,
}

/// What follows a member of an archive.
struct Following<R> {
    /// The input behind the signature.
    input: R,
    /// The next signature.
    next: [u8; 4],
}

impl MemberChoice {
    /// Reads up to the data of the file.
    fn first_file<R: BufRead>(&mut self, mut input: R) -> io::Result<Member<R>> {
        let mut next = signature(&mut input)?;
        loop {
            match next {
                LOCAL => {}
                END | CENTRAL | END_64 => return self.no_file(),
                other => return damaged(other),
            }
            let header = header(&mut input)?;
            if !header.is_no_file() && self.wanted.as_ref().is_none_or(|wanted| *wanted == header.name) {
                return Member::new(header, input);
            }
            Following { input, next } = self.pass_over(header, input)?;
        }
    }

    fn no_file<T>(&self) -> io::Result<T> {
        match &self.wanted {
            Some(wanted) if !self.others.is_empty() => refuse(format!(
                "the ZIP archive has no file \"{}\" (innerpath of the resource); it holds {}; correct one of them",
                shown(wanted),
                listed(&self.others)
            )),
            _ => refuse("the ZIP archive holds no file; upload it again"),
        }
    }

    /// Skips a member that is not read. If its header tells its length, the cost is that of reading its stored bytes.
    fn pass_over<R: BufRead>(&mut self, header: Header, mut input: R) -> io::Result<Following<R>> {
        let is_file = !header.is_no_file();
        if is_file && self.others.len() <= NAMES {
            self.others.push(header.name.clone());
        }
        let most = if is_file { self.left } else { PASSED_OVER };
        let (following, passed) = match header.has_descriptor() {
            false => {
                let stored = header.stored;
                if stored > most {
                    return too_large(&header.name);
                }
                pass(&mut input, stored)?;
                let next = signature(&mut input)?;
                (Following { input, next }, stored)
            }
            true => {
                let mut member = Member::new(header, input)?;
                member.pass_over(most)?;
                let passed = member.size;
                (member.end()?, passed)
            }
        };
        if is_file {
            self.left -= passed.min(self.left);
        }
        Ok(following)
    }

    /// Reads the archive from the end of the file's data to its own end.
    fn finish<R: BufRead>(&mut self, following: Following<R>, name: &str) -> io::Result<()> {
        let Following { mut input, mut next } = following;
        while next == LOCAL {
            let header = header(&mut input)?;
            if !header.is_no_file() && self.wanted.is_none() {
                return several(&[name.to_owned(), header.name]);
            }
            if header.name == name {
                return refuse(format!("the ZIP archive holds two files \"{}\"; make it again", shown(name)));
            }
            Following { input, next } = self.pass_over(header, input)?;
        }
        directory(&mut input, next, name, self.wanted.is_none())
    }
}

impl<R: BufRead> Member<R> {
    fn new(header: Header, input: R) -> io::Result<Self> {
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
                    "\"{name}\" in the ZIP archive is not compressed and its length is not stated; make the archive again with compression"
                ));
            }
            0 => Data::Stored(input.take(header.stored)),
            #[expect(clippy::disallowed_methods, reason = "wrapped in the cap by `source::open`")]
            8 => Data::Deflated(flate2::bufread::DeflateDecoder::new(input)),
            method => {
                return refuse(format!(
                    "\"{name}\" in the ZIP archive is compressed by a method ({}) that is not supported; make the archive again with \"deflate\"",
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

    /// Reads the descriptor behind the data, if there is one, and compares checksum and sizes with the data. Returns what follows.
    fn end(self) -> io::Result<Following<R>> {
        let Self { header, data, crc, size } = self;
        let (mut input, stored) = match data {
            Data::Stored(data) => (data.into_inner(), header.stored),
            Data::Deflated(data) => {
                let stored = data.total_in();
                (data.into_inner(), stored)
            }
        };
        let expected = match header.has_descriptor() {
            true => data_descriptor(&mut input, header.is_64 || size.max(stored) > u64::from(u32::MAX))?,
            false => DataDescriptor { crc: header.crc, stored: header.stored, size: header.size },
        };
        // Read before the comparison: an archive that is cut here is reported as truncated, not as damaged.
        let next = signature(&mut input)?;
        if (DataDescriptor { crc: crc.sum(), stored, size }) != expected {
            return refuse(format!(
                "\"{}\" in the ZIP archive is damaged: its data are not those of its checksum; upload the file again",
                shown(&header.name)
            ));
        }
        Ok(Following { input, next })
    }

    /// Skips the data of a member of at most `most` bytes.
    fn pass_over(&mut self, most: u64) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while self.read(&mut buffer)? > 0 {
            if self.size > most {
                return too_large(&self.header.name);
            }
        }
        Ok(())
    }
}

fn several<T>(names: &[String]) -> io::Result<T> {
    refuse(format!(
        "the ZIP archive holds more than one file ({}); upload each of them by itself, or name one (innerpath of the resource)",
        listed(names)
    ))
}

/// Lists the first of some names.
fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().take(NAMES).map(|name| format!("\"{}\"", shown(name))).collect();
    format!("{}, …", names.join(", "))
}

fn too_large<T>(name: &str) -> io::Result<T> {
    refuse(format!("\"{}\" in the ZIP archive is too large to be passed over", shown(name)))
}

/// Reads the central directory and the end of the archive. The directory has to name the file, and no other file if `is_only`.
fn directory(input: &mut impl BufRead, mut next: [u8; 4], name: &str, is_only: bool) -> io::Result<()> {
    let mut names: Vec<String> = Vec::new();
    while next == CENTRAL {
        let entry = fixed::<42>(input)?;
        let entry_name = read_name(input, u16_at(&entry, 24))?;
        pass(input, u64::from(u16_at(&entry, 26)) + u64::from(u16_at(&entry, 28)))?;
        let counts = if is_only { !is_no_file(&entry_name) } else { entry_name == name };
        if counts && names.len() <= NAMES {
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
                    "after the end of the ZIP archive there are other bytes (0x{byte:02X} …); upload the file again, without them"
                ));
            }
        }
    }
}

fn damaged<T>(found: [u8; 4]) -> io::Result<T> {
    refuse(format!(
        "the ZIP archive is damaged: expected a header, found \"{}\"; upload the file again",
        found.escape_ascii()
    ))
}

#[cfg(test)]
mod tests;
