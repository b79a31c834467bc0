//! `sluice infer` as a user types it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Desk, Ended};

/// The lines `a,b`, `1,x` and `2,y` as a gzip stream.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xd4\x49\xe2\x32\xd4\xa9\xe0\x32\xd2\xa9\xe4\x02\x00\xc2\x96\x7e\x9d\x0c\x00\x00\x00";

/// Returns the descriptor inferred from one file with this text, after a strict check of the file against it.
fn descriptor(name: &str, text: impl AsRef<[u8]>) -> Value {
    let desk = Desk::new();
    desk.write(name, text);
    let ended = desk.sluice(&["infer", name, "--output", "resource.json"]).with_code(0);
    assert_eq!(ended.stderr, "", "no row is rejected");
    desk.sluice(&["check", name, "--resource", "resource.json", "--strict"]).with_code(0);
    serde_json::from_str(&desk.read("resource.json").unwrap()).unwrap()
}

/// Returns the type of each field, with its format.
fn types(descriptor: &Value) -> Vec<String> {
    let fields = descriptor["schema"]["fields"].as_array().unwrap();
    let of = |field: &Value| match field["format"].as_str() {
        Some(format) => format!("{} {format}", field["type"].as_str().unwrap()),
        None => field["type"].as_str().unwrap().to_owned(),
    };
    fields.iter().map(of).collect()
}

fn rows(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let rows: String = (0..count).map(|number| row(number) + "\n").collect();
    format!("{header}\n{rows}")
}

#[test]
fn the_descriptor_goes_to_standard_output() {
    let desk = Desk::new();
    desk.write("Orders 2024.csv", "id,name\n1,a\n2,b\n3,c\n");
    let ended = desk.sluice(&["infer", "Orders 2024.csv"]).with_code(0);
    let made: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        made,
        json!({
            "name": "orders-2024.csv",
            "schema": {
                "fields": [
                    {"name": "id", "type": "integer", "constraints": {"minimum": 0}},
                    {"name": "name", "type": "string"}
                ],
                "primaryKey": "id"
            }
        })
    );
}

#[test]
fn types_are_those_that_a_person_would_choose() {
    let text = "id,zip,price,when,at,ok,share,born,mail,note\n\
                1,01234,1.50,2024-01-31,2024-01-31T10:00:00Z,true,12 %,31.12.1999,a@example.org,x\n\
                2,99999,2,2024-02-29,2024-02-29T23:59:59Z,false,7 %,01.01.2000,b@example.org,\n";
    let expected = [
        "integer",
        "string",
        "number",
        "date",
        "datetime",
        "boolean",
        "integer",
        "date %d.%m.%Y",
        "string email",
        "string",
    ];
    assert_eq!(types(&descriptor("a.csv", text)), expected);
}

#[test]
fn words_for_missing_values_are_missing_in_typed_columns_only() {
    let made = descriptor("a.csv", "country,gdp\nNA,1.5\nDE,NA\nFR,-\n");
    assert_eq!(types(&made), ["string", "number"]);
    assert_eq!(made["schema"]["fields"][0].get("missingValues"), None, "Namibia is no missing value");
    assert_eq!(made["schema"]["fields"][1]["missingValues"], json!(["", "-", "NA"]));
    assert_eq!(made["schema"]["fields"][1]["constraints"].get("required"), None);
}

#[test]
fn words_of_spreadsheets_are_understood() {
    let made = descriptor("a.csv", "ok,paid,share\nWAHR,JA,1.5\nFALSCH,NEIN,#DIV/0!\nWAHR,JA,#REF!\n");
    assert_eq!(types(&made), ["boolean", "boolean", "number"]);
    assert_eq!(made["schema"]["fields"][2]["missingValues"], json!(["", "#DIV/0!", "#REF!"]));
    let made = descriptor("a.csv", "sep=;\r\nid;name\r\n1;a\r\n2;b\r\n");
    assert_eq!(made["dialect"], json!({"delimiter": ";", "headerRows": [2]}));
}

#[test]
fn zero_is_a_bound_only_if_no_number_is_negative() {
    let minimum = |cells: &str| {
        let made = descriptor("a.csv", format!("name,v\n{cells}"));
        (types(&made)[1].clone(), made["schema"]["fields"][1]["constraints"].get("minimum").cloned())
    };
    let zero = Some(json!(0));
    assert_eq!(minimum("a,1.5\nb,NaN\nc,2.5\n"), ("number".to_owned(), zero.clone()));
    assert_eq!(minimum("a,1\nb,NaN\nc,2\n"), ("integer".to_owned(), zero.clone()));
    assert_eq!(minimum("a,1e-5\nb,2.5\n"), ("number".to_owned(), zero.clone()));
    assert_eq!(minimum("a,$5.00\nb,$7.25\n"), ("number".to_owned(), zero));
    assert_eq!(minimum("a,$-5.00\nb,$7.25\n"), ("number".to_owned(), None));
    assert_eq!(minimum("a,€-5\nb,€7\n"), ("integer".to_owned(), None));
}

#[test]
fn a_word_for_a_missing_value_that_stands_twice_is_no_key() {
    let keys = |text: &str| descriptor("a.csv", text)["schema"].get("primaryKey").cloned();
    assert_eq!(keys("code,name\nDE,Germany\nNA,Namibia\nNA,Namibia\nFR,France\n"), None);
    assert_eq!(keys("code,name\nDE,Germany\n-,none\n-,none\nFR,France\n"), None);
    assert_eq!(keys("code,name\nDE,Germany\nNA,Namibia\nFR,France\n"), Some(json!("code")));
}

