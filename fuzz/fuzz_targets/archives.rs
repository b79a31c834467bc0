//! Compressed files: damage, bombs and nonsense end in a report, within the limits, and however the bytes arrive.
//!
//! The first byte says the format and how the file is made: of the input as it is, or of a small file of the format in which the input
//! changes bytes, which is how the fuzzer gets behind the headers.
#![no_main]

mod in_pieces;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use in_pieces::InPieces;
use libfuzzer_sys::fuzz_target;
use sluice_engine::compression::Compression;
use sluice_engine::descriptor::{self, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outcome, Outputs, StoredFile};

/// Bytes that a file may have decompressed, as the descriptor says.
const DECODED: u64 = 1 << 20;

/// The same few rows in each format.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03-\xcc+\x0e\x800\x14EA\x7fV\xc1\x02*\xfa\xfa\xefrH@ \xa0I\x0d\xdb\
      \x87\x5cP\xe3\xe6\xd8\xdc\xb5\x9e;\xde\xcdq/\x1e\x93F\x90\x81(#I&\xb2\xcc\x14Y\xa8\xb2\xd2d\xa3\xcb\x8e\
      }\xa1\xbd\xe3_\x1a\x0f\xb8S\xc4\xe8l\x00\x00\x00";
const ZSTD: &[u8] =
    b"(\xb5/\xfd\x04Xm\x02\x00$\x03id,name\x0a0,row 0\x0a11\x0a22\x0a33\x0a44\x0a55\x0a66\x0a77\x0a88\x0a99\
      \x0a110\x0a11\x0a\x0b\x00VdB\x85\x19\xe0\x06h\x03\xc8\x007@\x1b@\x06\xb8\x01\xda8\xa1,\x01=\xd0\xd4\xd1\
      ";
const BZIP2: &[u8] =
    b"BZh91AY&SY\xd1\xb9qo\x00\x00\x22\xd9\x80\x00\x10@\x04\x7f\xe0&#\x90\x80 \x00H\xa9\xfe\xa5\x06\x9b\xf5\
      A\x00\x0d=PA\x84d\xf53\x8d.m=\xe8\xd6\xd7\x9f\xd2\x96\x5c\xb9\x82\xaa\xb5\xc50A\x04@\x00\x00\x00\x00?\
      \xcf\x17}$\xc2M\xa4\x9bb\xeeH\xa7\x0a\x12\x1a7.-\xe0";
const XZ: &[u8] =
    b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x16\x00\x00\x00t/\xe5\xa3\xe0\x00k\x00>]\x004\x99\x01\x85\
      \x81\x92\xea\xb7\xdf\x97xu\x9a-\x88H\xa2\xa4\xb7,\x1eN]\xf9*o\x8d\xde\xbc\x8eN\x0f\xd3\xe2Z\xb8\x12>\xa8\
      \xf8\x10\xd3\x8a@%\xbc\x0b&:\xa3\xf7\xfby\xb7\xcf\x14i\x1e\x90p\xb8\x80\x00\x00\x00d(\x0fJ#\x0f/\xb5\x00\
      \x01Zl\x86-\xd6$\x1f\xb6\xf3}\x01\x00\x00\x00\x00\x04YZ";
const ZIP: &[u8] =
    b"PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00!X\xb8S\xc4\xe8B\x00\x00\x00l\x00\x00\x00\x08\x00\x00\x00da\
      ta.csv-\xcc+\x0e\x800\x14EA\x7fV\xc1\x02*\xfa\xfa\xefrH@ \xa0I\x0d\xdb\x87\x5cP\xe3\xe6\xd8\xdc\xb5\x9e\
      ;\xde\xcdq/\x1e\x93F\x90\x81(#I&\xb2\xcc\x14Y\xa8\xb2\xd2d\xa3\xcb\x8e}\xa1\xbd\xe3_\x1a\x0fPK\x01\x02\
      \x14\x03\x14\x00\x00\x00\x08\x00\x00\x00!X\xb8S\xc4\xe8B\x00\x00\x00l\x00\x00\x00\x08\x00\x00\x00\x00\
      \x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00data.csvPK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\
      6\x00\x00\x00h\x00\x00\x00\x00\x00";

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

fn check() -> &'static Check {
    static CHECK: OnceLock<Check> = OnceLock::new();
    CHECK.get_or_init(|| {
        let text = format!(r#"{{"sluice":{{"limits":{{"expandedBytes":{DECODED},"expansion":50}}}}}}"#);
        let read = descriptor::read("resource.json", text.as_bytes(), &Nothing);
        Check::new(&read.unwrap_or_else(|mistakes| panic!("{mistakes}")), None)
    })
}

/// Counts what is written.
struct Counted<'a>(&'a mut u64);

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run(stored: &[u8], compression: Compression, most: usize) -> (Outcome, u64) {
    let mut rejected = 0;
    let outputs = Outputs { rejects: Some(Box::new(Counted(&mut rejected))), ..Outputs::default() };
    let body = InPieces { bytes: stored, most };
    let file = StoredFile { body, bytes: Some(stored.len() as u64), compression: Some(compression) };
    let options = Options { threads: NonZeroUsize::MIN, ..Options::default() };
    match check().run(file, outputs, &options, &|_| {}) {
        Ok(outcome) => (outcome, rejected),
        Err(error) => panic!("{error}"),
    }
}

/// The file that the input stands for.
fn stored(kind: u8, rest: &[u8]) -> (Vec<u8>, Compression) {
    let (sample, compression) = match kind % 5 {
        0 => (GZIP, Compression::Gzip),
        1 => (ZSTD, Compression::Zstd),
        2 => (BZIP2, Compression::Bzip2),
        3 => (XZ, Compression::Xz),
        _ => (ZIP, Compression::Zip),
    };
    if kind < 128 {
        return (rest.to_vec(), compression);
    }
    let mut bytes = sample.to_vec();
    let (changes, behind) = rest.as_chunks::<3>();
    for &[high, low, value] in changes {
        let place = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        bytes[place] ^= value;
    }
    bytes.extend_from_slice(behind);
    (bytes, compression)
}

fuzz_target!(|data: &[u8]| {
    let [kind, piece, rest @ ..] = data else { return };
    let (stored, compression) = stored(*kind, rest);
    let (outcome, rejected) = run(&stored, compression, usize::MAX);
    assert_eq!(outcome.rows.read, outcome.rows.clean + outcome.rows.rejected);
    // A row is no less than a line end.
    assert!(outcome.rows.read <= DECODED, "{} rows", outcome.rows.read);
    assert!(rejected <= 32 * DECODED + (16 << 20), "{rejected} bytes of rejects");
    // How the bytes arrive does not show.
    let (again, again_rejected) = run(&stored, compression, usize::from(*piece) + 1);
    assert_eq!((outcome.verdict, outcome.rows, rejected), (again.verdict, again.rows, again_rejected));
    assert_eq!(outcome.refusal, again.refusal);
    if kind >= &128 && rest.is_empty() {
        assert_eq!(outcome.rows.clean, 12, "the sample is sound");
    }
});
