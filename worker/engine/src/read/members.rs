//! Compressed files of several streams, one behind the other: gzip, bzip2 and xz.
//!
//! Each of these formats lets a file be several streams, written one behind the other, and none marks the end of the file. Programs that write
//! to tapes and blocks pad a file with zero bytes, which are skipped. Any other bytes behind a whole stream are no part of the data, and a
//! refusal names them: the file was overwritten in place, or is two files in one.

use std::io::{self, BufRead, Read};

use crate::codes::RefusalCode;
use crate::read::refusal::refused;
use crate::read::window::DecodingPermit;

/// A format whose streams may follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952).
    Gzip,
    /// bzip2.
    Bzip2,
    /// [The .xz file format](https://tukaani.org/xz/xz-file-format.txt).
    Xz,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// Returns the byte with which every stream begins.
    fn first_byte(self) -> u8 {
        match self {
            Self::Gzip => 0x1f,
            Self::Bzip2 => b'B',
            Self::Xz => 0xfd,
        }
    }
}

enum Decoder<R> {
    Gzip(flate2::bufread::GzDecoder<R>),
    Bzip2(bzip2::bufread::BzDecoder<R>),
    Xz(liblzma::bufread::XzDecoder<R>),
}

/// The streams of a file, one after the other.
pub(super) struct Members<R> {
    format: Format,
    /// The decoder of the current stream; `None` behind the last stream.
    decoder: Option<Decoder<R>>,
    /// Permission to decode the streams, which may have a large window.
    permit: DecodingPermit,
    /// Bytes decoded by all streams.
    decoded: u64,
    /// Number of streams that were begun.
    streams: u64,
}

/// Decoded bytes that each bzip2 stream has at least, on average over the streams of a file; the first streams ([`FREE_STREAMS`]) may be shorter. To
/// begin a stream takes as long as to decode this many bytes: the decoder has tables of megabytes.
const STREAM_BYTES: u64 = 1_000;
const FREE_STREAMS: u64 = 1_000;

impl<R: BufRead> Members<R> {
    /// Begins the first stream. `input` is at its start.
    ///
    /// # Errors
    /// When a decoder cannot be made.
    pub(super) fn new(format: Format, permit: DecodingPermit, input: R) -> io::Result<Self> {
        let mut members = Self { format, decoder: None, permit, decoded: 0, streams: 0 };
        members.begin(input)?;
        Ok(members)
    }

    #[expect(clippy::disallowed_methods, reason = "wrapped in the cap by `source::open`")]
    fn begin(&mut self, input: R) -> io::Result<()> {
        self.streams += 1;
        if self.format == Format::Bzip2 && self.streams > FREE_STREAMS + self.decoded / STREAM_BYTES {
            return Err(self.too_short());
        }
        self.decoder = Some(match self.format {
            Format::Gzip => Decoder::Gzip(flate2::bufread::GzDecoder::new(input)),
            Format::Bzip2 => Decoder::Bzip2(bzip2::bufread::BzDecoder::new(input)),
            Format::Xz => {
                let most = self.permit.most_xz_bytes();
                let stream = liblzma::stream::Stream::new_stream_decoder(most, 0)?;
                Decoder::Xz(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
        });
        Ok(())
    }

    /// Begins the next stream. Returns false if no stream follows the one that has ended.
    fn go_on(&mut self) -> io::Result<bool> {
        let mut input = match self.decoder.take() {
            Some(Decoder::Gzip(decoder)) => decoder.into_inner(),
            Some(Decoder::Bzip2(decoder)) => decoder.into_inner(),
            Some(Decoder::Xz(decoder)) => decoder.into_inner(),
            None => return Ok(false),
        };
        let mut is_padded = false;
        loop {
            let rest = input.fill_buf()?;
            let Some(&first) = rest.first() else { return Ok(false) };
            let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
            // The xz format allows padding between streams, too.
            if first == self.format.first_byte() && (!is_padded || self.format == Format::Xz) {
                self.begin(input)?;
                return Ok(true);
            }
            if zeros == 0 {
                let shown: Vec<String> = rest.iter().take(4).map(|byte| format!("0x{byte:02X}")).collect();
                return Err(self.surplus(&shown.join(" "), is_padded));
            }
            is_padded = true;
            input.consume(zeros);
        }
    }

    fn too_short(&self) -> io::Error {
        let message = format!(
            "the first {} bzip2 streams have {} decoded bytes, fewer than {STREAM_BYTES} each; compress the file in one piece and upload it again",
            self.streams - 1,
            self.decoded
        );
        refused(RefusalCode::SourceError, message)
    }

    fn surplus(&self, shown: &str, is_padded: bool) -> io::Error {
        let padding = if is_padded { " zero bytes and" } else { "" };
        let message = format!(
            "after the end of the {} stream ({} decoded bytes) there are{padding} other bytes ({shown} …); upload the file again, without them",
            self.format.name(),
            self.decoded
        );
        refused(RefusalCode::SourceError, message)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = match &mut self.decoder {
                None => return Ok(0),
                Some(Decoder::Gzip(decoder)) => decoder.read(buffer)?,
                Some(Decoder::Bzip2(decoder)) => decoder.read(buffer)?,
                Some(Decoder::Xz(decoder)) => decoder.read(buffer)?,
            };
            self.decoded += count as u64;
            if count > 0 || !self.go_on()? {
                return Ok(count);
            }
        }
    }
}
