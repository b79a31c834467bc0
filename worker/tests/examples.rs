//! The examples, as a newcomer runs them: every verdict, reject and statistic against the reviewed golden files.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p sluice -p sluice-engine --test examples` writes them anew; read the difference before you commit it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::Desk;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Copies the files that git tracks, without outputs and ledger of an earlier run.
fn copy(from: &Path, desk: &Desk, name: &str) {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(from).output().unwrap();
    assert!(listed.status.success(), "git ls-files: {}", listed.status);
    for file in String::from_utf8(listed.stdout).unwrap().split_terminator('\0') {
        desk.write(&format!("{name}/{file}"), fs::read(from.join(file)).unwrap());
    }
}

/// Removes from a report what differs from run to run, and from machine to machine.
fn without_circumstances(mut report: Value) -> Value {
    for part in ["startedAt", "seconds", "engine"] {
        report[part] = json!(null);
    }
    for part in ["etag", "lastModified"] {
        report["file"][part] = json!(null);
    }
    if let Some(tables) = report.pointer_mut("/descriptor/references") {
        tables.as_array_mut().unwrap().iter_mut().for_each(|table| table["etag"] = json!(null));
    }
    report
}

fn compare(golden: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "{golden}, line {}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "lines of {golden}");
}

#[test]
fn reports_and_rejects_of_the_examples_are_the_reviewed_ones() {
    let desk = Desk::new();
    copy(&examples(), &desk, "examples");
    let run = desk.sluice(&["run", "examples", "--format", "json", "--quiet"]);
    assert_eq!(run.code, Some(1), "some files are refused: {}", run.stderr);

    let mut reports: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line.get("file").is_some())
        .map(without_circumstances)
        .collect();
    reports.sort_by_key(|report| report["file"]["key"].as_str().unwrap().to_owned());
    let lines: Vec<String> = reports.iter().map(Value::to_string).collect();
    compare("examples.reports.jsonl", &(lines.join("\n") + "\n"));

    let rejects: Vec<String> = desk.files().into_iter().filter(|name| name.contains("/rejects/")).collect();
    let texts: Vec<String> = rejects.iter().map(|name| format!("{name}\n{}", desk.read(name).unwrap())).collect();
    compare("examples.rejects.txt", &texts.concat());
}

#[test]
fn a_second_run_of_the_examples_has_nothing_to_do_and_changes_nothing() {
    let desk = Desk::new();
    copy(&examples(), &desk, "examples");
    desk.sluice(&["run", "examples", "--quiet"]);
    let before: Vec<(String, Option<String>)> =
        desk.files().into_iter().map(|name| (name.clone(), desk.read(&name))).collect();
    let again = desk.sluice(&["run", "examples"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(
        again.stdout.contains("nothing new") || again.stderr.contains("nothing new"),
        "{}{}",
        again.stdout,
        again.stderr
    );
    let after: Vec<(String, Option<String>)> =
        desk.files().into_iter().map(|name| (name.clone(), desk.read(&name))).collect();
    let outputs = |files: &[(String, Option<String>)]| -> Vec<(String, Option<String>)> {
        files.iter().filter(|(name, _)| !name.contains("_sluice/runs/")).cloned().collect()
    };
    assert_eq!(outputs(&after), outputs(&before));
}

#[test]
fn the_table_of_the_examples_names_the_verdict_of_every_file() {
    let desk = Desk::new();
    copy(&examples(), &desk, "examples");
    let run = desk.sluice(&["run", "examples", "--format", "json", "--quiet"]);
    let readme = fs::read_to_string(examples().join("README.md")).unwrap();
    let mut told = 0;
    for line in run.stdout.lines() {
        let report: Value = serde_json::from_str(line).unwrap();
        let Some(key) = report["file"]["key"].as_str() else { continue };
        let (name, verdict) = (key.rsplit('/').next().unwrap(), report["verdict"].as_str().unwrap());
        let row = readme.lines().find(|row| {
            row.starts_with('|')
                && (row.contains(&format!("`{name}`")) || row.contains(&format!("/{name}`")))
                && row.contains(verdict)
        });
        assert!(row.is_some(), "examples/README.md says nothing of {key}, or another verdict than {verdict}");
        told += 1;
    }
    assert!(told > 40, "{told} files");
}