#[test]
fn dialects_are_found() {
    for (name, text, dialect) in [
        ("a.csv", "a;b\n1,5;x\n2,5;y\n", json!({"delimiter": ";"})),
        ("a.csv", "a|b\n1|x, y\n2|y\n", json!({"delimiter": "|"})),
        ("a.tsv", "a\tb\n1\tx\n2\ty\n", json!({"delimiter": "\t"})),
        ("a.tsv", "a,b\n1,x\n2,y\n", json!({"delimiter": ","})),
        ("a.psv", "a,b\n1,x\n2,y\n", json!({"delimiter": ","})),
        ("a.tsv", "a;b\n1;x\n2;y\n", json!({"delimiter": ";"})),
        ("a.csv", "a,b\n1,'x, y'\n2,'z, w'\n", json!({"quoteChar": "'"})),
        ("a.csv", "# made by hand\n# twice\na,b\n1,x\n2,y\n", json!({"commentChar": "#"})),
        ("a.csv", "Report of 2024\n\na,b\n1,x\n2,y\n3,z\n", json!({"headerRows": [3]})),
        ("a.csv", "1,x\n2,y\n3,z\n", json!({"header": false})),
        ("a.csv", &format!("a,b\r{}{}", "1,x\r".repeat(20), "2,\"y\nz\"\r"), json!({"lineTerminator": "\r"})),
        ("a.csv", "a,b\n1,\"say \\\"x\\\", y\"\n2,z\n", json!({"doubleQuote": false, "escapeChar": "\\"})),
        ("a.csv", "id||name||qty\n1||x||5\n2||y||6\n3||||7\n", json!({"delimiter": "||"})),
        ("a.csv", "1~|~x~|~5\n2~|~y~|~6\n", json!({"delimiter": "~|~", "header": false})),
        ("a.csv", "id§name\n1§x\n2§y\n", json!({"delimiter": "§"})),
        // A column without a value, and signs in a text.
        ("a.csv", "a|b|c\n1||3\n4||6\n", json!({"delimiter": "|"})),
        (
            "a.csv",
            "1::1193::5::978300760\n1::661::3::978302109\n2::5::4::978301968\n",
            json!({"delimiter": "::", "header": false}),
        ),
        (
            "a.csv",
            "1::Toy Story (1995)::Comedy\n2::Heat: a film (1995)::Action\n3::Jumanji (1995)::Adventure\n4::Se7en (1995)::Crime\n",
            json!({"delimiter": "::", "header": false}),
        ),
        ("a.csv", "name\nstd::vector\nstd::map\nstd::list\n", Value::Null),
        ("a.csv", "a,a\n1,x\n2,y\n", Value::Null),
        ("a.csv", "law\nBGB § 5\nStGB § 7\n", Value::Null),
        // With spaces behind the delimiter and in front of quotes.
        ("a.csv", "\"a\", \"b\"\n\"x, y\", \"z\"\n", json!({"skipInitialSpace": true})),
    ] {
        assert_eq!(descriptor(name, text)["dialect"], dialect, "{text:?}");
    }
}

#[test]
fn a_header_with_blank_labels_is_told() {
    let desk = Desk::new();
    let made = |text: &str| {
        desk.write("a.csv", text);
        let ended = desk.sluice(&["infer", "a.csv", "--output", "r.json"]).with_code(0);
        desk.sluice(&["check", "a.csv", "--resource", "r.json", "--strict"]).with_code(0);
        desk.sluice(&["infer", "a.csv", "--against", "r.json"]).with_code(0).says("no difference");
        (serde_json::from_str::<Value>(&desk.read("r.json").unwrap()).unwrap(), ended)
    };
    let (resource, ended) = made("x,,b\n0,1,5\n1,2,6\n2,3,7\n");
    assert_eq!(resource["dialect"], Value::Null);
    assert_eq!(resource["schema"]["fields"][1]["name"], "field2");
    assert_eq!(resource["sluice"], json!({"headers": {"aliases": {"": "field2"}}}));
    ended.warns("column 2 has no label; the descriptor calls it \"field2\", and says that a blank label stands for it");
    let (resource, ended) = made(",,b\n0,1,5\n1,2,6\n2,3,7\n");
    assert_eq!(resource["dialect"], Value::Null);
    assert_eq!(resource["sluice"], json!({"headers": {"aliases": {"": ["field1", "field2"]}}}));
    ended.warns(
        "several columns have no label, the first is column 1; the descriptor calls them \"field1\", \"field2\", and says",
    );
    // The header is checked and kept, so the clean file fits the descriptor, too.
    desk.write("b.csv", ",,b\n0,1,5\nx,2,6\n\n2,3,7\n");
    desk.sluice(&["check", "b.csv", "--resource", "r.json", "--clean", "clean.csv"]).with_code(0);
    assert_eq!(desk.read("clean.csv").unwrap(), ",,b\n0,1,5\n2,3,7\n");
    desk.sluice(&["check", "clean.csv", "--resource", "r.json", "--strict"]).with_code(0);
    desk.write("c.csv", ",b,\n0,1,5\n");
    desk.sluice(&["check", "c.csv", "--resource", "r.json"]).with_code(1);
    // A header of many columns without a label.
    let labels: String = (0..50).map(|number| format!("c{number},")).collect();
    let (resource, ended) = made(&format!("{labels}{}\n{}1\n", ",".repeat(49), "1,".repeat(99)));
    assert_eq!(resource["sluice"]["headers"]["aliases"][""].as_array().unwrap().len(), 50);
    ended.warns("\"field51\", \"field52\", \"field53\" and so on, 50 in all");
}

#[test]
fn cells_of_spaces_are_missing_in_typed_columns_only() {
    let made = descriptor("a.csv", "n;t\n1;x\n ;   \n    ;y\n7;z\n");
    let fields = &made["schema"]["fields"];
    assert_eq!(fields[0]["type"], "integer");
    assert_eq!(fields[0]["missingValues"], json!(["", " ", "    "]));
    assert_eq!(fields[1]["type"], "string");
    assert_eq!(fields[1]["missingValues"], Value::Null);
}

#[test]
fn codes_with_points_are_no_times() {
    let made = descriptor("a.csv", "cofog;time;x\n01.1;09.30;inf\n01.2;10.15;2.5\n");
    assert_eq!(types(&made), ["string", "time %H.%M", "number"]);
}

