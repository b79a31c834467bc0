//! A search for input that costs more than it should: bytes written, bytes held and time for each byte of the file.
//!
//! The beginning of the input makes a descriptor, the rest a header and a row, which is repeated: what multiplies shows in a small
//! input. The fuzzer keeps inputs that cost more than any before (by powers of the square root of two), which is how it climbs. What
//! is written and held is held against the stated bounds; of time the worst is told, as machines differ, and as a build that counts
//! branches takes five to ten times as long: what it has found is to be checked with `sluice check`.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use sluice_engine::descriptor::{self, NeighbourError, Neighbours};
use sluice_engine::pipeline::file::{Check, Options, Outputs, StoredFile};

/// Bytes of a file, about.
const FILE: usize = 128 << 10;

/// Bytes that the outputs may have for each byte of the file, and beside that.
const WRITTEN: (u64, u64) = (32, 64 << 20);

/// Bytes that one thread may hold, the file itself left out.
const HELD: usize = 232 << 20;

/// Counters that the fuzzer reads as it reads those of branches: a value not seen before makes an input worth keeping.
/// <https://llvm.org/docs/LibFuzzer.html#tracing-custom-counters> (`__libfuzzer_extra_counters`)
#[cfg_attr(target_os = "linux", unsafe(link_section = "__libfuzzer_extra_counters"))]
static COUNTERS: [std::sync::atomic::AtomicU8; 3 * STEPS] = [const { std::sync::atomic::AtomicU8::new(0) }; 3 * STEPS];

/// Steps of a cost.
const STEPS: usize = 96;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: as the caller vouches.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller vouches.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Nothing;

impl Neighbours for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, NeighbourError> {
        Err(NeighbourError::NotFound)
    }
}

/// Counts what is written.
struct Written<'a>(&'a AtomicU64);

impl Write for Written<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A descriptor of one field, with a text of the input in it.
fn descriptor_of(kind: u8, text: &str) -> String {
    let text = text.replace(|c: char| c.is_control() || matches!(c, '"' | '\\'), "");
    let schema = match kind % 8 {
        0 => return "{}".to_owned(),
        1 => format!(r#"{{"name":"a","type":"string","constraints":{{"pattern":"{text}"}}}}"#),
        2 => format!(r#"{{"name":"a","type":"string","constraints":{{"enum":["{text}","b"],"minLength":2}}}}"#),
        3 => {
            format!(r#"{{"name":"{text}","type":"integer","constraints":{{"minimum":5,"maximum":7,"required":true}}}}"#)
        }
        4 => format!(r#"{{"name":"a","type":"boolean","trueValues":["{text}"],"falseValues":["n{text}"]}}"#),
        5 => r#"{"name":"a","type":"number","groupChar":" ","constraints":{"maximum":1}}"#.to_owned(),
        6 => r#"{"name":"a","type":"datetime","format":"any"}"#.to_owned(),
        _ => return r#"{"dialect":{"header":false,"commentChar":"\#","skipInitialSpace":true}}"#.replace("\\#", "#"),
    };
    format!(r#"{{"schema":{{"fieldsMatch":"partial","fields":[{schema}]}}}}"#)
}

fn step(cost: f64) -> usize {
    // Two steps for each doubling; costs below one are not looked for.
    ((cost.max(1.0).log2() * 2.0) as usize).min(STEPS - 1)
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the time that passes on this machine")]
fn now() -> Instant {
    Instant::now()
}

static SLOWEST: AtomicU64 = AtomicU64::new(0);

fuzz_target!(|data: &[u8]| {
    let [kind, text_length, header_length, rest @ ..] = data else { return };
    let (text, rest) = rest.split_at(usize::from(*text_length).min(rest.len()));
    let (header, row) = rest.split_at(usize::from(*header_length).min(rest.len()));
    let Ok(text) = std::str::from_utf8(text) else { return };
    if row.is_empty() {
        return;
    }
    let Ok(descriptor) = descriptor::read("resource.json", descriptor_of(*kind, text).as_bytes(), &Nothing) else {
        return;
    };
    // The upper half of the kinds repeats the header too, as one of many columns.
    let header = if kind / 128 == 1 { header.repeat(FILE / 4 / header.len().max(1)) } else { header.to_vec() };
    let mut file = header;
    file.push(b'\n');
    file.extend_from_slice(&row.repeat(FILE / row.len()));

    let written = AtomicU64::new(0);
    let outputs = Outputs {
        clean: Some(Box::new(Written(&written))),
        rejects: Some(Box::new(Written(&written))),
        ..Outputs::default()
    };
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let start = now();
    let options = Options { threads: NonZeroUsize::MIN, ..Options::default() };
    let check = Check::new(&descriptor, None);
    let outcome = match check.run(StoredFile::from(&file[..]), outputs, &options, &|_| {}) {
        Ok(outcome) => outcome,
        Err(error) => panic!("{error}"),
    };
    let nanoseconds = start.elapsed().as_nanos() as f64;
    let held = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    let written = written.into_inner();
    assert_eq!(outcome.rows.read, outcome.rows.clean + outcome.rows.rejected);
    let bytes = file.len() as u64;
    assert!(written <= WRITTEN.0 * bytes + WRITTEN.1, "{written} bytes are written for {bytes}");
    assert!(held <= HELD, "{held} bytes are held for {bytes}");
    let costs = [written as f64 / bytes as f64, held as f64 / bytes as f64, nanoseconds / bytes as f64];
    for (nth, cost) in costs.into_iter().enumerate() {
        COUNTERS[nth * STEPS + step(cost)].store(1, Ordering::Relaxed);
    }
    let slowness = (nanoseconds / bytes as f64) as u64;
    if slowness > SLOWEST.fetch_max(slowness, Ordering::Relaxed) {
        let speed = 1e3 * bytes as f64 / nanoseconds;
        eprintln!(
            "slowest yet in this build: {speed:.1} MB/s, {:.1} bytes written and {:.1} held for each byte",
            costs[0], costs[1]
        );
    }
});
