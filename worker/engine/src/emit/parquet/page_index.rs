//! The statistics and the page index of a column chunk of texts: the least and the greatest text of the chunk and of its pages, and the
//! positions of the pages.

use parquet::basic::{BoundaryOrder, Type as Physical};
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};

/// Most bytes of a text that is kept whole. Of a longer text a shorter bound is kept: one that is not greater, or not less.
const KEPT: usize = 64;

/// The least and the greatest of some texts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extremes<'t>(Option<LeastAndGreatest<'t>>);

#[derive(Clone, Copy, Debug)]
struct LeastAndGreatest<'t> {
    least: &'t [u8],
    greatest: &'t [u8],
}

impl<'t> Extremes<'t> {
    #[inline]
    pub(super) fn add(&mut self, text: &'t [u8]) {
        match &mut self.0 {
            Some(LeastAndGreatest { least, greatest }) => {
                if text < *least {
                    *least = text;
                } else if text > *greatest {
                    *greatest = text;
                }
            }
            none => *none = Some(LeastAndGreatest { least: text, greatest: text }),
        }
    }
}

/// The metadata of a column chunk and of its pages, for the end of the file.
pub(super) struct ChunkIndex {
    /// The bounds of all texts: the least and the greatest one.
    extremes: Option<[TextBound; 2]>,
    missing: usize,
    bytes: i64,
    /// The entries of the page index; `None` for a table that is so wide that it has no page index.
    pages: Option<PageIndexBuilders>,
    /// The bounds of the previous page, and whether the bounds of all pages so far ascend, or descend.
    before: Option<[Vec<u8>; 2]>,
    ascend: bool,
    descend: bool,
}

struct PageIndexBuilders {
    columns: ColumnIndexBuilder,
    offsets: OffsetIndexBuilder,
}

/// The two parts of the page index of a column chunk; both are `None` for a table that has no page index.
#[derive(Default)]
pub(super) struct PageIndex {
    pub(super) columns: Option<ColumnIndexMetaData>,
    pub(super) offsets: Option<OffsetIndexMetaData>,
}

/// What is counted of a page.
#[derive(Clone, Copy)]
pub(super) struct PageCounts {
    pub(super) rows: usize,
    /// The number of missing cells.
    pub(super) missing: usize,
    /// The bytes of the texts.
    pub(super) bytes: i64,
}

/// A bound of texts: one of the texts, or a shorter text in place of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TextBound {
    text: Vec<u8>,
    is_exact: bool,
}

impl ChunkIndex {
    pub(super) fn new(has_pages: bool) -> Self {
        let builders = || PageIndexBuilders {
            columns: ColumnIndexBuilder::new(Physical::BYTE_ARRAY),
            offsets: OffsetIndexBuilder::new(),
        };
        let pages = has_pages.then(builders);
        Self { extremes: None, missing: 0, bytes: 0, pages, before: None, ascend: true, descend: true }
    }

    /// Adds a page with these extremes.
    pub(super) fn add(&mut self, Extremes(extremes): Extremes<'_>, page: PageCounts) {
        let PageCounts { rows, missing, bytes } = page;
        self.missing += missing;
        self.bytes += bytes;
        let kept = extremes.map(|texts| [least_kept(texts.least), greatest_kept(texts.greatest)]);
        if let Some(PageIndexBuilders { columns, offsets }) = &mut self.pages {
            let [least, greatest] = kept.clone().map(|kept| kept.map(|kept| kept.text)).unwrap_or_default();
            if kept.is_some() {
                if let Some([least_before, greatest_before]) = &self.before {
                    self.ascend &= *least_before <= least && *greatest_before <= greatest;
                    self.descend &= *least_before >= least && *greatest_before >= greatest;
                }
                self.before = Some([least.clone(), greatest.clone()]);
            }
            columns.append(kept.is_none(), least, greatest, missing as i64, None);
            offsets.append_row_count(rows as i64);
            offsets.append_unencoded_byte_array_data_bytes(Some(bytes));
        }
        let Some([least, greatest]) = kept else { return };
        match &mut self.extremes {
            Some([least_so_far, greatest_so_far]) => {
                if least.text < least_so_far.text {
                    *least_so_far = least;
                }
                if greatest.text > greatest_so_far.text {
                    *greatest_so_far = greatest;
                }
            }
            none => *none = Some([least, greatest]),
        }
    }

