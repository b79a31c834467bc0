//! Streams of every format: whole, cut, damaged, too large, and with other bytes behind them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::io::Write;

use super::*;
use crate::codes::Refusal;
use crate::read::refusal::refusal_of;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read_all(stored: &[u8], compression: Option<Compression>, limits: Limits) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    let settings = ReadSettings { limits, ..ReadSettings::default() };
    open(StoredFile { body: stored, bytes: Some(stored.len() as u64), compression }, settings, &|_| {})?
        .reader
        .read_to_end(&mut decoded)?;
    Ok(decoded)
}

fn refusal(stored: &[u8], compression: Option<Compression>, limits: Limits) -> Refusal {
    refusal_of(read_all(stored, compression, limits).unwrap_err()).unwrap()
}

#[test]
fn a_compressed_file_whose_name_does_not_say_it_is_refused_with_what_to_write() {
    let names = ["gz", "zst", "bz2", "xz", "zip"];
    for ((stored, compression), name) in stored(b"a,b\n1,2\n").into_iter().zip(names) {
        let refusal = refusal(&stored, None, Limits::default());
        assert_eq!(refusal.code, RefusalCode::SourceError);
        let remedy = format!("with the suffix .{name}, or write \"compression\": \"{name}\" in its descriptor");
        assert!(refusal.message.contains(&remedy), "{compression:?}: {}", refusal.message);
    }
}

#[test]
fn concatenated_members_and_frames_are_one_stream() {
    let both = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
    assert_eq!(read_all(&both, Some(Compression::Gzip), Limits::default()).unwrap(), b"a,b\n1,2\n");
    let frames = [zstd::encode_all(&b"a,b\n"[..], 3).unwrap(), zstd::encode_all(&b"1,2\n"[..], 3).unwrap()].concat();
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

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8], preset: u32) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), preset);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut archive = crate::emit::zip_file::ZipFile::new(Vec::new(), 6).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap()
}

/// Returns the text in every format.
fn stored(text: &[u8]) -> [(Vec<u8>, Compression); 5] {
    [
        (gzip(text), Compression::Gzip),
        (zstd_with_checksum(text), Compression::Zstd),
        (bzip2(text), Compression::Bzip2),
        (xz(text, 6), Compression::Xz),
        (zip(text), Compression::Zip),
    ]
}

#[test]
fn every_truncation_of_a_compressed_stream_is_refused() {
    let text = b"id,name\n1,one\n2,two\n".repeat(50);
    for (stored, compression) in stored(&text) {
        assert_eq!(read_all(&stored, Some(compression), Limits::default()).unwrap(), text);
        for length in 0..stored.len() {
            let refusal = refusal(&stored[..length], Some(compression), Limits::default());
            assert_eq!(refusal.code, RefusalCode::SourceError, "{compression:?} cut to {length}");
            let is_told = ["truncated", "is empty", "are not a"].iter().any(|words| refusal.message.contains(words));
            assert!(is_told, "{compression:?} cut to {length}: {}", refusal.message);
        }
    }
}

#[test]
fn flipped_bits_are_refused_or_change_nothing() {
    let text = b"id,name\n1,one\n2,two\n".repeat(50);
    for (stored, compression) in stored(&text) {
        for at in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[at] ^= 0x10;
            // A damaged header may change names, times and the like, which are not part of the data.
            if let Ok(decoded) = read_all(&damaged, Some(compression), Limits::default()) {
                assert_eq!(decoded, text, "{compression:?} {at}");
            }
        }
    }
}

