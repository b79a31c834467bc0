//! A customer export: identifiers, names, addresses, amounts, times and free text.

use std::io::Write as _;

use serde_json::{Value, json};

use super::fault::Kind;
use super::{Cells, date, digits};
use crate::bench::random::Random;

pub(crate) const LABELS: [&str; 30] = [
    "record_id",
    "submission_id",
    "client_code",
    "first_name",
    "last_name",
    "email",
    "birth_date",
    "gender",
    "street",
    "city",
    "postcode",
    "country",
    "phone",
    "amount",
    "currency",
    "fx_rate",
    "quantity",
    "unit_price",
    "discount",
    "is_active",
    "is_member",
    "created_at",
    "updated_at",
    "start_date",
    "end_date",
    "score",
    "rating",
    "comment",
    "tags",
    "checksum",
];

pub(crate) const KINDS: [Kind; 21] = [
    Kind::TooFew,
    Kind::TooMany,
    Kind::Blank,
    Kind::QuoteThenText(4),
    Kind::QuoteInside(9),
    Kind::Encoding(9),
    Kind::Type(0, "one"),
    Kind::Type(6, "2023-02-30"),
    Kind::Type(13, "12.3.4"),
    Kind::Type(16, "7x"),
    Kind::Type(19, "maybe"),
    Kind::Type(21, "2023-06-31T00:00:00"),
    Kind::Constraint(4, "", "required"),
    Kind::Constraint(14, "?", "enum"),
    Kind::Constraint(26, "1000000", "maximum"),
    Kind::Constraint(26, "0", "minimum"),
    Kind::Constraint(13, "-0.01", "minimum"),
    Kind::Constraint(18, "1", "exclusiveMaximum"),
    Kind::Constraint(3, "A name that is longer than the forty characters it may have", "maxLength"),
    Kind::Constraint(5, "user at example.com", "pattern"),
    Kind::Constraint(29, "0123456789abcdef!123456789abcdef", "pattern"),
];

const FIRST_NAMES: [&str; 16] = [
    "James", "Mary", "Robert", "Patricia", "Jennifer", "Zoë", "Linda", "David", "Élodie", "Susan", "José", "Karen",
    "Łukasz", "Nancy", "Anna", "Björn",
];
const LAST_NAMES: [&str; 16] = [
    "Smith",
    "Johnson",
    "Williams",
    "O'Brien",
    "Garcia",
    "Müller",
    "Davis",
    "Rodriguez",
    "Martinez",
    "Hernandez",
    "Lopez",
    "Gonzalez",
    "Wilson",
    "Anderson",
    "Thomas",
    "Nguyễn",
];
const CITIES: [&str; 12] = [
    "Springfield",
    "Franklin",
    "Greenville",
    "Bristol",
    "Clinton",
    "Fairview",
    "Salem",
    "Madison",
    "Georgetown",
    "Arlington",
    "São Paulo",
    "Ashland",
];
const COUNTRIES: [&str; 10] = ["US", "GB", "DE", "FR", "BR", "PL", "SE", "VN", "ES", "CA"];
const CURRENCIES: [&str; 6] = ["USD", "EUR", "GBP", "BRL", "PLN", "CAD"];
const WORDS: [&str; 20] = [
    "delivered",
    "late",
    "customer",
    "requested",
    "refund",
    "order",
    "was",
    "damaged",
    "please",
    "call",
    "back",
    "after",
    "noon",
    "no",
    "answer",
    "left",
    "voicemail",
    "resolved",
    "pending",
    "review",
];

/// A name and a check each: numbers, dates, and texts.
pub(crate) const RULES: [(&str, &str); 3] = [
    ("total-in-range", "quantity * unit_price BETWEEN -1000000000000 AND 1000000000000"),
    ("starts-after-1800", "start_date >= DATE '1800-01-01'"),
    ("postcode-or-country", "LENGTH(postcode) < 1000 OR country IS NULL"),
];

