//! The oracle of the constraints on text, which the engine evaluates outside Polars: the same constraints as Polars expressions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

use polars::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::check;

/// Returns the numbers of the rows, from 0, that break `constraint` according to the engine.
fn rejected(constraint: &Value, cells: &[String]) -> BTreeSet<usize> {
    let descriptor = json!({"schema": {"missingValues": [], "fields": [{"name": "f", "type": "string", "constraints": constraint}]}});
    let mut file = "f\n".to_owned();
    for cell in cells {
        file.push_str(&format!("\"{}\"\n", cell.replace('"', "\"\"")));
    }
    let checked = check(&descriptor.to_string(), file.as_bytes());
    checked
        .rejects
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice::<Value>(line).unwrap()["record"].as_u64().unwrap() as usize - 2)
        .collect()
}

/// Returns the numbers of the rows for which the expression is true according to Polars.
fn broken(violation: Expr, cells: &[String]) -> BTreeSet<usize> {
    let frame = DataFrame::new(cells.len(), vec![Column::new("f".into(), cells)]).unwrap();
    let found = frame.lazy().select([violation.alias("v")]).collect().unwrap();
    let found = found.column("v").unwrap().bool().unwrap().clone();
    found.iter().enumerate().filter(|(_, broken)| *broken == Some(true)).map(|(row, _)| row).collect()
}

fn cells() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[abcé\"\n, ]{0,9}|AB|a longer one", 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lengths_agree(cells in cells(), shortest in 0u32..6, more in 0u32..6) {
        let longest = shortest + more;
        let length = || col("f").str().len_chars();
        let violation = length().lt(lit(shortest)).or(length().gt(lit(longest)));
        let constraint = json!({"minLength": shortest, "maxLength": longest});
        prop_assert_eq!(rejected(&constraint, &cells), broken(violation, &cells));
    }

    #[test]
    fn patterns_agree(cells in cells(), which in 0usize..5) {
        let pattern = ["[abc]*", "a+", "(ab|AB|a longer one)", "[^é]{2,4}", "[a-c\", \n]*"][which];
        // Uses the regex crate directly: the feature of Polars would compile it into every build for this test alone.
        let regex = regex::Regex::new(&format!("\\A(?:{pattern})\\z")).unwrap();
        let broken: BTreeSet<usize> = (0..cells.len()).filter(|&row| !regex.is_match(&cells[row])).collect();
        prop_assert_eq!(rejected(&json!({"pattern": pattern}), &cells), broken);
    }

    #[test]
    fn enumerations_agree(cells in cells(), values in prop::collection::btree_set("[abc]{0,2}|AB|a longer one", 1..30)) {
        let values: Vec<String> = values.into_iter().collect();
        let violation = col("f").is_in(lit(Series::new("".into(), &values)).implode(false), false).not();
        prop_assert_eq!(rejected(&json!({"enum": values}), &cells), broken(violation, &cells));
    }
}
