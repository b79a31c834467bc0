//! Row groups → encoded, compressed column chunks.

use bytes::Bytes;
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::emit::parquet::columns::{CleanColumn, CleanValues};
use crate::emit::parquet::group::Group;
use crate::emit::parquet::schema::Layout;
use crate::emit::parquet::texts::{TextEncoder, Texts};

/// Column chunks of fewer bytes are not compressed: setting up the compression would cost more than everything else,
/// and tables of many thousand columns have only such chunks.
const SMALL: usize = 4 << 10;

/// A row group as it is stored.
pub(super) struct EncodedGroup {
    pub(super) number: u64,
    pub(super) columns: Vec<EncodedColumn>,
    /// Bytes that the group had in memory.
    pub(super) bytes: usize,
}

/// A column of a row group as it is stored, and its metadata for the end of the file.
pub(super) struct EncodedColumn {
    pub(super) pages: Bytes,
    pub(super) closed: ColumnCloseResult,
}

/// Encodes a group column by column. The values of a column are dropped before the next one is encoded.
pub(super) fn group(group: Group, layout: &Layout) -> Result<EncodedGroup> {
    let Group { number, rows, bytes } = group;
    let mut levels = Vec::new();
    let mut of_texts = TextEncoder::new()?;
    let columns = rows
        .columns
        .into_iter()
        .zip(layout.schema.columns())
        .map(|(column, descriptor)| {
            let is_small = column.values.bytes() < SMALL;
            if let CleanValues::Texts { ends, bytes } = &column.values {
                let texts = Texts { ends, bytes, present: &column.present };
                let (pages, closed) = of_texts.column(texts, (descriptor, layout), is_small)?;
                return Ok(EncodedColumn { pages, closed });
            }
            levels.clear();
            match column.present.is_empty() {
                true => levels.resize(rows.rows, 1),
                false => levels.extend(column.present.iter().map(|&present| i16::from(present))),
            }
            let properties = if is_small { &layout.of_small } else { &layout.properties };
            encode_values(column, descriptor, properties, &levels)
        })
        .collect::<Result<_>>()?;
    Ok(EncodedGroup { number, columns, bytes })
}

/// Encodes a column of any type except text; an entry of `levels` is 1 where the row has a value.
fn encode_values(
    column: CleanColumn,
    descriptor: &ColumnDescPtr,
    properties: &WriterPropertiesPtr,
    levels: &[i16],
) -> Result<EncodedColumn> {
    let mut sink = TrackedWrite::new(Vec::new());
    let pages = Box::new(SerializedPageWriter::new(&mut sink));
    let CleanColumn { values, present } = column;
    let writer = get_column_writer(descriptor.clone(), properties.clone(), pages);
    let levels = Some(levels);
    let closed = match (writer, values) {
        (ColumnWriter::Int64ColumnWriter(mut writer), CleanValues::Longs(values)) => {
            writer.write_batch(&only_present(values, &present), levels, None)?;
            writer.close()?
        }
        (ColumnWriter::Int32ColumnWriter(mut writer), CleanValues::Ints(values)) => {
            writer.write_batch(&only_present(values, &present), levels, None)?;
            writer.close()?
        }
        (ColumnWriter::DoubleColumnWriter(mut writer), CleanValues::Doubles(values)) => {
            writer.write_batch(&only_present(values, &present), levels, None)?;
            writer.close()?
        }
        (ColumnWriter::BoolColumnWriter(mut writer), CleanValues::Booleans(values)) => {
            writer.write_batch(&only_present(values, &present), levels, None)?;
            writer.close()?
        }
        _ => return Err(ParquetError::General("values of another type than their column".to_owned())),
    };
    Ok(EncodedColumn { pages: sink.into_inner()?.into(), closed })
}

/// Returns the values of the rows that have one: of all rows if `present` is empty.
fn only_present<T>(mut values: Vec<T>, present: &[bool]) -> Vec<T> {
    if !present.is_empty() {
        let mut present = present.iter();
        values.retain(|_| present.next() == Some(&true));
    }
    values
}