pub(crate) fn descriptor() -> Value {
    let clients: Vec<String> = (0..50).map(|client| format!("CL{client:03}")).collect();
    json!({
        "name": "wide",
        "encoding": "utf-8",
        "schema": {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fieldsMatch": ["exact"],
            "fields": [
                {"name": "record_id", "type": "integer", "constraints": {"required": true, "minimum": 1}},
                {"name": "submission_id", "type": "string", "constraints": {"required": true, "pattern": "SUB-[0-9]{8}"}},
                {"name": "client_code", "type": "string", "constraints": {"required": true, "enum": clients}},
                {"name": "first_name", "type": "string", "constraints": {"required": true, "maxLength": 40}},
                {"name": "last_name", "type": "string", "constraints": {"required": true, "maxLength": 40}},
                {"name": "email", "type": "string", "constraints": {"required": true, "pattern": "[a-z0-9._-]+@[a-z0-9.-]+\\.[a-z]{2,6}"}},
                {"name": "birth_date", "type": "date", "constraints": {"required": true}},
                {"name": "gender", "type": "string", "constraints": {"enum": ["M", "F", "X"]}},
                {"name": "street", "type": "string", "constraints": {"required": true, "maxLength": 100}},
                {"name": "city", "type": "string", "constraints": {"required": true, "maxLength": 60}},
                {"name": "postcode", "type": "string", "constraints": {"required": true, "pattern": "[0-9]{5}(-[0-9]{4})?"}},
                {"name": "country", "type": "string", "constraints": {"required": true, "enum": COUNTRIES}},
                {"name": "phone", "type": "string", "constraints": {"pattern": "\\+[0-9]-[0-9]{3}-[0-9]{7}"}},
                {"name": "amount", "type": "number", "constraints": {"required": true, "minimum": 0}},
                {"name": "currency", "type": "string", "constraints": {"required": true, "enum": CURRENCIES}},
                {"name": "fx_rate", "type": "number", "constraints": {"required": true, "minimum": 0, "maximum": 10}},
                {"name": "quantity", "type": "integer", "constraints": {"required": true, "minimum": 0, "maximum": 10000}},
                {"name": "unit_price", "type": "number", "constraints": {"required": true, "minimum": 0}},
                {"name": "discount", "type": "number", "constraints": {"required": true, "minimum": 0, "exclusiveMaximum": 1}},
                {"name": "is_active", "type": "boolean", "constraints": {"required": true}},
                {"name": "is_member", "type": "boolean"},
                {"name": "created_at", "type": "datetime", "constraints": {"required": true}},
                {"name": "updated_at", "type": "datetime", "constraints": {"required": true}},
                {"name": "start_date", "type": "date", "constraints": {"required": true}},
                {"name": "end_date", "type": "date"},
                {"name": "score", "type": "number", "constraints": {"required": true, "minimum": -100, "maximum": 100}},
                {"name": "rating", "type": "integer", "constraints": {"required": true, "minimum": 1, "maximum": 5}},
                {"name": "comment", "type": "string", "constraints": {"maxLength": 2000}},
                {"name": "tags", "type": "string", "constraints": {"maxLength": 200}},
                {"name": "checksum", "type": "string", "constraints": {"required": true, "pattern": "[0-9a-f]{32}"}},
            ],
        },
    })
}

