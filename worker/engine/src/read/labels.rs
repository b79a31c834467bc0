//! The labels of a header, put together from the cells of its records.

use sluice_csv::OneRecord;

use crate::codes::{Refusal, RefusalCode};
use crate::encoding::recognise::FileEncoding;
use crate::shown::{LABEL as SHOWN, split};
use crate::types::field::LABEL_CHARACTERS;

/// The labels read so far, perhaps from several records. No label keeps more characters than a label may have.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    labels: Vec<Label>,
    /// The text with which the label of any later column begins: the last cells of the records so far.
    further: Label,
}

#[derive(Clone, Debug, Default)]
struct Label {
    /// The first characters of the label, at most [`LABEL_CHARACTERS`].
    text: String,
    /// The number of all its characters.
    characters: usize,
}

impl Label {
    fn push(&mut self, text: &str) {
        let (kept, rest) = split(text, LABEL_CHARACTERS.saturating_sub(self.characters));
        self.text.push_str(kept);
        self.characters += kept.chars().count() + rest.chars().count();
    }

    /// Adds a part, with `join` between it and the text before it.
    fn add(&mut self, text: &str, join: &str) {
        if self.characters > 0 && !text.is_empty() {
            self.push(join);
        }
        self.push(text);
    }
}

impl Labels {
    /// Adds the cells of a record of the header as labels, or as parts of labels.
    ///
    /// # Errors
    /// When a cell has bytes that the encoding of the file does not have.
    pub(crate) fn take(
        &mut self,
        record: &OneRecord,
        join: &str,
        is_last: bool,
        encoding: &FileEncoding,
    ) -> Result<(), Refusal> {
        let mut texts = Vec::with_capacity(record.cells.len());
        for (column, cell) in record.cells.iter().enumerate() {
            let Ok(text) = std::str::from_utf8(cell) else {
                let (number, name, advice) = (column + 1, encoding.shown(), encoding.advice());
                let remedy = if advice.is_empty() { "; save the file as UTF-8" } else { advice };
                let message = format!("label {number} of the header is not valid {name}{remedy}");
                return Err(Refusal { code: RefusalCode::EncodingError, message });
            };
            texts.push(text);
        }
        self.add_record(&texts, join, is_last);
        Ok(())
    }

    /// Adds the cells of a record as parts of labels, with `join` between a part and the text before it. In all records but the last one, the
    /// last cell is the title of all columns that have no cell of their own.
    fn add_record(&mut self, cells: &[&str], join: &str, is_last: bool) {
        if self.labels.len() < cells.len() {
            self.labels.resize(cells.len(), self.further.clone());
        }
        for (label, cell) in self.labels.iter_mut().zip(cells) {
            label.add(cell, join);
        }
        let Some(last) = cells.last().filter(|_| !is_last) else { return };
        self.labels[cells.len()..].iter_mut().for_each(|label| label.add(last, join));
        self.further.add(last, join);
    }

    /// Returns the labels.
    ///
    /// # Errors
    /// A message about the first label that is too long.
    pub(crate) fn finish(self) -> Result<Vec<String>, String> {
        let too_long = |(_, label): &(usize, &Label)| label.characters > LABEL_CHARACTERS;
        if let Some((index, label)) = self.labels.iter().enumerate().find(too_long) {
            let (text, _) = split(&label.text, SHOWN);
            return Err(format!(
                "label {} of the header has {} characters, a label may have {LABEL_CHARACTERS}: \"{}…\"; shorten it, or see \
                 whether the delimiter of the dialect is that of the file",
                index + 1,
                label.characters,
                text.escape_debug()
            ));
        }
        Ok(self.labels.into_iter().map(|label| label.text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[&str], join: &str) -> Result<Vec<String>, String> {
        let mut labels = Labels::default();
        for (number, part) in parts.iter().enumerate() {
            labels.add_record(&[if number == 0 { "first" } else { "" }, part], join, number + 1 == parts.len());
        }
        labels.finish()
    }

    #[test]
    fn the_parts_of_a_label_are_joined_but_for_empty_ones() {
        assert_eq!(joined(&["", "a", "", "b"], " "), Ok(vec!["first".to_owned(), "a b".to_owned()]));
    }

    #[test]
    fn a_label_has_at_most_1000_characters() {
        let longest = "é".repeat(LABEL_CHARACTERS);
        assert_eq!(joined(&[&longest], " "), Ok(vec!["first".to_owned(), longest.clone()]));
        for parts in [&[&*longest, "x"][..], &["x", &longest], &[&longest.repeat(1000)]] {
            let message = joined(parts, ", ").expect_err("too long");
            assert!(message.starts_with("label 2 of the header has 100"), "{message}");
            assert!(message.chars().count() < 300, "{message}");
        }
        let message = joined(&["a", "b"], &" ".repeat(5000)).expect_err("too long");
        assert!(
            message.starts_with("label 2 of the header has 5002 characters, a label may have 1000: \"a  "),
            "{message}"
        );
    }

    #[test]
    fn of_a_label_no_more_is_kept_than_it_may_have() {
        let mut labels = Labels::default();
        (0..100).for_each(|_| labels.add_record(&[&"x".repeat(10_000)], "", false));
        for label in [&labels.labels[0], &labels.further] {
            assert_eq!((label.text.len(), label.characters), (LABEL_CHARACTERS, 1_000_000));
        }
    }

    #[test]
    fn the_last_cell_is_the_title_of_the_columns_without_one_but_in_the_last_record() {
        let labels = |records: &[&[&str]]| {
            let mut labels = Labels::default();
            for (number, cells) in records.iter().enumerate() {
                labels.add_record(cells, " ", number + 1 == records.len());
            }
            labels.finish().map(|labels| labels.join("|"))
        };
        for (records, expected) in [
            // The example of the standard.
            (&[&["fruit"][..], &["id", "name"]][..], "fruit id|fruit name"),
            (&[&["a", "b"], &["x", "y", "z"], &["1", "2", "3", "4"]], "a x 1|b y 2|b z 3|b z 4"),
            (&[&["a", "", "b"], &["x", "y", "z", "w"]], "a x|y|b z|b w"),
            (&[&["a", "b", "c"], &["x"], &["1", "2", "3"]], "a x 1|b x 2|c x 3"),
            (&[&["a", "b", "c"], &["x"]], "a x|b|c"),
            (&[&["a"], &[], &["1", "2"]], "a 1|a 2"),
        ] {
            assert_eq!(labels(records), Ok(expected.to_owned()));
        }
    }
}
