//! The cells of a column → its field in the descriptor, with the reasons.

use std::collections::BTreeMap;

use sluice_csv::Dialect;

use super::candidate::Candidate;
use super::candidates::{candidates, text};
use super::column::ColumnScan;
use super::notations::is_key_name;
use crate::shown::counted;

/// Fewest cells for each different text of a column whose texts are taken for a complete list.
const REPEATS: u64 = 10;

/// Most different texts of such a list.
const LISTED: usize = 20;

/// Fewest cells of equal length for which the length becomes a constraint.
const SAME_LENGTH: u64 = 20;

/// A type that at most this percentage of cells contradicts is named among the reasons.
const NEARLY: u64 = 5;

/// What the rest of the file says about a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hints {
    /// Whether days probably stand before months, because decimals stand behind a comma, or cells are delimited by semicolons.
    pub(super) day_first: bool,
}

/// The decision about a column.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) candidate: &'static Candidate,
    /// Texts that stand for a missing value besides the empty text, the most frequent one first.
    pub(super) missing: Vec<&'static str>,
    /// The number of cells with a value.
    pub(super) values: u64,
    /// The number of cells without a value.
    pub(super) missing_cells: u64,
    /// All texts of the column, sorted, if they are taken for a complete list.
    pub(super) listed: Option<Vec<String>>,
    /// Whether no cell is missing and no value is repeated.
    pub(super) is_unique: bool,
    /// The number of characters of every text, if it is the same for all.
    pub(super) length: Option<u64>,
    /// Whether the column is numeric and no value is negative.
    pub(super) is_positive: bool,
    pub(super) reasons: Vec<String>,
}

impl Hints {
    /// Returns the hints of a file: a semicolon as its delimiter, or numbers with a decimal comma, are those of countries that write days first.
    pub(super) fn of(dialect: &Dialect, columns: &[ColumnScan]) -> Self {
        let has_comma = |column: &ColumnScan| candidates()[column.best()].has_decimal_comma();
        Self { day_first: dialect.delimiter == b';'.into() || columns.iter().any(has_comma) }
    }
}

