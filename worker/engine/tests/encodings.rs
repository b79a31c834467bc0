//! Files in other encodings are checked as if they were in UTF-8, and stay as they are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};
use proptest::prelude::*;
use sluice_engine::codes::RefusalCode;
use sluice_engine::report::{Reject, Verdict};
use support::{Checked, check, check_with, raw};

/// Returns a descriptor with the property `encoding`, and the properties `more`.
fn descriptor(encoding: &str, more: &str) -> String {
    format!(
        r#"{{"encoding": "{encoding}", {more} "schema": {{"fields": [{{"name": "a"}}, {{"name": "b", "type": "integer"}},
        {{"name": "c", "type": "string", "constraints": {{"maxLength": 3, "unique": true}}}}]}}, "dialect": {{"commentChar": "~"}}}}"#
    )
}

/// Encodes a text; the encoding must have all of its characters.
fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    match encoding {
        _ if encoding == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ if encoding == UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => {
            let (bytes, _, has_faults) = encoding.encode(text);
            assert!(!has_faults, "{text} in {}", encoding.name());
            bytes.into_owned()
        }
    }
}

const ENCODINGS: [&Encoding; 8] = [WINDOWS_1252, UTF_16LE, UTF_16BE, SHIFT_JIS, GB18030, BIG5, EUC_KR, ISO_2022_JP];

