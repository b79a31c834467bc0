//! Rules and their warnings in what `sluice check` says.

#![allow(dead_code, reason = "a part of what is shared is enough here")]

mod support;

use support::Desk;

const RESOURCE: &str = r#"{"schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "name"}]}, "sluice": {"rules": [
    {"name": "few", "check": "id < 4", "message": "{id} is not few", "help": "take fewer"},
    {"name": "short", "check": "LENGTH(name) < 4", "severity": "warning", "message": "{name} is long"}
]}}"#;

#[test]
fn the_table_names_broken_rules() {
    let desk = Desk::new();
    desk.write("a.csv", "id,name\n1,one\n2,twofold\n4,four\n").write("r.json", RESOURCE);
    desk.sluice(&["check", "a.csv", "--resource", "r.json"])
        .with_code(0)
        .says("accepted")
        .says("a.csv:4: ")
        .says("4 is not few; take fewer")
        .says("row-constraint 1")
        .says("a.csv: warning: 1 row breaks \"short\"");
}

#[test]
fn the_report_has_rules_and_warnings() {
    let desk = Desk::new();
    desk.write("a.csv", "id,name\n1,one\n2,twofold\n4,four\n")
        .write("r.json", RESOURCE)
        .write("b.csv", "id,name\n1,one\n");
    let lines =
        desk.sluice(&["check", "a.csv", "b.csv", "--resource", "r.json", "--format", "json"]).with_code(0).json();
    assert_eq!(lines[0]["samples"][0]["errors"][0]["rule"], "few");
    assert_eq!(lines[0]["warnings"].to_string(), r#"{"short":1}"#);
    assert_eq!(lines[0]["warningSamples"][0]["record"], 3);
    assert_eq!(lines[0]["warningSamples"][0]["errors"][0]["message"], "twofold is long");
    assert!(lines[1].get("warnings").is_none() && lines[1].get("warningSamples").is_none());
}

#[test]
fn a_mistake_in_a_rule_is_told_with_its_place() {
    let desk = Desk::new();
    desk.write("a.csv", "id,name\n").write("r.json", RESOURCE.replace("id < 4", "id < '4'"));
    desk.sluice(&["check", "a.csv", "--resource", "r.json"])
        .with_code(2)
        .warns("r.json:2:36: ")
        .warns("mixes an integer and a text");
}