pub(crate) struct Rows {
    random: Random,
    number: u64,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self { random: Random::new(0x5eed_2000), number: 0 }
    }

    pub(crate) fn next(&mut self, cells: &mut Cells) {
        self.number += 1;
        self.person(cells);
        self.order(cells);
        self.times(cells);
        self.remarks(cells);
    }

    fn person(&mut self, cells: &mut Cells) {
        let random = &mut self.random;
        digits(&mut cells[0], 1_000_000 + self.number, 1);
        text(&mut cells[1], "SUB-");
        digits(&mut cells[1], random.below(100_000_000), 8);
        text(&mut cells[2], "CL");
        digits(&mut cells[2], random.below(50), 3);
        text(&mut cells[3], random.pick(&FIRST_NAMES));
        text(&mut cells[4], random.pick(&LAST_NAMES));
        text(&mut cells[5], "user");
        digits(&mut cells[5], random.below(10_000_000), 1);
        text(&mut cells[5], random.pick(&["@example.com", "@mail.test.org"]));
        let day = random.below(365);
        date(&mut cells[6], 1940 + random.below(65), day, "-");
        if !random.once_in(10) {
            text(&mut cells[7], random.pick(&["M", "F", "X"]));
        }
        let quoted = random.once_in(3);
        if quoted {
            cells[8].push(b'"');
        }
        digits(&mut cells[8], 1 + random.below(9999), 1);
        text(&mut cells[8], random.pick(&[" Main St", " Oak Avenue"]));
        if quoted {
            text(&mut cells[8], ", Apt ");
            digits(&mut cells[8], 1 + random.below(99), 1);
            cells[8].push(b'"');
        }
        text(&mut cells[9], random.pick(&CITIES));
        digits(&mut cells[10], random.below(100_000), 5);
        if random.once_in(4) {
            cells[10].push(b'-');
            digits(&mut cells[10], random.below(10_000), 4);
        }
        text(&mut cells[11], random.pick(&COUNTRIES));
        if !random.once_in(5) {
            text(&mut cells[12], "+1-");
            digits(&mut cells[12], 200 + random.below(800), 3);
            cells[12].push(b'-');
            digits(&mut cells[12], random.below(10_000_000), 7);
        }
    }

    fn order(&mut self, cells: &mut Cells) {
        let random = &mut self.random;
        decimal(&mut cells[13], random.below(100_000), random.below(100), 2);
        text(&mut cells[14], random.pick(&CURRENCIES));
        decimal(&mut cells[15], random.below(3), random.below(1_000_000), 6);
        digits(&mut cells[16], random.below(10_000), 1);
        decimal(&mut cells[17], random.below(1000), random.below(10_000), 4);
        decimal(&mut cells[18], 0, random.below(100), 2);
        text(&mut cells[19], random.pick(&["true", "false"]));
        if !random.once_in(4) {
            text(&mut cells[20], random.pick(&["true", "false"]));
        }
    }

    fn times(&mut self, cells: &mut Cells) {
        let random = &mut self.random;
        let created = random.below(300);
        let updated = created + 1 + random.below(60);
        for (place, day) in [(21, created), (22, updated)] {
            date(&mut cells[place], 2023, day, "-");
            for (mark, bound) in [(b'T', 24), (b':', 60), (b':', 60)] {
                cells[place].push(mark);
                digits(&mut cells[place], random.below(bound), 2);
            }
        }
        let start = random.below(300);
        date(&mut cells[23], 2022, start, "-");
        if !random.once_in(3) {
            let end = start + random.below(60);
            date(&mut cells[24], 2022, end, "-");
        }
    }

    fn remarks(&mut self, cells: &mut Cells) {
        let random = &mut self.random;
        if random.once_in(2) {
            cells[25].push(b'-');
        }
        decimal(&mut cells[25], random.below(100), random.below(1000), 3);
        digits(&mut cells[26], 1 + random.below(5), 1);
        let words = 2 + random.below(8);
        match random.below(10) {
            // Three comments in ten are quoted: over several lines, with commas, with quotes inside.
            0 => sentence(&mut cells[27], random, words, "\n", true),
            1 => sentence(&mut cells[27], random, words, ", ", true),
            2 => {
                sentence(&mut cells[27], random, words, " \"\"or\"\" ", true);
            }
            3..8 => sentence(&mut cells[27], random, words, " ", false),
            _ => {}
        }
        let tags = 1 + random.below(3);
        sentence(&mut cells[28], random, tags, ";", false);
        // cannot fail: a `Vec` takes every write
        write!(cells[29], "{:016x}{:016x}", random.next(), random.next()).expect("a write to memory");
    }
}

fn text(cell: &mut Vec<u8>, text: &str) {
    cell.extend_from_slice(text.as_bytes());
}

fn decimal(cell: &mut Vec<u8>, whole: u64, fraction: u64, places: usize) {
    digits(cell, whole, 1);
    cell.push(b'.');
    digits(cell, fraction, places);
}

fn sentence(cell: &mut Vec<u8>, random: &mut Random, words: u64, separator: &str, quoted: bool) {
    if quoted {
        cell.push(b'"');
    }
    for word in 0..words {
        if word > 0 {
            text(cell, separator);
        }
        text(cell, random.pick(&WORDS));
    }
    if quoted {
        cell.push(b'"');
    }
}
