//! Files in other encodings: every byte is in one output, places are those of the file, and neither chunks nor reads show.
//!
//! The first byte names one of all encodings that are read.
#![no_main]

mod in_pieces;

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use in_pieces::InPieces;
use libfuzzer_sys::fuzz_target;
use sluice_engine::descriptor::{self, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, StoredFile};
use sluice_engine::report::{Reject, Verdict};

/// All encodings of the WHATWG that decode, by their names.
const NAMES: [&str; 37] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-jp",
    "shift_jis",
    "euc-kr",
];

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

/// A check for each encoding: of two columns without a header.
fn check(number: u8) -> Option<&'static Check> {
    static CHECKS: OnceLock<Vec<Option<Check>>> = OnceLock::new();
    let checks = CHECKS.get_or_init(|| {
        let check = |name: &str| {
            let text = format!(
                r#"{{"encoding":"{name}","dialect":{{"header":false}},"schema":{{"fields":[{{"name":"a"}},{{"name":"b"}}]}}}}"#
            );
            let read = descriptor::read("resource.json", text.as_bytes(), &Nothing).ok()?;
            Some(Check::new(&read, None))
        };
        NAMES.iter().map(|name| check(name)).collect()
    });
    checks[usize::from(number) % NAMES.len()].as_ref()
}

fn run(check: &Check, file: &[u8], chunk_bytes: usize, most: usize) -> (Outcome, Vec<u8>, Vec<u8>) {
    let (mut clean, mut rejects) = (Vec::new(), Vec::new());
    let outputs =
        Outputs { clean: Some(Box::new(&mut clean)), rejects: Some(Box::new(&mut rejects)), ..Outputs::default() };
    let options = Options { threads: NonZeroUsize::MIN, chunk_bytes };
    let stored = StoredFile { body: InPieces { bytes: file, most }, bytes: None, compression: None };
    match check.run(stored, outputs, &options, &|_| {}) {
        Ok(outcome) => (outcome, clean, rejects),
        Err(error) => panic!("{error}"),
    }
}

/// Fails unless the clean rows are the file without some pieces, each of which begins where a reject says, and without blank lines.
fn hold(file: &[u8], clean: &[u8], rejects: &[u8], outcome: &Outcome) {
    let lines = rejects.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let rejects: Vec<Reject> = lines
        .map(|line| serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", line.escape_ascii())))
        .collect();
    assert_eq!(rejects.len() as u64, outcome.rows.rejected);
    let mut before = None;
    for reject in &rejects {
        assert!(before < Some(reject.byte) && reject.byte < file.len() as u64, "{reject:?}");
        before = Some(reject.byte);
    }
    if outcome.rows.blank == 0 {
        let first = rejects.first().map_or(file.len(), |reject| reject.byte as usize);
        assert!(clean.len() >= first && clean[..first] == file[..first], "in front of the first reject");
        assert!(clean.len() <= file.len());
    }
}

fuzz_target!(|data: &[u8]| {
    let [name, chunk, piece, file @ ..] = data else { return };
    let Some(check) = check(*name) else { panic!("{name} is not read") };
    let (outcome, clean, rejects) = run(check, file, 512 << 10, usize::MAX);
    assert_eq!(outcome.rows.read, outcome.rows.clean + outcome.rows.rejected);
    if outcome.verdict != Verdict::Refused && outcome.rejects_omitted.is_none() {
        hold(file, &clean, &rejects, &outcome);
    }
    // Small chunks and small reads are the same file.
    let again = run(check, file, 1 + usize::from(*chunk), 1 + usize::from(*piece));
    assert_eq!((outcome.verdict, outcome.rows), (again.0.verdict, again.0.rows));
    assert_eq!(outcome.refusal, again.0.refusal);
    if outcome.verdict != Verdict::Refused {
        assert!(clean == again.1, "the clean rows depend on the chunks");
        assert!(rejects == again.2, "the rejects depend on the chunks");
    }
});
