//! Answers for senders, as a user sees them.

#![allow(dead_code, reason = "a part of what is shared is enough here")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use support::{Desk, Ended};

const RESOURCE: &str = r#"{"schema": {"fields": [{"name": "case_id"}, {"name": "qty", "type": "integer"}]},
    "sluice": {"tolerance": {"rows": 2}, "feedback": {"keys": ["case_id"]}}}"#;

const FILE: &str = "case_id,qty\n007,1\n008,x\n";

fn bytes(desk: &Desk, name: &str) -> Vec<u8> {
    fs::read(desk.path(name)).unwrap()
}

const FORMATS: [&str; 3] = ["csv", "xlsx", "html"];

#[test]
fn a_run_answers_every_file() {
    let desk = Desk::new();
    desk.write("s/p/resource.json", RESOURCE)
        .write("s/p/incoming/a.csv", FILE)
        .write("s/p/incoming/sub/clean.csv.gz", gzip(b"case_id,qty\n1,1\n"))
        .write("s/p/incoming/refused.csv", "case_id,qty\na,x\nb,x\nc,x\n")
        .write("s/p/incoming/header.csv", "case,qty\na,1\n")
        .write("s/q/incoming/a.csv", FILE);
    let reports = desk.sluice(&["run", "s", "--clean", "out", "--format", "json"]).with_code(1).json();
    for name in ["a.csv", "sub/clean.csv.gz", "refused.csv", "header.csv"] {
        let key = format!("p/incoming/{name}");
        let report = reports.iter().find(|report| report["file"]["key"] == key.as_str()).unwrap();
        for format in FORMATS {
            let at = format!("out/p/feedback/{name}.{format}");
            assert_eq!(report["outputs"]["feedback"][format], at.as_str());
            assert!(desk.path(&at).is_file(), "{at}");
        }
    }
    assert!(!desk.path("out/q/feedback").exists());
    let csv = desk.read("out/p/feedback/a.csv.csv").unwrap();
    // The hash of the file, as `sha256sum` computes it.
    assert!(csv.contains(&sha256(FILE)), "{csv}");
    assert!(csv.contains("'008,3,Error,qty,"), "{csv}");
    let of_compressed = desk.read("out/p/feedback/sub/clean.csv.gz.csv").unwrap();
    assert!(of_compressed.contains(&sha256_of(&bytes(&desk, "s/p/incoming/sub/clean.csv.gz"))), "{of_compressed}");
    // Only the header of this file was read, but the hash is that of the whole file.
    assert!(desk.read("out/p/feedback/header.csv.csv").unwrap().contains(&sha256("case,qty\na,1\n")));
}

fn sha256(text: &str) -> String {
    sha256_of(text.as_bytes())
}

/// Returns the hash that the program of the system computes, which is not our code.
fn sha256_of(bytes: &[u8]) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    said.split(' ').next().unwrap().to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn a_second_run_changes_no_byte_of_an_answer() {
    let desk = Desk::new();
    desk.write("s/p/resource.json", RESOURCE).write("s/p/incoming/a.csv", FILE);
    let answers = |args: &[&str]| {
        desk.sluice(args).with_code(0);
        FORMATS.map(|format| bytes(&desk, &format!("out/p/feedback/a.csv.{format}")))
    };
    let first = answers(&["run", "s", "--clean", "out"]);
    assert_eq!(answers(&["run", "s", "--clean", "out", "--force", "--jobs", "3"]), first);
}

#[test]
fn a_new_version_replaces_the_answer_and_leaves_none_in_a_form_that_is_not_asked_for() {
    let desk = Desk::new();
    desk.write("s/p/resource.json", RESOURCE).write("s/p/incoming/a.csv", FILE);
    desk.sluice(&["run", "s", "--clean", "out"]).with_code(0);
    desk.write("s/p/resource.json", RESOURCE.replace("{\"keys\"", "{\"formats\": [\"html\"], \"keys\""))
        .write("s/p/incoming/a.csv", "case_id,qty\n007,1\n008,2\n");
    desk.sluice(&["run", "s", "--clean", "out"]).with_code(0);
    let there: Vec<String> = desk.files().into_iter().filter(|name| name.contains("/feedback/")).collect();
    assert_eq!(there, ["out/p/feedback/a.csv.html"]);
    assert!(desk.read("out/p/feedback/a.csv.html").unwrap().contains("Accepted in full"));
}

