//! Well-formed input: the parser of the `csv` crate reads the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use csv_core::{ReadRecordResult, ReaderBuilder};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sluice_csv::{Dialect, Kernel, Limits, LineTerminator, Records};
use support::{Circumstances, Kind, kernels};

/// Writes cells as RFC 4180 has them; quotes where it must, and where it is told to.
fn write(rows: &[Vec<(String, bool)>], line_end: &str, last_line_end: bool) -> Vec<u8> {
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (place, (cell, quoted)) in row.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            if *quoted || cell.contains([',', '"', '\r', '\n']) || row.len() == 1 && cell.is_empty() {
                text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
            } else {
                text.push_str(cell);
            }
        }
        if last_line_end || place + 1 < rows.len() {
            text.push_str(line_end);
        }
    }
    text.into_bytes()
}

fn csv_core_rows(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = ReaderBuilder::new().build();
    let (mut rows, mut input) = (Vec::new(), text);
    let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 2]);
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, bytes, cells) = reader.read_record(input, &mut output[written..], &mut ends[ended..]);
        input = &input[read..];
        written += bytes;
        ended += cells;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::Record => {
                let mut from = 0;
                rows.push(
                    ends[..ended]
                        .iter()
                        .map(|&end| {
                            let cell = output[from..end].to_vec();
                            from = end;
                            cell
                        })
                        .collect(),
                );
                (written, ended) = (0, 0);
            }
            ReadRecordResult::End => return rows,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                unreachable!("the buffers hold the input")
            }
        }
    }
}

fn cell() -> impl Strategy<Value = (String, bool)> {
    let pieces =
        vec!["", "a", "bc", ",", "\"", "\n", "\r\n", " ", "é", "\0", "0123456789012345678901234567890123456789"];
    (vec(select(pieces), 0..4).prop_map(|pieces| pieces.concat()), any::<bool>())
}

fn table() -> impl Strategy<Value = Vec<Vec<(String, bool)>>> {
    (1_usize..6).prop_flat_map(|columns| vec(vec(cell(), columns), 1..20))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_csv_crate_reads_the_same(
        table in table(), line_end in select(vec!["\n", "\r\n"]), last_line_end in any::<bool>(), chunk_bytes in 1_usize..400,
    ) {
        let text = write(&table, line_end, last_line_end);
        let expected = csv_core_rows(&text);
        prop_assert_eq!(expected.len(), table.len(), "the oracle reads what was written");
        // Lone LF and lone CR stand in quotes only, so the line ends are not in doubt.
        let dialect = Dialect { line_terminator: LineTerminator::Lf, ..Dialect::default() };
        for kernel in kernels() {
            let circumstances = Circumstances { chunk_bytes, kernel, ..Circumstances::new(&dialect, table[0].len()) };
            let found: Vec<_> = circumstances.read(&text).into_iter().map(|seen| seen.kind).collect();
            let expected: Vec<_> = expected.iter().cloned().map(Kind::Cells).collect();
            prop_assert_eq!(found, expected, "{:?}", kernel);
        }
    }

    #[test]
    fn of_a_cut_input_the_unfinished_record_is_left_out(
        table in table(), line_end in select(vec!["\n", "\r\n"]), cut in 0_usize..400, chunk_bytes in 1_usize..400,
    ) {
        let text = write(&table, line_end, true);
        let limits = Limits { chunk_bytes, ..Limits::default() };
        let dialect = Dialect { line_terminator: LineTerminator::Lf, ..Dialect::default() };
        let of = |text, kernel| Records::with_kernel(text, dialect.clone(), limits, kernel);
        let mut ends = Vec::new();
        let mut whole = of(&*text, Kernel::detect());
        while whole.next_record().unwrap().is_some() {
            ends.push(whole.position().byte);
        }
        let cut = cut.min(text.len() - 1);
        ends.retain(|&end| end <= cut as u64);
        let expected = (ends.len(), ends.last().copied().unwrap_or(0));
        for kernel in kernels() {
            let begun = || {
                let mut records = of(&text[..cut], kernel);
                records.leave_out_unfinished(Arc::new(AtomicBool::new(true)));
                records
            };
            let (mut one_by_one, mut count) = (begun(), 0);
            while one_by_one.next_record().unwrap().is_some() {
                count += 1;
            }
            prop_assert_eq!((count, one_by_one.position().byte), expected, "{:?}", kernel);
            let (mut chunked, mut count) = (begun(), 0);
            chunked.set_columns(table[0].len());
            while let Some(chunk) = chunked.next_chunk(None).unwrap() {
                count += chunk.records() as usize;
            }
            prop_assert_eq!((count, chunked.position().byte), expected, "{:?}", kernel);
        }
    }
}
