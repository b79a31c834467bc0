//! The content of log lines, and what must not be in them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use super::*;
use crate::pipeline;
use crate::plan::Request;
use crate::process::Context;
use crate::store::{Condition, MemoryStore, Store};

fn clock() -> Clock {
    Clock::Fixed(UNIX_EPOCH + Duration::from_millis(1_700_000_000_123))
}

fn settings() -> LogSettings {
    LogSettings { stack: Some("sluice-prod".to_owned()), ..LogSettings::default() }
}

/// Logs a run over files, given by key and text. Returns the lines; each of them is one JSON text that fits into an event of
/// CloudWatch Logs.
async fn lines(files: &[(&str, &str)], settings: LogSettings) -> (String, Vec<Value>) {
    let store = MemoryStore::new();
    for (key, text) in files {
        store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap();
    }
    let lines = Arc::new(LogLines { out: Mutex::new(Vec::new()), clock: clock(), run: "r".to_owned(), settings });
    let shared: Arc<dyn Store> = Arc::new(store);
    let context = Context {
        clock: clock(),
        observer: Arc::clone(&lines) as Arc<dyn Observer>,
        ..Context::new(Arc::clone(&shared), Some(shared))
    };
    pipeline::run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap();
    let text = String::from_utf8(lines.out.lock().unwrap().clone()).unwrap();
    let parsed = text.lines().map(|line| {
        assert!(line.len() + 26 <= 256 << 10, "{} bytes", line.len());
        serde_json::from_str(line).unwrap()
    });
    let parsed = parsed.collect();
    (text, parsed)
}

fn of<'a>(lines: &'a [Value], key: &str, message: &str) -> &'a Value {
    lines.iter().find(|line| line["key"] == json!(key) && line["message"] == json!(message)).unwrap()
}

/// Returns the columns of the only file.
fn columns(lines: &[Value]) -> Vec<&Value> {
    let lines = lines.iter().filter(|line| line["message"] == json!("columns checked"));
    lines.flat_map(|line| line["fields"].as_array().unwrap()).collect()
}

const KEY: &str = "bü %/incoming/f.csv";

#[tokio::test]
async fn a_line_has_the_counts_of_a_file_as_metrics() {
    let file = "name,amount\none,1\ntwo,7x\nthree,3\n";
    let schema = r#"{"schema": {"fields": [{"name": "name"}, {"name": "amount", "type": "integer"}]}}"#;
    let files = [(KEY, file), ("bü %/incoming/g.csv", ""), ("bü %/resource.json", schema)];
    let (_, lines) = lines(&files, settings()).await;
    let line = of(&lines, KEY, "file checked");
    assert_eq!((&line["Stack"], &line["Prefix"]), (&json!("sluice-prod"), &json!("b%C3%BC %25")));
    assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_u64);
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Sluice"), &json!([["Stack", "Prefix"]])));
    let declared = directive["Metrics"].as_array().unwrap().iter().map(|metric| {
        let name = metric["Name"].as_str().unwrap();
        (name, &line[name])
    });
    let expected = [
        ("FilesClean", &json!(0)),
        ("FilesAccepted", &json!(1)),
        ("FilesRefused", &json!(0)),
        ("RowsRead", &json!(3)),
        ("RowsRejected", &json!(1)),
        ("Bytes", &json!(file.len())),
        ("Seconds", &json!(0.0)),
    ];
    assert_eq!(declared.collect::<Vec<_>>(), expected);
    let refused = of(&lines, "bü %/incoming/g.csv", "file checked");
    assert_eq!((&refused["FilesRefused"], &refused["refusal"]), (&json!(1), &json!("header-error")));
}

#[tokio::test]
async fn metrics_are_of_prefixes_of_the_stack_or_off() {
    let dimensions = async |settings: LogSettings| {
        let (_, lines) = lines(&[(KEY, "a\n1\n")], settings).await;
        let line = of(&lines, KEY, "file checked").clone();
        assert_eq!((&line["RowsRead"], &line["Prefix"]), (&json!(1), &json!("b%C3%BC %25")));
        line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].clone()
    };
    assert_eq!(dimensions(settings()).await, json!([["Stack", "Prefix"]]));
    assert_eq!(dimensions(LogSettings { metrics: Metrics::Stack, ..settings() }).await, json!([["Stack"]]));
    assert_eq!(dimensions(LogSettings { metrics: Metrics::Off, ..settings() }).await, Value::Null);
    assert_eq!(dimensions(LogSettings::default()).await, json!([["Prefix"]]));
}

const SCHEMA: &str = r#"{
    "schema": {"fields": [
        {"name": "name"}, {"name": "n", "type": "integer"}, {"name": "x", "type": "number"}, {"name": "day", "type": "date"},
        {"name": "at", "type": "datetime"}, {"name": "ok", "type": "boolean"}, {"name": "any", "type": "any"}
    ]},
    "sluice": {"redact": []}
}"#;

const FILE: &str = "name,n,x,day,at,ok,any\n\
    SECRETA,1,0.5,2026-01-01,2026-01-01T00:00:00,true,SECRETD\n\
    SECRETB,2,NaN,2026-01-02,2026-01-02T00:00:00,false,SECRETE\n\
    SECRETB,3,-INF,,2026-01-03T00:00:00,true,SECRETE\n\
    SECRETCC,7x,1,2026-01-01,2026-01-03T00:00:00,true,SECRETE\n";