#[test]
fn a_check_answers_where_it_is_asked_to() {
    let desk = Desk::new();
    desk.write("a.csv", FILE).write("r.json", RESOURCE).write("b.csv", "x,y\n1\n");
    let report = desk
        .sluice(&["check", "a.csv", "--resource", "r.json", "--feedback", "answer.xlsx", "--format", "json"])
        .with_code(0)
        .json();
    assert_eq!(report[0]["outputs"]["feedback"].to_string(), r#"{"xlsx":"answer.xlsx"}"#);
    assert!(bytes(&desk, "answer.xlsx").starts_with(b"PK"));
    // Without a descriptor the answers are made in all forms, in English.
    desk.sluice(&["check", "a.csv", "b.csv", "--feedback", "answers"]).with_code(0);
    let there: Vec<String> = desk.files().into_iter().filter(|name| name.starts_with("answers/")).collect();
    assert_eq!(
        there,
        ["a.csv.csv", "a.csv.html", "a.csv.xlsx", "b.csv.csv", "b.csv.html", "b.csv.xlsx"]
            .map(|name| format!("answers/{name}"))
    );
    assert!(desk.read("answers/b.csv.csv").unwrap().contains("The row has too few cells: 1 instead of 2"));
    desk.sluice_with_stdin(&["check", "-", "--feedback", "stdin.csv"], b"x,y\n1\n").with_code(0);
    assert!(desk.read("stdin.csv").unwrap().contains(&sha256("x,y\n1\n")));
    desk.sluice(&["check", "a.csv", "--feedback", "answer.pdf"])
        .with_code(2)
        .warns("feedback is written as .csv, .xlsx or .html");
    desk.sluice(&["check", "a.csv", "--feedback", "a.csv"]).with_code(2).warns("is an input");
}

#[test]
fn an_answer_that_cannot_be_written_fails_its_file() {
    let desk = Desk::new();
    desk.write("a.csv", FILE).write("answer.csv/x", "");
    desk.sluice(&["check", "a.csv", "--feedback", "none/answer.csv"]).with_code(74);
}

#[test]
fn a_prefix_must_not_be_where_answers_are() {
    let desk = Desk::new();
    desk.write("s/a/feedback/x/incoming/y.csv", FILE);
    desk.sluice(&["run", "s"]).with_code(0).says("reserved name (clean, rejects, feedback, _sluice)");
}

#[test]
fn explain_names_the_answer() {
    let desk = Desk::new();
    desk.write("r.json", RESOURCE);
    desk.sluice(&["explain", "r.json"])
        .with_code(0)
        .says("Feedback for the sender: csv, xlsx, html; language en; up to 10000 rejected rows, known by \"case_id\"");
}

#[test]
fn a_plan_counts_a_write_for_each_answer() {
    let desk = Desk::new();
    desk.write("s/p/incoming/a.csv", FILE).write("s/p/incoming/b.csv", FILE).write("s/p/resource.json", "{}");
    let put = || {
        let lines = desk.sluice(&["plan", "s", "--cost", "--format", "json"]).with_code(0).json();
        lines.iter().find_map(|line| line["cost"]["quantities"]["requests"]["put"].as_u64()).unwrap()
    };
    let without = put();
    desk.write("s/p/resource.json", RESOURCE);
    assert_eq!(put(), without + 2 * 3);
}

/// To run again does not help, so the message says what does.
#[test]
fn a_workbook_without_a_folder_for_temporary_files_says_what_to_do() {
    let desk = Desk::new();
    desk.write("r.json", r#"{"schema": {"fields": [{"name": "id"}]}}"#).write("a.csv", "id\n1\n");
    let mut command = desk.command(&["check", "a.csv", "--resource", "r.json", "--feedback", "answer.xlsx"]);
    let ended = Ended::of(command.env("TMPDIR", "/nonexistent").output().unwrap());
    ended.with_code(74).warns("a workbook needs a temporary file").warns("name another one (TMPDIR)");
}
