//! Measures inputs that were made to be slow: each is generated in memory, checked by one thread, and told in MB a second of CPU time.
//!
//! `cargo run --release -p sluice -p sluice-engine --example slow [PART OF A NAME]`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measurements")]

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_engine::descriptor::{self, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outputs, StoredFile};

/// Bytes of a file.
const BYTES: usize = 8 << 20;

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

/// A descriptor and a file for it.
struct Shape {
    name: String,
    descriptor: Value,
    file: Vec<u8>,
}

/// CPU time of all threads.
fn cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
    };
    threads.map(of_thread).sum()
}

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    println!("{:44} {:>9} {:>10} {:>9}", "shape", "MB", "read ms", "MB/s");
    for shape in shapes().into_iter().filter(|shape| shape.name.contains(&part)) {
        let text = shape.descriptor.to_string();
        let before = cpu();
        let read = descriptor::read("resource.json", text.as_bytes(), &Nothing);
        let reading = (cpu() - before).as_secs_f64() * 1e3;
        let descriptor = match read {
            Ok(descriptor) => descriptor,
            Err(mistakes) => {
                let first = mistakes.iter().next().map(ToString::to_string).unwrap_or_default();
                let first: String = first.chars().rev().take(90).collect::<Vec<_>>().into_iter().rev().collect();
                println!("{:44} {:>9} {reading:>10.1}   refused: …{first}", shape.name, "");
                continue;
            }
        };
        let check = Check::new(&descriptor, None);
        let options = Options { threads: NonZeroUsize::MIN, ..Options::default() };
        let run = || {
            let outputs = Outputs {
                clean: Some(Box::new(std::io::sink())),
                rejects: Some(Box::new(std::io::sink())),
                ..Outputs::default()
            };
            let before = cpu();
            check.run(StoredFile::from(&*shape.file), outputs, &options, &|_| {}).unwrap();
            (cpu() - before).as_secs_f64()
        };
        let seconds = run().min(run());
        let megabytes = shape.file.len() as f64 / 1e6;
        println!("{:44} {megabytes:>9.1} {reading:>10.1} {:>9.1}", shape.name, megabytes / seconds);
    }
}

/// A file of one column, with these cells over and over.
fn column(cells: &[String]) -> Vec<u8> {
    let mut file = "f\n".to_owned();
    for cell in cells.iter().cycle() {
        if file.len() > BYTES {
            break;
        }
        writeln!(file, "{cell}").unwrap();
    }
    file.into_bytes()
}

fn one(name: &str, field: &Value, cells: &[String]) -> Shape {
    let mut field = field.clone();
    field["name"] = json!("f");
    let descriptor = json!({"schema": {"fields": [field]}, "sluice": {"limits": {"recordBytes": 64 << 20}}});
    Shape { name: name.to_owned(), descriptor, file: column(cells) }
}

/// Two cells of each size, which differ: a cell like the one before it is not checked again.
fn sizes(name: &str, field: &Value, cell: impl Fn(usize) -> String) -> Vec<Shape> {
    let of = |size: usize| one(&format!("{name}, cells of {size} B"), field, &[cell(size), cell(size + 24)]);
    [1000, 100_000, 8_000_000].map(of).into()
}

fn shapes() -> Vec<Shape> {
    let mut shapes = patterns();
    shapes.extend(lists());
    shapes.extend(wide());
    shapes.extend(types());
    shapes.extend(heads());
    shapes.extend(descriptors());
    shapes
}

/// A cell of a size.
type Cell = fn(usize) -> String;

