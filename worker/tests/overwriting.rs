//! Outputs that would replace what a command reads, or what belongs to a source.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use support::{Desk, GOOD};

const SCHEMA: &str = r#"{"fields": [{"name": "id", "type": "integer"}, {"name": "name"}],
    "foreignKeys": [{"fields": "name", "reference": {"resource": "names", "fields": "name"}}]}"#;
const RESOURCE: &str = r#"{"name": "r", "schema": "s.json", "dialect": "d.json",
    "sluice": {"reference": [{"name": "names", "path": "names.csv"}]}}"#;
const PACKAGE: &str =
    r#"{"resources": [{"name": "one", "path": "x.csv", "schema": {"fields": [{"name": "id"}, {"name": "name"}]}}]}"#;

/// A folder with a prefix whose descriptor refers to three files, and a package.
fn filled() -> Desk {
    let desk = Desk::new();
    desk.write("data/p/incoming/x.csv", "id,name\n1,one\nx,two\n")
        .write("data/p/resource.json", RESOURCE)
        .write("data/p/s.json", SCHEMA)
        .write("data/p/d.json", "{}")
        .write("data/p/names.csv", "name\none\n")
        .write("dp.json", PACKAGE)
        .write("y.csv", "id,name\n1,one\n2\n");
    desk
}

/// Runs a command that must be refused and change no file.
fn refused(desk: &Desk, args: &[&str], reason: &str) {
    let contents = |desk: &Desk| -> Vec<_> { desk.files().into_iter().map(|file| (desk.read(&file), file)).collect() };
    let before = contents(desk);
    desk.sluice(args).with_code(2).warns(reason);
    assert_eq!(contents(desk), before, "{args:?}");
}

const IS_READ: &str = "is an input file, its descriptor, or a file that the descriptor names; write to another file";

#[test]
fn infer_does_not_replace_its_files() {
    let desk = filled();
    desk.write("z.csv", GOOD);
    std::os::unix::fs::symlink("z.csv", desk.path("link.csv")).unwrap();
    for output in ["z.csv", "./z.csv", "link.csv"] {
        refused(&desk, &["infer", "z.csv", "-o", output], IS_READ);
        refused(&desk, &["infer", "link.csv", "-o", output], IS_READ);
    }
    refused(&desk, &["infer", "z.csv", "y.csv", "-o", "y.csv"], IS_READ);
    refused(&desk, &["infer", "z.csv", "-o", "data/p/incoming/new.csv"], "would take it as input");
    desk.sluice(&["infer", "z.csv", "-o", "data/p/resource.json"]).with_code(0);
}

#[test]
fn check_does_not_replace_what_it_reads() {
    let desk = filled();
    let found = "data/p/incoming/x.csv";
    for output in ["data/p/resource.json", "data/p/s.json", "data/p/d.json", "data/p/names.csv", "data/p/../p/s.json"] {
        for option in ["--clean", "--rejects", "--parquet", "--report"] {
            refused(&desk, &["check", found, option, output], IS_READ);
        }
        refused(&desk, &["check", "y.csv", "-r", "data/p/resource.json", "--rejects", output], IS_READ);
        refused(&desk, &["check", "y.csv", found, "--report", output], IS_READ);
    }
    fs::rename(desk.path("data/p/names.csv"), desk.path("data/p/names.html")).unwrap();
    desk.write("data/p/resource.json", RESOURCE.replace("names.csv", "names.html"));
    refused(&desk, &["check", found, "--feedback", "data/p/names.html"], IS_READ);
    for option in ["--rejects", "--report"] {
        refused(&desk, &["check", "y.csv", "-r", "dp.json#one", option, "dp.json"], IS_READ);
        refused(&desk, &["check", "y.csv", "-s", "data/p/s.json", option, "data/p/s.json"], IS_READ);
    }
    desk.sluice(&["check", "y.csv", "-r", "dp.json#one", "--rejects", "data/p/s.json"]).with_code(0);
}

