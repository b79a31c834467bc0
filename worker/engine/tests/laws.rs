//! Laws that hold for every file, good or damaged, at every chunk size and number of threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::num::NonZeroUsize;

use proptest::prelude::*;
use sluice_engine::compression::Compression;
use sluice_engine::infer::{Inference, Source, Wanted};
use sluice_engine::pipeline::file::StoredFile;
use sluice_engine::report::{LastLine, Reject, Verdict};
use support::{Checked, check, check_with};

const DESCRIPTOR: &str = r#"{"schema": {"fields": [
    {"name": "id", "type": "integer", "constraints": {"required": true, "minimum": 0, "maximum": 99}},
    {"name": "name", "type": "string", "constraints": {"minLength": 1, "maxLength": 4, "pattern": "[a-zé\"\n ]*"}},
    {"name": "when", "type": "date"},
    {"name": "price", "type": "number", "constraints": {"exclusiveMinimum": 0}}
]}}"#;

/// Pieces of files: cells, separators, line ends, damage.
const PIECES: [&[u8]; 24] = [
    b"1",
    b"7",
    b"120",
    b"x",
    b"ab",
    b"\xc3\xa9",
    b"\xff",
    b",",
    b",",
    b",",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"\"a b\"",
    b"\"a\nb\"",
    b"2020-02-29",
    b"2021-02-29",
    b"0.5",
    b"-1e3",
    b"12345678901234567890.5",
    b"1,ab,2020-02-29,0.5\n",
];

fn file() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![9 => Just("id,name,when,price\n"), 1 => Just("\u{feff}id,name,when,price\r\n")];
    (header, prop::collection::vec(0..PIECES.len(), 0..60)).prop_map(|(header, pieces)| {
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(pieces.into_iter().flat_map(|piece| PIECES[piece].iter().copied()));
        bytes
    })
}

