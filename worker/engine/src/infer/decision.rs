//! The cells of a column → its field in the descriptor, with the reasons.

use std::collections::{BTreeSet, HashMap};

use super::candidate::Candidate;
use super::candidates::{candidates, text_candidate};
use super::column::{ColumnScan, FirstContradiction, Lengths, OFTEN};
use super::column_name::{has_word, is_key_name};
use super::hints::{Hints, Point, with_point_groups};
use crate::shown::counted;

/// Fewest cells for each different text of a column whose texts are taken for a complete list.
const REPEATS: u64 = 10;

/// Most different texts of such a list.
const LISTED: usize = 20;

/// Fewest cells from which it is concluded that no cell of a later file is missing, or that all texts have the same length.
pub(super) const LEAST_CELLS: u64 = 20;

/// A type that at most this percentage of cells contradicts is named among the reasons.
const NEARLY: u64 = 5;

/// The decision about a column.
#[derive(Debug)]
pub(super) struct FieldDecision {
    pub(super) candidate: &'static Candidate,
    /// Texts that stand for a missing value besides the empty text, the most frequent one first.
    pub(super) missing: Vec<&'static str>,
    /// The number of cells with a value.
    pub(super) values: u64,
    /// The number of cells without a value.
    pub(super) missing_cells: u64,
    /// All texts of the column, sorted, if they are taken for a complete list.
    pub(super) enumeration: Option<Vec<String>>,
    /// Whether no cell is missing and no value is repeated.
    pub(super) is_unique: bool,
    /// The number of characters of every text, if it is the same for all.
    pub(super) length: Option<u64>,
    /// Whether the column is numeric and no value is negative.
    pub(super) is_positive: bool,
    pub(super) reasons: Vec<String>,
}

