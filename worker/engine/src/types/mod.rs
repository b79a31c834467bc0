//! The types of fields, a file for each: what it reads in the descriptor, how it reads a cell, what its messages say, and which statistics it
//! has. Other code reaches a type through [`Type`], so a new type is a file, its `mod`, and a line of [`field_types!`]; the
//! matches over all types and the few places that ask for single types are in `CONTRIBUTING.md`, under "A field type".

mod any;
pub(crate) mod boolean;
mod date;
mod datetime;
mod duration;
pub(crate) mod field;
mod geojson;
mod geopoint;
mod integer;
mod json;
mod list;
mod number;
pub(crate) mod statistics_kind;
mod string;
mod temporal;
mod text_value;
mod time;
mod year;
mod yearmonth;

pub use crate::parse::StringFormat;
pub use crate::parse::{PatternItem, TemporalFormat};
pub use any::Any;
pub use boolean::Boolean;
pub use date::Date;
pub use datetime::Datetime;
pub use duration::Duration;
pub(crate) use field::{CategoryBound, Constraints, Field, LABEL_CHARACTERS};
pub use geojson::Geojson;
pub use geopoint::Geopoint;
pub use integer::Integer;
pub use json::JsonStructure;
pub use list::{ItemType, List, ListNotation};
pub use number::{DecimalDigits, Number};
pub(crate) use statistics_kind::{StatisticsKind, TemporalUnit};
use text_value::canonical_json;
pub(crate) use text_value::{TextValue, Words};
pub use time::Time;
pub use year::Year;
pub use yearmonth::YearMonth;

use crate::bound::Scalar;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::parse::{self, IntegerError};
use crate::typing::cells::Typing;
use crate::typing::column::Column;
use crate::typing::valid_cache::ValidCache;
use crate::typing::values::TypedColumn;

/// The interface through which all other code uses a type of field.
pub(crate) trait Type {
    /// Returns the name of the type in Table Schema.
    fn name(&self) -> &'static str;

    /// Returns the name of a value in a mistake of the descriptor: `an integer`.
    fn noun(&self) -> &'static str;

    /// Returns the remedy for a value of the descriptor that is not of the type.
    fn remedy(&self) -> &'static str;

    /// Returns the expected cell for the message of a fault: `a date (YYYY-MM-DD)`.
    fn expectation(&self) -> String;

    /// Returns the variant of the type, where messages for senders have other words for it: `email`, `any`.
    fn variant(&self) -> Option<&'static str> {
        None
    }

    /// Returns the form of a cell, independent of any language: `YYYY-MM-DD`. Empty where the name of the type says enough.
    fn form(&self) -> String {
        String::new()
    }

    /// Returns the words for a cell that has the right form, but a value out of range.
    fn out_of_range(&self) -> String {
        format!("{} beyond those that are read", self.noun())
    }

    /// Returns true if `minimum` and `maximum` apply.
    fn is_ordered(&self) -> bool;

    /// Returns true if cells are texts that stay in the chunk, and not values of fixed size.
    fn is_text(&self) -> bool {
        false
    }

    /// Returns true if `minLength` and `maxLength` apply.
    fn has_length(&self) -> bool {
        false
    }

    /// Returns the unit that `minLength` and `maxLength` count, in the singular and the plural.
    fn unit_of_length(&self) -> [&'static str; 2] {
        ["character", "characters"]
    }

    /// Returns a length in words: `1 character`, `3 items`.
    fn length_in_units(&self, length: u64) -> String {
        let [one, several] = self.unit_of_length();
        format!("{length} {}", if length == 1 { one } else { several })
    }

    /// Returns true if `pattern` applies.
    fn has_pattern(&self) -> bool {
        false
    }

    /// Returns true if `jsonSchema` applies.
    fn has_json_schema(&self) -> bool {
        false
    }

    /// Returns the text by which keys compare a cell: all cells with the same value have the same text. `None`: the text of the cell itself.
    fn key(&self, _text: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Returns true if the values of the type can be summed.
    fn has_sum(&self) -> bool {
        false
    }

    /// Reads a bound or a value of an enumeration.
    ///
    /// # Errors
    ///
    /// [`NotAValue`], which becomes a mistake of the descriptor.
    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue>;

    /// Reads the cells of a column in some rows of a chunk.
    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>);

    /// Returns the kind of statistics that a column of the type has.
    fn statistics(&self) -> StatisticsKind;
}

/// A column whose cells are read, and where its values go.
pub(crate) struct ColumnCells<'a> {
    pub(crate) column: &'a Column,
    /// Index of the column in the file, from 0.
    pub(crate) index: usize,
    pub(crate) typed: &'a mut TypedColumn,
    pub(crate) cache: &'a mut Option<ValidCache>,
}

/// A value as it is written in a descriptor.
#[derive(Clone, Copy)]
pub(crate) struct Literal<'a> {
    pub(crate) text: &'a str,
    pub(crate) json_type: JsonType,
}

impl Literal<'_> {
    /// Returns the value in a type that accepts every text, so that numbers and booleans of JSON are texts as well.
    fn as_text(&self) -> Result<LiteralValue, NotAValue> {
        match self.json_type {
            JsonType::String | JsonType::Number | JsonType::Boolean(_) => {
                Ok(Scalar::String(self.text.to_owned()).into())
            }
            JsonType::Container => Err(NotAValue::Type),
        }
    }

    /// Returns the value in a type of integers. Messages show it without a point or an exponent.
    fn json_integer(&self) -> Result<LiteralValue, NotAValue> {
        let value = parse::json_integer(self.text.as_bytes())?;
        Ok(LiteralValue { decimal: Some(value.to_string()), ..Scalar::Integer(value).into() })
    }
}