#[tokio::test]
async fn a_line_has_the_statistics_of_numbers_and_times_and_no_text() {
    let (text, lines) = lines(&[(KEY, FILE), ("bü %/resource.json", SCHEMA)], settings()).await;
    for hidden in ["SECRET", "7x", "\"top\""] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    let columns = columns(&lines);
    let name = json!({
        "name": "name", "type": "any", "count": 3, "missing": 0, "distinct": 2, "distinctExact": true,
        "minLength": 7, "maxLength": 7
    });
    assert_eq!(columns[0], &name);
    let n = json!({
        "name": "n", "type": "integer", "count": 3, "missing": 0, "distinct": 3, "distinctExact": true,
        "min": 1, "max": 3, "mean": 2.0, "stddev": 1.0, "sum": 6,
        "quantiles": {"p01": 1, "p25": 1, "p50": 2, "p75": 3, "p99": 3}
    });
    assert_eq!(columns[1], &n);
    // One number, an infinity and a NaN: the infinity is the minimum, and both are left out of the other statistics.
    let x = columns[2];
    let expected = (&json!(3), &json!("-INF"), &json!(0.5), &Value::Null);
    assert_eq!((&x["count"], &x["min"], &x["max"], &x["stddev"]), expected);
    assert_eq!((&x["notFinite"], columns[1].get("notFinite")), (&json!(2), None));
    let day = columns[3];
    assert_eq!((&day["missing"], &day["min"], &day["max"]), (&json!(1), &json!("2026-01-01"), &json!("2026-01-02")));
    assert_eq!(columns[4]["quantiles"]["p50"], "2026-01-02T00:00:00");
    assert_eq!(columns[5]["min"], Value::Null);
    assert_eq!(columns[6]["minLength"], 7);
}

#[tokio::test]
async fn a_redacted_column_and_a_stack_that_asks_for_counts_have_counts_only() {
    let counts = ["name", "type", "count", "missing", "distinct", "distinctExact"];
    let members = |column: &Value| column.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let redacted = SCHEMA.replace("[]}", r#"["name", "n", "x", "day", "at", "ok", "any"]}"#);
    let files = [(KEY, FILE), ("bü %/resource.json", redacted.as_str())];
    for column in columns(&lines(&files, settings()).await.1) {
        assert_eq!(members(column), counts);
    }
    let files = [(KEY, FILE), ("bü %/resource.json", SCHEMA)];
    let asked = LogSettings { statistics: Statistics::Counts, ..settings() };
    for column in columns(&lines(&files, asked).await.1) {
        assert_eq!(members(column), counts);
    }
}

#[tokio::test]
async fn lines_of_many_columns_with_long_labels_are_cut_by_their_bytes() {
    for (character, letters) in [("x", 995), ("ü", 995), ("\u{1f600}", 995)] {
        let label = |number: usize| format!("{number:04}-{}", character.repeat(letters));
        let labels: Vec<String> = (0..4096).map(label).collect();
        let file = format!("{}\n{}\n", labels.join(","), vec!["1"; 4096].join(","));
        let file = if character.len() > 2 { labels[..9].join(",") + "\n" } else { file };
        let (text, lines) = lines(&[("a/incoming/f.csv", &file)], settings()).await;
        let columns = columns(&lines);
        assert_eq!(columns.len(), file.split('\n').next().unwrap().split(',').count());
        for (number, column) in columns.iter().enumerate() {
            assert_eq!(column["name"], beginning(&label(number), NAME_CHARACTERS));
        }
        // There are no more lines than the bytes need.
        let written = lines.iter().filter(|line| line["message"] == json!("columns checked")).count();
        assert!(written <= text.len() / (LINE_BYTES - (8 << 10)) + 1, "{written} lines of {} bytes", text.len());
    }
}

#[test]
fn the_age_of_the_oldest_open_run_is_a_metric_of_the_stack() {
    let line = |settings: &LogSettings| -> Value {
        serde_json::from_str(&oldest_open_run(settings, clock().now(), Duration::from_millis(90_500))).unwrap()
    };
    let open = line(&settings());
    assert_eq!((&open["Stack"], &open["OldestOpenRunSeconds"]), (&json!("sluice-prod"), &json!(90)));
    let directive = json!([{
        "Namespace": "Sluice", "Dimensions": [["Stack"]], "Metrics": [{"Name": "OldestOpenRunSeconds", "Unit": "Seconds"}]
    }]);
    assert_eq!(open["_aws"]["CloudWatchMetrics"], directive);
    assert_eq!(line(&LogSettings { metrics: Metrics::Off, ..settings() })["_aws"], Value::Null);
}

#[test]
fn a_dimension_is_ascii_and_not_blank() {
    for (text, value) in [("a/b c", "a/b c"), ("ü%\n", "%C3%BC%25%0A"), (" ", "%20"), ("  a ", "%20 a ")] {
        assert_eq!(dimension(text), value);
    }
    assert_eq!(dimension(&"é".repeat(600)).len(), DIMENSION_CHARACTERS);
}
