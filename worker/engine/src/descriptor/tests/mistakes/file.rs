//! What has to be true of a file as a whole.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        ("[]", &[
            "1:164: sluice.file: an array is not an object; write an object",
        ]),
        (r#"{"rows":3}"#, &[
            "1:172: sluice.file.rows: 3 is not an object; write an object",
        ]),
        (r#"{"rows":{}}"#, &[
            r#"1:172: sluice.file.rows: it has no bound; write {"min": …}, {"max": …} or both"#,
        ]),
        (r#"{"rows":{"min":-1}}"#, &[
            "1:179: sluice.file.rows.min: -1 is not an integer of at least 0; write such a number",
        ]),
        (r#"{"rows":{"min":2,"max":1}}"#, &[
            "1:172: sluice.file.rows: min (2) is greater than max (1); swap or correct them",
        ]),
        (r#"{"rows":{"minimum":1}}"#, &[
            r#"1:172: sluice.file.rows: it has no bound; write {"min": …}, {"max": …} or both"#,
            "1:173: sluice.file.rows.minimum: there is no such property; use one of min, max",
        ]),
        (r#"{"missing":"2%"}"#, &[
            r#"1:175: sluice.file.missing: "2%" is not an object; write an object with the name of a field for each bound"#,
        ]),
        (r#"{"missing":{"qty":2}}"#, &[
            r#"1:182: sluice.file.missing.qty: 2 is not a string; write a share such as "2%""#,
        ]),
        (r#"{"missing":{"qty":"200%"}}"#, &[
            r#"1:182: sluice.file.missing.qty: "200%" is not a share from 0% to 100%; write a share such as "2%""#,
        ]),
        (r#"{"missing":{"quantity":"2%"}}"#, &[
            r#"1:176: sluice.file.missing.quantity: the schema has no field "quantity"; write the name of a field of the schema"#,
        ]),
        (r#"{"sum":{"day":{"min":1}}}"#, &[
            r#"1:172: sluice.file.sum.day: a field of the type "date" has no sum; sum a field of the type "integer" or "number""#,
        ]),
        (r#"{"sum":{"qty":{"min":"1"}}}"#, &[
            r#"1:185: sluice.file.sum.qty.min: "1" is not a number; write a number"#,
        ]),
        (r#"{"distinct":{"qty":{}}}"#, &[
            r#"1:183: sluice.file.distinct.qty: it has no bound; write {"min": …}, {"max": …} or both"#,
        ]),
        (r#"{"trailer":{"count":2}}"#, &[
            r#"1:175: sluice.file.trailer: the trailer has no tag; write the text of its first cell, such as "T""#,
        ]),
        (r#"{"trailer":{"tag":3}}"#, &[
            r#"1:182: sluice.file.trailer.tag: 3 is not a string; write the text of its first cell, such as "T""#,
        ]),
        (r#"{"trailer":{"tag":"T","count":1}}"#, &[
            "1:194: sluice.file.trailer.count: 1 is not an integer from 2 to 4096; write such a number",
        ]),
        (r#"{"trailer":{"tag":"T","count":2,"sum":{"qty":2}}}"#, &[
            "1:209: sluice.file.trailer.sum.qty: column 2 holds the count already; write the column of this value",
        ]),
        (r#"{"trailer":{"tag":"T","sum":{"day":2}}}"#, &[
            r#"1:193: sluice.file.trailer.sum.day: a field of the type "date" has no sum; sum a field of the type "integer" or "number""#,
        ]),
        (r#"{"last":{}}"#, &[
            r#"1:172: sluice.file.last: it does not say how many files are compared; write "files": an integer from 1 to 100"#,
            r#"1:172: sluice.file.last: nothing is compared; write "rows" or "bytes" with a share such as "±30%""#,
        ]),
        (r#"{"last":{"files":5}}"#, &[
            r#"1:172: sluice.file.last: nothing is compared; write "rows" or "bytes" with a share such as "±30%""#,
        ]),
        (r#"{"last":{"files":0,"rows":"±5%"}}"#, &[
            "1:181: sluice.file.last.files: 0 is not an integer from 1 to 100; write such a number",
        ]),
        (r#"{"last":{"files":5,"rows":"5%"}}"#, &[
            r#"1:190: sluice.file.last.rows: "5%" is not a share with a sign; below it is at most 100 %; write "±30%", "-30%" (no fewer than that) or "+30%" (no more than that)"#,
        ]),
        (r#"{"rejected":{"id":"-1%"}}"#, &[
            r#"1:182: sluice.file.rejected.id: "-1%" is not a share from 0% to 100%; write a share such as "2%""#,
        ]),
        (r#"{"row":{"min":1}}"#, &[
            r#"1:165: sluice.file.row: there is no such property; did you mean "rows"?"#,
        ]),
    ],
    around: |it| format!(r#"{{"schema":{{"fields":[{{"name":"id","type":"integer"}},{{"name":"qty","type":"integer"}},{{"name":"net","type":"number"}},{{"name":"day","type":"date"}}]}},"sluice":{{"file":{it}}}}}"#),
};
