//! The output for CloudWatch: JSON lines on standard output, and in them the metrics.
//!
//! One line per file contains its counts, and the same counts as metrics in the embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>). Further
//! lines, `columns checked`, contain the statistics of the file's columns as an array `fields`, which Logs Insights unnests with
//! `fields jsonParse(@message) as line | unnest line.fields into column`
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html>).
//!
//! Statistics of numbers and times include their values: minimum, maximum, mean, standard deviation, sum, quantiles. For a text
//! only its lengths are written, for a column in `redact` only counts. No line contains a text, a most frequent value or a sample.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use sluice_engine::report::{FieldStatistics, FileReport, Verdict, cut};

use crate::clock::{Clock, rfc3339};
use crate::context::{FileOutcome, Observer};
use crate::key::prefix_of;
use crate::task::FileFailure;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Sluice";

/// Maximum size of a line, in bytes. An event of CloudWatch Logs has at most 256 KiB, 26 bytes of which are counted for the event
/// itself (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>); a longer line would arrive in
/// pieces that are not JSON.
const LINE_BYTES: usize = 240 << 10;

/// Maximum number of characters of a column's name in a line: a label may be as long as a record.
const NAME_CHARACTERS: usize = 1000;

/// Maximum number of characters of the cause of a failure in a line.
const CAUSE_CHARACTERS: usize = 4000;

/// Maximum number of characters of the value of a dimension.
const DIMENSION_CHARACTERS: usize = 1024;

/// What the lines contain besides the counts of files, as set for the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The name of the stack: the dimension that tells stacks in one account apart.
    pub stack: Option<String>,
    /// Which metrics CloudWatch extracts.
    pub metrics: Metrics,
    /// How much of a column's statistics is logged.
    pub statistics: Statistics,
}

/// The metrics that CloudWatch extracts from the lines. Each metric costs 0.30 USD per month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    /// Seven metrics for each prefix of a stack.
    #[default]
    Prefix,
    /// Seven metrics for a stack.
    Stack,
    /// No metrics; the lines contain the counts nevertheless.
    Off,
}

/// Which statistics of a column are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Statistics {
    /// Counts, values of numbers and times, and lengths of texts.
    #[default]
    Full,
    /// Only counts: cells with a value, missing cells, distinct values.
    Counts,
}

impl std::str::FromStr for Metrics {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "prefix" => Ok(Self::Prefix),
            "stack" => Ok(Self::Stack),
            "off" => Ok(Self::Off),
            _ => Err(format!("{text:?} is not one of prefix, stack, off")),
        }
    }
}

impl std::str::FromStr for Statistics {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "counts" => Ok(Self::Counts),
            _ => Err(format!("{text:?} is not one of full, counts")),
        }
    }
}

impl LogSettings {
    /// Adds metrics to a line: their values, their dimensions, and the member by which CloudWatch finds both.
    ///
    /// `prefix` is a dimension of metrics about files; metrics about a stack have none.
    fn declare(&self, line: &mut Value, now: SystemTime, prefix: Option<&str>, metrics: &[(&str, &str, Value)]) {
        let mut dimensions = Vec::new();
        if let Some(stack) = &self.stack {
            line["Stack"] = json!(dimension(stack));
            dimensions.push("Stack");
        }
        if let Some(prefix) = prefix {
            line["Prefix"] = json!(dimension(prefix));
            if self.metrics == Metrics::Prefix {
                dimensions.push("Prefix");
            }
        }
        let mut declared = Vec::new();
        for (name, unit, value) in metrics {
            declared.push(json!({ "Name": name, "Unit": unit }));
            line[*name] = value.clone();
        }
        if self.metrics != Metrics::Off {
            let milliseconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
            let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": declared });
            line["_aws"] = json!({ "Timestamp": milliseconds, "CloudWatchMetrics": [directive] });
        }
    }
}

/// Makes the line with the age of the oldest open run, in seconds: the oldest run whose events are not all sent (0 if there is
/// none). An alarm on `OldestOpenRunSeconds` notices a stuck run while it is stuck.
pub fn oldest_open_run(settings: &LogSettings, now: SystemTime, age: Duration) -> String {
    let mut line = json!({ "timestamp": rfc3339(now), "level": "INFO", "message": "open runs" });
    settings.declare(&mut line, now, None, &[("OldestOpenRunSeconds", "Seconds", json!(age.as_secs()))]);
    line.to_string()
}

/// Writes log lines for each file that ends.
pub struct LogLines<W> {
    out: Mutex<W>,
    clock: Clock,
    run: String,
    settings: LogSettings,
}

impl<W> fmt::Debug for LogLines<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LogLines").field("run", &self.run).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl LogLines<io::Stdout> {
    /// Writes the lines of a run to standard output.
    pub fn on_stdout(clock: Clock, run: String, settings: LogSettings) -> Self {
        Self { out: Mutex::new(io::stdout()), clock, run, settings }
    }
}