/// Decides which field describes a column with this name.
pub(super) fn decide(column: &ColumnScan, name: &str, hints: Hints) -> FieldDecision {
    let index = choose(column, name, hints);
    let candidate = &candidates()[index];
    let is_text = index == text_candidate();
    let mut missing: Vec<(&'static str, u64)> = column.missing().collect();
    missing.sort_by_key(|&(word, count)| (std::cmp::Reverse(count), word));
    let (missing, values) = if is_text { (Vec::new(), column.values) } else { (missing, column.typed_values()) };
    let mut reasons = vec![type_reason(column, index, values)];
    reasons.extend(ambiguity(column, index, hints));
    reasons.extend(point_reason(column, index, hints));
    if candidate.properties.name == "geopoint" {
        reasons.push("longitude first, as the standard has it: nothing in the file says so".to_owned());
    }
    reasons.extend(missing.iter().map(|(word, count)| match count {
        1 => format!("1 cell {word:?} counts as missing: no value of the type"),
        _ => format!("{count} cells {word:?} count as missing: no value of the type"),
    }));
    reasons.extend(nearly_fitting(column, index));
    let missing_cells = column.empty + missing.iter().map(|(_, count)| count).sum::<u64>();
    reasons.extend(match missing_cells {
        0 => None,
        1 => Some("1 cell is missing".to_owned()),
        count => Some(format!("{count} cells are missing")),
    });
    let enumeration = enumeration(column, index, values);
    // In a column of texts, the words for missing values are values.
    let is_word_repeated = is_text && column.missing().any(|(_, count)| count > 1);
    let is_unique = column.is_unique() == Some(true) && !is_word_repeated && missing_cells == 0 && values > 1;
    if is_unique {
        reasons.push("no value appears twice".to_owned());
    }
    FieldDecision {
        candidate,
        missing: missing.into_iter().map(|(word, _)| word).collect(),
        values,
        missing_cells,
        is_unique,
        length: column
            .lengths
            .filter(|Lengths { shortest, longest }| {
                is_text
                    && enumeration.is_none()
                    && shortest == longest
                    && values >= LEAST_CELLS
                    && column.missing().next().is_none()
            })
            .map(|lengths| lengths.shortest),
        enumeration,
        is_positive: matches!(candidate.properties.name, "integer" | "number") && !column.has_minus && values > 0,
        reasons,
    }
}

/// Returns the index of the candidate that a person would choose.
fn choose(column: &ColumnScan, name: &str, hints: Hints) -> usize {
    if column.typed_values() == 0 {
        return text_candidate();
    }
    let is_named = |wanted: &[&str]| has_word(name, wanted);
    let can_be = |index: &usize| {
        let candidate = &candidates()[*index];
        // `13,6` may be a decimal, if others are written with a comma.
        let is_decimal = candidate.properties.name == "geopoint" && hints.has_other_decimal_commas(column);
        candidate.column_names.is_none_or(is_named) && !is_decimal && !is_identifier(column, *index)
    };
    let fitting: Vec<usize> = column.fitting().filter(can_be).collect();
    let Some(&first) = fitting.first() else {
        return text_candidate();
    };
    let candidate = &candidates()[first];
    // If few texts are repeated often, the column is an enumeration, even if the texts look like lists.
    if candidate.list_of_texts().is_some() && few_texts(column, text_candidate(), column.values).is_some() {
        return text_candidate();
    }
    // Three digits behind a comma may be a group, or three decimals; but a key has no decimals.
    if candidate.properties.group_char == Some(',') && hints.has_local_notation() && !is_key_name(name) {
        let by_comma = fitting.iter().find(|&&index| candidates()[index].has_decimal_comma());
        return by_comma.copied().unwrap_or(first);
    }
    if candidate.day_first() == Some(false) && hints.day_first() {
        let other = fitting.iter().find(|&&index| candidates()[index].day_first() == Some(true));
        return other.copied().unwrap_or(first);
    }
    if let (Some(integer), Point::Groups) = (with_point_groups(column, first), hints.point()) {
        return integer;
    }
    first
}

/// Returns true if a candidate takes texts for numbers with groups of digits that are none: four groups between points in every cell are an address of a
/// computer (`192.168.178.200`), and groups between spaces in cells of one length are the number of a telephone or a company (`403 904 740`).
fn is_identifier(column: &ColumnScan, index: usize) -> bool {
    let group = candidates()[index].properties.group_char;
    // With a decimal or a symbol in some cell, the texts are amounts.
    let are_bare_integers = || {
        let is_bare = |other: usize| candidates()[other].properties.bare_number.is_none();
        column.fitting().any(|other| is_bare(other) && candidates()[other].group_of_integer() == group)
    };
    match group {
        Some('.') => column.has_three_points && are_bare_integers(),
        Some(' ') => {
            let is_of_one_length = column.lengths.is_some_and(|lengths| lengths.shortest == lengths.longest);
            is_of_one_length && !column.has_minus && are_bare_integers()
        }
        _ => false,
    }
}

fn type_reason(column: &ColumnScan, index: usize, values: u64) -> String {
    let properties = &candidates()[index].properties;
    if values == 0 {
        return "string: no cell has a value".to_owned();
    }
    let format = properties.format.map(|format| format!(" {format}")).unwrap_or_default();
    let of = if index == text_candidate() { "no other type fits every cell" } else { "fits all" };
    let distinct =
        column.distinct.as_ref().map(|distinct| format!(", {} distinct", distinct.len())).unwrap_or_default();
    format!("{}{format}: {of} {values} values{distinct}", properties.name)
}

/// Returns a note if the other order of day and month fits as well.
fn ambiguity(column: &ColumnScan, index: usize, hints: Hints) -> Option<String> {
    let chosen = candidates()[index].day_first()?;
    let name = candidates()[index].properties.name;
    let other = column
        .fitting()
        .map(|other| &candidates()[other])
        .find(|other| other.properties.name == name && other.day_first() == Some(!chosen))?;
    let why = hints.order_reason();
    Some(format!("AMBIGUOUS: {} fits every cell as well; {why}", other.properties.format.unwrap_or_default()))
}

/// Returns a note if the points of a column may stand before decimals or between groups of digits.
fn point_reason(column: &ColumnScan, index: usize, hints: Hints) -> Option<String> {
    let mut fitting = column.fitting();
    let is_groups = fitting.any(|number| with_point_groups(column, number) == Some(index));
    let has_groups = with_point_groups(column, index).is_some();
    match hints.point() {
        Point::Groups if is_groups => Some("points are between groups of digits: others have decimal commas".to_owned()),
        Point::Unknown if has_groups => Some(
            "AMBIGUOUS: every fraction has three digits, so the points may also be between groups of digits (\"groupChar\": \".\")"
                .to_owned(),
        ),
        _ => None,
    }
}

/// Returns a note if a preferred type fits nearly all cells, with the first cell that contradicts it.
fn nearly_fitting(column: &ColumnScan, index: usize) -> Option<String> {
    let is_meant = |other: &usize| candidates()[*other].column_names.is_none() && !candidates()[*other].is_list();
    // How many cells contradict a type that was given up is not known.
    let earlier = (0..index).filter(is_meant).filter(|&other| !column.contradictions(other).given_up);
    let nearest = earlier
        .filter(|&other| column.contradictions(other).count > 0)
        .min_by_key(|&other| column.contradictions(other).count)?;
    let contradictions = column.contradictions(nearest);
    let FirstContradiction { record, text: cell } = contradictions.first.as_ref()?;
    if contradictions.count * 100 > column.typed_values() * NEARLY {
        return None;
    }
    let properties = &candidates()[nearest].properties;
    let format = properties.format.map(|format| format!(" {format}")).unwrap_or_default();
    let count = contradictions.count;
    Some(format!(
        "not {}{format}: {count} of {} not of this type, the first is {cell} in record {record}",
        properties.name,
        counted(column.typed_values(), "cell")
    ))
}

/// Returns all texts of a text column, sorted, if they are a list for all files: few, and each of them repeated. A text that occurs only a few times
/// shows that others may be yet to come.
fn enumeration(column: &ColumnScan, index: usize, values: u64) -> Option<Vec<String>> {
    let is_often = |count: u64| count >= u64::from(OFTEN);
    let are_often = column.distinct.iter().flat_map(HashMap::values).all(|count| is_often(u64::from(*count)));
    few_texts(column, index, values).filter(|_| are_often && column.missing().all(|(_, count)| is_often(count)))
}

/// Returns all texts of a text column, sorted, if they are few for the number of cells.
fn few_texts(column: &ColumnScan, index: usize, values: u64) -> Option<Vec<String>> {
    let distinct = column.distinct.as_ref().filter(|_| index == text_candidate())?;
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for cell in distinct.keys() {
        texts.insert(String::from_utf8(cell.clone()).ok()?);
    }
    texts.extend(column.missing().map(|(word, _)| word.to_owned()));
    let is_list = (2..=LISTED).contains(&texts.len()) && values >= REPEATS * texts.len() as u64;
    is_list.then(|| texts.into_iter().collect())
}
