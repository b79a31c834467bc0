//! Large records, large files, and input made to be slow.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{self, Read};

use sluice_csv::{Chunk, Dialect, Kernel, Limits, LineTerminator, NonRowKind, QuoteFault, Records, TOO_LARGE_KEPT};
use support::{Circumstances, Kind, kernels, oracle};

const MIB: usize = 1 << 20;

/// The same piece over and over, made while it is read.
struct Repeated<'a> {
    piece: &'a [u8],
    left: usize,
    at: usize,
}

impl<'a> Repeated<'a> {
    fn new(piece: &'a [u8], bytes: usize) -> Self {
        Self { piece, left: bytes, at: 0 }
    }
}

impl Read for Repeated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.piece[self.at..];
        let count = rest.len().min(self.left).min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.left -= count;
        self.at = (self.at + count) % self.piece.len();
        Ok(count)
    }
}

/// What reading everything came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Total {
    rows: usize,
    non_rows: usize,
    bytes: u64,
    lines: u64,
    largest_chunk: usize,
    largest_buffers: usize,
}

fn total(reader: impl Read, columns: usize, limits: Limits) -> Total {
    let mut records =
        Records::new(reader, Dialect { line_terminator: LineTerminator::Lf, ..Dialect::default() }, limits);
    records.set_columns(columns);
    let mut total = Total::default();
    let mut recycle: Option<Chunk> = None;
    while let Some(chunk) = records.next_chunk(recycle.take()).unwrap() {
        total.rows += chunk.index.rows.len();
        total.non_rows += chunk.index.non_rows.len();
        total.largest_chunk = total.largest_chunk.max(chunk.data.len());
        total.largest_buffers = total.largest_buffers.max(chunk.data.capacity());
        recycle = Some(chunk);
    }
    total.bytes = records.position().byte;
    total.lines = records.position().line;
    total
}

