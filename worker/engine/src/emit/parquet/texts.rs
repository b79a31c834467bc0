//! Columns of texts → column chunks.
//!
//! The writer of the `parquet` crate takes each text as a value of its own in shared memory; making, comparing and freeing these is most of the
//! cost of such a column. Here the texts stay in one buffer: they are replaced by dictionary indices ([`dictionary`](super::dictionary)) or
//! copied into pages, and the least and the greatest text of a page are looked for among its different texts.

use std::ops::Range;

use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use crate::emit::parquet::dictionary::{Dictionary, LENGTH_BYTES};
use crate::emit::parquet::encoded::EncodedColumn;
use crate::emit::parquet::page_index::{ChunkIndex, Extremes, PageCounts, PageIndex};
use crate::emit::parquet::rle_bit_packing::{push_levels, push_numbers};
use crate::emit::parquet::schema::{Layout, PAGE_BYTES, PAGE_ROWS, ZSTD_LEVEL};
use crate::packed_text::{push_first, short};

/// The texts of a column in one buffer, with the offset at which each text ends. `present` tells which rows have a
/// text; if it is empty, all have.
#[derive(Clone, Copy)]
pub(super) struct Texts<'t> {
    pub(super) ends: &'t [u32],
    pub(super) bytes: &'t [u8],
    pub(super) present: &'t [bool],
}

impl<'t> Texts<'t> {
    /// Returns the offsets at which the text of a row starts and ends.
    #[inline]
    fn span(&self, row: usize) -> Range<u32> {
        row.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[row]
    }

    #[inline]
    fn is_there(&self, row: usize) -> bool {
        self.present.get(row).copied().unwrap_or(true)
    }

    /// Returns the offsets of the texts in the rows that have one.
    #[inline]
    fn spans(self, rows: Range<usize>) -> impl Iterator<Item = Range<u32>> + use<'t> {
        rows.filter(move |&row| self.is_there(row)).map(move |row| self.span(row))
    }

    /// Returns the rows of the next page without a dictionary: it ends behind the row that fills it.
    fn page(&self, from: usize) -> Range<usize> {
        let last = self.ends.len().min(from + PAGE_ROWS);
        let start = self.span(from).start as usize;
        let is_room = |row: usize| self.ends[row] as usize - start + (row + 1 - from) * LENGTH_BYTES < PAGE_BYTES;
        // A binary search: the bytes grow with each row.
        let (mut room, mut full) = (from, last);
        while room < full {
            let middle = room.midpoint(full);
            if is_room(middle) {
                room = middle + 1;
            } else {
                full = middle;
            }
        }
        from..last.min(room + 1)
    }
}

/// Encodes columns of texts. Its memory is reused.
pub(super) struct TextEncoder {
    dictionary: Dictionary,
    compressor: Compressor<'static>,
    /// A page before it is compressed.
    page: Vec<u8>,
}

impl TextEncoder {
    pub(super) fn new() -> Result<Self> {
        let compressor = Compressor::new(ZSTD_LEVEL)?;
        Ok(Self { dictionary: Dictionary::new(), compressor, page: Vec::new() })
    }

    /// Encodes a column. A column that `is_small` is not compressed.
    pub(super) fn column(
        &mut self,
        texts: Texts<'_>,
        descriptor: &ColumnDescPtr,
        layout: &Layout,
        is_small: bool,
    ) -> Result<EncodedColumn> {
        let mut sink = TrackedWrite::new(Vec::new());
        let rows = texts.ends.len();
        let numbered = self.dictionary.assign_numbers(texts.bytes, texts.spans(0..rows));
        let mut chunk = ChunkWriter {
            pages: SerializedPageWriter::new(&mut sink),
            compressor: (!is_small).then_some(&mut self.compressor),
            index: ChunkIndex::new(layout.has_pages),
            written: Written::default(),
        };
        let Self { dictionary, page, .. } = self;
        if numbered {
            page.clear();
            for number in 0..dictionary.len() as u32 {
                push_plain(dictionary.text(texts.bytes, number), page);
            }
            chunk.dictionary(page, dictionary.len())?;
        }
        let mut seen = vec![0; if numbered { dictionary.len() } else { 0 }];
        let (mut row, mut value, mut page_number) = (0, 0, 0);
        while row < rows {
            let (page_rows, encoding) = match numbered {
                true => (row..rows.min(row + PAGE_ROWS), Encoding::RLE_DICTIONARY),
                false => (texts.page(row), Encoding::PLAIN),
            };
            page.clear();
            let present = texts.present.get(page_rows.clone()).unwrap_or_default();
            push_levels(present, page_rows.len(), page);
            let missing = present.iter().filter(|&&is_there| !is_there).count();
            let mut extremes = Extremes::default();
            page_number += 1;
            if numbered {
                let numbers = &dictionary.numbers[value..value + page_rows.len() - missing];
                push_numbers(numbers, dictionary.len(), page);
                for &number in numbers {
                    let seen = &mut seen[number as usize];
                    if *seen != page_number {
                        *seen = page_number;
                        extremes.add(dictionary.text(texts.bytes, number));
                    }
                }
                value += numbers.len();
            } else {
                for span in texts.spans(page_rows.clone()) {
                    let text = &texts.bytes[span.start as usize..span.end as usize];
                    push_plain(text, page);
                    extremes.add(text);
                }
            }
            // Missing cells have no bytes, so the bytes of the page are those of its texts.
            let bytes = texts.ends[page_rows.end - 1] - texts.span(row).start;
            chunk.index.add(extremes, PageCounts { rows: page_rows.len(), missing, bytes: bytes.into() });
            chunk.data(page, page_rows.len(), encoding)?;
            row = page_rows.end;
        }
        let closed = chunk.close(descriptor, rows)?;
        Ok(EncodedColumn { pages: sink.into_inner()?.into(), closed })
    }
}

