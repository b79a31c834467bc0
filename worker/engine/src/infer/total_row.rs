//! Finds a row of sums at the end of a table, as people write it. A check takes it for a record like any other.

use super::head_record::HeadRecord;

/// Words with which such a row begins, in lower case.
const WORDS: [&str; 13] = [
    "total",
    "totals",
    "sum",
    "sums",
    "subtotal",
    "summe",
    "gesamt",
    "gesamtsumme",
    "totaal",
    "somme",
    "suma",
    "totale",
    "grand total",
];

/// Returns what to do about the last record, if it looks like a total. `rows` are all records of the file.
pub(super) fn find(rows: &[HeadRecord], width: usize) -> Option<String> {
    let last = rows.iter().rfind(|row| row.is_content())?;
    let first = std::str::from_utf8(last.cells.first()?).ok()?;
    let word = first.trim().trim_end_matches(':').trim_end().to_lowercase();
    // A row in which all cells have a value is more likely data with this name.
    let blank = last.cells.iter().filter(|cell| cell.trim_ascii().is_empty()).count();
    if rows.len() < 3 || !WORDS.contains(&word.as_str()) || (blank == 0 && last.cells.len() >= width) {
        return None;
    }
    Some(format!(
        "the last record, {}, begins with {first:?} and looks like a row of sums, but is taken for data; remove it, or say \
         \"sluice\": {{\"file\": {{\"trailer\": {{\"tag\": {first:?}}}}}}} if every file ends with one",
        last.number
    ))
}

#[cfg(test)]
mod tests {
    use super::super::head_record::rows;
    use super::*;

    #[test]
    fn a_row_of_sums_is_told_from_data() {
        for (last, expected) in
            [("Summe;;3", true), ("TOTAL: ;;3", true), ("Total;1", true), ("Total;1;2", false), ("Toto;;3", false)]
        {
            let found = find(&rows(&["a;b;c", "x;1;2", last]), 3);
            assert_eq!(found.is_some(), expected, "{last}: {found:?}");
        }
        assert_eq!(find(&rows(&["a;b;c", "total;;2"]), 3), None, "one row is all there is");
    }
}
