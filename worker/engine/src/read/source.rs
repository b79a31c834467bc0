//! Stored bytes → decompressed bytes: decompresses them, examines the first bytes, and limits the expansion.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::codes::RefusalCode;
use crate::compression::Compression;
use crate::descriptor::Limits;
use crate::encoding::label::DeclaredEncoding;
use crate::encoding::recognise::{Beginning, FileEncoding};
use crate::read::filled::FillingReader;
use crate::read::members::{Format, Members};
use crate::read::refusal::{is_refusal, refused};
use crate::read::signature::{BZIP2, GZIP, XZ, ZIP, ZSTD, recognise};
use crate::read::window::{DecodingPermit, FRAME_HEAD, XZ_HEAD};
use crate::read::zip::Archive;

/// Bytes that a compressed file may always expand to, whatever the ratio: tiny files compress absurdly well.
const EXPANSION_FLOOR: u64 = 1 << 20;

/// Counts and reports the stored bytes as they are read.
struct CountingReader<'a, R> {
    reader: R,
    read: Arc<AtomicU64>,
    progress: &'a (dyn Fn(u64) + Sync),
    /// True when the storage failed, which the error of the decoder does not tell: the decoder wraps or reinterprets the errors that it gets.
    storage_failed: Arc<AtomicBool>,
}

impl<R: Read> Read for CountingReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.storage_failed.store(true, Ordering::Relaxed);
            }
        })?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        (self.progress)(count as u64);
        Ok(count)
    }
}

/// Checks the output of a decoder: damage becomes a refusal, and expansion is limited.
struct CappedReader<R> {
    reader: R,
    stored: Arc<AtomicU64>,
    stored_total: Option<u64>,
    storage_failed: Arc<AtomicBool>,
    decoded: u64,
    limits: Limits,
    format: &'static str,
}

impl<R: Read> Read for CappedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.reader.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) if self.storage_failed.load(Ordering::Relaxed) => return Err(error),
            Err(error) if is_refusal(&error) => return Err(error),
            Err(error) => {
                let what = match error.kind() {
                    io::ErrorKind::UnexpectedEof => "ends in the middle: it is truncated".to_owned(),
                    _ if error.to_string().contains("too much memory") => {
                        "has a frame that needs a window of more than 128 MiB, or of more than 8 MiB and more than the first \
                         frame; compress it again without --long"
                            .to_owned()
                    }
                    _ if error.to_string().contains("memory limit reached") => {
                        "has a block that needs a dictionary of more than 128 MiB, or of more than 8 MiB and more than the \
                         first block; compress it again with -9 or less"
                            .to_owned()
                    }
                    _ => format!("is damaged: {error}"),
                };
                // The number of bytes decoded until then depends on the sizes of reads, so the message leaves it out.
                let message = format!("the {} stream {what}; upload the file again", self.format);
                return Err(refused(RefusalCode::SourceError, message));
            }
        };
        self.decoded += count as u64;
        let stored = self.stored_total.unwrap_or_else(|| self.stored.load(Ordering::Relaxed));
        let by_ratio = stored.saturating_mul(u64::from(self.limits.expansion)).max(EXPANSION_FLOOR);
        if self.decoded > by_ratio {
            let message = format!(
                "the file expands to more than {} times its size; raise sluice.limits.expansion in the descriptor if that is \
                 what you expect",
                self.limits.expansion
            );
            return Err(refused(RefusalCode::ExpansionLimit, message));
        }
        if self.decoded > self.limits.expanded_bytes {
            let message = format!(
                "the file expands to more than {} bytes; raise sluice.limits.expandedBytes in the descriptor if that is \
                 what you expect",
                self.limits.expanded_bytes
            );
            return Err(refused(RefusalCode::ExpansionLimit, message));
        }
        Ok(count)
    }
}

/// A file as it is stored.
#[derive(Debug)]
pub struct StoredFile<R> {
    /// The stored bytes.
    pub body: R,
    /// The number of stored bytes, where it is known.
    pub bytes: Option<u64>,
    /// The compression of the bytes; `None`: they are not compressed.
    pub compression: Option<Compression>,
}

impl<'b> From<&'b [u8]> for StoredFile<&'b [u8]> {
    /// Makes a file of these bytes, which are not compressed.
    fn from(body: &'b [u8]) -> Self {
        Self { body, bytes: Some(body.len() as u64), compression: None }
    }
}

/// What the descriptor says about how the bytes of a file are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadSettings<'d> {
    pub(crate) limits: Limits,
    pub(crate) encoding: DeclaredEncoding,
    /// The file of a ZIP archive that is read; `None`: the only file of the archive.
    pub(crate) member: Option<&'d str>,
}

/// A file whose first bytes have been examined.
pub(crate) struct Opened<'a> {
    /// The decompressed bytes, capped, in their encoding.
    pub(crate) reader: Box<dyn Read + Send + 'a>,
    pub(crate) encoding: FileEncoding,
}