/// Appends a text with its length in front. A short text is copied in a block of fixed size, which needs no call.
#[inline]
fn push_plain(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    match short(text) {
        Some(packed) => push_first(&packed.to_le_bytes(), text.len(), out),
        None => out.extend_from_slice(text),
    }
}

/// The sizes and positions of the written parts of a column chunk.
#[derive(Default)]
struct Written {
    compressed: usize,
    uncompressed: usize,
    bytes: u64,
    dictionary_at: Option<u64>,
    data_at: Option<u64>,
    data_pages: i32,
    /// The encoding of the data pages; `None` if there is none.
    data_encoding: Option<Encoding>,
}

/// Writes the pages of a column chunk.
struct ChunkWriter<'c, 's> {
    pages: SerializedPageWriter<'s, Vec<u8>>,
    compressor: Option<&'c mut Compressor<'static>>,
    index: ChunkIndex,
    written: Written,
}

impl ChunkWriter<'_, '_> {
    fn compressed(&mut self, page: &[u8]) -> Result<Vec<u8>> {
        Ok(match &mut self.compressor {
            Some(compressor) => compressor.compress(page)?,
            None => page.to_vec(),
        })
    }

    fn dictionary(&mut self, page: &[u8], count: usize) -> Result<()> {
        let buf = self.compressed(page)?.into();
        let dictionary =
            Page::DictionaryPage { buf, num_values: count as u32, encoding: Encoding::PLAIN, is_sorted: false };
        self.write(dictionary, page.len())
    }

    fn data(&mut self, page: &[u8], rows: usize, encoding: Encoding) -> Result<()> {
        let data = Page::DataPage {
            buf: self.compressed(page)?.into(),
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.written.data_pages += 1;
        self.written.data_encoding = Some(encoding);
        self.write(data, page.len())
    }

    fn write(&mut self, page: Page, uncompressed: usize) -> Result<()> {
        let is_data = page.is_data_page();
        let spec = self.pages.write_page(CompressedPage::new(page, uncompressed))?;
        let written = &mut self.written;
        written.compressed += spec.compressed_size;
        written.uncompressed += spec.uncompressed_size;
        written.bytes += spec.bytes_written;
        let at = if is_data { &mut written.data_at } else { &mut written.dictionary_at };
        at.get_or_insert(spec.offset);
        if is_data {
            let size = i32::try_from(spec.compressed_size);
            self.index
                .set_position(spec.offset, size.map_err(|_| ParquetError::General("a page is too large".to_owned()))?);
        }
        Ok(())
    }

    /// Ends the chunk, and returns its metadata.
    fn close(mut self, descriptor: &ColumnDescPtr, rows: usize) -> Result<ColumnCloseResult> {
        self.pages.close()?;
        let Self { compressor, index, written, .. } = self;
        let of_dictionary = written.dictionary_at.map(|_| {
            let page_type = PageType::DICTIONARY_PAGE;
            PageEncodingStats { page_type, encoding: Encoding::PLAIN, count: 1 }
        });
        let of_data = written.data_encoding.map(|encoding| {
            let page_type = PageType::DATA_PAGE;
            PageEncodingStats { page_type, encoding, count: written.data_pages }
        });
        let stats: Vec<_> = of_dictionary.into_iter().chain(of_data).collect();
        let encodings = stats.iter().map(|stats| stats.encoding).chain([Encoding::RLE]).collect();
        let compression = match compressor {
            Some(_) => Compression::ZSTD(parquet::basic::ZstdLevel::try_new(ZSTD_LEVEL)?),
            None => Compression::UNCOMPRESSED,
        };
        let metadata = ColumnChunkMetaData::builder(descriptor.clone())
            .set_compression(compression)
            .set_encodings(encodings)
            .set_page_encoding_stats(stats)
            .set_total_compressed_size(written.compressed as i64)
            .set_total_uncompressed_size(written.uncompressed as i64)
            .set_num_values(rows as i64)
            .set_data_page_offset(written.data_at.unwrap_or(0) as i64)
            .set_dictionary_page_offset(written.dictionary_at.map(|at| at as i64))
            .set_statistics(index.statistics())
            .set_unencoded_byte_array_data_bytes(Some(index.bytes()))
            .build()?;
        let PageIndex { columns: column_index, offsets: offset_index } = index.finish()?;
        Ok(ColumnCloseResult {
            bytes_written: written.bytes,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index,
            offset_index,
        })
    }
}
