//! Keys: exact, in the order of the file, whatever the chunks and threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::codes::RefusalCode;
use sluice_engine::pipeline::file::{Check, CheckError, Options, Outputs, StoredFile};
use sluice_engine::report::Verdict;
use sluice_engine::{KeyFile, KeyFiles};
use support::{Checked, check, check_with};

fn lines(checked: &Checked) -> Vec<Value> {
    let lines = checked.rejects.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Returns `record: code: message` of every fault.
fn told(schema: Value, settings: Value, file: &str) -> Vec<String> {
    let checked = check(&json!({"schema": schema, "sluice": settings}).to_string(), file.as_bytes());
    let faults = |line: Value| {
        let of_line = line["errors"].as_array().unwrap().clone();
        of_line.into_iter().map(move |fault| {
            format!("{}: {}: {}", line["record"], fault["code"].as_str().unwrap(), fault["message"].as_str().unwrap())
        })
    };
    lines(&checked).into_iter().flat_map(faults).collect()
}

/// Returns the numbers of the rejected records in a file with a unique field.
fn repeated(field: Value, cells: &[&str]) -> Vec<u64> {
    let mut field = field;
    field["name"] = json!("a");
    field["constraints"] = json!({"unique": true});
    let schema = json!({"fields": [{"name": "n"}, field]});
    let file = "n,a\n".to_owned() + &cells.iter().map(|cell| format!("1,{cell}\n")).collect::<String>();
    let checked = check(&json!({"schema": schema}).to_string(), file.as_bytes());
    lines(&checked)
        .iter()
        .map(|line| {
            assert_eq!(line["errors"][0]["code"], "unique-error", "{line}");
            line["record"].as_u64().unwrap() - 1
        })
        .collect()
}

#[test]
fn faults_say_where_the_key_stands_first() {
    let fields = json!([
        {"name": "id", "type": "integer", "constraints": {"unique": true}}, {"name": "a"}, {"name": "b"}
    ]);
    let schema = json!({"fields": fields, "primaryKey": ["a", "b"], "uniqueKeys": [["b", "id"]]});
    let file = "id,a,b\n1,x,y\n\n2,\"x\n2\",y\n01,x2,z\n3,x,y\n1,x,y\n,q,\n";
    let expected = [
        "5: unique-error: \"01\" has the same value as record 2, line 2",
        "6: primary-key: the primary key (\"a\", \"b\") is the same as that of record 2, line 2",
        "7: unique-error: \"1\" has the same value as record 2, line 2",
        "7: primary-key: the primary key (\"a\", \"b\") is the same as that of record 2, line 2",
        "7: unique-error: the unique key (\"b\", \"id\") is the same as that of record 2, line 2",
        "8: constraint-error: a value is required",
    ];
    assert_eq!(told(schema.clone(), json!({}), file), expected);
    let line = &lines(&check(&json!({"schema": schema}).to_string(), file.as_bytes()))[0]["errors"][0];
    assert_eq!((&line["column"], &line["field"], &line["value"]), (&json!(1), &json!("id"), &json!("01")));
}

#[test]
fn the_line_of_the_first_is_that_on_which_it_starts() {
    let schema = json!({"fields": [{"name": "a"}, {"name": "b"}], "primaryKey": "a"});
    let file = "a,b\n1,\"x\n\n\"\n\n2,y\n2,y\n";
    assert_eq!(
        told(schema, json!({}), file),
        ["5: primary-key: the primary key (\"a\") is the same as that of record 4, line 6"]
    );
}

#[test]
fn redacted_values_do_not_leave() {
    let schema = json!({"fields": [{"name": "a", "constraints": {"unique": true}}, {"name": "b"}]});
    let checked =
        check(&json!({"schema": schema, "sluice": {"redact": ["a"]}}).to_string(), b"a,b\nsecret,1\nsecret,2\n");
    let expected = json!({"record": 3, "line": 3, "byte": 13, "errors": [{"column": 1, "field": "a", "code": "unique-error",
        "message": "the cell has the same value as record 2, line 2"}]});
    assert_eq!(lines(&checked), [expected]);
    assert!(!format!("{:?}", checked.outcome.samples).contains("secret"));
}

#[test]
fn long_values_are_cut_in_messages_and_samples() {
    let schema = json!({"fields": [{"name": "a", "constraints": {"unique": true}}, {"name": "b"}]});
    let long = "é".repeat(300_000);
    let checked = check(&json!({"schema": schema}).to_string(), format!("a,b\n{long},1\n{long},2\n").as_bytes());
    let fault = &lines(&checked)[0]["errors"][0];
    let message = format!("\"{}… (300,000 characters)\" has the same value as record 2, line 2", &long[..160]);
    assert_eq!((&fault["value"], &fault["message"]), (&json!(long), &json!(message)));
    let sample = &checked.outcome.samples[0].errors[0];
    assert_eq!((sample.value.as_ref().unwrap().chars().count(), &sample.message), (1001, &message));
}

#[test]
fn keys_are_compared_as_values() {
    assert_eq!(repeated(json!({"type": "integer"}), &["1", "01", "+1", "-0", "0", "2"]), [2, 3, 5]);
    assert_eq!(repeated(json!({"type": "integer", "groupChar": ","}), &["1000", "\"1,000\""]), [2]);
    assert_eq!(repeated(json!({"type": "year"}), &["2020", "2021", "2020"]), [3]);
    assert_eq!(
        repeated(
            json!({"type": "number"}),
            &["1", "1.0", "10e-1", "0.1e1", "1.000000000000000000000000", "-0", "0.00"]
        ),
        [2, 3, 4, 5, 7]
    );
    // Cells with the same nearest double but different decimals.
    let close =
        ["0.1", "0.1000000000000000000000001", "12345678901234567890", "12345678901234567891", "1234567890123456789e1"];
    assert_eq!(repeated(json!({"type": "number"}), &close), [5]);
    assert_eq!(repeated(json!({"type": "number"}), &["NaN", "INF", "-INF", "nan", "inf"]), [4, 5]);
    assert_eq!(repeated(json!({"type": "boolean"}), &["true", "1", "0"]), [2]);
    assert_eq!(repeated(json!({"type": "date", "format": "any"}), &["2020-01-02", "2020-01-02"]), [2]);
    let times = ["2020-01-01T10:00:00Z", "2020-01-01T12:00:00+02:00", "2020-01-01T12:00:00Z"];
    assert_eq!(repeated(json!({"type": "datetime"}), &times), [2]);
    assert_eq!(repeated(json!({"type": "time"}), &["10:00:00", "10:00:00.0", "10:00:01"]), [2]);
    assert_eq!(repeated(json!({"type": "yearmonth"}), &["2020-01", "2020-02", "2020-01"]), [3]);
    assert_eq!(repeated(json!({"type": "string"}), &["a", "A", "\"a\"", " a", "\"q\"\"\"", "\"q\"\"\""]), [3, 6]);
    assert_eq!(repeated(json!({"type": "any"}), &["1", "01", "1"]), [3]);
}

#[test]
fn missing_values_may_repeat_but_not_in_the_primary_key() {
    assert_eq!(repeated(json!({"type": "string"}), &["", "", "\"\"", "a"]), [] as [u64; 0]);
    assert_eq!(repeated(json!({"type": "integer", "missingValues": ["-"]}), &["-", "-", "5"]), [] as [u64; 0]);
    let fields = json!([{"name": "a", "type": "integer"}, {"name": "b"}]);
    let keys = json!({"fields": fields, "uniqueKeys": [["a", "b"]]});
    assert_eq!(told(keys, json!({}), "a,b\n1,\n1,\n,x\n,x\n"), [] as [&str; 0]);
    let primary = json!({"fields": fields, "primaryKey": ["a", "b"]});
    let expected = ["2", "3"].map(|record| format!("{record}: constraint-error: a value is required"));
    assert_eq!(told(primary, json!({}), "a,b\n1,\n1,\n1,x\n"), expected);
}

#[test]
fn a_row_with_another_fault_has_no_key() {
    let schema = json!({
        "fields": [{"name": "a", "type": "integer", "constraints": {"maximum": 5}}, {"name": "b", "type": "integer"}],
        "uniqueKeys": [["b"], ["a"]]
    });
    // 9 is over the maximum; the second row with a = 1 is at fault, so its b does not become known either.
    let expected = [
        "2: constraint-error: \"9\" is greater than the maximum 5",
        "4: unique-error: \"1\" has the same value as record 3, line 3",
    ];
    assert_eq!(told(schema, json!({}), "a,b\n9,7\n1,7\n1,8\n2,8\n"), expected);
}

#[test]
fn fields_that_the_file_does_not_have() {
    let schema =
        json!({"fieldsMatch": "superset", "fields": [{"name": "a"}, {"name": "b"}], "uniqueKeys": [["a", "b"]]});
    assert_eq!(told(schema, json!({}), "a\nx\nx\n"), [] as [&str; 0]);
    let schema = json!({"fieldsMatch": "superset", "fields": [{"name": "a"}, {"name": "b"}], "primaryKey": ["a", "b"]});
    let refused = check(&json!({"schema": schema}).to_string(), b"a\nx\n").outcome;
    assert_eq!(refused.refusal.as_ref().unwrap().code, RefusalCode::HeaderError);
    assert!(refused.refusal.unwrap().message.ends_with("\"b\" of the primary key is missing"));
    let schema = json!({"fieldsMatch": "equal", "fields": [{"name": "a"}, {"name": "b"}], "uniqueKeys": [["b"]]});
    let expected = ["3: unique-error: \"x\" has the same value as record 2, line 2"];
    assert_eq!(told(schema, json!({}), "b,a\nx,1\nx,2\n"), expected);
}

#[test]
fn of_a_row_eight_broken_keys_are_told() {
    let names: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
    let fields: Vec<Value> = names.iter().map(|name| json!({"name": name, "constraints": {"unique": true}})).collect();
    let row = names.join(",");
    let checked =
        check(&json!({"schema": {"fields": fields}}).to_string(), format!("{row}\n{row}\n{row}\n").as_bytes());
    assert_eq!(lines(&checked)[0]["errors"].as_array().unwrap().len(), 8);
    assert_eq!(checked.outcome.errors.values().sum::<u64>(), 8);
}

fn limited(bytes: u64, kind: &str) -> String {
    json!({
        "schema": {"fields": [{"name": "a", "type": kind, "constraints": {"unique": true}}, {"name": "b"}]},
        "sluice": {"limits": {"keyBytes": bytes}}
    })
    .to_string()
}

/// The limit counts the keys of the whole file, to the byte, whatever the chunks.
#[test]
fn beyond_the_limit_the_file_is_refused() {
    let file = |rows: usize| {
        "a,b\n".to_owned() + &(0..rows).map(|row| format!("k{},x\n", row * 7919 % rows)).collect::<String>()
    };
    for (rows, is_refused) in [(100, false), (101, true)] {
        let whole = check(&limited(5600, "string"), file(rows).as_bytes());
        assert_eq!(whole.outcome.refusal.is_some(), is_refused);
        for (threads, chunk_bytes) in [(1, 50), (3, 50), (4, 500)] {
            assert_eq!(whole, check_refused(&limited(5600, "string"), file(rows).as_bytes(), threads, chunk_bytes));
        }
    }
    let refused = check(&limited(5600, "string"), file(101).as_bytes()).outcome;
    let refusal = refused.refusal.unwrap();
    assert_eq!((refusal.code, refused.verdict, refused.rows.read), (RefusalCode::KeyLimit, Verdict::Refused, 0));
    assert_eq!(
        refusal.message,
        "the keys of all rows need more than 5600 bytes of memory (sluice.limits.keyBytes); raise the limit if there is as \
         much, or split the file"
    );
}

/// Returns the result of a check; if the file is refused, the clean rows written before the refusal are ignored.
fn check_refused(descriptor: &str, file: &[u8], threads: usize, chunk_bytes: usize) -> Checked {
    let checked = check_with(descriptor, file, None, threads, chunk_bytes);
    match checked.outcome.refusal {
        Some(_) => Checked { clean: check(descriptor, file).clean, ..checked },
        None => checked,
    }
}

#[test]
fn numbers_that_ascend_take_no_memory() {
    let rows = (0..5000).map(|row| format!("{},x\n", row * 3)).collect::<String>();
    let checked = check(&limited(300, "integer"), format!("a,b\n{rows}").as_bytes());
    assert_eq!((checked.outcome.refusal, checked.outcome.rows.clean), (None, 5000));
    // Two keys that do not ascend, and one that stands among the keys that did.
    let checked = check(&limited(300, "integer"), format!("a,b\n{rows}7,x\n8,x\n9,x\n20000,x\n7,x\n").as_bytes());
    assert_eq!((checked.outcome.refusal.clone(), checked.outcome.rows.clean), (None, 5003));
    let messages: Vec<Value> = lines(&checked).iter().map(|line| line["errors"][0]["message"].clone()).collect();
    let expected =
        ["\"9\" has the same value as record 5, line 5", "\"7\" has the same value as record 5002, line 5002"];
    assert_eq!(messages, expected);
}

/// A row of the property tests: cells of the columns a, b and c.
type Row = (String, String, String);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let number = |most: u32| prop_oneof![4 => (0..most).prop_map(|number| number.to_string()), 1 => (0..most).prop_map(|number| format!("0{number}")), 1 => Just(String::new()), 1 => Just("x".to_owned())];
    let text = prop_oneof![4 => "[a-c]{0,2}", 1 => "\"[a-c]\n?\""];
    let decimal = prop_oneof![3 => (0..9u32, 0..3usize).prop_map(|(number, zeros)| format!("{number}.{}", "0".repeat(zeros + 1))), 1 => Just(String::new())];
    let random = prop::collection::vec((number(60), text, decimal), 0..80);
    // Ascending numbers before or behind them, with different steps.
    (random, 0..40usize, 1..4usize, any::<bool>()).prop_map(|(mut rows, more, step, first)| {
        let ascending = (0..more).map(|row| ((row * step + row % 3).to_string(), String::new(), String::new()));
        if first {
            rows.splice(0..0, ascending);
        } else {
            rows.extend(ascending);
        }
        rows
    })
}

