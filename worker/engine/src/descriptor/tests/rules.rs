//! Mistakes in rules: what is wrong, at which character of the descriptor, and what to do about it.

use super::{good, mistakes};

/// Returns the mistakes of a rule with this check, each without its path. The check starts in column 1 of line 2.
fn of_check(check: &str) -> Vec<String> {
    let check = serde_json::to_string(check).unwrap();
    of_rule(&format!("\"name\": \"r\", \"check\":\n{check}"))
}

fn of_rule(rule: &str) -> Vec<String> {
    let fields = r#"{"name": "t"}, {"name": "two words"}, {"name": "i", "type": "integer"}, {"name": "n", "type": "number"},
        {"name": "b", "type": "boolean"}, {"name": "d", "type": "date"}, {"name": "z", "type": "datetime"},
        {"name": "h", "type": "time"}, {"name": "y", "type": "yearmonth"}, {"name": "date", "type": "date"}"#;
    let fields = fields.replace('\n', " ");
    let text = format!(r#"{{"schema": {{"fields": [{fields}]}}, "sluice": {{"rules": [{{{rule}}}]}}}}"#);
    mistakes(&text).into_iter().map(|mistake| mistake.replace("sluice.rules[0].check: ", "")).collect()
}

#[test]
fn good_checks_are_taken() {
    let longest_chain = vec!["i = 1"; 5000].join(" AND ");
    let nested = format!("{}i = 1{}", "(".repeat(62), ")".repeat(62));
    for check in [
        "i > 0 AND n <= 1.5 OR NOT b",
        "d >= DATE '2024-01-31' -- a comment",
        "\"two words\" = 'it''s'",
        "date < DATE '2024-01-01'",
        "z BETWEEN TIMESTAMP '2024-01-01 10:00:00' AND TIMESTAMP '2024-01-01T10:00:00Z'",
        "h < TIME '10:00:00'",
        "y >= d",
        "d < z",
        "t IN ('a', NULL)",
        "i NOT IN (1, 2, n)",
        "t LIKE 'a!%%' ESCAPE '!'",
        "b IS NOT TRUE",
        "i = -9223372036854775808",
        "i % 2 = 0",
        "CASE WHEN b THEN i ELSE n END > 1",
        "i IS NULL",
        "COALESCE(i, n, 0) = 0",
        "d - date > 3 AND d + 1 > date",
        "i/2=0.5e0",
        "b",
        &longest_chain,
        &nested,
    ] {
        assert_eq!(of_check(check), Vec::<String>::new(), "{check}");
    }
}

#[test]
fn mistakes_in_checks() {
    #[rustfmt::skip]
    let rows: &[(&str, &str)] = &[
        ("", r#"2:2: expected a value, found the end; correct the expression"#),
        ("i", "2:2: the expression is an integer, not a truth value; write a condition"),
        ("1 = 1", "2:2: it reads no field; write a condition over fields of the schema"),
        ("NULL", "2:2: the expression is null, not a truth value; write a condition"),
        ("i > 1 i", r#"2:8: "i" is not expected here; correct the expression"#),
        ("(i > 1", r#"2:8: expected ")", found the end; correct the expression"#),
        ("t = 'é\"' AND j = 1", r#"2:16: the schema has no field "j"; write the name of a field, in double quotes unless it has only letters, digits and _, and begins with no digit"#),
        ("\n\nt = 'a' AND T = 'b'", r#"2:18: the schema has no field "T"; did you mean "t"?"#),
        ("datte > d", r#"2:2: the schema has no field "datte"; did you mean "date"?"#),
        ("d > '2024-01-01'", "2:6: the comparison mixes a date and a text; write DATE '…' for a date"),
        ("z > '2024-01-01'", "2:6: the comparison mixes a datetime and a text; write TIMESTAMP '…' for a datetime"),
        ("i = '1'", "2:6: the comparison mixes an integer and a text; write numbers without quotes, texts in '…'"),
        ("d > DATE '2024-02-30'", r#"2:6: the text "2024-02-30" is not a date; write DATE 'YYYY-MM-DD'"#),
        ("i AND b", "2:2: a condition needs a truth value, but this is an integer; compare values of one type"),
        ("NOT i", "2:6: a condition needs a truth value, but this is an integer; compare values of one type"),
        ("b < TRUE", "2:2: truth values have no order; write = or <>"),
        ("1 < i < 3", "2:8: two comparisons stand beside each other; write parentheses around one of the two, or AND between them"),
        ("b = i IS NULL", "2:8: two comparisons stand beside each other; write parentheses around one of the two, or AND between them"),
        ("i IS NULL = b", "2:12: two comparisons stand beside each other; write parentheses around one of the two, or AND between them"),
        ("i IN (1) = b", "2:11: two comparisons stand beside each other; write parentheses around one of the two, or AND between them"),
        ("i BETWEEN 1 AND 2 IS TRUE", "2:20: two comparisons stand beside each other; write parentheses around one of the two, or AND between them"),
        ("NULL = NULL AND b", "2:2: null is compared with null; write IS NULL"),
        ("t + 'a' = 'b'", "2:2: + needs a number, but this is a text; write || to join texts"),
        ("t || 1 = 'b'", "2:7: || needs a text, but this is an integer; compare values of one type"),
        ("LENGTH(i) > 1", "2:9: LENGTH needs a text, but this is an integer; compare values of one type"),
        ("LENGTH(t, t) > 1", "2:2: LENGTH takes 1 argument, not 2; correct the arguments"),
        ("SUBSTRING(t) = 'a'", "2:2: SUBSTRING takes 2 to 3 arguments, not 1; correct the arguments"),
        ("ROUND(n, i) = 1", "2:11: ROUND needs a number of decimals from 0 to 15; write such a number"),
        ("ROUND(n, 16) = 1", "2:11: ROUND needs a number of decimals from 0 to 15; write such a number"),
        ("LENGHT(t) = 1", r#"2:2: there is no function "LENGHT"; did you mean "LENGTH"?"#),
        ("SUM(i) > 1", r#"2:2: "SUM" is over many rows, and a rule sees one; compare the fields of a row"#),
        ("CAST(t AS INTEGER) > 1", r#"2:2: "CAST" is not part of rules; see docs/rules.md for what is"#),
        ("read_csv('/etc/passwd') = 'x'", r#"2:2: there is no function "READ_CSV"; see docs/rules.md for those there are"#),
        ("i = (SELECT 1)", "2:7: a rule sees one row, so there are no queries in it; compare fields"),
        ("i IN (SELECT 1)", "2:8: a rule sees one row, so there are no queries in it; write a list of values"),
        ("EXISTS (SELECT 1)", r#"2:2: "EXISTS" is not part of rules; see docs/rules.md for what is"#),
        ("SELECT 1", r#"2:2: expected a value, found "SELECT"; correct the expression"#),
        ("ABS(i) OVER () > 1", "2:9: a rule sees one row, so there are no windows; remove OVER"),
        ("CASE i WHEN 1 THEN b END", "2:7: CASE has no value of its own here; write CASE WHEN … = … THEN …"),
        ("CASE WHEN b THEN 1 ELSE 'a' END = 1", "2:26: CASE mixes an integer and a text; write numbers without quotes, texts in '…'"),
        ("t LIKE t", r#"2:9: "t" is not a pattern; write a text between '…'"#),
        ("t LIKE 'a!' ESCAPE '!'", "2:9: the pattern ends with its escape character; correct it"),
        ("t ILIKE 'a'", r#"2:4: "ILIKE" is not expected here; correct the expression"#),
        ("t ~ 'a'", r#"2:4: "~" is not expected here; correct the expression"#),
        ("t = 'a", r#"2:6: it cannot be read: "Unterminated string literal"; close every quote and comment"#),
        ("i = 9223372036854775808", "2:6: the integer is beyond 64 bits; write it with a decimal point"),
        ("n = 1e999", "2:6: the number is too large; write a smaller one"),
        ("i IS 1", r#"2:7: expected NULL, TRUE or FALSE, found "1"; correct the expression"#),
        ("i NOT 1", r#"2:8: expected IN, BETWEEN or LIKE, found "1"; correct the expression"#),
        ("t.i = 1", r#"2:3: "." is not expected here; correct the expression"#),
        ("i::text = '1'", r#"2:3: "::" is not expected here; correct the expression"#),
        ("i = 1; DROP TABLE t", r#"2:7: ";" is not expected here; correct the expression"#),
        ("i = ?", r#"2:6: expected a value, found "?"; correct the expression"#),
    ];
    let wrong = rows.iter().map(|(check, expected)| (check, of_check(check), format!("r.json:{expected}")));
    let wrong: Vec<_> = wrong.filter(|(_, found, expected)| found != std::slice::from_ref(expected)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_rule_is_bounded() {
    let deep = |levels: usize| format!("{}i = 1{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(of_check(&deep(63)), Vec::<String>::new());
    let too_deep = "it is nested deeper than 64 levels; make several rules of it";
    assert_eq!(of_check(&deep(64)), [format!("r.json:2:66: {too_deep}")]);
    for check in [
        format!("i = 0{}", " + i".repeat(70)),
        format!("{}b", "NOT ".repeat(100_000)),
        format!("i = {}i", "- ".repeat(100_000)),
        format!("i = {}0{}", "ABS(".repeat(50_000), ")".repeat(50_000)),
        format!("i = {}", "(".repeat(300_000)),
        format!("i = CASE {} END", "WHEN b THEN 1 ".repeat(65)),
        format!("{}b", "CASE WHEN ".repeat(20_000)),
    ] {
        let found = of_check(&check);
        assert!(found.len() == 1 && found[0].ends_with(too_deep), "{found:?}");
    }
    let long = |bytes: usize| format!("i = 1{}", " ".repeat(bytes - 5));
    assert_eq!(of_check(&long(65536)), Vec::<String>::new());
    let too_long = "it has more than 65536 bytes; shorten it, or make several rules of it";
    assert_eq!(of_check(&long(65537)), [format!("r.json:2:2: {too_long}")]);
    let list = |count: usize| format!("i IN (0{})", ",1234567".repeat(count - 1));
    assert_eq!(of_check(&list(100_000)), Vec::<String>::new());
    assert_eq!(of_check(&list(100_001)), ["r.json:2:800002: the list has more than 100000 values; shorten it"]);
}

#[test]
fn mistakes_around_checks() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        ("\n", &["the rule has no name; give the rule a name of its own", "the rule has no check; write a condition such as \"shipped >= ordered\""]),
        ("\n\"name\": \"\", \"check\": \"b\"", &["\"\" is not a name of 1 to 100 characters on one line; give the rule a name of its own"]),
        ("\n\"name\": \"a\", \"check\": \"b\", \"severity\": \"eror\"", &["\"eror\" is not a severity; did you mean \"error\"?"]),
        ("\n\"name\": \"a\", \"check\": \"b\", \"message\": \"{x}\"", &["the schema has no field \"x\"; write fields as {name}, braces as {{ and }}, and no more than is shown"]),
        ("\n\"name\": \"a\", \"check\": \"b\", \"chek\": 1", &["there is no such property; did you mean \"check\"?"]),
        ("\n\"name\": \"a\", \"check\": 1", &["1 is not a string; write a condition such as \"shipped >= ordered\""]),
        ("\n\"name\": \"a\", \"check\": \"b\", \"help\": \"look\", \"severity\": \"warning\", \"message\": \"{i} {{}}\"", &[]),
    ];
    for (rule, expected) in rows {
        let found = of_rule(rule);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(*expected).all(|(found, expected)| found.ends_with(expected)), "{found:?}");
    }
    assert_eq!(
        mistakes(r#"{"sluice": {"rules": [{"name": "a", "check": "b"}]}}"#),
        ["r.json:1:22: sluice.rules: there is no schema whose fields they could read; write a schema"]
    );
    let twice = r#"{"schema": {"fields": [{"name": "a", "type": "boolean"}]}, "sluice": {"rules": [{"name": "r", "check": "a"}, {"name": "r", "check": "a"}]}}"#;
    assert_eq!(
        mistakes(twice),
        [r#"r.json:1:119: sluice.rules[1].name: "r" appears twice, first at 1:90; give the rule a name of its own"#]
    );
}

#[test]
fn a_descriptor_has_at_most_a_thousand_rules() {
    let with = |count: usize| {
        let rules: Vec<String> = (0..count).map(|nth| format!(r#"{{"name": "{nth}", "check": "a"}}"#)).collect();
        let fields = r#"{"name": "a", "type": "boolean"}"#;
        format!(r#"{{"schema": {{"fields": [{fields}]}}, "sluice": {{"rules": [{}]}}}}"#, rules.join(","))
    };
    assert_eq!(good(&with(1000)).settings.rules.len(), 1000);
    assert_eq!(mistakes(&with(1001)), ["r.json:1:80: sluice.rules: 1001 rules are more than 1000; shorten the list"]);
}

#[test]
fn the_rules_of_a_descriptor_are_bounded() {
    let with = |last: usize| {
        let rule = |(nth, count): (usize, usize)| {
            let check = format!("CONCAT({}) = 'x'", vec!["a"; count].join(","));
            format!(r#"{{"name": "{nth}", "check": "{check}"}}"#)
        };
        let rules: Vec<String> = [8_190, last].into_iter().enumerate().map(rule).collect();
        format!(r#"{{"schema": {{"fields": [{{"name": "a"}}]}}, "sluice": {{"rules": [{}]}}}}"#, rules.join(","))
    };
    assert_eq!(mistakes(&with(8_190)), [""; 0]);
    let beyond = mistakes(&with(8_191));
    assert_eq!(beyond.len(), 1);
    assert!(
        beyond[0].ends_with("sluice.rules: the rules have 16385 fields, operators and calls, more than 16384; shorten the rules, or write fewer"),
        "{beyond:?}"
    );
}

#[test]
fn a_place_behind_escapes_is_found() {
    // 𝄞 is two units in JSON, a line end and a quote two characters.
    let text = r#""name": "r", "check":
"t = '\ud834\udd1e\u00e9\n\"' AND x = 1""#;
    let expected = "r.json:2:35: the schema has no field \"x\"; ";
    let found = of_rule(text);
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
}