fn patterns() -> Vec<Shape> {
    let pattern = |pattern: &str| json!({"type": "string", "constraints": {"pattern": pattern}});
    let words: Vec<String> =
        (0..500u64).map(|nth| format!("{:x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40)).collect();
    let texts: Vec<(&str, String, Cell)> = vec![
        ("pattern of nested counts", "((a{0,100}){0,100}){0,10}".into(), |size| "a".repeat(size)),
        ("pattern [ab]*a[ab]{20}", "[ab]*a[ab]{20}".into(), |size| "aab".repeat(size / 3)),
        ("pattern [ab]*a[ab]{120}", "[ab]*a[ab]{120}".into(), |size| "aab".repeat(size / 3)),
        (r"pattern [\s\S]*a[\s\S]{120}", r"[\s\S]*a[\s\S]{120}".into(), |size| "aéa".repeat(size / 4)),
        ("pattern (.*)(.*)(.*)x", "(.*)(.*)(.*)x".into(), |size| "x".repeat(size)),
        ("pattern [^x]*x[^x]{1000}", "[^x]*x[^x]{1000}".into(), |size| {
            format!("{}x{}", "a".repeat(size - 900), "b".repeat(900))
        }),
        (r"pattern (\w+\s?)*!", r"(\w+\s?)*!".into(), |size| "ab é".repeat(size / 5)),
        (r"pattern \p{L}+", r"\p{L}+".into(), |size| "жé中a".repeat(size / 8)),
        (r"pattern (\w|\d|\p{L}|\p{Lu}|\p{Sc})*", r"(\w|\d|\p{L}|\p{Lu}|\p{Sc})*".into(), |size| {
            "٣€é😀".repeat(size / 11)
        }),
        ("pattern of 500 words", format!("({})*", words.join("|")), |size| "0123456789abcdef".repeat(size / 16)),
        (r"pattern \b(a|b)+\b.*", r"\b(a|b)+\b.*".into(), |size| "ab".repeat(size / 2)),
    ];
    let mut shapes: Vec<Shape> =
        texts.into_iter().flat_map(|(name, source, cell)| sizes(name, &pattern(&source), cell)).collect();
    for (name, pattern, cells) in [
        (r"\w{2,30} on short names", r"\w{2,30}", ["Müller", "Ng", "O"]),
        (r"^[A-Z]{2}\d{6}$", r"^[A-Z]{2}\d{6}$", ["AB123456", "AB12345", "XY000000"]),
    ] {
        let field = json!({"type": "string", "constraints": {"pattern": pattern}});
        shapes.push(one(&format!("pattern {name}"), &field, &cells.map(str::to_owned)));
    }
    shapes
}

fn lists() -> Vec<Shape> {
    let decimal = |nth: usize| format!("{}.{:020}", nth * 7 + 1_000_000_000, nth);
    let texts =
        |count: usize, prefix: &str| -> Vec<String> { (0..count).map(|nth| format!("{prefix}{nth}")).collect() };
    let decimals: Vec<String> = (0..20_000).map(decimal).collect();
    let mut shapes = Vec::new();
    let number = json!({"type": "number", "constraints": {"enum": decimals}});
    shapes.push(one("enum of 20,000 decimals, good", &number, &decimals));
    shapes.push(one(
        "enum of 20,000 decimals, bad",
        &number,
        &(0..999).map(|nth| format!("{}1", decimal(nth))).collect::<Vec<_>>(),
    ));
    let integers: Vec<i64> = (0..60_000).map(|nth| nth * 7919 % 1_000_003).collect();
    let cells: Vec<String> = integers.iter().map(ToString::to_string).collect();
    shapes.push(one("enum of 60,000 integers", &json!({"type": "integer", "constraints": {"enum": integers}}), &cells));
    let words = texts(60_000, "wörter");
    shapes.push(one("enum of 60,000 strings", &json!({"type": "string", "constraints": {"enum": words}}), &words));
    for count in [5000, 60_000] {
        let words = texts(count, "t");
        let field = json!({"type": "boolean", "trueValues": words, "falseValues": ["no"]});
        shapes.push(one(&format!("boolean with {count} trueValues"), &field, &words));
    }
    let digits = "7".repeat(500_000);
    let field = json!({"type": "number", "constraints": {"minimum": format!("0.{digits}")}});
    shapes.push(one(
        "number with a minimum of 500,000 digits",
        &field,
        &["1234567890123456789012345678901".to_owned()],
    ));
    let missing = texts(100, "n/a ");
    shapes.push(one(
        "integer with 100 missingValues",
        &json!({"type": "integer", "missingValues": missing}),
        &["1".into(), "n/a 99".into(), "12".into()],
    ));
    shapes
}

fn wide() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (columns, constraints, cell, name) in [
        (4096, json!({"minimum": 0}), "1", "with minimum"),
        (4096, json!({"minimum": 0, "maximum": 99, "enum": [1, 2, 3]}), "1", "with minimum, maximum, enum"),
        (
            4096,
            json!({"minimum": 0, "maximum": 99, "exclusiveMinimum": -1, "exclusiveMaximum": 100, "enum": [1, 2, 3, 4, 5, 6, 7, 8, 9]}),
            "1",
            "with all",
        ),
        (1000, json!({"minimum": 0}), "1", "with minimum"),
        (1000, json!({"minimum": 0, "maximum": 99, "enum": [1, 2, 3]}), "1", "with minimum, maximum, enum"),
        (100, json!({"minimum": 0, "maximum": 99, "enum": [1, 2, 3]}), "1", "with minimum, maximum, enum"),
        (20, json!({"minimum": 0, "maximum": 99, "enum": [1, 2, 3]}), "12345", "of 5 digits, all bad"),
    ] {
        for kind in ["integer", "number"] {
            let fields: Vec<Value> = (0..columns)
                .map(|nth| json!({"name": format!("c{nth}"), "type": kind, "constraints": constraints}))
                .collect();
            let labels: Vec<String> = (0..columns).map(|nth| format!("c{nth}")).collect();
            let row = format!("{}\n", vec![cell; columns].join(","));
            let mut file = format!("{}\n", labels.join(","));
            while file.len() < BYTES {
                file.push_str(&row);
            }
            let descriptor = json!({"schema": {"fields": fields}});
            shapes.push(Shape { name: format!("{columns} {kind}s {name}"), descriptor, file: file.into_bytes() });
        }
    }
    shapes
}

fn types() -> Vec<Shape> {
    let mut shapes = Vec::new();
    let grouped = |size: usize| format!("1{}", " 234".repeat(size / 4));
    for (name, field, cell) in [
        ("integer of digits", json!({"type": "integer"}), (|size| "7".repeat(size)) as Cell),
        ("number of digits", json!({"type": "number"}), |size| "7".repeat(size)),
        ("number 0.…7", json!({"type": "number"}), |size| format!("0.{}7", "0".repeat(size))),
        ("number with a bound", json!({"type": "number", "constraints": {"minimum": 5, "enum": [1, 2]}}), |size| {
            format!("0.{}", "7".repeat(size))
        }),
        ("number with exponent", json!({"type": "number", "constraints": {"minimum": 5}}), |size| {
            format!("1e-{}", "9".repeat(size))
        }),
        ("number of points", json!({"type": "number"}), |size| ".".repeat(size)),
        ("string", json!({"type": "string", "constraints": {"minLength": 3, "maxLength": 99}}), |size| {
            "é".repeat(size / 2)
        }),
        ("e-mail", json!({"type": "string", "format": "email"}), |size| format!("a@{}com", "a.".repeat(size / 2))),
        ("e-mail of @", json!({"type": "string", "format": "email"}), |size| "@".repeat(size)),
        ("uri", json!({"type": "string", "format": "uri"}), |size| format!("http://a/{}", "%20".repeat(size / 3))),
        ("uri of colons", json!({"type": "string", "format": "uri"}), |size| format!("a://[{}", ":".repeat(size))),
        ("binary", json!({"type": "string", "format": "binary"}), |size| "QUJD".repeat(size / 4)),
        ("uuid", json!({"type": "string", "format": "uuid"}), |size| "0".repeat(size)),
        ("boolean", json!({"type": "boolean"}), |size| "1".repeat(size)),
        ("date", json!({"type": "date"}), |size| "1".repeat(size)),
        ("date any", json!({"type": "date", "format": "any"}), |size| "1".repeat(size)),
        ("datetime any", json!({"type": "datetime", "format": "any"}), |size| {
            format!("2024-01-01 00:00:00.{}", "1".repeat(size))
        }),
        ("datetime", json!({"type": "datetime"}), |size| format!("2024-01-01T00:00:00.{}", "1".repeat(size))),
        ("time", json!({"type": "time"}), |size| format!("00:00:00.{}", "1".repeat(size))),
        ("year", json!({"type": "year"}), |size| "1".repeat(size)),
        ("yearmonth", json!({"type": "yearmonth"}), |size| "1".repeat(size)),
        ("any", json!({"type": "any", "constraints": {"enum": ["a"]}}), |size| "1".repeat(size)),
    ] {
        shapes.extend(sizes(name, &field, cell));
    }
    let dressed = json!({"type": "number", "bareNumber": false, "groupChar": " ", "decimalChar": ","});
    shapes.extend(sizes("number in groups", &dressed, grouped));
    shapes.extend(sizes("number with text around", &dressed, |size| {
        format!("{}1{}", "$".repeat(size / 2), "+".repeat(size / 2))
    }));
    let dressed = json!({"type": "integer", "bareNumber": false, "groupChar": " "});
    shapes.extend(sizes("integer in groups", &dressed, grouped));
    let literal = "x".repeat(100_000);
    let format = json!({"type": "date", "format": format!("{literal}%Y-%m-%d")});
    shapes.push(one("date with a format of 100,000 characters", &format, &[format!("{literal}2024-01-0x")]));
    shapes
}

fn heads() -> Vec<Shape> {
    let head = |name: &str, line: &str, dialect: Value| Shape {
        name: name.to_owned(),
        descriptor: json!({"dialect": dialect}),
        file: format!("{}a,b\n1,2\n", line.repeat(BYTES / line.len())).into_bytes(),
    };
    vec![
        head("blank lines before the header", "\n", json!({})),
        head("blank lines before the header, CRLF", "\r\n", json!({})),
        head("comments of one byte before the header", "#\n", json!({"commentChar": "#"})),
        head("comments before the header", "# a comment\n", json!({"commentChar": "#"})),
        head("comments and blank lines before the header", "#\n\n", json!({"commentChar": "#"})),
        Shape {
            name: "blank lines behind the header".to_owned(),
            descriptor: json!({}),
            file: format!("a,b\n{}", "\n".repeat(BYTES)).into_bytes(),
        },
        Shape {
            name: "headerRows".to_owned(),
            descriptor: json!({"dialect": {"headerRows": (1..1000).collect::<Vec<_>>()}}),
            file: format!("{}1,2\n", format!("{}\n", "a,".repeat(2000)).repeat(999)).into_bytes(),
        },
    ]
}

fn descriptors() -> Vec<Shape> {
    let shape = |name: &str, fields: Vec<Value>| Shape {
        name: name.to_owned(),
        descriptor: json!({"schema": {"fields": fields}, "sluice": {"limits": {"columns": 16_384}}}),
        file: b"a\n".repeat(1000),
    };
    let field = |nth: usize, constraints: Value| json!({"name": format!("c{nth}"), "type": "string", "constraints": constraints});
    vec![
        shape(
            "descriptor: 9,000 different patterns",
            (0..9000).map(|nth| field(nth, json!({"pattern": format!("[a-z]{{{}}}", nth + 1)}))).collect(),
        ),
        shape(
            r"descriptor: 9,000 different \w",
            (0..9000).map(|nth| field(nth, json!({"pattern": format!(r"\w{{{}}}", nth + 1)}))).collect(),
        ),
        shape(
            "descriptor: 9,000 heavy patterns",
            (0..9000).map(|nth| field(nth, json!({"pattern": format!(".*a.{{{}}}", nth + 15)}))).collect(),
        ),
        shape(
            "descriptor: heavy classes",
            (0..20).map(|nth| field(nth, json!({"pattern": format!(r"{nth}{}", r"\w".repeat(10_000))}))).collect(),
        ),
        shape(
            "descriptor: heavy classes in any case",
            (0..20).map(|nth| field(nth, json!({"pattern": format!(r"(?i){nth}{}", r"\D".repeat(6))}))).collect(),
        ),
        shape("descriptor: 16,384 fields", (0..16_384).map(|nth| field(nth, json!({}))).collect()),
        shape("descriptor: 20,000 fields", (0..20_000).map(|nth| field(nth, json!({}))).collect()),
        Shape {
            name: "descriptor: 16,000 slips of the pen".to_owned(),
            descriptor: json!({"schema": {"fields": (0..12_000).map(|nth| json!({"name": format!("a long name of a field {nth}")})).collect::<Vec<_>>()},
                "sluice": {"limits": {"columns": 16_384}, "redact": (0..8000).map(|nth| format!("a long name of a fiel {nth}")).collect::<Vec<_>>()}}),
            file: Vec::new(),
        },
        Shape {
            name: "descriptor: 40,000 unknown settings".to_owned(),
            descriptor: json!({"sluice": Value::Object((0..40_000).map(|nth| (format!("toleranc{nth}"), json!(1))).collect())}),
            file: Vec::new(),
        },
    ]
}
