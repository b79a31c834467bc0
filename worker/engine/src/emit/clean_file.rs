//! The clean file: clean rows in order, compressed like the input.

use std::io::{self, BufWriter, Write};
use std::ops::Range;

use crate::compression::Compression;
use crate::emit::zip_file::ZipFile;
use crate::encoding::source_map::{ChunkSourceMap, MappedOffset};

/// Bytes handed to an encoder at once. All pieces have this size, so the compressed bytes do not show how the input was cut.
const PIECE: usize = 128 << 10;

/// Level of bzip2 output; the default of the format's own tool.
const BZIP2_LEVEL: u32 = 9;

/// Level of xz output. The default of its tool, 6, makes tables smaller by some percent at most, takes three times as
/// long, and ten times the memory: 94 MiB for each file.
const XZ_LEVEL: u32 = 2;

/// Level of gzip and zip output; the default of the formats' own tools.
const GZIP_LEVEL: u32 = 6;

/// Level of zstd output; the default of the format's own tool.
const ZSTD_LEVEL: i32 = 3;

/// Writes clean rows to their destination, in the compression of the input.
pub(crate) enum CleanWriter<'a> {
    Plain(BufWriter<Box<dyn Write + Send + 'a>>),
    Gzip(Pieces<flate2::write::GzEncoder<Box<dyn Write + Send + 'a>>>),
    Zstd(Pieces<zstd::stream::write::Encoder<'static, Box<dyn Write + Send + 'a>>>),
    Bzip2(Pieces<bzip2::write::BzEncoder<Box<dyn Write + Send + 'a>>>),
    Xz(Pieces<liblzma::write::XzEncoder<Box<dyn Write + Send + 'a>>>),
    Zip(Pieces<ZipFile<Box<dyn Write + Send + 'a>>>),
}

impl<'a> CleanWriter<'a> {
    /// # Errors
    /// When the encoder cannot be made.
    pub(crate) fn new(writer: Box<dyn Write + Send + 'a>, compression: Option<Compression>) -> io::Result<Self> {
        Ok(match compression {
            None => Self::Plain(BufWriter::with_capacity(PIECE, writer)),
            // The header has no name and no time, so that the same rows are the same bytes.
            Some(Compression::Gzip) => {
                Self::Gzip(Pieces::new(flate2::write::GzEncoder::new(writer, flate2::Compression::new(GZIP_LEVEL))))
            }
            Some(Compression::Zstd) => {
                let mut encoder = zstd::stream::write::Encoder::new(writer, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(Pieces::new(encoder))
            }
            Some(Compression::Bzip2) => {
                Self::Bzip2(Pieces::new(bzip2::write::BzEncoder::new(writer, bzip2::Compression::new(BZIP2_LEVEL))))
            }
            Some(Compression::Xz) => Self::Xz(Pieces::new(liblzma::write::XzEncoder::new(writer, XZ_LEVEL))),
            Some(Compression::Zip) => Self::Zip(Pieces::new(ZipFile::new(writer, GZIP_LEVEL)?)),
        })
    }

    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.write_all(bytes),
            Self::Gzip(pieces) => pieces.write(bytes),
            Self::Zstd(pieces) => pieces.write(bytes),
            Self::Bzip2(pieces) => pieces.write(bytes),
            Self::Xz(pieces) => pieces.write(bytes),
            Self::Zip(pieces) => pieces.write(bytes),
        }
    }

    /// Writes the bytes of the file that the runs of a chunk's text come from.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn write_source_bytes(
        &mut self,
        source_map: &ChunkSourceMap,
        text: &[u8],
        runs: &[Range<usize>],
    ) -> io::Result<()> {
        let mut mapped = MappedOffset::default();
        for run in runs {
            let start = source_map.find(mapped, run.start);
            mapped = source_map.find(start, run.end);
            source_map.pass_on(start..mapped, text, |bytes| self.write(bytes))?;
        }
        Ok(())
    }

    /// Ends the compressed stream and flushes the destination.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut writer) => writer.flush(),
            Self::Gzip(pieces) => pieces.into_inner()?.finish()?.flush(),
            Self::Zstd(pieces) => pieces.into_inner()?.finish()?.flush(),
            Self::Bzip2(pieces) => pieces.into_inner()?.finish()?.flush(),
            Self::Xz(pieces) => pieces.into_inner()?.finish()?.flush(),
            Self::Zip(pieces) => pieces.into_inner()?.finish()?.flush(),
        }
    }
}

/// Passes bytes on in pieces of [`PIECE`] bytes, whatever the sizes in which they are written.
pub(crate) struct Pieces<W> {
    writer: W,
    piece: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    fn new(writer: W) -> Self {
        Self { writer, piece: Vec::with_capacity(PIECE) }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.writer.write_all(&self.piece)?;
                self.piece.clear();
            }
        }
        Ok(())
    }

    fn into_inner(mut self) -> io::Result<W> {
        self.writer.write_all(&self.piece)?;
        Ok(self.writer)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    const ALL: [Option<Compression>; 6] = [
        None,
        Some(Compression::Gzip),
        Some(Compression::Zstd),
        Some(Compression::Bzip2),
        Some(Compression::Xz),
        Some(Compression::Zip),
    ];

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(text: &[u8], step: usize, compression: Option<Compression>) -> Vec<u8> {
        let kept = Kept::default();
        let mut writer = CleanWriter::new(Box::new(kept.clone()), compression).unwrap();
        for bytes in text.chunks(step) {
            writer.write(bytes).unwrap();
        }
        writer.finish().unwrap();
        let bytes = kept.0.lock().unwrap();
        bytes.clone()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_cut_of_the_input_does_not_show_in_the_bytes(seed: u64, step in 1usize..200_000) {
            let mut state = seed | 1;
            let text: Vec<u8> = (0..300_000)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    b"0123,\n\"x"[(state >> 40) as usize % 8]
                })
                .collect();
            for compression in ALL {
                prop_assert_eq!(written(&text, step, compression), written(&text, text.len(), compression));
            }
        }
    }

    #[test]
    fn what_is_written_decodes_to_what_was_given() {
        use std::io::Read;

        use crate::read::source::StoredFile;
        let text = b"id,name\n1,one\n".repeat(20_000);
        for compression in ALL {
            let stored = written(&text, 1000, compression);
            let mut decoded = Vec::new();
            {
                let file = StoredFile { body: &stored[..], bytes: None, compression };
                crate::read::source::open(file, Default::default(), &|_| {})
            }
            .unwrap()
            .reader
            .read_to_end(&mut decoded)
            .unwrap();
            assert_eq!(decoded, text);
        }
    }
}
