//! Columns → the schema and the settings of a Parquet file.

use std::collections::HashSet;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use crate::parse::{Affixes, PatternItem, TemporalFormat};
use crate::types::{Boolean, Date, Datetime, DecimalDigits, FieldType, Integer, ItemType, Number, StringFormat, Time};
use crate::typing::column::Column;

/// Most bytes of a group in memory, where it is held whole until it is encoded. A group of one row may have more.
pub const GROUP_BYTES: usize = 32 << 20;

/// Most bytes of different numbers or times in the dictionary of a column chunk. A column of many different values soon exceeds it, and then
/// costs no more than one without a dictionary.
const DICTIONARY_BYTES: usize = 256 << 10;

/// The numbers of rows and of bytes at which a page ends; for numbers and times both are compared every 1,024 rows. A
/// table so wide that its groups have no more rows than a page gets no page index, which would repeat the statistics of
/// very many column chunks.
pub(super) const PAGE_ROWS: usize = 20_000;
pub(super) const PAGE_BYTES: usize = 1 << 20;

/// The schema and the settings of a Parquet file.
pub(super) struct Layout {
    pub(super) root: TypePtr,
    pub(super) schema: SchemaDescPtr,
    /// The settings of column chunks, and those of small chunks, which are not compressed.
    pub(super) properties: WriterPropertiesPtr,
    pub(super) of_small: WriterPropertiesPtr,
    /// Bytes of a row in memory, without the bytes of its texts.
    pub(super) row_bytes: usize,
    /// Whether groups have more rows than a page, so that there is a page index.
    pub(super) has_pages: bool,
}

impl Layout {
    pub(super) fn new(columns: &[Column], metadata: Vec<(&'static str, String)>) -> Result<Self> {
        let mut fields = Vec::with_capacity(columns.len());
        let mut row_bytes = 0;
        for (column, name) in columns.iter().zip(names(columns)) {
            // One more byte for whether the row has a value.
            row_bytes += 1 + match stored(&column.kind).physical {
                Physical::BOOLEAN => 1,
                Physical::INT32 | Physical::BYTE_ARRAY => 4,
                _ => 8,
            };
            let field = match &column.kind {
                FieldType::List(list) => list_of(&name, list.items)?,
                kind => match column.constraints.decimal_digits {
                    Some(digits) => decimal(&name, digits)?,
                    None => primitive(&name, kind, Repetition::OPTIONAL)?,
                },
            };
            fields.push(Arc::new(field));
        }
        let root = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
        let metadata = metadata.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect();
        let has_pages = row_bytes * PAGE_ROWS <= GROUP_BYTES;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_statistics_enabled(if has_pages { EnabledStatistics::Page } else { EnabledStatistics::Chunk })
            .set_offset_index_disabled(!has_pages)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_data_page_size_limit(PAGE_BYTES)
            .set_key_value_metadata(Some(metadata))
            .build();
        let of_small = properties.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build();
        let schema = Arc::new(SchemaDescriptor::new(Arc::clone(&root)));
        Ok(Self { root, schema, properties: Arc::new(properties), of_small: Arc::new(of_small), row_bytes, has_pages })
    }
}

/// Returns the column type of the values of a field that is not a list.
fn primitive(name: &str, kind: &FieldType, repetition: Repetition) -> Result<Type> {
    let StoredType { physical, logical } = stored(kind);
    Type::primitive_type_builder(name, physical).with_repetition(repetition).with_logical_type(logical).build()
}

/// Returns the column type of numbers of these digits.
fn decimal(name: &str, DecimalDigits { precision, scale }: DecimalDigits) -> Result<Type> {
    let [precision, scale] = [precision, scale].map(i32::from);
    Type::primitive_type_builder(name, Physical::INT64)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::decimal(scale, precision)))
        .with_precision(precision)
        .with_scale(scale)
        .build()
}

/// Returns the column type of lists with items of this type.
fn list_of(name: &str, items: ItemType) -> Result<Type> {
    let element = primitive("element", &field_type(items), Repetition::REQUIRED)?;
    let list = Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(only(element));
    Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(only(list.build()?))
        .build()
}

fn only(field: Type) -> Vec<TypePtr> {
    vec![Arc::new(field)]
}

