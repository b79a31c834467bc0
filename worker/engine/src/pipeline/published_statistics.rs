//! Statistics of columns → their entries in a report.

use std::io::{self, Write};

use crate::emit::statistics::ColumnStatistics;
use crate::report::{FIELDS_BYTES, FieldStatistics};
use crate::typing::column::Column;

/// The statistics of the first columns, as many as a report may hold.
pub(crate) struct PublishedStatistics {
    pub(crate) fields: Vec<FieldStatistics>,
    /// The number of columns that are left out.
    pub(crate) omitted: u64,
}

/// Returns the statistics of the columns for a report.
pub(crate) fn all_published(columns: &[Column], statistics: &[ColumnStatistics]) -> PublishedStatistics {
    let mut fields = Vec::with_capacity(columns.len());
    let mut bytes = 0;
    for (column, statistics) in columns.iter().zip(statistics) {
        let field = published(column, statistics);
        bytes += json_bytes(&field);
        if bytes > FIELDS_BYTES {
            break;
        }
        fields.push(field);
    }
    let omitted = (columns.len() - fields.len()) as u64;
    PublishedStatistics { fields, omitted }
}

/// Returns the number of bytes of JSON that the statistics of a column take in a report.
fn json_bytes(field: &FieldStatistics) -> usize {
    struct Counted(usize);
    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    // Begins with 1, for the comma behind the statistics.
    let mut counted = Counted(1);
    // Cannot fail: nothing is written anywhere, and every key is a string.
    let _ = serde_json::to_writer(&mut counted, field);
    counted.0
}

/// Returns the statistics that may be published: those of a redacted column have counts but no values.
fn published(column: &Column, statistics: &ColumnStatistics) -> FieldStatistics {
    let all = statistics.finish(&column.name);
    if !column.redacted {
        return all;
    }
    FieldStatistics {
        name: all.name,
        kind: all.kind,
        count: all.count,
        missing: all.missing,
        distinct: all.distinct,
        distinct_exact: all.distinct_exact,
        ..FieldStatistics::default()
    }
}