/// Texts of an encoding, among them characters whose second byte is a delimiter, a quote or a letter in ASCII, if the
/// encoding has such characters.
fn texts(encoding: &'static Encoding) -> &'static [&'static str] {
    match encoding.name() {
        "windows-1252" => &["é", "ß€", "“x”", "a"],
        "UTF-16LE" | "UTF-16BE" => &["é", "Ċ", "∊", "Ⱒ", "😀", "日本"],
        "Shift_JIS" => &["表", "ソ", "ｱ", "本", "ポ"],
        "GB18030" => &["é", "乗", "\u{20000}", "中"],
        "Big5" => &["許", "功", "蓋"],
        "EUC-KR" => &["한", "글", "똠"],
        _ => &["日本", "ア", "a"],
    }
}

fn file() -> impl Strategy<Value = (&'static Encoding, String)> {
    prop::sample::select(&ENCODINGS[..]).prop_flat_map(|encoding| {
        let cell = prop_oneof![
            3 => prop::sample::select(texts(encoding)).prop_map(str::to_owned),
            3 => "[0-9]{1,3}",
            1 => prop::sample::select(texts(encoding)).prop_map(|text| format!("\"{text},\n{text}\"")),
            1 => Just("x\"y".to_owned()),
        ];
        let row = prop::collection::vec(cell, 1..5).prop_map(|cells| cells.join(","));
        let line = prop_oneof![12 => row, 1 => Just(String::new()), 1 => Just("~ é".to_owned())];
        let lines = prop::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n")]), 0..40);
        (lines, any::<bool>()).prop_map(move |(lines, is_marked)| {
            let lines: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
            let is_marked = is_marked && encoding.name().starts_with("UTF-16");
            let text = format!("{}a,b,c\n{lines}", if is_marked { "\u{feff}" } else { "" });
            // Not every encoding has `é`.
            (
                encoding,
                if ["windows-1252", "UTF-16LE", "UTF-16BE", "GB18030"].contains(&encoding.name()) {
                    text
                } else {
                    text.replace('é', "e")
                },
            )
        })
    })
}

/// Returns all rejects of the file.
fn all_rejects(checked: &Checked) -> Vec<Reject> {
    let lines = checked.rejects.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Returns the rejects without their offsets in the file.
fn without_bytes(checked: &Checked) -> Vec<Reject> {
    checked
        .rejects
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Reject { byte: 0, ..serde_json::from_slice(line).unwrap() })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// A file in an encoding has the same outcome as the file in UTF-8; its clean rows are those of the file in UTF-8,
    /// encoded; and its rejects stand at the offsets that they state.
    #[test]
    fn an_encoding_changes_nothing_but_the_bytes((encoding, text) in file(), chunk_bytes in 1usize..300, threads in 1usize..4) {
        let bytes = encode(&text, encoding);
        let described = descriptor(encoding.name(), "");
        let whole = check(&described, &bytes);
        prop_assert_eq!(&whole, &check_with(&described, &bytes, None, threads, chunk_bytes));
        let in_utf8 = check(&descriptor("utf-8", ""), text.as_bytes());
        prop_assert_eq!(whole.outcome.rows, in_utf8.outcome.rows);
        prop_assert_eq!(&whole.outcome.errors, &in_utf8.outcome.errors);
        prop_assert_eq!(&whole.outcome.fields, &in_utf8.outcome.fields);
        prop_assert_eq!(without_bytes(&whole), without_bytes(&in_utf8));
        prop_assert_eq!(&whole.outcome.encoding, &encoding.name().to_ascii_lowercase());
        prop_assert_eq!(&whole.clean, &encode(str::from_utf8(&in_utf8.clean).unwrap(), encoding));
        for line in whole.rejects.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let reject: Reject = serde_json::from_slice(line).unwrap();
            let there = encode(reject.raw.as_deref().unwrap(), encoding);
            prop_assert!(bytes[reject.byte as usize..].starts_with(&there), "{reject:?}");
        }
        let again = check(&described, &whole.clean);
        prop_assert_eq!(&again.clean, &whole.clean);
        let transcoded = check_with(&descriptor(encoding.name(), r#""sluice": {"output": {"encoding": "utf-8"}},"#), &bytes, None, threads, chunk_bytes);
        prop_assert_eq!(str::from_utf8(&transcoded.clean).unwrap(), str::from_utf8(&in_utf8.clean).unwrap().trim_start_matches('\u{feff}'));
    }

    /// No bytes cause a panic, chunks change nothing, and whatever is neither rejected nor blank is in the clean file.
    #[test]
    fn any_bytes_in_any_encoding_are_checked_the_same_at_every_size(
        encoding in prop::sample::select(&ENCODINGS[..]),
        parts in prop::collection::vec(prop_oneof![3 => "[a,0-9\n\"]{1,5}".prop_map(String::into_bytes), 2 => prop::collection::vec(any::<u8>(), 1..5)], 0..60),
        chunk_bytes in 1usize..200, threads in 1usize..4,
    ) {
        let bytes = [encode("a,b,c\n", encoding), parts.concat()].concat();
        let described = descriptor(encoding.name(), "");
        let whole = check(&described, &bytes);
        prop_assert_eq!(&whole, &check_with(&described, &bytes, None, threads, chunk_bytes));
        prop_assert_eq!(whole.outcome.rows.read, whole.outcome.rows.clean + whole.outcome.rows.rejected);
        for line in whole.rejects.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let reject: Reject = serde_json::from_slice(line).unwrap();
            if reject.raw_base64.is_some() {
                prop_assert!(bytes[reject.byte as usize..].starts_with(&raw(&reject)), "{reject:?}");
            }
        }
    }
}

#[test]
fn a_file_of_dos_is_not_said_to_be_of_windows() {
    let checked = check("{}", b"name,city\nM\x81ller,K\x94ln\nBj\x94rn,x\nJ\x81rgen,y\n");
    assert_eq!(
        checked.outcome.samples[0].errors[0].message,
        "the cell is not valid UTF-8: byte 0x81 at byte 11 of the file; the file is probably in a code page of DOS, which is not read: \
         convert it (iconv -f CP850 -t UTF-8)"
    );
}

#[test]
fn a_fault_says_which_byte_stands_where_and_what_the_file_probably_is() {
    let file = "name,city\nFrançois,Besançon\nSeñor,Coruña\nanna,Genf\n".chars().map(|c| c as u8).collect::<Vec<_>>();
    let checked = check("{}", &file);
    assert_eq!(checked.clean, b"name,city\nanna,Genf\n");
    let lines: Vec<Reject> = checked
        .rejects
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(
        lines[0].errors[0].message,
        "the cell is not valid UTF-8: byte 0xE7 at byte 14 of the file; the file is probably in windows-1252: write \"encoding\": \
         \"windows-1252\" in its descriptor"
    );
    assert_eq!(raw(&lines[1]), &file[28..40]);
    assert_eq!(checked.outcome.samples[0].errors[0].message, lines[0].errors[0].message);
    // With the advice of the message followed, the file is clean.
    let declared = check(r#"{"encoding": "windows-1252"}"#, &file);
    assert_eq!((declared.outcome.verdict, &declared.clean), (Verdict::Clean, &file));
    let detected = check(r#"{"encoding": "detect"}"#, &file);
    assert_eq!((detected.outcome.encoding.as_str(), &detected.clean), ("windows-1252", &file));
}

#[test]
fn a_lone_surrogate_and_half_a_unit_are_faults_of_their_rows() {
    let mut file = encode("\u{feff}a,b\nx,1\ny,2\nz,3", UTF_16LE);
    file[10..12].copy_from_slice(&[0x3d, 0xd8]);
    file.push(0x30);
    let checked = check("{}", &file);
    assert_eq!(checked.clean, encode("\u{feff}a,b\ny,2\n", UTF_16LE));
    let messages: Vec<&str> = checked.outcome.samples.iter().map(|reject| reject.errors[0].message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the cell is not valid UTF-16LE: bytes 0x3D 0xD8 at byte 10 of the file",
            "the cell is not valid UTF-16LE: byte 0x30 at byte 32 of the file",
        ]
    );
    assert_eq!(checked.outcome.samples[0].byte, 10);
}

#[test]
fn a_redacted_cell_does_not_tell_its_byte() {
    let text = r#"{"schema": {"fields": [{"name": "a"}, {"name": "b"}]}, "sluice": {"redact": ["b"]}}"#;
    let checked = check(text, b"a,b\n1,\xe9\n");
    let message = &checked.outcome.samples[0].errors[0].message;
    assert!(message.starts_with("the cell is not valid UTF-8: a byte at byte 6 of the file"), "{message}");
    assert!(!String::from_utf8(checked.rejects).unwrap().contains("E9"));
}

#[test]
fn ascii_takes_no_other_byte() {
    let checked = check(r#"{"encoding": "us-ascii"}"#, "a,b\n1,é\n2,3\n".as_bytes());
    assert_eq!(checked.clean, b"a,b\n2,3\n");
    assert!(
        checked.outcome.samples[0].errors[0].message.starts_with("the cell is not valid US-ASCII: byte 0xC3 at byte 6")
    );
    assert_eq!(raw(&checked.outcome.samples[0]), "1,é".as_bytes());
}

#[test]
fn a_byte_order_mark_wins_and_the_difference_is_told() {
    let checked = check(r#"{"encoding": "latin_1"}"#, "\u{feff}a,b\né,1\n".as_bytes());
    assert_eq!((checked.outcome.encoding.as_str(), checked.outcome.verdict), ("utf-8", Verdict::Clean));
    assert!(checked.outcome.encoding_note.unwrap().contains("the byte order mark"));
    assert_eq!(checked.outcome.fields[0].name, "a");
}

#[test]
fn a_file_of_a_byte_order_mark_alone_is_kept_as_it_is() {
    let descriptor = |encoding: &str, output: &str| {
        format!(
            r#"{{"encoding": "{encoding}", "dialect": {{"header": false}}, "schema": {{"fields": [{{"name": "a"}}]}},
            "sluice": {{"output": {{{output}}}}}}}"#
        )
    };
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    for mark in marks {
        for encoding in ["utf-8", "utf-16le", "big5"] {
            let whole = check(&descriptor(encoding, ""), mark);
            assert_eq!((whole.outcome.verdict, &*whole.clean), (Verdict::Clean, mark), "{encoding}");
            assert_eq!(check_with(&descriptor(encoding, ""), mark, None, 2, 1).clean, mark);
        }
    }
    assert_eq!(check(&descriptor("utf-16le", r#""encoding": "utf-8""#), b"\xff\xfe").clean, b"");
}

#[test]
fn a_label_that_is_not_of_the_encoding_refuses_the_file() {
    let refusal = check("{}", b"a,gr\xf6\xdfe\n1,2\n").outcome.refusal.unwrap();
    assert_eq!(refusal.code, RefusalCode::EncodingError);
    assert!(
        refusal.message.starts_with("label 2 of the header is not valid UTF-8; the file is probably in"),
        "{}",
        refusal.message
    );
}

/// Lines over the limit and endless blank lines are passed without keeping their bytes; the records behind them are found.
#[test]
fn what_is_passed_over_does_not_disturb_the_places() {
    let limit = r#""sluice": {"limits": {"recordBytes": 1024}},"#;
    let long = "ä".repeat(3_000_000);
    let text =
        format!("a,b,c\n{}é,1,x\n{long},2,3\nü,x,y\n{}\nö,4,z\n", "\n".repeat(2_000_000), "é\"é".repeat(100_000));
    for encoding in [WINDOWS_1252, UTF_16LE] {
        let bytes = encode(&text, encoding);
        let checked = check(&descriptor(encoding.name(), limit), &bytes);
        assert_eq!(checked.clean, encode("a,b,c\né,1,x\nö,4,z\n", encoding));
        assert_eq!((checked.outcome.rows.rejected, checked.outcome.rows.blank), (3, 2_000_000));
        for reject in all_rejects(&checked) {
            // The part that is kept of the last record ends within a character.
            let there = reject.raw.as_ref().map_or_else(|| raw(&reject), |text| encode(text, encoding));
            assert!(there.len() >= 5 && bytes[reject.byte as usize..].starts_with(&there), "{reject:?}");
        }
    }
}
