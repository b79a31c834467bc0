//! Stored bytes → decoded bytes: compression told by the suffix, the first bytes looked at, expansion capped.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::descriptor::Limits;
use crate::read::window::{FRAME_HEAD, Turn};
use crate::report::{Compression, Refusal, RefusalCode};

/// A compressed file may always expand to this, whatever the ratio: tiny files compress absurdly well.
const EXPANSION_FLOOR: u64 = 1 << 20;

/// Bytes that pass between the decoding thread and the reader at once.
const BLOCK: usize = 256 << 10;

/// Blocks in flight between the two.
const BLOCKS: usize = 4;

/// Why the decoded stream ended early; carried through [`io::Error`] and taken out by [`refusal_of`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.message)]
struct Refused(Refusal);

fn refused(code: RefusalCode, message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Refused(Refusal { code, message }))
}

/// The refusal behind an error of the decoded stream, or the error itself when the reading failed.
pub(crate) fn refusal_of(error: io::Error) -> Result<Refusal, io::Error> {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>()) {
        Some(Refused(refusal)) => Ok(refusal.clone()),
        None => Err(error),
    }
}

/// Counts and reports the stored bytes as they are read.
struct Counted<'a, R> {
    reader: R,
    read: Arc<AtomicU64>,
    progress: &'a (dyn Fn(u64) + Sync),
    /// Errors of the storage, kept apart from those of the decoder, which wraps or reinterprets what it gets.
    failed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed.store(1, Ordering::Relaxed);
            }
        })?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        (self.progress)(count as u64);
        Ok(count)
    }
}

/// Checks the decoded side of a decoder: damage becomes a refusal, expansion is capped.
struct Capped<R> {
    reader: R,
    stored: Arc<AtomicU64>,
    stored_total: Option<u64>,
    storage_failed: Arc<AtomicU64>,
    decoded: u64,
    limits: Limits,
    format: &'static str,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.reader.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) if self.storage_failed.load(Ordering::Relaxed) != 0 => return Err(error),
            Err(error) => {
                let what = match error.kind() {
                    io::ErrorKind::UnexpectedEof => "ends in the middle: it is truncated".to_owned(),
                    _ if error.to_string().contains("too much memory") => {
                        "has a frame that needs a window of more than 128 MiB, or of more than 8 MiB and more than the first \
                         frame; compress it again without --long"
                            .to_owned()
                    }
                    _ => format!("is damaged: {error}"),
                };
                let message = format!(
                    "the {} stream {what} (after {} decoded bytes); upload the file again",
                    self.format, self.decoded
                );
                return Err(refused(RefusalCode::SourceError, message));
            }
        };
        self.decoded += count as u64;
        let stored = self.stored_total.unwrap_or_else(|| self.stored.load(Ordering::Relaxed));
        let by_ratio = stored.saturating_mul(u64::from(self.limits.expansion)).max(EXPANSION_FLOOR);
        if self.decoded > by_ratio {
            let message = format!(
                "the file expands to more than {} times its size ({} bytes decoded so far); raise sluice.limits.expansion \
                 in the descriptor if that is what you expect",
                self.limits.expansion, self.decoded
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

/// The decoded stream of `input`: decompressed, capped, its first bytes looked at.
///
/// # Errors
/// What reading the first bytes gives; a [`Refusal`] is taken out with [`refusal_of`].
pub(crate) fn open<'a>(
    input: impl Read + Send + 'a,
    stored_total: Option<u64>,
    compression: Option<Compression>,
    limits: Limits,
    progress: &'a (dyn Fn(u64) + Sync),
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let stored = Arc::new(AtomicU64::new(0));
    let failed = Arc::new(AtomicU64::new(0));
    let counted = Counted { reader: input, read: Arc::clone(&stored), progress, failed: Arc::clone(&failed) };
    let decoded: Box<dyn Read + Send + 'a> = match compression {
        None => Box::new(counted),
        Some(compression) => {
            let mut counted = counted;
            let head = read_head(&mut counted, FRAME_HEAD)?;
            let (magic, format): (&[u8], _) = match compression {
                Compression::Gzip => (GZIP, "gzip"),
                Compression::Zstd => (ZSTD, "zstd"),
            };
            // zstd streams may begin with a skippable frame.
            let fits = head.starts_with(magic)
                || compression == Compression::Zstd && head.len() >= 4 && head[1..4] == [0x2a, 0x4d, 0x18];
            if !fits {
                let message = if head.is_empty() {
                    format!("the file is empty, not a {format} stream; upload the file again")
                } else {
                    format!(
                        "the file's name says {format} but its bytes are not a {format} stream; rename it or upload it again"
                    )
                };
                return Err(refused(RefusalCode::SourceError, message));
            }
            let turn = (compression == Compression::Zstd).then(|| Turn::wait(&head));
            let input = BufReader::with_capacity(64 << 10, io::Cursor::new(head).chain(counted));
            #[expect(clippy::disallowed_methods, reason = "wrapped in the cap right below")]
            let reader: Box<dyn Read + Send + 'a> = match (compression, turn) {
                (Compression::Zstd, Some(turn)) => {
                    let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                    decoder.window_log_max(turn.most_log())?;
                    Box::new(Windowed { decoder, _turn: turn })
                }
                _ => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            };
            Box::new(Capped { reader, stored, stored_total, storage_failed: failed, decoded: 0, limits, format })
        }
    };
    let mut decoded = decoded;
    let head = read_head(&mut decoded, HEAD)?;
    recognise(&head)?;
    Ok(Box::new(io::Cursor::new(head).chain(decoded)))
}

