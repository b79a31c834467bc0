//! How many rows of a file may be rejected.

use crate::codes::{Refusal, RefusalCode};
use crate::descriptor::Tolerance;
use crate::report::Rows;
use crate::shown::counted;

/// Returns the refusal of a file with more rejected rows than the tolerance allows; `None` if it is within the tolerance.
pub(crate) fn exceeded(tolerance: &Tolerance, rows: &Rows) -> Option<Refusal> {
    let refuse = |message| Some(Refusal { code: RefusalCode::Tolerance, message });
    if let Some(most) = tolerance.rows.filter(|&most| rows.rejected > most) {
        return refuse(format!("{} rejected, the tolerance is {most}", counted(rows.rejected, "row")));
    }
    let percent = 100.0 * rows.rejected as f64 / rows.read.max(1) as f64;
    if let Some(most) = tolerance.percent.filter(|&most| percent > most) {
        return refuse(format!(
            "{} of {} rejected ({percent:.1} %), the tolerance is {most} %",
            rows.rejected,
            counted(rows.read, "row")
        ));
    }
    None
}
