//! The transcoded text and the way back to the file, compared with decoding one character at a time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read;
use std::sync::Arc;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_2022_JP, ISO_8859_2, ISO_8859_15, KOI8_R, SHIFT_JIS,
    UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
};
use proptest::prelude::*;

use crate::encoding::coding::{Coding, DecoderState, MALFORMED, Undecoded, ascii_prefix};
use crate::encoding::source_map::{MappedOffset, SourceMap};
use crate::encoding::transcoder::Transcoder;

const ALL: [&Encoding; 17] = [
    BIG5,
    EUC_JP,
    EUC_KR,
    GB18030,
    GBK,
    IBM866,
    ISO_2022_JP,
    ISO_8859_2,
    ISO_8859_15,
    KOI8_R,
    SHIFT_JIS,
    UTF_16BE,
    UTF_16LE,
    WINDOWS_1251,
    WINDOWS_1252,
    WINDOWS_1253,
    encoding_rs::MACINTOSH,
];

/// Byte sequences that some encoding does not have, or decodes in an unusual way.
const FAULTS: [&[u8]; 9] =
    [b"\x81\x30", b"\x81\x30\x81", b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b$B\x1b(B", b"\x00\xd8", b"\xd8\x00", b"\xfe"];

fn codings() -> impl Strategy<Value = Coding> {
    prop_oneof![16 => prop::sample::select(&ALL[..]).prop_map(Coding::Other), 1 => Just(Coding::Ascii)]
}

/// Generates bytes that are mostly characters of the encoding, with some that are not.
fn bytes(coding: Coding) -> impl Strategy<Value = Vec<u8>> {
    let characters = prop_oneof![
        4 => "[a-c,\"\n]{1,4}",
        1 => "[a-c,\"\n]{10,90}",
        3 => prop::sample::select(&["é", "ß€", "日本", "編号", "한글", "Привет", "αβ", "ｱ", "𠀋", "😀", "¥", "ő", "\u{ca}\u{304}"][..]).prop_map(str::to_owned),
    ];
    let encoded = move |text: String| match coding {
        Coding::Other(encoding) if encoding == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Coding::Other(encoding) if encoding == UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Coding::Other(encoding) => encoding.encode(&text).0.into_owned(),
        Coding::Utf8 | Coding::Ascii => text.into_bytes(),
    };
    let part = prop_oneof![
        12 => characters.prop_map(encoded),
        1 => prop::collection::vec(any::<u8>(), 1..4),
        1 => prop::sample::select(&FAULTS[..]).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

/// What the transcoder has to return.
struct Oracle {
    text: Vec<u8>,
    /// For each byte of the text and for its end the offset in the file, if a character begins there.
    places: Vec<Option<u64>>,
}

/// Decodes one character at a time.
fn oracle(coding: Coding, bytes: &[u8]) -> Oracle {
    let (mut text, mut places) = (Vec::new(), Vec::new());
    let mut read = 0;
    let mut room = [0; 64];
    while read < bytes.len() {
        let state = DecoderState::default().behind(bytes, 0..read, coding);
        let step = (1..=bytes.len() - read)
            .map(|length| {
                let is_last = read + length == bytes.len();
                coding.decode(state, Undecoded { bytes: &bytes[read..read + length], is_last }, &mut room)
            })
            .find(|step| step.written > 0);
        let Some(step) = step else { break };
        places.push(Some(read as u64));
        // An offset inside a character has no counterpart in the file, and neither has one inside a malformed sequence with bytes that were put
        // back.
        places.extend((1..step.written).map(|_| None));
        text.extend_from_slice(&room[..step.written]);
        read += step.read;
    }
    places.push(Some(bytes.len() as u64));
    Oracle { text, places }
}

/// The sizes of reads: most bytes that the transcoder gets at once, and bytes that it is asked for at once.
#[derive(Clone, Copy, Debug)]
struct Steps {
    given: usize,
    asked: usize,
}

fn steps() -> impl Strategy<Value = Steps> {
    (1..200usize, 1..300usize).prop_map(|(given, asked)| Steps { given, asked })
}

/// A reader that returns at most this many bytes at a time.
struct Stutter<'a>(&'a [u8], usize);

impl Read for Stutter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(self.1).min(self.0.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// Returns the text that the transcoder returns with these sizes of reads, and the pieces.
fn transcoded(coding: Coding, bytes: &[u8], steps: Steps) -> (Vec<u8>, Arc<SourceMap>) {
    let source_map = Arc::new(SourceMap::new(u64::MAX));
    let mut transcoder = Transcoder::new(Stutter(bytes, steps.given), coding, Arc::clone(&source_map));
    let mut text = Vec::new();
    let mut buffer = vec![0; steps.asked];
    loop {
        match transcoder.read(&mut buffer).unwrap() {
            0 => return (text, source_map),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn ascii_ends_at_the_first_other_byte(count in 0_usize..10_000, others in prop::collection::vec((0_usize..10_000, 0x80_u8..), 0..3)) {
        let mut bytes = vec![b'a'; count];
        for (at, other) in others {
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = other);
        }
        prop_assert_eq!(ascii_prefix(&bytes), bytes.iter().position(|byte| *byte > 0x7f).unwrap_or(count));
    }

    /// Whatever the sizes of reads are, the text is the same, and each character has its offset in the file.
    #[test]
    fn text_and_places_are_those_of_one_character_after_the_other(
        (coding, bytes) in codings().prop_flat_map(|coding| (Just(coding), bytes(coding))),
        steps in steps(),
        cut in any::<prop::sample::Index>(),
    ) {
        let Oracle { text: expected, places } = oracle(coding, &bytes);
        let (text, source_map) = transcoded(coding, &bytes, steps);
        prop_assert_eq!(&text, &expected, "{:?}", coding);
        // The text is cut into two chunks, the first of which ends behind a character.
        let ends: Vec<usize> = (0..places.len()).filter(|&at| places[at].is_some()).collect();
        let cut = ends[cut.index(ends.len())];
        let mut whole = Vec::new();
        for range in [0..cut, cut..text.len()] {
            let chunk = source_map.take(range.start as u64..range.end as u64);
            let mut mapped = MappedOffset::default();
            let part = &text[range.clone()];
            let mut from = chunk.find(mapped, 0);
            for at in range.clone().chain([range.end]) {
                let Some(place) = places[at] else { continue };
                mapped = chunk.find(mapped, at - range.start);
                if !range.is_empty() {
                    prop_assert_eq!(mapped.source, place, "{:?} {} {:?} {:?}", coding, at, &bytes, &text);
                }
                whole.extend(chunk.bytes(from..mapped, part));
                from = mapped;
            }
        }
        // A file of nothing but escape sequences has no text, so none of its bytes are written.
        prop_assert!(whole == bytes || text.is_empty() && whole.is_empty(), "{:?} {:?}", coding, bytes);
        // Finds each offset from the start at once, and then the end from there. An offset inside a character is found where the character begins.
        let (text, source_map) = transcoded(coding, &bytes, steps);
        let chunk = source_map.take(0..text.len() as u64);
        for at in (0..=text.len()).filter(|_| !text.is_empty()) {
            let character = (0..=at).rev().find_map(|at| places[at]);
            let mapped = chunk.find(MappedOffset::default(), at);
            prop_assert_eq!(Some(mapped.source), character, "{:?} {} {:?} {:?}", coding, at, &bytes, &text);
            for next in (at..=text.len()).take(9).filter(|&next| places[next].is_some()) {
                prop_assert_eq!(Some(chunk.find(mapped, next).source), places[next], "{:?} {} {} {:?}", coding, at, next, &bytes);
            }
        }
    }

    /// Bytes that are valid in the encoding are decoded as `encoding_rs` decodes them in one piece.
    #[test]
    fn text_without_a_fault_is_that_of_the_crate(
        (coding, bytes) in codings().prop_flat_map(|coding| (Just(coding), bytes(coding))),
        steps in steps(),
    ) {
        let Coding::Other(encoding) = coding else { return Ok(()) };
        let (text, _) = transcoded(coding, &bytes, steps);
        let (whole, has_faults) = encoding.decode_without_bom_handling(&bytes);
        prop_assert_eq!(text.contains(&MALFORMED), has_faults, "{:?} {:?}", coding, &bytes);
        let text: Vec<u8> = text.split(|&byte| byte == MALFORMED).collect::<Vec<_>>().join("\u{fffd}".as_bytes());
        prop_assert_eq!(text, whole.as_bytes(), "{:?} {:?}", coding, bytes);
    }
}

#[test]
fn ascii_is_read_in_place_and_is_one_piece() {
    let bytes = b"a,b\n1,2\n".repeat(100_000);
    for coding in [Coding::Ascii, Coding::Other(WINDOWS_1252), Coding::Other(SHIFT_JIS)] {
        let (text, source_map) = transcoded(coding, &bytes, Steps { given: 1 << 20, asked: 300_000 });
        assert_eq!(text, bytes);
        assert_eq!(
            source_map.take(0..bytes.len() as u64).held_bytes() / size_of::<crate::encoding::source_map::Piece>(),
            4
        );
    }
}

#[test]
fn what_is_passed_is_not_kept() {
    let bytes = "é".repeat(2_000_000).into_bytes();
    let source_map = Arc::new(SourceMap::new(1 << 20));
    let passed = source_map.passed();
    let mut transcoder = Transcoder::new(&bytes[..], Coding::Other(WINDOWS_1252), Arc::clone(&source_map));
    let mut buffer = vec![0; 100_000];
    let mut most = 0;
    let mut given = 0;
    // First a tokenizer that goes on cutting records, then one that searches for the end of a line for ever.
    loop {
        let count = transcoder.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        given += count as u64;
        if given < 2_000_000 {
            passed.store(given, std::sync::atomic::Ordering::Relaxed);
        }
        most = most.max(source_map.held_bytes());
    }
    assert_eq!(given, 2 * bytes.len() as u64);
    assert!(most < 1_500_000, "{most}");
}

/// A malformed sequence at the end of a file may be a shorter one before further bytes: a piece that ends there has to keep these bytes.
#[test]
fn a_fault_at_the_end_of_a_piece_is_that_of_the_file() {
    let coding = Coding::Other(GB18030);
    for filler in 50..70 {
        let bytes = ["€".repeat(3).as_bytes(), &b"a".repeat(filler), b"\x80\x81\x30\x81\""].concat();
        let Oracle { places, .. } = oracle(coding, &bytes);
        for room in 64..80 {
            let (text, source_map) = transcoded(coding, &bytes, Steps { given: 33, asked: room });
            let chunk = source_map.take(0..text.len() as u64);
            for (at, place) in places.iter().enumerate() {
                if let Some(place) = place {
                    assert_eq!(chunk.find(MappedOffset::default(), at).source, *place, "{filler} {room} {at}");
                }
            }
        }
    }
}
