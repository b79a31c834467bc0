//! The Parquet file has the clean rows, typed, whatever the chunks and threads: it is compared with the cells of the clean file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::Decimal;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;
use sluice_engine::descriptor::{Descriptor, FieldType, ItemType, TemporalFormat};
use sluice_engine::parse;
use sluice_engine::report::Verdict;
use support::{check_parquet, read};

const DESCRIPTOR: &str = r#"{"schema": {"missingValues": ["", "-"], "fields": [
    {"name": "id", "type": "integer", "constraints": {"required": true, "minimum": 0}},
    {"name": "text", "type": "string"},
    {"name": "day", "type": "date"},
    {"name": "price", "type": "number"},
    {"name": "flag", "type": "boolean"},
    {"name": "at", "type": "datetime"},
    {"name": "clock", "type": "time"},
    {"name": "year", "type": "year"},
    {"name": "month", "type": "yearmonth"},
    {"name": "any", "type": "any", "missingValues": []},
    {"name": "tags", "type": "list", "delimiter": "|"},
    {"name": "counts", "type": "list", "itemType": "integer"},
    {"name": "days", "type": "list", "itemType": "date", "delimiter": " - "},
    {"name": "amount", "type": "number"}
]}, "sluice": {"redact": ["text"], "decimals": {"amount": {"precision": 7, "scale": 2}}}}"#;

/// Cells for each column: some missing, some at fault, some in quotes.
const CELLS: [&[&str]; 14] = [
    &["1", "-7", "9223372036854775807", "x", "0"],
    &["a", "", "\"a,\"\"b\"\"\"", "\"two\nlines\"", "é", "-", "\"\""],
    &["2020-02-29", "1969-12-31", "", "0000-01-01", "2021-02-29"],
    &["0.1", "-1e300", "NaN", "INF", "", "12345678901234567890.5", "one"],
    &["true", "false", "", "maybe"],
    &["2020-02-29T23:59:59.999999", "1969-12-31T23:59:59Z", "2020-01-01T00:00:00+02:00", "", "now"],
    &["23:59:59.5", "00:00:00", "", "24:00:00"],
    &["2020", "-0044", "123456789012345678", "", "20"],
    &["2020-02", "-0044-03", "", "2020-13"],
    &["", "any", "\"quo\"\"ted\"", "-"],
    &["a|b", "", "|é|", "\"a\"\"|b,c\"", "-"],
    &["\"1,2,3\"", "-", "7", "\"1,x\"", "\"1,\""],
    &["2020-02-29 - 1969-12-31", "2000-01-01", "", "2020-02-30 - 2020-02-29"],
    &[
        "12345.67",
        "-0.50",
        "1.5000000000000000000000000",
        "123456.7",
        "0.125",
        "1e2",
        "15e-1",
        "NaN",
        "",
        "0",
        "12345678901234567890",
    ],
];

fn row(choice: &[usize]) -> String {
    let cells = CELLS.iter().zip(choice).map(|(cells, place)| cells[place % cells.len()]);
    cells.collect::<Vec<_>>().join(",") + "\n"
}

fn file(rows: &[Vec<usize>]) -> Vec<u8> {
    let header = "id,text,day,price,flag,at,clock,year,month,any,tags,counts,days,amount\n";
    let rows: String = rows.iter().map(|choice| row(choice)).collect();
    (header.to_owned() + &rows).into_bytes()
}

/// Rows that are mostly clean: the last cells of each column are invalid.
fn rows() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let cell = prop_oneof![6 => 0usize..3, 1 => 0usize..7];
    prop::collection::vec(prop::collection::vec(cell, CELLS.len()), 0..40)
}

fn reader(bytes: &[u8]) -> SerializedFileReader<Bytes> {
    SerializedFileReader::new(Bytes::copy_from_slice(bytes)).unwrap()
}

fn rows_of(bytes: &[u8]) -> Vec<Vec<(String, Field)>> {
    reader(bytes).get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect()
}

/// Computes the value of a cell from its text, or the items of a list, independently of the writer.
fn expected(field: &sluice_engine::descriptor::Field, text: &str, missing: &[&str]) -> Vec<Field> {
    if missing.contains(&text) {
        return vec![Field::Null];
    }
    if field.constraints.decimal_digits.is_some() {
        // Two digits behind the point, and no rounding.
        let hundredths = text.parse::<f64>().unwrap() * 100.0;
        assert_eq!(hundredths.fract(), 0.0, "{text}");
        return vec![Field::Decimal(Decimal::from_i64(hundredths as i64, 7, 2))];
    }
    match &field.kind {
        FieldType::List(list) => {
            let item = match list.items {
                ItemType::Integer => |item: &str| Field::Long(item.parse().unwrap()),
                ItemType::Date => {
                    |item: &str| Field::Date(parse::date(item.as_bytes(), &TemporalFormat::Default).unwrap())
                }
                _ => |item: &str| Field::Str(item.to_owned()),
            };
            text.split(&*list.delimiter).map(item).collect()
        }
        kind => vec![expected_value(kind, text)],
    }
}

