//! The whole check on foreign bytes: nothing panics, rows conserve, chunks do not show in reports and outputs.
#![no_main]

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluice_engine::compression::Compression;
use sluice_engine::descriptor::{self, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, StoredFile};

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        panic!("the descriptors here refer to nothing, not to {name}")
    }
}

const DESCRIPTORS: [&str; 7] = [
    "{}",
    r#"{"encoding": "detect"}"#,
    r#"{"encoding": "gb18030", "dialect": {"header": false}}"#,
    r#"{"encoding": "iso-2022-jp", "dialect": {"header": false}, "sluice": {"output": {"encoding": "utf-8"}}}"#,
    r#"{"encoding": "utf-16", "dialect": {"header": false}, "sluice": {"limits": {"recordBytes": 1024}}}"#,
    r#"{"dialect": {"header": false}, "schema": {"fields": [
        {"name": "a", "type": "integer", "constraints": {"minimum": 0}}, {"name": "b", "type": "datetime", "format": "any"},
        {"name": "c", "type": "number", "bareNumber": false, "groupChar": "'"}, {"name": "d", "type": "date", "format": "%d %b %y"}]}}"#,
    r##"{"dialect": {"delimiter": ";", "escapeChar": "\\", "commentChar": "#", "skipInitialSpace": true},
        "schema": {"fieldsMatch": "partial", "fields": [{"name": "a", "format": "uri", "type": "string"},
        {"name": "b", "type": "string", "constraints": {"pattern": "\\p{L}*", "maxLength": 3}}, {"name": "c", "type": "boolean"}]},
        "sluice": {"redact": ["a"], "limits": {"recordBytes": 1024, "columns": 8, "rejectBytes": 500}}}"##,
];

static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
    DESCRIPTORS
        .iter()
        .map(|text| match descriptor::read("resource.json", text.as_bytes(), &Nothing) {
            Ok(descriptor) => Check::new(&descriptor, None),
            Err(mistakes) => panic!("{mistakes}"),
        })
        .collect()
});

fn run(
    check: &Check,
    file: &[u8],
    compression: Option<Compression>,
    chunk_bytes: usize,
) -> (Outcome, Vec<u8>, Vec<u8>) {
    let options = Options { threads: NonZeroUsize::MIN, chunk_bytes };
    let (mut clean, mut rejects) = (Vec::new(), Vec::new());
    let outputs =
        Outputs { clean: Some(Box::new(&mut clean)), rejects: Some(Box::new(&mut rejects)), ..Outputs::default() };
    match check.run(StoredFile { compression, ..StoredFile::from(file) }, outputs, &options, &|_| {}) {
        Ok(outcome) => (outcome, clean, rejects),
        Err(error) => panic!("{error}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let [which, chunk, file @ ..] = data else { return };
    let check = &CHECKS[usize::from(*which) % CHECKS.len()];
    let compression = match which / 32 {
        3 => Some(Compression::Gzip),
        4 => Some(Compression::Zstd),
        5 => Some(Compression::Bzip2),
        6 => Some(Compression::Xz),
        7 => Some(Compression::Zip),
        _ => None,
    };
    let whole = run(check, file, compression, 1 << 20);
    assert_eq!(whole.0.rows.read, whole.0.rows.clean + whole.0.rows.rejected);
    let cut = run(check, file, compression, usize::from(*chunk) + 1);
    assert_eq!(format!("{:?}", whole.0), format!("{:?}", cut.0));
    // What a refused file has written is thrown away.
    let is_kept = whole.0.refusal.is_none();
    assert!(!is_kept || whole.1 == cut.1 && whole.2 == cut.2, "chunks show in the outputs");
});
