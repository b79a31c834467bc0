//! `sluice demo`: it runs, and every next step that it names works.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::Desk;

#[test]
fn the_demonstration_shows_all_three_verdicts_and_each_reason() {
    let desk = Desk::new();
    let ended = desk.sluice(&["demo"]).with_code(0);
    assert!(
        ended.stdout.contains("4 files: 1 clean, 2 accepted, 1 refused; 70 rows read, 9 rejected"),
        "{}",
        ended.stdout
    );
    for fault in [
        "line 5   quantity: \"7x\" is not an integer",
        "line 9   country: \"XX\" is not in countries.code",
        "line 13  the primary key (\"order\") is the same as that of record 7, line 7",
        "line 16  shipped on 2026-08-30, before the order was placed on 2026-09-14",
        "line 20  status: \"shiped\" is not one of open, paid, sent",
        "line 24  price: the record has 7 cells, 9 are expected",
        "line 28  the record has 10 cells, 9 are expected",
        "line 30  price: \"-5\" is not greater than 0",
    ] {
        assert!(ended.stdout.contains(fault), "{fault} in {}", ended.stdout);
    }
    assert!(desk.read("sluice-demo/orders/clean/2026-09.csv").unwrap().lines().count() == 23);
    assert!(desk.path("sluice-demo/orders/clean/2026-09.csv.parquet").is_file());
    for format in ["csv", "xlsx", "html"] {
        assert!(desk.path(&format!("sluice-demo/orders/feedback/2026-09.csv.{format}")).is_file(), "{format}");
    }
}

#[test]
fn each_next_step_works_as_it_is_printed() {
    let desk = Desk::new();
    let ended = desk.sluice(&["demo", "a folder"]).with_code(0);
    let steps: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with("  sluice ")).collect();
    assert_eq!(steps.len(), 4, "{}", ended.stdout);
    for step in steps {
        let binary = env!("CARGO_BIN_EXE_sluice");
        let script = step.trim_start().replacen("sluice", &format!("'{binary}'"), 1);
        let shell = std::process::Command::new("sh").args(["-c", &script]).current_dir(desk.path("")).output().unwrap();
        assert!(shell.status.success(), "{step}: {}", str::from_utf8(&shell.stderr).unwrap());
    }
    assert!(desk.read("a folder/report.html").unwrap().contains("2026-09.csv"));
    let readings = desk.read("a folder/readings/resource.json").unwrap();
    assert!(readings.contains("\"datetime\""), "{readings}");
    assert!(desk.sluice(&["run", "a folder"]).with_code(0).stdout.contains("nothing new"));
}

#[test]
fn a_folder_with_files_is_left_alone() {
    let desk = Desk::new();
    desk.write("sluice-demo/mine.txt", "mine");
    let ended = desk.sluice(&["demo"]).with_code(2);
    assert!(ended.stderr.contains("sluice-demo: is not empty; name another folder"), "{}", ended.stderr);
    assert_eq!(desk.files(), ["sluice-demo/mine.txt"]);
    desk.write("file", "");
    desk.sluice(&["demo", "file/below"]).with_code(74);
}

#[test]
fn a_check_without_a_descriptor_names_the_next_step() {
    let desk = Desk::new();
    desk.write("it's.csv", "a,b\n1,2\n");
    let ended = desk.sluice(&["check", "it's.csv"]).with_code(0);
    assert!(ended.stdout.contains("`sluice infer 'it'\\''s.csv' > resource.json` writes one"), "{}", ended.stdout);
    let ended = desk.sluice_with_stdin(&["check", "-"], b"a,b\n1,2\n").with_code(0);
    assert!(ended.stdout.contains("`sluice infer FILE > resource.json`"), "{}", ended.stdout);
    desk.write("resource.json", "{}");
    let ended = desk.sluice(&["check", "it's.csv", "--resource", "resource.json"]).with_code(0);
    assert!(!ended.stdout.contains("sluice infer"), "{}", ended.stdout);
    let ended = desk.sluice(&["check", "it's.csv", "--format", "json"]).with_code(0);
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[test]
fn manual_pages_are_written_for_each_command() {
    let desk = Desk::new();
    desk.sluice(&["man", "pages"]).with_code(0);
    let page = desk.read("pages/sluice-check.1").unwrap();
    assert!(page.contains(".TH") && page.contains("rejects"), "{page}");
    desk.write("taken", "");
    let ended = desk.sluice(&["man", "taken/pages"]).with_code(74);
    assert!(ended.stderr.contains("taken/pages"), "{}", ended.stderr);
}
