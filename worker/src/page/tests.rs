//! Tests of whole pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use serde_json::json;
use sluice_engine::report::Verdict;

use super::*;
use crate::context::FileOutcome;
use crate::task::{FailureCode, FileFailure};

/// Texts that would be markup, or would change the direction of the page, if they were not escaped.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</script></style></title><b>",
    "javascript:alert(1)",
    "\u{202e}\u{2066}txet\n\u{0}",
    "&lt;<!--<a href=//x.example>",
];

/// A report in which every text is `text`.
fn report(text: &str) -> Box<FileReport> {
    let fault = |column: u64| json!({"column": column, "field": text, "code": "type-error", "constraint": text, "rule": text, "message": text, "value": text});
    let field = json!({
        "name": text, "type": text, "count": 20, "missing": 1, "distinct": 20, "distinctExact": false, "min": text, "max": text,
        "mean": 1.5, "stddev": 2.5, "sum": 30, "notFinite": 1,
        "quantiles": {"p01": text, "p25": text, "p50": text, "p75": text, "p99": text},
        "histogram": {"edges": [text, text, text], "counts": [1, 2], "below": 1, "above": 2},
        "top": [[text, 3], ["", 2]], "minLength": 1, "maxLength": 9
    });
    let mut text_field = field.clone();
    text_field.as_object_mut().unwrap().remove("histogram");
    let value = json!({
        "version": 1,
        "file": {"key": text, "etag": text, "bytes": 123, "lastModified": text, "compression": null, "encoding": text, "encodingNote": text,
                 "assertions": [{"name": text, "holds": false, "message": text}]},
        "descriptor": {"key": text, "sha256": text, "resource": text},
        "engine": text, "verdict": "refused",
        "rows": {"read": 100, "clean": 97, "rejected": 3, "blank": 0},
        "errors": {"type-error": 2, "missing-cell": 1},
        "faults": {"causes": [{"field": text, "code": "constraint-error", "constraint": text, "faults": 2}, {"code": "row-constraint", "rule": text, "faults": 1}],
                   "causesOmitted": 2, "spread": {"width": 1, "rejected": [0, 1, 1, 1]}},
        "refusal": {"code": "tolerance", "message": text},
        "fields": [field, text_field],
        "labels": [{"column": 1, "label": text, "field": text, "by": "alias"}],
        "outputs": {"clean": text, "rejects": text, "parquet": text},
        "samples": [
            {"record": 2, "line": 2, "byte": 3, "errors": [fault(1), fault(2)], "raw": format!("{text},{text}")},
            {"record": 3, "line": 3, "byte": 9, "errors": [fault(1)], "rawBase64": text},
            {"record": 4, "line": 4, "byte": 12, "errors": [fault(9)]},
        ],
        "warnings": {text: 3},
        "hints": [text],
        "startedAt": text, "seconds": 0.4
    });
    serde_json::from_value(value).unwrap()
}

fn page(text: &str) -> String {
    let mut contents = Contents::new(text.to_owned());
    contents.about.push(("run", text.to_owned()));
    contents.notes.push(text.to_owned());
    contents.add(FileOutcome::Checked(report(text)));
    let failure = FileFailure { key: text.to_owned(), code: FailureCode::Descriptor, message: text.to_owned() };
    contents.add(FileOutcome::Failed(failure));
    let past = |seconds| HistoryFile {
        key: text.to_owned(),
        written: std::time::UNIX_EPOCH,
        started_at: text.to_owned(),
        verdict: Verdict::Accepted,
        read: 10,
        rejected: 1,
        bytes: 99,
        seconds,
    };
    let history = History {
        prefix: text.to_owned(),
        files: vec![past(0.5), past(7.5)],
        records: 9,
        unreadable: 1,
        without_room: 0,
    };
    contents.histories.push(history);
    render(contents)
}

/// The names of all elements and attributes of a page, in their order, as a lenient browser would see them. A `<` begins markup
/// wherever it is, except in style and script.
fn markup(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let body = page.replace(SCRIPT, "").replace(STYLE, "");
    for piece in body.split('<').skip(1) {
        let inside = piece.split('>').next().unwrap();
        // Drops the values of attributes and keeps the names.
        let names = inside.split('"').step_by(2).collect::<Vec<_>>().join("\"");
        found.push(names);
    }
    found
}

#[test]
fn no_text_becomes_markup() {
    // A text with a line end or a quote is laid out in other elements of the page.
    let known: BTreeSet<String> = ["text", "te,\"xt\nmore"].iter().flat_map(|text| markup(&page(text))).collect();
    for hostile in HOSTILE {
        let page = page(hostile);
        let unknown: Vec<String> = markup(&page).into_iter().filter(|element| !known.contains(element)).collect();
        assert!(unknown.is_empty(), "{hostile}: {unknown:?}");
        let is_invisible = |character: char| character.is_control() && character != '\n';
        assert!(!page.contains(is_invisible) && !page.contains(['\u{202e}', '\u{2066}']), "{hostile}");
        assert!(!page.contains("href=\"javascript"), "{hostile}");
    }
}