fn rejects(checked: &Checked) -> Vec<Reject> {
    checked.rejects.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rows_read_are_clean_or_rejected(file in file()) {
        let checked = check(DESCRIPTOR, &file);
        let rows = checked.outcome.rows;
        prop_assert_eq!(rows.read, rows.clean + rows.rejected);
        let rejects = rejects(&checked);
        prop_assert_eq!(rows.rejected, rejects.len() as u64);
        let faults: usize = rejects.iter().map(|reject| reject.errors.len()).sum();
        prop_assert_eq!(checked.outcome.errors.values().sum::<u64>(), faults as u64);
        prop_assert!(rejects.iter().all(|reject| !reject.errors.is_empty()));
        for field in &checked.outcome.fields {
            prop_assert_eq!(field.count + field.missing, rows.clean, "{}", &field.name);
        }
    }

    #[test]
    fn the_clean_file_is_the_input_without_the_records_that_are_not_in_it(file in file()) {
        let checked = check(DESCRIPTOR, &file);
        let rejects = rejects(&checked);
        // Every reject is in the input where it states, and no clean byte is lost between two rejects.
        let mut rest = &checked.clean[..];
        let mut from = 0;
        for reject in &rejects {
            let at = reject.byte as usize;
            let raw = support::raw(reject);
            prop_assert_eq!(&file[at..at + raw.len()], &raw[..]);
            let after = take_without_blank_lines(rest, &file[from..at]).ok_or_else(|| {
                TestCaseError::fail(format!("clean bytes differ before byte {at}"))
            })?;
            rest = after;
            from = at + raw.len() + line_end(&file[at + raw.len()..]);
        }
        let rest = take_without_blank_lines(rest, &file[from..])
            .ok_or_else(|| TestCaseError::fail("clean bytes differ at the end"))?;
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn chunks_and_threads_never_show(file in file(), chunk_bytes in 1usize..200, threads in 1usize..5) {
        let whole = check(DESCRIPTOR, &file);
        let cut = check_with(DESCRIPTOR, &file, None, threads, chunk_bytes);
        prop_assert_eq!(whole, cut);
    }

    /// Wherever the rejects end, their lines are the first ones, everything is counted as without a limit, and neither
    /// chunks nor threads change the result.
    #[test]
    fn rejects_end_at_the_same_line_whatever_the_chunks(
        file in file(), limit in 0u64..3000, chunk_bytes in 1usize..200, threads in 1usize..5,
    ) {
        let limited = DESCRIPTOR.replacen('{', &format!(r#"{{"sluice": {{"limits": {{"rejectBytes": {limit}}}}}, "#), 1);
        let all = check(DESCRIPTOR, &file);
        let whole = check(&limited, &file);
        prop_assert_eq!(&whole, &check_with(&limited, &file, None, threads, chunk_bytes));
        prop_assert_eq!(&whole.clean, &all.clean);
        prop_assert_eq!(whole.outcome.rows, all.outcome.rows);
        prop_assert_eq!(&whole.outcome.errors, &all.outcome.errors);
        prop_assert_eq!(&whole.outcome.samples, &all.outcome.samples);
        let Some(omitted) = whole.outcome.rejects_omitted else {
            prop_assert!(all.rejects.len() as u64 <= limit);
            prop_assert_eq!(&whole.rejects, &all.rejects);
            return Ok(());
        };
        let lines: Vec<&[u8]> = whole.rejects.split_inclusive(|&byte| byte == b'\n').collect();
        let (last, written) = lines.split_last().unwrap();
        let written = written.concat();
        prop_assert!(all.rejects.starts_with(&written));
        let next: Reject = serde_json::from_slice(all.rejects[written.len()..].split(|&byte| byte == b'\n').next().unwrap()).unwrap();
        prop_assert_eq!(omitted.first_record, next.record);
        prop_assert_eq!(omitted.rows, all.outcome.rows.rejected - (lines.len() as u64 - 1));
        prop_assert_eq!(serde_json::from_slice::<LastLine>(last).unwrap().rejects_omitted, omitted);
    }

    /// Without a header, the first record with cells and no fault says how many columns there are, whatever stands in front of it.
    #[test]
    fn the_width_is_found_behind_anything(
        before in prop::collection::vec(prop_oneof![
            Just("\n".to_owned()), Just("#1,2,3\n".to_owned()), Just("x\"\n".to_owned()),
            Just("a,".repeat(1000) + "\n"), Just("#".repeat(1500) + "\n")], 0..40),
        chunk_bytes in 1usize..3000, threads in 1usize..4,
    ) {
        let file = before.concat() + "1,2\n3,4\n5\n";
        let descriptor = r##"{"dialect": {"header": false, "commentChar": "#"}, "sluice": {"limits": {"recordBytes": 1024}}}"##;
        let whole = check(descriptor, file.as_bytes());
        prop_assert_eq!(&whole, &check_with(descriptor, file.as_bytes(), None, threads, chunk_bytes));
        prop_assert_eq!(whole.outcome.fields.len(), 2);
        prop_assert_eq!(&whole.clean[..], b"1,2\n3,4\n");
        let at_fault = before.iter().filter(|line| line.contains('"') || line.len() > 1024).count();
        prop_assert_eq!(whole.outcome.rows.rejected, at_fault as u64 + 1);
        prop_assert_eq!(whole.outcome.rows.blank, before.iter().filter(|line| *line == "\n").count() as u64);
    }

    #[test]
    fn a_clean_file_is_clean_and_has_the_same_statistics(file in file()) {
        let first = check(DESCRIPTOR, &file);
        let second = check(DESCRIPTOR, &first.clean);
        prop_assert_eq!(second.outcome.rows.rejected, 0);
        prop_assert_eq!(second.outcome.rows.read, first.outcome.rows.clean);
        prop_assert_eq!(second.outcome.verdict, Verdict::Clean);
        prop_assert_eq!(&second.clean, &first.clean);
        prop_assert_eq!(statistics(&second), statistics(&first));
    }

    /// The clean file fits the descriptor that was inferred from the file, with a blank or shared label, too. Only the numbers of header rows are
    /// those of the file that was sent.
    #[test]
    fn a_clean_file_fits_the_inferred_descriptor(
        labels in prop::collection::vec(prop::sample::select(&["", "", "id", "name", "x", "2020", "\"\"", "\"a,b\""][..]), 1..6),
        rows in prop::collection::vec(prop::collection::vec(prop::sample::select(&["", "1", "ab", "2020-02-29", "0.5", "\"\"", "\"x"][..]), 1..6), 0..8),
    ) {
        let line = |cells: &Vec<&str>| cells.join(",") + "\n";
        let file = line(&labels) + &rows.iter().map(line).collect::<String>();
        let source = Source { name: "a.csv".to_owned(), file: StoredFile::from(file.as_bytes()), delimiter: Some(b',') };
        let Ok(inference) = Inference::of(source, NonZeroUsize::MIN, None, None) else { return Ok(()) };
        let descriptor = inference.describe("a", &Wanted::default()).json;
        let first = check(&descriptor, file.as_bytes());
        if first.outcome.refusal.is_some() || descriptor.contains("headerRows") {
            return Ok(());
        }
        let second = check(&descriptor, &first.clean);
        prop_assert_eq!(second.outcome.refusal, None, "{}", &descriptor);
        prop_assert_eq!((second.outcome.rows.read, second.outcome.rows.rejected), (first.outcome.rows.clean, 0), "{}", &descriptor);
        prop_assert_eq!(second.clean, first.clean);
    }

    #[test]
    fn compression_changes_nothing_but_the_bytes(
        file in file(),
        compression in prop::sample::select(&[Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz][..]),
        threads in 1usize..3,
    ) {
        let plain = check(DESCRIPTOR, &file);
        let stored = support::compress(&file, compression);
        let packed = check_with(DESCRIPTOR, &stored, Some(compression), threads, 4096);
        prop_assert_eq!(support::decompress(&packed.clean, compression), plain.clean);
        prop_assert_eq!(packed.rejects, plain.rejects);
        prop_assert_eq!(packed.outcome.fields, plain.outcome.fields);
        prop_assert_eq!(packed.outcome.rows, plain.outcome.rows);
    }

    #[test]
    fn no_bytes_make_it_panic(file in prop::collection::vec(any::<u8>(), 0..300), chunk_bytes in 1usize..100) {
        let whole = check(r#"{}"#, &file);
        prop_assert_eq!(&whole, &check_with(r#"{}"#, &file, None, 2, chunk_bytes));
    }
}

/// With as many columns as this, threads share their statistics.
#[test]
fn threads_that_share_statistics_do_not_show() {
    let columns = 5000;
    let row = |row: usize| {
        let cell = |column: usize| ((row * 7919 + column * 31) % 1000).to_string();
        (0..columns).map(cell).collect::<Vec<_>>().join(",") + "\n"
    };
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let file = names.join(",") + "\n" + &(0..300).map(row).collect::<String>();
    let fields: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({"name": name, "type": if name.len() > 4 { "integer" } else { "string" }}))
        .collect();
    let descriptor =
        serde_json::json!({"schema": {"fields": fields}, "sluice": {"limits": {"columns": 16_384}}}).to_string();
    let whole = check(&descriptor, file.as_bytes());
    assert_eq!(whole.outcome.rows.clean, 300);
    assert!(whole.outcome.fields.iter().all(|field| field.distinct > 200 && !field.distinct_exact));
    assert!(whole == check_with(&descriptor, file.as_bytes(), None, 4, 50_000));
}

/// Returns the statistics of all columns, none of which depends on record numbers while the table of values is exact.
fn statistics(checked: &Checked) -> Vec<serde_json::Value> {
    checked.outcome.fields.iter().map(|field| serde_json::to_value(field).unwrap()).collect()
}

fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// Takes `original` from the front of `clean`, skipping blank lines of `original` that `clean` does not have. `None` if
/// `clean` begins otherwise.
fn take_without_blank_lines<'a>(clean: &'a [u8], original: &[u8]) -> Option<&'a [u8]> {
    let (mut clean, mut original) = (clean, original);
    let mut at_start = true;
    while !original.is_empty() {
        let end = line_end(original);
        if at_start && end > 0 {
            original = &original[end..];
            continue;
        }
        let (&first, rest) = clean.split_first()?;
        if first != original[0] {
            return None;
        }
        at_start = first == b'\n';
        clean = rest;
        original = &original[1..];
    }
    Some(clean)
}
