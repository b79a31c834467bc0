//! Finds line ends that end no record: CR CR LF, CR in a file of LF, and LF in a file of CR.

use super::head_record::HeadRecord;
use crate::shown::counted;

/// Returns what to do about a record that has a line end outside of quotes in it.
pub(super) fn find(rows: &[HeadRecord]) -> Option<String> {
    let mut loose = rows.iter().filter(|row| row.has_loose_line_end);
    let first = loose.next()?.number;
    let count = 1 + loose.count();
    Some(format!(
        "{count} of the first {} with a CR or LF outside of quotes that does not end the record, the first is record {first}; if it is meant as a \
         line end, write the same line ends (LF, or CRLF) everywhere",
        counted(rows.len() as u64, "record")
    ))
}

/// Returns what to do about a file of several lines that is a single record.
pub(super) fn only_record(rows: &[HeadRecord], text: &[u8]) -> Option<String> {
    let is_one = rows.iter().filter(|row| row.is_content()).count() == 1;
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.trim_ascii().is_empty()).count();
    (is_one && lines > 1).then(|| {
        format!("the {lines} lines of the file are a single record, so it has no rows; check its quotes and line ends")
    })
}