/// Returns a page in lines, without its style and its script, for review.
fn reviewed(page: &str) -> String {
    let policy = page.split('"').find(|text| text.starts_with("default-src")).unwrap();
    let page = page.replace(policy, "(policy)").replace(SCRIPT, "(script)").replace(STYLE, "(style)");
    page.replace(crate::version::ENGINE, "(engine)").replace("><", ">\n<")
}

/// `UPDATE_GOLDEN=1 cargo test --release -p sluice -p sluice-csv -p sluice-engine --lib page::` writes it anew.
#[test]
fn the_page_is_the_reviewed_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/page.html");
    let made = reviewed(&page("A text, \"quoted\" & <marked>"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "the page is another one than {}; after a review: UPDATE_GOLDEN=1", path.display());
}

#[test]
fn a_page_refers_to_nothing_outside_of_it() {
    let page = page("text");
    let mut parts = page.split("href=\"").skip(1);
    assert!(parts.all(|part| part.starts_with('#')));
    for word in ["src=", "url(", "@import", "http:", "https:", "style=\"", "onclick", "fetch("] {
        assert!(!page.contains(word), "{word}");
    }
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src &#39;none&#39;;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn texts_of_megabytes_are_cut() {
    let page = page(&"<x>&'\"".repeat(200_000));
    assert!(page.len() < 100_000, "{}", page.len());
}

#[test]
fn a_redacted_column_shows_nothing_but_counts() {
    let mut report = report("text");
    report.fields = vec![serde_json::from_value(json!({"name": "email", "type": "string", "count": 5, "missing": 1, "distinct": 4, "distinctExact": true, "top": []})).unwrap()];
    report.samples.iter_mut().for_each(|sample| (sample.raw, sample.raw_base64) = (None, None));
    let mut contents = Contents::new("title".to_owned());
    contents.add(FileOutcome::Checked(report));
    let page = render(contents);
    assert!(page.contains("<th scope=\"row\">email</th>"));
    assert!(page.contains("not shown: the file has redacted columns"));
    assert!(!page.contains("Frequent values"));
}

#[test]
fn estimates_are_marked_and_exact_figures_are_not() {
    let field = |is_exact: bool| {
        let number = json!({"name": "n", "type": "integer", "count": 9001, "missing": 0, "distinct": 8001, "distinctExact": is_exact, "min": 1001, "max": 7001,
            "mean": 3001, "quantiles": {"p01": 1011, "p25": 2001, "p50": 4001, "p75": 5001, "p99": 6001},
            "histogram": {"edges": [1001, 7001], "counts": [8901], "below": 51, "above": 49}, "top": []});
        let text = json!({"name": "t", "type": "string", "count": 9001, "missing": 0, "distinct": 8002, "distinctExact": is_exact,
            "top": [["often", 2101]], "minLength": 1, "maxLength": 9});
        let mut report = report("x");
        report.fields = serde_json::from_value(json!([number, text])).unwrap();
        let mut contents = Contents::new("estimates".to_owned());
        contents.add(FileOutcome::Checked(report));
        contents
    };
    let (exact, estimated) = (field(true), field(false));
    assert!(
        !estimated.text(80, false).join("\n").contains("often 23.3 %")
            && exact.text(80, false).join("\n").contains("often 23.3 %")
    );
    assert!(estimated.text(80, false).join("\n").contains("often ≈ 23.3 %"));
    let (exact, estimated) = (render(exact), render(estimated));
    // The median is in the table and in the details.
    for (figure, times) in [
        ("8,001<", 1),
        ("8,002<", 1),
        ("1011<", 1),
        ("2001<", 1),
        ("4001<", 2),
        ("5001<", 1),
        ("6001<", 1),
        ("8,901)", 2),
        ("100<", 1),
        ("2,101<", 1),
    ] {
        let marked = format!("≈ {figure}");
        assert_eq!((exact.matches(&marked).count(), estimated.matches(&marked).count()), (0, times), "{figure}");
    }
    for figure in ["1001<", "7001<", "3001<", "9,001<"] {
        assert!(estimated.contains(&format!(">{figure}")), "{figure}");
    }
}

