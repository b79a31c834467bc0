//! What a client or a descriptor can make Sluice write for each byte sent: a table of attacks, each with its measured factor.
//!
//! The bound, for every input and default limits: all outputs of a file together (clean rows, rejects, report) have at
//! most [`FACTOR`] bytes for each decoded byte of the file, plus [`CONSTANT`] bytes. `--nocapture` shows the table.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::json;
use sluice_engine::codes::Code;
use sluice_engine::descriptor::Descriptor;
use sluice_engine::report::{
    FIELDS_BYTES, LastLine, REPORT_BYTES, Reject, SAMPLE_CHARACTERS, SAMPLE_FAULTS, SAMPLES, Verdict,
};
use sluice_engine::{LABEL_CHARACTERS, REJECT_BYTES_PER_BYTE, REJECT_FREE_BYTES};
use support::{Checked, check, check_descriptor, read};

/// Most bytes of output for each decoded byte.
const FACTOR: u64 = 32;

/// Most bytes of output in addition.
const CONSTANT: u64 = 64 << 20;

/// Decoded bytes of an attack: the part of the rejects' budget that grows with the file is three times its constant part.
const BYTES: usize = 2 << 20;

/// Returns the report as JSON text.
fn report(checked: &Checked) -> Vec<u8> {
    let outcome = &checked.outcome;
    let report = json!({
        "verdict": outcome.verdict, "rows": outcome.rows, "errors": outcome.errors, "refusal": outcome.refusal,
        "rejectsOmitted": outcome.rejects_omitted, "fields": outcome.fields, "fieldsOmitted": outcome.fields_omitted,
        "samples": outcome.samples, "warnings": outcome.warnings, "warningSamples": outcome.warning_samples,
        "assertions": outcome.assertions, "encoding": outcome.encoding, "compression": outcome.compression,
    });
    serde_json::to_vec(&report).unwrap()
}

/// Runs an attack and compares the sizes of all outputs with the bounds.
#[track_caller]
fn attack(name: &str, descriptor: &Descriptor, file: &[u8]) -> Checked {
    let checked = check_descriptor(descriptor, file, None, 2, 256 << 10);
    let report = report(&checked).len() as u64;
    let (decoded, clean, rejects) = (file.len() as u64, checked.clean.len() as u64, checked.rejects.len() as u64);
    let all = clean + rejects + report;
    let factor = |bytes: u64| bytes as f64 / decoded as f64;
    println!(
        "{name:45} {decoded:>9} bytes, {:>7} rejected: {:>6.1} (clean {:.1}, rejects {:.1}, report {:.1})",
        checked.outcome.rows.rejected,
        factor(all),
        factor(clean),
        factor(rejects),
        factor(report)
    );
    assert!(clean <= decoded, "{name}: {clean} bytes of clean rows");
    // The last line, which says how many rows were left out, may come on top.
    let most = REJECT_BYTES_PER_BYTE * decoded + REJECT_FREE_BYTES + 1000;
    assert!(rejects <= most, "{name}: {rejects} bytes of rejects");
    assert!(report <= REPORT_BYTES as u64, "{name}: a report of {report} bytes");
    assert!(all <= FACTOR * decoded + CONSTANT, "{name}: {all} bytes");
    checked
}

/// Runs an attack that makes a reject of every row, or as many rejects as the budget allows.
#[track_caller]
fn all_rejected(name: &str, descriptor: &str, header: &str, row: &[u8]) -> Checked {
    let rows = BYTES / row.len();
    let file = [header.as_bytes(), &row.repeat(rows)].concat();
    let checked = attack(name, &read(descriptor), &file);
    assert_eq!(checked.outcome.rows.rejected, rows as u64, "{name}");
    let written = checked.rejects.split_inclusive(|&byte| byte == b'\n').count() as u64;
    match checked.outcome.rejects_omitted {
        Some(omitted) => assert_eq!(written - 1 + omitted.rows, rows as u64, "{name}"),
        None => assert_eq!(written, rows as u64, "{name}"),
    }
    checked
}

fn schema(fields: serde_json::Value) -> String {
    json!({"schema": {"fields": fields}, "sluice": {"limits": {"columns": 16_384}}}).to_string()
}