/// Returns the rejected rows as an oracle finds them with maps: the number of the row, and for each fault its key and
/// the row that has it first.
fn oracle(rows: &[Row]) -> Vec<(usize, Vec<(usize, usize)>)> {
    let mut known: [HashMap<String, usize>; 3] = Default::default();
    let mut rejected = Vec::new();
    for (number, (a, b, c)) in rows.iter().enumerate() {
        if a == "x" {
            rejected.push((number, Vec::new()));
            continue;
        }
        let text = b.trim_matches('"');
        let integer: Option<u32> = a.parse().ok();
        let decimal: Option<f64> = c.parse().ok();
        let keys = [
            integer.zip(decimal).map(|(integer, decimal)| format!("{integer} {decimal}")),
            (!text.is_empty()).then_some(decimal).flatten().map(|decimal| format!("{text} {decimal}")),
            integer.map(|integer| integer.to_string()),
        ];
        let found: Vec<(usize, usize)> =
            // The key of one column first: its faults are those of a cell.
            [2, 0, 1].into_iter().filter_map(|key| Some((key, *known[key].get(keys[key].as_ref()?)?))).collect();
        if found.is_empty() {
            for (known, key) in known.iter_mut().zip(keys) {
                known.extend(key.map(|key| (key, number)));
            }
        } else {
            rejected.push((number, found));
        }
    }
    rejected
}

