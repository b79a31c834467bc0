//! Feedback for hostile and to ordinary files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read};
use std::num::NonZeroUsize;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use sluice_engine::descriptor::{DescriptorSource, Expected, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outputs, StoredFile};

use super::*;

struct Alone;

impl Neighbours for Alone {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

const RESOURCE: &str = r#"{"title": "Cases", "version": "4", "schema": {"fields": [
    {"name": "qty", "type": "integer"}, {"name": "case_id"}, {"name": "price", "type": "number"}]},
    "sluice": {"feedback": {"keys": ["case_id"]}}}"#;

/// The feedback in this form, as threads and chunks of this size make it.
fn feedback_by(resource: &str, file: &[u8], format: FeedbackFormat, (threads, chunk_bytes): (usize, usize)) -> Vec<u8> {
    let Ok(DescriptorSource::One(descriptor)) =
        DescriptorSource::read("r.json", resource.as_bytes(), &Alone, Expected::Resource)
    else {
        panic!("{resource}")
    };
    let asked = descriptor.settings.feedback.clone().unwrap();
    let outputs = Outputs { feedback: Some(asked.clone()), ..Outputs::default() };
    let options = Options { threads: NonZeroUsize::new(threads).unwrap(), chunk_bytes };
    let check = Check::new(&descriptor, None);
    let stored = StoredFile { body: file, bytes: Some(file.len() as u64), compression: None };
    let outcome = check.run(stored, outputs, &options, &|_| {}).unwrap();
    let received = Some(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let facts = FileFacts { name: "a.csv".to_owned(), received };
    let mut out = Vec::new();
    let nothing = FeedbackTable::default();
    FeedbackDocument::new(&asked, &facts, &outcome, &nothing).write(format, &mut out).unwrap();
    out
}

fn feedback(resource: &str, file: &[u8], format: FeedbackFormat) -> String {
    String::from_utf8(feedback_by(resource, file, format, (1, 1 << 20))).unwrap()
}

/// The content of a part of a workbook.
fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

const FILE: &[u8] = b"qty,case_id,price\n7,007,1.5\nx,1E5,\"12,5\"\n5,\"=1+1\",7\n9,-1,x\n1\n";

/// Names of columns, what is expected and the texts of the descriptor are changed by a spreadsheet like values.
#[test]
fn no_text_of_a_table_is_changed_by_a_spreadsheet() {
    let resource = r#"{"title": "1E5", "schema": {"fields": [{"name": "007"}, {"name": "1E5", "type": "integer"},
        {"name": "1/2", "constraints": {"enum": ["3/4"]}}]}, "sluice": {"feedback": {"keys": ["007"]}}}"#;
    let csv = feedback(resource, b"007,1E5,1/2\n1,x,3/4\n2,3,5/6\n", FeedbackFormat::Csv);
    let (label, _) = csv.split_once("\r\n").unwrap();
    assert_eq!(label, "\u{feff}'007,Line,Kind,Column,Message,Value,Expected,Help,'1E5,'1/2");
    assert!(csv.contains("1,2,Error,'1E5,\"\"\"x\"\" is not a whole number\",x,"), "{csv}");
    assert!(csv.contains("2,3,Error,'1/2,"), "{csv}");
    for cell in csv.lines().flat_map(|line| line.split(',')) {
        assert!(!["007", "1E5", "1/2", "3/4", "5/6"].contains(&cell.trim_start_matches('\u{feff}')), "{cell} in {csv}");
    }
}

#[test]
fn a_table_has_the_keys_first_and_a_line_for_each_fault() {
    let csv = feedback(RESOURCE, FILE, FeedbackFormat::Csv);
    let lines: Vec<&str> = csv.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert_eq!(lines[0], "case_id,Line,Kind,Column,Message,Value,Expected,Help,qty,price,Row as sent");
    let faults: Vec<&&str> = lines.iter().filter(|line| line.contains(",Error,")).collect();
    assert_eq!(
        faults,
        [
            &"'1E5,3,Error,qty,\"\"\"x\"\" is not a whole number\",x,a whole number,,x,\"'12,5\",",
            &"'1E5,3,Error,price,\"\"\"12,5\"\" is not a number\",\"'12,5\",a number,,,,",
            &"'-1,5,Error,price,\"\"\"x\"\" is not a number\",x,a number,,9,x,",
            &",6,Error,case_id,The row has too few cells: 1 instead of 3,,3 cells,,1,,1",
        ]
    );
    for item in [
        "Receipt,File,a.csv,",
        "Receipt,Received,'2023-11-14T22:13:20.000Z,",
        "Receipt,Checked against,Cases,",
        "Receipt,Version,4,",
    ] {
        assert!(csv.contains(item), "{item}");
    }
}

#[test]
fn a_file_without_faults_has_a_receipt() {
    for format in [FeedbackFormat::Csv, FeedbackFormat::Html] {
        let text = feedback(RESOURCE, b"qty,case_id,price\n1,a,1\n", format);
        assert!(text.contains("Nothing. All rows were accepted."), "{text}");
    }
}

