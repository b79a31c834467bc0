//! `geojson`: a JSON object with the structure of GeoJSON or TopoJSON.

use super::{Format, TextValue, Words};
use crate::document::place::Place;
use crate::parse;
use crate::parse::Json;

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

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Geojson> {
    format.among(&FORMATS, place, "geojson")
}

impl TextValue for Geojson {
    type Value = Json;

    fn words(&self) -> Words {
        Words { name: "geojson", noun: "geojson", remedy: "write the object, or its JSON between quotes", unit: None }
    }

    fn expected_cell(&self) -> String {
        let words = match self {
            Self::Default => "GeoJSON (RFC 7946)",
            Self::Topojson => "a topology of TopoJSON",
        };
        words.to_owned()
    }

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

    fn is_json(&self) -> bool {
        true
    }

    fn json<'v>(&self, value: &'v Json) -> Option<&'v Json> {
        Some(value)
    }
}
