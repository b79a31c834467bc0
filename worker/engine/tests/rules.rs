//! Rules: the results of each function, three-valued logic, messages and warnings, all independent of chunks and threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::codes::Code;
use sluice_engine::report::{Reject, Verdict};
use support::{Checked, check, check_with};

fn rejects(checked: &Checked) -> Vec<Reject> {
    checked.rejects.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

const FIELDS: [(&str, &str); 12] = [
    ("t", "string"),
    ("u", "string"),
    ("i", "integer"),
    ("j", "integer"),
    ("n", "number"),
    ("m", "number"),
    ("b", "boolean"),
    ("d", "date"),
    ("e", "date"),
    ("z", "datetime"),
    ("h", "time"),
    ("y", "yearmonth"),
];

fn schema() -> Value {
    json!({"fields": FIELDS.map(|(name, kind)| json!({"name": name, "type": kind}))})
}

/// Returns the results of expressions over one row, in which only these cells have a value.
fn truths(cells: &[(&str, &str)], expressions: &[&str]) -> Vec<Option<bool>> {
    let rules: Vec<Value> = expressions
        .iter()
        .enumerate()
        .flat_map(|(nth, expression)| {
            [
                json!({"name": format!("{nth}+"), "check": expression}),
                json!({"name": format!("{nth}-"), "check": format!("NOT ({expression})")}),
            ]
        })
        .collect();
    let descriptor = json!({"schema": schema(), "sluice": {"rules": rules}}).to_string();
    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    let row: Vec<String> = names
        .iter()
        .map(|name| {
            cells.iter().find(|(cell, _)| cell == name).map_or(String::new(), |(_, text)| format!("\"{text}\""))
        })
        .collect();
    let checked = check(&descriptor, format!("{}\n{}\n", names.join(","), row.join(",")).as_bytes());
    let faults: Vec<_> = rejects(&checked).into_iter().flat_map(|reject| reject.errors).collect();
    assert!(faults.iter().all(|fault| fault.code == Code::RowConstraint), "{faults:?}");
    let broken = |name: String| faults.iter().any(|fault| fault.rule.as_ref() == Some(&name));
    let truth = |nth| match (broken(format!("{nth}+")), broken(format!("{nth}-"))) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        (false, false) => None,
        (true, true) => panic!("an expression and its negation do not hold"),
    };
    (0..expressions.len()).map(truth).collect()
}

