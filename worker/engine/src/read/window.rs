//! A limit on the memory of all decoders of zstd and xz streams together.
//!
//! A frame names its window: the bytes that its decoder has to remember. `zstd` asks for 8 MiB at most unless it is told otherwise (`--ultra
//! -22`, `--long`), and by itself decodes up to 128 MiB. Many such files at once would each take as much. So only one stream with a window over
//! 8 MiB is decoded at a time, and the others wait.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::compression::Compression;
use crate::locked::locked;

/// Windows up to this power of two need no permit: RFC 8878, 3.1.1.1.2, asks every decoder to support them.
const FREE_LOG: u32 = 23;

/// The largest window that is decoded, as a power of two; the `zstd` program has the same limit.
const MOST_LOG: u32 = 27;

/// Bytes at the beginning of a frame, up to the end of the fields that tell its window.
pub(crate) const FRAME_HEAD: usize = 4 + 1 + 1 + 4 + 8;

/// Returns the window of the first frame in a stream that begins with `head`; `None` when it begins with another kind of frame.
///
/// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), 3.1.1.1: magic number, descriptor, window descriptor (absent in a single
/// segment, whose window is its content), dictionary ID, content size.
fn window(head: &[u8]) -> Option<u64> {
    let frame = head.strip_prefix(b"\x28\xb5\x2f\xfd")?;
    let (&descriptor, rest) = frame.split_first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        let window = u64::from(*rest.first()?);
        let base = 1u64 << (10 + (window >> 3));
        return Some(base + base / 8 * (window & 7));
    }
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = rest.get(dictionary..)?;
    let bytes = 1 << (descriptor >> 6);
    let mut content = [0; 8];
    content[..bytes].copy_from_slice(size.get(..bytes)?);
    let content = u64::from_le_bytes(content);
    // A size of two bytes counts from 256.
    Some(if bytes == 2 { content + 256 } else { content })
}

/// Whether a stream with a large window is being decoded.
static TAKEN: Mutex<bool> = Mutex::new(false);
static FREED: Condvar = Condvar::new();

/// The interval at which a waiting file checks whether its run was interrupted.
const ASKED_AFTER: Duration = Duration::from_millis(100);

/// Permission to decode a stream, given back when dropped.
pub(crate) struct DecodingPermit {
    is_large: bool,
}

impl DecodingPermit {
    /// Waits until a stream that begins with `head` may be decoded: if its window is large, until no other large one is being decoded. A decoder
    /// that has a permit waits for no other. Meanwhile `ask` says again and again whether the file is still to be read.
    ///
    /// # Errors
    /// Errors of `ask`.
    pub(crate) fn wait(compression: Compression, head: &[u8], ask: impl FnMut() -> io::Result<()>) -> io::Result<Self> {
        let window = match compression {
            Compression::Zstd => window(head),
            Compression::Xz => dictionary(head),
            Compression::Gzip | Compression::Bzip2 | Compression::Zip => Some(0),
        };
        // A stream that does not tell its window, as it begins with a skippable frame, is taken to be large.
        let is_large = window.is_none_or(|bytes| bytes > 1 << FREE_LOG);
        if is_large {
            Self::take(ask)?;
        }
        Ok(Self { is_large })
    }

    /// Waits until no large stream is being decoded, and notes that one is.
    fn take(mut ask: impl FnMut() -> io::Result<()>) -> io::Result<()> {
        loop {
            let waited = FREED.wait_timeout_while(locked(&TAKEN), ASKED_AFTER, |taken| *taken);
            let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !std::mem::replace(&mut *taken, true) {
                return Ok(());
            }
            drop(taken);
            ask()?;
        }
    }

    /// Returns the largest window that the frames of the stream may have, as a power of two.
    pub(crate) fn most_log(&self) -> u32 {
        if self.is_large { MOST_LOG } else { FREE_LOG }
    }