#[test]
fn a_cell_of_seven_megabytes_is_read() {
    let cell = vec![b'x'; 7 * MIB];
    let text = [b"a,b\n1,\"", &cell[..], b"\"\n2,", &cell[..], b"\n3,c\n"].concat();
    for kernel in kernels() {
        for chunk_bytes in [1, 64 << 10, 32 * MIB] {
            let circumstances = Circumstances { chunk_bytes, kernel, ..Circumstances::new(&Dialect::default(), 2) };
            let lengths: Vec<_> = circumstances
                .read(&text)
                .into_iter()
                .map(|seen| match seen.kind {
                    Kind::Cells(cells) => cells[1].len(),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(lengths, [1, 7 * MIB, 7 * MIB, 1]);
        }
    }
}

#[test]
fn records_of_4096_columns_are_read() {
    let record = [b"x,".repeat(4095), b"y\r\n".to_vec()].concat();
    let text = record.repeat(50);
    for kernel in kernels() {
        let circumstances =
            Circumstances { kernel, chunk_bytes: 30_000, ..Circumstances::new(&Dialect::default(), 4096) };
        let seen = circumstances.read(&text);
        assert_eq!(seen.len(), 50);
        assert!(seen.iter().all(|seen| matches!(&seen.kind, Kind::Cells(cells) if cells[4095] == b"y")));
    }
}

#[test]
fn the_cells_of_a_record_with_too_many_are_counted_and_not_kept() {
    let text = [b",".repeat(3 * MIB), b"\na,b\n".to_vec()].concat();
    for kernel in kernels() {
        let limits = Limits { chunk_bytes: 16 * MIB, ..Limits::default() };
        let mut records = Records::with_kernel(&text[..], Dialect::default(), limits, kernel);
        records.set_columns(2);
        let chunk = records.next_chunk(None).unwrap().unwrap();
        assert_eq!(chunk.index.non_rows[0].kind, NonRowKind::Cells(3 * MIB as u32 + 1));
        assert_eq!((chunk.index.rows.len(), chunk.records()), (1, 2));
        assert!(chunk.index.ends.len() < 100, "{} ends", chunk.index.ends.len());
    }
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_however_much_follows() {
    let follow = "c,d\n".repeat(5 * MIB);
    let text = [b"a,b\n1,\"2\n", follow.as_bytes()].concat();
    for kernel in kernels() {
        for chunk_bytes in [100 << 10, 64 * MIB] {
            let limits = Limits { chunk_bytes, ..Limits::default() };
            let mut records = Records::with_kernel(&text[..], Dialect::default(), limits, kernel);
            records.set_columns(2);
            let (mut rows, mut non_rows, mut largest) = (0, Vec::new(), 0);
            while let Some(chunk) = records.next_chunk(None).unwrap() {
                rows += chunk.index.rows.len();
                non_rows.extend(
                    chunk
                        .index
                        .non_rows
                        .iter()
                        .map(|non_row| (non_row.kind, chunk.start.byte, chunk.line_of(non_row.start))),
                );
                largest = largest.max(chunk.data.len());
            }
            assert_eq!(rows, 1 + 5 * MIB);
            assert!(matches!(non_rows[..], [(NonRowKind::Quote(QuoteFault::Unclosed, _), _, 2)]), "{non_rows:?}");
            assert!(largest <= chunk_bytes + 100, "a chunk of {largest} bytes");
        }
    }
}

#[test]
fn a_line_over_the_limit_is_dropped_while_it_is_read() {
    let piece = vec![b'x'; 64 << 10];
    let long = Repeated::new(&piece, 200 * MIB);
    let text = b"a,b\n".chain(long).chain(&b"\nc,d\n"[..]);
    let limits = Limits { record_bytes: MIB as u32, ..Limits::default() };
    let mut records = Records::new(text, Dialect::default(), limits);
    records.set_columns(2);
    let mut found = Vec::new();
    let mut largest = 0;
    while let Some(chunk) = records.next_chunk(None).unwrap() {
        largest = largest.max(chunk.data.capacity());
        for non_row in &chunk.index.non_rows {
            found.push((
                non_row.kind,
                (non_row.end - non_row.start) as usize,
                chunk.start.byte + u64::from(non_row.start),
                chunk.line_of(non_row.start),
            ));
        }
        for row in &chunk.index.rows {
            found.push((NonRowKind::Cells(2), 3, chunk.start.byte + u64::from(row.start), chunk.line_of(row.start)));
        }
    }
    assert_eq!(
        found,
        [
            (NonRowKind::Cells(2), 3, 0, 1),
            (NonRowKind::TooLarge, TOO_LARGE_KEPT, 4, 2),
            (NonRowKind::Cells(2), 3, 4 + 200 * MIB as u64 + 1, 3),
        ]
    );
    assert!(largest < 8 * MIB, "a buffer of {largest} bytes");
}

#[test]
fn buffers_are_small_again_after_a_large_record() {
    let cell = vec![b'x'; 7 * MIB];
    let text = [b"1,\"", &cell[..], b"\"\n", &b"2,3\n".repeat(MIB)[..]].concat();
    let mut records =
        Records::new(&text[..], Dialect::default(), Limits { chunk_bytes: 64 << 10, ..Limits::default() });
    records.set_columns(2);
    let first = records.next_chunk(None).unwrap().unwrap();
    assert!(first.data.len() > 7 * MIB);
    let second = records.next_chunk(Some(first)).unwrap().unwrap();
    let ends = second.index.ends.capacity();
    assert!(second.data.capacity() < MIB && ends < MIB, "{} bytes, {ends} ends", second.data.capacity());
}

#[test]
fn the_first_64_kib_decide_on_lone_cr_whatever_the_size_of_reads() {
    let cr = [b"x".repeat(65_000), b"\ra\n".to_vec()].concat();
    let late = [b"x".repeat(65_536), b"\ra\r".to_vec()].concat();
    for read_bytes in [1, 1000, usize::MAX] {
        let circumstances = Circumstances { read_bytes, ..Circumstances::new(&Dialect::default(), 1) };
        // An LF within sight: the CR is content.
        assert_eq!(circumstances.read(&cr).len(), 1);
        assert_eq!(circumstances.read(&cr[..cr.len() - 1]).len(), 2);
        assert_eq!(circumstances.read(&late).len(), 1);
        assert_eq!(circumstances.read(&cr), oracle::records(&cr, &Dialect::default(), 1, 8 * MIB));
    }
}

#[test]
fn a_crlf_at_the_end_does_not_count_whatever_the_size_of_the_input() {
    for size in 65_530..65_545 {
        let text = [&b"a\r".repeat(10)[..], &b"x".repeat(size - 22), b"\r\n"].concat();
        let circumstances = Circumstances::new(&Dialect::default(), 1);
        // Ten records, the long one, and the LF as a blank one.
        assert_eq!((text.len(), circumstances.read(&text).len()), (size, 12));
    }
}

#[test]
fn a_tokenizer_that_is_not_there_is_replaced() {
    let all = [Kernel::Avx512, Kernel::Avx2, Kernel::Neon, Kernel::Portable, Kernel::Scalar];
    for kernel in all {
        let circumstances = Circumstances { kernel, ..Circumstances::new(&Dialect::default(), 1) };
        assert_eq!(circumstances.read(b"a\n").len(), 1);
    }
}

/// Without NEON all other tests would pass on the portable path. Fails on the few ARM processors that have no PMULL.
#[cfg(target_arch = "aarch64")]
#[test]
fn the_tests_run_on_neon_too() {
    assert_eq!(Kernel::detect(), Kernel::Neon);
    assert!(kernels().contains(&Kernel::Neon));
}

/// Pieces that make a tokenizer look far ahead, start over, or keep much.
fn adversaries() -> Vec<(&'static str, Vec<u8>)> {
    let far = [b"a,\"b\n".to_vec(), b"c,d\n".repeat(1_900_000), b"e\"x\n".to_vec()].concat();
    vec![
        ("a quote is opened in every line", b"a,\"b\n".to_vec()),
        ("a quote is opened and closed wrongly in every line", b"\"a\"b,c\n".to_vec()),
        ("every line is stray quotes", b"a\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\n".to_vec()),
        ("every line is one quote", b"\"\n".to_vec()),
        ("quoted line ends without an end", b"\"\"\"\n".to_vec()),
        ("a quote is closed wrongly near the limit, over and over", far),
        ("good and bad lines in turn", b"a,b\n\"a\n".to_vec()),
        ("every line is blank", b"\n".to_vec()),
        ("nothing but delimiters", b",".to_vec()),
        ("nothing but quotes", b"\"".to_vec()),
        ("nothing but CR", b"\r".to_vec()),
        ("a CR after every closing quote", b"\"a\"\rb\n".to_vec()),
    ]
}

#[test]
fn adversaries_do_not_grow_the_chunks() {
    for (name, piece) in adversaries() {
        let limits = Limits { chunk_bytes: 64 << 10, record_bytes: MIB as u32, ..Limits::default() };
        let total = total(Repeated::new(&piece, 3 * MIB), 2, limits);
        assert_eq!(total.bytes, 3 * MIB as u64, "{name}");
        assert!(total.largest_buffers <= 3 * MIB, "{name}: {total:?}");
    }
}

/// Also shows the speed, which is to be looked at: `cargo test --release -p sluice-csv --test large -- --ignored --nocapture`.
#[test]
#[ignore = "reads gigabytes"]
#[expect(clippy::disallowed_methods, reason = "shows the speed")]
fn adversaries_of_any_length_take_the_same_memory() {
    for (name, piece) in adversaries() {
        let [short, long] = [50_000_000, 200_000_000].map(|bytes| {
            let start = std::time::Instant::now();
            let total = total(Repeated::new(&piece, bytes), 2, Limits::default());
            let seconds = start.elapsed().as_secs_f64();
            println!("{:7.0} MB/s  {:3} MB  {name}: {total:?}", bytes as f64 / 1e6 / seconds, bytes / 1_000_000);
            assert_eq!(total.bytes, bytes as u64, "{name}");
            total
        });
        assert!(long.largest_buffers <= 2 * short.largest_buffers, "{name}: {short:?}, {long:?}");
    }
}
