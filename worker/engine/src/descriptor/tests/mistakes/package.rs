//! A Data Package.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        (r#"{"resources":{}}"#, &[
            "1:14: resources: an object is not an array; write a list of Data Resources",
        ]),
        (r#"{"resources":[3]}"#, &[
            "1:15: resources[0]: 3 is not an object; write a Data Resource",
        ]),
        (r#"{"resources":["../orders.json"]}"#, &[
            r#"1:15: resources[0]: "../orders.json" leaves the folder of the descriptor; name a file beside the descriptor, or write the object here"#,
        ]),
        (r#"{"resources":["orders.resource.json"]}"#, &[
            r#"1:15: resources[0]: "orders.resource.json": there is no such file beside the descriptor; correct the name, or write the object here"#,
        ]),
        (r#"{"resources":[{"name":"a","path":3}]}"#, &[
            "1:34: resources[0].path: 3 is not an array; write the path of a file, or a list of paths",
        ]),
        (r#"{"resources":[{"name":"a","path":["a.csv",4]}]}"#, &[
            "1:43: resources[0].path[1]: 4 is not a string; write the path of a file, or a list of paths",
        ]),
        (r#"{"resources":[{"name":3,"path":"x.csv"}]}"#, &[
            "1:23: resources[0].name: 3 is not a string; write the name between quotes",
        ]),
        (r#"{"resources":[{"name":"a","path":"x.csv","schema":{"fields":[{"name":"a","type":"int"}]}}]}"#, &[
            r#"1:81: resources[0].schema.fields[0].type: "int" is not a type; write "integer""#,
        ]),
        (r#"{"resources":[{"schema":{"fields":[{"name":"a","type":"quantity"}]}}]}"#, &[
            r#"1:55: resources[0].schema.fields[0].type: "quantity" is not a type; use one of string, integer, number, boolean, date, datetime, time, year, yearmonth, any, duration, object, array, list, geopoint, geojson"#,
        ]),
    ],
    around: str::to_owned,
};
