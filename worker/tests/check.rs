//! `sluice check` as a user types it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use support::{Desk, GOOD, RAGGED};

#[test]
fn a_clean_file_is_clean() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD);
    desk.sluice(&["check", "a.csv"])
        .with_code(0)
        .says("a.csv")
        .says("clean")
        .says("1 file: 1 clean; 2 rows read, 0 rejected");
}

#[test]
fn rejected_rows_are_shown_with_their_place() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED);
    desk.sluice(&["check", "a.csv"]).with_code(0).says("accepted").says("a.csv:3: ").says("missing-cell");
}

#[test]
fn strict_makes_a_rejected_row_an_exit_code() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED);
    desk.sluice(&["check", "a.csv", "--strict"]).with_code(1);
}

#[test]
fn json_has_a_report_for_each_file_in_the_order_given() {
    let desk = Desk::new();
    desk.write("b.csv", RAGGED).write("a.csv", GOOD);
    let lines = desk.sluice(&["check", "b.csv", "none.csv", "a.csv", "--format", "json"]).with_code(74).json();
    let keys: Vec<&str> = lines.iter().map(|line| line["file"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["b.csv", "none.csv", "a.csv"]);
    assert_eq!(lines[0]["rows"]["rejected"], 2);
    assert_eq!(lines[1]["failure"]["code"], "not-found");
    assert_eq!(lines[2]["verdict"], "clean");
    assert_eq!(lines[2]["file"]["bytes"], GOOD.len());
}

#[test]
fn outputs_of_one_file_are_files() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED);
    desk.sluice(&["check", "a.csv", "--clean", "c.csv", "--rejects", "r.jsonl"]).with_code(0);
    assert_eq!(desk.read("c.csv").unwrap(), "id,name\n1,one\n4,four\n");
    assert_eq!(desk.read("r.jsonl").unwrap().lines().count(), 2);
    assert_eq!(desk.files(), ["a.csv", "c.csv", "r.jsonl"]);
}

#[test]
fn outputs_of_several_files_lie_in_a_folder() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED).write("b.csv", GOOD);
    desk.sluice(&["check", "a.csv", "b.csv", "--clean", "c", "--rejects", "r"]).with_code(0);
    assert_eq!(desk.files(), ["a.csv", "b.csv", "c/a.csv", "c/b.csv", "r/a.csv.jsonl"]);
}

#[test]
fn the_clean_rows_are_written_as_parquet_beside_or_instead() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED).write("b.csv", GOOD).write("e.csv", "").write("old.parquet", "old");
    let report = desk.sluice(&["check", "a.csv", "--parquet", "p.parquet", "--format", "json"]).with_code(0).json();
    assert_eq!(report[0]["outputs"]["parquet"], "p.parquet");
    assert_eq!(report[0]["outputs"]["clean"], serde_json::Value::Null);
    let stored = fs::read(desk.path("p.parquet")).unwrap();
    assert!(stored.starts_with(b"PAR1") && stored.ends_with(b"PAR1"));
    desk.sluice(&["check", "a.csv", "b.csv", "--clean", "c", "--parquet", "c"]).with_code(0);
    assert!(desk.files().iter().filter(|name| name.starts_with("c/")).eq([
        "c/a.csv",
        "c/a.csv.parquet",
        "c/b.csv",
        "c/b.csv.parquet"
    ]));
    desk.sluice(&["check", "e.csv", "--parquet", "old.parquet"]).with_code(1);
    assert!(!desk.files().contains(&"old.parquet".to_owned()));
    desk.sluice(&["check", "a.csv", "--clean", "o", "--parquet", "o"]).with_code(2).warns("two outputs");
}

#[test]
fn a_refused_file_has_no_clean_rows_not_even_old_ones() {
    let desk = Desk::new();
    desk.write("a.csv", "").write("c.csv", "old").write("r.jsonl", "old");
    desk.sluice(&["check", "a.csv", "--clean", "c.csv", "--rejects", "r.jsonl"]).with_code(1).says("refused");
    assert_eq!(desk.files(), ["a.csv"]);
}