    /// Returns the bytes of memory that a decoder of xz may take.
    pub(crate) fn most_xz_bytes(&self) -> u64 {
        (1 << self.most_log()) + XZ_ROOM
    }
}

/// Bytes that a decoder of xz takes at most beside its dictionary.
const XZ_ROOM: u64 = 2 << 20;

/// Bytes at the beginning of an xz stream that are examined: more than up to the field that tells the dictionary of the first block.
pub(crate) const XZ_HEAD: usize = 64;

/// Returns the dictionary size in bytes of the first block in an xz stream that begins with `head`; `None` when `head` does not tell it, or
/// when the block has other filters.
///
/// [The .xz file format](https://tukaani.org/xz/xz-file-format.txt), 3.1 and 5.3.1.
fn dictionary(head: &[u8]) -> Option<u64> {
    let block = head.get(12..)?;
    // An index in place of a block: the stream is empty.
    if *block.first()? == 0 {
        return Some(0);
    }
    let flags = *block.get(1)?;
    let mut at = 2;
    for _ in 0..u32::from(flags & 0x40 != 0) + u32::from(flags & 0x80 != 0) {
        while block.get(at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    match block.get(at..at + 3)? {
        [0x21, 1, 40] => Some(u64::from(u32::MAX)),
        [0x21, 1, bits @ ..=39] => Some((2 | u64::from(bits & 1)) << (bits / 2 + 11)),
        _ => None,
    }
}

impl Drop for DecodingPermit {
    fn drop(&mut self) {
        if self.is_large {
            *locked(&TAKEN) = false;
            FREED.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn stream(window_log: u32, bytes: usize, told: bool) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        if told {
            encoder.set_pledged_src_size(Some(bytes as u64)).unwrap();
        }
        encoder.write_all(&vec![b'x'; bytes]).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_window_is_the_one_that_the_encoder_was_told() {
        for log in [10, 20, 23, 24, 27] {
            let head = stream(log, 100_000, false);
            assert_eq!(window(&head[..FRAME_HEAD]), Some(1 << log));
        }
    }

    #[test]
    fn the_window_of_a_single_segment_is_its_content() {
        for bytes in [1, 255, 256, 300, 65_791, 65_792, 1 << 20] {
            let head = stream(27, bytes, true);
            assert_eq!(window(&head[..head.len().min(FRAME_HEAD)]), Some(bytes as u64), "{bytes}");
        }
    }

    #[test]
    fn other_streams_have_no_window() {
        assert_eq!(window(b"\x50\x2a\x4d\x18\0\0\0\0"), None);
        assert_eq!(window(b"\x28\xb5\x2f\xfd"), None);
        assert_eq!(window(b""), None);
    }

    #[test]
    fn of_large_windows_one_is_decoded_at_a_time() {
        let (large, small) = (stream(27, 100, false), stream(20, 100, false));
        let now = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let permit = DecodingPermit::wait(Compression::Zstd, &large, || Ok(())).unwrap();
                        assert_eq!(permit.most_log(), MOST_LOG);
                        assert_eq!(now.fetch_add(1, Ordering::SeqCst), 0);
                        // Small ones do not wait for it.
                        assert_eq!(
                            DecodingPermit::wait(Compression::Zstd, &small, || Ok(())).unwrap().most_log(),
                            FREE_LOG
                        );
                        now.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn a_file_that_waits_can_be_stopped() {
        let large = stream(27, 100, false);
        let permit = DecodingPermit::wait(Compression::Zstd, &large, || Ok(())).unwrap();
        let mut asked = 0;
        let stopped = DecodingPermit::wait(Compression::Zstd, &large, || {
            asked += 1;
            if asked == 2 { Err(io::Error::other("interrupted")) } else { Ok(()) }
        });
        assert_eq!(stopped.err().map(|error| error.to_string()).as_deref(), Some("interrupted"));
        drop(permit);
        assert!(DecodingPermit::wait(Compression::Zstd, &large, || Ok(())).is_ok());
    }
}