/// The type of a value in JSON.
#[derive(Clone, Copy)]
pub(crate) enum JsonType {
    String,
    Number,
    Boolean(bool),
    /// An array or an object, as its JSON.
    Container,
}

/// A value that was read in a descriptor.
pub(crate) struct LiteralValue {
    pub(crate) scalar: Scalar,
    /// The value as a plain decimal, if its text is not a plain decimal.
    pub(crate) decimal: Option<String>,
    /// Nanoseconds of a time that its microseconds do not hold.
    pub(crate) nanoseconds: u16,
}

impl From<Scalar> for LiteralValue {
    fn from(scalar: Scalar) -> Self {
        Self { scalar, decimal: None, nanoseconds: 0 }
    }
}

/// The reason that a text of the descriptor is not a value of a type.
pub(crate) enum NotAValue {
    /// The text is not of the type.
    Type,
    /// The text is an integer that does not fit into 64 bits.
    Range,
}

impl From<IntegerError> for NotAValue {
    fn from(error: IntegerError) -> Self {
        match error {
            IntegerError::OutOfRange => Self::Range,
            IntegerError::NotAnInteger => Self::Type,
        }
    }
}

/// Returns the value of a text, or the reason that the text is not of the type.
fn of_type(scalar: Option<Scalar>) -> Result<LiteralValue, NotAValue> {
    scalar.map(LiteralValue::from).ok_or(NotAValue::Type)
}

macro_rules! field_types {
    ($($(#[$doc:meta])* $name:literal $variant:ident($definition:ty) $read:path),+ $(,)?) => {
        /// The type of a field, with its format and its other properties in the descriptor.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum FieldType {
            $($(#[$doc])* $variant($definition)),+
        }

        impl FieldType {
            /// Returns the interface through which all other code uses the type.
            pub(crate) fn as_type(&self) -> &dyn Type {
                match self {
                    $(Self::$variant(definition) => definition),+
                }
            }
        }

        /// Names of all types.
        pub(crate) const NAMES: &[&str] = &[$($name),+];

        /// Reads the type with this name from a field with this format (`default` for a field without one). Returns `None` after a mistake, or
        /// if the type is unknown.
        pub(crate) fn read(name: &str, place: &Place<'_>, format: Format<'_>) -> Option<FieldType> {
            match name {
                $($name => $read(place, format).map(FieldType::$variant),)+
                _ => None,
            }
        }
    };
}

field_types! {
    /// Text.
    "string" String(StringFormat) string::read,
    /// −2⁶³ … 2⁶³−1.
    "integer" Integer(Integer) integer::read,
    /// Decimal, with exponent, `NaN`, `INF`, `-INF`.
    "number" Number(Number) number::read,
    /// True or false.
    "boolean" Boolean(Boolean) boolean::read,
    /// Calendar date, proleptic Gregorian.
    "date" Date(Date) date::read,
    /// Date and time.
    "datetime" Datetime(Datetime) datetime::read,
    /// Time of day.
    "time" Time(Time) time::read,
    /// XML Schema gYear.
    "year" Year(Year) year::read,
    /// XML Schema gYearMonth.
    "yearmonth" YearMonth(YearMonth) yearmonth::read,
    /// Every text is accepted.
    "any" Any(Any) any::read,
    /// XML Schema duration.
    "duration" Duration(Duration) duration::read,
    /// A JSON object.
    "object" Object(JsonStructure) json::object,
    /// A JSON array.
    "array" Array(JsonStructure) json::array,
    /// Values of one type with a delimiter between them.
    "list" List(List) list::read,
    /// A longitude and a latitude.
    "geopoint" Geopoint(Geopoint) geopoint::read,
    /// GeoJSON or TopoJSON.
    "geojson" Geojson(Geojson) geojson::read,
}

impl FieldType {
    /// Returns the name of the type in Table Schema.
    pub fn name(&self) -> &'static str {
        self.as_type().name()
    }
}

/// The `format` of a field, without the prefix `fmt:` that version 1 of the standard allows.
#[derive(Clone, Copy)]
pub(crate) struct Format<'a>(pub(crate) &'a str);

/// Returns the entry of a table with this name. If there is none, notes a mistake at `property`: the name is not `noun`.
fn look_up<T: Copy, const N: usize>(
    name: &str,
    table: &[(&'static str, T); N],
    property: Option<&Place<'_>>,
    noun: &str,
) -> Option<T> {
    let found = table.iter().find(|(other, _)| *other == name);
    if let (None, Some(property)) = (found, property) {
        let names = table.each_ref().map(|(name, _)| *name);
        property.mistake(format_args!("{} is not {noun}", quoted(name)), spelling::remedy(name, &names));
    }
    found.map(|(_, entry)| *entry)
}

impl Format<'_> {
    /// Returns the format of `noun` (`a string`) with this name. If there is none, notes a mistake.
    fn among<T: Copy, const N: usize>(
        self,
        formats: &[(&'static str, T); N],
        place: &Place<'_>,
        noun: &str,
    ) -> Option<T> {
        look_up(self.0, formats, place.get("format").as_ref(), &format!("a format of {noun}"))
    }

    /// Warns unless the format is the default one. The type has no other format, so its cells are read in the default format.
    fn only_default(self, place: &Place<'_>, name: &str) -> Option<()> {
        if let Some(property) = place.get("format").filter(|_| self.0 != "default") {
            let format = quoted(self.0);
            property.warn(
                format_args!("the type \"{name}\" has no format {format}, so that it changes nothing"),
                "remove it",
            );
        }
        Some(())
    }
}