#[test]
fn outputs_that_would_overwrite_something_are_usage_errors() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write("x/a.csv", GOOD).write("f", "");
    desk.sluice(&["check", "a.csv", "--clean", "a.csv"]).with_code(2).warns("is an input");
    desk.sluice(&["check", "a.csv", "--clean", "o", "--rejects", "o"]).with_code(2).warns("two outputs");
    desk.sluice(&["check", "a.csv", "x/a.csv", "--clean", "out"]).with_code(2).warns("two outputs");
    desk.sluice(&["check", "a.csv", "x/a.csv", "--clean", "f"]).with_code(2).warns("name a folder");
    desk.sluice(&["check", "a.csv", "--clean", "-"]).with_code(2).warns("name a file");
    assert_eq!(desk.read("a.csv").unwrap(), GOOD);
}

#[test]
fn standard_input_is_checked() {
    let desk = Desk::new();
    desk.sluice_with_stdin(&["check", "-"], GOOD.as_bytes()).with_code(0).says("2 rows read").says("; 20 B in ");
    let json =
        desk.sluice_with_stdin(&["check", "-", "--format", "json", "--report", "p.html"], GOOD.as_bytes()).json();
    assert_eq!(json[0]["file"]["bytes"], GOOD.len());
    assert!(desk.read("p.html").unwrap().contains("20 B in all"));
    // Compressed input is recognised by its first bytes.
    let stored =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/broken/incoming/zstandard.csv.zst")).unwrap();
    desk.sluice_with_stdin(&["check", "-", "--format", "json"], &stored).with_code(0).says("\"compression\":\"zstd\"");
    desk.sluice(&["check", "-", "-"]).with_code(2).warns("standard input can be read only once");
}

#[test]
fn a_file_in_the_layout_is_checked_against_its_descriptor() {
    let desk = Desk::new();
    desk.write("p/incoming/sub/a.csv", GOOD).write("p/resource.json", "{");
    desk.sluice(&["check", "p/incoming/sub/a.csv"]).with_code(2).says("p/resource.json:1:");
    desk.write("p/resource.json", "{}");
    let lines = desk.sluice(&["check", "p/incoming/sub/a.csv", "--format", "json"]).with_code(0).json();
    assert_eq!(lines[0]["descriptor"]["key"], "p/resource.json");
}

#[test]
fn a_file_outside_the_layout_has_no_descriptor_unless_it_is_named() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write("resource.json", "{").write("good.json", "{}");
    let lines = desk.sluice(&["check", "a.csv", "--format", "json"]).with_code(0).json();
    assert!(lines[0]["descriptor"].is_null());
    desk.sluice(&["check", "a.csv", "--resource", "good.json"]).with_code(0);
    desk.sluice(&["check", "a.csv", "--resource", "resource.json"]).with_code(2).warns("resource.json:1:");
    desk.sluice(&["check", "a.csv", "--resource", "none.json"]).with_code(2).warns("none.json: not found");
    desk.sluice(&["check", "a.csv", "--resource", "good.json", "--schema", "good.json"]).with_code(2);
}

#[test]
fn a_schema_is_checked_against() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write(
        "schema.json",
        r#"{"fields": [{"name": "id", "type": "integer"}, {"name": "name", "type": "integer"}]}"#,
    );
    let lines = desk.sluice(&["check", "a.csv", "--schema", "schema.json", "--format", "json"]).with_code(0).json();
    assert_eq!(lines[0]["errors"]["type-error"], 2);
}

#[test]
fn a_descriptor_that_is_too_large_is_refused() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write("r.json", " ".repeat((1 << 20) + 1));
    desk.sluice(&["check", "a.csv", "--resource", "r.json"]).with_code(2).warns("r.json");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_go_on() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write("folder/x", "");
    desk.sluice(&["check", "none.csv", "folder", "a.csv"])
        .with_code(74)
        .says("none.csv: not found; check the name")
        .says("folder: this is a folder; name files")
        .says("3 files: 1 clean, 2 failed");
}

#[test]
fn a_full_disk_is_one_clear_line() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD.repeat(1000)).write("b.csv", RAGGED);
    desk.sluice(&["check", "a.csv", "--clean", "/dev/full"]).with_code(74).says("/dev/full: no space left");
    desk.sluice(&["check", "b.csv", "--rejects", "/dev/full"]).with_code(74).says("/dev/full: no space left");
}

#[test]
fn an_output_may_be_a_device() {
    let desk = Desk::new();
    desk.write("a.csv", RAGGED);
    desk.sluice(&["check", "a.csv", "--clean", "/dev/null", "--rejects", "/dev/null"]).with_code(0);
    assert!(fs::metadata("/dev/null").is_ok_and(|metadata| !metadata.is_file()));
}

