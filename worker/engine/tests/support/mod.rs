//! Runs checks over files in memory.
#![allow(dead_code, reason = "each test binary uses its share")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use sluice_engine::compression::Compression;
use sluice_engine::descriptor::{self, Descriptor, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, ParquetTarget, StoredFile};
use sluice_engine::report::Reject;

/// The outcome and the outputs of a check.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) outcome: Outcome,
    pub(crate) clean: Vec<u8>,
    pub(crate) rejects: Vec<u8>,
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        let text = |outcome: &Outcome| format!("{outcome:?}");
        text(&self.outcome) == text(&other.outcome) && self.clean == other.clean && self.rejects == other.rejects
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        panic!("{name} is not there")
    }
}

pub(crate) fn check(descriptor: &str, file: &[u8]) -> Checked {
    check_with(descriptor, file, None, 1, Options::default().chunk_bytes)
}

pub(crate) fn read(descriptor: &str) -> Descriptor {
    descriptor::read("resource.json", descriptor.as_bytes(), &Nothing).unwrap()
}

pub(crate) fn check_with(
    descriptor: &str,
    file: &[u8],
    compression: Option<Compression>,
    threads: usize,
    chunk_bytes: usize,
) -> Checked {
    check_descriptor(&read(descriptor), file, compression, threads, chunk_bytes)
}

pub(crate) fn check_descriptor(
    descriptor: &Descriptor,
    file: &[u8],
    compression: Option<Compression>,
    threads: usize,
    chunk_bytes: usize,
) -> Checked {
    let options = Options { threads: NonZeroUsize::new(threads).unwrap(), chunk_bytes };
    run(descriptor, file, compression, &options, None)
}

/// Checks a file, and returns its Parquet file as well.
pub(crate) fn check_parquet(
    descriptor: &Descriptor,
    file: &[u8],
    threads: usize,
    chunk_bytes: usize,
) -> (Checked, Vec<u8>) {
    let options = Options { threads: NonZeroUsize::new(threads).unwrap(), chunk_bytes };
    let stored = Kept::default();
    let checked = run(descriptor, file, None, &options, Some(&stored));
    let stored = stored.0.lock().unwrap().clone();
    (checked, stored)
}

fn run(
    descriptor: &Descriptor,
    file: &[u8],
    compression: Option<Compression>,
    options: &Options,
    stored: Option<&Kept>,
) -> Checked {
    let (clean, rejects) = (Kept::default(), Kept::default());
    let target = |stored: &Kept| ParquetTarget {
        writer: Box::new(stored.clone()),
        metadata: vec![("sluice.engine", "a test".to_owned())],
    };
    let outputs = Outputs {
        feedback: None,
        clean: Some(Box::new(clean.clone())),
        rejects: Some(Box::new(rejects.clone())),
        parquet: stored.map(target),
    };
    let outcome = Check::new(descriptor, None)
        .run(StoredFile { compression, ..StoredFile::from(file) }, outputs, options, &|_| {})
        .unwrap();
    let (clean, rejects) = (clean.0.lock().unwrap().clone(), rejects.0.lock().unwrap().clone());
    Checked { outcome, clean, rejects }
}

pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(bytes, 3).unwrap(),
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zip => panic!("tests of archives are beside their reader"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads what it wrote itself")]
pub(crate) fn decompress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let mut decoded = Vec::new();
    match compression {
        Compression::Gzip => {
            flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut decoded).unwrap();
        }
        Compression::Zstd => decoded = zstd::decode_all(bytes).unwrap(),
        Compression::Bzip2 => {
            bzip2::read::MultiBzDecoder::new(bytes).read_to_end(&mut decoded).unwrap();
        }
        Compression::Xz => {
            liblzma::read::XzDecoder::new_multi_decoder(bytes).read_to_end(&mut decoded).unwrap();
        }
        Compression::Zip => panic!("tests of archives are beside their reader"),
    }
    decoded
}

pub(crate) fn raw(reject: &Reject) -> Vec<u8> {
    use base64::Engine as _;
    match (&reject.raw, &reject.raw_base64) {
        (Some(raw), None) => raw.clone().into_bytes(),
        (None, Some(raw)) => base64::engine::general_purpose::STANDARD.decode(raw).unwrap(),
        other => panic!("not one raw: {other:?}"),
    }
}
