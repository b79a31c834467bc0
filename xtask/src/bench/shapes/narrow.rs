//! Daily climate summaries: 27,000 stations, a few elements each, day by day.

use std::io::Write as _;

use serde_json::{Value, json};

use super::fault::Kind;
use super::{Cells, date, digits};
use crate::bench::random::Random;

pub(crate) const LABELS: [&str; 8] = ["id", "date", "element", "value", "mflag", "qflag", "sflag", "obstime"];

pub(crate) const KINDS: [Kind; 14] = [
    Kind::TooFew,
    Kind::TooMany,
    Kind::Blank,
    Kind::QuoteThenText(0),
    Kind::QuoteInside(2),
    Kind::Encoding(0),
    Kind::Type(3, "12x7"),
    Kind::Type(1, "20231345"),
    Kind::Constraint(5, "?", "enum"),
    Kind::Constraint(0, "", "required"),
    Kind::Constraint(3, "1000000", "maximum"),
    Kind::Constraint(3, "-1000000", "minimum"),
    Kind::Constraint(6, "AB", "maxLength"),
    Kind::Constraint(7, "9999", "pattern"),
];

/// A name and a check each: a number, a date, and texts.
pub(crate) const RULES: [(&str, &str); 3] = [
    ("value-in-range", "value BETWEEN -10000000 AND 10000000"),
    ("date-after-1800", "date >= DATE '1800-01-01'"),
    ("element-or-value", "LENGTH(element) < 100 OR value IS NULL"),
];

const ELEMENTS: [&str; 12] =
    ["TMAX", "TMIN", "PRCP", "SNOW", "SNWD", "TAVG", "AWND", "WSF2", "WDF2", "WT01", "TOBS", "WESD"];
const COUNTRIES: [&str; 6] = ["US", "CA", "AS", "BR", "GM", "IN"];
const MEASUREMENT: &[u8] = b"BDHKLOPTW";
const QUALITY: &[u8] = b"DGIKLMNORSTWXZ";
const SOURCE: &[u8] = b"07AaBCGNSUWXZ";
const STATIONS: u64 = 27_000;

pub(crate) fn descriptor() -> Value {
    let letters =
        |letters: &[u8]| -> Vec<String> { letters.iter().map(|&letter| char::from(letter).to_string()).collect() };
    json!({
        "name": "narrow",
        "encoding": "utf-8",
        "schema": {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fieldsMatch": ["exact"],
            "fields": [
                {"name": "id", "type": "string", "constraints": {"required": true, "pattern": "[A-Z]{2}[A-Z0-9_-]{9}"}},
                {"name": "date", "type": "date", "format": "%Y%m%d", "constraints": {"required": true}},
                {"name": "element", "type": "string", "constraints": {"required": true, "pattern": "[A-Z0-9]{4}"}},
                {"name": "value", "type": "integer", "constraints": {"required": true, "minimum": -99999, "maximum": 99999}},
                {"name": "mflag", "type": "string", "constraints": {"enum": letters(MEASUREMENT)}},
                {"name": "qflag", "type": "string", "constraints": {"enum": letters(QUALITY)}},
                {"name": "sflag", "type": "string", "constraints": {"minLength": 1, "maxLength": 1}},
                {"name": "obstime", "type": "string", "constraints": {"pattern": "([01][0-9]|2[0-4])[0-5][0-9]"}},
            ],
        },
    })
}

pub(crate) struct Rows {
    random: Random,
    year: u64,
    day: u64,
    station: u64,
    element: u64,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self { random: Random::new(0x5eed_1000), year: 1990, day: 0, station: 0, element: 0 }
    }

    pub(crate) fn next(&mut self, cells: &mut Cells) {
        let random = &mut self.random;
        let station = self.station;
        cells[0].extend_from_slice(COUNTRIES[(station % 6) as usize].as_bytes());
        cells[0].push(b"CW0R1"[(station % 5) as usize]);
        digits(&mut cells[0], station * 3701 % 100_000_000, 8);
        date(&mut cells[1], self.year, self.day, "");
        cells[2].extend_from_slice(ELEMENTS[((station + self.element) % 12) as usize].as_bytes());
        let value = match self.element {
            0 => random.below(450) as i64 - 100,
            1 => random.below(400) as i64 - 200,
            // It rains every third day.
            2 if !random.once_in(3) => 0,
            2 => random.below(800) as i64,
            _ => random.below(1000) as i64,
        };
        // cannot fail: a `Vec` takes every write
        write!(cells[3], "{value}").expect("a write to memory");
        if random.once_in(10) {
            cells[4].push(MEASUREMENT[random.below(MEASUREMENT.len() as u64) as usize]);
        }
        if random.once_in(200) {
            cells[5].push(QUALITY[random.below(QUALITY.len() as u64) as usize]);
        }
        cells[6].push(SOURCE[random.below(SOURCE.len() as u64) as usize]);
        if station.is_multiple_of(3) {
            digits(&mut cells[7], random.below(24), 2);
            digits(&mut cells[7], random.below(4) * 15, 2);
        }
        self.advance();
    }

    fn advance(&mut self) {
        self.element += 1;
        // Stations report one to five elements.
        if self.element < 1 + (self.station * 7 + 3) % 5 {
            return;
        }
        self.element = 0;
        self.station = (self.station + 1) % STATIONS;
        if self.station == 0 {
            self.day = (self.day + 1) % 365;
            self.year += u64::from(self.day == 0);
        }
    }
}
