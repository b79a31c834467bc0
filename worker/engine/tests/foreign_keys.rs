//! Foreign keys: into the file itself and into reference tables, whatever the chunks and threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::codes::RefusalCode;
use sluice_engine::compression::Compression;
use sluice_engine::descriptor::{Descriptor, TableRows};
use sluice_engine::pipeline::file::{Check, CheckError, Options, Outcome, Outputs, StoredFile};
use sluice_engine::report::Verdict;
use sluice_engine::{KeyFile, KeyFiles, ReferenceError, ReferenceTables, TableFile};
use support::{compress, read};

/// Makes files in memory for keys that do not fit in memory, and counts them.
#[derive(Debug, Default)]
struct InMemory(Arc<Mutex<usize>>);

#[derive(Debug, Default)]
struct Bytes(Vec<u8>);

impl KeyFiles for InMemory {
    fn create(&self) -> io::Result<Box<dyn KeyFile>> {
        *self.0.lock().unwrap() += 1;
        Ok(Box::<Bytes>::default())
    }
}

impl KeyFile for Bytes {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }
}

type Files = Option<Arc<dyn KeyFiles>>;

/// Loads tables from memory: as gzip streams if their path ends with `.gz`, as plain text otherwise.
fn load(descriptor: &Descriptor, tables: &[&[u8]], files: Files) -> Result<ReferenceTables, ReferenceError> {
    let mut loaded = ReferenceTables::default();
    for number in ReferenceTables::needed(descriptor) {
        let compression = match &descriptor.references[number].rows {
            TableRows::File(path) => path.ends_with(".gz").then_some(Compression::Gzip),
            TableRows::Inline(_) => None,
        };
        let mut open = || {
            let body: Box<dyn Read + Send> = Box::new(io::Cursor::new(tables[number].to_vec()));
            Ok((body, Some(tables[number].len() as u64)))
        };
        loaded.load(descriptor, number, TableFile { delimiter: b',', compression, open: &mut open }, files.clone())?;
    }
    Ok(loaded)
}

fn check_with(
    descriptor: &Descriptor,
    tables: &[&[u8]],
    file: &[u8],
    options: &Options,
    files: Files,
) -> (Outcome, Vec<Value>) {
    let mut check = Check::new(descriptor, None);
    if let Some(files) = &files {
        check = check.with_key_files(Arc::clone(files));
    }
    check = check.with_references(Arc::new(load(descriptor, tables, files).unwrap()));
    if check.refers_to_itself() {
        let own = check.gather_own_keys(StoredFile::from(file), options).unwrap();
        check = check.with_own_keys(own);
    }
    let mut rejects = Vec::new();
    let outputs = Outputs { rejects: Some(Box::new(&mut rejects)), ..Outputs::default() };
    let outcome = check.run(StoredFile::from(file), outputs, options, &|_| {}).unwrap();
    let lines = rejects.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap());
    let lines = lines.collect();
    (outcome, lines)
}

fn check(descriptor: &Value, tables: &[&str], file: &str) -> (Outcome, Vec<Value>) {
    let tables: Vec<&[u8]> = tables.iter().map(|table| table.as_bytes()).collect();
    check_with(&read(&descriptor.to_string()), &tables, file.as_bytes(), &Options::default(), None)
}

/// Returns `record: code: message` of every fault.
fn told(descriptor: &Value, tables: &[&str], file: &str) -> Vec<String> {
    let of_line = |line: Value| {
        let of_line = line["errors"].as_array().unwrap().clone();
        of_line.into_iter().map(move |fault| {
            format!("{}: {}: {}", line["record"], fault["code"].as_str().unwrap(), fault["message"].as_str().unwrap())
        })
    };
    check(descriptor, tables, file).1.into_iter().flat_map(of_line).collect()
}

fn countries(schema: Value) -> Value {
    json!([{"name": "countries", "path": "reference/countries.csv", "schema": schema}])
}

fn orders() -> Value {
    json!({
        "schema": {
            "fields": [{"name": "id", "type": "integer"}, {"name": "country"}],
            "foreignKeys": [{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}]
        },
        "sluice": {"reference": countries(json!({"fields": [{"name": "code"}, {"name": "name"}]}))}
    })
}

