//! `list`: values of one type with a delimiter between them.

use super::boolean;
use super::{Format, JsonType, Literal, LiteralValue, NotAValue, TextValue, Words};
use crate::bound::Scalar;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::parse;
use crate::parse::{Affixes, Json, TemporalFormat};

/// Values of one type, each in the default format of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Text between two items; not empty.
    pub delimiter: String,
    /// Type of the items.
    pub items: ItemType,
    /// How a cell is written.
    pub notation: ListNotation,
}

/// How the cells of a list are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListNotation {
    /// The items with the delimiter between them.
    #[default]
    Delimited,
    /// An array of JSON: the lists of `data` inside a descriptor, which may be empty or have the delimiter in an item.
    Json,
}

/// Types that the items of a list may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ItemType {
    /// Any text.
    #[default]
    String,
    /// The type `integer`, in its default format.
    Integer,
    /// The type `boolean`, with its default texts.
    Boolean,
    /// The type `number`, in its default format.
    Number,
    /// The type `datetime`, in its default format.
    Datetime,
    /// The type `date`, in its default format.
    Date,
    /// The type `time`, in its default format.
    Time,
}

const ITEM_TYPES: [(&str, ItemType); 7] = [
    ("string", ItemType::String),
    ("integer", ItemType::Integer),
    ("boolean", ItemType::Boolean),
    ("number", ItemType::Number),
    ("datetime", ItemType::Datetime),
    ("date", ItemType::Date),
    ("time", ItemType::Time),
];

/// Longest delimiter, in bytes.
const DELIMITER_BYTES: usize = 100;

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<List> {
    let (delimiter, items) = (delimiter(place), item_type(place));
    format.only_default(place, "list")?;
    Some(List { delimiter: delimiter?, items: items?, notation: ListNotation::Delimited })
}

fn delimiter(place: &Place<'_>) -> Option<String> {
    const REMEDY: &str = "write the text between two items";
    let Some(property) = place.get("delimiter") else {
        return Some(",".to_owned());
    };
    let text = property.string(REMEDY)?;
    if text.is_empty() {
        property.mistake("it is empty", REMEDY);
        return None;
    }
    if text.len() > DELIMITER_BYTES {
        property.mistake(format_args!("it has {} bytes, more than {DELIMITER_BYTES}", text.len()), "shorten it");
        return None;
    }
    Some(text.to_owned())
}

fn item_type(place: &Place<'_>) -> Option<ItemType> {
    let names = ITEM_TYPES.map(|(name, _)| name);
    let Some(property) = place.get("itemType") else {
        return Some(ItemType::String);
    };
    let name = property.string(&spelling::remedy("", &names))?;
    super::look_up(name, &ITEM_TYPES, Some(&property), "a type of items")
}

impl ItemType {
    /// Appends the canonical text of an item to `canonical`: equal items have the same one. Returns `None` when the item is not of the type.
    fn read(self, item: &[u8], canonical: &mut Vec<u8>) -> Option<()> {
        const ISO: TemporalFormat = TemporalFormat::Default;
        let push_time = |canonical: &mut Vec<u8>, value: i64| {
            canonical.extend_from_slice(value.to_string().as_bytes());
            let nanoseconds = parse::nanoseconds(item, &ISO);
            canonical.extend_from_slice(format!("+{nanoseconds}").as_bytes());
        };
        match self {
            Self::String => {
                canonical.extend_from_slice(format!("{}:", item.len()).as_bytes());
                canonical.extend_from_slice(item);
            }
            Self::Integer => {
                canonical.extend_from_slice(parse::integer(item, Affixes::Refused, None).ok()?.to_string().as_bytes());
            }
            Self::Boolean => canonical.push(if boolean::read_default(item)? { b't' } else { b'f' }),
            Self::Number => match parse::number(item, Affixes::Refused, None, '.')?.value {
                value if value.is_finite() => parse::ExactDecimal::of(item).write_canonical(canonical),
                value => canonical.extend_from_slice(value.to_string().as_bytes()),
            },
            Self::Datetime => push_time(canonical, parse::datetime(item, &ISO)?),
            Self::Date => push_time(canonical, parse::date(item, &ISO)?.into()),
            Self::Time => push_time(canonical, parse::time(item, &ISO)?),
        }
        canonical.push(b',');
        Some(())
    }