#[test]
fn a_key_has_no_decimals() {
    let made = descriptor("a.csv", "x_id;amount\n1,234;1,234\n1,235;1,235\n2,111;2,111\n");
    let fields = &made["schema"]["fields"];
    assert_eq!((&fields[0]["type"], &fields[0]["groupChar"]), (&json!("integer"), &json!(",")));
    assert_eq!((&fields[1]["type"], &fields[1]["decimalChar"]), (&json!("number"), &json!(",")));
}

/// Each text could also be split by some other delimiter.
#[test]
fn rare_delimiters_are_not_found_by_chance() {
    for (text, delimiter) in [
        ("list\na b c\n", ","),
        ("HH:mm:ss.S\n15:02:37.143\n", ","),
        ("##0\n\"1,234\"\n", ","),
        ("milan#_%pass\n", ","),
        ("Profession\nFinance\nInformation Technology\nOperational Delivery\nPolicy\n", ","),
        ("col1,col2\n1;2;3,4;5;6\na;b;c,d;e;f\n", ","),
        ("1, I;\n2, L;\n3, I;\n4, V;\n", ","),
        ("# Dump of a group\n# Version: 130\n# Do not change this header!\n#\n\"id\",\"name\"\n\"43\",\"Bio\"\n", ","),
        ("town#street#code\nAbla#Mayor, 6#04510\nAdra#Puerta del Mar, 3#04007\nAlbox#Haro, 1#04800\n", "#"),
        ("time\n06:07\n11:14\n16:21\n", ","),
        ("at\n2023-01-01 06:07:08\n2023-01-02 11:14:00\n2023-01-03 16:21:30\n", ","),
        ("2023-01-01T06:07:08Z\n2023-01-02T11:14:00Z\n2023-01-03T16:21:30Z\n", ","),
        ("name\n1 000\n1 000\n", ","),
        ("root:x:0:0\nbin:x:1:1\ndaemon:x:2:2\n", ":"),
    ] {
        let desk = Desk::new();
        desk.write("a.csv", text);
        let ended = desk.sluice(&["infer", "a.csv"]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(
            made["dialect"].get("delimiter").and_then(Value::as_str).unwrap_or(","),
            delimiter,
            "{text:?}: {made}"
        );
    }
}

#[test]
fn a_delimiter_behind_the_last_cell_is_declared() {
    let made = descriptor("a.csv", "a;b;\n1;x;\n2;y;\n");
    assert_eq!(made["sluice"], json!({"trailingDelimiter": true}));
    assert_eq!(types(&made), ["integer", "string"]);
    let made = descriptor("a.csv", "a,b,c\n1,x,\n2,y,\n");
    assert_eq!(made.get("sluice"), None, "a column without values is one");
    let desk = Desk::new();
    desk.write("a.csv", "a,b,\n1,x,\"\"\n2,y,\"\"\n");
    let made: Value = serde_json::from_str(&desk.sluice(&["infer", "a.csv"]).with_code(0).stdout).unwrap();
    assert_eq!(made["sluice"].get("trailingDelimiter"), None, "quotes are a cell");
}

#[test]
fn decimals_behind_a_comma_are_told_from_groups_of_thousands() {
    let made = descriptor("a.csv", "a;b\n1.234,5;1,5\n2,25;0,125\n");
    assert_eq!(made["schema"]["fields"][0]["decimalChar"], ",");
    assert_eq!(made["schema"]["fields"][0]["groupChar"], ".");
    assert_eq!(made["schema"]["fields"][1]["decimalChar"], ",");
    let made = descriptor("a.csv", "a,b\n\"1,234\",x\n\"12,345\",y\n");
    assert_eq!(
        (&made["schema"]["fields"][0]["type"], &made["schema"]["fields"][0]["groupChar"]),
        (&json!("integer"), &json!(","))
    );
}

#[test]
fn days_and_months_that_could_be_either_are_named_as_ambiguous() {
    let desk = Desk::new();
    desk.write("a.csv", "d,n\n01/02/2024,1\n03/04/2024,2\n");
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    assert!(ended.stderr.contains("AMBIGUOUS: %d/%m/%Y fits every cell as well"), "{}", ended.stderr);
    assert_eq!(types(&descriptor("a.csv", "d,n\n01/02/2024,1\n13/04/2024,2\n")), ["date %d/%m/%Y", "integer"]);
}

#[test]
fn few_texts_in_many_rows_are_a_list() {
    let made = descriptor(
        "a.csv",
        rows("id,state", 60, |number| format!("{number},{}", ["open", "paid", "sent"][number % 3])),
    );
    assert_eq!(made["schema"]["fields"][1]["constraints"]["enum"], json!(["open", "paid", "sent"]));
}

#[test]
fn reasons_name_the_cells_that_speak_against_a_type() {
    let desk = Desk::new();
    desk.write("a.csv", rows("id", 200, |number| if number == 16 { "7x".to_owned() } else { number.to_string() }));
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    assert!(
        ended.stderr.contains("not integer: 1 of 200 cells not of this type, the first is 7x in record 18"),
        "{}",
        ended.stderr
    );
}

#[test]
fn tight_constraints_are_the_bounds_that_were_seen() {
    let desk = Desk::new();
    desk.write(
        "a.csv",
        "n,d,t,e,w\n-5,2024-01-02,ab,31.12.2023,1/31/24 9:05\n17,2024-03-04,abcd,01.02.2024,2/1/24 19:05\n",
    );
    let tight = ["infer", "a.csv", "--constraints", "tight"];
    let ended = desk.sluice(&[&tight[..], &["--output", "r.json"]].concat()).with_code(0);
    assert_eq!(ended.stderr, "");
    let made: Value = serde_json::from_str(&desk.read("r.json").unwrap()).unwrap();
    let constraints = |index: usize| made["schema"]["fields"][index]["constraints"].clone();
    assert_eq!(constraints(0), json!({"minimum": -5, "maximum": 17}));
    assert_eq!(constraints(1), json!({"minimum": "2024-01-02", "maximum": "2024-03-04"}));
    assert_eq!(constraints(2), json!({"minLength": 2, "maxLength": 4}));
    // Bounds have the format of the field.
    assert_eq!(constraints(3), json!({"minimum": "31.12.2023", "maximum": "01.02.2024"}));
    assert_eq!(constraints(4), json!({"minimum": "01/31/24 09:05", "maximum": "02/01/24 19:05"}));
    desk.sluice(&["check", "a.csv", "--resource", "r.json", "--strict"]).with_code(0);
    desk.sluice(&[&tight[..], &["--sample", "30"]].concat()).with_code(2).warns("leave out --sample");
}

#[test]
fn several_files_get_one_descriptor() {
    let desk = Desk::new();
    desk.write("a.csv", "id,n\n1,1\n2,2\n").write("b.csv", "id,n\n3,1.5\n4,\n").write("c.csv", "id,m\n5,1\n");
    let made: Value = serde_json::from_str(&desk.sluice(&["infer", "a.csv", "b.csv"]).with_code(0).stdout).unwrap();
    assert_eq!(types(&made), ["integer", "number"]);
    desk.write("d.tsv", "id,n\n6,1\n");
    let made: Value = serde_json::from_str(&desk.sluice(&["infer", "a.csv", "d.tsv"]).with_code(0).stdout).unwrap();
    assert_eq!(made["dialect"]["delimiter"], ",", "the second name stands for tabs");
    desk.sluice(&["infer", "a.csv", "c.csv"]).with_code(1).warns("c.csv: label 2 is not \"n\" as in a.csv");
}

#[test]
fn the_encoding_of_a_file_is_found() {
    let latin = b"id,name\n1,Andr\xe9 Dupont\n2,Fran\xe7ois Lef\xe8vre\n3,Zo\xe9 M\xfcller\n";
    assert_eq!(descriptor("a.csv", latin)["encoding"], "windows-1252");
    let wide: Vec<u8> = "id,name\n1,one\n2,two\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(descriptor("a.csv", wide)["encoding"], "utf-16le");
    assert_eq!(descriptor("a.csv", "id,name\n1,Zo\u{e9}\n").get("encoding"), None);
}

#[test]
fn a_code_page_of_dos_is_told() {
    let desk = Desk::new();
    desk.write("a.csv", b"name,n\nM\x81ller,1\nSchr\x94der,2\nGr\x94\xe1e,3\n");
    desk.sluice(&["infer", "a.csv"])
        .with_code(0)
        .warns("looks like a code page of DOS, which is not read: 3 signs stand inside words");
}

#[test]
fn one_damaged_byte_does_not_make_another_encoding_of_utf_8() {
    let whole = rows("id,name", 50, |number| format!("{number},Zo\u{e9}")).into_bytes();
    let far = rows("id,name", 120_000, |number| format!("{number},plain name")).into_bytes();
    let far = [far, rows("120000,Zo\u{e9}", 50, |number| format!("{number},Zo\u{e9}")).into_bytes()].concat();
    for whole in [whole, far] {
        let bytes = [whole, b"7,Andr\xe9\n".to_vec()].concat();
        let desk = Desk::new();
        desk.write("a.csv", &bytes);
        let ended = desk.sluice(&["infer", "a.csv"]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(made.get("encoding"), None);
        ended.warns("a.csv: 1 row rejected by this descriptor");
    }
}

#[test]
fn what_a_constraint_cannot_say_is_not_proposed() {
    // A unique column whose name another one has, too.
    let twice = rows("b,a,b", 30, |number| format!("{number},x,9f86d081-884c-4d65-9a2f-eaa0c55ad0{:02}", number % 100));
    let made = descriptor("a.csv", twice);
    assert_eq!(made["schema"]["fields"][2]["format"], "uuid");
    assert_eq!(made["schema"]["fields"][2]["constraints"].get("unique"), None);
    // A bound has to be finite.
    let desk = Desk::new();
    desk.write("a.csv", "x\n1.5\n-INF\n2.5\n");
    let ended = desk.sluice(&["infer", "a.csv", "--constraints", "tight"]).with_code(0);
    let made: Value = serde_json::from_str(&ended.stdout).unwrap();
    let constraints = &made["schema"]["fields"][0]["constraints"];
    assert_eq!((constraints.get("minimum"), &constraints["maximum"]), (None, &Value::from(2.5)));
}

#[test]
fn standard_input_and_compressed_files_are_read() {
    let desk = Desk::new();
    let ended = desk.sluice_with_stdin(&["infer", "-"], b"a,b\n1,x\n2,y\n").with_code(0);
    assert_eq!(types(&serde_json::from_str(&ended.stdout).unwrap()), ["integer", "string"]);
    let ended = desk.sluice_with_stdin(&["infer", "-"], GZIP).with_code(0);
    assert_eq!(types(&serde_json::from_str(&ended.stdout).unwrap()), ["integer", "string"]);
    assert_eq!(types(&descriptor("a.csv.gz", GZIP)), ["integer", "string"]);
}

#[test]
fn rows_that_no_descriptor_makes_right_are_told() {
    let desk = Desk::new();
    desk.write("a.csv", "id,n\n1,1\n2\n3,3\n");
    desk.sluice(&["infer", "a.csv"]).with_code(0).warns("a.csv: 1 row rejected by this descriptor: line 3");
}

/// Values may be equal although their texts differ, which only the check of the descriptor shows.
#[test]
fn a_key_that_the_check_refutes_is_dropped() {
    for text in
        ["day,v\n1/2/2024,a\n01/02/2024,b\n3/4/2024,c\n", "id,v\n\"1,000\",a\n1000,b\n\"2,000\",c\n", "v\n-0\n0\n1\n"]
    {
        assert_eq!(descriptor("a.csv", text)["schema"].get("primaryKey"), None, "{text}");
    }
    let desk = Desk::new();
    desk.write("a.csv", "v\n-0\n0\n1\n");
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    assert!(ended.stderr.contains("no primary key: values"), "{}", ended.stderr);
}

#[test]
fn addresses_and_telephone_numbers_are_no_numbers() {
    let made = descriptor(
        "a.csv",
        "ip,phone,people,price\n192.168.178.200,568 682 967,1 234 567,1 234 567 €\n192.168.178.201,532 361 220,12 345,2 234 567 €\n",
    );
    assert_eq!(types(&made), ["string", "string", "integer", "integer"]);
    // Where a fraction stands behind the groups, they are numbers.
    let made = descriptor("a.csv", "n;m\n1.234.567.890,5;1 234,5\n1.234.567.891,5;1 235,5\n");
    assert_eq!(types(&made), ["number", "number"]);
}

#[test]
fn one_column_tells_how_others_are_read() {
    let made = descriptor("a.csv", "id,start,end\n1,20/01/2024,04/09/2025\n2,20/07/2024,09/06/2025\n");
    assert_eq!(types(&made), ["integer", "date %d/%m/%Y", "date %d/%m/%Y"]);
    let made = descriptor("a.csv", "town;people;sales\nS0;190.352;5.171,31\nS1;164.261;9.272,94\n");
    assert_eq!((types(&made)[1].as_str(), &made["schema"]["fields"][1]["groupChar"]), ("integer", &json!(".")));
    let desk = Desk::new();
    desk.write("a.csv", "Tunisia,2.349\nPakistan,1.997\nAlgeria,786\n");
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    assert!(ended.stderr.contains("AMBIGUOUS: every fraction has three digits"), "{}", ended.stderr);
}

#[test]
fn names_of_columns_count_by_their_words() {
    let made = descriptor("a.csv", "station;dew_point;temp\nS0;13,6;20,9\nS1;14,5;12,6\nS2;6,2;10,4\n");
    assert_eq!(types(&made), ["string", "number", "number"]);
    let made = descriptor("a.csv", "household,kwh_yr,model_yr\nH,1153,1999\nH,2301,2004\n");
    assert_eq!(types(&made), ["string", "integer", "year"]);
    for (name, key) in [("paid", false), ("zip_code", false), ("order_id", true), ("orderId", true)] {
        let made = descriptor("a.csv", rows(&format!("t,{name}"), 9, |number| format!("x,{}", 1000 + number * 37)));
        assert_eq!(made["schema"].get("primaryKey").is_some(), key, "{name}");
    }
}

#[test]
fn constraints_need_enough_cells() {
    let made = |count: usize, rare: usize| {
        descriptor(
            "a.csv",
            rows("v,n", count, |number| format!("{},7", if number < rare { "x" } else { ["a", "b"][number % 2] })),
        )
    };
    let constraints = |made: &Value, index: usize| made["schema"]["fields"][index]["constraints"].clone();
    assert_eq!(constraints(&made(19, 0), 1), json!({"minimum": 0}));
    assert_eq!(constraints(&made(20, 0), 1), json!({"required": true, "minimum": 0}));
    assert_eq!(constraints(&made(200, 4), 0)["enum"], Value::Null);
    assert_eq!(constraints(&made(200, 5), 0)["enum"], json!(["a", "b", "x"]));
    // The threads count the same cells.
    let desk = Desk::new();
    desk.write(
        "a.csv",
        rows("id,v", 60_000, |number| format!("{number},{}", if number % 12_000 == 7 { "x" } else { "a" })),
    );
    for threads in ["1", "4"] {
        let ended = desk.sluice(&["infer", "a.csv", "--threads", threads]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(constraints(&made, 1)["enum"], json!(["a", "x"]), "{threads}");
    }
}

#[test]
fn constraints_have_reasons() {
    let desk = Desk::new();
    desk.write("a.csv", rows("k,c,w,u", 60, |number| format!("{number},{},{},", ["A", "B"][number % 2], 100 + number)));
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    for reason in [
        "required: none of 60 cells is missing",
        "minimum 0: no value is negative",
        "enum: 60 cells have 2 texts, each of them at least 5 times",
        "60 cells are missing",
    ] {
        assert!(ended.stderr.contains(reason), "{reason}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("not boolean"), "{}", ended.stderr);
    let ended = desk.sluice(&["infer", "a.csv", "--explain", "--constraints", "tight"]).with_code(0);
    assert!(ended.stderr.contains("minimum 100, maximum 159: the least and the greatest value"), "{}", ended.stderr);
}

#[test]
fn a_file_of_many_columns_states_their_number() {
    let line = |prefix: &str, count: usize| {
        (0..count).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>().join(",") + "\n"
    };
    let made = descriptor("a.csv", line("g", 5000) + &line("1", 5000));
    assert_eq!(made["sluice"], json!({"limits": {"columns": 5000}}));
    let desk = Desk::new();
    desk.write("a.csv", line("g", 16_385) + &line("1", 16_385));
    desk.sluice(&["infer", "a.csv"]).with_code(1).warns("16384 at most (sluice.limits.columns)");
}

#[test]
fn what_cannot_be_described_is_refused_with_the_reason() {
    let desk = Desk::new();
    desk.write("empty.csv", "");
    desk.sluice(&["infer", "empty.csv"]).with_code(1).warns("empty.csv: the file is empty");
    desk.sluice(&["infer", "none.csv"]).with_code(74).warns("none.csv");
    desk.sluice(&["infer"]).with_code(2);
}

#[test]
fn a_sample_ends_with_a_whole_line() {
    let desk = Desk::new();
    desk.write("a.csv", "id,n\n1,1\n2,2\n3,x\n");
    let ended = desk.sluice(&["infer", "a.csv", "--sample", "15"]).with_code(0);
    assert_eq!(types(&serde_json::from_str(&ended.stdout).unwrap()), ["integer", "integer"]);
}

#[test]
fn a_sample_that_ends_inside_a_quoted_cell_has_the_whole_records_before_it() {
    let desk = Desk::new();
    desk.write("a.csv", rows("id,text", 40, |number| format!("{number},\"one\ntwo\nthree {number}\"")));
    for bytes in [14, 18, 22, 40, 60, 200] {
        let ended = desk.sluice(&["infer", "a.csv", "--sample", &bytes.to_string()]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((&made["dialect"], ended.stderr.as_str()), (&Value::Null, ""), "{bytes}");
        let expected = if bytes < 40 { "string" } else { "integer" };
        assert_eq!(types(&made), [expected, "string"], "{bytes}");
    }
    desk.sluice(&["infer", "a.csv", "--sample", "5"]).with_code(1).warns("the sample has no whole record");
}

fn drift(desk: &Desk) -> Ended {
    desk.sluice(&["infer", "new.csv", "--against", "resource.json"])
}

/// The exit code of `--against` is that of a check: what the descriptor allows is told, and is no failure.
#[test]
fn differences_that_a_descriptor_allows_break_nothing() {
    let desk = Desk::new();
    let descriptor = |dialect: &str, fields_match: &str| {
        format!(
            r#"{{"dialect": {dialect}, "schema": {{"fieldsMatch": "{fields_match}", "fields": [{{"name": "id", "type": "integer"}}, {{"name": "name"}}]}}}}"#
        )
    };
    for (dialect, fields_match, file, code, told) in [
        ("{}", "subset", "id,name,more\n1,a,2\n", 0, "+ \"more\""),
        ("{}", "exact", "id,name,more\n1,a,2\n", 1, "+ \"more\""),
        ("{}", "superset", "id\n1\n", 0, "- \"name\""),
        ("{}", "equal", "id\n1\n", 1, "- \"name\""),
        (r#"{"header": false}"#, "exact", "1,x\n2,y\n3,z\n", 0, ""),
        (r#"{"headerRows": [1, 2]}"#, "exact", "i,na\nd,me\n1,x\n", 1, "refused"),
    ] {
        desk.write("resource.json", descriptor(dialect, fields_match)).write("new.csv", file);
        let ended = drift(&desk).with_code(code);
        assert!(ended.stdout.contains(told), "{fields_match} {dialect}: {}", ended.stdout);
        let strict = desk.sluice(&["check", "new.csv", "--resource", "resource.json", "--strict"]);
        assert_eq!(strict.code, Some(code), "{fields_match} {dialect}");
    }
}

#[test]
fn against_a_descriptor_the_differences_are_told() {
    let desk = Desk::new();
    desk.write(
        "old.csv",
        rows("id,qty,state,gone", 60, |number| format!("{number},{number},{},x", ["open", "paid"][number % 2])),
    );
    desk.sluice(&["infer", "old.csv", "--output", "resource.json"]).with_code(0);
    desk.write("new.csv", "id,Qty,state,extra\n1,1.5,open,7\n2,3,late,8\n");
    drift(&desk)
        .with_code(1)
        .says("~ \"qty\": the column is now named \"Qty\"")
        .says("! \"state\": 1 cell breaks enum")
        .says("- \"gone\": the files have no such column")
        .says("+ \"extra\": a new column (integer); add a field");
    desk.write("new.csv", rows("id,qty,state,gone", 3, |number| format!("{number},{number}.5,open,x")));
    drift(&desk).with_code(1).says("! \"qty\": 3 cells break type; the type number fits all");
    desk.write("new.csv", rows("id,qty,state,gone", 3, |number| format!("{number},{number},open,x")));
    drift(&desk).with_code(0).says("no difference");
}

/// In a file whose header is missing, the labels are values.
#[test]
fn against_a_descriptor_that_redacts_no_other_label_is_shown() {
    let desk = Desk::new();
    let descriptor =
        r#"{"name": "t", "schema": {"fields": [{"name": "id"}, {"name": "ssn"}]}, "sluice": {"redact": ["ssn"]}}"#;
    desk.write("resource.json", descriptor)
        .write("new.csv", "C1,123-45-6789\nC2,987-65-4321\n")
        .write("more.csv", "id,123-45-6789,x\nC2,987-65-4321,1\n")
        .write("head.csv", "id,123-45-6789\nC2,987-65-4321\n")
        .write("good.csv", "id,ssn\nC2,987-65-4321\n");
    for files in [&["new.csv"][..], &["more.csv"], &["head.csv"], &["head.csv", "good.csv"], &["head.csv", "more.csv"]]
    {
        for format in ["text", "json"] {
            let args = [&["infer"], files, &["--against", "resource.json", "--format", format]].concat();
            let ended = desk.sluice(&args).with_code(1);
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!told.contains("6789") && !told.contains("4321") && !told.contains("C1"), "{told}");
        }
    }
    drift(&desk).with_code(1).says("+ \"(redacted)\": a new column");
    desk.sluice(&["infer", "head.csv", "good.csv", "--against", "resource.json"])
        .with_code(1)
        .warns("good.csv: label 2 is not (redacted) as in head.csv");
    // Without redaction they are shown.
    desk.write("resource.json", descriptor.replace("[\"ssn\"]", "[]"));
    desk.sluice(&["infer", "head.csv", "--against", "resource.json"]).with_code(1).says("is now named \"123-45-6789\"");
}

#[test]
fn against_a_descriptor_files_are_read_as_it_says() {
    let desk = Desk::new();
    for (descriptor, text) in [
        (
            r#"{"dialect": {"delimiter": ";"}, "schema": {"fields": [{"name": "text", "type": "string"}]}}"#,
            "text\nhello, world\nfoo, bar\n",
        ),
        (
            r#"{"schema": {"fields": [{"name": "2020", "type": "string"}, {"name": "2021", "type": "string"}]}}"#,
            "2020,2021\nx,y\n",
        ),
        (r#"{"encoding": "windows-1252", "schema": {"fields": [{"name": "é", "type": "string"}]}}"#, "\u{e9}\nx\n"),
        (
            r#"{"dialect": {"headerRows": [1, 2]}, "schema": {"fields": [{"name": "a x", "type": "string"}, {"name": "b y", "type": "string"}]}}"#,
            "a,b\nx,y\nl,m\n",
        ),
    ] {
        // Letters up to U+00FF are written in Latin-1.
        desk.write("resource.json", descriptor)
            .write("new.csv", text.chars().map(|letter| letter as u8).collect::<Vec<u8>>());
        drift(&desk).with_code(0).says("no difference");
    }
    desk.write("resource.json", r#"{"schema": {"fields": [{"name": "a"}, {"name": "b"}]}}"#)
        .write("new.csv", "a;b\n1;2\n");
    drift(&desk)
        .with_code(1)
        .says("- \"a\": the files have no such column")
        .says("hint: new.csv: the header reads as one label; with the delimiter \";\" it has 2");
    for option in [&["--explain"][..], &["--constraints", "tight"]] {
        let command = [&["infer", "new.csv", "--against", "resource.json"][..], option].concat();
        desk.sluice(&command).with_code(2);
    }
}

#[test]
fn equal_labels_are_compared_in_their_order() {
    let desk = Desk::new();
    desk.write("new.csv", "a,a,b\n1,x,2\n3,y,4\n");
    desk.sluice(&["infer", "new.csv", "--output", "resource.json"]).with_code(0);
    drift(&desk).with_code(0).says("no difference");
    desk.write("new.csv", "a,a,a,b\n1,x,7,2\n3,y,8,4\n");
    drift(&desk).with_code(1).says("+ \"a\": a new column (integer)");
}

#[test]
fn against_a_descriptor_rows_and_files_are_compared() {
    let fields = r#""fields": [{"name": "n", "type": "string"}, {"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}]"#;
    let text = "n,a,b\nx,1,2\nx,5,2\n";
    for (descriptor, text, line) in [
        (format!(r#"{{"name": "t", "schema": {{{fields}, "primaryKey": "n"}}}}"#), text, "! 1 row breaks primary-key"),
        (
            format!(r#"{{"name": "t", "schema": {{{fields}, "uniqueKeys": [["n", "b"]]}}}}"#),
            text,
            "! 1 row breaks unique-error",
        ),
        (
            format!(
                r#"{{"name": "t", "schema": {{{fields}}}, "sluice": {{"rules": [{{"name": "order", "check": "a < b"}}]}}}}"#
            ),
            text,
            "! 1 row breaks the rule \"order\"",
        ),
        (
            format!(r#"{{"name": "t", "schema": {{{fields}}}, "sluice": {{"file": {{"rows": {{"min": 10}}}}}}}}"#),
            text,
            "! refused: new.csv: ",
        ),
        (format!(r#"{{"name": "t", "schema": {{{fields}}}}}"#), "n,a,b\nx,1,2\nx,5\n", "! 1 row breaks missing-cell"),
        (
            format!(r#"{{"name": "t", "schema": {{{fields}}}}}"#),
            "n,b,a\nx,1,2\n",
            "! the columns are in a different order from the fields",
        ),
    ] {
        let desk = Desk::new();
        desk.write("resource.json", &descriptor).write("new.csv", text);
        drift(&desk).with_code(1).says(line);
    }
    // The name stands for tabs, and the descriptor does not say otherwise.
    let desk = Desk::new();
    desk.write("resource.json", format!(r#"{{"name": "t", "schema": {{{fields}}}}}"#)).write("new.tsv", text);
    desk.sluice(&["infer", "new.tsv", "--against", "resource.json"])
        .with_code(1)
        .says("- \"n\": the files have no such column")
        .says("hint: new.tsv: the header reads as one label");
}

#[test]
fn against_a_descriptor_foreign_keys_and_other_labels_are_compared() {
    let fields =
        r#""fields": [{"name": "id", "type": "integer"}, {"name": "parent", "type": "integer"}, {"name": "land"}]"#;
    let keys = r#""foreignKeys": [{"fields": "parent", "reference": {"resource": "", "fields": "id"}},
        {"fields": "land", "reference": {"resource": "lands", "fields": "code"}}]"#;
    let sluice = r#"{"headers": {"aliases": {"Land": "land"}}, "reference": [{"name": "lands", "path": "lands.csv"}]}"#;
    let desk = Desk::new();
    desk.write("resource.json", format!(r#"{{"name": "t", "schema": {{{fields}, {keys}}}, "sluice": {sluice}}}"#));
    desk.write("lands.csv", "code\nDE\nFR\n");
    desk.write("new.csv", "id,parent,Land\n1,,DE\n2,1,FR\n");
    drift(&desk).with_code(0);
    desk.write("new.csv", "id,parent,Land\n1,,DE\n2,7,XX\n3,1,YY\n");
    drift(&desk).with_code(1).says("foreign-key");
    // Keys of columns that are not there are left out.
    desk.write("new.csv", "id,parent\n1,\n2,1\n");
    drift(&desk).with_code(1).says("- \"land\": the files have no such column");
    std::fs::remove_file(desk.path("lands.csv")).unwrap();
    desk.write("new.csv", "id,parent,Land\n1,,DE\n");
    drift(&desk).with_code(74).warns("lands.csv: not found");
}

#[test]
fn two_columns_that_tell_rows_apart_together_are_the_key() {
    let text = rows("country,year,population", 40, |number| {
        format!("{},{},{}", ["DE", "FR", "IT", "PL"][number % 4], 2000 + number / 4, 1000 + number * number % 37)
    });
    let made = descriptor("a.csv", &text);
    assert_eq!(made["schema"]["primaryKey"], json!(["country", "year"]));
    // If one row occurs twice, there is no primary key.
    let made = descriptor("a.csv", text.clone() + "DE,2000,7\n");
    assert_eq!(made["schema"].get("primaryKey"), None);
    // The same with more records than are looked at first, in one thread and in several.
    let many = rows("shop,line,price", 9000, |number| format!("s{},{},{}.5", number / 30, number % 30, number % 7));
    for threads in ["1", "3"] {
        let desk = Desk::new();
        desk.write("a.csv", &many);
        let ended = desk.sluice(&["infer", "a.csv", "--threads", threads, "--explain"]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(made["schema"]["primaryKey"], json!(["shop", "line"]), "{threads}");
        assert!(ended.stderr.contains("primary key \"shop\" and \"line\": no two records share both values"));
        desk.write("a.csv", many.clone() + "s0,0,1.5\n");
        let ended = desk.sluice(&["infer", "a.csv", "--threads", threads]).with_code(0);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(made["schema"].get("primaryKey"), None, "{threads}");
    }
}

#[test]
fn lists_and_points_have_their_types() {
    let made = descriptor(
        "a.csv",
        "id,sizes,tags,days,place,coordinates,note\n\
         1,1;2;3,red|green,2024-01-01;2024-01-02,\"[13.4, 52.5]\",\"13.4, 52.5\",plain text; with a semicolon\n\
         2,40,blue|red,2024-02-01,\"[2.35, 48.85]\",\"2, 48\",another\n\
         3,7;8,red,2024-03-01;2024-03-02,\"[-0.1, 51.5]\",\"-0.1,51.5\",a | b\n",
    );
    assert_eq!(types(&made), ["integer", "list", "list", "list", "geopoint array", "geopoint", "string"]);
    let fields = &made["schema"]["fields"];
    assert_eq!((&fields[1]["delimiter"], &fields[1]["itemType"]), (&json!(";"), &json!("integer")));
    assert_eq!((&fields[2]["delimiter"], fields[2].get("itemType")), (&json!("|"), None));
    assert_eq!((&fields[3]["delimiter"], &fields[3]["itemType"]), (&json!(";"), &json!("date")));
    let made = descriptor("a.csv", "id,shape\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [1, 2]}\"\n");
    assert_eq!(types(&made)[1], "geojson");
    // A column in which only one of many texts has a delimiter is no list, and a few texts that are repeated are an enumeration.
    let made = descriptor(
        "a.csv",
        rows("id,t", 60, |number| format!("{number},w{number}{}", if number == 7 { ";x" } else { "" })),
    );
    assert_eq!(types(&made)[1], "string");
    let made = descriptor("a.csv", rows("id,t", 60, |number| format!("{number},{}", ["a;b", "c;d"][number % 2])));
    assert_eq!(made["schema"]["fields"][1]["constraints"]["enum"], json!(["a;b", "c;d"]));
}

#[test]
fn a_list_is_found_whatever_the_number_of_threads() {
    let text = rows("id,tags", 60_000, |number| format!("{number},t{};t{}", number % 900, number % 7));
    let made: Vec<String> = ["1", "2", "4"]
        .map(|threads| {
            let desk = Desk::new();
            desk.write("a.csv", &text);
            desk.sluice(&["infer", "a.csv", "--threads", threads]).with_code(0).stdout
        })
        .into();
    assert!(made[0].contains("\"list\""), "{}", made[0]);
    assert!(made.iter().all(|other| *other == made[0]));
}

#[test]
fn bytes_far_behind_the_beginning_decide_the_encoding() {
    let mut bytes = rows("id,name", 120_000, |number| format!("{number},plain name")).into_bytes();
    assert!(bytes.len() > 1 << 20, "the beginning is ASCII");
    bytes.extend(b"120000,Andr\xe9 Lef\xe8vre\n120001,Fran\xe7ois M\xfcller\n");
    assert_eq!(descriptor("a.csv", &bytes)["encoding"], "windows-1252");
    let desk = Desk::new();
    desk.write("a.csv", &bytes);
    let ended = desk.sluice(&["infer", "a.csv", "--explain"]).with_code(0);
    assert!(
        ended.stderr.contains("encoding windows-1252: the bytes are not UTF-8, and look like this encoding; then come"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_no_dialect_reads_is_told_with_what_to_do() {
    for (text, delimiter, words) in [
        (
            "a,b,c\n1,2,3\n4,5,6\n7;8;9\n7,8,9\n",
            ",",
            "two delimiters: 1 of the first 5 records with ';' in place of ',', the first is record 4",
        ),
        (
            "name      qty   price\napple       1    2.50\npear       12   13.00\nplum      100    0.75\n",
            ",",
            "columns of a fixed width, which no dialect reads; write a delimiter in place of the spaces",
        ),
    ] {
        let desk = Desk::new();
        desk.write("a.csv", text);
        let ended = desk.sluice(&["infer", "a.csv"]).with_code(0).warns(words);
        let made: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(made["dialect"].get("delimiter").and_then(Value::as_str).unwrap_or(","), delimiter, "{text:?}");
    }
}

#[test]
fn a_text_of_one_record_has_the_delimiter_around_its_lists() {
    for (text, delimiter) in [
        ("1,Orange,K6CF Anaheim|K6COV Orange|K6MWT Lake,7\n", ","),
        ("1;Orange;K6CF Anaheim|K6COV Orange|K6MWT Lake;7\n", ";"),
        ("Doe, John|5|Main St|x\n", "|"),
    ] {
        let made = descriptor("a.csv", text);
        assert_eq!(made["dialect"].get("delimiter").and_then(Value::as_str).unwrap_or(","), delimiter, "{text:?}");
    }
}

#[test]
fn tight_bounds_of_decimals_hold_for_digits_that_a_double_does_not_have() {
    let desk = Desk::new();
    for (cells, least, most) in [
        (["0.5", "0.25", "0.125"], 0.125, 0.5),
        (["0.1", "0.2", "0.3000000000000000055"], 0.1, 0.300_000_000_000_000_04),
        (["0.29999999999999999999", "0.5", "1.5"], 0.299_999_999_999_999_93, 1.5),
        (
            ["-0.1000000000000000055", "0.5", "12345678901234567891"],
            -0.100_000_000_000_000_02,
            12_345_678_901_234_569_000.0,
        ),
    ] {
        desk.write("a.csv", format!("n,m\n{},1\n{},2\n{},3\n", cells[0], cells[1], cells[2]));
        let ended = desk.sluice(&["infer", "a.csv", "--constraints", "tight", "--output", "r.json"]).with_code(0);
        assert_eq!(ended.stderr, "", "{cells:?}");
        let made: Value = serde_json::from_str(&desk.read("r.json").unwrap()).unwrap();
        let constraints = &made["schema"]["fields"][0]["constraints"];
        assert_eq!((constraints["minimum"].as_f64(), constraints["maximum"].as_f64()), (Some(least), Some(most)));
        desk.sluice(&["check", "a.csv", "--resource", "r.json"]).with_code(0).says("0 rejected");
    }
}
