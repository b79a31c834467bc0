//! Peak memory on input without an end in sight and on very many files, and the time of the examples.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::child::{self, Usage};
use super::shapes::{self, Data, Faults, Shape};
use super::{Bench, median, tools};
use crate::{cache, program};

/// One measurement of memory.
pub(crate) struct Peak {
    pub(crate) what: String,
    pub(crate) bytes: u64,
    pub(crate) usage: Usage,
}

/// `stream` bytes of each shape through standard input, and a file of `unclosed` bytes with a quote on line 2 that is never
/// closed; `files` files of 5 kB in folders of five; two threads. `bytes` is the size of the data that is repeated.
pub(crate) fn measure(bench: &Bench, bytes: u64, stream: u64, unclosed: u64, files: u64) -> Result<Vec<Peak>> {
    let mut peaks = Vec::new();
    for shape in Shape::ALL {
        let data = shapes::prepare(&bench.data, shape, Faults::Thousandth, bytes)?;
        let what = format!("{} through standard input, {}", gigabytes(stream), shape.name());
        let feed = |stdin: std::process::ChildStdin| repeat(&data.path, stream, stdin);
        peaks.push(peak(bench, &data, what, stream, Some(&feed))?);
    }
    let data = shapes::prepare(&bench.data, Shape::Narrow, Faults::None, bytes)?;
    let path = bench.large_outputs.path().join("quote-never-closed.csv");
    never_closed(&data.path, &path, unclosed).with_context(|| format!("cannot write {}", path.display()))?;
    let data = Data { path, ..data };
    let what = format!("{} file with an unclosed quote on line 2", gigabytes(unclosed));
    peaks.push(peak(bench, &data, what, unclosed, None)?);
    fs::remove_file(&data.path).with_context(|| format!("cannot remove {}", data.path.display()))?;
    peaks.push(many_files(bench, files)?);
    Ok(peaks)
}

/// A run over very many small files, five in each prefix.
fn many_files(bench: &Bench, files: u64) -> Result<Peak> {
    const FILES_OF_PREFIX: u64 = 5;
    let what = format!("{files} files of 5 kB in {} prefixes", files / FILES_OF_PREFIX);
    eprintln!("memory: {what}");
    let source = bench.large_outputs.path().join("many");
    let rows = (0..270).map(|row| format!("{row},2026-11-{:02},{}.5\n", 1 + row % 28, row * 7)).collect::<String>();
    let file = format!("id,day,amount\n{rows}");
    let context = || format!("cannot write below {}", source.display());
    for prefix in 0..files / FILES_OF_PREFIX {
        let prefix = source.join(format!("client-{prefix:06}"));
        fs::create_dir_all(prefix.join("incoming")).with_context(context)?;
        fs::write(prefix.join("resource.json"), MANY_RESOURCE).with_context(context)?;
        for number in 0..FILES_OF_PREFIX {
            fs::write(prefix.join(format!("incoming/{number}.csv")), &file).with_context(context)?;
        }
    }
    let mut command = Command::new(bench.sluice.as_ref().context("sluice was not built")?);
    command.args(["run", "--quiet", "--jobs", "2"]).arg(&source);
    let ended = child::run_to_success(&mut command, None)?;
    fs::remove_dir_all(&source).with_context(|| format!("cannot remove {}", source.display()))?;
    Ok(Peak { what, bytes: files * file.len() as u64, usage: ended.usage })
}

/// The descriptor of each of the many prefixes.
const MANY_RESOURCE: &str = r#"{"schema": {"fields": [
    {"name": "id", "type": "integer", "constraints": {"minimum": 0}}, {"name": "day", "type": "date"},
    {"name": "amount", "type": "number"}]}}"#;

fn gigabytes(bytes: u64) -> String {
    format!("{} GB", bytes as f64 / 1e9)
}

fn peak(bench: &Bench, data: &Data, what: String, bytes: u64, feed: Option<child::Feed<'_>>) -> Result<Peak> {
    eprintln!("memory: {what}");
    let outputs = tools::Outputs::in_folder(bench.large_outputs.path());
    let mut command = tools::check(bench, data, &outputs, 2)?;
    match feed {
        Some(_) => command.arg("-"),
        None => command.arg(&data.path),
    };
    let ended = child::run_to_success(&mut command, feed)?;
    outputs.remove()?;
    Ok(Peak { what, bytes, usage: ended.usage })
}

/// Writes the header once and the rows of `file` again and again, at least `bytes` in all.
fn repeat(file: &Path, bytes: u64, mut into: impl Write) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(file)?);
    let mut header = Vec::new();
    reader.read_until(b'\n', &mut header)?;
    into.write_all(&header)?;
    let mut file = reader.into_inner();
    let mut buffer = vec![0; 1 << 20];
    let mut written = header.len() as u64;
    while written < bytes {
        file.seek(SeekFrom::Start(header.len() as u64))?;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            into.write_all(&buffer[..read])?;
            written += read as u64;
        }
    }
    Ok(())
}

/// The rows of `file` again and again, and before them one that begins with a quote.
fn never_closed(file: &Path, into: &Path, bytes: u64) -> io::Result<()> {
    /// Puts a row of its own after the header.
    struct AfterHeader<W> {
        inner: W,
        header_written: bool,
    }
    impl<W: Write> Write for AfterHeader<W> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.inner.write_all(bytes)?;
            if !self.header_written {
                self.header_written = true;
                self.inner.write_all(b"\"US000000000,20230101,TMAX,1,,,7,\n")?;
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.inner.flush()
        }
    }
    let inner = BufWriter::with_capacity(1 << 20, File::create(into)?);
    let mut writer = AfterHeader { inner, header_written: false };
    repeat(file, bytes, &mut writer)?;
    writer.flush()
}

/// Median wall seconds of `cargo run --release -- run EXAMPLES` on a fresh copy, everything built.
pub(crate) fn examples(bench: &Bench) -> Result<f64> {
    let mut seconds = Vec::new();
    for round in 0..5 {
        let copy = bench.large_outputs.path().join(format!("examples-{round}"));
        copy_inputs(&cache::checkout().join("examples"), &copy)?;
        let mut command = program::cargo(&["run", "--release", "--quiet", "--", "run", "--quiet"]);
        command.arg(&copy);
        let ended = child::run(&mut command, None)?;
        // 1: files were refused, which the broken ones are there for.
        if ended.code != 1 {
            bail!("`{}` ended with exit code {} instead of 1", program::line(&command), ended.code);
        }
        seconds.push(ended.usage.wall);
        fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    }
    Ok(median(seconds))
}

fn copy_inputs(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(context)?;
    for entry in fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let name = entry.file_name();
        if ["_sluice", "clean", "rejects"].iter().any(|output| name == *output) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().with_context(context)?.is_dir() {
            copy_inputs(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).with_context(context)?;
        }
    }
    Ok(())
}