#[test]
fn rows_of_refused_files_are_not_shown_as_clean() {
    let contents = |verdicts: &[Verdict]| {
        let mut contents = Contents::new("refused".to_owned());
        for verdict in verdicts {
            let mut report = report("x");
            report.verdict = *verdict;
            contents.add(FileOutcome::Checked(report));
        }
        render(contents)
    };
    let all = contents(&[Verdict::Accepted, Verdict::Refused, Verdict::Refused]);
    assert!(all.contains("\"rows: 97 clean, 194 without faults in refused files, 9 rejected\""));
    assert!(all.contains("rows without faults in refused files</span>"));
    let accepted = contents(&[Verdict::Accepted]);
    assert!(accepted.contains("\"rows: 97 clean, 3 rejected\"") && !accepted.contains("in refused files"));
}

#[test]
fn of_many_wide_files_the_worst_are_shown_and_the_others_counted() {
    let mut contents = Contents::new("many".to_owned());
    let wide = {
        let mut wide = report("name");
        wide.file.key = "p/incoming/x.csv".to_owned();
        let field = wide.fields[0].clone();
        wide.fields = (0..200)
            .map(|number| sluice_engine::report::FieldStatistics { name: format!("column {number}"), ..field.clone() })
            .collect();
        wide
    };
    for number in 0..700 {
        let mut report = wide.clone();
        report.file.key = format!("p{}/incoming/{number}.csv", number % 3);
        report.rows.rejected = number;
        contents.add(FileOutcome::Checked(report));
    }
    let page = render(contents);
    assert!(page.len() < PAGE_BYTES && page.len() > PAGE_BYTES / 2, "{}", page.len());
    assert!(page.contains("The worst 500 are shown; 200 files are left out."));
    assert!(page.contains("column 199"), "the columns of one file are all there");
    assert!(
        page.contains("650 more files are not shown in detail.")
            && page.contains("more columns not shown: the page has no room for more")
    );
    assert!(page.find("p0/incoming/699.csv") < page.find("p2/incoming/698.csv"));
}

#[test]
fn a_page_of_hostile_names_is_no_larger() {
    let mut contents = Contents::new("\u{202e}".repeat(5000));
    for number in 0..600 {
        let mut report = report(&"\u{202e}'".repeat(3000));
        report.file.key = format!("{}{number}", "\u{202e}'".repeat(500));
        contents.add(FileOutcome::Checked(report));
    }
    let files = (0..60).map(|_| HistoryFile {
        key: "\u{202e}".repeat(500),
        written: std::time::UNIX_EPOCH,
        started_at: String::new(),
        verdict: Verdict::Clean,
        read: 1,
        rejected: 0,
        bytes: 1,
        seconds: 1.0,
    });
    let files: Vec<HistoryFile> = files.collect();
    let histories = (0..20).map(|_| History {
        prefix: "\u{202e}".repeat(500),
        files: files.clone(),
        records: 60,
        ..History::default()
    });
    contents.histories.extend(histories);
    let page = render(contents);
    assert!(page.len() < PAGE_BYTES, "{}", page.len());
}

#[test]
fn files_in_any_order_make_the_same_page() {
    let render = |order: &mut dyn Iterator<Item = u64>| {
        let mut contents = Contents::new("title".to_owned());
        for number in order {
            let mut report = report(&format!("text {number}"));
            report.file.key = format!("p/incoming/{number:03}.csv");
            contents.add(FileOutcome::Checked(report));
        }
        render(contents)
    };
    assert!(render(&mut (0..120)) == render(&mut (0..120).rev()));
}

#[test]
fn columns_are_cut_to_the_width_of_the_terminal() {
    let mut report = report("a text of some length that many cells have");
    for field in &mut report.fields {
        field.name = "a name that is longer than its place".to_owned();
        (field.kind, field.min) = ("string".to_owned(), None);
        field.top = (0..3).map(|number| (format!("{number} is a frequent value"), 1)).collect();
    }
    let mut contents = Contents::new("title".to_owned());
    contents.add(FileOutcome::Checked(report));
    for width in [40, 60, 80, 120] {
        let lines = contents.text(width, false);
        let columns: Vec<&String> = lines.iter().filter(|line| line.starts_with("  a name")).collect();
        assert!(!columns.is_empty());
        assert!(columns.iter().all(|line| line.chars().count() <= width), "{width}: {columns:#?}");
        assert!(width > 60 || columns.iter().any(|line| line.ends_with('…')), "{width}: {columns:#?}");
    }
}

#[test]
fn files_that_an_interrupted_run_did_not_reach_have_not_failed() {
    let mut contents = Contents::new("title".to_owned());
    let failure = FileFailure { key: "a".to_owned(), code: FailureCode::Interrupted, message: "why".to_owned() };
    contents.add(FileOutcome::Failed(failure));
    let text = contents.text(80, false).join("\n");
    assert!(text.contains("0 failed, 1 not checked (interrupted)"), "{text}");
    let page = render(contents);
    assert!(page.contains("1 interrupted") && !page.contains("1 failed"), "{page}");
}
