//! The writer and the readers of the run report: one JSON object, with each prefix on a line of its own.
//!
//! ```text
//! {"version":2,"runId":"20261123T211442Z-9f86d081884c7d65","prefixes":[
//! {"version":1,"runId":"…","prefix":"a",…},
//! {"version":1,"runId":"…","prefix":"b",…}
//! ],"status":"SUCCEEDED",…}
//! ```

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::sync::Arc;

use super::{PrefixResult, RunReport};
use crate::store::{Condition, Staged, Store, StoreError, blocking};
use crate::task::RunId;

/// Size of the text that is gathered for one write, in bytes.
const BUFFER: usize = 1 << 20;

/// Writes a report prefix by prefix.
pub(super) struct ReportWriter {
    staged: Option<Box<dyn Staged>>,
    at: String,
    buffer: Vec<u8>,
    prefixes: u64,
}

impl ReportWriter {
    pub(super) async fn begin(source: &Arc<dyn Store>, run: &RunId) -> Result<Self, StoreError> {
        let key = run.report_key();
        let at = source.locate(&key);
        let id = serde_json::to_string(run).map_err(|error| StoreError::from_io(at.clone(), error.into()))?;
        let buffer = format!("{{\"version\":2,\"runId\":{id},\"prefixes\":[").into_bytes();
        Ok(Self { staged: Some(source.stage(&key, None).await?), at, buffer, prefixes: 0 })
    }

    pub(super) fn prefix(&mut self, prefix: &PrefixResult) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(if self.prefixes == 0 { b"\n" } else { b",\n" });
        self.prefixes += 1;
        self.append(prefix)
    }

    fn append(&mut self, value: &impl serde::Serialize) -> Result<(), StoreError> {
        serde_json::to_writer(&mut self.buffer, value)
            .map_err(|error| StoreError::from_io(self.at.clone(), error.into()))
    }

    pub(super) async fn flush_if_full(&mut self) -> Result<(), StoreError> {
        if self.buffer.len() >= BUFFER { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        // cannot fail: `staged` is taken only here, and put back unless writing fails, which ends the report.
        let Some(mut staged) = self.staged.take() else { return Ok(()) };
        let buffer = std::mem::take(&mut self.buffer);
        let written = blocking(move || staged.write_all(&buffer).map(|()| staged)).await;
        self.staged = Some(written.map_err(|error| StoreError::from_io(self.at.clone(), error))?);
        Ok(())
    }

    /// Writes the members that are known only at the end, and publishes the report.
    pub(super) async fn end(mut self, report: &RunReport) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(b"\n]");
        let start = self.buffer.len();
        self.append(report)?;
        // The members of the report follow the list of prefixes, except the first two, which precede it.
        let mut members: serde_json::Value = serde_json::from_slice(&self.buffer[start..])
            .map_err(|error| StoreError::from_io(self.at.clone(), error.into()))?;
        if let Some(members) = members.as_object_mut() {
            members.shift_remove("version");
            members.shift_remove("runId");
        }
        self.buffer.truncate(start);
        self.append(&members)?;
        self.buffer[start] = b',';
        self.buffer.push(b'\n');
        self.flush().await?;
        match &mut self.staged {
            Some(staged) => staged.commit(Condition::Always).await.map(drop),
            None => Ok(()),
        }
    }
}

/// Reads the report of a run without its prefixes; `None` if there is no report.
///
/// # Errors
/// When the report is damaged or the store fails.
pub(crate) async fn read_report(source: &Arc<dyn Store>, run: &RunId) -> Result<Option<RunReport>, StoreError> {
    let key = run.report_key();
    let at = || source.locate(&key);
    let body = match source.open(&key, None, None).await {
        Ok((_, body)) => body,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let read = blocking(move || {
        let mut reader = BufReader::new(body);
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 || line.starts_with(']') {
                return std::io::Result::Ok(line);
            }
        }
    });
    let tail = read.await.map_err(|error| StoreError::from_io(at(), error))?;
    let id = serde_json::to_string(run).map_err(|error| StoreError::from_io(at(), error.into()))?;
    let whole = format!("{{\"version\":2,\"runId\":{id}{}", tail.trim_start_matches(']'));
    serde_json::from_str(&whole).map(Some).map_err(|error| StoreError::Invalid {
        at: at(),
        reason: format!("this is not the report of a run ({error}); start the run again"),
    })
}

/// The prefixes of a report, read line by line: each line is the detail of an event.
pub(crate) struct PrefixLines {
    at: String,
    reader: Option<BufReader<Box<dyn Read + Send>>>,
}

impl PrefixLines {
    /// Opens the report of a run to read its prefixes.
    ///
    /// # Errors
    /// When the report is not there or the store fails.
    pub(crate) async fn open(source: &Arc<dyn Store>, run: &RunId) -> Result<Self, StoreError> {
        let key = run.report_key();
        let (_, body) = source.open(&key, None, None).await?;
        let mut reader = BufReader::new(body);
        let mut lines = Self { at: source.locate(&key), reader: None };
        let opened = blocking(move || {
            let mut head = String::new();
            reader.read_line(&mut head).map(|_| reader)
        });
        lines.reader = Some(opened.await.map_err(|error| StoreError::from_io(lines.at.clone(), error))?);
        Ok(lines)
    }

    /// Returns at most `count` more prefixes, each as a line of JSON; no lines at the end.
    pub(crate) async fn next(&mut self, count: usize) -> Result<Vec<String>, StoreError> {
        let Some(mut reader) = self.reader.take() else {
            return Ok(Vec::new());
        };
        let read = blocking(move || {
            let mut lines = Vec::with_capacity(count);
            while lines.len() < count {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 || line.starts_with(']') {
                    return Ok((lines, None));
                }
                let end = line.trim_end().trim_end_matches(',').len();
                line.truncate(end);
                lines.push(line);
            }
            std::io::Result::Ok((lines, Some(reader)))
        });
        let (lines, reader) = read.await.map_err(|error| StoreError::from_io(self.at.clone(), error))?;
        self.reader = reader;
        Ok(lines)
    }
}
