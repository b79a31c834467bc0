//! The rules of a row.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        ("3", &[
            "1:165: sluice.rules: 3 is not an array; write a list of rules",
        ]),
        (r#"["qty > 0"]"#, &[
            r#"1:166: sluice.rules[0]: "qty > 0" is not an object; write an object"#,
        ]),
        (r#"[{"name":"r"}]"#, &[
            r#"1:166: sluice.rules[0]: the rule has no check; write a condition such as "shipped >= ordered""#,
        ]),
        (r#"[{"check":"qty > 0"}]"#, &[
            "1:166: sluice.rules[0]: the rule has no name; give the rule a name of its own",
        ]),
        (r#"[{"name":"","check":"qty > 0"}]"#, &[
            r#"1:174: sluice.rules[0].name: "" is not a name of 1 to 100 characters on one line; give the rule a name of its own"#,
        ]),
        (r#"[{"name":"r","check":""}]"#, &[
            "1:187: sluice.rules[0].check: expected a value, found the end; correct the expression",
        ]),
        (r#"[{"name":"r","check":"qty >"}]"#, &[
            "1:192: sluice.rules[0].check: expected a value, found the end; correct the expression",
        ]),
        (r#"[{"name":"r","check":"qtty > 0"}]"#, &[
            r#"1:187: sluice.rules[0].check: the schema has no field "qtty"; did you mean "qty"?"#,
        ]),
        (r#"[{"name":"r","check":"qty"}]"#, &[
            "1:187: sluice.rules[0].check: the expression is an integer, not a truth value; write a condition",
        ]),
        (r#"[{"name":"r","check":"qty = day"}]"#, &[
            "1:193: sluice.rules[0].check: the comparison mixes an integer and a date; use values of one type",
        ]),
        (r#"[{"name":"r","check":"qty > (SELECT 1)"}]"#, &[
            "1:194: sluice.rules[0].check: a rule sees one row, so there are no queries in it; compare fields",
        ]),
        (r#"[{"name":"r","check":"SUM(qty) > 0"}]"#, &[
            r#"1:187: sluice.rules[0].check: "SUM" is over many rows, and a rule sees one; compare the fields of a row"#,
        ]),
        (r#"[{"name":"r","check":"read_csv(qty) > 0"}]"#, &[
            r#"1:187: sluice.rules[0].check: there is no function "READ_CSV"; see docs/rules.md for those there are"#,
        ]),
        (r#"[{"name":"r","check":"qty > 0 ; drop"}]"#, &[
            r#"1:195: sluice.rules[0].check: ";" is not expected here; correct the expression"#,
        ]),
        (r#"[{"name":"r","check":"qty > 0","severity":"warn"}]"#, &[
            r#"1:207: sluice.rules[0].severity: "warn" is not a severity; use one of error, warning"#,
        ]),
        (r#"[{"name":"r","check":"qty > 0","message":"{qtty}"}]"#, &[
            r#"1:208: sluice.rules[0].message: the schema has no field "qtty"; write fields as {name}, braces as {{ and }}, and no more than is shown"#,
        ]),
        (r#"[{"name":"r","check":"qty > 0","message":"{qty"}]"#, &[
            "1:207: sluice.rules[0].message: the brace is not closed; write fields as {name}, braces as {{ and }}, and no more than is shown",
        ]),
        (r#"[{"name":"r","check":"qty > 0","help":3}]"#, &[
            "1:203: sluice.rules[0].help: 3 is not a string; write the help between quotes",
        ]),
        (r#"[{"name":"r","check":"qty > 0"},{"name":"r","check":"id > 0"}]"#, &[
            r#"1:205: sluice.rules[1].name: "r" appears twice, first at 1:174; give the rule a name of its own"#,
        ]),
        (r#"[{"name":"r","check":"qty > 0","severty":"error"}]"#, &[
            r#"1:196: sluice.rules[0].severty: there is no such property; did you mean "severity"?"#,
        ]),
    ],
    around: |it| format!(r#"{{"schema":{{"fields":[{{"name":"id","type":"integer"}},{{"name":"qty","type":"integer"}},{{"name":"net","type":"number"}},{{"name":"day","type":"date"}}]}},"sluice":{{"rules":{it}}}}}"#),
};
