//! Every constraint fires on a violating cell and stays silent on a good one; every type takes its values and no others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::check;

/// Returns `code/constraint` of every fault of a one-column file with this field and this cell, and the number of clean rows.
fn faults(field: Value, cell: &str) -> Vec<String> {
    let mut field = field;
    field["name"] = json!("f");
    let descriptor = json!({"schema": {"fields": [{"name": "id", "type": "integer"}, field]}}).to_string();
    let file = format!("id,f\n1,{cell}\n");
    let checked = check(&descriptor, file.as_bytes());
    let rejects: Vec<Value> = checked
        .rejects
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(checked.outcome.rows.clean as usize, 1 - rejects.len());
    rejects
        .iter()
        .flat_map(|reject| reject["errors"].as_array().unwrap().clone())
        .map(|fault| {
            let code = fault["code"].as_str().unwrap().to_owned();
            match fault.get("constraint") {
                Some(constraint) => format!("{code}/{}", constraint.as_str().unwrap()),
                None => code,
            }
        })
        .collect()
}

macro_rules! cells {
    ($($name:ident: $field:tt { $($cell:literal => [$($fault:literal),*],)* })*) => {
        $(#[test]
        fn $name() {
            $(assert_eq!(faults(json!($field), $cell), Vec::<&str>::from([$($fault),*]), "{:?}", $cell);)*
        })*
    };
}