fn expected_value(kind: &FieldType, text: &str) -> Field {
    let cell = text.as_bytes();
    let iso = TemporalFormat::Default;
    match kind {
        FieldType::Integer(_) => Field::Long(text.parse().unwrap()),
        FieldType::Year(_) => Field::Long(parse::year(cell).unwrap()),
        FieldType::Number(_) => Field::Double(text.replace("INF", "inf").parse().unwrap()),
        FieldType::Boolean(_) => Field::Bool(text == "true"),
        FieldType::Date(_) => Field::Date(parse::date(cell, &iso).unwrap()),
        FieldType::Datetime(_) => Field::TimestampMicros(parse::datetime(cell, &iso).unwrap()),
        FieldType::Time(_) => Field::TimeMicros(parse::time(cell, &iso).unwrap()),
        FieldType::String(_)
        | FieldType::Any(_)
        | FieldType::YearMonth(_)
        | FieldType::Duration(_)
        | FieldType::Object(_)
        | FieldType::Array(_)
        | FieldType::Geopoint(_)
        | FieldType::Geojson(_) => Field::Str(text.to_owned()),
        FieldType::List(_) => unreachable!("lists are taken apart"),
    }
}

/// Returns the cells of a clean file without blank lines, as another reader reads them.
fn cells(clean: &[u8]) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = std::str::from_utf8(clean).unwrap().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.push(characters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            other => cell.push(other),
        }
    }
    records
}

/// Returns the items of a list, or any other value alone.
fn items(value: &Field) -> Vec<Field> {
    match value {
        Field::ListInternal(list) => list.elements().to_vec(),
        value => vec![value.clone()],
    }
}

fn same(one: &Field, other: &Field) -> bool {
    match (one, other) {
        (Field::Double(one), Field::Double(other)) => {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        }
        _ => one == other,
    }
}

