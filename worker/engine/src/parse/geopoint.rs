//! Points on the earth, in the notations of Table Schema.

use crate::parse::decimal::{ExactDecimal, Parts};
use crate::parse::json::Json;

/// Longitude and latitude in degrees, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geopoint {
    /// −180 … 180
    pub longitude: ExactDecimal,
    /// −90 … 90
    pub latitude: ExactDecimal,
}

impl Geopoint {
    /// Reads `lon,lat`, with white space around either number.
    pub fn read_text(text: &[u8]) -> Option<Self> {
        let comma = memchr::memchr(b',', text)?;
        let number = |text: &[u8]| {
            let text = text.trim_ascii();
            Parts::of(text).map(|_| ExactDecimal::of(text))
        };
        Self::of(number(&text[..comma])?, number(&text[comma + 1..])?)
    }

    /// Reads a JSON array of two numbers, the longitude first.
    pub fn read_array(text: &[u8]) -> Option<Self> {
        match Json::read(text)? {
            Json::Array(items) => match <[Json; 2]>::try_from(items) {
                Ok([Json::Number(longitude), Json::Number(latitude)]) => Self::of(longitude, latitude),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads a JSON object of two numbers, `lon` and `lat`.
    pub fn read_object(text: &[u8]) -> Option<Self> {
        let Json::Object(members) = Json::read(text)? else { return None };
        match (members.get("lon")?, members.get("lat")?, members.count()) {
            (Json::Number(longitude), Json::Number(latitude), 2) => Self::of(longitude.clone(), latitude.clone()),
            _ => None,
        }
    }

    fn of(longitude: ExactDecimal, latitude: ExactDecimal) -> Option<Self> {
        let is_within = |number: &ExactDecimal, least: &[u8], most: &[u8]| {
            *number >= ExactDecimal::of(least) && *number <= ExactDecimal::of(most)
        };
        (is_within(&longitude, b"-180", b"180") && is_within(&latitude, b"-90", b"90"))
            .then_some(Self { longitude, latitude })
    }

    /// Returns a text that equal points share.
    pub fn canonical(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.longitude.write_canonical(&mut text);
        text.push(b',');
        self.latitude.write_canonical(&mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_point_and_what_is_not() {
        for text in ["90.50, 45.50", "90.50,45.50", "-180,90", " 1 ,2 ", "+1e1,.5", "180.000,-90"] {
            assert!(Geopoint::read_text(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "1",
            "1,",
            ",1",
            "1,2,3",
            "181,1",
            "180.0000000000000000001,1",
            "1,90.1",
            "a,b",
            "NaN,1",
            "1;2",
            "[1,2]",
        ] {
            assert!(Geopoint::read_text(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Geopoint::read_array(b"[90.50, 45.50]").is_some());
        for text in ["[1]", "[1,2,3]", "[\"1\",\"2\"]", "[200,1]", "1,2", "{\"lon\":1,\"lat\":2}", "[null,1]"] {
            assert!(Geopoint::read_array(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Geopoint::read_object(b"{\"lat\": 45.50, \"lon\": 90.50}").is_some());
        for text in [
            "{\"lon\":1}",
            "{\"lon\":1,\"lat\":2,\"h\":3}",
            "{\"lon\":\"1\",\"lat\":2}",
            "[1,2]",
            "{\"lon\":1,\"lat\":91}",
        ] {
            assert!(Geopoint::read_object(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn equal_points_share_a_text() {
        let text = |point: Option<Geopoint>| point.map(|point| point.canonical());
        assert_eq!(text(Geopoint::read_text(b"1.50, 2")), text(Geopoint::read_array(b"[15e-1, 2.0]")));
        assert_ne!(text(Geopoint::read_text(b"1,2")), text(Geopoint::read_text(b"2,1")));
    }
}
