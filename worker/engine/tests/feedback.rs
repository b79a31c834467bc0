//! Rows for senders, compared with the rejects, which say the same for programs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;
use sluice_engine::FeedbackTable;
use sluice_engine::codes::Code;
use sluice_engine::descriptor::{Descriptor, FeedbackSettings, HashAlgorithm};
use sluice_engine::messages::Language;
use sluice_engine::pipeline::file::{Check, Options, Outputs, StoredFile};
use sluice_engine::report::Reject;
use support::{check_descriptor, read};

const DESCRIPTOR: &str = r#"{"schema": {"fields": [
    {"name": "id", "type": "integer", "constraints": {"required": true, "minimum": 0, "maximum": 99}},
    {"name": "name", "type": "string", "constraints": {"maxLength": 4, "pattern": "[a-zé\"\n ]*"}},
    {"name": "when", "type": "date"},
    {"name": "pin", "type": "string", "constraints": {"enum": ["1", "22"]}}
  ], "uniqueKeys": [["id", "name"]]},
  "sluice": SETTINGS}"#;

/// Returns a descriptor with rules, and with the settings given.
fn descriptor(settings: &str) -> Descriptor {
    let rules = r#"{"name": "few", "check": "id < 50", "message": "{id} of {name} with {pin} is too much", "help": "Send less."},
        {"name": "odd", "check": "id <> 3", "severity": "warning"}"#;
    let text = DESCRIPTOR.replace("SETTINGS", &format!(r#"{{"rules": [{rules}]{settings}}}"#));
    read(&text)
}

fn told(
    descriptor: &Descriptor,
    file: &[u8],
    asked: &FeedbackSettings,
    threads: usize,
    chunk_bytes: usize,
) -> FeedbackTable {
    let options = Options { threads: NonZeroUsize::new(threads).unwrap(), chunk_bytes };
    let outputs = Outputs { feedback: Some(asked.clone()), ..Outputs::default() };
    let check = Check::new(descriptor, None);
    let stored = StoredFile { body: file, bytes: Some(file.len() as u64), compression: None };
    let outcome = check.run(stored, outputs, &options, &|_| {}).unwrap();
    outcome.feedback.unwrap()
}

fn asked(rows: u64) -> FeedbackSettings {
    FeedbackSettings { rows, ..FeedbackSettings::default() }
}

const PIECES: [&[u8]; 20] = [
    b"1",
    b"3",
    b"77",
    b"120",
    b"x",
    b"ab",
    b"\xc3\xa9",
    b"\xff",
    b",",
    b",",
    b",",
    b"\n",
    b"\r\n",
    b"\"",
    b"\"a\nb\"",
    b"2020-02-29",
    b"2021-02-29",
    b"3,ab,2020-02-29,1\n",
    b"3,ab,2020-02-29,1\n",
    b"88,abcde,2021-02-29,7\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The rows for the sender are the first rejected rows, each with its faults, whatever the chunks and threads.
    #[test]
    fn the_first_rejected_rows_are_told(pieces in prop::collection::vec(0..PIECES.len(), 0..80), rows in 1..12u64, chunk in 20..200usize) {
        let mut file = b"id,name,when,pin\n".to_vec();
        file.extend(pieces.into_iter().flat_map(|piece| PIECES[piece].iter().copied()));
        let descriptor = descriptor("");
        let checked = check_descriptor(&descriptor, &file, None, 1, 1 << 20);
        let table = told(&descriptor, &file, &asked(rows), 1, 1 << 20);
        let rejects: Vec<Reject> = checked.rejects.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect();
        prop_assert_eq!(table.rejected.len() as u64, rows.min(checked.outcome.rows.rejected));
        for (row, reject) in table.rejected.iter().zip(&rejects) {
            prop_assert_eq!((row.record, row.line, row.more_faults), (reject.record, reject.line, 0));
            let codes = |code: &Code| code.name();
            prop_assert_eq!(
                row.faults.iter().map(|fault| codes(&fault.code)).collect::<Vec<_>>(),
                reject.errors.iter().map(|fault| codes(&fault.code)).collect::<Vec<_>>()
            );
            for (fault, of_reject) in row.faults.iter().zip(&reject.errors) {
                prop_assert_eq!(fault.column.map(|column| column as u64 + 1), of_reject.column);
                // The value of a fault is the cell of the row.
                if let (Some(column), Some(value), None) = (fault.column, &of_reject.value, &row.raw) {
                    prop_assert_eq!(row.cells.get(column), Some(value.as_str()));
                }
            }
        }
        let warned: u64 = checked.outcome.warnings.values().sum();
        let expected = warned.min(rows - table.rejected.len() as u64);
        prop_assert_eq!(table.warned.len() as u64, expected);
        // Each row can break one rule only.
        prop_assert_eq!(table.warned_rows, warned);
        for (threads, chunk) in [(1, chunk), (3, chunk)] {
            let other = told(&descriptor, &file, &asked(rows), threads, chunk);
            prop_assert_eq!(&other.rejected, &table.rejected);
            prop_assert_eq!(&other.warned, &table.warned);
            prop_assert_eq!(other.warned_rows, table.warned_rows);
        }
    }
}

#[test]
fn a_row_with_two_warnings_is_one_row() {
    let descriptor = read(
        r#"{"schema": {"fields": [{"name": "a", "type": "integer"}]}, "sluice": {"rules": [
            {"name": "odd", "check": "a <> 3", "severity": "warning"}, {"name": "few", "check": "a < 3", "severity": "warning"}]}}"#,
    );
    // Sixty-five rows and more of which each one is warned of, in chunks of one row and in one of all.
    let file = "a\n".to_owned() + &"3\n4\n1\nx\n".repeat(70);
    for chunk in [1, 1 << 20] {
        let table = told(&descriptor, file.as_bytes(), &asked(100), 2, chunk);
        assert_eq!((table.rejected.len(), table.warned.len(), table.warned_rows), (70, 30, 140));
        assert_eq!(table.warned[0].faults.len(), 2);
    }
}

