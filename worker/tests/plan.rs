//! `sluice plan` as a user types it.

mod support;

use support::{Desk, GOOD};

fn filled() -> Desk {
    let desk = Desk::new();
    desk.write("data/a/incoming/1.csv", GOOD)
        .write("data/a/incoming/2.csv", GOOD)
        .write("data/b/incoming/1.csv.gz", "x")
        .write("data/incoming/none.csv", GOOD)
        .write("data/b/incoming/notes.txt", "x");
    desk
}

#[test]
fn a_plan_says_what_is_new_and_does_nothing() {
    let desk = filled();
    let before = desk.files();
    desk.sluice(&["plan", "data"])
        .with_code(0)
        .says("3 new files (41 B) in 1 task; 0 done before")
        .says("ignored 1 key: no prefix before incoming/ (e.g. incoming/none.csv)")
        .says("ignored 1 key: not .csv");
    assert_eq!(desk.files(), before);
}

#[test]
fn what_was_run_is_not_new() {
    let desk = filled();
    desk.sluice(&["run", "data", "--prefix", "a"]).with_code(0);
    desk.sluice(&["plan", "data", "--prefix", "a"]).with_code(0).says("nothing new in data (2 files done before)");
    desk.sluice(&["plan", "data", "--prefix", "a", "--force"]).with_code(0).says("2 new files");
}

#[test]
fn json_has_a_line_for_each_prefix_and_one_for_the_whole() {
    let lines = filled().sluice(&["plan", "data", "--format", "json"]).with_code(0).json();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["prefix"], &lines[0]["files"]), (&"a".into(), &2.into()));
    assert_eq!((&lines[2]["files"], &lines[2]["tasks"]), (&3.into(), &1.into()));
    assert_eq!(lines[2]["ignored"]["no-prefix"]["count"], 1);
}

#[test]
fn an_unknown_prefix_is_named() {
    filled().sluice(&["plan", "data", "--prefix", "x"]).with_code(2).warns("prefix \"x\"");
    filled().sluice(&["plan", "data", "--prefix", "a/clean"]).with_code(2).warns("reserved name");
}

#[test]
fn an_empty_folder_has_nothing_new() {
    let desk = Desk::new();
    desk.sluice(&["plan", "."]).with_code(0).says("nothing new");
}

#[test]
fn reference_tables_are_checked_before_a_run() {
    let desk = Desk::new();
    let resource = |table: &str| {
        format!(
            r#"{{"schema": {{"fields": [{{"name": "country"}}],
                "foreignKeys": [{{"fields": "country", "reference": {{"resource": "countries", "fields": "code"}}}}]}},
               "sluice": {{"reference": [{{"name": "countries", "path": "reference/{table}", "schema": "reference/countries.schema.json"}}]}}}}"#
        )
    };
    for prefix in ["a", "b", "c"] {
        desk.write(&format!("data/{prefix}/reference/countries.schema.json"), r#"{"fields": [{"name": "code"}]}"#);
    }
    desk.write("data/a/incoming/1.csv", "country\nDE\n")
        .write("data/a/resource.json", resource("missing.csv"))
        .write("data/b/incoming/1.csv", "country\nDE\n")
        .write("data/b/resource.json", resource("broken.csv"))
        .write("data/b/reference/broken.csv", "code\nDE,2\n")
        .write("data/c/incoming/1.csv", "country\nDE\n")
        .write("data/c/resource.json", resource("right.csv"))
        .write("data/c/reference/right.csv", "code\nDE\n");
    desk.sluice(&["plan", "data"])
        .with_code(0)
        .warns("files will fail: the reference table countries:")
        .warns("reference/missing.csv")
        .warns("reference/broken.csv")
        .says("3 new files");
    let right = desk.sluice(&["plan", "data", "--prefix", "c"]).with_code(0).says("1 new file");
    assert!(!right.stderr.contains("will fail"), "{}", right.stderr);
}
