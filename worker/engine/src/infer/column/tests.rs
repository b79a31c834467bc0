//! Cells that are only counted have the same effect as cells that are tested.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sluice_csv::{Limits, Records};

use super::*;

/// A column of the cells of all chunks.
fn by_chunk(cells: &[String]) -> ColumnScan {
    let text: String = cells.iter().map(|cell| format!("{cell}\tx\n")).collect();
    let dialect = Dialect { delimiter: b'\t'.into(), quote: None, ..Dialect::default() };
    let mut records = Records::new(text.as_bytes(), dialect.clone(), Limits::default());
    records.set_columns(2);
    let (mut column, mut scratch) = (ColumnScan::new(2), Vec::new());
    while let Some(chunk) = records.next_chunk(None).unwrap() {
        column.add_chunk(&chunk, 0, &dialect, &mut scratch);
    }
    column
}

/// The same column, cell by cell and without the cache.
fn by_cell(cells: &[String]) -> ColumnScan {
    let mut column = ColumnScan::new(2);
    for (cell, record) in cells.iter().zip(1..) {
        column.add(cell.as_bytes(), &|| record);
    }
    column
}

/// Returns all that decisions depend on, as text.
fn summary(column: &ColumnScan) -> String {
    let mut distinct: Option<Vec<(&Vec<u8>, &u8)>> = column.distinct.as_ref().map(|distinct| distinct.iter().collect());
    distinct.iter_mut().for_each(|distinct| distinct.sort_unstable());
    let fitting: Vec<usize> = column.fitting().collect();
    let is_unique = column.is_unique() == Some(true);
    format!(
        "{:?} {:?} {:?} {} {} {:?} {:?} {} {distinct:?} {is_unique} {fitting:?}",
        column.open,
        column.contradictions,
        column.lengths,
        column.values,
        column.empty,
        column.missing,
        column.has_minus,
        column.has_three_points
    )
}

/// Kinds of cells. A column has cells of one kind, with some cells of another kind among them.
const KINDS: [&str; 12] = [
    "-?[1-9][0-9]{0,3}",
    "[0-9]{1,3}[.][0-9]{2,3}",
    "[$]?-?[1-9][0-9]{0,2},[0-9]{3}",
    "[0-9]{1,2}[.]?[0-9]?e-?[0-9]{1,3}",
    "AB[0-9]{3}",
    "[a-c]{1,2}",
    "20[0-9]{2}-0[1-9]-1[0-9]",
    "[0-9]{1,2};[0-9]{1,2}",
    "[a-d]{1,2}[|;][a-d]?",
    "NA|-||n/a",
    "[a-z0-9 ]{14,20}",
    "[ -~é]{0,6}",
];

fn cells() -> impl Strategy<Value = Vec<String>> {
    let kinds = (prop::sample::select(&KINDS[..]), prop::sample::select(&KINDS[..]), 0..30_usize);
    kinds.prop_flat_map(|(usual, other, odd_records)| {
        let one = (usual, other, 0..100_usize)
            .prop_map(move |(usual, other, at)| if at < odd_records { other } else { usual });
        prop::collection::vec(one, 0..600)
    })
}

proptest! {
    #[test]
    fn a_chunk_counts_what_its_cells_count(cells in cells()) {
        prop_assert_eq!(summary(&by_chunk(&cells)), summary(&by_cell(&cells)));
    }
}

#[test]
fn amounts_are_counted_by_their_patterns() {
    let amount = |number: usize| format!("${},{:03}.50", number % 90 + 1, number * 37 % 1000);
    let mut cells: Vec<String> = (0..400).map(amount).collect();
    // Equal texts close the search for a key, and a late text that is not an amount contradicts all candidates for amounts.
    cells.extend((0..400).map(amount));
    cells.push("$1,00.50".to_owned());
    let column = by_chunk(&cells);
    assert_eq!(summary(&column), summary(&by_cell(&cells)));
    assert!(
        column
            .contradictions
            .iter()
            .any(|contradictions| contradictions.count == 1 && contradictions.first.as_ref().unwrap().record == 801)
    );
    let amount = PackedCell::of_text(b"$9,876.54").unwrap();
    assert!(column.accepted.unwrap().holds(amount), "it is accepted by its pattern");
}