    /// Appends the canonical text of an item that is a value of JSON, as [`Self::read`] does.
    fn read_json(self, item: &Json, canonical: &mut Vec<u8>) -> Option<()> {
        match (item, self) {
            (Json::String(text), _) => self.read(text.as_bytes(), canonical),
            (Json::Boolean(value), Self::Boolean) => self.read(if *value { b"true" } else { b"false" }, canonical),
            (Json::Number(number), Self::Integer | Self::Number) => {
                let mut text = Vec::new();
                number.write_canonical(&mut text);
                if self == Self::Integer {
                    text = parse::json_integer(&text).ok()?.to_string().into_bytes();
                }
                self.read(&text, canonical)
            }
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        ITEM_TYPES.iter().find(|(_, other)| *other == self).map_or("string", |(name, _)| name)
    }
}

impl List {
    /// Returns the texts of the items of a list.
    pub(crate) fn items_of<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = &'t [u8]> + use<'t> {
        let length = self.delimiter.len();
        let ends = memchr::memmem::find_iter(text, &self.delimiter).into_owned();
        let mut from = 0;
        ends.chain([text.len()]).map(move |end| {
            let item = &text[from..end];
            from = end + length;
            item
        })
    }

    /// Returns a list with the delimiter between its items as an array of JSON.
    pub(crate) fn to_json(&self, text: &str) -> String {
        let items: serde_json::Value = text.split(&*self.delimiter).collect();
        items.to_string()
    }

    /// Reads an array of JSON.
    fn read_json(&self, text: &[u8]) -> Option<Items> {
        let Some(Json::Array(values)) = Json::read(text) else { return None };
        let mut items = Items { count: values.len() as u64, canonical: Vec::with_capacity(text.len()) };
        values.iter().try_for_each(|item| self.items.read_json(item, &mut items.canonical))?;
        Some(items)
    }
}

/// The number of items of a list, and the canonical text of the list: equal lists have the same one.
pub(crate) struct Items {
    count: u64,
    canonical: Vec<u8>,
}

impl TextValue for List {
    type Value = Items;

    fn words(&self) -> Words {
        Words {
            name: "list",
            noun: "a list",
            remedy: "write an array, or the list as it stands in a cell, between quotes",
            unit: Some(["item", "items"]),
        }
    }

    fn expected_cell(&self) -> String {
        let items = self.items.name();
        match self.notation {
            ListNotation::Delimited => {
                format!("a list of values of the type \"{items}\" with {} between them", quoted(&self.delimiter))
            }
            ListNotation::Json => format!("a list of values of the type \"{items}\""),
        }
    }

    fn cell_form(&self) -> String {
        quoted(&self.delimiter)
    }

    fn read(&self, text: &[u8]) -> Option<Items> {
        if self.notation == ListNotation::Json {
            return self.read_json(text);
        }
        let mut items = Items { count: 0, canonical: Vec::with_capacity(text.len() + 16) };
        for item in self.items_of(text) {
            self.items.read(item, &mut items.canonical)?;
            items.count += 1;
        }
        Some(items)
    }

    fn canonical(&self, value: &Items) -> Vec<u8> {
        value.canonical.clone()
    }

    fn length(&self, value: &Items) -> u64 {
        value.count
    }

    fn literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        match literal.json_type {
            JsonType::String | JsonType::Number | JsonType::Boolean(_) => {
                let items = self.read(literal.text.as_bytes()).ok_or(NotAValue::Type)?;
                // cannot fail: a text in UTF-8 was taken apart at texts in UTF-8.
                let canonical = String::from_utf8(items.canonical).map_err(|_| NotAValue::Type)?;
                Ok(Scalar::String(canonical).into())
            }
            JsonType::Container => {
                let items = self.read_json(literal.text.as_bytes()).ok_or(NotAValue::Type)?;
                let canonical = String::from_utf8(items.canonical).map_err(|_| NotAValue::Type)?;
                Ok(Scalar::String(canonical).into())
            }
        }
    }
}
