//! `geopoint`: a longitude and a latitude.

use super::{Format, TextValue, Words};
use crate::document::place::Place;
use crate::parse;

/// A point on the earth, in one of the notations of the standard. A longitude beyond ±180 or a latitude beyond ±90 is a fault.
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

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Geopoint> {
    format.among(&FORMATS, place, "a geopoint")
}

impl TextValue for Geopoint {
    type Value = parse::Geopoint;

    fn words(&self) -> Words {
        Words { name: "geopoint", noun: "a geopoint", remedy: "write it in the format of the field", unit: None }
    }

    fn expected_cell(&self) -> String {
        format!("a point ({})", self.cell_form())
    }

    fn cell_form(&self) -> String {
        let form = match self {
            Self::Default => "lon, lat",
            Self::Array => "[lon, lat]",
            Self::Object => "{\"lon\": …, \"lat\": …}",
        };
        format!("{form}; lon from -180 to 180, lat from -90 to 90")
    }

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