cells! {
    required_wants_a_value: {"type": "string", "constraints": {"required": true}} {
        "x" => [], "\"\"" => ["constraint-error/required"], "" => ["constraint-error/required"], " " => [],
    }
    missing_cells_pass_every_other_constraint: {"type": "integer", "constraints": {"minimum": 5, "enum": [7, 8]}} {
        "" => [], "7" => [], "6" => ["constraint-error/enum"], "4" => ["constraint-error/minimum", "constraint-error/enum"],
    }
    integer_bounds_are_inclusive: {"type": "integer", "constraints": {"minimum": -5, "maximum": 5}} {
        "-5" => [], "5" => [], "+5" => [], "-6" => ["constraint-error/minimum"], "6" => ["constraint-error/maximum"],
    }
    exclusive_bounds_are_exclusive: {"type": "integer", "constraints": {"exclusiveMinimum": 0, "exclusiveMaximum": 3}} {
        "1" => [], "2" => [], "0" => ["constraint-error/exclusiveMinimum"], "3" => ["constraint-error/exclusiveMaximum"],
    }
    bounds_of_more_digits_than_a_double_has_are_exact: {"type": "number", "constraints": {"maximum": "0.99999999999999999"}} {
        "1" => ["constraint-error/maximum"], "1.0" => ["constraint-error/maximum"], "0.9" => [],
        "0.99999999999999999" => [], "0.999999999999999991" => ["constraint-error/maximum"],
    }
    lower_bounds_of_more_digits_are_exact: {"type": "number", "constraints": {"minimum": "5.0000000000000000000001"}} {
        "5" => ["constraint-error/minimum"], "5.0000000000000000000002" => [], "6" => [],
    }
    exclusive_bounds_of_more_digits_are_exact: {"type": "number",
        "constraints": {"exclusiveMinimum": "0.99999999999999999", "exclusiveMaximum": "5.0000000000000000000001"}} {
        "1" => [], "5" => [], "0.9" => ["constraint-error/exclusiveMinimum"],
        "5.0000000000000000000001" => ["constraint-error/exclusiveMaximum"],
    }
    bounds_below_the_least_double_are_exact: {"type": "number", "constraints": {"exclusiveMaximum": "1e-400"}} {
        "0" => [], "1e-400" => ["constraint-error/exclusiveMaximum"], "-1" => [], "1e-300" => ["constraint-error/exclusiveMaximum"],
    }
    listed_numbers_of_more_digits_are_exact: {"type": "number", "constraints": {"enum": ["5.0000000000000000000001", 7]}} {
        "5" => ["constraint-error/enum"], "5.0000000000000000000001" => [], "7.0" => [],
    }
    integers_are_digits: {"type": "integer"} {
        "7" => [], "-7" => [], "007" => [], "7.0" => ["type-error"], "7x" => ["type-error"], " 7" => ["type-error"],
        "9223372036854775807" => [], "-9223372036854775808" => [], "9223372036854775808" => ["type-error"],
    }
    integers_may_be_decorated: {"type": "integer", "bareNumber": false, "groupChar": " "} {
        "1 000" => [], "$95" => [], "95 %" => [], "%" => ["type-error"],
    }
    number_bounds: {"type": "number", "constraints": {"minimum": 0.1, "maximum": 2.5}} {
        "0.1" => [], "2.50" => [], "25e-1" => [], "0.09" => ["constraint-error/minimum"], "2.51" => ["constraint-error/maximum"],
        "NaN" => ["constraint-error/minimum", "constraint-error/maximum"], "INF" => ["constraint-error/maximum"],
    }
    bounds_of_long_numbers_are_compared_as_decimals: {"type": "number", "constraints": {"minimum": 0.1}} {
        "0.0999999999999999999999" => ["constraint-error/minimum"], "0.1000000000000000000001" => [],
    }
    numbers: {"type": "number"} {
        "1" => [], "1.5" => [], "-.5" => [], "1e9" => [], "NaN" => [], "-INF" => [], "1,5" => ["extra-cell"], "x" => ["type-error"],
        "\"1,5\"" => ["type-error"], "." => ["type-error"],
    }
    numbers_with_other_separators: {"type": "number", "decimalChar": ",", "groupChar": ".", "constraints": {"maximum": 2000}} {
        "\"1.234,5\"" => [], "\"2.000,1\"" => ["constraint-error/maximum"],
    }
    number_enum: {"type": "number", "constraints": {"enum": [0.5, 1]}} {
        "0.5" => [], "1.0" => [], "5e-1" => [], "0.6" => ["constraint-error/enum"],
    }
    long_enum_of_integers: {"type": "integer", "constraints": {"enum": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}} {
        "10" => [], "1" => [], "11" => ["constraint-error/enum"],
    }
    lengths_count_characters: {"type": "string", "constraints": {"minLength": 2, "maxLength": 3}} {
        "éé" => [], "ééé" => [], "é" => ["constraint-error/minLength"], "éééé" => ["constraint-error/maxLength"], "ab" => [],
        "a" => ["constraint-error/minLength"], "abcd" => ["constraint-error/maxLength"],
    }
    pattern_is_matched_against_the_whole: {"type": "string", "constraints": {"pattern": "[A-Z]{2}"}} {
        "AB" => [], "ABC" => ["constraint-error/pattern"], "xAB" => ["constraint-error/pattern"],
    }
    string_enum: {"type": "string", "constraints": {"enum": ["a", "a longer text"]}} {
        "a" => [], "a longer text" => [], "b" => ["constraint-error/enum"], "a longer" => ["constraint-error/enum"],
    }
    all_faults_of_a_cell_are_told: {"type": "string", "constraints": {"minLength": 2, "pattern": "[a-z]*", "enum": ["ab"]}} {
        "A" => ["constraint-error/minLength", "constraint-error/pattern", "constraint-error/enum"],
    }
    booleans: {"type": "boolean"} {
        "true" => [], "False" => [], "1" => [], "0" => [], "yes" => ["type-error"],
    }
    own_booleans: {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"], "constraints": {"enum": ["yes"]}} {
        "yes" => [], "no" => ["constraint-error/enum"], "true" => ["type-error"],
    }
    dates: {"type": "date", "constraints": {"minimum": "2020-01-01"}} {
        "2020-02-29" => [], "2021-02-29" => ["type-error"], "2019-12-31" => ["constraint-error/minimum"], "2020-1-1" => ["type-error"],
    }
    dates_in_a_format: {"type": "date", "format": "%d/%m/%Y", "constraints": {"maximum": "31/12/2020"}} {
        "29/02/2020" => [], "01/01/2021" => ["constraint-error/maximum"], "2020-01-01" => ["type-error"],
    }
    datetimes: {"type": "datetime", "constraints": {"exclusiveMaximum": "2020-01-01T00:00:00Z"}} {
        "2019-12-31T23:59:59Z" => [], "2020-01-01T01:00:00+02:00" => [], "2020-01-01T00:00:00Z" => ["constraint-error/exclusiveMaximum"],
        "2020-01-01" => ["type-error"],
    }
    times: {"type": "time", "constraints": {"minimum": "08:00:00"}} {
        "08:00:00" => [], "07:59:59" => ["constraint-error/minimum"], "25:00:00" => ["type-error"],
    }
    bounds_of_years_are_numbers: {"type": "year", "constraints": {"minimum": -44, "maximum": 500}} {
        "0000" => [], "-0044" => [], "-0045" => ["constraint-error/minimum"], "0501" => ["constraint-error/maximum"],
    }
    years: {"type": "year", "constraints": {"minimum": 1900}} {
        "1900" => [], "1899" => ["constraint-error/minimum"], "19" => ["type-error"],
    }
    year_months: {"type": "yearmonth", "constraints": {"maximum": "2020-06"}} {
        "2020-06" => [], "2020-07" => ["constraint-error/maximum"], "2020-13" => ["type-error"],
    }
    string_formats: {"type": "string", "format": "email"} {
        "a@example.org" => [], "a" => ["type-error"],
    }
    uuids: {"type": "string", "format": "uuid"} {
        "123e4567-e89b-12d3-a456-426614174000" => [], "123e4567" => ["type-error"],
    }
    own_missing_values: {"type": "integer", "missingValues": ["NA", "-"], "constraints": {"required": true}} {
        "NA" => ["constraint-error/required"], "-" => ["constraint-error/required"], "" => ["type-error"], "4" => [],
    }
    anything: {"type": "any", "constraints": {"required": true}} {
        "x" => [], "\"a,b\"" => [], "" => ["constraint-error/required"],
    }
    durations_are_ordered_where_xml_schema_says: {"type": "duration", "constraints": {"minimum": "PT1M", "exclusiveMaximum": "P1M"}} {
        "PT1M" => [], "PT60S" => [], "P27D" => [], "PT59.999S" => ["constraint-error/minimum"], "-P1D" => ["constraint-error/minimum"],
        "P30D" => ["constraint-error/exclusiveMaximum"], "P1M" => ["constraint-error/exclusiveMaximum"], "1 day" => ["type-error"],
    }
    durations_are_equal_by_value: {"type": "duration", "constraints": {"enum": ["P1Y", "PT0S"]}} {
        "P12M" => [], "-P0D" => [], "P365D" => ["constraint-error/enum"],
    }
    objects: {"type": "object", "constraints": {"minLength": 1, "maxLength": 2}} {
        "\"{\"\"a\"\": 1}\"" => [], "{}" => ["constraint-error/minLength"], "[]" => ["type-error"], "{" => ["type-error"],
        "\"{\"\"a\"\": 1, \"\"b\"\": 2, \"\"c\"\": 3}\"" => ["constraint-error/maxLength"],
    }
    arrays_are_equal_by_value: {"type": "array", "constraints": {"enum": [[1, {"a": 2, "b": "x"}], "[]"]}} {
        "\"[1.0, {\"\"b\"\": \"\"\\u0078\"\", \"\"a\"\": 2e0}]\"" => [], "[]" => [], "[1]" => ["constraint-error/enum"], "{}" => ["type-error"],
    }
    lists: {"type": "list", "itemType": "integer", "delimiter": ";", "constraints": {"minLength": 2, "maxLength": 3}} {
        "1;2" => [], "1;2;3" => [], "7" => ["constraint-error/minLength"], "1;2;3;4" => ["constraint-error/maxLength"],
        "1;x" => ["type-error"], "1;;2" => ["type-error"], "1;9223372036854775808" => ["type-error"],
    }
    lists_are_equal_by_value: {"type": "list", "itemType": "number", "constraints": {"enum": ["1,2.50"]}} {
        "\"1.0,25e-1\"" => [], "\"1,2.5,3\"" => ["constraint-error/enum"], "1" => ["constraint-error/enum"],
    }
    lists_are_equal_to_arrays_of_json: {"type": "list", "itemType": "number", "constraints": {"enum": [[1, 2.5], [30.0]]}} {
        "\"1.0,2.50\"" => [], "3e1" => [], "\"1,2\"" => ["constraint-error/enum"],
    }
    lists_of_texts_are_equal_to_arrays_of_json: {"type": "list", "constraints": {"enum": [["a", "b"]]}} {
        "\"a,b\"" => [], "a" => ["constraint-error/enum"],
    }
    lists_of_texts_and_times: {"type": "list", "itemType": "date"} {
        "\"2020-01-01,2020-02-29\"" => [], "2020-1-1" => ["type-error"], "\"2020-01-01, 2020-01-02\"" => ["type-error"],
    }
    points: {"type": "geopoint", "constraints": {"enum": ["90.5, 45.5", "0,0"]}} {
        "\"90.50,45.50\"" => [], "\"90.5, 45.5\"" => [], "\"1,2\"" => ["constraint-error/enum"], "\"181,1\"" => ["type-error"], "90.5" => ["type-error"],
    }
    points_as_arrays: {"type": "geopoint", "format": "array"} {
        "\"[90.5, 45.5]\"" => [], "\"90.5, 45.5\"" => ["type-error"], "\"[1, 2, 3]\"" => ["type-error"],
    }
    points_as_objects: {"type": "geopoint", "format": "object"} {
        "\"{\"\"lon\"\": 1, \"\"lat\"\": 2}\"" => [], "\"{\"\"lon\"\": 1}\"" => ["type-error"],
    }
    geojson: {"type": "geojson"} {
        "\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [1, 2]}\"" => [], "{}" => ["type-error"],
    }
    topojson: {"type": "geojson", "format": "topojson"} {
        "\"{\"\"type\"\": \"\"Topology\"\", \"\"objects\"\": {}, \"\"arcs\"\": []}\"" => [],
        "\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [1, 2]}\"" => ["type-error"],
    }
    json_schemas: {"type": "object", "constraints": {"jsonSchema": {"required": ["v"], "properties": {"v": {"type": "integer"}}}}} {
        "\"{\"\"v\"\": 100}\"" => [], "\"{\"\"v\"\": \"\"bad\"\"}\"" => ["constraint-error/jsonSchema"], "{}" => ["constraint-error/jsonSchema"],
    }
    categories_are_the_only_values: {"type": "string", "categories": ["apple", {"value": "pear", "label": "Pear"}]} {
        "apple" => [], "pear" => [], "Pear" => ["constraint-error/enum"], "" => [],
    }
    integer_categories_are_compared_as_integers: {"type": "integer", "categories": [{"value": 0, "label": "no"}, 1, 2]} {
        "0" => [], "01" => [], "3" => ["constraint-error/enum"], "no" => ["type-error"],
    }
    ordered_categories_have_bounds: {
        "type": "string", "categories": ["low", "mid", "high"], "categoriesOrdered": true,
        "constraints": {"minimum": "mid", "exclusiveMaximum": "high", "enum": ["low", "mid", "high"]}
    } {
        "mid" => [], "low" => ["constraint-error/minimum"], "high" => ["constraint-error/exclusiveMaximum"], "x" => ["constraint-error/enum"],
    }
    dates_with_any_format: {"type": "date", "format": "any"} {
        "1850-01" => [], "1993-Jan" => [], "1880" => [], "01.01.2017" => [], "13/02/2017" => [], "\"Jan 5, 2020\"" => [],
        "01/02/2017" => ["type-error"], "yesterday" => ["type-error"],
    }
    partial_patterns: {"type": "date", "format": "%Y-%m", "constraints": {"minimum": "1980-02"}} {
        "1980-02" => [], "1980-1" => ["constraint-error/minimum"], "1980" => ["type-error"],
    }
    locale_patterns: {"type": "datetime", "format": "%x %X"} {
        "12/31/20 23:59:59" => [], "31/12/20 23:59:59" => ["type-error"],
    }
    an_empty_group_char_means_none: {"type": "number", "decimalChar": ".", "groupChar": "", "format": "default"} {
        "1.5" => [], "\"1,000\"" => ["type-error"],
    }
    times_finer_than_microseconds_keep_a_maximum: {"type": "datetime", "constraints": {"maximum": "2024-01-01T00:00:00Z"}} {
        "2024-01-01T00:00:00Z" => [], "2023-12-31T23:59:59.9999999Z" => [],
        "2024-01-01T00:00:00.0000001Z" => ["constraint-error/maximum"],
    }
    times_finer_than_microseconds_keep_an_exclusive_minimum: {
        "type": "datetime", "constraints": {"exclusiveMinimum": "2024-01-01T00:00:00Z"}
    } {
        "2024-01-01T00:00:00.0000001Z" => [], "2024-01-01T00:00:00.000000Z" => ["constraint-error/exclusiveMinimum"],
    }
    bounds_finer_than_microseconds: {
        "type": "time", "constraints": {"minimum": "10:00:00.1234567", "exclusiveMaximum": "10:00:00.2000005"}
    } {
        "10:00:00.123456" => ["constraint-error/minimum"], "10:00:00.1234567" => [], "10:00:00.123457" => [],
        "10:00:00.12345669" => ["constraint-error/minimum"], "10:00:00.200000" => [], "10:00:00.2000004" => [],
        "10:00:00.2000005" => ["constraint-error/exclusiveMaximum"], "10:00:00.200001" => ["constraint-error/exclusiveMaximum"],
    }
    times_finer_than_microseconds_are_listed_exactly: {
        "type": "datetime", "constraints": {"enum": ["2024-01-01T00:00:00.123456Z", "2024-01-01T00:00:00.0000005Z"]}
    } {
        "2024-01-01T00:00:00.123456Z" => [], "2024-01-01T00:00:00.1234567Z" => ["constraint-error/enum"],
        "2024-01-01T00:00:00.000000500Z" => [], "2024-01-01T00:00:00Z" => ["constraint-error/enum"],
    }
    only_values_finer_than_microseconds_are_listed: {"type": "time", "constraints": {"enum": ["10:00:00.0000001"]}} {
        "10:00:00.0000001" => [], "10:00:00" => ["constraint-error/enum"],
    }
    seconds_have_nine_digits_at_most: {"type": "datetime"} {
        "2024-01-01T00:00:00.123456789Z" => [], "2024-01-01T00:00:00.1234567890Z" => ["type-error"],
    }
}