#[test]
fn a_value_that_is_not_in_the_table_is_told_with_its_cell() {
    let (outcome, lines) = check(&orders(), &["code,name\nDE,Germany\nFR,France\n"], "id,country\n1,DE\n2,XX\n3,\n");
    let expected = json!({
        "record": 3, "line": 3, "byte": 16,
        "errors": [{"column": 2, "field": "country", "code": "foreign-key", "message": "\"XX\" is not in countries.code", "value": "XX"}],
        "raw": "2,XX"
    });
    assert_eq!(lines, [expected]);
    assert_eq!((outcome.rows.read, outcome.rows.clean, outcome.rows.rejected), (3, 2, 1));
    assert_eq!(format!("{:?}", outcome.errors), "{ForeignKey: 1}");
    assert_eq!(outcome.samples[0].errors[0].value.as_deref(), Some("XX"));
}

#[test]
fn a_row_may_refer_to_one_that_follows_to_itself_and_to_one_that_is_rejected() {
    let descriptor = json!({"schema": {
        "fields": [{"name": "id", "type": "integer"}, {"name": "parent", "type": "integer"}, {"name": "n", "constraints": {"required": true}}],
        "primaryKey": "id",
        "foreignKeys": [{"fields": "parent", "reference": {"fields": "id"}}]
    }});
    // Row 3 has no n, and the id x is no integer; both rows are at fault for that alone.
    let file = "id,parent,n\n1,2,a\n2,02,b\n3,,\n4,3,d\n5,9,e\nx,1,f\n6,7,g\n7\n";
    let expected = [
        "4: constraint-error: a value is required",
        "6: foreign-key: \"9\" is not in the column id of this file",
        "7: type-error: \"x\" is not an integer",
        "8: foreign-key: \"7\" is not in the column id of this file",
        "9: missing-cell: the record has 1 cell, 3 are expected",
    ];
    assert_eq!(told(&descriptor, &[], file), expected);
}

#[test]
fn a_trailer_is_no_row_that_can_be_referred_to_and_refers_to_none() {
    let descriptor = json!({
        "schema": {
            "fields": [{"name": "id"}, {"name": "parent"}],
            "foreignKeys": [{"fields": "parent", "reference": {"fields": "id"}}]
        },
        "sluice": {"file": {"trailer": {"tag": "T", "count": 2}}}
    });
    let descriptor = read(&descriptor.to_string());
    // In the trailer, "T" and the count stand in the columns of the id and the parent.
    let file = b"id,parent\na,\nb,c\nc,T\nT,3\n";
    for chunk_bytes in (1..=file.len()).chain([1 << 20]) {
        for threads in [1, 3].map(|threads| NonZeroUsize::new(threads).unwrap()) {
            let options = Options { threads, chunk_bytes };
            let (outcome, lines) = check_with(&descriptor, &[], file, &options, None);
            assert_eq!(outcome.refusal, None, "chunks of {chunk_bytes}");
            assert!(outcome.assertions.iter().all(|outcome| outcome.holds), "{:?}", outcome.assertions);
            assert_eq!((outcome.rows.read, outcome.rows.clean, outcome.rows.rejected), (3, 2, 1));
            assert_eq!(lines.len(), 1);
            assert_eq!((&lines[0]["record"], &lines[0]["errors"][0]["code"]), (&json!(4), &json!("foreign-key")));
        }
    }
}

#[test]
fn foreign_keys_count_in_the_share_of_rejected_rows_of_their_column() {
    let with = |column: &str, share: &str| {
        let mut descriptor = orders();
        descriptor["sluice"]["file"] = json!({"rejected": {column: share}});
        let (outcome, _) = check(&descriptor, &["code,name\nDE,\n"], "id,country\n1,XX\nx,DE\n3,DE\n4,YY\n");
        let found = outcome.assertions[0].found.clone();
        (found, outcome.refusal.map(|refusal| refusal.code))
    };
    // Of four rows two refer to nothing, and one has an id that is no integer.
    assert_eq!(with("country", "50%"), (Some(json!(2)), None));
    assert_eq!(with("country", "49%"), (Some(json!(2)), Some(RefusalCode::FileConstraint)));
    assert_eq!(with("id", "25%"), (Some(json!(1)), None));
}

