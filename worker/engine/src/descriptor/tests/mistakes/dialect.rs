//! A Table Dialect.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        (r#"{"delimiter": "12345678901234567", "quoteChar": "é"}"#, &[
            r#"1:26: dialect.delimiter: "12345678901234567" has 17 bytes, more than 16; write a shorter one"#,
            r#"1:60: dialect.quoteChar: "é" is not one ASCII character; write one ASCII character"#,
        ]),
        (r#"{"delimiter": "", "lineTerminator": ";\n"}"#, &[
            "1:26: dialect.delimiter: it is empty; write one or more characters",
            r#"1:48: dialect.lineTerminator: the line end ";\n" is not supported; write "\n", "\r\n", "\r" or one ASCII character"#,
        ]),
        (r#"{"lineTerminator": ",", "commentChar": "\n"}"#, &[
            "1:31: dialect.lineTerminator: delimiter and lineTerminator have the same character; change one of them",
            "1:51: dialect.commentChar: a line end or NUL cannot have this role; write other characters",
        ]),
        (r#"{"delimiter": "||", "commentChar": "|", "nullSequence": 0}"#, &[
            "1:47: dialect.commentChar: delimiter and commentChar have the same character; change one of them",
            r#"1:68: dialect.nullSequence: 0 is not a string; write the text that stands for "no value""#,
        ]),
        (r#"{"delimiter": 3, "lineTerminator": 3, "header": "yes"}"#, &[
            "1:26: dialect.delimiter: 3 is not a string; write one or more characters",
            r#"1:47: dialect.lineTerminator: 3 is not a string; write "\n", "\r\n", "\r" or one ASCII character"#,
            r#"1:60: dialect.header: "yes" is not a boolean; write true or false"#,
        ]),
        (r#"{"delimiter": "\n", "escapeChar": "\u0000"}"#, &[
            "1:26: dialect.delimiter: a line end or NUL cannot have this role; write other characters",
            "1:46: dialect.escapeChar: a line end or NUL cannot have this role; write another character",
        ]),
        (r#"{"delimiter": " ", "skipInitialSpace": true}"#, &[
            "1:51: dialect.skipInitialSpace: delimiter and skipInitialSpace have the same character; change one of them",
        ]),
        (r#"{"delimiter": "\"" }"#, &[
            "1:26: dialect.delimiter: delimiter and quoteChar have the same character; change one of them",
        ]),
        (r#"{"delimiter": "|", "escapeChar": "|", "commentChar": "|"}"#, &[
            "1:45: dialect.escapeChar: delimiter and escapeChar have the same character; change one of them",
            "1:65: dialect.commentChar: delimiter and commentChar have the same character; change one of them",
            "1:65: dialect.commentChar: escapeChar and commentChar have the same character; change one of them",
        ]),
        (r#"{"quoteChar": "", "escapeChar": null}"#, &[]),
        (r#"{"commentRows": [2, 0, 3], "headerRows": [2, 3], "type": "spreadsheet"}"#, &[
            r#"1:32: dialect.commentRows[1]: 0 is not an integer of at least 1; write such a number"#,
            r#"1:53: dialect.headerRows: record 2 is one of the "commentRows"; take it out of one of them"#,
            r#"1:69: dialect.type: a dialect of the type "spreadsheet" is not supported yet; remove it"#,
        ]),
        (r#"{"type": "delimited", "commentRows": []}"#, &[]),
        (r#"{"headerRows": [2, 1, 0, 2000]}"#, &[
            "1:34: dialect.headerRows[2]: 0 is not an integer from 1 to 1000; write such a number",
            "1:37: dialect.headerRows[3]: 2000 is not an integer from 1 to 1000; write such a number",
        ]),
        (r#"{"headerRows": "1", "headerJoin": 3}"#, &[
            r#"1:27: dialect.headerRows: "1" is not an array; write numbers of records, such as [1, 2]"#,
            "1:46: dialect.headerJoin: 3 is not a string; write the text between the parts of a label",
        ]),
    ],
    around: |it| format!(r#"{{"dialect":{it}}}"#),
};