#[test]
fn tiny_bzip2_streams_are_refused() {
    let file = |streams: usize| [bzip2(b"a,b\n"), bzip2(b"").repeat(streams - 1)].concat();
    let read = |stored: &[u8]| read_all(stored, Some(Compression::Bzip2), Limits::default());
    assert_eq!(read(&file(1_000)).unwrap(), b"a,b\n");
    let refusal = refusal(&file(1_001), Some(Compression::Bzip2), Limits::default());
    assert_eq!(
        refusal.message,
        "the first 1000 bzip2 streams have 4 decoded bytes, fewer than 1000 each; compress the file in one piece and upload it again"
    );
    // Streams of a thousand bytes are read, however many they are.
    let rows = b"1,2\n".repeat(250);
    assert_eq!(read(&bzip2(&rows).repeat(1_100)).unwrap(), rows.repeat(1_100));
}

#[test]
fn streams_that_follow_each_other_are_one_and_padding_is_passed_over() {
    for (one, compression) in stored(b"a,b\n").into_iter().filter(|(_, compression)| *compression != Compression::Zip) {
        let two = stored(b"1,2\n").into_iter().find(|(_, other)| *other == compression).unwrap().0;
        let both = [one, two].concat();
        assert_eq!(read_all(&both, Some(compression), Limits::default()).unwrap(), b"a,b\n1,2\n");
        if compression != Compression::Zstd {
            let padded = [both, vec![0; 512]].concat();
            assert_eq!(
                read_all(&padded, Some(compression), Limits::default()).unwrap(),
                b"a,b\n1,2\n",
                "{compression:?}"
            );
        }
    }
    let padded = [zip(b"a,b\n"), vec![0; 512]].concat();
    assert_eq!(read_all(&padded, Some(Compression::Zip), Limits::default()).unwrap(), b"a,b\n");
}

#[test]
fn what_stands_behind_a_stream_is_named_and_not_called_truncated() {
    for (stored, compression) in stored(b"a,b\n1,2\n") {
        let surplus = [stored, b"TRAILER".to_vec()].concat();
        let message = refusal(&surplus, Some(compression), Limits::default()).message;
        assert!(!message.contains("truncated"), "{compression:?}: {message}");
        if compression != Compression::Zstd {
            assert!(
                message.starts_with("after the end of the") && message.contains("0x54"),
                "{compression:?}: {message}"
            );
        }
    }
    let surplus = [gzip(b"a,b\n"), vec![0; 70_000], b"x".to_vec()].concat();
    let message = refusal(&surplus, Some(Compression::Gzip), Limits::default()).message;
    assert!(message.contains("zero bytes and other bytes (0x78 …)"), "{message}");
}

#[test]
fn dictionaries_of_xz_are_bounded() {
    let with_dictionary = |bytes: u32| {
        let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        options.dict_size(bytes);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        let stream = liblzma::stream::Stream::new_stream_encoder(&filters, liblzma::stream::Check::Crc64).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"a,b\n1,2\n").unwrap();
        encoder.finish().unwrap()
    };
    let (small, large, huge) = (with_dictionary(8 << 20), with_dictionary(128 << 20), with_dictionary(256 << 20));
    for stored in [&small, &large] {
        assert_eq!(read_all(stored, Some(Compression::Xz), Limits::default()).unwrap(), b"a,b\n1,2\n");
    }
    for stored in [huge, [small, large].concat()] {
        let message = refusal(&stored, Some(Compression::Xz), Limits::default()).message;
        assert!(message.contains("a dictionary of more than 128 MiB"), "{message}");
    }
}

#[test]
fn every_format_is_capped() {
    for (stored, compression) in stored(&vec![b'x'; 16 << 20]) {
        let refusal = refusal(&stored, Some(compression), Limits::default());
        assert_eq!(refusal.code, RefusalCode::ExpansionLimit, "{compression:?}");
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
    for (magic, code, message) in crate::read::signature::SIGNATURES {
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
    let error = open(
        StoredFile { body: broken, bytes: None, compression: Some(Compression::Gzip) },
        ReadSettings::default(),
        &|_| {},
    )
    .and_then(|mut opened| opened.reader.read_to_end(&mut decoded))
    .unwrap_err();
    assert_eq!(refusal_of(error).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}
