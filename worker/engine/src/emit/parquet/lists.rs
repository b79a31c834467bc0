//! Lists → one column of all their items, with levels that tell where each list begins.
//!
//! The form is that of three levels which every reader knows
//! (<https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists>): an optional group with the name of the column, a repeated
//! group `list`, and in it `element`, which always has a value.

use crate::emit::parquet::values::CleanValues;
use crate::parse::{self, Affixes, TemporalFormat};
use crate::types::{self, ItemType};

/// Definition levels: a missing cell, a list without items, an item.
const MISSING: i16 = 0;
const NO_ITEM: i16 = 1;
const ITEM: i16 = 2;

/// Returns values of the kind in which items are gathered, without any.
pub(super) fn no_items(items: ItemType) -> CleanValues {
    match items {
        ItemType::String => CleanValues::default(),
        ItemType::Integer | ItemType::Datetime | ItemType::Time => CleanValues::Longs(Vec::new()),
        ItemType::Number => CleanValues::Doubles(Vec::new()),
        ItemType::Boolean => CleanValues::Booleans(Vec::new()),
        ItemType::Date => CleanValues::Ints(Vec::new()),
    }
}

/// Appends the value of an item of a clean row, which is one of its type.
pub(super) fn push(kind: ItemType, item: &[u8], values: &mut CleanValues) {
    const ISO: TemporalFormat = TemporalFormat::Default;
    match values {
        CleanValues::Texts { ends, bytes } => {
            bytes.extend_from_slice(item);
            ends.push(bytes.len() as u32);
        }
        CleanValues::Longs(values) => values.extend(match kind {
            ItemType::Datetime => parse::datetime(item, &ISO),
            ItemType::Time => parse::time(item, &ISO),
            _ => parse::integer(item, Affixes::Refused, None).ok(),
        }),
        CleanValues::Doubles(values) => {
            values.extend(parse::number(item, Affixes::Refused, None, '.').map(|number| number.value))
        }
        CleanValues::Booleans(values) => values.extend(types::boolean::read_default(item)),
        CleanValues::Ints(values) => values.extend(parse::date(item, &ISO)),
        CleanValues::Lists { .. } => unreachable!("an item is not a list"),
    }
}

/// Fills the definition and the repetition levels of lists, of which each has this number of items up to its end.
/// `present` tells which rows have a list; if it is empty, all have.
pub(super) fn levels(ends: &[u32], present: &[bool], [definition, repetition]: [&mut Vec<i16>; 2]) {
    definition.clear();
    repetition.clear();
    let mut before = 0;
    for (row, &end) in ends.iter().enumerate() {
        let count = (end - before) as usize;
        before = end;
        repetition.push(0);
        if count == 0 {
            definition.push(if present.get(row) == Some(&false) { MISSING } else { NO_ITEM });
        } else {
            definition.resize(definition.len() + count, ITEM);
            repetition.resize(repetition.len() + count - 1, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_tell_where_a_list_begins() {
        let (mut definition, mut repetition) = (vec![9], vec![9]);
        levels(&[2, 2, 2, 5], &[true, false, true, true], [&mut definition, &mut repetition]);
        assert_eq!(definition, [ITEM, ITEM, MISSING, NO_ITEM, ITEM, ITEM, ITEM]);
        assert_eq!(repetition, [0, 1, 0, 0, 0, 1, 1]);
    }
}