/// Opens the decompressed stream of a file, limited in its expansion, and with its first bytes examined.
///
/// # Errors
/// Errors of reading the first bytes; a [`Refusal`](crate::codes::Refusal) is taken out with
/// [`refusal_of`](crate::read::refusal::refusal_of).
pub(crate) fn open<'a>(
    file: StoredFile<impl Read + Send + 'a>,
    settings: ReadSettings<'_>,
    progress: &'a (dyn Fn(u64) + Sync),
) -> io::Result<Opened<'a>> {
    let StoredFile { body, bytes: stored_total, compression } = file;
    let stored = Arc::new(AtomicU64::new(0));
    let storage_failed = Arc::new(AtomicBool::new(false));
    let counted = CountingReader {
        reader: body,
        read: Arc::clone(&stored),
        progress,
        storage_failed: Arc::clone(&storage_failed),
    };
    let mut decoded: Box<dyn Read + Send + 'a> = match compression {
        None => Box::new(counted),
        Some(compression) => {
            let limits = settings.limits;
            // As many bytes of other files in an archive may be skipped as the file itself may expand to.
            let by_ratio = |bytes: u64| bytes.saturating_mul(limits.expansion.into()).max(EXPANSION_FLOOR);
            let most_passed = stored_total.map_or(u64::MAX, by_ratio).min(limits.expanded_bytes);
            let Decompressed { reader, format } = decompress(counted, compression, settings.member, most_passed)?;
            Box::new(CappedReader { reader, stored, stored_total, storage_failed, decoded: 0, limits, format })
        }
    };
    let most = if settings.encoding == DeclaredEncoding::Detect { DETECTED } else { HEAD };
    let head = read_head(&mut decoded, most)?;
    recognise(&head)?;
    let is_whole = head.len() < most;
    let head: Arc<[u8]> = head.into();
    let encoding = FileEncoding::of(Beginning { bytes: Arc::clone(&head), is_whole }, settings.encoding)
        .map_err(|message| refused(RefusalCode::EncodingError, message))?;
    Ok(Opened { reader: Box::new(io::Cursor::new(head).chain(decoded)), encoding })
}

/// A stream that is decompressed.
struct Decompressed<'a> {
    reader: Box<dyn Read + Send + 'a>,
    /// The name of the format.
    format: &'static str,
}

/// Returns the decoder of a stream. From a ZIP archive it reads the file `member`, or the only file, behind at most `most_passed` bytes of
/// others.
fn decompress<'a>(
    mut counted: impl Read + Send + 'a,
    compression: Compression,
    member: Option<&str>,
    most_passed: u64,
) -> io::Result<Decompressed<'a>> {
    let head = read_head(&mut counted, FRAME_HEAD.max(XZ_HEAD))?;
    let (magic, format): (&[u8], _) = match compression {
        Compression::Gzip => (GZIP, "gzip"),
        Compression::Zstd => (ZSTD, "zstd"),
        Compression::Bzip2 => (BZIP2, "bzip2"),
        Compression::Xz => (XZ, "xz"),
        Compression::Zip => (ZIP, "ZIP"),
    };
    // zstd streams may begin with a skippable frame.
    let fits = head.starts_with(magic)
        || compression == Compression::Zstd && head.len() >= 4 && head[1..4] == [0x2a, 0x4d, 0x18];
    if !fits {
        let message = if head.is_empty() {
            format!("the file is empty, not a {format} stream; upload the file again")
        } else {
            format!(
                "the file's name or \"compression\" in its descriptor says {format} but its bytes are not a {format} stream; correct \
                 that, or upload the file again"
            )
        };
        return Err(refused(RefusalCode::SourceError, message));
    }
    // A read of zero bytes fails if the run was interrupted.
    let ask = || counted.read(&mut []).map(drop);
    let permit = DecodingPermit::wait(compression, &head, ask)?;
    let input = BufReader::with_capacity(64 << 10, FillingReader::new(io::Cursor::new(head).chain(counted)));
    let reader: Box<dyn Read + Send + 'a> = match compression {
        Compression::Gzip => Box::new(Members::new(Format::Gzip, permit, input)?),
        Compression::Bzip2 => Box::new(Members::new(Format::Bzip2, permit, input)?),
        Compression::Xz => Box::new(Members::new(Format::Xz, permit, input)?),
        Compression::Zip => Box::new(Archive::of_member(input, member, most_passed)),
        Compression::Zstd => {
            #[expect(clippy::disallowed_methods, reason = "wrapped in the cap by the caller")]
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(permit.most_log())?;
            Box::new(PermittedDecoder { decoder, _turn: permit })
        }
    };
    Ok(Decompressed { reader, format })
}

/// A decoder with its permission to decode.
struct PermittedDecoder<R> {
    decoder: R,
    _turn: DecodingPermit,
}

impl<R: Read> Read for PermittedDecoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
}

/// Bytes at the beginning of a file that are examined: for signatures, zero bytes, and the encoding.
const HEAD: usize = 64 << 10;

/// Bytes that are examined where the descriptor says `"encoding": "detect"`.
const DETECTED: usize = 1 << 20;

fn read_head(reader: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests;
