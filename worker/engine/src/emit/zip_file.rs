//! A writer of ZIP archives with one file, which writes from the beginning to the end.

use std::io::{self, Write};

use flate2::Crc;
use flate2::write::DeflateEncoder;

/// The name of the file in the archive. The archive is named like its source, so the name says only what the file holds.
const NAME: &[u8] = b"data.csv";

/// Flags of the format: sizes and checksum stand behind the data; the name is UTF-8.
const FLAGS: u16 = 0x0808;

/// Midnight of 1980-01-01, the earliest time of the format, so that the same rows are the same bytes.
const TIME: u32 = 0x0021_0000;

/// Sizes and offsets from here on are written in eight bytes.
const LARGE: u64 = u32::MAX as u64;

/// Writes an archive of one file.
pub(crate) struct ZipFile<W: Write> {
    data: DeflateEncoder<W>,
    crc: Crc,
}

impl<W: Write> ZipFile<W> {
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn new(mut writer: W, level: u32) -> io::Result<Self> {
        let mut header = b"PK\x03\x04".to_vec();
        header.extend(20u16.to_le_bytes());
        push_common(&mut header, Sums { crc: 0, stored: 0, size: 0 });
        header.extend(0u16.to_le_bytes());
        header.extend(NAME);
        writer.write_all(&header)?;
        Ok(Self { data: DeflateEncoder::new(writer, flate2::Compression::new(level)), crc: Crc::new() })
    }

    /// Writes the end of the archive: the sizes, the checksum and the directory.
    ///
    /// # Errors
    /// When the destination cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.data.try_finish()?;
        let sums = Sums { crc: self.crc.sum(), stored: self.data.total_out(), size: self.data.total_in() };
        let Sums { crc, stored, size } = sums;
        let header_bytes = (30 + NAME.len()) as u64;
        let is_large = stored.max(size) >= LARGE;
        let mut end = b"PK\x07\x08".to_vec();
        end.extend(crc.to_le_bytes());
        for number in [stored, size] {
            let number = number.to_le_bytes();
            end.extend(&number[..if is_large { 8 } else { 4 }]);
        }
        let directory = header_bytes + stored + end.len() as u64;
        let from = end.len();
        end.extend(b"PK\x01\x02");
        end.extend([20u16.to_le_bytes(), if is_large { 45u16 } else { 20 }.to_le_bytes()].concat());
        push_common(&mut end, sums);
        let large = [&[1, 0, 16, 0], &size.to_le_bytes()[..], &stored.to_le_bytes()].concat();
        let extra = if is_large { large } else { Vec::new() };
        end.extend((extra.len() as u16).to_le_bytes());
        // Length of the comment, number of the disk, attributes, and the offset of the header: all are 0.
        end.extend([0; 14]);
        end.extend(NAME);
        end.extend(&extra);
        let directory_bytes = (end.len() - from) as u64;
        if directory >= LARGE {
            push_end_64(&mut end, directory, directory_bytes);
        }
        end.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        end.extend((directory_bytes as u32).to_le_bytes());
        end.extend((directory.min(LARGE) as u32).to_le_bytes());
        end.extend(0u16.to_le_bytes());
        let mut writer = self.data.finish()?;
        writer.write_all(&end)?;
        Ok(writer)
    }
}

/// The checksum and the sizes of the file.
#[derive(Clone, Copy)]
struct Sums {
    crc: u32,
    /// The number of stored bytes.
    stored: u64,
    size: u64,
}

/// Appends the part that the local header and the directory share, up to the length of the name.
fn push_common(header: &mut Vec<u8>, Sums { crc, stored, size }: Sums) {
    header.extend(FLAGS.to_le_bytes());
    header.extend(8u16.to_le_bytes());
    header.extend(TIME.to_le_bytes());
    header.extend(crc.to_le_bytes());
    let is_large = stored.max(size) >= LARGE;
    for number in [stored, size] {
        header.extend(if is_large { u32::MAX } else { number as u32 }.to_le_bytes());
    }
    header.extend((NAME.len() as u16).to_le_bytes());
}

/// Appends the end of a directory that stands behind the first 4 GiB.
fn push_end_64(end: &mut Vec<u8>, directory: u64, directory_bytes: u64) {
    end.extend(b"PK\x06\x06");
    end.extend(44u64.to_le_bytes());
    end.extend([45u16.to_le_bytes(), 45u16.to_le_bytes()].concat());
    end.extend([0; 8]);
    for number in [1, 1, directory_bytes, directory] {
        end.extend(number.to_le_bytes());
    }
    end.extend(b"PK\x06\x07\0\0\0\0");
    end.extend((directory + directory_bytes).to_le_bytes());
    end.extend(1u32.to_le_bytes());
}

impl<W: Write> Write for ZipFile<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.data.write(bytes)?;
        self.crc.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.data.flush()
    }
}
