//! Compressed files whose names do not say so.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use support::Desk;

/// The lines `id`, `1` and `x` as a gzip stream.
const STREAM: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x4c\xe1\x32\xe4\xaa\xe0\x02\x00\x57\x83\xa4\x18\x07\x00\x00\x00";

const SCHEMA: &str = r#""schema": {"fields": [{"name": "id", "type": "integer"}]}"#;

#[test]
fn a_file_without_the_suffix_is_refused_with_what_to_write() {
    let desk = Desk::new();
    let check = desk.write("a.csv", STREAM).sluice(&["check", "a.csv"]).with_code(1);
    check.says(
        r#"the file is a gzip stream; name it with the suffix .gz, or write "compression": "gz" in its descriptor"#,
    );
}

#[test]
fn the_descriptor_says_how_a_file_is_compressed() {
    let desk = Desk::new();
    desk.write("r.json", format!(r#"{{"compression": "gz", {SCHEMA}}}"#)).write("a.csv", STREAM);
    let args = ["check", "a.csv", "--resource", "r.json", "--format", "json", "--clean", "clean.csv"];
    let check = desk.sluice(&args).with_code(0);
    let report = &check.json()[0];
    assert_eq!((&report["rows"]["clean"], &report["rows"]["rejected"]), (&1.into(), &1.into()));
    assert_eq!(report["file"]["compression"], "gzip");
    // The clean file is compressed like the input.
    assert!(fs::read(desk.path("clean.csv")).unwrap().starts_with(&STREAM[..2]));
    // A plain file is refused, and the message names the descriptor.
    desk.write("plain.csv", "id\n1\n");
    desk.sluice(&["check", "plain.csv", "--resource", "r.json"])
        .with_code(1)
        .says(r#""compression" in its descriptor says gzip"#);
}

#[test]
fn a_run_reads_such_files_and_the_suffix_goes_before_the_descriptor() {
    let desk = Desk::new();
    desk.write("data/p/resource.json", format!(r#"{{"compression": "zip", {SCHEMA}}}"#))
        .write("data/p/incoming/a.csv.gz", STREAM);
    desk.sluice(&["run", "data"]).with_code(0);
    desk.write("data/q/resource.json", format!(r#"{{"compression": "gz", {SCHEMA}}}"#))
        .write("data/q/incoming/a.csv", STREAM);
    desk.sluice(&["run", "data"]).with_code(0);
    assert!(desk.read("data/q/rejects/a.csv.jsonl").unwrap().contains("\"record\":3"));
}

#[test]
fn a_file_that_ends_its_lines_with_cr_has_a_hint() {
    let desk = Desk::new();
    desk.write("a.csv", "id,name\r1,a\r2,b\n");
    let check = desk.sluice(&["check", "a.csv", "--format", "json"]);
    let hints = check.json()[0]["hints"].to_string();
    assert!(
        hints.contains("2 carriage returns in the header do not end a line") && hints.contains("lineTerminator"),
        "{hints}"
    );
    desk.write("r.json", r#"{"dialect": {"lineTerminator": "\r"}}"#);
    let check = desk.sluice(&["check", "a.csv", "--resource", "r.json", "--format", "json"]).with_code(0);
    assert_eq!(check.json()[0].get("hints"), None);
}

#[test]
fn explain_goes_on_behind_a_resource_with_mistakes() {
    let desk = Desk::new();
    let resource = |name: &str, kind: &str| {
        format!(
            r#"{{"name": "{name}", "path": "{name}.csv", "schema": {{"fields": [{{"name": "x", "type": "{kind}"}}]}}}}"#
        )
    };
    let package = [resource("a", "integer"), resource("b", "float"), resource("c", "date")].join(", ");
    desk.write("datapackage.json", format!(r#"{{"resources": [{package}]}}"#));
    desk.sluice(&["explain", "datapackage.json"])
        .with_code(2)
        .says("datapackage.json#a: files a.csv")
        .says("its descriptor has 1 mistake")
        .says("datapackage.json#c: files c.csv")
        .warns(r#"resources[1].schema.fields[0].type: "float" is not a type; write "number""#);
}
