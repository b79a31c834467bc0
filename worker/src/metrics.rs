//! What CloudWatch gets to see: JSON lines on standard output, and in them the metrics.
//!
//! One line per file carries its counts, and the same counts as metrics in the embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>);
//! further lines carry the statistics of its columns. No line has the value of a cell: no least, greatest, frequent or mean
//! value, no sample.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use sluice_engine::report::{FieldStatistics, FileReport, Verdict};

use crate::clock::{Clock, rfc3339};
use crate::key::INCOMING;
use crate::process::{FileEnd, Observer};
use crate::task::FileFailure;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Sluice";

/// Columns in one line: an event of CloudWatch Logs has at most 256 KiB.
const COLUMNS: usize = 200;

/// Longest value of a dimension.
const DIMENSION_CHARS: usize = 1024;

/// Writes a line for everything that becomes of a file.
pub struct LogLines<W> {
    out: Mutex<W>,
    clock: Clock,
    run: String,
}

impl<W> fmt::Debug for LogLines<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LogLines").field("run", &self.run).finish_non_exhaustive()
    }
}

impl LogLines<io::Stdout> {
    /// Lines on standard output, for a run.
    pub fn on_stdout(clock: Clock, run: String) -> Self {
        Self { out: Mutex::new(io::stdout()), clock, run }
    }
}

impl<W: Write> LogLines<W> {
    fn write(&self, lines: &[Value]) {
        let mut text = String::new();
        for line in lines {
            text.push_str(&line.to_string());
            text.push('\n');
        }
        // Whole lines at once: several files end at the same time.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            tracing::warn!(%error, "a line of the log is lost");
        }
    }

    fn head(&self, level: &str, message: &str, key: &str) -> Value {
        json!({
            "timestamp": rfc3339(self.clock.now()),
            "level": level,
            "message": message,
            "runId": self.run,
            "key": key,
        })
    }

    fn checked(&self, report: &FileReport) {
        let key = &report.file.key;
        let milliseconds = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let verdict = |verdict| u64::from(report.verdict == verdict);
        let metrics = [
            ("FilesClean", "Count", json!(verdict(Verdict::Clean))),
            ("FilesAccepted", "Count", json!(verdict(Verdict::Accepted))),
            ("FilesRefused", "Count", json!(verdict(Verdict::Refused))),
            ("RowsRead", "Count", json!(report.rows.read)),
            ("RowsRejected", "Count", json!(report.rows.rejected)),
            ("Bytes", "Bytes", json!(report.file.bytes.unwrap_or(0))),
            ("Seconds", "Seconds", json!(report.seconds)),
        ];
        let mut line = self.head("INFO", "file checked", key);
        line["verdict"] = json!(report.verdict);
        line["rows"] = json!(report.rows);
        line["errors"] = json!(report.errors);
        line["refusal"] = json!(report.refusal.as_ref().map(|refusal| &refusal.code));
        line["Prefix"] = json!(dimension(key));
        let mut declared = Vec::new();
        for (name, unit, value) in metrics {
            declared.push(json!({ "Name": name, "Unit": unit }));
            line[name] = value;
        }
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["Prefix"]], "Metrics": declared });
        line["_aws"] = json!({ "Timestamp": milliseconds, "CloudWatchMetrics": [directive] });
        let mut lines = vec![line];
        for fields in report.fields.chunks(COLUMNS) {
            let mut line = self.head("INFO", "columns checked", key);
            line["fields"] = fields.iter().map(column).collect();
            lines.push(line);
        }
        self.write(&lines);
    }

    fn known(&self, report: &FileReport) {
        // Its metrics are those of the attempt that checked it.
        self.write(&[self.head("INFO", "file known", &report.file.key)]);
    }

    fn failed(&self, failure: &FileFailure) {
        let mut line = self.head("ERROR", "file failed", &failure.key);
        line["code"] = json!(failure.code);
        line["cause"] = json!(failure.message.chars().take(4000).collect::<String>());
        self.write(&[line]);
    }
}

