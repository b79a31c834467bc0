//! Foreign keys as a user meets them: `sluice check` and `sluice run` with reference tables, and files that refer to themselves.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use support::Desk;

const ORDERS: &str = r#"{
    "schema": {
        "fields": [{"name": "id", "type": "integer"}, {"name": "country"}],
        "foreignKeys": [{"fields": "country", "reference": {"resource": "countries", "fields": "code"}}]
    },
    "sluice": {"reference": [{"name": "countries", "path": "reference/countries.csv", "schema": "reference/countries.schema.json"}]}
}"#;
const COUNTRIES: &str = "code,name\nDE,Germany\nFR,France\n";
const COUNTRIES_SCHEMA: &str = r#"{"fields": [{"name": "code"}, {"name": "name"}], "primaryKey": "code"}"#;
const FILE: &str = "id,country\n1,DE\n2,XX\n3,FR\n4,\n";

const TREE: &str = r#"{"schema": {
    "fields": [{"name": "id", "type": "integer"}, {"name": "parent", "type": "integer"}],
    "foreignKeys": [{"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}]
}}"#;

/// A folder with the prefix `orders`.
fn orders() -> Desk {
    let desk = Desk::new();
    desk.write("orders/resource.json", ORDERS)
        .write("orders/reference/countries.csv", COUNTRIES)
        .write("orders/reference/countries.schema.json", COUNTRIES_SCHEMA)
        .write("orders/incoming/a.csv", FILE);
    desk
}

#[test]
fn check_holds_a_file_against_the_tables_beside_its_descriptor() {
    let desk = orders();
    desk.sluice(&["check", "orders/incoming/a.csv"])
        .with_code(0)
        .says("a.csv:3: country: foreign-key: \"XX\" is not in countries.code")
        .says("4 rows read, 1 rejected");
    desk.write("a.csv", FILE);
    let args = ["check", "a.csv", "--resource", "orders/resource.json", "--format", "json"];
    let report = &desk.sluice(&args).with_code(0).json()[0];
    assert_eq!(report["errors"], json!({"foreign-key": 1}));
    let reference = &report["descriptor"]["references"][0];
    assert_eq!(
        (&reference["name"], &reference["key"], &reference["rows"]),
        (&json!("countries"), &json!("orders/reference/countries.csv"), &json!(2))
    );
    assert!(reference["etag"].is_string(), "{reference}");
}

#[test]
fn run_publishes_the_rows_that_refer_to_something_and_does_nothing_again() {
    let desk = orders();
    desk.sluice(&["run", ".", "--clean", "."]).with_code(0).says("1 rejected");
    assert_eq!(desk.read("orders/clean/a.csv").unwrap(), "id,country\n1,DE\n3,FR\n4,\n");
    let record = desk.files().into_iter().find(|name| name.starts_with("_sluice/ledger/")).unwrap();
    let report: Value = serde_json::from_str(&desk.read(&record).unwrap()).unwrap();
    assert_eq!(report["descriptor"]["references"][0]["rows"], 2);
    assert_eq!(report["descriptor"]["references"][0]["key"], "orders/reference/countries.csv");
    // A table is no data file; and when it changes, files that were checked before are not checked again.
    desk.sluice(&["plan", "."]).with_code(0).says("nothing new");
    desk.write("orders/reference/countries.csv", format!("{COUNTRIES}XX,Nowhere\n"));
    desk.sluice(&["run", ".", "--clean", "."]).with_code(0).says("nothing new");
    desk.sluice(&["run", ".", "--clean", ".", "--force"]).with_code(0).says("0 rejected");
    assert_eq!(desk.read("orders/clean/a.csv").unwrap(), FILE);
}