const KEYED: &str = r#"{"schema": {
    "fields": [{"name": "a", "type": "integer", "constraints": {"unique": true}}, {"name": "b"}, {"name": "c", "type": "number"}, {"name": "d"}],
    "uniqueKeys": [["a", "c"], ["b", "c"]]}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn keys_are_those_of_a_map(rows in rows()) {
        let file = "a,b,c,d\n".to_owned() + &rows.iter().map(|(a, b, c)| format!("{a},{b},{c},d\n")).collect::<String>();
        let checked = check(KEYED, file.as_bytes());
        let mut line = 2;
        let line_of: Vec<usize> = rows.iter().map(|row| {
            let of_row = line;
            line += 1 + row.1.matches('\n').count();
            of_row
        }).collect();
        let expected: Vec<(u64, Vec<String>)> = oracle(&rows).into_iter().map(|(row, found)| {
            let place = |first: usize| format!("record {}, line {}", first + 2, line_of[first]);
            let message = |(key, first): (usize, usize)| match key {
                0 => format!("the unique key (\"a\", \"c\") is the same as that of {}", place(first)),
                1 => format!("the unique key (\"b\", \"c\") is the same as that of {}", place(first)),
                _ => format!("\"{}\" has the same value as {}", rows[row].0, place(first)),
            };
            let mut messages: Vec<String> = found.into_iter().map(message).collect();
            if messages.is_empty() {
                messages.push("\"x\" is not an integer".to_owned());
            }
            (row as u64 + 2, messages)
        }).collect();
        let found: Vec<(u64, Vec<String>)> = lines(&checked).iter().map(|line| {
            let errors = line["errors"].as_array().unwrap().iter();
            (line["record"].as_u64().unwrap(), errors.map(|fault| fault["message"].as_str().unwrap().to_owned()).collect())
        }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn chunks_and_threads_never_show(rows in rows(), chunk_bytes in 1usize..300, threads in 1usize..5, odd in 0usize..20) {
        let mut file = "a,b,c,d\n".to_owned();
        for (number, (a, b, c)) in rows.iter().enumerate() {
            file.push_str(&format!("{a},{b},{c},d\n"));
            if number == odd {
                file.push_str("\n1,2\n\"x\"y,1,2,3\n");
            }
        }
        let whole = check(KEYED, file.as_bytes());
        prop_assert_eq!(&whole, &check_with(KEYED, file.as_bytes(), None, threads, chunk_bytes));
        // The clean file has no key twice, so it is clean when it is checked again.
        let again = check(KEYED, &whole.clean);
        prop_assert_eq!(again.outcome.verdict, Verdict::Clean);
        prop_assert_eq!(&again.clean, &whole.clean);
    }

    #[test]
    fn a_limit_decides_alike_whatever_the_chunks(rows in rows(), limit in 0u64..4000, chunk_bytes in 1usize..300, threads in 1usize..5) {
        let limited = KEYED.replacen('{', &format!(r#"{{"sluice": {{"limits": {{"keyBytes": {limit}}}}}, "#), 1);
        let file = "a,b,c,d\n".to_owned() + &rows.iter().map(|(a, b, c)| format!("{a},{b},{c},d\n")).collect::<String>();
        let whole = check(&limited, file.as_bytes());
        let cut = check_with(&limited, file.as_bytes(), None, threads, chunk_bytes);
        prop_assert_eq!(format!("{:?}", whole.outcome), format!("{:?}", cut.outcome));
        if whole.outcome.refusal.is_none() {
            prop_assert_eq!(&whole, &check(KEYED, file.as_bytes()));
        }
    }
}

/// A thread that waits for the turn of its chunk does not wait for ever if the file ends with an error.
#[test]
fn an_input_that_fails_stops_all_threads() {
    struct Failing(Vec<u8>, usize);
    impl Read for Failing {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let read = (&self.0[self.1..]).read(to)?;
            self.1 += read;
            if read == 0 { Err(io::Error::other("the cable was pulled")) } else { Ok(read) }
        }
    }
    let file = "a,b,c,d\n".to_owned()
        + &(0..3000).map(|row| format!("{},b{row},1,d\n", row * 7919 % 3000)).collect::<String>();
    let check = Check::new(&support::read(KEYED), None);
    for threads in [1, 4] {
        let options = Options { threads: threads.try_into().unwrap(), chunk_bytes: 100 };
        let failing = StoredFile { body: Failing(file.clone().into_bytes(), 0), bytes: None, compression: None };
        let failed = check.run(failing, Default::default(), &options, &|_| {});
        assert!(failed.unwrap_err().to_string().contains("the cable was pulled"));
    }
}

/// Makes files in memory that hold at most this many bytes.
#[derive(Clone, Copy, Debug)]
struct Room(usize);

#[derive(Debug)]
struct InMemory(Vec<u8>, usize);

impl KeyFiles for Room {
    fn create(&self) -> io::Result<Box<dyn KeyFile>> {
        Ok(Box::new(InMemory(Vec::new(), self.0)))
    }
}

impl KeyFile for InMemory {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        if self.0.len() > self.1 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        (&self.0[offset as usize..]).read_exact(bytes)
    }
}

fn spilled(
    descriptor: &str,
    file: &[u8],
    threads: usize,
    chunk_bytes: usize,
    room: Room,
) -> Result<Checked, CheckError> {
    let options = Options { threads: threads.try_into().unwrap(), chunk_bytes };
    let (mut clean, mut rejects) = (Vec::new(), Vec::new());
    let outputs =
        Outputs { clean: Some(Box::new(&mut clean)), rejects: Some(Box::new(&mut rejects)), ..Outputs::default() };
    let check = Check::new(&support::read(descriptor), None).with_key_files(Arc::new(room));
    let outcome = check.run(StoredFile::from(file), outputs, &options, &|_| {})?;
    Ok(Checked { outcome, clean, rejects })
}

/// Returns a file with `rows` rows, some of which have the keys of earlier rows.
fn many(rows: usize) -> String {
    let row = |row: usize| format!("{},b{},{}.5,d\n", row * 7919 % (rows * 9 / 10), row * 31 % (rows * 4 / 5), row % 7);
    "a,b,c,d\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

fn with_key_bytes(limit: u64) -> String {
    KEYED.replacen('{', &format!(r#"{{"sluice": {{"limits": {{"keyBytes": {limit}}}}}, "#), 1)
}

/// With room in memory for the keys of some hundred rows, and a file for all other keys, the result is the same.
#[test]
fn keys_in_a_file_are_the_same() {
    let file = many(3000);
    let whole = check(KEYED, file.as_bytes());
    assert!(whole.outcome.rows.rejected >= 300, "{:?}", whole.outcome.rows);
    for (limit, threads, chunk_bytes) in [(60_000, 1, 1 << 20), (60_000, 4, 1000), (100_000, 3, 64), (250_000, 2, 5000)]
    {
        assert!(check(&with_key_bytes(limit), file.as_bytes()).outcome.refusal.is_some());
        let spilled = spilled(&with_key_bytes(limit), file.as_bytes(), threads, chunk_bytes, Room(usize::MAX)).unwrap();
        assert_eq!(whole, spilled, "{limit}");
    }
}

/// The part of the keys that stays in memory, when the others are in a file, is bounded too.
#[test]
fn beyond_what_a_file_helps_the_file_is_refused() {
    let file = many(3000);
    for (threads, chunk_bytes) in [(1, 1 << 20), (3, 100)] {
        let refused = spilled(&with_key_bytes(9000), file.as_bytes(), threads, chunk_bytes, Room(usize::MAX)).unwrap();
        assert_eq!(refused.outcome.refusal.unwrap().code, RefusalCode::KeyLimit);
    }
}

#[test]
fn a_full_disk_is_told_and_stops_all_threads() {
    let file = many(3000);
    for (threads, chunk_bytes) in [(1, 1 << 20), (4, 100)] {
        let error = spilled(&with_key_bytes(60_000), file.as_bytes(), threads, chunk_bytes, Room(30_000)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "keeping the keys that do not fit in memory: no storage space; make room there, name another folder (TMPDIR), or raise \
             sluice.limits.keyBytes"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_file_for_keys_decides_nothing(rows in rows(), limit in 0u64..9000, chunk_bytes in 1usize..300, threads in 1usize..5) {
        let limited = with_key_bytes(limit);
        let file = "a,b,c,d\n".to_owned() + &rows.iter().map(|(a, b, c)| format!("{a},{b},{c},d\n")).collect::<String>();
        let all = spilled(&limited, file.as_bytes(), 1, 1 << 20, Room(usize::MAX)).unwrap();
        let cut = spilled(&limited, file.as_bytes(), threads, chunk_bytes, Room(usize::MAX)).unwrap();
        prop_assert_eq!(format!("{:?}", all.outcome), format!("{:?}", cut.outcome));
        if all.outcome.refusal.is_none() {
            prop_assert_eq!(&all, &cut);
            prop_assert_eq!(&all, &check(KEYED, file.as_bytes()));
        }
    }
}

/// Panics instead of making a file.
#[derive(Debug)]
struct Panicking;

impl KeyFiles for Panicking {
    fn create(&self) -> io::Result<Box<dyn KeyFile>> {
        panic!("the folder is on fire")
    }
}

/// If a thread panics in its turn, no other thread waits for its own turn for ever.
#[test]
fn a_panic_in_its_turn_stops_all_threads() {
    let check = Check::new(&support::read(&with_key_bytes(60_000)), None).with_key_files(Arc::new(Panicking));
    let file = many(3000);
    for threads in [1, 4] {
        let options = Options { threads: threads.try_into().unwrap(), chunk_bytes: 100 };
        let failed = check.run(StoredFile::from(file.as_bytes()), Outputs::default(), &options, &|_| {});
        assert!(matches!(failed, Err(CheckError::Internal(reason)) if reason.contains("on fire")));
    }
}