#[test]
fn a_row_counts_once_in_the_share_of_a_column_with_two_foreign_keys() {
    let mut descriptor = orders();
    let to =
        |field: &str, column: &str| json!({"fields": field, "reference": {"resource": "countries", "fields": column}});
    // Between the two keys of the column stands a key of another column.
    descriptor["schema"]["foreignKeys"] = json!([to("country", "code"), to("second", "code"), to("country", "name")]);
    descriptor["schema"]["fields"] = json!([{"name": "country"}, {"name": "second"}]);
    descriptor["sluice"]["file"] = json!({"rejected": {"country": "50%"}});
    let (outcome, _) = check(&descriptor, &["code,name\nDE,DE\n"], "country,second\nXX,YY\nDE,DE\n");
    assert_eq!(outcome.assertions[0].found, Some(json!(1)));
}

#[test]
fn a_row_that_refers_to_nothing_has_no_key() {
    let mut descriptor = orders();
    descriptor["schema"]["primaryKey"] = json!("id");
    let expected = [
        "2: foreign-key: \"XX\" is not in countries.code",
        "4: primary-key: the primary key (\"id\") is the same as that of record 3, line 3",
    ];
    assert_eq!(told(&descriptor, &["code,name\nDE,\n"], "id,country\n1,XX\n1,DE\n1,DE\n"), expected);
}