#[test]
fn labels() {
    let long = "L".repeat(LABEL_CHARACTERS);
    all_rejected("a long label, missing cells", "{}", &format!("a,{long}\n"), b"1\n");
    let control = "\u{1}".repeat(LABEL_CHARACTERS);
    all_rejected("a label of control characters, missing cells", "{}", &format!("a,{control}\n"), b"1\n");
    let wide: String =
        (0..4000).map(|column| format!("{column}{}", "\u{1}".repeat(900)) + ",").collect::<String>() + "z\n";
    all_rejected("4,001 long labels, missing cells", "{}", &wide, b"1,2\n");
    let field = json!([{"name": long, "type": "integer"}]);
    all_rejected("a long label, wrong cells", &schema(field), &format!("{long}\n"), b"x\n");
}

#[test]
fn labels_beyond_the_limit_refuse_the_file() {
    let file = [b"a,", &b"L".repeat(LABEL_CHARACTERS + 1)[..], b"\n", &b"1\n".repeat(1000)].concat();
    let checked = check("{}", &file);
    assert_eq!(checked.outcome.verdict, Verdict::Refused);
    let message = checked.outcome.refusal.unwrap().message;
    assert!(
        message.starts_with("label 2 of the header has 1001 characters, a label may have 1000: \"LLL"),
        "{message}"
    );
    assert!(message.chars().count() < 300, "{message}");
    assert!(checked.rejects.is_empty());
}

#[test]
fn texts_of_the_descriptor() {
    let field = |more: serde_json::Value| {
        let mut field = json!({"name": "a"});
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schema(json!([field]))
    };
    let long = |number: usize| format!("{number}{}", "\u{1}".repeat(1000));
    let pattern = field(json!({"type": "string", "constraints": {"pattern": "ab".repeat(2000)}}));
    let checked = all_rejected("a long pattern", &pattern, "a\n", b"x\n");
    assert_eq!(
        checked.outcome.samples[0].errors[0].message,
        format!("\"x\" does not match the pattern {}… (4,000 characters)", "ab".repeat(100))
    );
    let values: Vec<String> = (0..50).map(long).collect();
    all_rejected(
        "an enumeration of long texts",
        &field(json!({"type": "string", "constraints": {"enum": values}})),
        "a\n",
        b"x\n",
    );
    let values: Vec<usize> = (0..20_000).collect();
    let checked = all_rejected(
        "an enumeration of 20,000 numbers",
        &field(json!({"type": "integer", "constraints": {"enum": values}})),
        "a\n",
        b"-1\n",
    );
    assert_eq!(
        checked.outcome.samples[0].errors[0].message,
        "\"-1\" is not one of 0, 1, 2, 3, 4, 5, 6, 7, … (20,000 values)"
    );
    let values: Vec<String> = (0..50).map(long).collect();
    let boolean = field(json!({"type": "boolean", "trueValues": values, "falseValues": ["n"]}));
    all_rejected("long texts for true", &boolean, "a\n", b"x\n");
    let bound = format!(
        r#"{{"schema": {{"fields": [{{"name": "a", "type": "number", "constraints": {{"minimum": {}}}}}]}}}}"#,
        "9".repeat(300)
    );
    all_rejected("a bound of 300 digits", &bound, "a\n", b"1\n");
}

#[test]
fn bytes_that_become_longer() {
    let one = schema(json!([{"name": "a", "type": "integer"}]));
    all_rejected("control characters, short", &one, "a\n", b"\x01\x01\x01\n");
    let row = [&b"\x01".repeat(100_000)[..], b"\n"].concat();
    all_rejected("control characters, long", &one, "a\n", &row);
    let constraints = json!({"maxLength": 1, "pattern": "[a-z]", "enum": ["b"]});
    let three = schema(json!([{"name": "a", "type": "string", "constraints": constraints}]));
    all_rejected("control characters, three faults of a cell", &three, "a\n", &row);
    all_rejected("not UTF-8", &one, "a\n", b"\xff\n");
    all_rejected("not UTF-8, long", &one, "a\n", &[&b"\xff".repeat(100_000)[..], b"\n"].concat());
    all_rejected("quotes at fault", &one, "a\n", b"x\"\n");
}