impl<W: Write> LogLines<W> {
    fn write(&self, lines: &[String]) {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        // The lines are written at once and under a lock: several files end at the same time.
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
        let verdict = |verdict| json!(u64::from(report.verdict == verdict));
        let metrics = [
            ("FilesClean", "Count", verdict(Verdict::Clean)),
            ("FilesAccepted", "Count", verdict(Verdict::Accepted)),
            ("FilesRefused", "Count", verdict(Verdict::Refused)),
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
        let prefix = prefix_of(key).unwrap_or("");
        self.settings.declare(&mut line, self.clock.now(), Some(prefix), &metrics);
        let mut lines = vec![line.to_string()];
        self.columns(report, &mut lines);
        self.write(&lines);
    }

    /// Adds the lines with the statistics of the columns, as few as these fit in.
    fn columns(&self, report: &FileReport, lines: &mut Vec<String>) {
        let head = self.head("INFO", "columns checked", &report.file.key).to_string();
        // cannot fail: an object ends in a brace.
        let head = head.strip_suffix('}').unwrap_or(&head);
        let begun = || format!("{head},\"fields\":[");
        let mut line = begun();
        for (number, field) in report.fields.iter().enumerate() {
            let column = column(field, self.settings.statistics).to_string();
            if line.ends_with('}') {
                // A column takes a few KiB at most, so every line has room for one.
                if line.len() + column.len() + ",]}".len() > LINE_BYTES {
                    lines.push(std::mem::replace(&mut line, begun()) + "]}");
                } else {
                    line.push(',');
                }
            }
            line.push_str(&column);
            if number + 1 == report.fields.len() {
                lines.push(std::mem::take(&mut line) + "]}");
            }
        }
    }

    fn known(&self, report: &FileReport) {
        // The metrics of the file were written by the attempt that checked it.
        self.write(&[self.head("INFO", "file known", &report.file.key).to_string()]);
    }

    fn failed(&self, failure: &FileFailure) {
        let mut line = self.head("ERROR", "file failed", &failure.key);
        line["code"] = json!(failure.code);
        line["cause"] = json!(beginning(&failure.message, CAUSE_CHARACTERS));
        self.write(&[line.to_string()]);
    }
}

impl<W: Write + Send> Observer for LogLines<W> {
    fn finished(&self, outcome: &FileOutcome) {
        match outcome {
            FileOutcome::Checked(report) => self.checked(report),
            FileOutcome::Known(report) => self.known(report),
            FileOutcome::Failed(failure) => self.failed(failure),
        }
    }
}

/// Returns the statistics of a column as they are written to a line.
fn column(field: &FieldStatistics, statistics: Statistics) -> Value {
    let mut column = Map::new();
    let mut put = |name: &str, value: Value| {
        // A statistic that the type of the column does not have is left out, as in the report.
        if !value.is_null() {
            column.insert(name.to_owned(), value);
        }
    };
    put("name", json!(beginning(&field.name, NAME_CHARACTERS)));
    put("type", json!(field.kind));
    put("count", json!(field.count));
    put("missing", json!(field.missing));
    put("distinct", json!(field.distinct));
    put("distinctExact", json!(field.distinct_exact));
    if statistics == Statistics::Counts {
        return Value::Object(column);
    }
    // Whatever the report may contain for other types in the future, no value of them is written here.
    if matches!(field.kind.as_str(), "integer" | "number" | "date" | "datetime" | "time" | "year" | "yearmonth") {
        put("min", json!(field.min));
        put("max", json!(field.max));
        put("mean", json!(field.mean));
        put("stddev", json!(field.stddev));
        put("sum", json!(field.sum));
        put("quantiles", json!(field.quantiles));
    }
    if field.not_finite > 0 {
        put("notFinite", json!(field.not_finite));
    }
    // For a column in `redact` the report contains none of the statistics above or below.
    put("minLength", json!(field.min_length));
    put("maxLength", json!(field.max_length));
    Value::Object(column)
}

/// Returns the beginning of a text, with a mark if the text is longer.
fn beginning(text: &str, characters: usize) -> String {
    let mut text = text.to_owned();
    cut(&mut text, characters);
    text
}

/// Encodes a text as the value of a dimension, which is ASCII and not blank: all other characters are percent-encoded.
fn dimension(text: &str) -> String {
    let mut value = String::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'%' => value.push_str("%25"),
            b' ' if at == 0 => value.push_str("%20"),
            b' '..=b'~' => value.push(char::from(byte)),
            _ => value.push_str(&format!("%{byte:02X}")),
        }
    }
    value.truncate(DIMENSION_CHARACTERS);
    value
}

#[cfg(test)]
mod tests;
