//! Data Packages: which resource a file belongs to, and documents of another kind than the option that named them.

use super::{Files, mistakes};
use crate::descriptor::{Choice, DescriptorSource, Expected, Mistakes, Package, read};

fn source(name: &str, text: &str, files: &Files, expected: Expected) -> Result<DescriptorSource, Mistakes> {
    DescriptorSource::read(name, text.as_bytes(), files, expected)
}

fn package(text: &str) -> Package {
    match source("datapackage.json", text, &Files::default(), Expected::Resource).unwrap() {
        DescriptorSource::Package(package) => *package,
        DescriptorSource::One(_) => panic!("a resource"),
    }
}

/// Returns a package of resources with these names and paths.
fn of(resources: &[(&str, &str)]) -> Package {
    let resources: Vec<String> =
        resources.iter().map(|(name, path)| format!(r#"{{"name":"{name}","path":{path}}}"#)).collect();
    package(&format!(r#"{{"resources":[{}]}}"#, resources.join(",")))
}

#[test]
fn a_path_names_a_file_by_its_whole_name_or_by_its_base_name() {
    let package = of(&[
        ("orders", r#""data/orders.csv""#),
        ("lines", r#"["incoming/lines-1.csv", "./lines-2.csv"]"#),
        ("remote", r#""https://example.org/x/remote.csv?raw=true""#),
        ("days", r#""day-*.csv""#),
        ("north", r#""north/sales.csv""#),
        ("south", r#""south/sales.csv""#),
        ("packed", r#""packed.csv.gz""#),
        ("gz", r#""twice.csv.gz""#),
        ("zip", r#""twice.csv.zip""#),
    ]);
    for (file, expected) in [
        ("orders.csv", Choice::Named(0)),
        ("data/orders.csv", Choice::Named(0)),
        ("elsewhere/orders.csv", Choice::Named(0)),
        ("orders.csv.zst", Choice::Named(0)),
        ("orders.csv.xz", Choice::Named(0)),
        ("orders.csv.BZ2", Choice::Named(0)),
        ("orders.csv.zip", Choice::Named(0)),
        ("Orders.csv", Choice::None),
        ("lines-1.csv", Choice::Named(1)),
        ("lines-2.csv", Choice::Named(1)),
        ("remote.csv", Choice::Named(2)),
        ("day-2024-01-31.csv.gz", Choice::Named(3)),
        ("north/sales.csv", Choice::Named(4)),
        ("south/sales.csv", Choice::Named(5)),
        ("sales.csv", Choice::Several(vec![4, 5])),
        ("packed.csv", Choice::Named(6)),
        ("twice.csv.gz", Choice::Named(7)),
        ("twice.csv.zip", Choice::Named(8)),
        ("twice.csv", Choice::Several(vec![7, 8])),
        ("other.csv", Choice::None),
    ] {
        assert_eq!(package.choose(file), expected, "{file}");
    }
}

#[test]
fn two_resources_that_name_one_file_are_both_told() {
    let package = of(&[("a", r#""x.csv""#), ("b", r#""x.csv""#), ("c", r#""?.csv""#)]);
    assert_eq!(package.choose("x.csv"), Choice::Several(vec![0, 1, 2]));
    assert_eq!(package.names(), r#""a", "b", "c""#);
}

#[test]
fn the_only_resource_is_there_for_files_of_other_names() {
    let package = of(&[("a", r#""x.csv""#)]);
    assert_eq!(package.choose("x.csv"), Choice::Named(0));
    assert_eq!(package.choose("orders-2024.csv"), Choice::Only(0));
}

#[test]
fn a_resource_is_read_with_its_places_in_the_package() {
    let text = r#"{"resources": [
  {"name": "a", "path": "a.csv", "schema": {"fields": [{"name": "id", "type": "integer"}]}},
  {"name": "b", "path": "b.csv", "schema": {"fields": [{"name": "id", "type": "intger"}]}}
]}"#;
    let package = package(text);
    let files = Files::default();
    assert_eq!(package.resource(0, &files).unwrap().schema.unwrap().fields.len(), 1);
    assert_eq!(
        package.resource(1, &files).unwrap_err().to_string(),
        r#"datapackage.json:3:79: resources[1].schema.fields[0].type: "intger" is not a type; did you mean "integer"?"#
    );
    assert!(package.resource(2, &files).is_err());
}

#[test]
fn resources_that_are_files_of_their_own_are_read_from_there() {
    let files = Files::of([
        ("r/orders.json", r#"{"name": "orders", "path": "orders.csv", "schema": "s.json"}"#),
        ("r/s.json", r#"{"fields": [{"name": "id"}]}"#),
        ("s.json", r#"{"fields": [{"name": "another"}]}"#),
    ]);
    let text = r#"{"resources": ["r/orders.json", "r/none.json"]}"#;
    let mistakes = source("datapackage.json", text, &files, Expected::Resource).unwrap_err().to_string();
    assert_eq!(
        mistakes,
        r#"datapackage.json:1:33: resources[1]: "r/none.json": there is no such file beside the descriptor; correct the name, or write the object here"#
    );
    let text = r#"{"resources": ["r/orders.json"]}"#;
    let DescriptorSource::Package(package) = source("datapackage.json", text, &files, Expected::Resource).unwrap()
    else {
        panic!("a resource");
    };
    assert_eq!(package.choose("orders.csv"), Choice::Named(0));
    let descriptor = package.resource(0, &files).unwrap();
    assert_eq!(descriptor.schema.unwrap().fields[0].name, "id");
}

#[test]
fn missing_values_of_a_package_hold_for_a_table_of_it_too() {
    let package = package(
        r#"{"missingValues": ["-"], "resources": [
            {"name": "st", "path": "st.csv", "schema": {"fields": [{"name": "code"}]}},
            {"name": "data", "path": "data.csv", "schema": {"fields": [{"name": "c"}],
             "foreignKeys": [{"fields": "c", "reference": {"resource": "st", "fields": "code"}}]}}]}"#,
    );
    let table = package.resource(1, &Files::default()).unwrap().references.remove(0);
    assert_eq!(&table.descriptor.schema.unwrap().fields[0].missing_values[..], ["-"]);
}

#[test]
fn a_url_names_files_where_there_is_no_path() {
    let package = package(
        r#"{"resources": [{"name": "a", "url": "https://example.org/a.csv", "bytes": 3},
            {"name": "b", "url": "https://example.org/a.csv", "path": "b.csv"}]}"#,
    );
    assert_eq!(package.choose("a.csv"), Choice::Named(0));
    assert_eq!(package.choose("b.csv"), Choice::Named(1));
    assert!(package.resource(0, &Files::default()).unwrap().integrity.unwrap().names("a.csv"));
}

#[test]
fn a_package_that_refers_to_itself_ends() {
    let files = Files::of([("datapackage.json", r#"{"resources": ["datapackage.json"]}"#)]);
    let text = r#"{"resources": ["datapackage.json"]}"#;
    let mistakes = source("datapackage.json", text, &files, Expected::Resource).unwrap_err().to_string();
    assert!(mistakes.contains("resources[0]: the file is a package, and not a resource"), "{mistakes}");
    let files = Files::of([("s.json", r#"{"fields": [{"name": "a"}], "schema": "s.json"}"#)]);
    assert!(read("r.json", br#"{"schema": "s.json"}"#, &files).is_ok());
}

#[test]
fn ten_thousand_resources_are_found_by_name_at_once() {
    let resources: Vec<String> = (0..10_000).map(|n| format!(r#"{{"name":"r{n}","path":"data/f{n}.csv"}}"#)).collect();
    let package = package(&format!(r#"{{"resources":[{}]}}"#, resources.join(",")));
    for n in 0..10_000 {
        assert_eq!(package.choose(&format!("f{n}.csv")), Choice::Named(n));
    }
    assert!(package.names().ends_with("and 9990 more"));
    assert!(package.resource(9999, &Files::default()).is_ok());
}

#[test]
fn patterns_and_resources_in_files_are_counted() {
    let resources: Vec<String> = (0..1001).map(|n| format!(r#"{{"path":"*-{n}.csv"}}"#)).collect();
    let text = format!(r#"{{"resources":[{}]}}"#, resources.join(","));
    let mistakes = source("datapackage.json", &text, &Files::default(), Expected::Resource).unwrap_err();
    assert!(mistakes.to_string().contains("1001 patterns are more than 1000"), "{mistakes}");
    let names = vec![r#""r.json""#; 101].join(",");
    let files = Files::of([("r.json", "{}")]);
    let text = format!(r#"{{"resources":[{names}]}}"#);
    let mistakes = source("datapackage.json", &text, &files, Expected::Resource).unwrap_err();
    assert!(mistakes.to_string().contains("more than 100 resources are files of their own"), "{mistakes}");
}

#[test]
fn what_is_wrong_with_a_package_is_told_with_its_place() {
    for (text, expected) in [
        (r#"{"resources": []}"#, "1:15: resources: there are no resources; write a list of Data Resources"),
        (r#"{"resources": {}}"#, "1:15: resources: an object is not an array; write a list of Data Resources"),
        (r#"{"resources": [3]}"#, "1:16: resources[0]: 3 is not an object; write a Data Resource"),
        (
            r#"{"resources": [{"path": 3}]}"#,
            "1:25: resources[0].path: 3 is not an array; write the path of a file, or a list of paths",
        ),
        (
            r#"{"resources": [{"path": [3]}]}"#,
            "1:26: resources[0].path[0]: 3 is not a string; write the path of a file, or a list of paths",
        ),
        (
            r#"{"resources": [{"name": "a"}, {"name": "b"}]}"#,
            r#"1:15: resources: this is a Data Package of 2 resources: "a", "b"; name one of them behind the file: #NAME"#,
        ),
        (
            r#"{"resources": ["../x.json"]}"#,
            r#"1:16: resources[0]: "../x.json" leaves the folder of the descriptor; name a file beside the descriptor, or write the object here"#,
        ),
    ] {
        assert_eq!(mistakes(text), [format!("r.json:{expected}")], "{text}");
    }
}

#[test]
fn a_document_is_read_as_what_it_is() {
    let files = Files::default();
    let schema = r#"{"fields": [{"name": "a"}]}"#;
    let of = |text: &str, expected| match source("d.json", text, &files, expected).unwrap() {
        DescriptorSource::One(descriptor) => {
            let warnings: Vec<String> = descriptor.warnings.iter().map(ToString::to_string).collect();
            (descriptor.schema.unwrap().fields.len(), warnings)
        }
        DescriptorSource::Package(package) => (package.resources().len() + 100, Vec::new()),
    };
    assert_eq!(of(schema, Expected::Schema), (1, vec![]));
    assert_eq!(
        of(schema, Expected::Resource),
        (
            1,
            vec![
                r#"d.json:1:12: fields: a list of fields without a schema around it, read as one; write it as "schema": {"fields": […]}"#
                    .to_owned()
            ]
        )
    );
    let resource = format!(r#"{{"schema": {schema}}}"#);
    assert_eq!(of(&resource, Expected::Resource), (1, vec![]));
    assert_eq!(
        of(&resource, Expected::Schema),
        (
            1,
            vec![
                "d.json:1:1: this is a Data Resource, not a Table Schema, and is read as one; give it as --resource"
                    .to_owned()
            ]
        )
    );
    assert_eq!(of(r#"{"resources": [{}, {}]}"#, Expected::Schema), (102, vec![]));
}

#[test]
fn a_schema_at_a_url_is_read_from_the_copy_beside() {
    let text = r#"{"schema": "https://example.org/v1/s.json?x=1"}"#;
    let files = Files::of([("s.json", r#"{"fields": [{"name": "a"}]}"#)]);
    assert_eq!(read("r.json", text.as_bytes(), &files).unwrap().schema.unwrap().fields.len(), 1);
    assert_eq!(
        mistakes(text),
        [
            r#"r.json:1:12: schema: "https://example.org/v1/s.json?x=1" is a URL, and nothing is fetched; put a copy beside the descriptor as "s.json", or write the object here"#
        ]
    );
}

#[test]
fn a_package_has_four_times_the_bytes() {
    let text = format!(r#"{{"resources": [{{"name": "a"}}]}}{}"#, " ".repeat(3 << 20));
    let read = |name: &str, text: &str| source(name, text, &Files::default(), Expected::Resource);
    assert!(read("p/datapackage.json", &text).is_ok());
    assert!(read("p/resource.json", &text).is_err());
    assert!(read("p/DataPackage.json", &" ".repeat(5 << 20)).unwrap_err().to_string().contains("4194304"));
}