#[test]
fn one_line_may_be_longer_than_all_that_is_held_of_it() {
    let row = [&b"\x01".repeat(BYTES / 2)[..], b"\n"].concat();
    let checked = all_rejected(
        "control characters, one cell",
        "{\"schema\": {\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}]}}",
        "a\n",
        &row,
    );
    let line = checked.rejects.split(|&byte| byte == b'\n').next().unwrap();
    let reject: Reject = serde_json::from_slice(line).unwrap();
    assert_eq!(reject.raw.unwrap().as_bytes(), &row[..row.len() - 1]);
    assert_eq!(reject.errors[0].value.as_ref().unwrap().len(), BYTES / 2);
    assert!(reject.errors[0].message.len() < 600, "{}", reject.errors[0].message);
    let sample = &checked.outcome.samples[0];
    assert_eq!(sample.errors[0].value.as_ref().unwrap().chars().count(), SAMPLE_CHARACTERS + 1);
}

#[test]
fn many_columns() {
    let header = |columns: usize| (0..columns).map(|column| format!("c{column}")).collect::<Vec<_>>();
    let fields = |names: &[String], constraints: serde_json::Value| {
        let field = |name: &String| json!({"name": name, "type": "integer", "constraints": constraints});
        schema(json!(names.iter().map(field).collect::<Vec<_>>()))
    };
    let row = |columns: usize, cell: &str| (vec![cell; columns].join(",") + "\n").into_bytes();
    let names = header(16_384);
    let wrong = fields(&names, json!({}));
    let header_row = names.join(",") + "\n";
    let checked = all_rejected("16,384 columns, all cells wrong", &wrong, &header_row, &row(16_384, "x"));
    let samples = &checked.outcome.samples;
    assert_eq!(samples.len(), SAMPLES);
    assert_eq!((samples[0].errors.len(), samples[0].errors_omitted), (SAMPLE_FAULTS, 16_384 - SAMPLE_FAULTS as u64));
    all_rejected("16,384 columns, extra cells", &wrong, &header_row, &row(16_400, "x"));
    attack("16,384 columns, no rows", &read(&wrong), header_row.as_bytes());
    let names = header(4000);
    let two = fields(&names, json!({"minimum": 5, "enum": [7]}));
    all_rejected("4,000 columns, two faults of each cell", &two, &(names.join(",") + "\n"), &row(4000, "3"));
}

#[test]
fn short_rows() {
    all_rejected("missing cells", "{}", "a,b\n", b"1\n");
    all_rejected("extra cells", "{}", "a\n", b",\n");
    let one = schema(json!([{"name": "a", "type": "integer"}]));
    all_rejected("rows of two bytes, each bad", &one, "a\n", b"x\n");
    let blank = Descriptor { ..Descriptor::structural() };
    let mut settings = blank.settings.clone();
    settings.blank_rows_are_faults = true;
    let checked =
        attack("blank rows as faults", &Descriptor { settings, ..blank }, &[b"a\n", &b"\n".repeat(BYTES)[..]].concat());
    assert_eq!(checked.outcome.errors[&Code::BlankRow], BYTES as u64);
}

#[test]
fn rows_above_the_header_are_bounded_together() {
    let above = |rows: usize| {
        let rows = format!("{}\n", "x".repeat(1000)).repeat(rows);
        let dialect = json!({"dialect": {"headerRows": [50]}, "sluice": {"limits": {"recordBytes": 20_000}}});
        check(&dialect.to_string(), (rows + "a,b\n1,2\n").as_bytes())
    };
    let dialect = json!({"dialect": {"headerRows": [11]}, "sluice": {"limits": {"recordBytes": 20_000}}}).to_string();
    let file = format!("{}\n", "x".repeat(1000)).repeat(10) + "a,b\n1,2\n";
    assert_eq!(check(&dialect, file.as_bytes()).clean, file.as_bytes());
    let refusal = above(49).outcome.refusal.unwrap();
    assert!(
        refusal
            .message
            .starts_with("the rows up to the header (record 20 is the last that was read) are larger than 20000"),
        "{}",
        refusal.message
    );
}