    /// Notes the offset and the size of the page that was added last.
    pub(super) fn set_position(&mut self, offset: u64, bytes: i32) {
        if let Some(PageIndexBuilders { offsets, .. }) = &mut self.pages {
            offsets.append_offset_and_size(offset as i64, bytes);
        }
    }

    /// Returns the bytes of all texts.
    pub(super) fn bytes(&self) -> i64 {
        self.bytes
    }

    /// Returns the statistics of the column chunk.
    pub(super) fn statistics(&self) -> Statistics {
        let text = |nth: usize| self.extremes.as_ref().map(|kept| ByteArray::from(kept[nth].text.clone()));
        let is_exact = |nth: usize| self.extremes.as_ref().is_some_and(|kept| kept[nth].is_exact);
        let statistics = ValueStatistics::new(text(0), text(1), None, Some(self.missing as u64), false);
        Statistics::ByteArray(statistics.with_min_is_exact(is_exact(0)).with_max_is_exact(is_exact(1)))
    }

    /// Returns the page index.
    pub(super) fn finish(self) -> Result<PageIndex> {
        let Some(PageIndexBuilders { mut columns, offsets }) = self.pages else { return Ok(PageIndex::default()) };
        columns.set_boundary_order(match (self.ascend, self.descend) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        Ok(PageIndex { columns: Some(columns.build()?), offsets: Some(offsets.build()) })
    }
}

impl TextBound {
    fn of(text: &[u8]) -> Self {
        Self { text: text.to_vec(), is_exact: true }
    }
}

/// Returns as many first characters of a text as fit in [`KEPT`] bytes; `None` if the text is not UTF-8.
fn beginning(text: &[u8]) -> Option<&str> {
    let whole = str::from_utf8(text).ok()?;
    let end = (0..=KEPT).rev().find(|&end| whole.is_char_boundary(end))?;
    Some(&whole[..end])
}

/// Returns a bound that is not greater than the text.
fn least_kept(text: &[u8]) -> TextBound {
    match beginning(text) {
        Some(beginning) if text.len() > KEPT => TextBound { text: beginning.as_bytes().to_vec(), is_exact: false },
        _ => TextBound::of(text),
    }
}

/// Returns a bound that is not less than the text. Of a long text it is the beginning, up to the last character that
/// has a successor of equal length, with the successor in place of this character.
fn greatest_kept(text: &[u8]) -> TextBound {
    let Some(mut beginning) = beginning(text).filter(|_| text.len() > KEPT) else { return TextBound::of(text) };
    while let Some(last) = beginning.chars().next_back() {
        beginning = &beginning[..beginning.len() - last.len_utf8()];
        let next = char::from_u32(u32::from(last) + 1).filter(|next| next.len_utf8() == last.len_utf8());
        if let Some(next) = next {
            return TextBound { text: format!("{beginning}{next}").into_bytes(), is_exact: false };
        }
    }
    TextBound::of(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_lies_between_its_bounds() {
        let long = |character: char| character.to_string().repeat(100);
        assert_eq!(greatest_kept(long('a').as_bytes()).text, [b"a".repeat(63), b"b".to_vec()].concat());
        // The last character of Unicode, and characters whose successors have another length or do not exist.
        for character in ['\u{10ffff}', '\u{7f}', '\u{d7ff}', '\u{7ff}'] {
            let kept = greatest_kept(long(character).as_bytes());
            assert!(kept.is_exact && kept.text == long(character).as_bytes());
        }
        let mixed = format!("a{}", long('\u{10ffff}'));
        assert_eq!(greatest_kept(mixed.as_bytes()), TextBound { text: b"b".to_vec(), is_exact: false });
    }

    proptest! {
        #[test]
        fn the_kept_texts_bound_the_text(text in "[a-c]{0,70}|.{0,80}") {
            let (least, greatest) = (least_kept(text.as_bytes()), greatest_kept(text.as_bytes()));
            prop_assert!(*least.text <= *text.as_bytes() && *greatest.text >= *text.as_bytes());
            prop_assert_eq!(least.is_exact, *least.text == *text.as_bytes());
            prop_assert_eq!(greatest.is_exact, *greatest.text == *text.as_bytes());
            prop_assert!(least.text.len() <= KEPT || least.is_exact);
        }
    }
}