#[test]
fn a_table_that_is_missing_or_not_right_fails_its_prefix_and_no_other() {
    let cases = [
        (None, "reference/countries.csv: not found; put a copy of the table there, as foreign keys refer to it"),
        (Some(""), "countries.csv: it is refused: the file has no header"),
        (
            Some("code,name\nDE,Germany\nDE,Germany\n"),
            "countries.csv: rejected rows: 1 of 2, first: line 3: primary-key: ",
        ),
        (Some("code\nDE\n"), "countries.csv: it is refused: the header does not fit the schema"),
    ];
    for (table, cause) in cases {
        let desk = orders();
        desk.write("other/incoming/b.csv", "a\n1\n");
        match table {
            Some(table) => {
                desk.write("orders/reference/countries.csv", table);
            }
            None => fs::remove_file(desk.path("orders/reference/countries.csv")).unwrap(),
        }
        let check = desk.sluice(&["check", "orders/incoming/a.csv"]).with_code(2);
        let told = format!("{}{}", check.stdout, check.stderr);
        assert!(told.contains("the reference table countries: ") && told.contains(cause), "{told}");
        let run = desk.sluice(&["run", ".", "--clean", ".", "--format", "json"]).with_code(2);
        let failed = run.json().into_iter().find(|line| line.get("failure").is_some()).unwrap();
        assert_eq!(
            (&failed["file"]["key"], &failed["failure"]["code"]),
            (&json!("orders/incoming/a.csv"), &json!("reference"))
        );
        assert!(failed["failure"]["message"].as_str().unwrap().contains(cause), "{failed}");
        assert_eq!(desk.read("other/clean/b.csv").unwrap(), "a\n1\n");
        assert_eq!(desk.read("orders/clean/a.csv"), None);
        // With the table corrected, the next run takes the files.
        desk.write("orders/reference/countries.csv", COUNTRIES);
        desk.sluice(&["run", ".", "--clean", "."]).with_code(0);
        assert!(desk.read("orders/clean/a.csv").is_some());
    }
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_no_table() {
    let desk = orders();
    desk.write("elsewhere.csv", COUNTRIES);
    fs::remove_file(desk.path("orders/reference/countries.csv")).unwrap();
    std::os::unix::fs::symlink(desk.path("elsewhere.csv"), desk.path("orders/reference/countries.csv")).unwrap();
    let check = desk.sluice(&["check", "orders/incoming/a.csv"]).with_code(2);
    assert!(format!("{}{}", check.stdout, check.stderr).contains("leads out of the folder"), "{check:?}");
    desk.sluice(&["run", "."]).with_code(74);
}

#[test]
fn tables_are_read_by_their_suffix() {
    let desk = orders();
    let descriptor = ORDERS.replace("reference/countries.csv", "reference/countries.tsv");
    desk.write("orders/resource.json", descriptor)
        .write("orders/reference/countries.tsv", COUNTRIES.replace(',', "\t"));
    desk.sluice(&["check", "orders/incoming/a.csv"]).with_code(0).says("4 rows read, 1 rejected");
}

#[test]
fn a_file_may_refer_to_itself() {
    let desk = Desk::new();
    desk.write("tree/resource.json", TREE).write("tree/incoming/t.csv", "id,parent\n1,\n2,3\n3,1\n4,9\n");
    desk.sluice(&["check", "tree/incoming/t.csv"])
        .with_code(0)
        .says("t.csv:5: parent: foreign-key: \"9\" is not in the column id of this file");
    desk.sluice(&["run", ".", "--clean", "."]).with_code(0);
    assert_eq!(desk.read("tree/clean/t.csv").unwrap(), "id,parent\n1,\n2,3\n3,1\n");
}

#[test]
fn what_can_be_read_only_once_cannot_refer_to_itself() {
    let desk = Desk::new();
    desk.write("resource.json", TREE);
    let refused =
        desk.sluice_with_stdin(&["check", "-", "--resource", "resource.json"], b"id,parent\n1,\n").with_code(74);
    let told = format!("{}{}", refused.stdout, refused.stderr);
    assert!(told.contains("so the file is read twice") && told.contains("save it to a file"), "{told}");
    assert!(Command::new("mkfifo").arg(desk.path("pipe.csv")).status().unwrap().success());
    desk.sluice(&["check", "pipe.csv", "--resource", "resource.json"]).with_code(74);
    // A reference table does not prevent reading from standard input.
    let desk = orders();
    let checked = desk.sluice_with_stdin(&["check", "-", "--resource", "orders/resource.json"], FILE.as_bytes());
    checked.with_code(0).says("4 rows read, 1 rejected");
}

#[test]
fn foreign_keys_refer_to_other_resources_of_the_package() {
    let desk = Desk::new();
    desk.write(
        "datapackage.json",
        r#"{"resources": [
            {"name": "stations", "path": "data/stations.csv", "schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "area"}],
             "primaryKey": "id", "foreignKeys": [{"fields": "area", "reference": {"resource": "areas", "fields": "code"}}]}},
            {"name": "areas", "path": ["data/areas.csv"], "schema": {"fields": [{"name": "code", "type": "string"}]}},
            {"name": "values", "path": "data/values.csv", "schema": {"fields": [{"name": "station", "type": "integer"}, {"name": "value", "type": "number"}],
             "foreignKeys": [{"fields": "station", "reference": {"resource": "stations", "fields": "id"}}]}}
        ]}"#,
    )
    .write("data/stations.csv", "id,area\n1,N\n2,S\n")
    .write("data/areas.csv", "code\nN\n")
    .write("data/values.csv", "station,value\n1,1.5\n3,2.5\n");
    desk.sluice(&["check", "data/values.csv", "--resource", "datapackage.json"])
        .with_code(0)
        .says("data/values.csv:3: station: foreign-key: \"3\" is not in stations.id");
    desk.sluice(&["check", "data/stations.csv", "--resource", "datapackage.json"])
        .with_code(0)
        .says("data/stations.csv:3: area: foreign-key: \"S\" is not in areas.code");
}
