//! Lines read back, and depend on nothing that was written before.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use proptest::prelude::*;

use super::*;
use crate::descriptor::Descriptor;
use crate::fault::Constraint;
use crate::report::Reject;
use crate::types::FieldType;
use crate::types::{Any, Year};

proptest! {
    #[test]
    fn a_line_reads_back_as_a_reject(cell in any::<Vec<u8>>(), name in any::<String>(), found in 0u32..4) {
        let columns = [
            Column::unchecked(name, FieldType::Year(Year)),
            Column::unchecked("b".to_owned(), FieldType::Any(Any)),
        ];
        let Descriptor { dialect, settings, .. } = Descriptor::structural();
        let mut writer = RejectWriter::new(&columns, &dialect, &settings);
        let mut line = Vec::new();
        writer.begin(Position { record: 2, line: 3, byte: 4 }, &mut line);
        let is_utf8 = str::from_utf8(&cell).is_ok();
        let fault = if is_utf8 { CellFault::Type } else { CellFault::Encoding };
        let faulty = FaultyCell { column: 0, data: &cell, span: 0..cell.len() };
        writer.cell_fault(faulty, fault, &mut line, &mut LineLimit::unlimited());
        writer.cells(found, &mut line);
        writer.record_fault(Code::QuoteError, "a \"quote\"", &mut line);
        let output = LineOutput { text: &mut line, limit: &mut LineLimit::unlimited() };
        writer.end(&cell, 0..cell.len(), is_utf8, output);
        let reject: Reject = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!((reject.record, reject.line, reject.byte, reject.errors.len()), (2, 3, 4, 3));
        let raw = reject.raw.map(String::into_bytes).or_else(|| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(reject.raw_base64?).ok()
        });
        prop_assert_eq!(raw, Some(cell));
    }

    /// What a writer remembers of earlier lines changes no later line.
    #[test]
    fn a_line_is_the_same_whatever_was_written_before(
        lines in prop::collection::vec(("[a-b\"é]{0,2}|[a-z]{15,18}", 0..3usize, 0..5u32, 0..30_000u64), 1..50),
    ) {
        let columns = [
            Column::unchecked("a".to_owned(), FieldType::Year(Year)),
            Column::unchecked("b".repeat(200), FieldType::Any(Any)),
        ];
        let Descriptor { dialect, settings, .. } = Descriptor::structural();
        let faults = [CellFault::Type, CellFault::Encoding, CellFault::Constraint(Constraint::Required)];
        let quotes = [QuoteFault::Stray, QuoteFault::TextAfter, QuoteFault::Unclosed];
        let mut writer = RejectWriter::new(&columns, &dialect, &settings);
        for (cell, kind, found, number) in &lines {
            // The cell is followed by other bytes, as within a chunk, and is the end of the data, as at the end of a chunk.
            for data in [format!("{cell}{}", "|behind".repeat(20)), cell.clone()] {
                let write = |writer: &mut RejectWriter<'_>| {
                    let mut line = Vec::new();
                    let position = Position { record: *number, line: number + u64::from(*found), byte: 7 * number };
                    writer.begin(position, &mut line);
                    for number in 0..2 {
                        let faulty = FaultyCell { column: number, data: data.as_bytes(), span: 0..cell.len() };
                        writer.cell_fault(faulty, faults[*kind], &mut line, &mut LineLimit::unlimited());
                    }
                    writer.cells(*found, &mut line);
                    writer.quotes(quotes[*kind], &b",,,,"[..*found as usize], &mut line);
                    let output = LineOutput { text: &mut line, limit: &mut LineLimit::unlimited() };
                    writer.end(data.as_bytes(), 0..cell.len(), *kind != 1, output);
                    line
                };
                let (line, alone) = (write(&mut writer), write(&mut RejectWriter::new(&columns, &dialect, &settings)));
                prop_assert_eq!(String::from_utf8(line).unwrap(), String::from_utf8(alone).unwrap());
            }
        }
    }
}