impl<W: Write + Send> Observer for LogLines<W> {
    fn finished(&self, end: &FileEnd) {
        match end {
            FileEnd::Checked(report) => self.checked(report),
            FileEnd::Known(report) => self.known(report),
            FileEnd::Failed(failure) => self.failed(failure),
        }
    }
}

/// A column without any of its values.
fn column(field: &FieldStatistics) -> Value {
    json!({
        "name": field.name,
        "type": field.kind,
        "count": field.count,
        "missing": field.missing,
        "distinct": field.distinct,
        "distinctExact": field.distinct_exact,
        "minLength": field.min_length,
        "maxLength": field.max_length,
    })
}

/// The prefix of a key as the value of a dimension, which is ASCII: everything else is percent-encoded.
fn dimension(key: &str) -> String {
    let prefix = key.split_once(INCOMING).map_or("", |(prefix, _)| prefix);
    let mut value = String::new();
    for byte in prefix.bytes() {
        match byte {
            b'%' => value.push_str("%25"),
            b' '..=b'~' => value.push(char::from(byte)),
            _ => value.push_str(&format!("%{byte:02X}")),
        }
    }
    value.truncate(DIMENSION_CHARS);
    value
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::interrupt::Interrupt;
    use crate::jobs::Jobs;
    use crate::pipeline;
    use crate::plan::Request;
    use crate::process::Context;
    use crate::store::{Condition, MemoryStore, Store};

    #[tokio::test]
    async fn a_line_has_the_counts_as_metrics_and_no_cell() {
        let store = MemoryStore::new();
        let file = "name,amount\nSECRETA,123456\nSECRETB,7x\nSECRETA,654321\n";
        let schema =
            r#"{"schema": {"fields": [{"name": "name", "type": "string"}, {"name": "amount", "type": "integer"}]}}"#;
        store.put("bü %/incoming/f.csv", file.into(), Condition::Always).await.unwrap();
        store.put("bü %/incoming/g.csv", Vec::new(), Condition::Always).await.unwrap();
        store.put("bü %/resource.json", schema.into(), Condition::Always).await.unwrap();
        let moment = Clock::Fixed(UNIX_EPOCH + Duration::from_millis(1_700_000_000_123));
        let lines = Arc::new(LogLines { out: Mutex::new(Vec::new()), clock: moment, run: "r".to_owned() });
        let shared: Arc<dyn Store> = Arc::new(store);
        let context = Context {
            source: Arc::clone(&shared),
            clean: Some(shared),
            jobs: Jobs::new(NonZeroUsize::MIN),
            clock: moment,
            interrupt: Interrupt::default(),
            observer: Arc::clone(&lines) as Arc<dyn Observer>,
        };
        pipeline::run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap();
        let text = String::from_utf8(lines.out.lock().unwrap().clone()).unwrap();
        for cell in ["SECRET", "7x", "123456", "654321"] {
            assert!(!text.contains(cell), "{text}");
        }
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |key: &str, message: &str| {
            lines.iter().find(|line| line["key"] == json!(key) && line["message"] == json!(message)).unwrap().clone()
        };
        let line = of("bü %/incoming/f.csv", "file checked");
        assert_eq!(line["Prefix"], "b%C3%BC %25");
        assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_u64);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Sluice"), &json!([["Prefix"]])));
        let metrics: Vec<(&str, &Value)> = directive["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| {
                let name = metric["Name"].as_str().unwrap();
                (name, &line[name])
            })
            .collect();
        let expected = [
            ("FilesClean", &json!(0)),
            ("FilesAccepted", &json!(1)),
            ("FilesRefused", &json!(0)),
            ("RowsRead", &json!(3)),
            ("RowsRejected", &json!(1)),
            ("Bytes", &json!(file.len())),
            ("Seconds", &json!(0.0)),
        ];
        assert_eq!(metrics, expected);
        assert_eq!(of("bü %/incoming/f.csv", "columns checked")["fields"][1]["distinct"], 2);
        let refused = of("bü %/incoming/g.csv", "file checked");
        assert_eq!((&refused["FilesRefused"], &refused["refusal"]), (&json!(1), &json!("header-error")));
    }
}
