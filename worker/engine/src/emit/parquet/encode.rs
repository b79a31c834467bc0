//! Row groups → encoded, compressed column chunks.

use std::iter;

use bytes::Bytes;
use parquet::column::writer::{ColumnWriter, get_column_writer};
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::emit::parquet::columns::CleanColumn;
use crate::emit::parquet::encoded::{EncodedColumn, EncodedGroup};
use crate::emit::parquet::group::Group;
use crate::emit::parquet::lists;
use crate::emit::parquet::schema::Layout;
use crate::emit::parquet::texts::{TextEncoder, Texts};
use crate::emit::parquet::values::CleanValues;

/// Column chunks of fewer bytes are not compressed: setting up the compression would cost more than everything else,
/// and tables of many thousand columns have only such chunks.
const SMALL: usize = 4 << 10;

/// Encodes a group column by column. The values of a column are dropped before the next one is encoded.
pub(super) fn group(group: Group, layout: &Layout) -> Result<EncodedGroup> {
    let Group { number, rows, bytes } = group;
    let (mut definition, mut repetition) = (Vec::new(), Vec::new());
    let mut of_texts = TextEncoder::new()?;
    let columns = rows
        .columns
        .into_iter()
        .zip(layout.schema.columns())
        .map(|(CleanColumn { values, present }, descriptor)| {
            let is_small = values.bytes() < SMALL;
            let properties = if is_small { &layout.of_small } else { &layout.properties };
            match values {
                CleanValues::Texts { ends, bytes } => {
                    let texts = Texts { ends: &ends, bytes: &bytes, present: &present };
                    of_texts.column(texts, descriptor, layout, is_small)
                }
                CleanValues::Lists { ends, items } => {
                    lists::levels(&ends, &present, [&mut definition, &mut repetition]);
                    let levels = Levels { definition: &definition, repetition: Some(&repetition) };
                    encode_values(*items, levels, descriptor, properties)
                }
                values => {
                    definition.clear();
                    match present.is_empty() {
                        true => definition.resize(rows.rows, 1),
                        false => definition.extend(present.iter().map(|&present| i16::from(present))),
                    }
                    let levels = Levels { definition: &definition, repetition: None };
                    encode_values(values.only_present(&present), levels, descriptor, properties)
                }
            }
        })
        .collect::<Result<_>>()?;
    Ok(EncodedGroup { number, columns, bytes })
}

/// The levels of the values and gaps of a column, as Parquet defines them; columns without lists have no repetition levels.
struct Levels<'l> {
    definition: &'l [i16],
    repetition: Option<&'l [i16]>,
}

/// Encodes a column of any type except text, or the items of a column of lists. There are values only where the
/// levels say that there is one.
fn encode_values(
    values: CleanValues,
    Levels { definition, repetition }: Levels<'_>,
    descriptor: &ColumnDescPtr,
    properties: &WriterPropertiesPtr,
) -> Result<EncodedColumn> {
    let mut sink = TrackedWrite::new(Vec::new());
    let pages = Box::new(SerializedPageWriter::new(&mut sink));
    let writer = get_column_writer(descriptor.clone(), properties.clone(), pages);
    let definition = Some(definition);
    let closed = match (writer, values) {
        (ColumnWriter::Int64ColumnWriter(mut writer), CleanValues::Longs(values)) => {
            writer.write_batch(&values, definition, repetition)?;
            writer.close()?
        }
        (ColumnWriter::Int32ColumnWriter(mut writer), CleanValues::Ints(values)) => {
            writer.write_batch(&values, definition, repetition)?;
            writer.close()?
        }
        (ColumnWriter::DoubleColumnWriter(mut writer), CleanValues::Doubles(values)) => {
            writer.write_batch(&values, definition, repetition)?;
            writer.close()?
        }
        (ColumnWriter::BoolColumnWriter(mut writer), CleanValues::Booleans(values)) => {
            writer.write_batch(&values, definition, repetition)?;
            writer.close()?
        }
        (ColumnWriter::ByteArrayColumnWriter(mut writer), CleanValues::Texts { ends, bytes }) => {
            let bytes = Bytes::from(bytes);
            let starts = iter::once(0).chain(ends.iter().copied());
            let text = |(start, &end)| ByteArray::from(bytes.slice(start as usize..end as usize));
            let values: Vec<ByteArray> = starts.zip(&ends).map(text).collect();
            writer.write_batch(&values, definition, repetition)?;
            writer.close()?
        }
        _ => return Err(ParquetError::General("values of another type than their column".to_owned())),
    };
    Ok(EncodedColumn { pages: sink.into_inner()?.into(), closed })
}

impl CleanValues {
    /// Returns the values of the rows that have one: all values if `present` is empty. Texts and lists stay as they are.
    fn only_present(self, present: &[bool]) -> Self {
        match self {
            Self::Longs(values) => Self::Longs(only_present(values, present)),
            Self::Ints(values) => Self::Ints(only_present(values, present)),
            Self::Doubles(values) => Self::Doubles(only_present(values, present)),
            Self::Booleans(values) => Self::Booleans(only_present(values, present)),
            Self::Texts { .. } | Self::Lists { .. } => self,
        }
    }
}

/// Returns the values of the rows that have one: of all rows if `present` is empty.
fn only_present<T>(mut values: Vec<T>, present: &[bool]) -> Vec<T> {
    if !present.is_empty() {
        let mut present = present.iter();
        values.retain(|_| present.next() == Some(&true));
    }
    values
}
