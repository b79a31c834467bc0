//! `sluice report`, `--report` and `sluice status` as a user types them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use support::{Desk, Ended, GOOD, RAGGED};

const SCHEMA: &str = r#"{"name": "a", "path": "x.csv", "schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}]}}"#;

fn filled() -> Desk {
    let desk = Desk::new();
    desk.write("data/a/resource.json", SCHEMA)
        .write("data/a/incoming/good.csv", GOOD)
        .write("data/a/incoming/bad.csv", "id,name\n1,one\nx,two\n")
        .write("data/b/incoming/ragged.csv", RAGGED)
        .write("data/b/incoming/empty.csv", "");
    desk
}

#[test]
fn runs_that_must_not_be_read_are_not_taken_for_absent_ones() {
    let desk = Desk::new();
    desk.write("s/p/incoming/f.csv", "a\n1\n");
    desk.sluice(&["run", "s"]).with_code(0);
    let runs = desk.path("s/_sluice/runs");
    for command in ["status", "report"] {
        fs::set_permissions(&runs, fs::Permissions::from_mode(0o000)).unwrap();
        let ended = desk.sluice_unprivileged(&[command, "s"]);
        // Otherwise the temporary folder could not be removed.
        fs::set_permissions(&runs, fs::Permissions::from_mode(0o755)).unwrap();
        ended.with_code(74).warns("s/_sluice/runs/: no permission (the folder of the runs cannot be read)");
    }
}

