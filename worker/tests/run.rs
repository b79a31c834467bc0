//! `sluice run` as a user types it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use support::{Desk, Ended, GOOD, RAGGED};

fn filled() -> Desk {
    let desk = Desk::new();
    desk.write("data/a/incoming/good.csv", GOOD)
        .write("data/a/incoming/sub/ragged.csv", RAGGED)
        .write("data/b/c/incoming/good.tsv", "id\tname\n1\tone\n")
        .write("data/b/c/incoming/notes.txt", "no data");
    desk
}

#[test]
fn clean_rows_and_rejects_lie_beside_incoming() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0).says("3 files: 2 clean, 1 accepted").says("accepted");
    assert_eq!(desk.read("data/a/clean/good.csv").unwrap(), GOOD);
    assert_eq!(desk.read("data/a/clean/sub/ragged.csv").unwrap(), "id,name\n1,one\n4,four\n");
    assert_eq!(desk.read("data/a/rejects/sub/ragged.csv.jsonl").unwrap().lines().count(), 2);
    assert_eq!(desk.read("data/b/c/clean/good.tsv").unwrap(), "id\tname\n1\tone\n");
    assert_eq!(desk.read("data/a/rejects/good.csv.jsonl"), None);
    assert_eq!(desk.read("data/a/incoming/good.csv").unwrap(), GOOD);
}

#[test]
fn outputs_go_to_another_folder_when_asked() {
    let desk = filled();
    desk.sluice(&["run", "data", "--clean", "out/deep"]).with_code(0);
    assert_eq!(desk.read("out/deep/a/clean/good.csv").unwrap(), GOOD);
    assert_eq!(desk.read("data/a/clean/good.csv"), None);
}

#[test]
fn a_second_run_does_nothing_and_says_so() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0);
    let before = desk.files();
    desk.sluice(&["run", "data"]).with_code(0).says("nothing new in data (3 files done before)");
    assert_eq!(desk.files(), before);
}

#[test]
fn a_changed_file_is_checked_again() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0);
    desk.write("data/a/incoming/sub/ragged.csv", "id,name\n9,nine\n");
    desk.sluice(&["run", "data"]).with_code(0).says("1 file: 1 clean");
    assert_eq!(desk.read("data/a/clean/sub/ragged.csv").unwrap(), "id,name\n9,nine\n");
    assert_eq!(desk.read("data/a/rejects/sub/ragged.csv.jsonl"), None);
}

#[test]
fn an_older_file_put_in_the_place_of_a_newer_one_counts_as_the_newest_upload() {
    let desk = filled();
    desk.write("old.csv", "id,name\n0,old\n");
    let old = fs::File::options().write(true).open(desk.path("old.csv")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    desk.sluice(&["run", "data"]).with_code(0);
    fs::rename(desk.path("old.csv"), desk.path("data/a/incoming/good.csv")).unwrap();
    desk.sluice(&["run", "data"]).with_code(0);
    assert_eq!(desk.read("data/a/clean/good.csv").unwrap(), "id,name\n0,old\n");
}

#[test]
fn a_forced_run_checks_everything_again() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0);
    desk.sluice(&["run", "data", "--force"]).with_code(0).says("3 files:");
}

#[test]
fn what_is_not_taken_is_said_with_the_reason() {
    filled().sluice(&["run", "data"]).with_code(0).says("ignored 1 key: not .csv, .tsv or .psv");
}

#[test]
fn only_the_prefixes_that_are_asked_for_are_run() {
    let desk = filled();
    desk.sluice(&["run", "data", "--prefix", "b/c"]).with_code(0).says("1 file: 1 clean");
    assert_eq!(desk.read("data/a/clean/good.csv"), None);
}

#[test]
fn an_unknown_prefix_is_a_usage_error_that_names_it() {
    let desk = filled();
    desk.sluice(&["run", "data", "--prefix", "x"])
        .with_code(2)
        .warns("prefix \"x\": there is no file under data/x/incoming/");
    assert!(!desk.path("data/_sluice/runs").exists());
}

