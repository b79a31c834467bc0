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
            "{} of {} rejected ({} %), the tolerance is {most} %",
            rows.rejected,
            counted(rows.read, "row"),
            above(percent, most)
        ));
    }
    None
}

/// Returns a number with as few decimals, and at least one, as show that it is greater than `least`.
fn above(number: f64, least: f64) -> String {
    let texts = (1..=15).map(|decimals| format!("{number:.decimals$}"));
    let mut greater = texts.filter(|text| text.parse::<f64>().is_ok_and(|shown| shown > least));
    greater.next().unwrap_or_else(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_shown_to_be_above_the_tolerance() {
        for (rejected, read, most, expected) in [
            (3, 103, 2.91, "3 of 103 rows rejected (2.913 %), the tolerance is 2.91 %"),
            (1, 10, 5.0, "1 of 10 rows rejected (10.0 %), the tolerance is 5 %"),
            (1, 3, 33.333_333, "1 of 3 rows rejected (33.3333333 %), the tolerance is 33.333333 %"),
        ] {
            let rows = Rows { read, clean: read - rejected, rejected, blank: 0 };
            let refusal = exceeded(&Tolerance { rows: None, percent: Some(most) }, &rows);
            assert_eq!(refusal.map(|refusal| refusal.message).as_deref(), Some(expected));
        }
    }
}