#[test]
fn a_refused_file_has_a_receipt_with_the_reason() {
    let text = feedback(RESOURCE, b"qty,case\n1,a\n", FeedbackFormat::Csv);
    assert!(
        text.contains("The whole file was refused") && text.contains("The columns of the file are not the expected"),
        "{text}"
    );
    assert!(text.contains("Missing column") && text.contains("Rows accepted,0"), "{text}");
    let resource = RESOURCE.replace("\"feedback\"", "\"tolerance\": {\"rows\": 1}, \"feedback\"");
    let text = feedback(&resource, FILE, FeedbackFormat::Csv);
    assert!(text.contains("Too many rows were rejected") && text.contains("'1E5,3,Error,qty"), "{text}");
}

#[test]
fn the_receipt_counts_the_rows_that_are_left_out() {
    let rules = r#""rules": [{"name": "few", "check": "qty < 2", "severity": "warning"}, {"name": "odd", "check": "qty <> 3", "severity": "warning"}], "#;
    let resource = RESOURCE.replace("\"feedback\": {", &format!("{rules}\"feedback\": {{\"rows\": 3, "));
    let text =
        feedback(&resource, b"qty,case_id,price\n3,a,1\nx,b,1\n2,c,1\n4,d,1\nx,e,1\n1,f,1\n", FeedbackFormat::Csv);
    for item in [
        "Receipt,Rejected rows in this answer,2,",
        "Receipt,Rejected rows not in this answer,0,",
        "Receipt,Warnings,4,",
        "Receipt,Rows with warnings only,3,",
        "Receipt,Rows with warnings only in this answer,1,",
        "Receipt,Rows with warnings only that are not in this answer,2,",
        "Receipt,Size in bytes,",
        "Receipt,SHA-256,",
    ] {
        assert!(text.contains(item), "{item}: {text}");
    }
    assert!(!feedback(RESOURCE, FILE, FeedbackFormat::Csv).contains("warnings only"));
}

#[test]
fn a_file_of_rejected_rows_is_not_called_accepted() {
    for (file, result) in [
        (&b"qty,case_id,price\nx,a,1\n"[..], "Result,No rows were accepted"),
        (b"qty,case_id,price\nx,a,1\n1,b,1\n", "Result,\"Accepted, except for"),
        (b"qty,case_id,price\n", "Result,Accepted in full"),
    ] {
        let text = feedback(RESOURCE, file, FeedbackFormat::Csv);
        assert!(text.contains(result), "{text}");
    }
}

#[test]
fn german_is_complete_to_the_last_label() {
    let resource = RESOURCE.replace("{\"keys\"", "{\"language\": \"de\", \"keys\"");
    let text = feedback(&resource, FILE, FeedbackFormat::Html);
    for word in
        ["<html lang=\"de\">", "Quittung für a.csv", "Abgelehnte Zeilen", "erwartet wird eine ganze Zahl", "Meldung"]
    {
        assert!(text.contains(word), "{word}");
    }
    assert!(!["Rows", "Error", "Receipt", "Value", "Expected"].iter().any(|word| text.contains(word)), "{text}");
}

#[test]
fn a_page_runs_nothing_and_asks_nobody() {
    let hostile = "qty,case_id,price\n\"<script>alert(1)</script>\",\"</td></table><img src=x onerror=alert(1)>\",\"\u{202e}&\"\"'\"\n";
    let resource = RESOURCE.replace("Cases", "</title><script>alert(2)</script>");
    let text = feedback(&resource, hostile.as_bytes(), FeedbackFormat::Html);
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'), "{text}");
    assert!(
        text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && text.contains("\\u{202e}&amp;&quot;&#39;"),
        "{text}"
    );
    assert!(text.contains("default-src 'none'; style-src 'sha256-"), "{text}");
    assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("url("));
    for tag in ["table", "tbody", "dl", "body"] {
        let count = |text: &str, tag: &str| text.matches(tag).count();
        assert_eq!(count(&text, &format!("<{tag}")), count(&text, &format!("</{tag}>")), "{tag}");
    }
}

#[test]
fn the_hash_in_the_policy_is_that_of_the_style() {
    use sha2::Digest as _;
    let text = feedback(RESOURCE, FILE, FeedbackFormat::Html);
    let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = sha2::Sha256::digest(style);
    let mut sixes = String::new();
    for bytes in hash.chunks(3) {
        let [first, second, third] = [0, 1, 2].map(|at| u32::from(bytes.get(at).copied().unwrap_or(0)));
        let group = first << 16 | second << 8 | third;
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        sixes.extend((0..=bytes.len()).map(|at| letters[(group >> (18 - 6 * at) & 63) as usize] as char));
    }
    assert!(text.contains(&format!("'sha256-{sixes}='")), "{sixes}");
}

