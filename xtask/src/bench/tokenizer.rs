//! One tokenizer over one file, several times, as a process of its own: counts records and those with the wrong number of cells.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use sluice_csv::{Dialect, Limits, NonRowKind, Records};

/// Bytes that each of them reads at once.
const BUFFER: usize = 512 << 10;

/// How often each of them reads the file, so that the start of the process and the first read from memory that is not in a cache count little.
pub(crate) const PASSES: u64 = 5;

/// Which tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Tokenizer {
    /// The tokenizer of `sluice-csv`.
    Sluice,
    /// `ZeroCopyReader` of the crate simd-csv.
    SimdCsv,
    /// The parser of the crate `csv`.
    Csv,
}

/// What the child process takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    tokenizer: Tokenizer,
    file: PathBuf,
    columns: usize,
}

/// Prints `{"rows":…,"faulty":…}`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut counted = (0, 0);
    for _ in 0..PASSES {
        counted = match arguments.tokenizer {
            Tokenizer::Sluice => sluice(&arguments.file, arguments.columns),
            Tokenizer::SimdCsv => simd_csv(&arguments.file, arguments.columns),
            Tokenizer::Csv => csv(&arguments.file, arguments.columns),
        }
        .with_context(|| format!("{}", arguments.file.display()))?;
    }
    let (rows, faulty) = counted;
    println!("{{\"rows\":{rows},\"faulty\":{faulty}}}");
    Ok(())
}

fn sluice(file: &Path, columns: usize) -> Result<(u64, u64)> {
    let limits = Limits { chunk_bytes: BUFFER, ..Limits::default() };
    let mut records = Records::new(File::open(file)?, Dialect::default(), limits);
    records.next_record()?.context("no header")?;
    records.set_columns(columns);
    let (mut rows, mut faulty) = (0, 0);
    let mut recycled = None;
    while let Some(chunk) = records.next_chunk(recycled.take())? {
        let non_rows = &chunk.index.non_rows;
        let blank = non_rows.iter().filter(|non_row| matches!(non_row.kind, NonRowKind::Blank)).count();
        rows += u64::from(chunk.records()) - blank as u64;
        faulty += (non_rows.len() - blank) as u64;
        recycled = Some(chunk);
    }
    Ok((rows, faulty))
}

fn simd_csv(file: &Path, columns: usize) -> Result<(u64, u64)> {
    let mut reader =
        simd_csv::ZeroCopyReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(File::open(file)?);
    let (mut rows, mut faulty) = (0, 0);
    while let Some(record) = reader.read_byte_record()? {
        rows += 1;
        faulty += u64::from(record.len() != columns);
    }
    Ok((rows, faulty))
}

fn csv(file: &Path, columns: usize) -> Result<(u64, u64)> {
    use csv_core::ReadRecordResult as Read;
    use std::io::Read as _;

    let mut file = File::open(file)?;
    let mut reader = csv_core::Reader::new();
    let mut buffer = vec![0; BUFFER];
    // The largest record of the shapes is far below these.
    let (mut cells, mut ends) = (vec![0; 64 << 10], vec![0; 1024]);
    let (mut cell_bytes, mut cell_count) = (0, 0);
    let (mut records, mut faulty) = (0_u64, 0);
    loop {
        let filled = file.read(&mut buffer)?;
        let mut rest = &buffer[..filled];
        // An empty input means the end to the parser: only the last read may be one.
        while !rest.is_empty() || filled == 0 {
            let (result, read, written, ended) =
                reader.read_record(rest, &mut cells[cell_bytes..], &mut ends[cell_count..]);
            rest = &rest[read..];
            cell_bytes += written;
            cell_count += ended;
            match result {
                Read::Record => {
                    records += 1;
                    faulty += u64::from(cell_count != columns);
                    (cell_bytes, cell_count) = (0, 0);
                }
                Read::InputEmpty => break,
                Read::End => return Ok((records.saturating_sub(1), faulty)),
                Read::OutputFull | Read::OutputEndsFull => {
                    bail!("a record is larger than 64 KiB or 1,024 cells")
                }
            }
        }
    }
}
