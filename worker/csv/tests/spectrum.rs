//! The acid test files of csv-spectrum, each against the JSON that comes with it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use sluice_csv::{Dialect, Limits, QuoteFault, Records};
use support::{Circumstances, Kind};

type Object = Vec<(String, String)>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/csv-spectrum")
}

/// The objects in JSON text that holds nothing but strings: every second one is a key.
fn objects(json: &str) -> Vec<Object> {
    json.split_inclusive('}').map(strings).filter(|strings| !strings.is_empty()).map(pairs).collect()
}

fn pairs(strings: Vec<String>) -> Object {
    strings.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

fn strings(json: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut characters = json.chars();
    while characters.by_ref().any(|character| character == '"') {
        let mut text = String::new();
        loop {
            match characters.next().unwrap() {
                '"' => break,
                '\\' => text.push(match characters.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                }),
                other => text.push(other),
            }
        }
        strings.push(text);
    }
    strings
}

/// The records of a CSV file as objects, and the records at fault.
fn read(csv: &[u8], dialect: &Dialect) -> (Vec<Object>, Vec<Kind>) {
    let mut records = Records::new(csv, dialect.clone(), Limits::default());
    let labels = records.next_record().unwrap().unwrap().cells;
    let (mut objects, mut faults) = (Vec::new(), Vec::new());
    for chunk_bytes in [1, 1 << 20] {
        (objects, faults) = (Vec::new(), Vec::new());
        let circumstances = Circumstances { chunk_bytes, ..Circumstances::new(dialect, labels.len()) };
        for seen in circumstances.read(csv).into_iter().skip(1) {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            match seen.kind {
                Kind::Cells(cells) => {
                    objects.push(labels.iter().zip(&cells).map(|(label, cell)| (text(label), text(cell))).collect());
                }
                fault => faults.push(fault),
            }
        }
    }
    (objects, faults)
}

#[test]
fn every_file_reads_as_its_json() {
    // A file whose braces stand in strings would need a better reader than `objects`: it is compared on its own below.
    let apart = ["json", "location_coordinates"];
    let mut compared = 0;
    for file in fs::read_dir(folder().join("csvs")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if apart.contains(&name.as_str()) {
            continue;
        }
        let json = fs::read_to_string(folder().join("json").join(format!("{name}.json"))).unwrap();
        let (found, faults) = read(&fs::read(&file).unwrap(), &Dialect::default());
        assert_eq!(found, objects(&json), "{name}");
        assert_eq!(faults, [], "{name}");
        compared += 1;
    }
    assert_eq!(compared, 10);
}

#[test]
fn json_in_a_cell_reads_as_its_json() {
    let json = fs::read_to_string(folder().join("json/json.json")).unwrap();
    let (found, faults) = read(&fs::read(folder().join("csvs/json.csv")).unwrap(), &Dialect::default());
    assert_eq!(found, [pairs(strings(&json))]);
    assert_eq!(faults, []);
}

#[test]
fn quotes_inside_unquoted_coordinates_are_a_fault_unless_the_dialect_has_no_quotes() {
    let csv = fs::read(folder().join("csvs/location_coordinates.csv")).unwrap();
    let (found, faults) = read(&csv, &Dialect::default());
    assert_eq!(found, [] as [Object; 0]);
    let quote = csv.iter().position(|&byte| byte == b'"').unwrap();
    assert_eq!(faults, [Kind::Quote(QuoteFault::Stray, quote as u64)]);

    let json = fs::read_to_string(folder().join("json/location_coordinates.json")).unwrap();
    let (found, faults) = read(&csv, &Dialect { quote: None, ..Dialect::default() });
    // The phone number of the JSON is not that of the CSV.
    assert_eq!(found[0][1..], pairs(strings(&json))[1..]);
    assert_eq!(faults, []);
}
