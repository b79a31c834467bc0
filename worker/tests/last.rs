//! Files against the files before them, as a user sees it.

#![allow(dead_code, reason = "a part of what is shared is enough here")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use support::Desk;

const RESOURCE: &str =
    r#"{"schema": {"fields": [{"name": "id"}]}, "sluice": {"file": {"last": {"files": 2, "rows": "±50%"}}}}"#;

fn file(rows: usize) -> String {
    format!("id\n{}", "x\n".repeat(rows))
}

/// Returns the first assertion of a file in the reports of a run.
fn outcome(lines: &[Value], key: &str) -> Value {
    let report = lines.iter().find(|line| line["file"]["key"] == key).unwrap();
    report["file"]["assertions"][0].clone()
}

#[test]
fn a_file_is_refused_that_differs_too_much_from_those_before_it() {
    let desk = Desk::new();
    desk.write("data/p/resource.json", RESOURCE)
        .write("data/p/incoming/a.csv", file(10))
        .write("data/p/incoming/b.csv", file(12));
    let run = |code: i32| desk.sluice(&["run", "data", "--format", "json"]).with_code(code).json();
    // The files were uploaded together, so none has a file before it.
    let first = run(0);
    for key in ["p/incoming/a.csv", "p/incoming/b.csv"] {
        let outcome = outcome(&first, key);
        assert_eq!((&outcome["undecided"], &outcome["found"].is_u64()), (&Value::Bool(true), &true));
        assert_eq!(
            outcome["message"],
            "last.rows: not compared: 0 of 2 earlier files were accepted before this one was uploaded"
        );
    }
    desk.write("data/p/incoming/c.csv", file(3));
    let second = run(1);
    assert_eq!(
        outcome(&second, "p/incoming/c.csv")["message"],
        "last.rows: the file has 3 rows, the median of the 2 files before it is 11; expected at least 6 and at most 16"
    );
    assert_eq!(desk.read("data/p/clean/c.csv"), None);
    // The refused file does not count; and of two files uploaded together neither counts for the other.
    desk.write("data/p/incoming/d.csv", file(16)).write("data/p/incoming/e.csv", file(17));
    let third = run(1);
    assert_eq!(outcome(&third, "p/incoming/d.csv")["holds"], true);
    assert_eq!(outcome(&third, "p/incoming/e.csv")["holds"], false);
    assert!(desk.read("data/p/clean/d.csv").is_some());
    // Checked again by force, the first files still have none before them.
    let again = desk.sluice(&["run", "data", "--force", "--format", "json"]).json();
    assert_eq!(outcome(&again, "p/incoming/a.csv")["undecided"], true);
}

#[test]
fn a_new_version_is_compared_with_the_one_before() {
    let desk = Desk::new();
    let resource = RESOURCE.replace("\"files\": 2", "\"files\": 1").replace("±", "-");
    desk.write("data/p/resource.json", resource).write("data/p/incoming/daily.csv", file(10));
    desk.sluice(&["run", "data"]).with_code(0);
    desk.write("data/p/incoming/daily.csv", file(4));
    desk.sluice(&["run", "data"]).with_code(1).says(
        "p/incoming/daily.csv: refused: last.rows: the file has 4 rows, the median of the file before it is 10; expected at least 5",
    );
    desk.write("data/p/incoming/daily.csv", file(500));
    desk.sluice(&["run", "data"]).with_code(0);
}

#[test]
fn a_check_says_that_it_has_no_ledger() {
    let desk = Desk::new();
    desk.write("a.csv", file(3)).write("b.csv", file(5)).write("r.json", RESOURCE);
    let ended = desk.sluice(&["check", "a.csv", "b.csv", "--resource", "r.json", "--format", "json"]).with_code(0);
    assert_eq!(ended.stderr.matches("there is no ledger").count(), 1, "{}", ended.stderr);
    let outcome = &ended.json()[0]["file"]["assertions"][0];
    assert_eq!((&outcome["name"], &outcome["undecided"]), (&"last.rows".into(), &true.into()));
}
