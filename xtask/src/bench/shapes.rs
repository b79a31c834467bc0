//! Data of two shapes with seeded faults, and a manifest that says which record has which fault.
//!
//! "Narrow" is the shape of daily climate summaries (GHCN): 8 short columns, no quotes. "Wide" is the shape of a customer
//! export: 30 columns with quoted, multi-line and non-ASCII text.

mod fault;
mod narrow;
mod wide;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::random::Random;
use fault::Kind;

pub(crate) use fault::Seeded;

/// Increase this whenever the same arguments produce different bytes.
const VERSION: u32 = 4;

/// One of the two shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// 8 columns, about 35 bytes a row.
    Narrow,
    /// 30 columns, about 320 bytes a row.
    Wide,
}

impl Shape {
    pub(crate) const ALL: [Self; 2] = [Self::Narrow, Self::Wide];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Wide => "wide",
        }
    }

    pub(crate) fn columns(self) -> usize {
        match self {
            Self::Narrow => narrow::LABELS.len(),
            Self::Wide => wide::LABELS.len(),
        }
    }

    fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Narrow => &narrow::LABELS,
            Self::Wide => &wide::LABELS,
        }
    }

    fn descriptor(self) -> Value {
        match self {
            Self::Narrow => narrow::descriptor(),
            Self::Wide => wide::descriptor(),
        }
    }

    /// Three rules that every row keeps, those with a seeded fault too.
    fn rules(self) -> Value {
        let rule = |(name, check): (&str, &str)| json!({"name": name, "check": check});
        let rules = match self {
            Self::Narrow => narrow::RULES,
            Self::Wide => wide::RULES,
        };
        rules.map(rule).into_iter().collect()
    }

    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Narrow => &narrow::KINDS,
            Self::Wide => &wide::KINDS,
        }
    }
}

/// How many rows have a fault, and which faults there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Faults {
    /// Every row is clean.
    None,
    /// One row in a thousand, every kind of fault.
    Thousandth,
    /// One row in a hundred, every kind of fault.
    Hundredth,
    /// One row in a thousand without quote faults, which some readers cannot take.
    WithoutQuotes,
    /// The same without quote and encoding faults: what Sluice, frictionless and DuckDB define alike.
    Plain,
    /// One row in a thousand, broken constraints alone: floe refuses a whole file for most other faults.
    Constraints,
    /// The same as plain in one row of twenty.
    Dense,
    /// Every row.
    All,
}

impl Faults {
    fn name(self) -> &'static str {
        match self {
            Self::None => "clean",
            Self::Thousandth => "faults",
            Self::Hundredth => "faults-hundredth",
            Self::WithoutQuotes => "faults-without-quotes",
            Self::Plain => "faults-plain",
            Self::Constraints => "faults-constraints",
            Self::Dense => "faults-dense",
            Self::All => "all-bad",
        }
    }

    fn hits(self, random: &mut Random) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Dense => random.once_in(20),
            Self::Hundredth => random.once_in(100),
            Self::Thousandth | Self::WithoutQuotes | Self::Plain | Self::Constraints => random.once_in(1000),
        }
    }

    fn allows(self, kind: Kind) -> bool {
        match self {
            Self::None | Self::Thousandth => true,
            Self::WithoutQuotes => !kind.is_quote(),
            Self::Plain | Self::Dense => !kind.is_quote() && !kind.is_encoding(),
            Self::Constraints => kind.is_constraint(),
            // A blank row is no bad row.
            Self::Hundredth | Self::All => !kind.is_blank(),
        }
    }
}

/// A generated file.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) shape: Shape,
    pub(crate) path: PathBuf,
    /// `resource.json` for it.
    pub(crate) resource: PathBuf,
    /// The same with three rules, which every row keeps.
    pub(crate) with_rules: PathBuf,
    /// One line per fault, see [`Seeded`].
    pub(crate) manifest: PathBuf,
    pub(crate) bytes: u64,
}

/// Finds the file in `folder`, or makes it: at least `bytes` long, the same for the same arguments.
pub(crate) fn prepare(folder: &Path, shape: Shape, faults: Faults, bytes: u64) -> Result<Data> {
    let folder = folder.join(format!("v{VERSION}-{bytes}")).join(shape.name());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let name = format!("{}.csv", faults.name());
    let path = folder.join(&name);
    let resource = folder.join("resource.json");
    let with_rules = folder.join("resource-with-rules.json");
    let manifest = folder.join(format!("{}.manifest", faults.name()));
    let write = || -> io::Result<()> {
        let mut descriptor = shape.descriptor();
        fs::write(&resource, serde_json::to_vec_pretty(&descriptor)?)?;
        descriptor["sluice"] = json!({"rules": shape.rules()});
        fs::write(&with_rules, serde_json::to_vec_pretty(&descriptor)?)?;
        let aside = folder.join(format!("{name}.partial"));
        let mut data = BufWriter::with_capacity(1 << 20, File::create(&aside)?);
        let mut seeded = BufWriter::with_capacity(1 << 16, File::create(&manifest)?);
        generate(shape, faults, bytes, &mut data, &mut seeded)?;
        data.flush()?;
        seeded.flush()?;
        fs::rename(&aside, &path)
    };
    if !path.exists() {
        eprintln!("making {}", path.display());
        write().with_context(|| format!("cannot write the data in {}", folder.display()))?;
    }
    let bytes = fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len();
    Ok(Data { shape, path, resource, with_rules, manifest, bytes })
}