fn assert_same_rows(descriptor: &Descriptor, clean: &[u8], stored: &[u8]) {
    let fields = &descriptor.schema.as_ref().unwrap().fields;
    let (rows, records) = (rows_of(stored), cells(clean));
    assert_eq!(rows.len(), records.len() - 1);
    for (row, record) in rows.iter().zip(&records[1..]) {
        for (((name, value), text), field) in row.iter().zip(record).zip(fields) {
            let missing: &[&str] = if field.name == "any" { &[] } else { &["", "-"] };
            let expected = expected(field, text, missing);
            let found = items(value);
            let is_same =
                found.len() == expected.len() && found.iter().zip(&expected).all(|(one, other)| same(one, other));
            assert!(is_same, "{name}: {value:?}, not {expected:?}");
            assert_eq!(*name, field.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn it_has_the_clean_rows_with_their_types(rows in rows()) {
        let descriptor = read(DESCRIPTOR);
        let (checked, stored) = check_parquet(&descriptor, &file(&rows), 1, 512 << 10);
        assert_same_rows(&descriptor, &checked.clean, &stored);
    }

    #[test]
    fn chunks_and_threads_do_not_show(rows in rows(), threads in 1usize..5, chunk_bytes in 1usize..300) {
        let descriptor = read(DESCRIPTOR);
        let whole = check_parquet(&descriptor, &file(&rows), 1, 512 << 10);
        let cut = check_parquet(&descriptor, &file(&rows), threads, chunk_bytes);
        prop_assert_eq!(whole.1, cut.1);
        prop_assert_eq!(whole.0, cut.0);
    }

    /// Whether a Parquet file is asked for changes no other output.
    #[test]
    fn the_other_outputs_are_the_same_without_it(rows in rows()) {
        let with = check_parquet(&read(DESCRIPTOR), &file(&rows), 2, 100);
        prop_assert_eq!(with.0, support::check(DESCRIPTOR, &file(&rows)));
    }
}

#[test]
fn each_type_is_stored_as_one_that_every_reader_knows() {
    let descriptor = read(&DESCRIPTOR.replacen(
        r#"{"name": "any""#,
        r#"{"name": "offset", "type": "datetime", "format": "%Y%m%d%H%M%S%z"}, {"name": "any""#,
        1,
    ));
    let header = b"id,text,day,price,flag,at,clock,year,month,offset,any,tags,counts,days,amount\n";
    let (_, stored) = check_parquet(&descriptor, header, 1, 1000);
    let reader = reader(&stored);
    let schema = reader.metadata().file_metadata().schema_descr();
    let kinds: Vec<_> = schema
        .columns()
        .iter()
        .map(|column| (column.name(), column.physical_type(), column.logical_type_ref().cloned()))
        .collect();
    let micros = TimeUnit::MICROS;
    assert_eq!(
        kinds,
        [
            ("id", Physical::INT64, None),
            ("text", Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ("day", Physical::INT32, Some(LogicalType::Date)),
            ("price", Physical::DOUBLE, None),
            ("flag", Physical::BOOLEAN, None),
            ("at", Physical::INT64, Some(LogicalType::timestamp(false, micros))),
            ("clock", Physical::INT64, Some(LogicalType::time(false, micros))),
            ("year", Physical::INT64, None),
            ("month", Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ("offset", Physical::INT64, Some(LogicalType::timestamp(true, micros))),
            ("any", Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ("element", Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ("element", Physical::INT64, None),
            ("element", Physical::INT32, Some(LogicalType::Date)),
            ("amount", Physical::INT64, Some(LogicalType::decimal(2, 7))),
        ]
    );
    let repetitions =
        schema.root_schema().get_fields().iter().map(|field| field.get_basic_info().repetition()).collect::<Vec<_>>();
    assert!(repetitions.into_iter().all(|repetition| repetition == Repetition::OPTIONAL));
    let lists = schema.root_schema().get_fields().iter().filter(|field| field.is_group());
    let names: Vec<(&str, &str)> = lists.map(|list| (list.name(), list.get_fields()[0].name())).collect();
    assert_eq!(names, [("tags", "list"), ("counts", "list"), ("days", "list")]);
    assert_eq!(reader.num_row_groups(), 0);
}

/// Numbers that do not fit into a decimal are rejected, with or without a Parquet file, and none is rounded.
#[test]
fn decimals_have_no_more_digits_than_declared() {
    let descriptor = r#"{"schema": {"fields": [{"name": "price", "type": "number", "decimalChar": ",", "groupChar": "."}]},
        "sluice": {"decimals": {"price": {"precision": 5, "scale": 2}}}}"#;
    let file = "price\n\"1,50\"\n1.000\n\"1.000,5\"\n\"0,125\"\n-999\n\"-999,990\"\n\"-1e2\"\n1e-3\nINF\n";
    let (checked, stored) = check_parquet(&read(descriptor), file.as_bytes(), 1, 1000);
    let values: Vec<String> = rows_of(&stored).into_iter().map(|row| row[0].1.to_string()).collect();
    assert_eq!(values, ["1.50", "-999.00", "-999.99", "-100.00"]);
    let rejects = String::from_utf8(checked.rejects.clone()).unwrap();
    let messages: Vec<&str> = rejects.lines().map(|line| line.split(r#""message":""#).nth(1).unwrap()).collect();
    let starts = [r#"\"1.000\""#, r#"\"1.000,5\""#, r#"\"0,125\""#, r#"\"1e-3\""#, r#"\"INF\""#];
    assert_eq!(messages.len(), starts.len(), "{rejects}");
    for (message, start) in messages.iter().zip(starts) {
        let expected = format!("{start} is not a decimal of at most 5 digits, at most 2 of them behind the point");
        assert!(message.starts_with(&expected), "{message}");
    }
    assert_eq!(support::check(descriptor, file.as_bytes()), checked);
}

#[test]
fn without_a_schema_every_column_is_text() {
    let (_, stored) = check_parquet(&read("{}"), b"a,b\n1,\n,x\n", 1, 1000);
    let text = |text: &str| Field::Str(text.to_owned());
    let values: Vec<Vec<Field>> =
        rows_of(&stored).into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect()).collect();
    assert_eq!(values, [[text("1"), Field::Null], [Field::Null, text("x")]]);
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let descriptor = r#"{"schema": {"fieldsMatch": "subset", "fields": [{"name": "a", "type": "integer"}]}}"#;
    let (_, stored) = check_parquet(&read(descriptor), b"x,a,x,,field4\n1,2,3,4,5\n", 1, 1000);
    let names: Vec<String> = rows_of(&stored)[0].iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["x", "a", "x_2", "field4", "field4_2"]);
}

/// Groups end by rows, at the same row whatever the chunks are, and each has statistics and a page index.
#[test]
fn groups_end_at_a_hundred_thousand_rows() {
    let descriptor = read(r#"{"schema": {"fields": [{"name": "n", "type": "integer"}, {"name": "t"}]}}"#);
    let rows: String = (0..250_001).map(|row| format!("{row},t{}\n", row % 7)).collect();
    let file = format!("n,t\n{rows}");
    let (checked, stored) = check_parquet(&descriptor, file.as_bytes(), 1, 512 << 10);
    assert_eq!((checked.outcome.verdict, checked.outcome.rows.clean), (Verdict::Clean, 250_001));
    assert!(stored == check_parquet(&descriptor, file.as_bytes(), 3, 10_000).1);
    let options = parquet::file::serialized_reader::ReadOptionsBuilder::new().with_page_index().build();
    let reader = SerializedFileReader::new_with_options(Bytes::from(stored.clone()), options).unwrap();
    let groups = reader.metadata().row_groups();
    assert_eq!(groups.iter().map(|group| group.num_rows()).collect::<Vec<_>>(), [100_000, 100_000, 50_001]);
    let column = groups[1].column(0);
    assert!(matches!(column.compression(), Compression::ZSTD(_)));
    let statistics = column.statistics().unwrap();
    assert_eq!(statistics.min_bytes_opt().unwrap(), 100_000i64.to_le_bytes());
    assert_eq!(statistics.max_bytes_opt().unwrap(), 199_999i64.to_le_bytes());
    assert!(
        groups
            .iter()
            .flat_map(|group| group.columns())
            .all(|column| { column.column_index_offset().is_some() && column.offset_index_offset().is_some() })
    );
    let rows = rows_of(&stored);
    assert!(rows.iter().enumerate().all(|(row, values)| values[0].1 == Field::Long(row as i64)));
}

/// Groups of long texts and of many columns end by bytes.
#[test]
fn groups_end_by_bytes() {
    let long = "t\n".to_owned() + &("x".repeat(1_000_000) + "\n").repeat(72);
    let (_, stored) = check_parquet(&read("{}"), long.as_bytes(), 2, 512 << 10);
    let groups: Vec<i64> = reader(&stored).metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [33, 33, 6]);

    let columns = 4096;
    let line = |text: &str| vec![text; columns].join(",") + "\n";
    let labels: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let wide = labels.join(",") + "\n" + &line("123").repeat(1500);
    let (_, stored) = check_parquet(&read("{}"), wide.as_bytes(), 2, 512 << 10);
    let groups: Vec<i64> = reader(&stored).metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    // Each row takes 4,096 cells of 3 + 5 bytes.
    assert_eq!(groups, [1024, 476]);
    assert!(rows_of(&stored).iter().all(|row| row.iter().all(|(_, value)| *value == Field::Str("123".to_owned()))));
}

#[test]
fn it_says_where_it_comes_from() {
    let (_, stored) = check_parquet(&read("{}"), b"a\n1\n", 1, 1000);
    let reader = reader(&stored);
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    assert_eq!(metadata.len(), 1);
    assert_eq!((metadata[0].key.as_str(), metadata[0].value.as_deref()), ("sluice.engine", Some("a test")));
}

/// A destination that takes at most this many bytes.
struct Limited(usize);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| std::io::Error::other("no room"))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_the_destination_says_is_passed_on() {
    use sluice_engine::pipeline::file::{Check, CheckError, Options, Outputs, ParquetTarget, StoredFile};
    let rows: String = (0..300_000).map(|row| format!("{row}\n")).collect();
    let file = format!("n\n{rows}");
    for (room, threads) in [(0, 1), (0, 3), (100_000, 1), (100_000, 3)] {
        let target = ParquetTarget { writer: Box::new(Limited(room)), metadata: Vec::new() };
        let outputs = Outputs { parquet: Some(target), ..Outputs::default() };
        let options = Options { threads: threads.try_into().unwrap(), ..Options::default() };
        let failed = Check::new(&read("{}"), None).run(StoredFile::from(file.as_bytes()), outputs, &options, &|_| {});
        let Err(CheckError::WriteParquet(error)) = failed else { panic!("{failed:?}") };
        assert_eq!(error.to_string(), "no room");
    }
}

/// 16,384 columns have 16 groups at most.
#[test]
fn a_file_of_too_many_column_chunks_has_no_parquet_file() {
    use sluice_engine::pipeline::file::{Check, CheckError, Options, Outputs, ParquetTarget, StoredFile};
    let columns = 16_384;
    let text = "x".repeat(30);
    let line = vec![text.as_str(); columns].join(",") + "\n";
    let labels: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let descriptor = r#"{"sluice": {"limits": {"columns": 16384}}}"#;
    // A group of 32 MiB has 58 such rows.
    let run = |rows: usize| {
        let file = labels.join(",") + "\n" + &line.repeat(rows);
        let target = ParquetTarget { writer: Box::new(std::io::sink()), metadata: Vec::new() };
        let outputs = Outputs { parquet: Some(target), ..Outputs::default() };
        let options = Options { threads: 2.try_into().unwrap(), ..Options::default() };
        Check::new(&read(descriptor), None).run(StoredFile::from(file.as_bytes()), outputs, &options, &|_| {})
    };
    assert_eq!(run(16 * 58).unwrap().verdict, Verdict::Clean);
    let Err(CheckError::NoParquet(reason)) = run(16 * 58 + 1) else { panic!("it was written") };
    assert!(reason.contains("262,144 column chunks (16384 columns"), "{reason}");
}