/// A decoder with its leave to decode.
struct Windowed<R> {
    decoder: R,
    _turn: Turn,
}

impl<R: Read> Read for Windowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
}

/// Longest signature below.
const HEAD: usize = 8;

fn read_head(reader: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(bytes);
    reader.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// Signatures of files that are not CSV, with what to say. UTF-32 stands before UTF-16, whose mark it begins with.
const SIGNATURES: &[(&[u8], RefusalCode, &str)] = &[
    (b"\xff\xfe\0\0", RefusalCode::EncodingError, "the file is in UTF-32; save it as UTF-8"),
    (b"\0\0\xfe\xff", RefusalCode::EncodingError, "the file is in UTF-32; save it as UTF-8"),
    (b"\xff\xfe", RefusalCode::EncodingError, "the file is in UTF-16, which is not supported yet; save it as UTF-8"),
    (b"\xfe\xff", RefusalCode::EncodingError, "the file is in UTF-16, which is not supported yet; save it as UTF-8"),
    (GZIP, RefusalCode::SourceError, "the file is a gzip stream; name it with the suffix .gz"),
    (ZSTD, RefusalCode::SourceError, "the file is a zstd stream; name it with the suffix .zst"),
    (b"PK\x03\x04", RefusalCode::SourceError, "the file is a ZIP archive or an Excel workbook; export it as CSV"),
    (b"\xd0\xcf\x11\xe0", RefusalCode::SourceError, "the file is an old Excel workbook; export it as CSV"),
    (b"PAR1", RefusalCode::SourceError, "the file is Parquet; export it as CSV"),
    (b"%PDF-", RefusalCode::SourceError, "the file is a PDF document; export the data as CSV"),
    (b"BZh", RefusalCode::SourceError, "the file is a bzip2 stream, which is not read; compress it with gzip or zstd"),
    (
        b"\xfd7zXZ\0",
        RefusalCode::SourceError,
        "the file is an xz stream, which is not read; compress it with gzip or zstd",
    ),
    (b"7z\xbc\xaf\x27\x1c", RefusalCode::SourceError, "the file is a 7-Zip archive; compress it with gzip or zstd"),
    (b"\x89PNG\r\n\x1a\n", RefusalCode::SourceError, "the file is a PNG image, not CSV"),
    (b"\xff\xd8\xff", RefusalCode::SourceError, "the file is a JPEG image, not CSV"),
    (b"\x7fELF", RefusalCode::SourceError, "the file is a program, not CSV"),
];

fn recognise(head: &[u8]) -> io::Result<()> {
    match SIGNATURES.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some((_, code, message)) => Err(refused(*code, (*message).to_owned())),
        None => Ok(()),
    }
}

/// Reads `reader` to its end into a channel; the body of the decoding thread.
pub(crate) fn decode(mut reader: impl Read, blocks: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = vec![0; BLOCK];
        let mut filled = 0;
        let mut end = None;
        while filled < BLOCK && end.is_none() {
            match reader.read(&mut block[filled..]) {
                Ok(0) => end = Some(None),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => end = Some(Some(error)),
            }
        }
        block.truncate(filled);
        // A closed channel means that the reader has given up: nobody is left to tell.
        if !block.is_empty() && blocks.send(Ok(block)).is_err() {
            return;
        }
        match end {
            None => {}
            Some(None) => return,
            Some(Some(error)) => {
                let _ = blocks.send(Err(error));
                return;
            }
        }
    }
}

/// The other end of [`decode`].
pub(crate) struct Blocks {
    receiver: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    taken: usize,
}

