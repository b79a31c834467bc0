//! Formats values of reports for a page.

use serde_json::Value;
use sluice_engine::report::{FieldStatistics, excerpt};

use crate::number_format::{grouped, short};

/// Most characters of the name of a file, a field or a rule.
pub(super) const NAME: usize = 120;

/// Most characters of a value.
pub(super) const VALUE: usize = 60;

/// Most characters of a message.
pub(super) const MESSAGE: usize = 300;

/// Returns the mark that stands before figures which are estimates if the column has very many distinct values: the number of distinct values,
/// quantiles, frequent values with their counts, and the counts of a histogram. All other figures are exact.
pub(super) fn about(field: &FieldStatistics) -> &'static str {
    if field.distinct_exact { "" } else { "≈ " }
}

/// Formats a value of the statistics.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) if whole < 10_000 => whole.to_string(),
            (Some(whole), ..) => grouped(whole),
            (_, Some(whole), _) => format!("−{}", grouped(whole.unsigned_abs())),
            (.., Some(number)) => short(number),
            _ => number.to_string(),
        },
        Value::String(text) => excerpt(text, VALUE).into_owned(),
        Value::Null => String::new(),
        other => excerpt(&other.to_string(), VALUE).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn years_have_no_commas() {
        let shown = [json!(2024), json!(12_345), json!(-7), json!(0.25), json!("2024-01-01"), json!(null)];
        assert_eq!(shown.map(|shown| value(&shown)), ["2024", "12,345", "−7", "0.25", "2024-01-01", ""]);
    }
}