#[test]
fn json_has_a_line_for_each_file_and_one_for_the_run() {
    let ended = filled().sluice(&["run", "data", "--format", "json", "--jobs", "1"]).with_code(0);
    let lines = ended.json();
    assert_eq!(lines.len(), 4);
    let keys: Vec<&str> = lines[..3].iter().map(|line| line["file"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys.iter().filter(|key| key.starts_with("a/incoming/")).count(), 2);
    assert_eq!(lines[3]["status"], "SUCCEEDED");
    assert_eq!(lines[3]["files"]["total"], 3);
    assert!(lines[3]["runId"].is_string());
}

#[test]
fn the_ledger_record_is_the_report() {
    let desk = filled();
    let ended = desk.sluice(&["run", "data", "--format", "json", "--prefix", "b/c"]).with_code(0);
    let record = desk.files().into_iter().find(|file| file.contains("_sluice/ledger/b/c/incoming/good.tsv/")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&desk.read(&record).unwrap()).unwrap();
    assert_eq!(record, ended.json()[0]);
}

#[test]
fn a_refused_file_makes_the_exit_code_1() {
    let desk = filled();
    desk.write("data/a/incoming/empty.csv", "");
    desk.sluice(&["run", "data"]).with_code(1).says("refused").says("header-error");
    assert_eq!(desk.read("data/a/clean/empty.csv"), None);
}

#[test]
fn a_rejected_row_makes_the_exit_code_1_when_strict() {
    filled().sluice(&["run", "data", "--strict"]).with_code(1);
}

#[test]
fn a_descriptor_that_is_not_json_fails_its_prefix_alone() {
    let desk = filled();
    desk.write("data/a/resource.json", "{\"schema\": ");
    desk.sluice(&["run", "data"]).with_code(2).says("data/a/resource.json:1:").says("3 files: 1 clean, 2 failed");
    assert_eq!(desk.read("data/b/c/clean/good.tsv").unwrap(), "id\tname\n1\tone\n");
    desk.write("data/a/resource.json", "{}");
    desk.sluice(&["run", "data"]).with_code(0).says("2 files:");
}

#[test]
fn a_descriptor_does_not_refer_outside_its_prefix() {
    let desk = filled();
    desk.write("data/schema.json", "{\"fields\": [{\"name\": \"id\"}]}");
    desk.write("data/a/resource.json", "{\"schema\": \"../schema.json\"}");
    desk.sluice(&["run", "data", "--prefix", "a"]).with_code(2).says("data/a/resource.json:1:");
}

#[test]
fn a_file_without_permission_fails_alone() {
    let desk = filled();
    let path = desk.path("data/a/incoming/good.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let ended = desk.sluice_unprivileged(&["run", "data"]);
    ended.with_code(74).says("no permission").says("3 files: 1 clean, 1 accepted, 1 failed");
}

#[test]
fn a_source_that_is_missing_or_a_file_is_named() {
    let desk = filled();
    desk.sluice(&["run", "none"]).with_code(74).warns("none: not found; check the name");
    desk.sluice(&["run", "data/a/incoming/good.csv"]).with_code(2).warns("this is a file; name a folder");
    desk.sluice(&["run", "data", "--clean", "data/a/incoming/good.csv"]).with_code(2).warns("good.csv");
    desk.sluice(&["run", "gs://bucket"]).with_code(2).warns("gs:// is not supported; name a folder or an s3:// URL");
    desk.sluice(&["run", "data", "--clean", "s3://"]).with_code(2).warns("which bucket?");
}

#[test]
fn a_bucket_without_a_region_or_credentials_says_how_to_set_them() {
    let desk = filled();
    for args in [&["run", "s3://bucket"][..], &["plan", "s3://bucket"], &["run", "data", "--clean", "s3://bucket"]] {
        desk.sluice(args).with_code(2).warns("no AWS region is set; set AWS_REGION");
    }
    let mut command = desk.command(&["run", "s3://bucket"]);
    let ended = command.env("AWS_REGION", "us-east-1").output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("sluice: no AWS credentials (none were found") && said.trim_end().lines().count() == 1,
        "{said}"
    );
    // The run has not begun.
    assert!(!desk.path("data/_sluice").exists());
}

#[test]
fn usage_errors_have_the_exit_code_2() {
    let desk = filled();
    desk.sluice(&["run"]).with_code(2).warns("Usage");
    desk.sluice(&["run", "data", "--jobs", "0"]).with_code(2).warns("--jobs");
    desk.sluice(&["run", "data", "--format", "xml"]).with_code(2).warns("--format");
}

#[test]
fn two_runs_at_once_publish_once() {
    let desk = filled();
    for number in 0..40 {
        desk.write(&format!("data/many/incoming/{number}.csv"), RAGGED);
    }
    let start = || desk.command(&["run", "data"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (one, other) = (start(), start());
    for child in [one, other] {
        Ended::of(child.wait_with_output().unwrap()).with_code(0);
    }
    let files = desk.files();
    assert_eq!(files.iter().filter(|file| file.starts_with("data/_sluice/ledger/")).count(), 43);
    assert_eq!(files.iter().filter(|file| file.starts_with("data/many/clean/")).count(), 40);
    assert_eq!(files.iter().filter(|file| file.starts_with("data/_sluice/staging/run-")).count(), 0);
}

#[test]
fn a_reader_of_the_output_that_goes_away_does_not_stop_the_run() {
    let desk = filled();
    let ended = desk.run_without_reader(&["run", "data", "--format", "json"]).with_code(0);
    assert_eq!(ended.stderr, "");
    assert_eq!(desk.read("data/a/clean/good.csv").unwrap(), GOOD);
}

#[test]
fn results_that_cannot_be_written_make_the_exit_code_74() {
    let desk = filled();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = Ended::of(desk.command(&["run", "data"]).stdout(full).output().unwrap());
    ended.with_code(74).warns("standard output");
}

#[test]
fn logs_are_asked_for_and_go_to_standard_error() {
    let ended = filled().sluice(&["run", "data", "-v"]).with_code(0).warns("a/incoming/good.csv");
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    let ended = filled().sluice(&["run", "data", "--quiet"]).with_code(0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn names_with_control_characters_do_not_reach_the_terminal() {
    let desk = filled();
    desk.write("data/a/incoming/\u{1b}[2J.csv", GOOD);
    let ended = desk.sluice(&["run", "data"]).with_code(0).says("control character in the key");
    assert!(!ended.stdout.contains('\u{1b}'));
}

#[test]
fn a_folder_without_permission_fails_its_prefix_alone() {
    let desk = filled();
    let folder = desk.path("data/a");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    let ended = desk.sluice_unprivileged(&["run", "data"]);
    // Otherwise the temporary folder could not be removed.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    ended.with_code(74).says("no permission to read the folder (e.g. a/)").says("1 file: 1 clean");
}

#[test]
fn a_path_longer_than_any_key_stops_nothing_and_is_told() {
    let desk = filled();
    // Folders are made step by step, as the system takes no path of this length.
    let script = "cd data/a/incoming; n=$(printf 'd%.0s' $(seq 250)); for i in $(seq 20); do mkdir $n; cd -P $n; done; echo x > x.csv";
    let made = std::process::Command::new("bash").args(["-c", script]).current_dir(desk.path("")).status().unwrap();
    assert!(made.success());
    for command in ["plan", "run"] {
        desk.sluice(&[command, "data"]).with_code(0).says("ignored 1 key: key too long (e.g. a/incoming/ddd");
    }
    assert_eq!(desk.read("data/b/c/clean/good.tsv").unwrap(), "id\tname\n1\tone\n");
    // The temporary folder cannot remove this one, whose path is too long.
    std::process::Command::new("rm").args(["-rf", "data"]).current_dir(desk.path("")).status().unwrap();
}

#[test]
fn a_file_whose_rejects_would_have_too_long_a_name_fails_before_anything_appears() {
    let desk = Desk::new();
    // The name with `.jsonl` has 256 bytes, one more than file systems take.
    let name = format!("{}.csv", "x".repeat(246));
    desk.write(&format!("s/p/incoming/{name}"), "a,b\n1,2\n3\n").write("s/p/incoming/b.csv", "a,b\n1,2\n");
    for _ in 0..2 {
        desk.sluice(&["run", "s"]).with_code(74).says("the name is too long for this file system; shorten it");
    }
    let outputs: Vec<String> = desk.files().into_iter().filter(|file| file.contains("clean/")).collect();
    assert_eq!(outputs, ["s/p/clean/b.csv"]);
    // A name that is one byte shorter is taken, unless the file has an output with a longer name.
    desk.write(&format!("s/q/incoming/{}.csv", "x".repeat(245)), "a\n1\n");
    desk.sluice(&["run", "s", "--prefix", "q"]).with_code(0);
    desk.write(
        "s/q/resource.json",
        r#"{"sluice": {"output": {"formats": ["parquet"]}}, "schema": {"fields": [{"name": "a"}]}}"#,
    );
    desk.sluice(&["run", "s", "--prefix", "q", "--force"]).with_code(74).says("the name is too long");
}

#[test]
fn a_source_without_files_below_incoming_is_told_the_layout() {
    let desk = Desk::new();
    // A file outside of the layout, a folder that is a prefix itself, and another spelling.
    desk.write("flat/orders.csv", "a\n1\n")
        .write("gate/orders/incoming/a.csv", "a\n1\n")
        .write("case/p/Incoming/a.csv", "a\n1\n");
    for source in ["flat", "gate/orders", "case"] {
        let layout = format!("{source}: no file lies in {source}/<prefix>/incoming/");
        for command in ["run", "plan", "status"] {
            desk.sluice(&[command, source]).with_code(0).warns(&layout).warns("`sluice check FILE`");
        }
        desk.sluice(&["run", source, "--strict", "--quiet"]).with_code(1).warns(&layout);
        let json = desk.sluice(&["run", source, "--format", "json"]).with_code(0);
        assert_eq!(json.json()[0]["files"]["total"], 0);
    }
    for _ in 0..2 {
        let ended = desk.sluice(&["run", "gate", "--strict"]).with_code(0);
        assert!(!ended.stderr.contains("no file lies"), "{}", ended.stderr);
    }
    // A name that is ignored lies there, and the reason is told.
    desk.write("odd/p/incoming/a.txt", "a\n");
    let ended = desk.sluice(&["run", "odd"]).with_code(0).says("ignored 1 key");
    assert!(!ended.stderr.contains("no file lies"), "{}", ended.stderr);
}

#[test]
fn a_mistake_of_a_descriptor_is_told_once_with_the_count_of_its_files() {
    let desk = Desk::new();
    desk.write("s/p/resource.json", r#"{"schema": {"fields": [{"name": "a", "type": "intger"}]}}"#);
    let files: Vec<String> = (0..200).map(|file| format!("s/p/incoming/{file}.csv")).collect();
    files.iter().for_each(|file| _ = desk.write(file, "a\n1\n"));
    let check: Vec<&str> = std::iter::once("check").chain(files.iter().map(String::as_str)).collect();
    for args in [&["run", "s"][..], &check] {
        let ended = desk.sluice(args).with_code(2);
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{}", ended.stderr);
        assert!(lines[0].contains("s/p/resource.json:1:") && !lines[0].contains("failed for this reason"), "{lines:?}");
        assert!(lines[1].starts_with("sluice: 200 files failed for this reason: s/p/resource.json:1:"), "{lines:?}");
        // No row was read, so there is no place of rows.
        assert!(!ended.stdout.contains("rows in"), "{}", ended.stdout);
    }
    desk.write("s/q/incoming/x.csv", "a,b\n1,2\n").write("s/r/incoming/y.csv", "a,b\n1\n1,2\n");
    let ended = desk.sluice(&["run", "s", "--prefix", "q"]).with_code(0).says("clean rows in s/<prefix>/clean/\n");
    assert!(!ended.stdout.contains("rejected rows in"), "{}", ended.stdout);
    desk.sluice(&["run", "s", "--prefix", "r"])
        .with_code(0)
        .says("clean rows in s/<prefix>/clean/, rejected rows in s/<prefix>/rejects/");
}

/// As for results: a full disk is an error, and a reader that is gone is not.
#[test]
fn help_that_cannot_be_written_makes_the_exit_code_74() {
    let desk = Desk::new();
    for args in [&["--help"][..], &["-V"], &["check", "--help"], &["help", "run"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = desk.command(args);
        command.stdout(Stdio::from(full));
        let ended = Ended::of(command.output().unwrap());
        ended.with_code(74).warns("standard output: ");
        desk.run_without_reader(args).with_code(0);
        desk.sluice(args).with_code(0);
    }
    desk.sluice(&["--nothing"]).with_code(2).warns("--nothing");
}

#[test]
fn outputs_that_would_be_inputs_are_refused_before_anything_is_made() {
    let desk = filled();
    std::os::unix::fs::symlink(desk.path("data/a/incoming"), desk.path("link")).unwrap();
    let before = desk.files();
    for clean in
        ["data/a/incoming/out", "data/a/incoming", "link/out", "./data/../data/b/c/incoming/x/y", "data/_sluice/out"]
    {
        desk.sluice(&["run", "data", "--clean", clean]).with_code(2).warns("--clean");
        assert_eq!(desk.files(), before, "{clean}");
        assert!(!desk.path("data/a/incoming/out").exists());
    }
    desk.write("all/p/clean/s/incoming/x.csv", GOOD).write("all/p/incoming/s/incoming/x.csv", GOOD);
    for source in ["all/p/clean", "all/p/incoming"] {
        desk.sluice(&["run", source, "--clean", "all"]).with_code(2).warns("outputs could become inputs");
    }
    desk.sluice(&["run", "data", "--clean", "data/out"]).with_code(0);
    desk.sluice(&["run", "data", "--clean", "data/out"]).with_code(0).says("nothing new");
}

#[test]
fn a_record_dated_ahead_does_not_make_a_file_new_for_ever() {
    let desk = filled();
    desk.sluice(&["run", "data", "--prefix", "b/c"]).with_code(0);
    let record = desk.files().into_iter().find(|file| file.contains("_sluice/ledger/b/c/incoming/good.tsv/")).unwrap();
    let ahead = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    fs::File::options().write(true).open(desk.path(&record)).unwrap().set_modified(ahead).unwrap();
    desk.sluice(&["run", "data", "--prefix", "b/c"]).with_code(0).says("nothing new");
    desk.write("data/b/c/incoming/good.tsv", "id\tname\n2\ttwo\n");
    desk.sluice(&["run", "data", "--prefix", "b/c"]).with_code(0).says("1 file: 1 clean");
    for _ in 0..2 {
        desk.sluice(&["run", "data", "--prefix", "b/c"]).with_code(0).says("nothing new");
    }
}

#[test]
fn a_damaged_record_is_told_and_mended_by_force() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0);
    let records: Vec<String> = desk.files().into_iter().filter(|file| file.contains("_sluice/ledger/a/")).collect();
    let contents: Vec<usize> = records.iter().map(|record| desk.read(record).unwrap().len()).collect();
    desk.write(&records[0], "").write(&records[1], "garbage");
    for command in ["plan", "run"] {
        desk.sluice(&[command, "data"])
            .with_code(0)
            .says("ignored 2 keys: ledger record without content, its file counts as done; check it again with --force")
            .says("_sluice/ledger/a/incoming/good.csv/");
    }
    desk.sluice(&["run", "data", "--force"]).with_code(0).says("3 files:");
    assert_eq!(records.iter().map(|record| desk.read(record).unwrap().len()).collect::<Vec<_>>().len(), contents.len());
    for record in &records {
        assert!(desk.read(record).unwrap().starts_with("{\"version\":1"), "{record}");
    }
    let ended = desk.sluice(&["run", "data"]).with_code(0).says("nothing new");
    assert!(!ended.stdout.contains("ledger record"), "{}", ended.stdout);
}

#[test]
fn what_a_killed_run_has_staged_goes_also_when_nothing_is_new() {
    let desk = filled();
    desk.sluice(&["run", "data", "--clean", "out"]).with_code(0);
    for root in ["data", "out"] {
        desk.write(&format!("{root}/_sluice/staging/run-killed/alive"), "")
            .write(&format!("{root}/_sluice/staging/run-killed/1"), "bytes");
    }
    desk.sluice(&["run", "data", "--clean", "out"]).with_code(0).says("nothing new");
    let left: Vec<String> = desk.files().into_iter().filter(|file| file.contains("staging/run-")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_file_changed_in_place_with_its_time_put_back_is_checked_again() {
    let desk = filled();
    desk.sluice(&["run", "data"]).with_code(0);
    let path = desk.path("data/a/incoming/good.csv");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, GOOD.replace("two", "TWO")).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    desk.sluice(&["run", "data"]).with_code(0).says("1 file: 1 clean");
    assert_eq!(desk.read("data/a/clean/good.csv").unwrap(), GOOD.replace("two", "TWO"));
}

#[test]
fn a_file_whose_rejects_have_the_name_of_a_folder_of_others_fails_alone_and_not_for_ever() {
    let desk = Desk::new();
    desk.write("data/a/incoming/x.csv", RAGGED).write("data/a/incoming/x.csv.jsonl/y.csv", GOOD);
    // The file has no rejects yet, so there is no collision.
    desk.sluice(&["run", "data"]).with_code(0).says("2 files: 1 clean, 1 accepted");
    desk.write("data/a/incoming/x.csv.jsonl/y.csv", RAGGED);
    desk.sluice(&["run", "data"]).with_code(74).says("rename one of the two").says("1 file: 0 clean, 1 failed");
    desk.write("data/a/incoming/x.csv", GOOD);
    desk.sluice(&["run", "data", "--jobs", "1"]);
    desk.sluice(&["run", "data", "--jobs", "1"]).with_code(0);
    assert!(desk.path("data/a/rejects/x.csv.jsonl/y.csv.jsonl").is_file());
    desk.write("data/a/incoming/x.csv.jsonl/y.csv", GOOD);
    desk.sluice(&["run", "data"]).with_code(0);
    desk.write("data/a/incoming/x.csv", RAGGED);
    desk.sluice(&["run", "data"]).with_code(0);
    assert!(desk.path("data/a/rejects/x.csv.jsonl").is_file());
}

#[test]
fn no_name_forges_a_line_of_output() {
    let desk = Desk::new();
    desk.write("da\nta/a/incoming/x\u{202e}vsc.csv", "")
        .write("da\nta/a/incoming/y\nsluice: all is well.csv", GOOD)
        .write("da\nta/b\u{2066}/incoming/good.csv", RAGGED)
        .write("da\nta/b\u{2066}/resource.json", "{");
    for args in [
        &["plan", "da\nta"][..],
        &["run", "da\nta", "-vv"],
        &["run", "da\nta", "--clean", "o\nut"],
        &["run", "da\nta", "--prefix", "no\nne"],
        &["run", "no\nne"],
        &["run", "da\nta", "--clean", "da\nta/a/incoming"],
        &["plan", "no://\nne"],
        &["check", "da\nta/a/incoming/y\nsluice: all is well.csv", "da\nta/b\u{2066}/incoming/good.csv", "no\nne.csv"],
        &["check", "da\nta/a/incoming/x\u{202e}vsc.csv", "--clean", "da\nta/a/incoming/x\u{202e}vsc.csv"],
    ] {
        let ended = desk.sluice(args);
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(['\u{202e}', '\u{2066}']), "{args:?}: {text}");
            for line in text.lines() {
                let forged = ["ta", "ne", "ut", "sluice: all is well", "sluice: ta", "sluice: ne"];
                assert!(!forged.iter().any(|begin| line.starts_with(begin)), "{args:?}: {text}");
            }
        }
    }
}

#[test]
fn folders_swapped_for_links_while_runs_go_on_let_nothing_out() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let desk = Desk::new();
    for number in 0..300 {
        desk.write(&format!("data/p/incoming/{number}.csv"), RAGGED);
    }
    fs::create_dir(desk.path("outside")).unwrap();
    fs::create_dir_all(desk.path("out/p/clean")).unwrap();
    let (stop, clean, aside) = (AtomicBool::new(false), desk.path("out/p/clean"), desk.path("out/p/aside"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                if fs::rename(&clean, &aside).is_ok() {
                    if std::os::unix::fs::symlink(desk.path("outside"), &clean).is_ok() {
                        std::thread::yield_now();
                        fs::remove_file(&clean).unwrap();
                    }
                    // A run may have made a new folder in its place.
                    while fs::rename(&aside, &clean).is_err() {
                        let _ = fs::remove_dir_all(&clean);
                    }
                }
            }
        });
        // Not by `Desk::sluice`, which would read the outputs while folders come and go.
        let run = || desk.command(&["run", "data", "--clean", "out", "--force", "--jobs", "2"]).output();
        let ended = [(); 3].map(|()| run());
        // Set before anything can fail, so that the other thread ends.
        stop.store(true, Ordering::SeqCst);
        for ended in ended {
            let ended = ended.unwrap();
            assert!(matches!(ended.status.code(), Some(0 | 74)), "{ended:?}");
        }
    });
    assert_eq!(fs::read_dir(desk.path("outside")).unwrap().count(), 0);
    desk.sluice(&["run", "data", "--clean", "out", "--force"]).with_code(0).says("300 files: 0 clean, 300 accepted");
    let whole = |file: &String| desk.read(file).unwrap() == "id,name\n1,one\n4,four\n";
    let clean: Vec<String> = desk.files().into_iter().filter(|file| file.starts_with("out/p/clean/")).collect();
    assert_eq!(clean.iter().filter(|file| whole(file)).count(), 300);
}