/// A bounded channel between the decoding thread and the reader.
pub(crate) fn channel() -> (SyncSender<io::Result<Vec<u8>>>, Blocks) {
    let (sender, receiver) = sync_channel(BLOCKS);
    (sender, Blocks { receiver, block: Vec::new(), taken: 0 })
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() {
            self.taken = 0;
            self.block = match self.receiver.recv() {
                Ok(block) => block?,
                Err(_closed) => return Ok(0),
            };
        }
        let rest = &self.block[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(stored: &[u8], compression: Option<Compression>, limits: Limits) -> io::Result<Vec<u8>> {
        let mut decoded = Vec::new();
        open(stored, Some(stored.len() as u64), compression, limits, &|_| {})?.read_to_end(&mut decoded)?;
        Ok(decoded)
    }

    fn refusal(stored: &[u8], compression: Option<Compression>, limits: Limits) -> Refusal {
        refusal_of(read_all(stored, compression, limits).unwrap_err()).unwrap()
    }

    #[test]
    fn concatenated_members_and_frames_are_one_stream() {
        let both = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        assert_eq!(read_all(&both, Some(Compression::Gzip), Limits::default()).unwrap(), b"a,b\n1,2\n");
        let frames =
            [zstd::encode_all(&b"a,b\n"[..], 3).unwrap(), zstd::encode_all(&b"1,2\n"[..], 3).unwrap()].concat();
        assert_eq!(read_all(&frames, Some(Compression::Zstd), Limits::default()).unwrap(), b"a,b\n1,2\n");
    }

    #[test]
    fn windows_of_the_zstd_program_are_decoded_and_larger_ones_refused_with_the_reason() {
        let stream = |window_log| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(window_log).unwrap();
            io::Write::write_all(&mut encoder, b"a,b\n1,2\n").unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(read_all(&stream(27), Some(Compression::Zstd), Limits::default()).unwrap(), b"a,b\n1,2\n");
        for stored in [stream(28), [stream(20), stream(24)].concat()] {
            let refusal = refusal(&stored, Some(Compression::Zstd), Limits::default());
            assert_eq!(refusal.code, RefusalCode::SourceError);
            assert!(refusal.message.contains("a window of more than"), "{}", refusal.message);
        }
    }

    #[test]
    fn every_truncation_of_a_compressed_stream_is_refused() {
        let text = b"id,name\n1,one\n2,two\n".repeat(50);
        for (stored, compression) in
            [(gzip(&text), Compression::Gzip), (zstd::encode_all(&text[..], 3).unwrap(), Compression::Zstd)]
        {
            for length in 0..stored.len() {
                let refusal = refusal(&stored[..length], Some(compression), Limits::default());
                assert_eq!(refusal.code, RefusalCode::SourceError, "{compression:?} cut to {length}");
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_the_checksum_is_refused() {
        let mut stored = gzip(b"a,b\n1,2\n");
        let last = stored.len() - 5;
        stored[last] ^= 1;
        let refusal = refusal(&stored, Some(Compression::Gzip), Limits::default());
        assert_eq!(refusal.code, RefusalCode::SourceError);
        assert!(refusal.message.contains("damaged"), "{}", refusal.message);
    }

    #[test]
    fn expansion_is_capped_by_ratio_and_by_bytes() {
        let bomb = gzip(&vec![b'x'; 4 << 20]);
        assert_eq!(refusal(&bomb, Some(Compression::Gzip), Limits::default()).code, RefusalCode::ExpansionLimit);
        let limits = Limits { expansion: 10_000, expanded_bytes: 2 << 20, ..Limits::default() };
        assert!(refusal(&bomb, Some(Compression::Gzip), limits).message.contains("expandedBytes"));
        let limits = Limits { expansion: 10_000, ..Limits::default() };
        assert_eq!(read_all(&bomb, Some(Compression::Gzip), limits).unwrap().len(), 4 << 20);
    }

    #[test]
    fn files_that_are_not_csv_are_named() {
        for (magic, code, message) in SIGNATURES {
            let refusal = refusal(magic, None, Limits::default());
            assert_eq!((refusal.code, refusal.message.as_str()), (*code, *message));
        }
    }

    #[test]
    fn an_error_of_the_storage_is_not_a_refusal() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            }
        }
        let whole = gzip(b"a,b\n1,2\n");
        let broken = whole[..12].chain(Broken);
        let mut decoded = Vec::new();
        let error = open(broken, None, Some(Compression::Gzip), Limits::default(), &|_| {})
            .and_then(|mut reader| reader.read_to_end(&mut decoded))
            .unwrap_err();
        assert_eq!(refusal_of(error).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn the_decoding_thread_passes_bytes_and_errors_on() {
        let (sender, mut blocks) = channel();
        let text = vec![b'x'; 3 * BLOCK / 2];
        std::thread::scope(|scope| {
            scope.spawn(|| decode(&text[..], &{ sender }));
            let mut passed = Vec::new();
            blocks.read_to_end(&mut passed).unwrap();
            assert_eq!(passed, text);
        });
    }
}