/// Returns the type of a field whose cells are like the items.
fn field_type(items: ItemType) -> FieldType {
    match items {
        ItemType::String => FieldType::String(StringFormat::Default),
        ItemType::Integer => FieldType::Integer(Integer { affixes: Affixes::Refused, group_char: None }),
        ItemType::Boolean => FieldType::Boolean(Boolean::default()),
        ItemType::Number => {
            FieldType::Number(Number { affixes: Affixes::Refused, group_char: None, decimal_char: '.' })
        }
        ItemType::Datetime => FieldType::Datetime(Datetime(TemporalFormat::Default)),
        ItemType::Date => FieldType::Date(Date(TemporalFormat::Default)),
        ItemType::Time => FieldType::Time(Time(TemporalFormat::Default)),
    }
}

/// Level of the compression: a higher one makes the files a few percent smaller, and takes a multiple of the time.
pub(super) const ZSTD_LEVEL: i32 = 1;

/// How Parquet stores the values of a field.
struct StoredType {
    physical: Physical,
    logical: Option<LogicalType>,
}

/// Returns how the values of a field are stored; of a list, how its text would be, whose offsets take as much memory as those of its items.
/// Every column may have missing cells: a field that is required today need not be tomorrow, and the files of a prefix are read together.
fn stored(kind: &FieldType) -> StoredType {
    let (physical, logical) = match kind {
        // A year may have 18 digits.
        FieldType::Integer(_) | FieldType::Year(_) => (Physical::INT64, None),
        FieldType::Number(_) => (Physical::DOUBLE, None),
        FieldType::Boolean(_) => (Physical::BOOLEAN, None),
        FieldType::Date(_) => (Physical::INT32, Some(LogicalType::Date)),
        FieldType::Datetime(Datetime(format)) => {
            (Physical::INT64, Some(LogicalType::timestamp(is_in_utc(format), TimeUnit::MICROS)))
        }
        FieldType::Time(_) => (Physical::INT64, Some(LogicalType::time(false, TimeUnit::MICROS))),
        FieldType::YearMonth(_)
        | FieldType::String(_)
        | FieldType::Any(_)
        | FieldType::Duration(_)
        | FieldType::Object(_)
        | FieldType::Array(_)
        | FieldType::List(_)
        | FieldType::Geopoint(_)
        | FieldType::Geojson(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    StoredType { physical, logical }
}

/// Returns true if every text of a format has an offset, so that all values are points in time. In other formats, texts without an offset are
/// local times of an unknown place.
fn is_in_utc(format: &TemporalFormat) -> bool {
    match format {
        TemporalFormat::Pattern(items) => {
            items.iter().any(|item| matches!(item, PatternItem::Offset | PatternItem::Zone))
        }
        TemporalFormat::Default | TemporalFormat::Any => false,
    }
}

/// Returns the names of the columns, made unique: columns that are not in the schema may have equal labels, and get
/// `_2`, `_3` and so on.
fn names(columns: &[Column]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::with_capacity(columns.len());
    let mut twice = Vec::new();
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        if !taken.insert(column.name.clone()) {
            twice.push(index);
        }
        names.push(column.name.clone());
    }
    let mut latest = std::collections::HashMap::new();
    for index in twice {
        let name = &columns[index].name;
        let number: &mut u64 = latest.entry(name).or_insert(1);
        names[index] = loop {
            *number += 1;
            let other = format!("{name}_{number}");
            if taken.insert(other.clone()) {
                break other;
            }
        };
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Any;

    fn named(labels: &[&str]) -> Vec<String> {
        let column = |label: &&str| Column::unchecked((*label).to_owned(), FieldType::Any(Any));
        names(&labels.iter().map(column).collect::<Vec<_>>())
    }

    #[test]
    fn repeated_names_get_a_number() {
        assert_eq!(named(&["a", "b"]), ["a", "b"]);
        assert_eq!(named(&["a", "a", "b", "a"]), ["a", "a_2", "b", "a_3"]);
        assert_eq!(named(&["a", "a", "a_2", "a", "A"]), ["a", "a_3", "a_2", "a_4", "A"]);
    }

    #[test]
    fn ten_thousand_equal_names_take_little_time() {
        let names = named(&vec!["x"; 16_384]);
        assert_eq!(names.last().map(String::as_str), Some("x_16384"));
    }
}
