//! Descriptors as they are published, and the warnings about descriptors that are overlooked, as a user sees them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;

use support::Desk;

const SCHEMA: &str = r#"{"fields":[{"name":"id","type":"integer"}]}"#;
const BAD: &str = "id\nx\n";

fn resource(name: &str, path: &str) -> String {
    format!(r#"{{"name":"{name}","path":"{path}","schema":{SCHEMA}}}"#)
}

/// Four prefixes whose descriptors lie where people tend to put them.
fn beside() -> Desk {
    let desk = Desk::new();
    for prefix in ["a", "b", "c", "d"] {
        desk.write(&format!("root/{prefix}/incoming/f.csv"), BAD);
    }
    let package = format!(r#"{{"name":"p","resources":[{}]}}"#, resource("f", "incoming/f.csv"));
    desk.write("root/a/datapackage.json", package)
        .write("root/b/resource.json", r#"{"name":"p","#)
        .write("root/c/Resource.json", format!(r#"{{"schema":{SCHEMA}}}"#))
        .write("root/d/incoming/resource.json", format!(r#"{{"schema":{SCHEMA}}}"#));
    desk
}

#[test]
fn a_plan_says_what_each_prefix_is_checked_against() {
    let desk = beside();
    desk.sluice(&["plan", "root"])
        .with_code(0)
        .says("datapackage.json, 1 resource")
        .says("mistaken, 1 mistake")
        .says("none, structure only")
        .says("a descriptor below incoming/ is not read; put it beside the folder incoming")
        .warns("root/c/Resource.json: is not read; rename it to resource.json")
        .warns("root/b/resource.json:1:");
    let lines = desk.sluice(&["plan", "root", "--format", "json"]).with_code(0).json();
    let descriptors = &lines.last().unwrap()["descriptors"];
    assert_eq!(descriptors[0]["descriptor"], "datapackage.json");
    assert_eq!(descriptors[3]["descriptor"], serde_json::Value::Null);
}

#[test]
fn a_run_checks_against_the_package_and_tells_what_it_overlooks() {
    let desk = beside();
    desk.sluice(&["run", "root"])
        .with_code(2)
        .says("type-error 1")
        .says("root/b/resource.json:1:")
        .warns("root/c/Resource.json: is not read; rename it to resource.json")
        .says("2 prefixes (c, d) have no descriptor");
    assert_eq!(desk.read("root/a/clean/f.csv").unwrap(), "id\n");
    assert_eq!(desk.read("root/c/clean/f.csv").unwrap(), BAD);
    desk.write("root/b/resource.json", format!(r#"{{"schema":{SCHEMA}}}"#));
    desk.sluice(&["run", "root"]).with_code(0).says("type-error 1").says("1 file:");
}

#[test]
fn strict_makes_a_mistake_of_what_is_overlooked() {
    let desk = beside();
    desk.write("root/b/resource.json", "{}");
    desk.sluice(&["run", "root", "--strict"]).with_code(2).says("rename it to resource.json");
    assert_eq!(desk.read("root/c/clean/f.csv"), None);
    assert!(desk.read("root/d/clean/f.csv").is_some());
}

#[test]
fn each_file_is_checked_against_the_resource_that_names_it() {
    let desk = Desk::new();
    let texts = r#"{"name":"texts","path":["data/t-*.csv"]}"#;
    let twice = [resource("one", "data/x.csv"), resource("two", "elsewhere/x.csv")].join(",");
    desk.write(
        "root/p/datapackage.json",
        format!(r#"{{"resources":[{},{texts},{twice}]}}"#, resource("ids", "ids.csv")),
    );
    for name in ["ids.csv", "t-1.csv", "x.csv", "unknown.csv"] {
        desk.write(&format!("root/p/incoming/{name}"), BAD);
    }
    desk.sluice(&["run", "root"])
        .with_code(2)
        .says("the resources \"one\" and \"two\" name the file x.csv; correct a path")
        .warns(
            "no path of a resource names the file unknown.csv, so only its structure is checked; its paths are \"ids.csv\", \"data/t-*.csv\", \
             \"data/x.csv\", \"elsewhere/x.csv\"",
        );
    assert_eq!(desk.read("root/p/clean/ids.csv").unwrap(), "id\n");
    assert_eq!(desk.read("root/p/clean/t-1.csv").unwrap(), BAD);
    assert_eq!(desk.read("root/p/clean/unknown.csv").unwrap(), BAD);
    assert_eq!(desk.read("root/p/clean/x.csv"), None);
}

#[test]
fn check_tells_which_package_does_not_name_a_file() {
    let desk = Desk::new();
    desk.write(
        "root/p/datapackage.json",
        format!(r#"{{"resources":[{},{{"name":"texts"}}]}}"#, resource("ids", "ids.csv")),
    );
    desk.write("root/p/incoming/other.csv", BAD).write("alone.csv", BAD);
    let ended = desk.sluice(&["check", "root/p/incoming/other.csv"]).with_code(0).warns(
        "root/p/datapackage.json: no path of a resource names the file root/p/incoming/other.csv, so only its structure is checked; its paths are \
         \"ids.csv\"; correct a path, or choose a resource: --resource root/p/datapackage.json#NAME",
    );
    assert!(!ended.stdout.contains("no descriptor"), "{}", ended.stdout);
    // The hint is for a file without a descriptor, whatever other files there are.
    desk.sluice(&["check", "root/p/incoming/other.csv", "alone.csv"]).with_code(0).says("`sluice infer alone.csv");
}

/// The standard has paths as they are written, and so has frictionless: `%20` is three characters of a name.
#[test]
fn a_path_is_no_url_and_the_decoded_name_is_told() {
    let desk = Desk::new();
    desk.write("dp.json", format!(r#"{{"resources":[{},{{"name":"x"}}]}}"#, resource("ids", "my%20file.csv")));
    desk.write("my file.csv", BAD).write("my%20file.csv", BAD);
    desk.sluice(&["check", "my%20file.csv", "--resource", "dp.json"]).with_code(0).says("type-error 1");
    let hint = "the path \"my%20file.csv\" is taken as it is written: if it means this file, write \"my file.csv\"";
    desk.sluice(&["check", "my file.csv", "--resource", "dp.json"]).with_code(2).warns(hint);
    desk.write("root/p/datapackage.json", desk.read("dp.json").unwrap()).write("root/p/incoming/my file.csv", BAD);
    desk.sluice(&["run", "root"]).with_code(0).warns(hint);
    desk.sluice(&["check", "root/p/incoming/my file.csv"]).with_code(0).warns(hint);
    // A URL is percent-encoded.
    desk.write(
        "dp.json",
        format!(r#"{{"resources":[{},{{"name":"x"}}]}}"#, resource("ids", "https://x.org/my%20file.csv")),
    );
    desk.sluice(&["check", "my file.csv", "--resource", "dp.json"]).with_code(0).says("type-error 1");
    // Files beside the descriptor.
    desk.write("my schema.json", r#"{"fields": [{"name": "id"}]}"#)
        .write("r.json", r#"{"schema": "my%20schema.json"}"#);
    desk.sluice(&["check", "my file.csv", "--resource", "r.json"])
        .with_code(2)
        .warns("there is no such file beside the descriptor; did you mean \"my schema.json\"? (a path is taken as it is written)");
    let key = r#"{"schema": {"fields": [{"name": "id"}], "foreignKeys": [{"fields": "id", "reference": {"resource": "t", "fields": "id"}}]},
        "sluice": {"reference": [{"name": "t", "path": "my%20table.csv"}]}}"#;
    desk.write("my table.csv", BAD).write("r.json", key);
    desk.sluice(&["check", "my file.csv", "--resource", "r.json"])
        .with_code(2)
        .warns("not found; put a copy of the table there, as foreign keys refer to it; a path is taken as it is written: did you mean \"my table.csv\"?");
}

#[test]
fn the_only_resource_of_a_package_is_there_for_all_files() {
    let desk = Desk::new();
    desk.write(
        "root/p/datapackage.yaml",
        "resources:\n- name: ids\n  path: ids.csv\n  schema:\n    fields:\n    - {name: id, type: integer}\n",
    );
    desk.write("root/p/incoming/ids-2024.csv", BAD);
    desk.sluice(&["run", "root"])
        .with_code(0)
        .says("type-error 1")
        .warns("no path names the file ids-2024.csv; it is checked against the only resource, \"ids\"");
}

#[test]
fn a_resource_goes_before_a_package() {
    let desk = Desk::new();
    desk.write("root/p/datapackage.json", format!(r#"{{"resources":[{}]}}"#, resource("ids", "f.csv")));
    desk.write("root/p/resource.json", "{}").write("root/p/incoming/f.csv", BAD);
    desk.sluice(&["plan", "root"])
        .with_code(0)
        .warns("root/p/datapackage.json: is not read, for there is resource.json; remove one of them");
    desk.sluice(&["run", "root"]).with_code(0).says("1 file: 1 clean");
}

#[test]
fn check_picks_the_resource_of_a_package_by_the_file_or_by_its_name() {
    let desk = Desk::new();
    let package = format!(
        r#"{{"resources":[{},{{"name":"texts","path":"t.csv"}}]}}"#,
        resource("ids", "https://x.org/d/ids.csv")
    );
    desk.write("datapackage.json", package).write("data/ids.csv", BAD).write("t.csv", BAD).write("other.csv", BAD);
    let lines = desk
        .sluice(&["check", "data/ids.csv", "t.csv", "--resource", "datapackage.json", "--format", "json"])
        .with_code(0)
        .json();
    assert_eq!(lines[0]["rows"]["rejected"], 1);
    assert_eq!(lines[0]["descriptor"]["resource"], "ids");
    assert_eq!(lines[1]["rows"]["rejected"], 0);
    desk.sluice(&["check", "other.csv", "--resource", "datapackage.json"])
        .with_code(2)
        .warns("other.csv: no resource of datapackage.json names the file; name one: --resource datapackage.json#NAME, of \"ids\", \"texts\"");
    desk.sluice(&["check", "other.csv", "--schema", "datapackage.json#ids"]).with_code(0).says("type-error 1");
    desk.sluice(&["check", "other.csv", "--resource", "datapackage.json#idz"])
        .with_code(2)
        .warns("there is no resource \"idz\"; there are \"ids\", \"texts\"");
}

#[test]
fn misspelled_names_are_told_and_strict_refuses_them() {
    let desk = Desk::new();
    desk.write("data.csv", "id,v\nxxxxxxxx,a\n")
        .write(
            "s1.json",
            r#"{"fields":[{"name":"id","constraints":{"max-length":3,"Required":true,"patern":"[0-9]+"}},{"name":"v"}]}"#,
        )
        .write(
            "s2.json",
            r#"{"fields":[{"name":"id","tpye":"integer"},{"name":"v"}],"missingvalues":["-"],"fieldMatch":"subset"}"#,
        )
        .write("r3.json", r#"{"name":"x","dialect":{"delimeter":";","quotechar":"'"}}"#);
    desk.sluice(&["check", "data.csv", "--schema", "s1.json"])
        .with_code(0)
        .warns("did you mean \"maxLength\"?")
        .warns("did you mean \"required\"?")
        .warns("did you mean \"pattern\"?");
    desk.sluice(&["check", "data.csv", "--schema", "s2.json"])
        .with_code(0)
        .warns("did you mean \"type\"?")
        .warns("did you mean \"missingValues\"?")
        .warns("did you mean \"fieldsMatch\"?");
    desk.sluice(&["check", "data.csv", "--resource", "r3.json"])
        .with_code(0)
        .warns("did you mean \"delimiter\"?")
        .warns("did you mean \"quoteChar\"?");
    desk.sluice(&["check", "data.csv", "--schema", "s1.json", "--strict"]).with_code(2).warns("did you mean");
}

#[test]
fn a_file_with_another_delimiter_has_a_hint() {
    let desk = Desk::new();
    desk.write("data.csv", "id;name\n1;one\n");
    let ended = desk.sluice(&["check", "data.csv"]).with_code(0);
    ended.says("data.csv: hint: the header reads as one label; with the delimiter \";\" it has 2");
    desk.write("r.json", format!(r#"{{"schema":{SCHEMA}}}"#));
    let lines = desk.sluice(&["check", "data.csv", "--resource", "r.json", "--format", "json"]).with_code(1).json();
    assert!(lines[0]["hints"][0].as_str().unwrap().contains("it has 2"));
}

#[test]
fn a_descriptor_and_a_code_are_explained() {
    let desk = Desk::new();
    desk.write("r.json", format!(r#"{{"dialect":{{"delimiter":";"}},"schema":{SCHEMA}}}"#));
    desk.sluice(&["explain", "r.json"])
        .with_code(0)
        .says("delimiter            ;                            (given)")
        .says("(default)")
        .says("1 \"id\": an integer; may be missing (\"\")");
    desk.sluice(&["explain", "type-error"])
        .with_code(0)
        .says("does not have the type or format of its field")
        .says("What to do: ");
    desk.sluice(&["explain", "typ-error"]).with_code(2).warns("did you mean \"type-error\"?");
}

#[test]
fn what_is_explained_of_a_schema_is_what_it_gives() {
    let desk = Desk::new();
    let schema = r#"{"fields": [{"name": "a", "type": "list", "constraints": {"minLength": 1.0, "maxLength": 3}}], "fieldsMatch": "equal"}"#;
    desk.write("schema.json", schema);
    desk.sluice(&["explain", "schema.json"])
        .with_code(0)
        .says("the header must have all fields, in any order (given)")
        .says("at least 1 item; at most 3 items")
        .says("encoding             utf-8                        (default)");
    desk.write("r.json", format!(r#"{{"dialect": {{"header": false}}, "encoding": "cp1252", "schema": {schema}}}"#));
    desk.sluice(&["explain", "r.json"])
        .with_code(0)
        .says("there is no header, so the columns must be the fields, all of them and in this order")
        .says("encoding             windows-1252                 (given)")
        .warns("\"fieldsMatch\" compares labels, and \"header\" is false");
    desk.write("datapackage.json", r#"{"name": "p", "resources": [{"name": "x", "data": [{"a": 1}]}]}"#);
    desk.sluice(&["explain", "datapackage.json"]).with_code(0).says("datapackage.json#x: no files are named");
}

/// Whatever has the name of a descriptor stands for checks that somebody wants: `check` must not go on without them.
#[test]
fn what_has_the_name_of_a_descriptor_and_is_none_is_a_failure() {
    let desk = Desk::new();
    desk.write("p/incoming/f.csv", BAD);
    let (file, at) = ("p/incoming/f.csv", desk.path("p/resource.json"));
    let fails = |reason: &str| {
        desk.sluice(&["check", file])
            .with_code(2)
            .warns(&format!("p/resource.json: it has the name of a descriptor, but {reason}; correct or remove it"));
    };
    std::fs::create_dir(&at).unwrap();
    fails("it is a folder, and not a file");
    std::fs::remove_dir(&at).unwrap();
    std::os::unix::fs::symlink("nowhere", &at).unwrap();
    let link = "it is a symbolic link, and none is followed here; put the file itself here, or name it with --resource";
    fails(link);
    std::fs::remove_file(&at).unwrap();
    // A link to a descriptor, too, in the same way as a run.
    desk.write("p/shared.json", "{}");
    std::os::unix::fs::symlink("shared.json", &at).unwrap();
    fails(link);
    desk.sluice(&["check", file, "--resource", "p/resource.json"]).with_code(0);
    std::fs::remove_file(&at).unwrap();
    assert!(Command::new("mkfifo").arg(&at).status().unwrap().success());
    fails("it is not a regular file; pipes and devices are not read here");
}

/// A package that is a link was overlooked, as if there were none, because a listing leaves links out.
#[test]
fn a_descriptor_that_is_a_link_fails_its_prefix_in_a_run_too() {
    for name in ["resource.json", "resource.yaml", "datapackage.json"] {
        let desk = Desk::new();
        desk.write("root/p/incoming/f.csv", BAD).write("root/q/incoming/f.csv", BAD).write("root/p/shared.json", "{}");
        std::os::unix::fs::symlink("shared.json", desk.path(&format!("root/p/{name}"))).unwrap();
        desk.sluice(&["run", "root"]).with_code(74).says("a symbolic link is here or on the way, and none is followed");
        assert_eq!(desk.read("root/p/clean/f.csv"), None, "{name}");
        assert!(desk.read("root/q/clean/f.csv").is_some(), "{name}");
    }
}

/// Nobody writes the pipe, so a reader that opens it waits for ever.
#[test]
fn a_pipe_that_a_descriptor_names_is_not_opened() {
    let desk = Desk::new();
    desk.write("f.csv", BAD).write("r.json", r#"{"schema": "s.json"}"#);
    assert!(Command::new("mkfifo").arg(desk.path("s.json")).status().unwrap().success());
    desk.sluice(&["check", "f.csv", "--resource", "r.json"])
        .with_code(2)
        .warns("s.json\": the file cannot be read: it is not a regular file");
}

#[test]
fn each_file_that_no_resource_names_is_told() {
    let desk = Desk::new();
    let package = format!(r#"{{"resources":[{},{}]}}"#, resource("one", "one.csv"), resource("two", "two.csv"));
    desk.write("root/p/datapackage.json", package)
        .write("root/p/incoming/x.csv", BAD)
        .write("root/p/incoming/y.csv", BAD);
    let ended = desk.sluice(&["run", "root"]).with_code(0);
    ended.warns("names the file x.csv").warns("names the file y.csv");
}

#[test]
fn a_run_in_a_folder_tells_of_descriptors_that_are_not_read() {
    let desk = Desk::new();
    desk.write("root/p/resource.json", format!(r#"{{"schema":{SCHEMA}}}"#))
        .write("root/p/resource.yaml", "schema: {}")
        .write("root/p/incoming/x.csv", "id\n1\n");
    desk.sluice(&["run", "root"]).with_code(0).warns("root/p/resource.yaml");
    desk.sluice(&["run", "root", "--force", "--strict"]).with_code(2).warns("root/p/resource.yaml");
}