/// Decides which field a column of this name becomes.
pub(super) fn decide(column: &ColumnScan, name: &str, hints: Hints) -> Decision {
    let index = choose(column, name, hints);
    let candidate = &candidates()[index];
    let is_text = index == text();
    let mut missing: Vec<(&'static str, u64)> = column.missing().collect();
    missing.sort_by_key(|&(word, count)| (std::cmp::Reverse(count), word));
    let (missing, values) = if is_text { (Vec::new(), column.values) } else { (missing, column.typed_values()) };
    let mut reasons = vec![type_reason(column, index, values)];
    reasons.extend(ambiguity(column, index, hints));
    if candidate.form.name == "geopoint" {
        reasons.push("longitude first, as the standard has it: nothing in the file says so".to_owned());
    }
    reasons.extend(missing.iter().map(|(word, count)| match count {
        1 => format!("1 cell {word:?} counts as missing: no value of the type"),
        _ => format!("{count} cells {word:?} count as missing: no value of the type"),
    }));
    reasons.extend(nearly(column, index));
    let missing_cells = column.empty + missing.iter().map(|(_, count)| count).sum::<u64>();
    reasons.push(match missing_cells {
        0 if values > 0 => "required: no cell is missing".to_owned(),
        1 => "1 cell is missing".to_owned(),
        count => format!("{count} cells are missing"),
    });
    let listed = listed(column, index, values);
    // The words for missing values are values of a text.
    let is_word_repeated = is_text && column.missing().any(|(_, count)| count > 1);
    let is_unique = column.is_unique() == Some(true) && !is_word_repeated && missing_cells == 0 && values > 1;
    if is_unique {
        reasons.push("no value appears twice".to_owned());
    }
    Decision {
        candidate,
        missing: missing.into_iter().map(|(word, _)| word).collect(),
        values,
        missing_cells,
        is_unique,
        length: column
            .lengths
            .filter(|(least, most)| {
                is_text
                    && listed.is_none()
                    && least == most
                    && values >= SAME_LENGTH
                    && column.missing().next().is_none()
            })
            .map(|(least, _)| least),
        listed,
        is_positive: matches!(candidate.form.name, "integer" | "number") && !column.has_minus && values > 0,
        reasons,
    }
}

/// Returns the index of the candidate that a person would choose.
fn choose(column: &ColumnScan, name: &str, hints: Hints) -> usize {
    if column.typed_values() == 0 {
        return text();
    }
    let words: Vec<String> = name
        .split(|character: char| !character.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let is_named = |hints: &[&str]| words.iter().any(|word| hints.iter().any(|hint| word.ends_with(hint)));
    let fitting: Vec<usize> =
        column.fitting().filter(|&index| candidates()[index].by_name.is_none_or(is_named)).collect();
    let Some(&first) = fitting.first() else {
        return text();
    };
    let candidate = &candidates()[first];
    // If few texts are repeated often, the column is an enumeration, even if the texts look like lists.
    if candidate.list_of_texts().is_some() && listed(column, text(), column.values).is_some() {
        return text();
    }
    // Three digits behind a comma may be a group, or three decimals; but a key has no decimals.
    if candidate.form.group_char == Some(',') && hints.day_first && !is_key_name(name) {
        let by_comma = fitting.iter().find(|&&index| candidates()[index].has_decimal_comma());
        return by_comma.copied().unwrap_or(first);
    }
    if candidate.day_first() == Some(false) && hints.day_first {
        let other = fitting.iter().find(|&&index| candidates()[index].day_first() == Some(true));
        return other.copied().unwrap_or(first);
    }
    first
}

fn type_reason(column: &ColumnScan, index: usize, values: u64) -> String {
    let form = &candidates()[index].form;
    if values == 0 {
        return "string: no cell has a value".to_owned();
    }
    let format = form.format.map(|format| format!(" {format}")).unwrap_or_default();
    let of = if index == text() { "no other type fits every cell" } else { "fits all" };
    let distinct =
        column.distinct.as_ref().map(|distinct| format!(", {} distinct", distinct.len())).unwrap_or_default();
    format!("{}{format}: {of} {values} values{distinct}", form.name)
}

/// Returns the note that the other order of day and month fits as well, if it does.
fn ambiguity(column: &ColumnScan, index: usize, hints: Hints) -> Option<String> {
    let chosen = candidates()[index].day_first()?;
    let name = candidates()[index].form.name;
    let other = column
        .fitting()
        .map(|other| &candidates()[other])
        .find(|other| other.form.name == name && other.day_first() == Some(!chosen))?;
    let why = if hints.day_first {
        "its semicolons or decimal commas are those of countries where days come first"
    } else {
        "nothing shows that days come first"
    };
    Some(format!("AMBIGUOUS: {} fits every cell as well; {why}", other.form.format.unwrap_or_default()))
}

/// Returns the note that a type nearly fits, with the first cell that contradicts it.
fn nearly(column: &ColumnScan, index: usize) -> Option<String> {
    let is_meant = |other: &usize| candidates()[*other].by_name.is_none() && !candidates()[*other].is_list();
    let earlier = (0..index).filter(is_meant);
    let nearest = earlier
        .filter(|&other| column.evidence(other).against > 0)
        .min_by_key(|&other| column.evidence(other).against)?;
    let evidence = column.evidence(nearest);
    let (record, cell) = evidence.first.as_ref()?;
    if evidence.against * 100 > column.typed_values() * NEARLY {
        return None;
    }
    let form = &candidates()[nearest].form;
    let format = form.format.map(|format| format!(" {format}")).unwrap_or_default();
    let least = if evidence.given_up { "at least " } else { "" };
    let count = evidence.against;
    Some(format!(
        "not {}{format}: {least}{count} of {} not of this type, the first is {cell} in record {record}",
        form.name,
        counted(column.typed_values(), "cell")
    ))
}

/// Returns all texts of a text column, sorted, if they are few and repeated often.
fn listed(column: &ColumnScan, index: usize, values: u64) -> Option<Vec<String>> {
    let distinct = column.distinct.as_ref().filter(|_| index == text())?;
    let mut texts: BTreeMap<String, ()> = BTreeMap::new();
    for cell in distinct {
        texts.insert(String::from_utf8(cell.clone()).ok()?, ());
    }
    texts.extend(column.missing().map(|(word, _)| (word.to_owned(), ())));
    let is_list = (2..=LISTED).contains(&texts.len()) && values >= REPEATS * texts.len() as u64;
    is_list.then(|| texts.into_keys().collect())
}
