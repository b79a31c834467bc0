//! Finds the record with the labels, if there is one.

use std::collections::HashSet;

use super::candidate::Candidate;
use super::candidates::{candidates, text_candidate};
use super::column::ColumnScan;
use super::head_record::HeadRecord;
use super::missing_words::is_missing_word;

/// Most rows below the header that are compared with it.
const COMPARED: usize = 500;

/// Longest text that is taken for a label, in bytes.
const LABEL_BYTES: usize = 200;

/// Most columns without a label that a message names; the others are counted.
const NAMED: usize = 3;

/// Labels that are years are no header if more than one in this many cells below could be a year, too.
const YEARS_BELOW: usize = 10;

/// The record with the labels of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InferredHeader {
    /// The first record that is neither blank nor a comment.
    First,
    /// The record of this number, with other records above it.
    Record(u64),
    /// Several records up to this number, whose labels are joined as a descriptor says. A file is read in this form only against a descriptor.
    Joined(u64),
    /// There are no labels.
    None,
}

/// The record with the labels, and the reason.
pub(super) struct HeaderDecision {
    pub(super) header: InferredHeader,
    pub(super) labels: Vec<String>,
    pub(super) reason: Option<String>,
    /// A warning about blank labels.
    pub(super) oddity: Option<String>,
    /// The columns with a blank label, from 0, ascending; their names are among the labels.
    pub(super) blank_labels: Vec<usize>,
}

impl HeaderDecision {
    fn new(header: InferredHeader, labels: Vec<String>, reason: Option<String>) -> Self {
        Self { header, labels, reason, oddity: None, blank_labels: Vec::new() }
    }
}

/// Looks for the header among the first records of a file whose rows have `width` cells.
pub(super) fn find(rows: &[HeadRecord], width: usize) -> HeaderDecision {
    let full: Vec<&HeadRecord> = rows.iter().filter(|row| row.is_full(width)).collect();
    let Some((first, below)) = full[titles(&full, width)..].split_first() else {
        return HeaderDecision::new(InferredHeader::First, Vec::new(), None);
    };
    let texts = texts_of(first);
    let verdict = match &texts {
        Some(texts) => is_header(texts, below, width),
        None => Err("the first record is not UTF-8".to_owned()),
    };
    let (labels, why) = match (texts, verdict) {
        (Some(texts), Ok(why)) => (texts, why),
        (_, Ok(why) | Err(why)) => {
            let labels = (1..=width).map(|number| format!("field{number}")).collect();
            return HeaderDecision::new(InferredHeader::None, labels, Some(format!("no header: {why}")));
        }
    };
    let number = first.number;
    let blank: Vec<usize> = (0..labels.len()).filter(|&index| labels[index].is_empty()).collect();
    let has_others_above = rows.iter().take_while(|row| row.number < number).any(|row| row.is_content());
    let header = if has_others_above { InferredHeader::Record(number) } else { InferredHeader::First };
    let reason = Some(format!("the header is record {number}: {why}"));
    let found = HeaderDecision::new(header, named(labels), reason);
    HeaderDecision { oddity: without_label(&blank, &found.labels), blank_labels: blank, ..found }
}

/// Returns what a person has to know of the columns with a blank label; `None` if there are none.
fn without_label(blank: &[usize], names: &[String]) -> Option<String> {
    let name = |column: &usize| format!("{:?}", names[*column]);
    match blank {
        [] => None,
        [only] => Some(format!(
            "column {} has no label; the descriptor calls it {}, and says that a blank label stands for it (sluice.headers.aliases)",
            only + 1,
            name(only)
        )),
        [first, ..] => {
            let mut called = blank.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
            if blank.len() > NAMED {
                called.push_str(&format!(" and so on, {} in all", blank.len()));
            }
            Some(format!(
                "several columns have no label, the first is column {}; the descriptor calls them {called}, and says that blank labels stand for them in \
                 this order (sluice.headers.aliases); give every column a label, or columns in another order are not noticed among them",
                first + 1
            ))
        }
    }
}

/// Returns the number of rows above the header that hold a title, as spreadsheets write it: few cells, and delimiters up to the width of the
/// table. They count only if the record below them is a header without doubt; otherwise the result is 0.
fn titles(full: &[&HeadRecord], width: usize) -> usize {
    let used = full.iter().map(|row| last_filled(row)).max().unwrap_or_default();
    let titles = full.iter().take_while(|row| used >= 3 && filled(row) <= used / 2).count();
    (1..=titles).find(|&titles| is_below_titles(full, titles, width)).unwrap_or_default()
}

/// Returns true if the record below this many titles is a header: it has at least twice as many labels as a title has cells, no gap between them, and no
/// blank in place of a label in a column that most rows fill.
fn is_below_titles(full: &[&HeadRecord], titles: usize, width: usize) -> bool {
    let Some((row, below)) = full.get(titles..).and_then(<[_]>::split_first) else { return false };
    let labels = filled(row);
    let widest = full[..titles].iter().map(|title| filled(title)).max().unwrap_or_default().max(1);
    let covered = below.iter().filter(|row| last_filled(row) <= labels).count();
    labels >= 2 * widest
        && last_filled(row) == labels
        && !below.is_empty()
        && covered * 2 >= below.len()
        && texts_of(row).is_some_and(|labels| is_header(&labels, below, width).is_ok())
}