/// Names of runs tell the second of their start only.
#[test]
fn of_runs_in_the_same_second_the_last_is_the_one_that_began_last() {
    let desk = Desk::new();
    desk.write("s/p/resource.json", r#"{"schema": {"fields": [{"name": "a"}]}}"#).write("s/p/incoming/f.csv", "a\n1\n");
    desk.sluice(&["run", "s"]).with_code(0);
    let runs = desk.path("s/_sluice/runs");
    let first = fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(first.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    fs::remove_dir_all(first).unwrap();
    // The name of the run that began last is neither the first nor the last one.
    for (name, began) in [("3", "120"), ("2", "450"), ("1", "300")] {
        let run = format!("20261123T211442Z-000000000000000{name}");
        // The order of members is kept, as the prefixes come last.
        let with = |text: &str, member: &str, value: &str| text.replace(report[member].as_str().unwrap(), value);
        let text = with(&text, "runId", &run);
        let text = with(&text, "startedAt", &format!("2026-11-23T21:14:42.{began}Z"));
        let text = with(&text, "finishedAt", &format!("2026-11-23T21:1{name}:50.000Z"));
        desk.write(&format!("s/_sluice/runs/{run}/report.json"), text);
    }
    let lines = desk.sluice(&["status", "s", "--format", "json"]).with_code(0).json();
    assert_eq!(lines.last().unwrap()["lastRun"]["runId"], "20261123T211442Z-0000000000000002");
}

#[test]
fn a_check_writes_a_page_beside_its_results() {
    let desk = filled();
    let args = ["check", "data/a/incoming/bad.csv", "--report", "page.html"];
    desk.sluice(&args).with_code(0).says("1 file: 0 clean, 1 accepted");
    let page = desk.read("page.html").unwrap();
    for said in ["<h1>data/a/incoming/bad.csv</h1>", "<mark>x</mark>", "Correct the value", "record 3"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn the_last_run_of_a_source_is_shown() {
    let desk = filled();
    desk.sluice(&["run", "data", "--report", "of_run.html"]).with_code(1);
    desk.sluice(&["report", "data"]).with_code(0).says("report: report.html");
    let [page, of_run] = ["report.html", "of_run.html"].map(|name| desk.read(name).unwrap());
    assert_eq!(page, of_run, "the page of the run is the one that is made of its records");
    assert!(page.contains("a/incoming/good.csv") && page.contains("header-error"));
    // The second run has nothing new, so it makes no report.
    desk.sluice(&["run", "data"]).with_code(0);
    desk.sluice(&["report", "data", "-o", "again.html"]).with_code(0);
    assert_eq!(desk.read("again.html").unwrap(), page);
}

/// Returns the part of a page behind the overview.
fn body(page: &str) -> &str {
    &page[page.find("<section aria-labelledby=\"causes\">").unwrap()..]
}

#[test]
fn a_run_leaves_the_pages_that_sluice_report_makes() {
    let desk = filled();
    let ran = desk.sluice(&["run", "data", "--format", "json"]);
    let report: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    let run = format!("data/_sluice/runs/{}", report["runId"].as_str().unwrap());
    for (name, prefix, at) in [
        ("prefixes/a/report.html", Some("a"), &report["prefixes"][0]["page"]),
        ("prefixes/b/report.html", Some("b"), &report["prefixes"][1]["page"]),
        ("report.html", None, &report["page"]),
    ] {
        let left = format!("{run}/{name}");
        assert!(at.as_str().unwrap().ends_with(&left), "{at}");
        let mut args = vec!["report", &*run, "-o", "made.html"];
        args.extend(prefix.iter().flat_map(|prefix| ["--prefix", prefix]));
        desk.sluice(&args).with_code(0);
        let [left, made] = [&*left, "made.html"].map(|page| desk.read(page).unwrap());
        assert_eq!(body(&left), body(&made), "{name}");
    }
}

#[test]
fn a_run_over_many_prefixes_leaves_its_own_page_alone() {
    let desk = Desk::new();
    for prefix in 0..21 {
        desk.write(&format!("data/p{prefix:02}/incoming/x.csv"), GOOD);
    }
    desk.sluice(&["run", "data"]).with_code(0);
    let run = fs::read_dir(desk.path("data/_sluice/runs")).unwrap().next().unwrap().unwrap().path();
    assert!(run.join("report.html").is_file() && !run.join("prefixes").exists());
}

#[test]
fn answers_go_to_a_place_of_their_own() {
    let desk = filled();
    let asked = SCHEMA.replace("\"path\"", "\"sluice\": {\"feedback\": {\"formats\": [\"csv\"]}}, \"path\"");
    desk.write("data/a/resource.json", asked);
    desk.sluice(&["run", "data", "--clean", "out", "--feedback-dest", "answers"]).with_code(1);
    for name in ["good.csv.csv", "bad.csv.csv"] {
        assert!(desk.path(&format!("answers/a/feedback/{name}")).is_file(), "{name}");
    }
    assert!(desk.path("out/a/clean/good.csv").is_file() && !desk.path("out/a/feedback").exists());
    desk.sluice(&["run", "data", "--feedback-dest", "data/a/incoming/x"]).with_code(2).warns("--feedback-dest");
}

#[test]
fn a_run_is_named_by_its_folder_and_cut_to_a_prefix() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(1);
    let run = fs::read_dir(desk.path("data/_sluice/runs")).unwrap().next().unwrap().unwrap().file_name();
    let run = format!("data/_sluice/runs/{}", run.to_str().unwrap());
    desk.sluice(&["report", &run, "--prefix", "a", "-o", "a.html"]).with_code(0);
    let page = desk.read("a.html").unwrap();
    assert!(page.contains("a/incoming/bad.csv") && !page.contains("b/incoming"));
    desk.sluice(&["report", "data", "--run", "none"]).with_code(2).warns("there is no report of a run none");
}

#[test]
fn reports_of_files_are_read_from_a_file_and_from_standard_input() {
    let desk = filled();
    let checked = desk.sluice(&["check", "data/a/incoming/bad.csv", "data/none.csv", "--format", "json"]);
    desk.write("checked.jsonl", format!("{}no report\n", checked.stdout));
    desk.sluice(&["report", "checked.jsonl", "--text"])
        .with_code(0)
        .says("2 files: 0 clean, 1 accepted, 0 refused, 1 failed")
        .says("type-error id")
        .says("checked.jsonl: 1 line is no report and left out");
    desk.sluice_with_stdin(&["report", "-", "-o", "page.html"], checked.stdout.as_bytes()).with_code(0);
    assert!(desk.read("page.html").unwrap().contains("data/none.csv"));
    let report: Value = serde_json::from_str(checked.stdout.lines().next().unwrap()).unwrap();
    desk.write("one.json", serde_json::to_string_pretty(&report).unwrap());
    desk.sluice(&["report", "one.json", "--text"]).with_code(0).says("1 file: 0 clean, 1 accepted");
}

#[test]
fn text_is_as_wide_as_columns_say() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(1);
    let strip = |columns: &str| {
        let said = desk.command(&["report", "data", "--text"]).env("COLUMNS", columns).output().unwrap();
        let said = Ended::of(said);
        let line = said.stdout.lines().find(|line| line.contains('▕')).unwrap().to_owned();
        line.chars().count()
    };
    assert_eq!([strip("80"), strip("120"), strip("10"), strip("no number")], [79, 119, 39, 79]);
}

#[test]
fn what_is_no_report_is_said_with_what_to_do() {
    let desk = filled();
    desk.write("other.json", "{\"a\": 1}");
    desk.sluice(&["report", "other.json"]).with_code(2).warns("there are no reports in it");
    desk.sluice(&["report", "none.json"]).with_code(74).warns("none.json");
    desk.sluice(&["report", "data/a/incoming/bad.csv"]).with_code(2).warns("--report report.html");
    desk.sluice(&["report", "data"]).with_code(2).warns("there is no report of a run; `sluice run data` makes one");
    assert!(!desk.path("report.html").exists());
}

#[test]
fn a_page_that_cannot_be_written_is_known_before_the_work() {
    let desk = filled();
    desk.sluice(&["run", "data", "--report", "none/page.html"]).with_code(74).warns("none");
    assert!(!desk.path("data/_sluice").exists());
    desk.sluice(&["check", "data/a/incoming/bad.csv", "--report", "data/a/incoming/page.csv"])
        .with_code(2)
        .warns("incoming");
    let input = "data/a/resource.json";
    desk.write("c.csv", GOOD).sluice(&["check", "c.csv", "--report", "c.csv"]).with_code(2).warns("is an input");
    assert_eq!(desk.read("c.csv").unwrap(), GOOD);
    assert_eq!(desk.read(input).unwrap(), SCHEMA);
    fs::create_dir(desk.path("closed")).unwrap();
    fs::set_permissions(desk.path("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    desk.sluice_unprivileged(&["check", "c.csv", "--report", "closed/p.html"]).with_code(74).warns("closed");
}

#[test]
fn a_ledger_with_damaged_records_is_said_on_the_page() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(1);
    let record = desk.files().into_iter().find(|name| name.contains("ledger/a/incoming/bad.csv")).unwrap();
    desk.write(&record, "x".repeat(500));
    desk.sluice(&["report", "data"]).with_code(0);
    let page = desk.read("report.html").unwrap();
    assert!(page.contains("1 ledger record of this run cannot be read"));
    assert!(page.contains("1 of 2 ledger records cannot be read"));
    desk.sluice(&["status", "data"]).with_code(0).says("(some unreadable)");
}

#[test]
fn status_says_what_is_new_what_was_done_and_what_failed() {
    let desk = filled();
    desk.sluice(&["status", "data"]).with_code(0).says("no run yet").says("4 new files");
    desk.write("data/b/resource.json", "{");
    desk.sluice(&["run", "data"]).with_code(2);
    desk.write("data/a/incoming/later.csv", GOOD);
    let status = desk.sluice(&["status", "data", "--format", "json"]);
    let lines: Vec<Value> = status.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let of_a = &lines[0];
    assert_eq!(
        (of_a["prefix"].as_str(), of_a["new"]["files"].as_u64(), of_a["done"].as_u64()),
        (Some("a"), Some(1), Some(2))
    );
    assert_eq!(of_a["last"].as_array().unwrap().len(), 2);
    assert!(of_a["last"][0]["age"].as_u64().unwrap() < 600);
    assert_eq!(lines[1]["failed"].as_array().unwrap().len(), 2);
    assert_eq!((lines[2]["prefixes"].as_u64(), lines[2]["lastRun"]["status"].as_str()), (Some(2), Some("FAILED")));
    let text = desk.sluice(&["status", "data", "--prefix", "a"]).with_code(0);
    assert!(text.stdout.contains("just now") && text.stdout.contains("clean"), "{}", text.stdout);
}