/// One row's cells as they stand in the file, quotes included.
type Cells = Vec<Vec<u8>>;

fn generate(
    shape: Shape,
    faults: Faults,
    bytes: u64,
    data: &mut impl Write,
    manifest: &mut impl Write,
) -> io::Result<()> {
    let kinds: Vec<Kind> = shape.kinds().iter().copied().filter(|&kind| faults.allows(kind)).collect();
    let mut narrow = narrow::Rows::new();
    let mut wide = wide::Rows::new();
    // Faults have their own source of chance: the rows are the same in every variant.
    let mut chance = Random::new(0x5eed_0001);
    let mut cells: Cells = vec![Vec::new(); shape.columns()];
    let mut line = Vec::with_capacity(4096);

    let header = shape.labels().join(",");
    writeln!(data, "{header}")?;
    let mut written = header.len() as u64 + 1;
    let mut record = 1;
    while written < bytes {
        record += 1;
        for cell in &mut cells {
            cell.clear();
        }
        match shape {
            Shape::Narrow => narrow.next(&mut cells),
            Shape::Wide => wide.next(&mut cells),
        }
        line.clear();
        if faults.hits(&mut chance) {
            let kind = kinds[chance.below(kinds.len() as u64) as usize];
            let expected = kind.put(record, &mut cells, &mut chance, &mut line);
            expected.write(manifest)?;
        } else {
            join(&cells, &mut line);
        }
        line.push(b'\n');
        data.write_all(&line)?;
        written += line.len() as u64;
    }
    Ok(())
}

fn join(cells: &[Vec<u8>], line: &mut Vec<u8>) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(b',');
        }
        line.extend_from_slice(cell);
    }
}

/// Appends `number` with at least `width` digits.
fn digits(cell: &mut Vec<u8>, number: u64, width: usize) {
    // cannot fail: a `Vec` takes every write
    write!(cell, "{number:0width$}").expect("a write to memory");
}

/// Appends the day `day` (0 to 364) of a year without a 29 February.
fn date(cell: &mut Vec<u8>, year: u64, day: u64, separator: &str) {
    const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut month, mut day) = (0, day);
    while day >= DAYS[month] {
        day -= DAYS[month];
        month += 1;
    }
    digits(cell, year, 4);
    cell.extend_from_slice(separator.as_bytes());
    digits(cell, month as u64 + 1, 2);
    cell.extend_from_slice(separator.as_bytes());
    digits(cell, day + 1, 2);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn made(shape: Shape, faults: Faults) -> (Vec<u8>, Vec<Seeded>) {
        let (mut data, mut manifest) = (Vec::new(), Vec::new());
        generate(shape, faults, 100_000, &mut data, &mut manifest).unwrap();
        let seeded = Seeded::read_all(&manifest[..]).collect::<Result<Vec<_>>>().unwrap();
        (data, seeded)
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes() {
        for shape in Shape::ALL {
            assert_eq!(made(shape, Faults::Thousandth).0, made(shape, Faults::Thousandth).0);
        }
    }

    #[test]
    fn clean_data_has_no_faults_and_bad_data_one_in_every_record() {
        for shape in Shape::ALL {
            assert!(made(shape, Faults::None).1.is_empty());
            let (_, seeded) = made(shape, Faults::All);
            for (place, fault) in seeded.iter().enumerate() {
                assert_eq!(fault.record, place as u64 + 2, "{fault:?}");
            }
        }
    }

    #[test]
    fn constraints_alone_are_broken_where_that_is_asked_for() {
        for shape in Shape::ALL {
            let (mut data, mut manifest) = (Vec::new(), Vec::new());
            generate(shape, Faults::Constraints, 5_000_000, &mut data, &mut manifest).unwrap();
            let seeded = Seeded::read_all(&manifest[..]).collect::<Result<Vec<_>>>().unwrap();
            assert!(seeded.len() > 5, "{shape:?}: {seeded:?}");
            assert!(seeded.iter().all(|fault| fault.code == "constraint-error"), "{shape:?}: {seeded:?}");
        }
    }

    #[test]
    fn one_row_in_a_hundred_is_bad_where_that_is_asked_for() {
        for shape in Shape::ALL {
            let (data, seeded) = made(shape, Faults::Hundredth);
            // A record of several lines counts more than once: the share is at least this.
            let lines = data.iter().filter(|&&byte| byte == b'\n').count();
            let share = seeded.len() as f64 / lines as f64;
            assert!((0.002..0.02).contains(&share), "{shape:?}: {share}");
            assert!(seeded.iter().all(|fault| fault.code != Seeded::BLANK));
        }
    }

    #[test]
    fn every_kind_of_fault_occurs() {
        for shape in Shape::ALL {
            let (_, seeded) = made(shape, Faults::All);
            for kind in shape.kinds() {
                let found = seeded.iter().any(|fault| kind.is_blank() || kind.gives(fault));
                assert!(found, "{shape:?} {kind:?}");
            }
        }
    }
}