#[test]
fn warnings_and_trailers() {
    let name = |number: usize| format!("{number:04}{}", "L".repeat(400));
    let fields: Vec<_> = (0..1000)
        .map(|number| json!({"name": name(number), "type": "string", "constraints": {"maxLength": 0}}))
        .collect();
    let warnings: Vec<String> = (0..1000).map(|number| format!("{}.maxLength", name(number))).collect();
    let all_warn = json!({"schema": {"fields": fields}, "sluice": {"warnings": warnings}}).to_string();
    let header = (0..1000).map(name).collect::<Vec<_>>().join(",") + "\n";
    let row = ["x"; 1000].join(",") + "\n";
    let checked = attack("1,000 warnings of each row", &read(&all_warn), (header + &row.repeat(1000)).as_bytes());
    assert_eq!((checked.outcome.rows.clean, checked.outcome.warnings.len()), (1000, 1000));
    let trailer = json!({"sluice": {"file": {"trailer": {"tag": "T", "count": 2}}}}).to_string();
    for row in [&b"T,1\n"[..], b"T,1,\n", b"T\nT,1\n"] {
        let file = [b"a,b\n", &row.repeat(BYTES / row.len())[..]].concat();
        let checked = attack("trailers and nothing else", &read(&trailer), &file);
        assert_eq!((checked.outcome.rows.read, checked.outcome.verdict), (0, Verdict::Refused));
    }
}

/// The largest possible report: as many columns as are allowed, with labels as long as is allowed, of the characters
/// that are longest in JSON.
#[test]
fn a_report_is_never_larger_than_it_may_be() {
    let labels: Vec<String> =
        (0..16_384).map(|column| format!("{column:05}{}", "\u{1}".repeat(LABEL_CHARACTERS - 5))).collect();
    let limits = json!({"columns": 16_384, "recordBytes": 64 << 20});
    let descriptor = json!({"sluice": {"limits": limits}}).to_string();
    let cell = "\u{1}".repeat(250);
    let good = [&*cell; 16_384].join(",") + "\n";
    // Every cell has a fault and a long text.
    let bad = [&b"\xff".repeat(2000)[..]; 16_384].join(&b',');
    let mut file = labels.join(",").into_bytes();
    file.push(b'\n');
    file.extend_from_slice(good.as_bytes());
    file.extend_from_slice(&bad);
    file.push(b'\n');
    let checked = check_descriptor(&read(&descriptor), &file, None, 1, 512 << 10);
    assert_eq!((checked.outcome.rows.clean, checked.outcome.rows.rejected), (1, 1));
    let bytes = report(&checked).len();
    assert!((FIELDS_BYTES / 2..REPORT_BYTES).contains(&bytes), "{bytes}");
    let outcome = &checked.outcome;
    assert_eq!(outcome.fields.len() as u64 + outcome.fields_omitted, 16_384);
    assert!(outcome.fields_omitted > 10_000, "{}", outcome.fields_omitted);
}

#[test]
fn the_setting_is_the_whole_number_of_bytes() {
    let with_limit = |bytes: u64| {
        let descriptor = json!({"sluice": {"limits": {"rejectBytes": bytes}}}).to_string();
        check(&descriptor, b"a,b\n1\n2,3\n2\n3\n")
    };
    let all = with_limit(10_000);
    assert_eq!(all.outcome.rejects_omitted, None);
    let first = all.rejects.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for (limit, written, first_record) in [(0, 0, 2), (first - 1, 0, 2), (first, first, 4)] {
        let checked = with_limit(limit as u64);
        assert_eq!(checked.rejects[..written], all.rejects[..written]);
        let last: LastLine = serde_json::from_slice(&checked.rejects[written..]).unwrap();
        let omitted = checked.outcome.rejects_omitted.unwrap();
        assert_eq!(last.rejects_omitted, omitted);
        assert_eq!((omitted.first_record, omitted.limit_bytes), (first_record, limit as u64));
        assert_eq!(omitted.rows, if written == 0 { 3 } else { 2 });
        assert!(last.message.contains("sluice.limits.rejectBytes"), "{}", last.message);
        assert_eq!((checked.outcome.rows, &checked.outcome.samples), (all.outcome.rows, &all.outcome.samples));
    }
}