/// Counts the cells of a record that are not blank.
fn filled(row: &HeadRecord) -> usize {
    row.cells.iter().filter(|cell| !cell.trim_ascii().is_empty()).count()
}

/// Returns the number of the last cell of a record that is not blank, from 1; 0 if all are blank.
fn last_filled(row: &HeadRecord) -> usize {
    row.cells.iter().rposition(|cell| !cell.trim_ascii().is_empty()).map_or(0, |index| index + 1)
}

/// Returns the cells of a record as texts; `None` if one of them is not UTF-8.
fn texts_of(row: &HeadRecord) -> Option<Vec<String>> {
    row.cells.iter().map(|cell| std::str::from_utf8(cell).ok().map(str::to_owned)).collect()
}

/// Returns the labels, with a name that no other column has in place of each blank label.
fn named(labels: Vec<String>) -> Vec<String> {
    let taken: HashSet<String> = labels.iter().cloned().collect();
    let name = |index: usize| {
        let names = (0_usize..).map(|attempt| format!("field{}{}", index + 1, "_".repeat(attempt)));
        // cannot fail: one of endlessly many names is free.
        names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
    };
    labels.iter().enumerate().map(|(index, label)| if label.is_empty() { name(index) } else { label.clone() }).collect()
}

/// Decides whether the first record holds labels; returns the reason for it (`Ok`) or against it (`Err`).
fn is_header(texts: &[String], below: &[&HeadRecord], width: usize) -> Result<String, String> {
    if let Some(long) = texts.iter().position(|text| text.len() > LABEL_BYTES) {
        return Err(format!("cell {} of the first record is too long for a label", long + 1));
    }
    if below.is_empty() {
        return match texts.iter().find(|text| is_value(text)) {
            Some(value) => Err(format!("{value:?} in the only record is a value, and no label")),
            None => Ok("it is the only record".to_owned()),
        };
    }
    let below = &below[..below.len().min(COMPARED)];
    let years = are_years(texts) || are_years_above_others(texts, below);
    let (mut labels, mut values) = (0_usize, 0_usize);
    let mut seen_below = 0_usize;
    for (index, label) in texts.iter().enumerate() {
        let mut column = ColumnScan::new(width);
        let mut others = HashSet::new();
        for row in below {
            let cell = row.cells.get(index).map(Vec::as_slice).unwrap_or_default();
            column.add(cell, &|| 0);
            others.insert(cell);
        }
        let best = column.best();
        let is_text = best == text_candidate();
        if label.is_empty() || !is_text && is_missing_word(label.as_bytes()) {
            continue;
        } else if years && !is_text {
            labels += 1;
        } else if is_text {
            seen_below += usize::from(others.contains(label.as_bytes()));
            labels += usize::from(looks_like_label(label) && !others.contains(label.as_bytes()));
        } else if candidates()[best].accepts(label.as_bytes()) {
            values += 1;
        } else {
            labels += 3;
        }
    }
    let unique: HashSet<&String> = texts.iter().collect();
    let duplicates = texts.len() - unique.len();
    if values > 0 && values * 2 >= labels {
        return Err(format!("cells of the first record that have the type of their column: {values}"));
    }
    if 2 * seen_below > texts.len() || labels == 0 {
        return Err("the cells of the first record look like those below".to_owned());
    }
    // Labels that stand several times name groups of columns, with the header below. Labels above columns of another type may be equal in
    // more columns (`a,a` above numbers and texts).
    let (most, of) = if labels >= 3 { (2, 3) } else { (1, 2) };
    if duplicates > 0 && duplicates * of >= texts.len() * most {
        return Err("cells of the first record are equal".to_owned());
    }
    Ok("its cells do not have the types of their columns, or do not occur below".to_owned())
}

/// Returns true if a text is a date, a time, a decimal or an amount. A whole number may be a label: a year.
fn is_value(text: &str) -> bool {
    let text = text.trim().as_bytes();
    let is_kind = |candidate: &Candidate| match candidate.properties.name {
        "date" | "datetime" | "time" | "yearmonth" | "number" => true,
        "integer" => candidate.properties.bare_number.is_some(),
        _ => false,
    };
    let can_be = |candidate: &&Candidate| candidate.column_names.is_none() && candidate.accepts(text);
    // Of a number, any kind of notation takes the text, so the first one tells what it is.
    text.iter().any(u8::is_ascii_digit) && candidates().iter().find(can_be).is_some_and(is_kind)
}