#[test]
fn the_suffix_sets_the_delimiter() {
    let desk = Desk::new();
    desk.write("a.TSV", "id\tname\n1\tone\n2\n")
        .write("a.psv", "id|name\n1|one\n2\n")
        .write("a.txt", "id,name\n1,one\n2\n");
    for file in ["a.TSV", "a.psv", "a.txt"] {
        let lines = desk.sluice(&["check", file, "--format", "json"]).with_code(0).json();
        assert_eq!(lines[0]["errors"]["missing-cell"], 1, "{file}");
    }
}

#[test]
fn an_interrupted_check_ends_with_130_and_leaves_nothing() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["check", "-", "-v", "--clean", "c.csv", "--rejects", "r.jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(RAGGED.as_bytes()).unwrap();
    // Waits until the check has begun: its outputs are staged then.
    while desk.files().len() < 2 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("interrupted"), "{line}");
    // The next read of the child ends, and sees the interrupt.
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(desk.files(), Vec::<String>::new());
}

#[test]
fn a_reader_of_the_report_that_goes_away_ends_the_check_quietly() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD);
    let ended = desk.run_without_reader(&["check", "a.csv", "a.csv", "a.csv", "--format", "json"]).with_code(0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn cells_do_not_reach_the_terminal_with_control_characters() {
    let desk = Desk::new();
    desk.write("a.csv", "id\n\u{1b}[2J,x\n");
    let ended = desk.sluice(&["check", "a.csv"]).with_code(0);
    assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

#[test]
fn two_outputs_in_one_place_are_refused_however_they_are_spelled() {
    let desk = Desk::new();
    desk.write("x.csv", GOOD)
        .write("there", "")
        .write("schema.json", "{\"fields\": [{\"name\": \"id\"}, {\"name\": \"name\"}]}");
    fs::create_dir(desk.path("sub")).unwrap();
    std::os::unix::fs::symlink(desk.path("sub"), desk.path("way")).unwrap();
    std::os::unix::fs::symlink("there", desk.path("link")).unwrap();
    for (clean, rejects) in [
        ("out", "./out"),
        ("out", "sub/../out"),
        ("sub/out", "way/out"),
        ("there", "link"),
        ("out", desk.path("out").to_str().unwrap()),
    ] {
        desk.sluice(&["check", "x.csv", "--clean", clean, "--rejects", rejects])
            .with_code(2)
            .warns("two outputs would be written here");
    }
    desk.sluice(&["check", "x.csv", "--schema", "schema.json", "--clean", "./schema.json"])
        .with_code(2)
        .warns("is an input file, its descriptor");
    desk.sluice(&["check", "x.csv", "--clean", "sub/out", "--rejects", "out"]).with_code(0);
}

#[test]
fn outputs_that_a_run_would_take_are_refused() {
    let desk = Desk::new();
    desk.write("data/p/incoming/x.csv", GOOD);
    std::os::unix::fs::symlink(desk.path("data/p/incoming"), desk.path("way")).unwrap();
    for clean in ["data/p/incoming/clean.csv", "way/sub.csv.gz", "data/p/incoming/"] {
        let input = if clean.ends_with('/') { "y.csv" } else { "data/p/incoming/x.csv" };
        desk.write("y.csv", GOOD);
        desk.sluice(&["check", input, "--clean", clean]).with_code(2).warns("would take it as input");
    }
    desk.sluice(&["check", "data/p/incoming/x.csv", "--clean", "clean.csv"]).with_code(0);
}

#[test]
fn what_a_killed_check_left_is_removed_by_the_next_and_what_is_being_written_is_not() {
    let desk = Desk::new();
    desk.write("x.csv", GOOD).write("out/.sluice-dead", "half").write("out/.sluice-alive", "half");
    desk.write("out/.sluice-new-begun", "").write("out/.sluice-new-old", "").write("out/mine.csv", "");
    let alive = fs::File::options().write(true).open(desk.path("out/.sluice-alive")).unwrap();
    alive.lock().unwrap();
    let old = fs::File::options().write(true).open(desk.path("out/.sluice-new-old")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    desk.sluice(&["check", "x.csv", "--clean", "out/"]).with_code(0);
    let left: Vec<String> = desk.files().into_iter().filter(|file| file.starts_with("out/")).collect();
    assert_eq!(left, ["out/.sluice-alive", "out/.sluice-new-begun", "out/mine.csv", "out/x.csv"]);
}

#[test]
fn a_file_that_breaks_an_assertion_is_refused_and_says_what_was_found() {
    let desk = Desk::new();
    desk.write("a.csv", "id,qty\n1,2\n2,\n3,5\n");
    let resource = |file: &str| {
        format!(
            r#"{{"schema": {{"fields": [{{"name": "id", "type": "integer"}}, {{"name": "qty", "type": "integer"}}]}},
                "sluice": {{"file": {file}}}}}"#
        )
    };
    let check = |file: &str, code: i32| {
        desk.write("r.json", resource(file));
        desk.sluice(&["check", "a.csv", "--resource", "r.json", "--format", "json", "--clean", "c.csv"])
            .with_code(code)
            .json()
    };
    let held = r#"{"rows": {"min": 3, "max": 3}, "missing": {"qty": "34%"}, "count": {"qty": {"min": 2}},
                   "distinct": {"id": {"min": 3}}, "sum": {"qty": {"min": 7, "max": 7.0}}}"#;
    let report = &check(held, 0)[0];
    assert_eq!(report["verdict"], "clean");
    let outcomes = report["file"]["assertions"].as_array().unwrap();
    let names: Vec<&str> = outcomes.iter().map(|outcome| outcome["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["rows", "missing.qty", "count.qty", "distinct.id", "sum.qty"]);
    assert!(outcomes.iter().all(|outcome| outcome["holds"] == true));
    assert!(desk.read("c.csv").is_some());
    for (file, message) in [
        (r#"{"rows": {"min": 4}}"#, "rows: the file has 3 rows; expected at least 4"),
        (r#"{"missing": {"qty": "33%"}}"#, "missing.qty: 1 of 3 cells missing, at most 33 % may be"),
        (r#"{"count": {"qty": {"min": 3}}}"#, "count.qty: qty has 2 values; expected at least 3"),
        (r#"{"distinct": {"id": {"max": 2}}}"#, "distinct.id: id has 3 distinct values; expected at most 2"),
        (r#"{"sum": {"qty": {"max": 6.9}}}"#, "sum.qty: qty has 7 as its sum; expected at most 6.9"),
    ] {
        let report = &check(file, 1)[0];
        assert_eq!(report["refusal"]["code"], "file-constraint", "{file}");
        assert_eq!(report["refusal"]["message"], message);
        assert_eq!(report["file"]["assertions"][0]["holds"], false);
        assert_eq!(desk.read("c.csv"), None, "a refused file has no clean rows");
    }
}

#[test]
fn the_sum_of_a_redacted_column_does_not_leave() {
    let desk = Desk::new();
    desk.write("a.csv", "qty\n12345\n");
    desk.write(
        "r.json",
        r#"{"schema": {"fields": [{"name": "qty", "type": "integer"}]},
            "sluice": {"redact": ["qty"], "file": {"sum": {"qty": {"max": 5}}}}}"#,
    );
    let report = desk.sluice(&["check", "a.csv", "--resource", "r.json", "--format", "json"]).with_code(1).json();
    assert_eq!(report[0]["refusal"]["code"], "file-constraint");
    assert!(!report[0].to_string().contains("12345"));
}

#[test]
fn a_failure_is_told_on_standard_error_when_the_table_goes_elsewhere() {
    let desk = Desk::new();
    desk.sluice(&["check", "none.csv"]).with_code(74).says("none.csv").warns("sluice: none.csv: ");
    let many: Vec<String> = (0..30).map(|number| format!("none{number}.csv")).collect();
    let args: Vec<&str> = ["check", "--format", "json"].into_iter().chain(many.iter().map(String::as_str)).collect();
    let ended = desk.sluice(&args).with_code(74).warns("none19.csv").warns("more files failed; the results name them");
    assert_eq!((ended.stderr.lines().count(), ended.stdout.lines().count()), (21, 30));
}

#[test]
fn a_quote_that_runs_on_is_told_where_it_opens() {
    let desk = Desk::new();
    desk.write(
        "a.csv",
        "\"id\",\"name\"\n\"1\",\"bob\n\"2\",\"cy\"\n\"3\",\"di\"\"\n\"4\",\"ed\"\n5,e\"f\n\"6\"x,g\n7,8,\"9\n",
    );
    desk.sluice(&["check", "a.csv", "--clean", "c.csv", "--rejects", "r.jsonl"]).with_code(0).says(
        "a.csv:2: name: quote-error: a quote that is opened on this line and not closed on it, 4 bytes into the record",
    );
    assert_eq!(desk.read("c.csv").unwrap(), "\"id\",\"name\"\n\"2\",\"cy\"\n\"4\",\"ed\"\n");
    let places: Vec<_> = desk
        .read("r.jsonl")
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|reject| {
            let error = &reject["errors"][0];
            (reject["line"].clone(), error["column"].clone(), error["field"].as_str().unwrap_or("").to_owned())
        })
        .collect();
    let place = |line: u64, column: u64, field: &str| (line.into(), column.into(), field.to_owned());
    assert_eq!(
        places,
        [place(2, 2, "name"), place(4, 2, "name"), place(6, 2, "name"), place(7, 1, "id"), place(8, 3, "")]
    );
}

#[test]
fn what_nobody_sees_in_a_cell_is_shown_in_the_message() {
    let desk = Desk::new();
    desk.write(
        "s.json",
        r#"{"fields":[{"name":"n","type":"number"},{"name":"i","type":"integer"},{"name":"y","type":"year"},
            {"name":"d","type":"date","format":"%d.%m.%Y"}]}"#,
    );
    desk.write(
        "a.csv",
        "n,i,y,d\n1\u{a0}000,7\t,2020,2020-01-01\n1e400,99999999999999999999,-9999999999999999999,01.01.2020\n",
    );
    desk.sluice(&["check", "a.csv", "--schema", "s.json", "--rejects", "r.jsonl"])
        .with_code(0)
        .says(r#"a.csv:2: n: type-error: "1\u{a0}000" is not a number"#)
        .says(r#"a.csv:2: i: type-error: "7\t" is not an integer"#)
        .says(r#"a.csv:2: d: type-error: "2020-01-01" is not a date in the format %d.%m.%Y"#)
        .says(r#"a.csv:3: n: type-error: "1e400" is a number beyond ±1.7976931348623157e308"#)
        .says(r#"a.csv:3: i: type-error: "99999999999999999999" is an integer outside"#)
        .says(r#"a.csv:3: y: type-error: "-9999999999999999999" is a year of more than 18 digits"#);
    // The value of a reject is the cell unchanged.
    assert!(desk.read("r.jsonl").unwrap().contains("\"value\":\"1\u{a0}000\""));
}

#[test]
fn labels_of_another_spelling_are_taken_as_declared_and_reported() {
    let desk = Desk::new();
    let file = "ID,Anzahl,note\n1,2,x\ny,3,z\n";
    let schema = r#"{"fields":[{"name":"id","type":"integer"},{"name":"qty","type":"integer"},{"name":"note"}]}"#;
    desk.write("a.csv", file).write("plain.json", format!(r#"{{"schema":{schema}}}"#)).write(
        "r.json",
        format!(r#"{{"schema":{schema},"sluice":{{"headers":{{"match":"case","aliases":{{"Anzahl":"qty"}}}}}}}}"#),
    );
    desk.sluice(&["check", "a.csv", "-r", "plain.json"]).with_code(1).says("header-error");
    desk.sluice(&["check", "a.csv", "-r", "r.json", "--clean", "c.csv"])
        .with_code(0)
        .says(r#"a.csv: column 1 "ID" is taken as the field "id" (except for letter case)"#)
        .says(r#"a.csv: column 2 "Anzahl" is taken as the field "qty" (an alias)"#)
        .says(r#"a.csv:3: id: type-error: "y" is not an integer"#);
    // The clean file is as the input, with its labels.
    assert_eq!(desk.read("c.csv").unwrap(), "ID,Anzahl,note\n1,2,x\n");
    let report = desk.sluice(&["check", "a.csv", "-r", "r.json", "--format", "json"]).json().remove(0);
    assert_eq!(report["labels"][1], serde_json::json!({"column": 2, "label": "Anzahl", "field": "qty", "by": "alias"}));
    assert_eq!(report["labels"].as_array().unwrap().len(), 2);
}
