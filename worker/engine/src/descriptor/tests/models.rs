//! Valid descriptors and the models that are read from them.

use sluice_csv::{Dialect, LineTerminator, Sequence};

use super::{good, mistakes};
use crate::descriptor::{
    Any, Boolean, Bound, Constraints, Date, Datetime, Descriptor, Field, FieldType, FieldsMatch, Formats, Header,
    Headers, Integer, Limits, Number, OutputEncoding, PatternItem, Scalar, Settings, StringFormat, TemporalFormat,
    Texts, Time, Tolerance, Year, YearMonth,
};
use crate::parse::Affixes;

fn field(text: &str) -> Field {
    good(&format!(r#"{{"schema":{{"fields":[{text}]}}}}"#)).schema.unwrap().fields.remove(0)
}

fn constraints(kind: &str, text: &str) -> Constraints {
    field(&format!(r#"{{"name":"a",{kind},"constraints":{text}}}"#)).constraints
}

fn dialect(text: &str) -> Descriptor {
    good(&format!(r#"{{"dialect":{text}}}"#))
}

fn bound(text: &str, value: Scalar) -> Bound {
    Bound::new(text, value)
}

#[test]
fn an_empty_descriptor_is_the_structural_check() {
    let (empty, structural) = (good("{}"), Descriptor::structural());
    assert!(empty.schema.is_none() && structural.schema.is_none());
    assert_eq!((&empty.dialect, &empty.header), (&structural.dialect, &structural.header));
    assert_eq!((&structural.dialect, structural.header), (&Dialect::default(), Header::First));
    assert_eq!(empty.settings, Settings::default());
    assert!(!empty.delimiter_given);
}

#[test]
fn a_field_without_a_type_is_any_and_its_missing_value_is_the_empty_text() {
    let field = field(r#"{"name":"a"}"#);
    assert_eq!((field.name.as_str(), &field.kind), ("a", &FieldType::Any(Any)));
    assert_eq!(*field.missing_values, [""]);
}

#[test]
fn types_and_formats_are_those_of_the_standard() {
    let texts = |texts: &[&str]| Texts::from(texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
    let rows = [
        (r#""type":"string""#, FieldType::String(StringFormat::Default)),
        (r#""type":"string","format":"default""#, FieldType::String(StringFormat::Default)),
        (r#""type":"string","format":"email""#, FieldType::String(StringFormat::Email)),
        (r#""type":"string","format":"uri""#, FieldType::String(StringFormat::Uri)),
        (r#""type":"string","format":"binary""#, FieldType::String(StringFormat::Binary)),
        (r#""type":"string","format":"uuid""#, FieldType::String(StringFormat::Uuid)),
        (r#""type":"integer""#, FieldType::Integer(Integer { affixes: Affixes::Refused, group_char: None })),
        (
            r#""type":"integer","bareNumber":false,"groupChar":"\u00a0""#,
            FieldType::Integer(Integer { affixes: Affixes::Stripped, group_char: Some('\u{a0}') }),
        ),
        (
            r#""type":"number""#,
            FieldType::Number(Number { affixes: Affixes::Refused, group_char: None, decimal_char: '.' }),
        ),
        (
            r#""type":"number","groupChar":".","decimalChar":",""#,
            FieldType::Number(Number { affixes: Affixes::Refused, group_char: Some('.'), decimal_char: ',' }),
        ),
        (
            r#""type":"boolean""#,
            FieldType::Boolean(Boolean {
                true_values: texts(&["true", "True", "TRUE", "1"]),
                false_values: texts(&["false", "False", "FALSE", "0"]),
            }),
        ),
        (
            r#""type":"boolean","trueValues":["yes"],"falseValues":["no","nope"]"#,
            FieldType::Boolean(Boolean { true_values: texts(&["yes"]), false_values: texts(&["no", "nope"]) }),
        ),
        (r#""type":"date""#, FieldType::Date(Date(TemporalFormat::Default))),
        (r#""type":"date","format":"any""#, FieldType::Date(Date(TemporalFormat::Any))),
        (r#""type":"datetime""#, FieldType::Datetime(Datetime(TemporalFormat::Default))),
        (r#""type":"time","format":"fmt:default""#, FieldType::Time(Time(TemporalFormat::Default))),
        (
            r#""type":"time","format":"fmt:%H.%M""#,
            FieldType::Time(Time(TemporalFormat::Pattern(vec![
                PatternItem::Hour24,
                PatternItem::Literal(b'.'),
                PatternItem::Minute,
            ]))),
        ),
        (r#""type":"year""#, FieldType::Year(Year)),
        (r#""type":"yearmonth""#, FieldType::YearMonth(YearMonth)),
        (r#""type":"any""#, FieldType::Any(Any)),
    ];
    for (text, kind) in rows {
        assert_eq!(field(&format!(r#"{{"name":"a",{text}}}"#)).kind, kind, "{text}");
    }
}

#[test]
fn missing_values_of_a_field_replace_those_of_the_schema() {
    let text = r#"{"schema":{"missingValues":["-","NA"],"fields":[{"name":"a"},{"name":"b","missingValues":[]},
        {"name":"c","missingValues":[{"value":"-99","label":"refused"},{"value":""}]}]}}"#;
    let fields = good(text).schema.unwrap().fields;
    let values: Vec<Vec<String>> = fields.into_iter().map(|field| field.missing_values.to_vec()).collect();
    assert_eq!(values, [vec!["-", "NA"], vec![], vec!["-99", ""]]);
}

#[test]
fn fields_match_is_a_word_or_a_list_of_one() {
    use FieldsMatch::*;
    let names = [("exact", Exact), ("equal", Equal), ("subset", Subset), ("superset", Superset), ("partial", Partial)];
    for (name, expected) in names {
        for text in [format!("\"{name}\""), format!("[\"{name}\"]")] {
            let text = format!(r#"{{"schema":{{"fields":[{{"name":"a"}}],"fieldsMatch":{text}}}}}"#);
            assert_eq!(good(&text).schema.unwrap().fields_match, expected);
        }
    }
    assert_eq!(good(r#"{"schema":{"fields":[{"name":"a"}]}}"#).schema.unwrap().fields_match, Exact);
}

#[test]
fn bounds_are_in_the_type_of_the_field_and_keep_their_text() {
    let integers = constraints(r#""type":"integer""#, r#"{"minimum":-5,"maximum":"9223372036854775807"}"#);
    assert_eq!(integers.minimum, Some(bound("-5", Scalar::Integer(-5))));
    assert_eq!(integers.maximum, Some(bound("9223372036854775807", Scalar::Integer(i64::MAX))));

    let text = r#"{"exclusiveMinimum":0.10,"exclusiveMaximum":123456789012345678901.5}"#;
    let numbers = constraints(r#""type":"number""#, text);
    assert_eq!(numbers.exclusive_minimum, Some(bound("0.10", Scalar::Number(0.1))));
    let expected = bound("123456789012345678901.5", Scalar::Number(123_456_789_012_345_678_901.5));
    assert_eq!(numbers.exclusive_maximum, Some(expected));

    let dates = constraints(r#""type":"date""#, r#"{"minimum":"1970-01-02","maximum":"2000-03-01"}"#);
    assert_eq!(dates.minimum, Some(bound("1970-01-02", Scalar::Date(1))));
    assert_eq!(dates.maximum, Some(bound("2000-03-01", Scalar::Date(11_017))));

    let datetimes = constraints(r#""type":"datetime""#, r#"{"minimum":"1970-01-01T01:00:00.5+01:00"}"#);
    assert_eq!(datetimes.minimum, Some(bound("1970-01-01T01:00:00.5+01:00", Scalar::Datetime(500_000))));

    let times = constraints(r#""type":"time""#, r#"{"maximum":"00:01:00"}"#);
    assert_eq!(times.maximum, Some(bound("00:01:00", Scalar::Time(60_000_000))));

    let years = constraints(r#""type":"year""#, r#"{"minimum":1999,"maximum":"2024"}"#);
    assert_eq!(years.minimum, Some(bound("1999", Scalar::Integer(1999))));
    assert_eq!(years.maximum, Some(bound("2024", Scalar::Integer(2024))));

    let months = constraints(r#""type":"yearmonth""#, r#"{"minimum":"0001-02"}"#);
    assert_eq!(months.minimum, Some(bound("0001-02", Scalar::YearMonth(13))));
}

#[test]
fn bounds_as_strings_follow_the_format_of_the_field() {
    let number = r#""type":"number","groupChar":".","decimalChar":",","bareNumber":false"#;
    // The text is the plain decimal, for exact comparisons.
    let texts = constraints(number, r#"{"minimum":"€ 1.234,50","maximum":99999.25}"#);
    assert_eq!(texts.minimum, Some(bound("1234.50", Scalar::Number(1234.5))));
    assert_eq!(texts.maximum, Some(bound("99999.25", Scalar::Number(99_999.25))));

    let date = constraints(r#""type":"date","format":"%d.%m.%Y""#, r#"{"minimum":"02.01.1970"}"#);
    assert_eq!(date.minimum, Some(bound("02.01.1970", Scalar::Date(1))));
    let iso = r#"{"schema":{"fields":[{"name":"a","type":"date","format":"%d.%m.%Y","constraints":{"minimum":"1970-01-02"}}]}}"#;
    assert_eq!(mistakes(iso).len(), 1);
}

#[test]
fn bounds_that_differ_beyond_a_double_are_compared_exactly() {
    let with = |least: &str, most: &str| {
        let text = format!(
            r#"{{"schema":{{"fields":[{{"name":"a","type":"number","constraints":{{"minimum":{least},"maximum":{most}}}}}]}}}}"#
        );
        mistakes(&text).len()
    };
    assert_eq!(with("9007199254740992.0", "9007199254740993.0"), 0);
    assert_eq!(with("9007199254740993.0", "9007199254740992.0"), 1);
    assert_eq!(with("1.50", "1.5"), 0);
}

#[test]
fn enumerations_are_typed_and_those_of_strings_are_texts() {
    let values = |kind: &str, text: &str| -> Vec<Scalar> {
        let values = constraints(kind, &format!(r#"{{"enum":{text}}}"#)).enumeration.unwrap();
        values.iter().map(|bound| bound.value.clone()).collect()
    };
    let strings = ["1", "1.0", ""].map(|text| Scalar::String(text.to_owned()));
    assert_eq!(values(r#""type":"string""#, r#"[1, "1.0", ""]"#), strings);
    assert_eq!(values(r#""type":"any""#, r#"[1, "1.0", ""]"#), strings);
    assert_eq!(values(r#""type":"integer""#, r#"[1, "2"]"#), [Scalar::Integer(1), Scalar::Integer(2)]);
    let booleans = [Scalar::Boolean(true), Scalar::Boolean(false)];
    assert_eq!(values(r#""type":"boolean","trueValues":["y"],"falseValues":["n"]"#, r#"[true, "n"]"#), booleans);
}

#[test]
fn lengths_pattern_and_required_are_kept() {
    let constraints =
        constraints(r#""type":"string""#, r#"{"required":true,"minLength":1,"maxLength":3,"pattern":"[a-z]+"}"#);
    assert!(constraints.required);
    assert_eq!((constraints.min_length, constraints.max_length), (Some(1), Some(3)));
    let pattern = constraints.pattern.unwrap();
    assert_eq!(pattern.source, "[a-z]+");
    assert!(pattern.is_match(b"abc") && !pattern.is_match(b"abc1"));
}

#[test]
fn a_dialect_is_read_property_by_property() {
    let text = r##"{"delimiter":"\t","quoteChar":"'","doubleQuote":false,"escapeChar":"\\","lineTerminator":"\r",
        "commentChar":"//","commentRows":[9,3,3],"nullSequence":"\\N","skipInitialSpace":true,"headerRows":[4,2],
        "headerJoin":"-"}"##;
    let descriptor = dialect(text);
    let expected = Dialect {
        delimiter: b'\t'.into(),
        quote: Some(b'\''),
        double_quote: false,
        escape: Some(b'\\'),
        line_terminator: LineTerminator::Cr,
        comment: Sequence::new(b"//"),
        comment_rows: vec![3, 9],
        null_sequence: Some("\\N".into()),
        skip_initial_space: true,
        trailing_delimiter: false,
    };
    assert_eq!(descriptor.dialect, expected);
    assert_eq!(descriptor.header, Header::Records { records: vec![2, 4], join: "-".to_owned() });
    assert!(descriptor.delimiter_given);
}

#[test]
fn line_ends_are_automatic_unless_the_dialect_departs_from_the_default() {
    for (text, expected) in [
        (r"\r\n", LineTerminator::Auto),
        (r"\n", LineTerminator::Lf),
        (r"\r", LineTerminator::Cr),
        (";", LineTerminator::Byte(b';')),
    ] {
        assert_eq!(dialect(&format!(r#"{{"lineTerminator":"{text}"}}"#)).dialect.line_terminator, expected);
    }
}

#[test]
fn header_rows_of_1_are_the_default() {
    assert_eq!(dialect(r#"{"headerRows":[1]}"#).header, Header::First);
    assert_eq!(dialect(r#"{"header":true,"headerJoin":"-"}"#).header, Header::First);
    assert_eq!(dialect(r#"{"header":false}"#).header, Header::None);
    assert_eq!(dialect(r#"{"header":false,"headerRows":[1]}"#).header, Header::None);
    assert_eq!(dialect(r#"{"headerRows":[]}"#).header, Header::None);
    assert_eq!(dialect(r#"{"header":false,"headerRows":[1,2]}"#).header, Header::None);
    let second = Header::Records { records: vec![2], join: " ".to_owned() };
    assert_eq!(dialect(r#"{"headerRows":[2]}"#).header, second);
}

#[test]
fn an_empty_quote_character_means_no_quoting() {
    for text in [r#"{"quoteChar":""}"#, r#"{"quoteChar":null}"#] {
        assert_eq!(dialect(text).dialect.quote, None);
    }
}

#[test]
fn a_dialect_has_at_most_a_thousand_comment_rows() {
    let rows = |count: u64| format!(r#"{{"dialect":{{"commentRows":{:?}}}}}"#, (1..=count).collect::<Vec<_>>());
    assert_eq!(good(&rows(1000)).dialect.comment_rows.len(), 1000);
    assert_eq!(
        mistakes(&rows(1001)),
        [r#"r.json:1:27: dialect.commentRows: 1001 records are more than 1000; mark the others with a "commentChar""#]
    );
}

#[test]
fn a_quote_that_escapes_quotes_doubles_them() {
    let found = dialect(r#"{"quoteChar":"'","escapeChar":"'","doubleQuote":false}"#).dialect;
    assert_eq!((found.quote, found.escape, found.double_quote), (Some(b'\''), None, true));
}

#[test]
fn characters_of_any_script_are_delimiters_and_begin_comments() {
    let found = dialect(r#"{"delimiter":"§","commentChar":"‖ "}"#).dialect;
    assert_eq!((Some(found.delimiter), found.comment), (Sequence::new("§".as_bytes()), Sequence::new("‖ ".as_bytes())));
}

#[test]
fn the_null_sequence_is_a_missing_value_of_every_field() {
    let text = r#"{"schema":{"missingValues":["-"],"fields":[{"name":"a"},{"name":"b"},{"name":"c","missingValues":["NA"]}]},
        "dialect":{"nullSequence":"NA"},"sluice":{"trailingDelimiter":true}}"#;
    let descriptor = good(text);
    let missing: Vec<Vec<String>> =
        descriptor.schema.unwrap().fields.iter().map(|field| field.missing_values.to_vec()).collect();
    assert_eq!(missing, [&["-", "NA"][..], &["-", "NA"], &["NA"]]);
    assert!(descriptor.dialect.trailing_delimiter);
}

#[test]
fn the_format_tsv_means_tabs_unless_the_dialect_says_otherwise() {
    let delimiter = |text: &str| {
        let descriptor = good(text);
        (descriptor.dialect.delimiter.first(), descriptor.delimiter_given)
    };
    assert_eq!(delimiter(r#"{"format":"tsv"}"#), (b'\t', true));
    assert_eq!(delimiter(r#"{"format":"tsv","dialect":{"delimiter":";"}}"#), (b';', true));
    assert_eq!(delimiter(r#"{"format":"csv"}"#), (b',', false));
    assert_eq!(delimiter(r#"{"dialect":{"delimiter":","}}"#), (b',', true));
}

#[test]
fn the_sluice_object_sets_tolerance_redaction_and_limits() {
    let text = r#"{"schema":{"fields":[{"name":"a"},{"name":"b"}]},"sluice":{"rules":[],
        "tolerance":{"rows":1000,"percent":2.5},"output":{"formats":["parquet"]},"redact":["b"],
        "limits":{"recordBytes":1024,"columns":2,"expansion":7,"expandedBytes":18446744073709551615,"rejectBytes":0,
        "keyBytes":0}}}"#;
    let expected = Settings {
        feedback: None,
        headers: Headers::default(),
        output_encoding: OutputEncoding::Original,
        assertions: Vec::new(),
        trailer: None,
        last: None,
        tolerance: Tolerance { rows: Some(1000), percent: Some(2.5) },
        redact: vec!["b".to_owned()],
        rules: Vec::new(),
        formats: Formats { csv: false, parquet: true },
        limits: Limits {
            record_bytes: 1024,
            columns: 2,
            expansion: 7,
            expanded_bytes: u64::MAX,
            reject_bytes: Some(0),
            key_bytes: 0,
        },
        blank_rows_are_faults: false,
    };
    assert_eq!(good(text).settings, expected);
}

#[test]
fn a_schema_has_no_more_fields_than_columns_are_allowed() {
    let text = r#"{"schema":{"fields":[{"name":"a"},{"name":"b"}]},"sluice":{"limits":{"columns":1}}}"#;
    assert_eq!(
        mistakes(text),
        [
            "r.json:1:21: schema.fields: 2 fields are more than the 1 columns of sluice.limits; raise sluice.limits.columns"
        ]
    );
}

#[test]
fn a_list_of_missing_values_is_short() {
    let texts = |count: usize| (0..count).map(|nth| format!("\"{nth}\"")).collect::<Vec<_>>().join(",");
    let text = |count| format!(r#"{{"schema":{{"fields":[{{"name":"a"}}],"missingValues":[{}]}}}}"#, texts(count));
    assert_eq!(good(&text(100)).schema.unwrap().fields[0].missing_values.len(), 100);
    assert_eq!(mistakes(&text(101)).len(), 1);
}

#[test]
fn compression_is_read_in_any_spelling() {
    use crate::compression::Compression;
    let of = |name: &str| good(&format!(r#"{{"compression": {name}}}"#)).compression;
    for (name, expected) in [
        (r#""gz""#, Some(Compression::Gzip)),
        (r#""GZIP""#, Some(Compression::Gzip)),
        (r#""zip""#, Some(Compression::Zip)),
        (r#""bz2""#, Some(Compression::Bzip2)),
        (r#""xz""#, Some(Compression::Xz)),
        (r#""zst""#, Some(Compression::Zstd)),
        (r#""no""#, None),
        (r#""""#, None),
        ("null", None),
        (r#""rar""#, None),
    ] {
        assert_eq!(of(name), expected, "{name}");
    }
    let warned = |name: &str| super::warnings(&format!(r#"{{"compression": "{name}"}}"#));
    assert_eq!(warned("no"), [""; 0]);
    let expected = r#"r.json:1:17: compression: the compression "rar" is not supported; the suffix of the file name says how a file is compressed; write "gz", "zip", "bz2", "xz" or "zst""#;
    assert_eq!(warned("rar"), [expected]);
}

#[test]
fn one_character_for_groups_and_decimals_separates_groups() {
    use crate::parse;
    let text = |rest: &str| format!(r#"{{"schema": {{"fields": [{{"name": "a", "type": "number", {rest}}}]}}}}"#);
    for (rest, group) in [(r#""groupChar": ".""#, '.'), (r#""groupChar": ",", "decimalChar": ",""#, ',')] {
        let warned = super::warnings(&text(rest));
        assert!(warned[0].contains("the numbers have no decimals"), "{warned:?}");
        let FieldType::Number(number) = good(&text(rest)).schema.unwrap().fields.remove(0).kind else {
            panic!("no number")
        };
        let Number { affixes, group_char, decimal_char } = number;
        assert_eq!(group_char, Some(group));
        let read = |cell: &str| parse::number(cell.as_bytes(), affixes, group_char, decimal_char).map(|it| it.value);
        assert_eq!(read(&format!("1{group}234")), Some(1234.0));
        let other = if group == '.' { ',' } else { '.' };
        assert_eq!(read(&format!("1{other}5")), None);
    }
}