/// Returns true if a text has a letter, as names have.
fn looks_like_label(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Returns true if the labels that are numbers are years in ascending order, and the cells below them are no years themselves: at most one in
/// [`YEARS_BELOW`] could be one. There has to be a label that is a text.
fn are_years_above_others(texts: &[String], below: &[&HeadRecord]) -> bool {
    let numbers: Vec<(usize, f64)> =
        texts.iter().enumerate().filter_map(|(index, text)| Some((index, text.parse().ok()?))).collect();
    let are_ascending = numbers.windows(2).all(|pair| pair[0].1 < pair[1].1);
    let are_all_years = !numbers.is_empty() && numbers.iter().all(|&(index, _)| is_year(texts[index].as_bytes()));
    let is_above_others = |&(index, _): &(usize, f64)| {
        let cells = below.iter().filter_map(|row| row.cells.get(index)).filter(|cell| !cell.is_empty());
        let (mut all, mut years) = (0_usize, 0_usize);
        for cell in cells {
            all += 1;
            years += usize::from(is_year(cell));
        }
        years * YEARS_BELOW <= all
    };
    are_ascending
        && are_all_years
        && texts.iter().any(|text| looks_like_label(text))
        && numbers.iter().all(is_above_others)
}

/// Returns true for a year from 1800 to 2100.
fn is_year(text: &[u8]) -> bool {
    let year = std::str::from_utf8(text).ok().filter(|text| text.len() == 4).and_then(|text| text.parse().ok());
    year.is_some_and(|year: u32| (1800..=2100).contains(&year))
}

/// Returns true if the labels that are numbers are years in equal steps, as in a table with a column for each year.
fn are_years(texts: &[String]) -> bool {
    let years: Vec<i64> =
        texts.iter().filter_map(|text| text.parse::<i64>().ok()).filter(|year| (1800..=2100).contains(year)).collect();
    let step = years.windows(2).map(|pair| pair[1] - pair[0]).collect::<HashSet<i64>>();
    years.len() >= 3 && step.len() == 1 && !step.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::super::head_record::rows;
    use super::*;

    #[test]
    fn a_word_for_a_missing_value_is_no_label_of_a_column_of_numbers() {
        let data = rows(&["2024-01-01;1:00;NaN", "2024-01-02;2:00;5", "2024-01-03;3:00;6"]);
        assert_eq!(find(&data, 3).header, InferredHeader::None);
        let data = rows(&["day;hour;NaN", "2024-01-02;2:00;5", "2024-01-03;3:00;6"]);
        assert_eq!(find(&data, 3).header, InferredHeader::First);
    }

    #[test]
    fn years_are_labels_unless_years_stand_below() {
        for (lines, expected) in [
            (&["Country;Code;2020", "France;FRA;67", "Germany;DEU;83", "Italy;ITA;60"][..], InferredHeader::First),
            (&["Country;Code;2020", "France;FRA;1967", "Germany;DEU;2003", "Italy;ITA;1960"], InferredHeader::None),
            (&["state;2001;2011", "Assam;935;954", "Bihar;919;916", "Goa;961;973"], InferredHeader::First),
            (&["state;2011;2001", "Assam;935;954", "Bihar;919;916", "Goa;961;973"], InferredHeader::None),
            (&["state;2001;55", "Assam;935;954", "Bihar;919;916", "Goa;961;973"], InferredHeader::None),
            (&["Goa;x;2001", "Goa;x;954", "Goa;x;916", "Goa;x;973"], InferredHeader::None),
        ] {
            assert_eq!(find(&rows(lines), 3).header, expected, "{lines:?}");
        }
    }

    #[test]
    fn labels_may_have_blanks_behind_them() {
        let data =
            rows(&["Meetings;;;;;", "Minister;Date;Name;;;", "A;Oct-14;x;;;", ";;y;;;", "Other;;;;;", "1;2;3;4;5;6"]);
        assert_eq!(find(&data, 6).header, InferredHeader::Record(2));
        let data = rows(&[
            "NTC values (2016; March 21).;;",
            "License: CC BY;;;",
            "from;to;ntc;changes",
            "FR;BE;34;",
            "FR;CH;32;",
        ]);
        assert_eq!(find(&data, 4).header, InferredHeader::Record(3));
    }

    #[test]
    fn a_single_record_with_values_is_no_header() {
        for (line, expected) in [
            ("2024-01-01;3.5;Anna", InferredHeader::None),
            ("27 Feb 2018;UMC-; 7.80", InferredHeader::None),
            ("$5;a;b", InferredHeader::None),
            ("a;b;12:30", InferredHeader::None),
            ("country;2020;2021", InferredHeader::First),
            ("id;name;NaN", InferredHeader::First),
            ("1;2;x.y", InferredHeader::First),
        ] {
            assert_eq!(find(&rows(&[line]), 3).header, expected, "{line}");
        }
    }

    #[test]
    fn titles_that_are_filled_up_with_delimiters_stand_above_the_header() {
        for (lines, expected) in [
            (&["Report;;", "of 2025;;", "id;name;qty", "k1;x;1", "k2;y;2"][..], InferredHeader::Record(3)),
            (&["Report;;", ";;", "id;name;qty", "k1;x;1", "k2;y;2"], InferredHeader::Record(3)),
            (&["id;name;qty", "k1;x;1", "k2;y;2"], InferredHeader::First),
            // These are sparse rows of a file without a header.
            (&["1;;", "2;;", "3;4;5", "6;7;8", "9;1;2"], InferredHeader::None),
        ] {
            assert_eq!(find(&rows(lines), 3).header, expected, "{lines:?}");
        }
    }
}