#[test]
fn the_hash_for_the_sender_is_that_of_the_stored_file() {
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let digest = |descriptor: &str, feedback: Option<FeedbackSettings>| {
        let stored = StoredFile { body: &b"abc"[..], bytes: Some(3), compression: None };
        let outputs = Outputs { feedback, ..Outputs::default() };
        let check = Arc::new(Check::new(&read(descriptor), None)).of_file("a.csv");
        let outcome = check.run(stored, outputs, &Options::default(), &|_| {}).unwrap();
        let digest = outcome.digest.map(|digest| (digest.bytes, digest.hash(HashAlgorithm::Sha256).map(str::to_owned)));
        (digest, outcome.assertions.iter().map(|assertion| assertion.holds).collect::<Vec<_>>())
    };
    let expected = Some((3, Some(abc.to_owned())));
    let of_hash = |hash: &str| format!(r#"{{"path": "a.csv", "bytes": 3, "hash": "{hash}"}}"#);
    for (descriptor, holds) in [
        ("{}".to_owned(), vec![]),
        (of_hash(&format!("sha256:{abc}")), vec![true, true]),
        (of_hash("md5:900150983cd24fb0d6963f7d28e17f72"), vec![true, true]),
        (of_hash("md5:00000000000000000000000000000000"), vec![true, false]),
        // The check ends at the header; the hash is that of the whole file.
        (r#"{"schema": {"fields": [{"name": "b"}]}, "path": "a.csv", "bytes": 3}"#.to_owned(), vec![]),
    ] {
        assert_eq!(digest(&descriptor, Some(asked(9))), (expected.clone(), holds.clone()), "{descriptor}");
        assert_eq!(digest(&descriptor, None), (None, holds), "{descriptor}");
    }
}

#[test]
fn without_feedback_a_refused_file_need_not_end() {
    let stored = StoredFile { body: (&b"b\n"[..]).chain(std::io::repeat(b'1')), bytes: None, compression: None };
    let descriptor = r#"{"schema": {"fields": [{"name": "a"}]}, "path": "a.csv", "bytes": 3, "hash": "md5:00000000000000000000000000000000"}"#;
    let check = Arc::new(Check::new(&read(descriptor), None)).of_file("a.csv");
    let outcome = check.run(stored, Outputs::default(), &Options::default(), &|_| {}).unwrap();
    assert_eq!(outcome.assertions.len(), 0);
    assert!(outcome.refusal.is_some());
}

fn messages(table: &FeedbackTable) -> Vec<&str> {
    table.rejected.iter().flat_map(|row| row.faults.iter().map(|fault| fault.message.as_str())).collect()
}

#[test]
fn messages_are_in_the_language_of_the_sender() {
    let file = b"id,name,when,pin\nx,abcde,1.2.2024,9\n1,a,,1\n1,a,,1\n60,b,,22\n2,c\n";
    let of = |language| {
        told(&descriptor(""), file, &FeedbackSettings { language, ..FeedbackSettings::default() }, 1, 1 << 20)
    };
    let english = of(Language::English);
    assert_eq!(
        messages(&english),
        [
            "\"x\" is not a whole number",
            "\"abcde\" is too long; allowed: at most 4 characters",
            "\"1.2.2024\" is not a date (YYYY-MM-DD)",
            "\"9\" is not one of the allowed values",
            "The combination of \"id\", \"name\" was already used in line 3 and must be unique",
            "60 of b with 22 is too much",
            "The row has too few cells: 2 instead of 4",
        ]
    );
    let german = of(Language::German);
    assert_eq!(messages(&german)[0], "„x“ passt nicht: erwartet wird eine ganze Zahl");
    let rule = &english.rejected[2].faults[0];
    assert_eq!((rule.help.as_deref(), rule.column), (Some("Send less."), None));
    assert_eq!(&*english.rejected[0].faults[3].expected, "one of: 1, 22");
    // A row with too few cells has the cells that the record has.
    let short = &english.rejected[3];
    assert_eq!((short.cells.get(0), short.cells.count(), short.raw.as_deref()), (Some("2"), 2, Some("2,c")));
}

#[test]
fn nothing_of_a_redacted_column_is_told() {
    let file =
        b"id,name,when,pin\nx,a,,secret\n1,a,,secret\n60,b,,22\nsecret\n1,2,3,secret,5\nq\"secret\n3,secret,,22\n";
    let descriptor = descriptor(r#", "redact": ["pin"]"#);
    let table = told(&descriptor, file, &asked(99), 1, 1 << 20);
    assert_eq!(table.rejected.len(), 7);
    assert!(table.columns[3].redacted);
    let shown: Vec<String> =
        table.rejected.iter().filter(|row| row.record != 8).map(|row| format!("{row:?}")).collect();
    assert!(shown.iter().all(|row| !row.contains("secret")), "{shown:#?}");
    assert!(messages(&table).contains(&"The value is not one of the allowed values"));
    assert!(messages(&table).contains(&"60 of b with (not shown) is too much"));
}

#[test]
fn faults_of_a_row_are_told_up_to_a_number() {
    let fields: Vec<String> = (0..150).map(|number| format!(r#"{{"name":"c{number}","type":"integer"}}"#)).collect();
    let descriptor = read(&format!(r#"{{"schema":{{"fields":[{}]}},"dialect":{{"header":false}}}}"#, fields.join(",")));
    let table = told(&descriptor, vec!["x"; 150].join(",").as_bytes(), &asked(1), 1, 1 << 20);
    assert_eq!((table.rejected[0].faults.len(), table.rejected[0].more_faults), (100, 50));
}

#[test]
fn rows_of_an_answer_have_a_bound_in_bytes() {
    let descriptor = read(r#"{"schema":{"fields":[{"name":"a","type":"integer"}]}}"#);
    let line = format!("{}\n", "x".repeat(1 << 20));
    let file = format!("a\n{}", line.repeat(40));
    let table = told(&descriptor, file.as_bytes(), &asked(99), 2, 64 << 10);
    // Each row takes a little more than 1 MiB of the 32 MiB that are allowed.
    assert_eq!(table.rejected.len(), 31);
    assert_eq!(table.rejected[0].cells.get(0).unwrap().len(), 1 << 20);
}

#[test]
fn cells_of_a_record_of_another_length_are_those_of_a_row() {
    let descriptor = read(r#"{"dialect":{"skipInitialSpace":true}}"#);
    let table = told(&descriptor, b"a, b, c\n1, \"x, y\"\n1, \"x, y\", 2, 3\n", &asked(9), 1, 1 << 20);
    let cells = |row: usize| (0..3).map_while(|column| table.rejected[row].cells.get(column)).collect::<Vec<_>>();
    assert_eq!(cells(0), ["1", "x, y"]);
    assert_eq!(cells(1), ["1", "x, y", "2"]);
}

#[test]
fn rows_before_the_number_of_columns_is_known_are_told() {
    let descriptor = read(r#"{"dialect":{"header":false}}"#);
    let table = told(&descriptor, b"a\"b\n1,2\n1\n", &asked(9), 1, 1 << 20);
    let records: Vec<u64> = table.rejected.iter().map(|row| row.record).collect();
    assert_eq!((records, table.columns.len()), (vec![1, 3], 2));
}
