//! Descriptors as they are published, as a user meets them: sizes and hashes, data inside a package, one file of an archive.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::json;
use support::Desk;

const FILE: &str = "id\n1\n";

/// The hash of the file that `md5sum` computes.
const MD5: &str = "bc9280dfc1d4e67233f138f5bbbf0951";

/// The lines `code` and `DE` as a gzip stream.
const STREAM: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\xce\x4f\x49\xe5\x72\x71\xe5\x02\x00\x6a\x66\xfa\xf1\x08\x00\x00\x00";

fn resource(more: &str) -> String {
    format!(
        r#"{{"name": "a", "path": "data/a.csv", {more}, "schema": {{"fields": [{{"name": "id", "type": "integer"}}]}}}}"#
    )
}

#[test]
fn a_file_that_is_not_the_published_one_is_refused_with_the_cause() {
    let desk = Desk::new();
    desk.write("data/a.csv", FILE).write("r.json", resource(r#""bytes": 5"#));
    desk.sluice(&["check", "data/a.csv", "--resource", "r.json"]).with_code(0);
    desk.write("r.json", resource(r#""bytes": 6"#));
    desk.sluice(&["check", "data/a.csv", "--resource", "r.json", "--clean", "clean.csv"])
        .with_code(1)
        .says("bytes: the file has 5; expected 6 by the descriptor; upload the file that it describes, or correct the descriptor");
    assert!(!desk.path("clean.csv").exists());
    desk.write("r.json", resource(&format!(r#""hash": "{MD5}""#)));
    desk.sluice(&["check", "data/a.csv", "--resource", "r.json"]).with_code(0);
    desk.write(
        "r.json",
        resource(r#""hash": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
    );
    let report = desk.sluice(&["check", "data/a.csv", "--resource", "r.json", "--format", "json"]).with_code(1).json();
    assert_eq!(report[0]["refusal"]["code"], "file-constraint");
    let assertion = &report[0]["file"]["assertions"][0];
    assert_eq!((&assertion["name"], &assertion["holds"]), (&json!("hash"), &json!(false)));
    let found = assertion["found"].as_str().unwrap();
    desk.write("r.json", resource(&format!(r#""hash": "{found}""#)));
    desk.sluice(&["check", "data/a.csv", "--resource", "r.json"]).with_code(0);
    // The sizes and hashes of a descriptor apply to no other file.
    desk.write("r.json", resource(r#""bytes": 6"#)).write("b.csv", FILE);
    desk.sluice(&["check", "b.csv", "--resource", "r.json"]).with_code(0);
}

#[test]
fn only_the_file_that_the_path_names_is_held_against_it_in_a_prefix() {
    let desk = Desk::new();
    desk.write("in/p/resource.json", resource(r#""bytes": 6"#))
        .write("in/p/incoming/a.csv", FILE)
        .write("in/p/incoming/b.csv", FILE);
    desk.sluice(&["run", "in", "--clean", "out"])
        .with_code(1)
        .says("p/incoming/a.csv: refused: bytes: the file has 5; expected 6");
    assert!(!desk.path("out/p/clean/a.csv").exists());
    assert!(desk.path("out/p/clean/b.csv").exists());
    desk.sluice(&["run", "in", "--clean", "out"]).with_code(0).says("nothing new");
}

const PACKAGE: &str = r#"{"name": "p", "resources": [
    {"name": "orders", "path": "orders.csv", "schema": {
        "fields": [{"name": "id", "type": "integer"}, {"name": "country"}],
        "foreignKeys": [{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}]
    }},
    {"name": "countries", "data": [{"name": "Germany", "code": "DE"}, {"code": "FR", "name": "France"}],
     "schema": {"fields": [{"name": "code"}, {"name": "name"}], "primaryKey": "code"}}
]}"#;

#[test]
fn keys_refer_to_data_inside_the_package() {
    let desk = Desk::new();
    desk.write("datapackage.json", PACKAGE).write("orders.csv", "id,country\n1,DE\n2,XX\n3,FR\n");
    desk.sluice(&["check", "orders.csv", "--resource", "datapackage.json"])
        .with_code(0)
        .says("orders.csv:3: country: foreign-key: \"XX\" is not in countries.code");
    let report = desk.sluice(&["check", "orders.csv", "--resource", "datapackage.json", "--format", "json"]).json();
    let reference = json!({"name": "countries", "key": "#countries", "etag": null, "rows": 2});
    assert_eq!(report[0]["descriptor"]["references"], json!([reference]));
    // A row of the inline data breaks a constraint.
    desk.write("datapackage.json", PACKAGE.replace("\"FR\"", "\"DE\""));
    desk.sluice(&["check", "orders.csv", "--resource", "datapackage.json"])
        .with_code(2)
        .warns("the reference table countries: its data in the descriptor: rejected rows: 1 of 2");
}

#[test]
fn a_table_in_a_database_is_refused_once_with_what_to_do() {
    let desk = Desk::new();
    let package = PACKAGE.replacen(
        r#""data": [{"name": "Germany", "code": "DE"}, {"code": "FR", "name": "France"}]"#,
        r#""path": "sqlite:///a.db""#,
        1,
    );
    desk.write("datapackage.json", package).write("orders.csv", "id,country\n1,DE\n");
    let shown = desk.sluice(&["check", "orders.csv", "--resource", "datapackage.json"]).with_code(2);
    let shown = shown.warns(
        "are in a database (\"sqlite:///a.db\"), which is not read; export them as a CSV file beside the package",
    );
    assert_eq!(shown.stderr.matches("resources[0]").count(), 1, "{}", shown.stderr);
}

#[test]
fn a_compressed_table_needs_no_suffix_that_says_so() {
    let desk = Desk::new();
    let descriptor = |table: &str| {
        format!(
            r#"{{"schema": {{"fields": [{{"name": "c"}}], "foreignKeys": [{{"fields": "c", "reference": {{"resource": "t", "fields": "code"}}}}]}},
                "sluice": {{"reference": [{{"name": "t", {table}}}]}}}}"#
        )
    };
    desk.write("t.bin", STREAM).write("t.csv.gz", STREAM).write("a.csv", "c\nDE\nXX\n");
    for table in [r#""path": "t.bin", "compression": "gz""#, r#""path": "t.csv.gz""#] {
        desk.write("r.json", descriptor(table));
        desk.sluice(&["check", "a.csv", "--resource", "r.json"])
            .with_code(0)
            .says("\"XX\" is not in t.code")
            .says("1 rejected");
    }
}

#[test]
fn blank_rows_are_rejected_where_that_is_asked_for() {
    let desk = Desk::new();
    desk.write("a.csv", "id\n1\n\n2\n").write("r.json", r#"{"sluice": {"blankRows": "reject"}}"#);
    desk.sluice(&["check", "a.csv"]).with_code(0).says("2 rows read, 0 rejected");
    desk.sluice(&["check", "a.csv", "--resource", "r.json"])
        .with_code(0)
        .says("a.csv:3: blank-row")
        .says("3 rows read, 1 rejected");
}

/// Checks `data.csv` against a package whose resource `st` has these properties and the file `st.csv`, and returns what is told.
fn referring_to(desk: &Desk, more: &str, table: &str, code: i32) -> String {
    let package = format!(
        r#"{{"resources": [{{"name": "st", {more}}}, {{"name": "data", "path": "data.csv", "schema": {{
            "fields": [{{"name": "c"}}], "foreignKeys": [{{"fields": ["c"], "reference": {{"resource": "st", "fields": ["code"]}}}}]}}}}]}}"#
    );
    desk.write("datapackage.json", package).write("st.csv", table).write("data.csv", "c\nA\n-\n");
    let shown = desk.sluice(&["check", "data.csv", "--resource", "datapackage.json"]).with_code(code);
    format!("{}{}", shown.stdout, shown.stderr)
}

#[test]
fn a_resource_is_read_alike_when_a_foreign_key_refers_to_it() {
    let desk = Desk::new();
    let schema = r#""schema": {"fields": [{"name": "code"}, {"name": "n", "type": "integer"}]}"#;
    let path = r#""path": "st.csv""#;
    for (more, table) in [
        (format!(r#"{path}, {schema}, "missingValues": ["", "-"]"#), "code,n\nA,1\n-,\n"),
        (format!(r#"{path}, {schema}, "format": "tsv""#), "code\tn\nA\t1\n"),
        (format!(r#"{path}, {schema}, "layout": {{"header": false}}"#), "A,1\n"),
        (format!(r#"{schema}, "format": "tsv", "data": "code\tn\nA\t1\n""#), ""),
        // What is said of a file as it is stored does not apply to rows in the descriptor.
        (format!(r#"{path}, {schema}, "bytes": 1, "compression": "gz", "data": [["code", "n"], ["A", 1]]"#), ""),
    ] {
        let told = referring_to(&desk, &more, table, 0);
        assert!(told.contains("\"-\" is not in st.code") && told.contains("1 rejected"), "{more}: {told}");
    }
    let fields = format!(r#"{path}, "fields": [{{"name": "code"}}, {{"name": "n", "type": "integer"}}]"#);
    let told = referring_to(&desk, &fields, "code,n\nA,x\n", 2);
    assert!(told.contains("\"x\" is not an integer"), "{told}");
    let told = referring_to(&desk, &format!(r#"{path}, "bytes": 1"#), "code\nA\n", 2);
    assert!(told.contains("the reference table st: ") && told.contains("bytes: the file has 7; expected 1"), "{told}");
    let told = referring_to(&desk, &format!(r#"{path}, "format": "json""#), "code\nA\n", 0);
    assert!(told.contains("the format \"json\" is not supported"), "{told}");
}