#[test]
fn a_workbook_keeps_case_numbers_as_texts() {
    let bytes = feedback_by(RESOURCE, FILE, FeedbackFormat::Xlsx, (1, 1 << 20));
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    for text in ["1E5", "12,5", "-1"] {
        assert!(sheet.contains(&format!("<t>{text}</t>")), "{text}: {sheet}");
    }
    // A quantity is a number, and the pane is frozen behind the header and the key.
    assert!(sheet.contains("<v>9</v>") && sheet.contains("<pane xSplit=\"1\" ySplit=\"1\""), "{sheet}");
    assert!(!sheet.contains("<f>"), "{sheet}");
    assert!(part(&bytes, "docProps/core.xml").contains("2023-11-14T22:13:20Z"));
}

#[test]
fn a_cell_of_a_sheet_is_cut_with_a_note() {
    let file = format!("qty,case_id,price\n{},1,1\n", "é".repeat(600_000));
    let bytes = feedback_by(RESOURCE, file.as_bytes(), FeedbackFormat::Xlsx, (1, 1 << 20));
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    let longest =
        sheet.split("<t>").map(|text| text.split("</t>").next().unwrap()).max_by_key(|text| text.len()).unwrap();
    assert_eq!(longest.encode_utf16().count(), 32_767);
    assert!(longest.ends_with("… (cut: 600000 characters)"));
    // CSV has the whole.
    assert!(feedback(RESOURCE, file.as_bytes(), FeedbackFormat::Csv).contains(&"é".repeat(600_000)));
}

#[test]
fn a_text_of_escapes_takes_no_longer_than_others() {
    let of = |count: usize| format!("qty,case_id,price\n{},1,1\n", "_x0041_".repeat(count));
    let sheet = |count| {
        let bytes = feedback_by(RESOURCE, of(count).as_bytes(), FeedbackFormat::Xlsx, (1, 1 << 20));
        part(&bytes, "xl/worksheets/sheet2.xml")
    };
    assert!(sheet(100).contains(&format!("<t>{}</t>", "_x005F_x0041_".repeat(100))));
    assert!(sheet(101).contains(&format!("<t>{}… (cut: 707 characters)</t>", "_x005F_x0041_".repeat(100))));
}

#[test]
fn a_sheet_has_so_many_columns() {
    let fields: Vec<String> = (0..16_380).map(|number| format!(r#"{{"name":"c{number}","type":"integer"}}"#)).collect();
    let resource = format!(
        r#"{{"schema":{{"fields":[{}]}},"dialect":{{"header":false}},"sluice":{{"limits":{{"columns":16384}},"feedback":{{"keys":["c0"]}}}}}}"#,
        fields.join(",")
    );
    let row = vec!["1"; 16_379].join(",") + ",x\n";
    let bytes = feedback_by(&resource, row.as_bytes(), FeedbackFormat::Xlsx, (1, 1 << 20));
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    assert!(sheet.contains("r=\"XFD1\"") && sheet.contains("r=\"XFD2\""));
    assert!(part(&bytes, "xl/worksheets/sheet1.xml").contains("The sheet has no room for all columns; left out: 3"));
}

#[test]
fn a_page_shows_the_beginning_of_a_long_cell() {
    let file = format!("qty,case_id,price\n{},1,1\n", "é".repeat(501));
    let text = feedback(RESOURCE, file.as_bytes(), FeedbackFormat::Html);
    assert!(text.contains(&format!("<bdi>{}…</bdi>", "é".repeat(500))) && !text.contains(&"é".repeat(501)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The bytes are a function of the file: threads and chunks do not show, nor does a second time.
    #[test]
    fn the_same_file_has_the_same_feedback(cells in prop::collection::vec("[a-z0-9,\"\n=]{0,6}", 0..60), chunk in 64..400usize) {
        let file = format!("qty,case_id,price\n{}", cells.join(","));
        for format in FeedbackFormat::ALL {
            let whole = feedback_by(RESOURCE, file.as_bytes(), format, (1, 1 << 20));
            prop_assert_eq!(&feedback_by(RESOURCE, file.as_bytes(), format, (3, chunk)), &whole);
        }
    }

    /// Whatever a cell holds, a page has only the tags of the program.
    #[test]
    fn no_cell_becomes_markup(cell in any::<String>()) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let file = format!("qty,case_id,price\n{},{},x\n", quoted(&cell), quoted(&format!("{cell}<b>&")));
        let text = feedback(RESOURCE, file.as_bytes(), FeedbackFormat::Html);
        let tags = |text: &str| text.matches('<').count();
        let plain = feedback(RESOURCE, b"qty,case_id,price\nq,c,x\n", FeedbackFormat::Html);
        // An empty cell has no element for its direction, and no fault.
        prop_assume!(!cell.is_empty() && cell.parse::<i64>().is_err());
        prop_assert_eq!(tags(&text), tags(&plain), "{}", text);
    }
}
