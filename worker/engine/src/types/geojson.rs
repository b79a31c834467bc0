//! `geojson`: a JSON object with the structure of GeoJSON or TopoJSON.

use super::{ColumnCells, Format, Literal, NotAValue, TextValue, Type, Value};
use crate::descriptor::json::quoted;
use crate::descriptor::place::Place;
use crate::descriptor::spelling;
use crate::emit::statistics::Kind;
use crate::typing::cells::Typing;
use crate::typing::parse::{self, Json};

/// A JSON object with the structure of one of two standards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Geojson {
    /// RFC 7946.
    #[default]
    Default,
    /// A topology of TopoJSON.
    Topojson,
}

const FORMATS: [(&str, Geojson); 2] = [("default", Geojson::Default), ("topojson", Geojson::Topojson)];

pub(super) fn read(place: &Place<'_>, Format(format): Format<'_>) -> Option<Geojson> {
    let found = FORMATS.iter().find(|(name, _)| *name == format);
    if let (None, Some(property)) = (found, place.get("format")) {
        property.mistake(
            format_args!("{} is not a format of geojson", quoted(format)),
            spelling::remedy(format, &FORMATS.map(|(name, _)| name)),
        );
    }
    found.map(|(_, format)| *format)
}

impl TextValue for Geojson {
    type Value = Json;

    fn read(&self, text: &[u8]) -> Option<Json> {
        let is_right = match self {
            Self::Default => parse::is_geojson,
            Self::Topojson => parse::is_topojson,
        };
        Json::read(text).filter(is_right)
    }

    fn canonical(&self, value: &Json) -> Vec<u8> {
        super::canonical_json(value)
    }

    fn json<'v>(&self, value: &'v Json) -> Option<&'v Json> {
        Some(value)
    }
}

impl Type for Geojson {
    fn name(&self) -> &'static str {
        "geojson"
    }

    fn noun(&self) -> &'static str {
        "geojson"
    }

    fn remedy(&self) -> &'static str {
        "write the object, or its JSON between quotes"
    }

    fn expectation(&self) -> String {
        let words = match self {
            Self::Default => "GeoJSON (RFC 7946)",
            Self::Topojson => "a topology of TopoJSON",
        };
        words.to_owned()
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn is_text(&self) -> bool {
        true
    }

    fn has_json_schema(&self) -> bool {
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