/// Fails unless all expressions have this result over one row: true, false or unknown.
fn table(cells: &[(&str, &str)], truth: Option<bool>, expressions: &[&str]) {
    let found = truths(cells, expressions);
    let wrong: Vec<_> = expressions.iter().zip(found).filter(|(_, found)| *found != truth).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const ROW: &[(&str, &str)] = &[
    ("t", "Ärger und Öl"),
    ("i", "7"),
    ("n", "2.5"),
    ("m", "-0.5"),
    ("b", "true"),
    ("d", "2024-02-28"),
    ("e", "2024-03-01"),
    ("z", "2024-02-28T23:59:58Z"),
    ("h", "12:34:56"),
    ("y", "2024-02"),
];

#[test]
fn months_of_any_year_are_compared_as_dates() {
    for month in ["-9999-12", "-0500-01", "-0400-03", "-0300-05", "0000-01", "0004-02"] {
        table(&[("y", month), ("d", "0005-01-01")], Some(true), &["y < DATE '2000-01-01'", "y < d", "y <> d"]);
    }
}

#[test]
fn what_is_true() {
    #[rustfmt::skip]
    let expressions = [
        "i = 7", "i <> 8", "i != 8", "i < 7.5", "i >= n", "n = 2.5", "b", "NOT NOT b", "b = TRUE", "t = 'Ärger und Öl'", "t > 'Z'",
        "d < e", "d < z", "z < e", "y <= d", "y = DATE '2024-02-01'", "z = TIMESTAMP '2024-02-28 23:59:58'", "h > TIME '12:34:55'",
        "LENGTH(t) = 12", "CHAR_LENGTH('é') = 1 AND b", "UPPER(t) = 'ÄRGER UND ÖL'", "LOWER(t) = 'ärger und öl'", "TRIM('  a b ') || t = 'a b' || t",
        "LTRIM(' a ') || t = 'a ' || t", "RTRIM(' a ') || t = ' a' || t", "SUBSTRING(t, 1, 5) = 'Ärger'", "SUBSTRING(t, 11) = 'Öl'",
        "SUBSTRING(t, 0, 2) = 'Ä'", "LEFT(t, 2) = 'Är'", "RIGHT(t, 2) = 'Öl'", "LEFT(t, 99) = t", "RIGHT(t, 0) = ''", "REPLACE(t, 'r', '') = 'Äge und Öl'",
        "STRPOS(t, 'Öl') = 11", "STRPOS(t, 'x') = 0", "CONTAINS(t, 'und')", "STARTS_WITH(t, 'Ä')", "ENDS_WITH(t, 'Öl')",
        "t LIKE '%und%'", "t LIKE 'Ä____ und __'", "t NOT LIKE 'ä%'", "CONCAT(t, '-', t) LIKE '%Öl-Ä%'",
        "i + 1 = 8", "i - 10 = -3", "i * 2 = 14", "i / 2 = 3.5", "i % 4 = 3", "MOD(-i, 4) = -3", "-i = -7", "ABS(-i) = 7", "ABS(m) = 0.5",
        "i + n = 9.5", "ROUND(n) = 3", "ROUND(m) = -1", "ROUND(n * 1.01, 2) = 2.53", "FLOOR(m) = -1", "CEIL(n) = 3", "CEILING(m) = 0", "FLOOR(i) = 7",
        "GREATEST(i, n, 8) = 8", "LEAST(i, n, m) = m", "GREATEST(d, e) = e", "LEAST(t, 'B') = 'B'",
        "YEAR(d) = 2024 AND MONTH(d) = 2 AND DAY(d) = 28", "YEAR(z) = 2024 AND DAY(z) = 28", "MONTH(y) = 2", "HOUR(z) = 23 AND MINUTE(z) = 59 AND SECOND(z) = 58",
        "HOUR(h) = 12 AND MINUTE(h) = 34 AND SECOND(h) = 56", "DATE(z) = d", "e - d = 2", "d + 2 = e", "e - 2 = d", "DAY(d + 1) = 29",
        "i IN (1, 7)", "i NOT IN (1, 2)", "n IN (1, 2.5)", "t IN ('a', 'Ärger und Öl')", "d IN (DATE '2024-02-28')", "b IN (TRUE)", "i IN (n, 7)", "i IN (7, NULL)",
        "i BETWEEN 7 AND 8", "i NOT BETWEEN 8 AND 9", "d BETWEEN DATE '2024-01-01' AND e", "CASE WHEN i > 5 THEN 'x' ELSE t END = 'x'",
        "CASE WHEN i > 9 THEN 1 WHEN b THEN 2.5 END = n", "CASE WHEN j = 1 THEN FALSE ELSE TRUE END", "COALESCE(j, i) = 7", "COALESCE(u, '') = ''", "NULLIF(i, 8) = 7", "NULLIF(i, 7) IS NULL",
        "j IS NULL", "i IS NOT NULL", "b IS TRUE", "(j = 1) IS NOT TRUE", "(j = 1) IS NOT FALSE", "(i = 1) IS FALSE",
        "j = 1 OR b", "NOT (j = 1 AND i = 1)", "i = 7 AND (n > 2 OR m > 2)", "i = 7 or b And NOT b", "date(z) = d",
    ];
    table(ROW, Some(true), &expressions);
}

#[test]
fn what_is_unknown() {
    #[rustfmt::skip]
    let expressions = [
        "j = 1", "j <> 1", "j = j", "NOT (j = 1)", "j = NULL", "i = NULL", "j = 1 AND b", "j = 1 OR NOT b", "u LIKE '%'", "u || 'a' = 'a'", "LENGTH(u) = 0",
        "j IN (1)", "i IN (1, NULL)", "i NOT IN (1, NULL)", "i IN (j, 1)", "i BETWEEN j AND 9", "GREATEST(i, j) = 7",
        "i / 0 = 1", "i / 0 <> 1", "i % 0 = 1", "n % 0 = 1", "9223372036854775807 + i = 1", "i * 9223372036854775807 > 0", "-9223372036854775807 - i < 0",
        "1e308 * i * 10 > 0", "CASE WHEN i > 9 THEN 1 END = 1", "NULLIF(i, 7) = 7", "d + 9999999 > d", "SUBSTRING(t, 1, -1) = ''", "LEFT(t, -1) = ''", "RIGHT(t, -1) = ''", "(NULL OR j = 1)",
    ];
    table(ROW, None, &expressions);
}

#[test]
fn what_is_false() {
    let expressions = [
        "i = 8",
        "t = 'ärger und öl'",
        "i BETWEEN j AND 6",
        "i BETWEEN 8 AND j",
        "j = 1 AND i = 1",
        "i IN (1, 2)",
        "t LIKE 'Ärger'",
        "b AND i <> 7",
        "j IS NOT NULL",
        "(j = 1) IS TRUE",
        "CASE WHEN b THEN FALSE END",
        "'%' LIKE '_%' AND i = 1",
    ];
    table(ROW, Some(false), &expressions);
}

#[test]
fn special_numbers() {
    table(&[("n", "NaN"), ("i", "1")], None, &["n = n", "n > 0", "n <> 1", "n + i > 0"]);
    table(&[("n", "NaN")], Some(true), &["n IS NULL"]);
    table(&[("n", "INF"), ("i", "1")], Some(true), &["n > 1e300", "n IN (n, i)", "n <> -9"]);
    table(&[("n", "INF"), ("i", "1")], None, &["n = ABS(n)", "-n < 0", "ROUND(n) = n", "n + 1 > i"]);
    table(
        &[("n", "-0"), ("m", "0.1000000000000000000001")],
        Some(true),
        &["n = 0", "n IN (0.0, 3)", "m = 0.1", "m IS NOT NULL"],
    );
}

#[test]
fn texts_with_quotes_are_read_without() {
    table(&[("t", "say \"\"a,b\"\"")], Some(true), &["t = 'say \"a,b\"'", "LENGTH(t) = 9"]);
}

/// An expression that can be written as text, and its expected result over `(i, j, t)`, computed by hand.
#[derive(Clone, Debug)]
enum Oracle {
    Compare(&'static str, usize, Option<i64>),
    And(Box<Oracle>, Box<Oracle>),
    Or(Box<Oracle>, Box<Oracle>),
    Not(Box<Oracle>),
    IsNull(usize, bool),
    In(usize, Vec<Option<i64>>),
    Case(Box<Oracle>, Box<Oracle>, Box<Oracle>),
}

const OPERATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Oracle {
    fn any() -> impl Strategy<Value = Self> {
        let value = || prop::option::weighted(0.8, -1i64..3);
        let leaf = prop_oneof![
            (0usize..6, 0usize..2, value()).prop_map(|(operator, field, value)| Self::Compare(
                OPERATORS[operator],
                field,
                value
            )),
            (0usize..2, any::<bool>()).prop_map(|(field, negated)| Self::IsNull(field, negated)),
            (0usize..2, prop::collection::vec(value(), 1..4)).prop_map(|(field, values)| Self::In(field, values)),
        ];
        leaf.prop_recursive(5, 24, 3, |inner| {
            let boxed = inner.prop_map(Box::new);
            prop_oneof![
                (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Self::And(one, other)),
                (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Self::Or(one, other)),
                boxed.clone().prop_map(Self::Not),
                (boxed.clone(), boxed.clone(), boxed).prop_map(|(one, two, three)| Self::Case(one, two, three)),
            ]
        })
    }

    fn text(&self) -> String {
        let value = |value: &Option<i64>| value.map_or("NULL".to_owned(), |value| value.to_string());
        let field = |field: &usize| ["i", "j"][*field];
        match self {
            Self::Compare(operator, of, with) => format!("{} {operator} {}", field(of), value(with)),
            Self::And(one, other) => format!("({} AND {})", one.text(), other.text()),
            Self::Or(one, other) => format!("({} OR {})", one.text(), other.text()),
            Self::Not(one) => format!("NOT ({})", one.text()),
            Self::IsNull(of, negated) => format!("{} IS {}NULL", field(of), if *negated { "NOT " } else { "" }),
            Self::In(of, values) => {
                format!("{} IN ({})", field(of), values.iter().map(value).collect::<Vec<_>>().join(", "))
            }
            Self::Case(when, then, otherwise) => {
                format!("CASE WHEN {} THEN {} ELSE {} END", when.text(), then.text(), otherwise.text())
            }
        }
    }

    fn truth(&self, row: [Option<i64>; 2]) -> Option<bool> {
        match self {
            Self::Compare(operator, of, with) => {
                let (one, other) = (row[*of]?, (*with)?);
                Some(match *operator {
                    "=" => one == other,
                    "<>" => one != other,
                    "<" => one < other,
                    "<=" => one <= other,
                    ">" => one > other,
                    _ => one >= other,
                })
            }
            Self::And(one, other) => match (one.truth(row), other.truth(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(one, other) => match (one.truth(row), other.truth(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(one) => one.truth(row).map(|truth| !truth),
            Self::IsNull(of, negated) => Some(row[*of].is_none() != *negated),
            Self::In(of, values) => {
                let one = row[*of]?;
                if values.contains(&Some(one)) {
                    Some(true)
                } else if values.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Case(when, then, otherwise) => {
                if when.truth(row) == Some(true) {
                    then.truth(row)
                } else {
                    otherwise.truth(row)
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rules_say_what_three_valued_logic_says(
        oracle in Oracle::any(), rows in prop::collection::vec([prop::option::of(-1i64..3), prop::option::of(-1i64..3)], 1..20)
    ) {
        // The rule reads a field in any case, whatever expression was generated.
        let rules = json!([{"name": "r", "check": format!("{} AND (i IS NULL OR i IS NOT NULL)", oracle.text())}]);
        let fields = json!([{"name": "i", "type": "integer"}, {"name": "j", "type": "integer"}, {"name": "k"}]);
        let descriptor = json!({"schema": {"fields": fields}, "sluice": {"rules": rules}}).to_string();
        let text = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
        let lines: String = rows.iter().map(|[i, j]| format!("{},{},\n", text(*i), text(*j))).collect();
        let checked = check(&descriptor, format!("i,j,k\n{lines}").as_bytes());
        let rejected: Vec<u64> = rejects(&checked).iter().map(|reject| reject.record).collect();
        let expected: Vec<u64> =
            (2..).zip(&rows).filter(|(_, row)| oracle.truth(**row) == Some(false)).map(|(record, _)| record).collect();
        prop_assert_eq!(rejected, expected, "{}", oracle.text());
    }

    /// The length of a field, which is counted without a copy of the text, equals the length of an expression.
    #[test]
    fn lengths_count_characters(texts in prop::collection::vec("(a|\"|é|€|𝄞|,|\n){0,5}", 1..20), most in 0i64..5) {
        let rules = json!([
            {"name": "field", "check": format!("LENGTH(t) <= {most}")},
            {"name": "expression", "check": format!("LENGTH(CONCAT(t, '')) <= {most}")},
        ]);
        let descriptor = json!({"schema": {"fields": [{"name": "t"}, {"name": "k"}]}, "sluice": {"rules": rules}}).to_string();
        let lines: String = texts.iter().map(|text| format!("\"{}\",k\n", text.replace('"', "\"\""))).collect();
        let rejected = rejects(&check(&descriptor, format!("t,k\n{lines}").as_bytes()));
        let of_rule = |name: &str| -> Vec<u64> {
            let is_told = |reject: &&Reject| reject.errors.iter().any(|fault| fault.rule.as_deref() == Some(name));
            rejected.iter().filter(is_told).map(|reject| reject.record).collect()
        };
        let long = (2..).zip(&texts).filter(|(_, text)| text.chars().count() as i64 > most);
        let expected: Vec<u64> = long.map(|(record, _)| record).collect();
        prop_assert_eq!(&of_rule("field"), &expected);
        prop_assert_eq!(&of_rule("expression"), &expected);
    }
}

const SHOP: &str = r#"{
    "schema": {"fields": [
        {"name": "id", "type": "integer"}, {"name": "ordered", "type": "date"}, {"name": "shipped", "type": "date"},
        {"name": "note", "type": "string"}, {"name": "mail", "type": "string"}
    ]},
    "sluice": {"redact": ["mail"], "rules": [
        {"name": "in order", "check": "shipped >= ordered", "message": "{shipped} is before {ordered}", "help": "look at {both}"},
        {"name": "short note", "check": "LENGTH(note) < 5", "severity": "warning", "message": "{note} of {mail}"},
        {"name": "not a", "check": "note <> 'a' || 'a'", "severity": "warning"},
        {"name": "id", "check": "id < 90 AND mail || note <> 'x'"}
    ]}
}"#;

#[test]
fn a_row_that_breaks_a_rule_is_rejected_with_its_name_and_message() {
    let file = "id,ordered,shipped,note,mail\n1,2024-01-02,2024-01-01,aa,x@y\nx,2024-01-02,2024-01-01,,\n3,,2024-01-01,aa,\n91,,,,é\n";
    let checked = check(SHOP, file.as_bytes());
    let lines: Vec<Value> = checked
        .rejects
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let broken = json!({"code": "row-constraint", "rule": "in order", "message": "2024-01-01 is before 2024-01-02; look at {both}"});
    assert_eq!(lines[0]["errors"], json!([broken]));
    assert_eq!(lines[1]["errors"][0]["code"], "type-error");
    assert_eq!(lines[1]["errors"][1], broken);
    let broken = json!({"code": "row-constraint", "rule": "id", "message": "the row breaks the rule \"id\""});
    assert_eq!(lines[2]["errors"], json!([broken]));
    let outcome = &checked.outcome;
    assert_eq!((outcome.rows.clean, outcome.rows.rejected, outcome.verdict), (1, 3, Verdict::Accepted));
    assert_eq!(outcome.errors[&Code::RowConstraint], 3);
    // Rejected rows have no warnings.
    assert_eq!(outcome.warnings, [("not a".to_owned(), 1)].into());
    assert_eq!(checked.clean, b"id,ordered,shipped,note,mail\n3,,2024-01-01,aa,\n");
}

#[test]
fn a_row_that_is_warned_of_stays_clean() {
    let file = "id,ordered,shipped,note,mail\n1,,,short,a\n\n2,,,\"two\nlines\",secret\n3,,,aa,\n4,,,ok,\n";
    let checked = check(SHOP, file.as_bytes());
    let outcome = &checked.outcome;
    assert_eq!((outcome.rows.clean, outcome.verdict), (4, Verdict::Clean));
    assert_eq!(outcome.warnings, [("not a".to_owned(), 1), ("short note".to_owned(), 2)].into());
    let samples: Vec<_> = outcome
        .warning_samples
        .iter()
        .map(|sample| {
            (sample.record, sample.line, sample.byte, sample.errors[0].message.as_str(), sample.raw.as_deref())
        })
        .collect();
    assert_eq!(
        samples,
        [
            (2, 2, 29, "short of (redacted)", None),
            (4, 4, 42, "two\\nlines of (redacted)", None),
            (5, 6, 65, "the row breaks the rule \"not a\"", None),
        ]
    );
}

#[test]
fn a_long_cell_is_cut_in_a_message() {
    let file = format!("id,ordered,shipped,note,mail\n1,,,{},\n", "é".repeat(90));
    let checked = check(SHOP, file.as_bytes());
    let message = format!("{}… (90 characters) of (redacted)", "é".repeat(80));
    assert_eq!(checked.outcome.warning_samples[0].errors[0].message, message);
}

#[test]
fn a_field_that_the_file_does_not_have_is_null() {
    let descriptor = r#"{"schema": {"fieldsMatch": "superset", "fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}]},
        "sluice": {"rules": [{"name": "less", "check": "b < 0", "severity": "error"}, {"name": "there", "check": "b IS NOT NULL", "message": "{b}"}]}}"#;
    let checked = check(descriptor, b"a\n1\n2\n");
    let faults: Vec<_> = rejects(&checked).into_iter().flat_map(|reject| reject.errors).collect();
    assert_eq!(faults.len(), 2);
    assert!(faults.iter().all(|fault| fault.rule.as_deref() == Some("there") && fault.message == "(not in the file)"));
}

#[test]
fn lists_of_100000_values_take_linear_time() {
    let list: Vec<String> = (0..100_000).map(|value| (value * 2).to_string()).collect();
    let check_text = format!("a IN ({})", list.join(","));
    let descriptor = json!({"schema": {"fields": [{"name": "a", "type": "integer"}]}, "sluice": {"rules": [{"name": "r", "check": check_text}]}});
    let file: String =
        std::iter::once("a\n".to_owned()).chain((0..200_000).map(|value| format!("{value}\n"))).collect();
    let checked = check(&descriptor.to_string(), file.as_bytes());
    assert_eq!(checked.outcome.rows.clean, 100_000);
}

#[test]
fn texts_that_grow_are_bounded() {
    // The text would grow far beyond the 64 KiB that a function may make: the result is null, so the rule is not broken.
    let long = "x".repeat(60_000);
    let descriptor = json!({"schema": {"fields": [{"name": "a"}]}, "sluice": {"rules": [
        {"name": "r", "check": format!("LENGTH(REPLACE(REPLACE(a, 'a', '{long}'), 'x', a)) = 0")}
    ]}});
    let file = format!("a\n{}", "aaaaaaaa\n".repeat(5000));
    assert_eq!(check(&descriptor.to_string(), file.as_bytes()).outcome.verdict, Verdict::Clean);
}

#[test]
fn a_call_of_many_arguments_is_evaluated_in_blocks() {
    // 2,000 computed arguments: blocks of 524 rows.
    let items: Vec<String> = (1..=2000).map(|item| format!("a + {item}")).collect();
    let rule = json!({"name": "r", "check": format!("GREATEST({}) < 2600", items.join(", "))});
    let descriptor =
        json!({"schema": {"fields": [{"name": "a", "type": "integer"}]}, "sluice": {"rules": [rule]}}).to_string();
    let file: String = std::iter::once("a\n".to_owned()).chain((0..1300).map(|value| format!("{value}\n"))).collect();
    let checked = check(&descriptor, file.as_bytes());
    assert_eq!((checked.outcome.rows.clean, checked.outcome.rows.rejected), (600, 700));
}

/// A comparison with nothing is unknown in every row, wherever it stands, and whatever stands beside it.
#[test]
fn a_comparison_that_is_always_unknown_breaks_nothing() {
    let fields = [("a", "integer"), ("b", "boolean"), ("c", "integer"), ("d", "date"), ("t", "string")]
        .map(|(name, kind)| json!({"name": name, "type": kind}));
    let checks = [
        "FALSE <> (a >= c)",
        "(a >= c) <> FALSE",
        "TRUE = (d = NULL)",
        "TRUE = (a + 1 = NULL)",
        "TRUE = (c = c)",
        "b = (c > 3)",
        "NOT (c > a AND b)  OR c IS NULL",
        "a BETWEEN c AND 9",
        "a BETWEEN NULL AND 9",
        "NULL BETWEEN a AND c",
        "CASE WHEN a > 0 THEN NULL ELSE a END = 5",
        "CASE WHEN c > 0 THEN 'x' ELSE NULL END = t",
        "UPPER('a') = 'B' OR c = 1",
        "TRUE = (COALESCE(t, NULL) = 'x')",
    ];
    for (number, check_text) in checks.iter().enumerate() {
        let rules = [json!({"name": "r", "check": check_text}), json!({"name": "s", "check": "a > 1"})];
        let descriptor = json!({"schema": {"fieldsMatch": "partial", "fields": fields}, "sluice": {"rules": rules}});
        let checked = check(&descriptor.to_string(), b"a,b\n1,true\n2,false\n3,\n");
        let rows = checked.outcome.rows;
        // "UPPER('a') = 'B' OR c = 1" is false or unknown: unknown. Only the other rule rejects a row.
        assert_eq!((rows.clean, rows.rejected), (2, 1), "{number}: {check_text}");
    }
}

#[test]
fn names_of_any_script_need_no_quotes() {
    let fields = ["größe", "_u", "日本", "1x"].map(|name| json!({"name": name, "type": "integer"}));
    let check_all = "größe > 5 AND _u > 5 AND 日本 > 5 AND \"1x\" > 5";
    let descriptor = json!({"schema": {"fields": fields}, "sluice": {"rules": [{"name": "r", "check": check_all}]}});
    let checked = check(&descriptor.to_string(), "größe,_u,日本,1x\n6,6,6,6\n6,6,5,6\n".as_bytes());
    assert_eq!((checked.outcome.rows.clean, checked.outcome.rows.rejected), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn chunks_and_threads_never_show(
        rows in prop::collection::vec(("[0-9x]{1,2}", "[13]", "[123]", "(aa|short|o|\"a\nbcd\"|\"q\"\"q\"\"q\")?", 0..9u8), 0..80),
        chunk_bytes in 1usize..300, threads in 1usize..5,
    ) {
        let mut file = "id,ordered,shipped,note,mail\n".to_owned();
        for (id, ordered, shipped, note, kind) in rows {
            file.push_str(&match kind {
                0 => "\n".to_owned(),
                1 => format!("{id},a\n"),
                _ => format!("{id},2024-01-0{ordered},2024-01-0{shipped},{note},m\n"),
            });
        }
        let whole = check(SHOP, file.as_bytes());
        let parts = check_with(SHOP, file.as_bytes(), None, threads, chunk_bytes);
        prop_assert_eq!(&whole, &parts);
        let counted: u64 = rejects(&whole).iter().flat_map(|reject| &reject.errors).filter(|fault| fault.rule.is_some()).count() as u64;
        prop_assert_eq!(whole.outcome.errors.get(&Code::RowConstraint).copied().unwrap_or(0), counted);
    }
}