#[test]
fn keys_of_several_fields_are_those_of_one_row() {
    let descriptor = |redact: &[&str]| {
        json!({
            "schema": {
                "fields": [{"name": "a"}, {"name": "b", "type": "integer"}],
                "foreignKeys": [
                    {"fields": ["a", "b"], "reference": {"resource": "my table", "fields": ["x", "y"]}},
                    {"fields": ["a", "b"], "reference": {"fields": ["a", "b"]}}
                ]
            },
            "sluice": {"redact": redact, "reference": [{"name": "my table", "path": "t.csv",
                "schema": {"fields": [{"name": "x"}, {"name": "y", "type": "integer"}]}}]}
        })
    };
    let (table, file) = ("x,y\np,1\nq,2\n", "a,b\np,01\np,2\nq,\n,2\n");
    let message = |values: &str| {
        format!(r#"3: foreign-key: the foreign key ("a", "b") = ({values}) is not in "my table" ("x", "y")"#)
    };
    assert_eq!(told(&descriptor(&[]), &[table], file), [message(r#""p", "2""#)]);
    assert_eq!(told(&descriptor(&["a"]), &[table], file), [message(r#"(redacted), "2""#)]);
}

#[test]
fn redacted_values_do_not_leave() {
    let mut descriptor = orders();
    descriptor["sluice"]["redact"] = json!(["country"]);
    let (outcome, lines) = check(&descriptor, &["code,name\nDE,\n"], "id,country\n1,secret\n");
    assert_eq!(lines[0]["errors"][0]["message"], "the cell is not in countries.code");
    assert!(!format!("{lines:?} {outcome:?}").contains("secret"));
    let table = b"code,name\nsecret,\"\n";
    let error = load(&read(&descriptor.to_string()), &[table], None).unwrap_err().to_string();
    assert!(error.contains("rejected rows: 1 of 1") && !error.contains("secret"), "{error}");
}

/// Returns whether each of `cells` is found in a table with these `codes`, given the two types.
fn found(kind: Value, code: Value, cells: &[&str], codes: &[&str]) -> Vec<bool> {
    let (mut field, mut target) = (kind, code);
    field["name"] = json!("a");
    target["name"] = json!("code");
    let descriptor = json!({
        "schema": {"fields": [{"name": "n"}, field], "foreignKeys": [{"fields": "a", "reference": {"resource": "countries", "fields": "code"}}]},
        "sluice": {"reference": countries(json!({"fields": [{"name": "n"}, target]}))}
    });
    let table = "n,code\n".to_owned() + &codes.iter().map(|code| format!("1,{code}\n")).collect::<String>();
    let file = "n,a\n".to_owned() + &cells.iter().map(|cell| format!("1,{cell}\n")).collect::<String>();
    let (outcome, lines) = check(&descriptor, &[&table], &file);
    assert_eq!(outcome.rows.read as usize, cells.len());
    let rejected: HashSet<u64> = lines.iter().map(|line| line["record"].as_u64().unwrap() - 2).collect();
    (0..cells.len() as u64).map(|row| !rejected.contains(&row)).collect()
}

#[test]
fn values_are_compared_in_the_type_of_the_fields() {
    let of = |kind: &str| json!({"type": kind});
    assert_eq!(found(of("integer"), of("integer"), &["01", "+2", "3"], &["1", "2"]), [true, true, false]);
    assert_eq!(
        found(of("number"), of("number"), &["1.50", "2", "0.1000000000000000000001"], &["1.5", "0.2e1", "0.1"]),
        [true, true, false]
    );
    assert_eq!(
        found(of("integer"), of("number"), &["1", "20", "3"], &["1.0", "2e1", "3.0000000000000000000001"]),
        [true, true, false]
    );
    assert_eq!(
        found(of("number"), of("integer"), &["1.0", "20", "3.5", "0.0"], &["1", "20", "3", "0"]),
        [true, true, false, true]
    );
    assert_eq!(found(of("integer"), of("year"), &["2020", "2021"], &["2020"]), [true, false]);
    assert_eq!(found(of("string"), of("any"), &["a", "\"a\"", "A", " a"], &["a"]), [true, true, false, false]);
    assert_eq!(
        found(
            of("date"),
            json!({"type": "date", "format": "%d.%m.%Y"}),
            &["2020-01-02", "2020-02-01"],
            &["02.01.2020"]
        ),
        [true, false]
    );
    assert_eq!(
        found(of("datetime"), of("datetime"), &["2020-01-01T12:00:00+02:00"], &["2020-01-01T10:00:00Z"]),
        [true]
    );
    assert_eq!(found(of("boolean"), of("boolean"), &["true", "0"], &["1"]), [true, false]);
    // A missing value in a table cannot be referred to; an empty table has nothing to refer to; and a missing cell
    // refers to nothing.
    assert_eq!(found(of("string"), of("string"), &["a", ""], &["", "b"]), [false, true]);
    assert_eq!(found(of("integer"), of("integer"), &["1", ""], &[]), [false, true]);
    // A table may have a value twice.
    assert_eq!(found(of("string"), of("string"), &["a"], &["a", "a"]), [true]);
}

/// Checks a file against a table of rows in the descriptor, and returns the cells that are not in it, or the reason why the table is refused.
fn not_in_data(field: &Value, data: &Value, file: &str) -> Result<Vec<String>, String> {
    let mut field = field.clone();
    field["name"] = json!("a");
    let descriptor = read(
        &json!({
            "schema": {"fields": [field], "foreignKeys": [{"fields": "a", "reference": {"resource": "t", "fields": "a"}}]},
            "sluice": {"reference": [{"name": "t", "data": data, "schema": {"fields": [field]}}]}
        })
        .to_string(),
    );
    let TableRows::Inline(rows) = &descriptor.references[0].rows else { panic!("the table has no rows") };
    load(&descriptor, &[rows], None).map_err(|error| error.to_string())?;
    let (_, lines) = check_with(&descriptor, &[rows], file.as_bytes(), &Options::default(), None);
    Ok(lines.iter().map(|line| line["errors"][0]["value"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn values_of_data_keep_their_value() {
    let list = json!({"type": "list"});
    let data = json!([["a"], [["x,y", "z"]], [["x"]], ["v,w"], [[]]]);
    assert_eq!(
        not_in_data(&list, &data, "a\n\"x,y,z\"\nx\n\"v,w\"\nv\n\n"),
        Ok(vec!["x,y,z".to_owned(), "v".to_owned()])
    );
    // An item that has the delimiter is one item, and a list of no items is a list.
    let counted = |least: u64, most: u64| json!({"type": "list", "constraints": {"required": true, "minLength": least, "maxLength": most}});
    assert_eq!(not_in_data(&counted(2, 2), &json!([{"a": ["x,y", ""]}, {"a": "x,y"}]), "a\n"), Ok(Vec::new()));
    assert_eq!(not_in_data(&counted(0, 0), &json!([{"a": []}]), "a\n"), Ok(Vec::new()));
    let refused = not_in_data(&counted(1, 2), &json!([{"a": []}]), "a\n").unwrap_err();
    assert!(refused.contains("first: line 2: \"a\": constraint-error: "), "{refused}");
    let integers = json!({"type": "list", "itemType": "integer"});
    assert_eq!(
        not_in_data(&integers, &json!([{"a": [1, 2.0]}, {"a": []}]), "a\n\"1,2\"\n\"01,+2\"\n1\n"),
        Ok(vec!["1".to_owned()])
    );
    for value in [json!([[1]]), json!([null]), json!([1.5]), json!({"x": 1})] {
        let refused = not_in_data(&integers, &json!([{"a": value}]), "a\n").unwrap_err();
        assert!(refused.contains("type-error: "), "{value}: {refused}");
    }
    // What is missing as a text is a value as a value.
    let array = json!({"type": "array", "missingValues": ["", "[]"], "constraints": {"required": true}});
    assert_eq!(not_in_data(&array, &json!([{"a": []}, {"a": [1]}]), "a\n[ ]\n[ 1]\n[2]\n"), Ok(vec!["[2]".to_owned()]));
    assert!(not_in_data(&array, &json!([{"a": "[]"}]), "a\n").unwrap_err().contains("required"));
    let integer = json!({"type": "integer", "missingValues": ["-1"]});
    assert_eq!(not_in_data(&integer, &json!([{"a": -1}]), "a\n-1\n-01\n-2\n"), Ok(vec!["-2".to_owned()]));
}

#[test]
fn a_text_that_is_not_of_its_format_cannot_be_referred_to() {
    let descriptor = json!({"schema": {
        "fields": [{"name": "mail", "type": "string", "format": "email"}, {"name": "by"}],
        "foreignKeys": [{"fields": "by", "reference": {"fields": "mail"}}]
    }});
    let expected = [
        "3: type-error: \"b\" is not an e-mail address",
        "4: foreign-key: \"b\" is not in the column mail of this file",
    ];
    let found = told(&descriptor, &[], "mail,by\na@example.org,a@example.org\nb,\nc@example.org,b\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], expected[1]);
}

#[test]
fn fields_that_the_file_does_not_have() {
    let descriptor = |keys: Value| json!({"schema": {"fieldsMatch": "superset", "fields": [{"name": "a"}, {"name": "b"}], "foreignKeys": keys}});
    let keys = json!([{"fields": "a", "reference": {"fields": "b"}}, {"fields": "b", "reference": {"fields": "a"}}]);
    assert_eq!(told(&descriptor(keys), &[], "a\n1\n"), ["2: foreign-key: \"1\" is not in the column b of this file"]);
}

#[test]
fn of_a_row_eight_broken_keys_are_told() {
    let keys: Vec<Value> = (0..12).map(|_| json!({"fields": "a", "reference": {"fields": "b"}})).collect();
    let descriptor = json!({"schema": {"fields": [{"name": "a"}, {"name": "b"}], "foreignKeys": keys}});
    let (outcome, lines) = check(&descriptor, &[], "a,b\n1,2\n1,2\n");
    assert_eq!(lines[1]["errors"].as_array().unwrap().len(), 8);
    assert_eq!(outcome.errors.values().sum::<u64>(), 16);
}

#[test]
fn a_table_that_is_not_right_says_what_is_wrong_with_it() {
    let schema = json!({"fields": [{"name": "code", "type": "integer"}, {"name": "name"}]});
    let descriptor = |schema: Value| {
        read(&json!({
            "schema": {"fields": [{"name": "a", "type": "integer"}], "foreignKeys": [{"fields": "a", "reference": {"resource": "countries", "fields": "code"}}]},
            "sluice": {"reference": countries(schema)}
        }).to_string())
    };
    let error = |table: &[u8]| load(&descriptor(schema.clone()), &[table], None).unwrap_err().to_string();
    assert_eq!(
        error(b"code,name\n1,a\nx,b\ny,c\n"),
        "rejected rows: 2 of 3, first: line 3: \"code\": type-error: \"x\" is not an integer; correct the table"
    );
    assert_eq!(
        error(b"kode,name\n1,a\n"),
        "it is refused: the header does not fit the schema: column 1 is \"kode\", the schema has \"code\""
    );
    assert!(error(b"").starts_with("it is refused: the file has no header"), "{}", error(b""));
    assert!(error(b"code,name\n1,\"a\n").contains("quote-error"));
    let superset =
        json!({"fieldsMatch": "superset", "fields": [{"name": "code", "type": "integer"}, {"name": "name"}]});
    assert_eq!(
        load(&descriptor(superset), &[b"name\na\n"], None).unwrap_err().to_string(),
        "it has no column \"code\", which a foreign key refers to; add it, or correct the key"
    );
}

#[test]
fn a_table_without_a_schema_is_one_of_texts() {
    let mut descriptor = orders();
    descriptor["sluice"]["reference"][0].as_object_mut().unwrap().remove("schema");
    assert_eq!(
        told(&descriptor, &["code\nDE\n"], "id,country\n1,DE\n2,X\n"),
        ["3: foreign-key: \"X\" is not in countries.code"]
    );
    let error = load(&read(&descriptor.to_string()), &[b"kode\nDE\n"], None).unwrap_err().to_string();
    assert_eq!(error, "it has no column \"code\", which a foreign key refers to; add it, or correct the key");
}

#[test]
fn tables_have_dialects_and_may_be_compressed() {
    let mut descriptor = orders();
    descriptor["sluice"]["reference"][0]["path"] = json!("countries.csv.gz");
    descriptor["sluice"]["reference"][0]["dialect"] = json!({"delimiter": ";"});
    let table = compress(b"code;name\nDE;Germany\n", Compression::Gzip);
    let descriptor = read(&descriptor.to_string());
    let (outcome, _) = check_with(&descriptor, &[&table], b"id,country\n1,DE\n", &Options::default(), None);
    assert_eq!(outcome.verdict, Verdict::Clean);
}

#[test]
fn tables_that_nothing_refers_to_are_not_needed() {
    let mut descriptor = orders();
    descriptor["sluice"]["reference"].as_array_mut().unwrap().insert(0, json!({"name": "other", "path": "other.csv"}));
    assert_eq!(ReferenceTables::needed(&read(&descriptor.to_string())), [1]);
}

#[test]
fn a_check_without_the_keys_it_needs_is_a_defect() {
    let check = Check::new(&read(&orders().to_string()), None);
    let file = b"id,country\n1,DE\n";
    let run = check.run(StoredFile::from(&file[..]), Outputs::default(), &Options::default(), &|_| {});
    assert!(matches!(run, Err(CheckError::Internal(text)) if text == "the keys of countries.code were not gathered"));
}

#[test]
fn beyond_the_limit_tables_and_files_are_refused() {
    let limited = |mut descriptor: Value, keys: u64| {
        descriptor["sluice"]["limits"]["keyBytes"] = json!(keys * 56);
        read(&descriptor.to_string())
    };
    let table = "code,name\n".to_owned() + &(0..1000).map(|row| format!("k{row},\nk{row},\n")).collect::<String>();
    assert!(load(&limited(orders(), 1000), &[table.as_bytes()], None).is_ok());
    let error = load(&limited(orders(), 999), &[table.as_bytes()], None).unwrap_err().to_string();
    assert!(error.starts_with("its keys need more than 55944 bytes of memory"), "{error}");
    let own =
        json!({"schema": {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a", "reference": {"fields": "a"}}]}});
    let file = "a\n".to_owned() + &(0..1000).map(|row| format!("k{row}\n")).collect::<String>();
    let options = Options::default();
    let (outcome, _) = check_with(&limited(own.clone(), 1000), &[], file.as_bytes(), &options, None);
    assert_eq!(outcome.verdict, Verdict::Clean);
    let (outcome, _) = check_with(&limited(own.clone(), 999), &[], file.as_bytes(), &options, None);
    assert_eq!(outcome.refusal.unwrap().code, RefusalCode::KeyLimit);
    // With a file for keys that do not fit in memory, there are not too many keys.
    let files = InMemory::default();
    let made = Arc::clone(&files.0);
    let (outcome, _) = check_with(&limited(own, 900), &[], file.as_bytes(), &options, Some(Arc::new(files)));
    assert_eq!((outcome.verdict, *made.lock().unwrap()), (Verdict::Clean, 1));
}

#[test]
fn a_file_that_is_refused_is_refused_for_the_same_reason() {
    let own =
        json!({"schema": {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a", "reference": {"fields": "a"}}]}});
    let (outcome, _) = check(&own, &[], "b\n1\n");
    assert_eq!(outcome.refusal.unwrap().code, RefusalCode::HeaderError);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Foreign keys are compared with sets of the standard library, whatever the chunks, the threads and the room for keys.
    #[test]
    fn foreign_keys_are_what_sets_say(
        table in prop::collection::vec(0..60i64, 0..60),
        rows in prop::collection::vec((0..40i64, prop::option::of(0..40i64), prop::option::of(0..60i64), prop::bool::weighted(0.1)), 0..300),
        threads in 1..4usize,
        chunk_bytes in 20..600usize,
        room in prop::option::of(20..200u64),
    ) {
        let fields = ["id", "parent", "code"].map(|name| json!({"name": name, "type": "integer"}));
        let descriptor = json!({
            "schema": {
                "fields": fields,
                "foreignKeys": [
                    {"fields": "parent", "reference": {"fields": "id"}},
                    {"fields": "code", "reference": {"resource": "t", "fields": "code"}},
                    {"fields": ["id", "parent"], "reference": {"fields": ["parent", "id"]}},
                ]
            },
            "sluice": {
                "limits": {"keyBytes": room.map_or(1 << 28, |keys| keys * 56)},
                "reference": [{"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "code", "type": "integer"}]}}]
            }
        });
        let text = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
        let code_table = "code\n".to_owned() + &table.iter().map(|code| format!("{code}\n")).collect::<String>();
        let mut file = "id,parent,code\n".to_owned();
        for (id, parent, code, is_bad) in &rows {
            // A row with another fault can be referred to nonetheless, but its own references are not checked.
            let code = if *is_bad { "x".to_owned() } else { text(*code) };
            file.push_str(&format!("{id},{},{code}\n", text(*parent)));
        }
        let ids: HashSet<i64> = rows.iter().map(|row| row.0).collect();
        let pairs: HashSet<(i64, i64)> = rows.iter().filter_map(|row| Some((row.1?, row.0))).collect();
        let codes: HashSet<i64> = table.iter().copied().collect();
        let expected: Vec<(u64, usize)> = (2u64..).zip(&rows).filter_map(|(record, &(id, parent, code, is_bad))| {
            let broken = [
                parent.is_some_and(|parent| !ids.contains(&parent)),
                code.is_some_and(|code| !codes.contains(&code)),
                parent.is_some_and(|parent| !pairs.contains(&(id, parent))),
            ];
            let count = if is_bad { 1 } else { broken.iter().filter(|broken| **broken).count() };
            (count > 0).then_some((record, count))
        }).collect();
        let options = Options { threads: NonZeroUsize::new(threads).unwrap(), chunk_bytes };
        let files: Files = Some(Arc::new(InMemory::default()));
        let descriptor = read(&descriptor.to_string());
        let (outcome, lines) = check_with(&descriptor, &[code_table.as_bytes()], file.as_bytes(), &options, files.clone());
        prop_assume!(outcome.refusal.is_none());
        let found: Vec<(u64, usize)> =
            lines.iter().map(|line| (line["record"].as_u64().unwrap(), line["errors"].as_array().unwrap().len())).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(outcome.rows.read, outcome.rows.clean + outcome.rows.rejected);
        let (alone, alone_lines) = check_with(&descriptor, &[code_table.as_bytes()], file.as_bytes(), &Options::default(), files);
        prop_assert_eq!(format!("{outcome:?}"), format!("{alone:?}"));
        prop_assert_eq!(lines, alone_lines);
    }
}
