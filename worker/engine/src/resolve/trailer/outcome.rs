//! The comparison of the trailer with the file that has ended.

use serde_json::Value;
use sluice_csv::Position;

use super::{Tagged, TrailerFindings};
use crate::bound::Scalar;
use crate::descriptor::{Trailer, TrailerSum};
use crate::parse::ExactDecimal;
use crate::report::{AssertionOutcome, Decision, Rows};
use crate::resolve::control_total::ControlTotal;
use crate::shown::{LABEL, TEXT, counted, quoted, shown};
use crate::types::FieldType;
use crate::types::{JsonType, Literal, NotAValue};
use crate::typing::column::{Column, by_name};

/// Compares the trailer with the file that has ended, and returns an outcome for each comparison.
pub(crate) fn decide(
    trailer: &Trailer,
    findings: &TrailerFindings,
    rows: &Rows,
    columns: &[Column],
) -> Vec<AssertionOutcome> {
    let tag = quoted(&trailer.tag, TEXT);
    let failed = |message: String| {
        vec![AssertionOutcome::decided("trailer".to_owned(), Decision::FAILED, format!("trailer: {message}"))]
    };
    let Some(first) = &findings.first else {
        if let Some(Position { record, line, .. }) = findings.with_quote_fault {
            return failed(format!(
                "record {record} (line {line}) begins with {tag}, but its quotes are at fault, so it cannot be read"
            ));
        }
        return failed(format!("no record begins with {tag}; the last record of the file has to"));
    };
    let &Tagged { record, line, cells, .. } = first;
    let found = format!("record {record} (line {line}) begins with {tag}");
    if findings.last_data > record {
        let last = findings.last_data;
        return failed(format!("{found}, but it is not the last record: data follow up to record {last}"));
    }
    if findings.count > 1 {
        return failed(format!(
            "{} records begin with {tag}, the first is record {record} (line {line})",
            findings.count
        ));
    }
    let needed = trailer.count.into_iter().chain(trailer.sums.iter().map(|sum| sum.column)).max().unwrap_or(1);
    if needed > cells {
        return failed(format!("{found} and has {}, expected at least {needed}", counted(cells as u64, "cell")));
    }
    let decision = Decision { holds: true, found: None };
    let mut outcomes = vec![AssertionOutcome::decided("trailer".to_owned(), decision, format!("trailer: {found}"))];
    let mut values = first.values.iter().map(|value| value.as_deref().unwrap_or_default());
    if trailer.count.is_some() {
        outcomes.push(count(values.next().unwrap_or_default(), rows.read));
    }
    let indices = by_name(columns);
    for ((TrailerSum { field, .. }, text), total) in trailer.sums.iter().zip(values).zip(&findings.totals) {
        let column = indices.get(&**field).map(|&index| &columns[index]);
        outcomes.push(control_total(field, column, text, total));
    }
    outcomes
}

/// Compares the count of a trailer with the rows read.
fn count(text: &[u8], rows: u64) -> AssertionOutcome {
    let is_digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let stated = str::from_utf8(text).ok().filter(|_| is_digits).and_then(|digits| digits.parse::<u64>().ok());
    let message = match stated {
        Some(stated) => format!("trailer.count: the trailer says {}, the file has {rows}", counted(stated, "row")),
        None => format!(
            "trailer.count: the count of the trailer, {}, is not a number of rows; the file has {rows}",
            shown_cell(text)
        ),
    };
    let decision = Decision { holds: stated == Some(rows), found: Some(rows.into()) };
    AssertionOutcome::decided("trailer.count".to_owned(), decision, message)
}

/// Compares a control total with the sum of its column.
fn control_total(field: &str, column: Option<&Column>, text: &[u8], total: &ControlTotal) -> AssertionOutcome {
    let name = format!("trailer.sum.{field}");
    let shown_name = shown(&name, TEXT).into_owned();
    let Some(column) = column else {
        let message = format!("{shown_name}: the file has no column {}", shown(field, TEXT));
        return AssertionOutcome::decided(name, Decision::FAILED, message);
    };
    let field = quoted(field, LABEL);
    let Some(sum) = total.text() else {
        let message = format!(
            "{shown_name}: the sum of {field} is not known exactly: it has cells that are not finite, or of more than 18 digits"
        );
        return AssertionOutcome::decided(name, Decision::FAILED, message);
    };
    let stated = stated_total(&column.kind, text);
    let holds = stated.as_ref() == Some(&ExactDecimal::of(sum.as_bytes()));
    if column.redacted {
        let words = if holds { "is that" } else { "is not that" };
        let message = format!("{shown_name}: the sum of the redacted column {field} {words} of the trailer");
        return AssertionOutcome::decided(name, Decision { holds, found: None }, message);
    }
    let message = match stated {
        Some(_) => format!("{shown_name}: the trailer says {}, the sum of {field} is {sum}", shown_cell(text)),
        None => format!(
            "{shown_name}: the control total of the trailer, {}, is not a number; the sum of {field} is {sum}",
            shown_cell(text)
        ),
    };
    // Any other sum is a text: readers of JSON may round a number with a fraction, or of more than 64 bits.
    let found = sum.parse::<i64>().map_or_else(|_| Value::from(sum), Value::from);
    AssertionOutcome::decided(name, Decision { holds, found: Some(found) }, message)
}

/// Returns the control total in a cell, which is written like the cells of its field; `None` if it is not a number.
fn stated_total(kind: &FieldType, text: &[u8]) -> Option<ExactDecimal> {
    let text = str::from_utf8(text).ok()?;
    match kind.as_type().read_literal(&Literal { text, json_type: JsonType::String }) {
        Ok(value) => match value.scalar {
            Scalar::Integer(integer) => Some(ExactDecimal::of(integer.to_string().as_bytes())),
            Scalar::Number(number) if number.is_finite() => {
                Some(ExactDecimal::of(value.decimal.as_deref().unwrap_or(text).as_bytes()))
            }
            Scalar::Number(_)
            | Scalar::String(_)
            | Scalar::Boolean(_)
            | Scalar::Date(_)
            | Scalar::Datetime(_)
            | Scalar::Time(_)
            | Scalar::YearMonth(_)
            | Scalar::Duration(_) => None,
        },
        // The total of many integers may exceed the range of a single integer.
        Err(NotAValue::Range) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| ExactDecimal::of(text.as_bytes()))
        }
        Err(NotAValue::Type) => None,
    }
}

fn shown_cell(text: &[u8]) -> String {
    match str::from_utf8(text) {
        Ok(text) => quoted(text, TEXT),
        Err(_) => "(not UTF-8)".to_owned(),
    }
}
