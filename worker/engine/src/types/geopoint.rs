//! `geopoint`: a longitude and a latitude.

use super::{ColumnCells, Format, Literal, NotAValue, TextValue, Type, Value};
use crate::descriptor::json::quoted;
use crate::descriptor::place::Place;
use crate::descriptor::spelling;
use crate::emit::statistics::Kind;
use crate::typing::cells::Typing;
use crate::typing::parse;

/// A point on the earth, in one of the notations of the standard. A longitude beyond ±180 or a latitude beyond ±90 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Geopoint {
    /// `lon, lat`
    #[default]
    Default,
    /// `[lon, lat]`
    Array,
    /// `{"lon": …, "lat": …}`
    Object,
}

const FORMATS: [(&str, Geopoint); 3] =
    [("default", Geopoint::Default), ("array", Geopoint::Array), ("object", Geopoint::Object)];

pub(super) fn read(place: &Place<'_>, Format(format): Format<'_>) -> Option<Geopoint> {
    let found = FORMATS.iter().find(|(name, _)| *name == format);
    if let (None, Some(property)) = (found, place.get("format")) {
        property.mistake(
            format_args!("{} is not a format of a geopoint", quoted(format)),
            spelling::remedy(format, &FORMATS.map(|(name, _)| name)),
        );
    }
    found.map(|(_, format)| *format)
}

impl TextValue for Geopoint {
    type Value = parse::Geopoint;

    fn read(&self, text: &[u8]) -> Option<parse::Geopoint> {
        match self {
            Self::Default => parse::Geopoint::read_text(text),
            Self::Array => parse::Geopoint::read_array(text),
            Self::Object => parse::Geopoint::read_object(text),
        }
    }

    fn canonical(&self, value: &parse::Geopoint) -> Vec<u8> {
        value.canonical()
    }
}

impl Type for Geopoint {
    fn name(&self) -> &'static str {
        "geopoint"
    }

    fn noun(&self) -> &'static str {
        "a geopoint"
    }

    fn remedy(&self) -> &'static str {
        "write it in the format of the field"
    }

    fn expectation(&self) -> String {
        format!("a point ({})", self.form())
    }

    fn form(&self) -> String {
        let form = match self {
            Self::Default => "lon, lat",
            Self::Array => "[lon, lat]",
            Self::Object => "{\"lon\": …, \"lat\": …}",
        };
        format!("{form}; lon from -180 to 180, lat from -90 to 90")
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn is_text(&self) -> bool {
        true
    }

    fn value(&self, literal: &Literal<'_>) -> Result<Value, NotAValue> {
        super::text_value(self, literal)
    }

    fn key(&self, text: &[u8]) -> Option<Vec<u8>> {
        super::key_of(self, text)
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        typing.checked(self, cells);
    }

    fn statistics(&self) -> Kind {
        Kind::Text
    }
}
