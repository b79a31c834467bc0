//! One fault in one row, and what a check must say about it.

use std::io::{self, BufRead, BufReader, Read, Write};

use anyhow::{Context as _, Result};

use super::{Cells, join};
use crate::bench::random::Random;

/// A kind of fault with its place: 0-based columns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// One to three cells too few.
    TooFew,
    /// One cell too many.
    TooMany,
    /// A blank line; no fault, but a record that counts.
    Blank,
    /// Text after the closing quote.
    QuoteThenText(usize),
    /// A quote inside a field without quotes.
    QuoteInside(usize),
    /// A byte that is not UTF-8.
    Encoding(usize),
    /// The cell becomes this text, which is not of the type.
    Type(usize, &'static str),
    /// The cell becomes this text, which breaks this constraint.
    Constraint(usize, &'static str, &'static str),
}

impl Kind {
    pub(crate) fn is_quote(self) -> bool {
        matches!(self, Self::QuoteThenText(_) | Self::QuoteInside(_))
    }

    pub(crate) fn is_encoding(self) -> bool {
        matches!(self, Self::Encoding(_))
    }

    pub(crate) fn is_constraint(self) -> bool {
        matches!(self, Self::Constraint(..))
    }

    pub(crate) fn is_blank(self) -> bool {
        matches!(self, Self::Blank)
    }

    /// Returns true if `fault` is one of this kind.
    #[cfg(test)]
    pub(crate) fn gives(self, fault: &Seeded) -> bool {
        let (code, constraint, column) = self.expected();
        (code, constraint) == (&*fault.code, &*fault.constraint)
            && column.is_none_or(|column| Some(column as u64 + 1) == fault.column)
    }

    /// Code, constraint and 0-based column.
    fn expected(self) -> (&'static str, &'static str, Option<usize>) {
        match self {
            Self::TooFew => ("missing-cell", "", None),
            Self::TooMany => ("extra-cell", "", None),
            Self::Blank => (Seeded::BLANK, "", None),
            Self::QuoteThenText(column) | Self::QuoteInside(column) => ("quote-error", "", Some(column)),
            Self::Encoding(column) => ("encoding-error", "", Some(column)),
            Self::Type(column, _) => ("type-error", "", Some(column)),
            Self::Constraint(column, _, constraint) => ("constraint-error", constraint, Some(column)),
        }
    }

    /// Writes the row with this fault to `line`, without the line end.
    pub(crate) fn put(self, record: u64, cells: &mut Cells, chance: &mut Random, line: &mut Vec<u8>) -> Seeded {
        let (code, constraint, column) = self.expected();
        let mut column = column.map(|column| column as u64 + 1);
        let mut kept = cells.len();
        match self {
            Self::TooFew => {
                kept -= 1 + chance.below(3) as usize;
                column = Some(kept as u64 + 1);
            }
            Self::TooMany => column = Some(cells.len() as u64 + 1),
            Self::Blank => kept = 0,
            Self::QuoteThenText(place) => replace(&mut cells[place], b"\"AB\"x1"),
            Self::QuoteInside(place) => replace(&mut cells[place], b"5\" x"),
            Self::Encoding(place) => {
                let middle = cells[place].len() / 2;
                cells[place][middle] = 0xff;
            }
            Self::Type(place, text) | Self::Constraint(place, text, _) => {
                replace(&mut cells[place], text.as_bytes());
            }
        }
        if self.is_quote() {
            // The fault costs one physical line, so the row has to be one: other line ends become spaces.
            for cell in cells.iter_mut() {
                for byte in cell {
                    if *byte == b'\n' {
                        *byte = b' ';
                    }
                }
            }
        }
        join(&cells[..kept], line);
        if matches!(self, Self::TooMany) {
            line.extend_from_slice(b",surplus");
        }
        Seeded { record, column, code: code.to_owned(), constraint: constraint.to_owned() }
    }
}

fn replace(cell: &mut Vec<u8>, text: &[u8]) {
    cell.clear();
    cell.extend_from_slice(text);
}

/// A seeded fault: one line `record,column,code,constraint` of the manifest; an absent part is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seeded {
    /// 1-based, the header is record 1.
    pub(crate) record: u64,
    /// 1-based; none for a fault of the record.
    pub(crate) column: Option<u64>,
    pub(crate) code: String,
    pub(crate) constraint: String,
}

impl Seeded {
    /// Code of a blank row in the manifest.
    pub(crate) const BLANK: &'static str = "blank";

    pub(crate) fn write(&self, manifest: &mut impl Write) -> io::Result<()> {
        let column = self.column.map(|column| column.to_string()).unwrap_or_default();
        writeln!(manifest, "{},{column},{},{}", self.record, self.code, self.constraint)
    }

    /// All lines of a manifest, one at a time.
    pub(crate) fn read_all(manifest: impl Read) -> impl Iterator<Item = Result<Self>> {
        BufReader::new(manifest).lines().map(|line| {
            let line = line.context("cannot read the manifest")?;
            let mut parts = line.split(',');
            let mut part = || parts.next().context("a manifest line is too short");
            Ok(Self {
                record: part()?.parse()?,
                column: match part()? {
                    "" => None,
                    column => Some(column.parse()?),
                },
                code: part()?.to_owned(),
                constraint: part()?.to_owned(),
            })
        })
    }
}