/// `mantissa` × 10^−`scale` as a text.
fn decimal(mantissa: i64, scale: usize) -> String {
    let digits = format!("{:0>1$}", mantissa.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}0", if mantissa < 0 { "-" } else { "" })
}

/// A mantissa near another one, which is `first` without its last `shift` bits.
fn near(first: i64, shift: u32, distance: i64) -> i64 {
    (first >> shift).saturating_add(distance)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bounds and lists of numbers are compared exactly, whatever the digits of the cell and of the bound are.
    #[test]
    fn numbers_are_compared_exactly(
        first in any::<i64>(), shift in 0..60u32, scale in 0..19usize, distances in prop::collection::vec(-3..4i64, 1..20), longer in any::<bool>(),
    ) {
        let bound = near(first, shift, 0);
        // The same value, or one that differs in its 25th digit behind the point.
        let text = format!("{}{}", decimal(bound, scale), if longer { "000000000000000000000001" } else { "" });
        let more = match (longer, bound < 0) {
            (false, _) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (true, true) => Ordering::Greater,
        };
        for constraint in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum"] {
            let value = if constraint == "enum" { json!([text]) } else { json!(text) };
            let field = json!({"name": "f", "type": "number", "constraints": {constraint: value}});
            let descriptor = json!({"schema": {"fields": [field]}}).to_string();
            let cells: Vec<i64> = distances.iter().map(|&distance| near(first, shift, distance)).collect();
            let lines: Vec<String> = cells.iter().map(|&cell| format!("{}\n", decimal(cell, scale))).collect();
            let checked = check(&descriptor, format!("f\n{}", lines.concat()).as_bytes());
            let holds = |cell: i64| {
                let order = cell.cmp(&bound).then(more);
                match constraint {
                    "minimum" => order.is_ge(),
                    "maximum" => order.is_le(),
                    "exclusiveMinimum" => order.is_gt(),
                    "exclusiveMaximum" => order.is_lt(),
                    _ => order.is_eq(),
                }
            };
            let expected = cells.iter().filter(|&&cell| holds(cell)).count();
            prop_assert_eq!(checked.outcome.rows.clean as usize, expected, "{} {}: {:?}", constraint, text, lines);
        }
    }
}