/// What a package names is the owner's, whichever resource a file is checked against.
#[test]
fn check_does_not_replace_what_other_resources_name() {
    let desk = Desk::new();
    desk.write(
        "dp.json",
        r#"{"resources": [{"name": "one", "path": "one.csv"}, {"name": "two", "path": ["two.csv", "more-*.csv"], "schema": "two.json",
            "sluice": {"reference": [{"name": "t", "path": "t.csv", "dialect": "t.json"}]}}, "own/three.json"]}"#,
    );
    desk.write("own/three.json", r#"{"name": "three", "schema": "three-schema.json"}"#);
    for name in ["one.csv", "two.csv", "t.csv", "more-1.csv"] {
        desk.write(name, "id\n1\n");
    }
    for name in ["two.json", "t.json", "own/three-schema.json"] {
        desk.write(name, r#"{"fields": [{"name": "id"}]}"#);
    }
    for output in ["two.csv", "two.json", "t.csv", "t.json", "own/three.json", "own/three-schema.json"] {
        for package in ["dp.json", "dp.json#one"] {
            refused(&desk, &["check", "one.csv", "-r", package, "--clean", output], IS_READ);
        }
    }
    desk.sluice(&["check", "one.csv", "-r", "dp.json", "--clean", "new.csv"]).with_code(0);
    // A resource names its data, too.
    desk.write("r.json", r#"{"path": "two.csv"}"#);
    refused(&desk, &["check", "one.csv", "-r", "r.json", "--clean", "two.csv"], IS_READ);
}

#[test]
fn no_output_of_check_becomes_a_descriptor() {
    let desk = filled();
    desk.write("data/q/incoming/x.csv", "id\n1\n");
    for output in ["data/q/resource.json", "data/q/datapackage.yaml", "data/q/Resource.json"] {
        for option in ["--clean", "--rejects", "--parquet", "--report"] {
            refused(&desk, &["check", "y.csv", option, output], "has the name of a descriptor");
        }
    }
}

/// A table that no key uses is not read, and is the owner's all the same.
#[test]
fn check_does_not_replace_a_table_that_it_does_not_read() {
    let desk = Desk::new();
    desk.write("t.csv", "name\none\n")
        .write(
            "r.json",
            r#"{"schema": {"fields": [{"name": "id"}]}, "sluice": {"reference": [{"name": "t", "path": "t.csv"}]}}"#,
        )
        .write("a.csv", "id\n1\n");
    desk.sluice(&["check", "a.csv", "--resource", "r.json", "--clean", "t.csv"]).with_code(2).warns(IS_READ);
    assert_eq!(desk.read("t.csv").as_deref(), Some("name\none\n"));
}

#[test]
fn a_page_does_not_replace_a_file_that_is_no_page() {
    let desk = filled();
    desk.write("mine", "secret");
    refused(&desk, &["check", "y.csv", "--report", "mine"], "is a file that is not a page");
    refused(&desk, &["run", "data", "--report", "mine"], "is a file that is not a page");
}

#[test]
fn a_page_does_not_replace_another_output() {
    let desk = filled();
    refused(&desk, &["check", "y.csv", "--clean", "same", "--report", "./same"], "two outputs would be written here");
    fs::create_dir(desk.path("out")).unwrap();
    refused(&desk, &["check", "y.csv", "--clean", "out", "--report", "out/y.csv"], "two outputs");
}

#[test]
fn a_page_replaces_nothing_in_a_source_but_a_page() {
    let desk = filled();
    desk.write("data/p/incoming/x.csv", "id,name\n1,one\n");
    desk.sluice(&["run", "data", "--clean", "out", "--report", "data/page.html"]).with_code(0);
    let run = desk.files().into_iter().find(|file| file.ends_with("/report.json")).unwrap();
    let ledger = desk.files().into_iter().find(|file| file.contains("/ledger/")).unwrap();
    for (output, reason) in [
        ("data/p/resource.json", "has the name of a descriptor"),
        ("data/new/datapackage.yaml", "has the name of a descriptor"),
        ("data/p/s.json", "descriptors may refer to it"),
        ("data/p/names.csv", "descriptors may refer to it"),
        ("data/p/clean/new.html", "below a folder clean"),
        ("data/p/incoming/new.html", "below a folder incoming"),
        ("data/p/incoming/x.csv", "incoming"),
        (&*run, "is in _sluice/"),
        (&*ledger, "is in _sluice/"),
    ] {
        refused(&desk, &["run", "data", "--report", output], reason);
        refused(&desk, &["report", "data", "-o", output], reason);
        refused(&desk, &["report", run.strip_suffix("/report.json").unwrap(), "-o", output], reason);
    }
    refused(&desk, &["run", "data", "--clean", "out", "--report", "out/p/clean/x.csv"], "below a folder clean");
    for output in ["data/page.html", "data/p/other.html", "elsewhere.html"] {
        desk.sluice(&["report", "data", "-o", output]).with_code(0);
        desk.sluice(&["report", "data", "-o", output]).with_code(0);
    }
}
