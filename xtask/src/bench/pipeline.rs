//! The pipeline on AWS, as far as one machine can measure it: planner and publisher, a store over S3 against a folder, and the
//! binary of the image.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::bars::{Bar, Good};
use super::child::{self, Usage};
use super::shapes::{self, Faults, Shape};
use super::{Bench, median};
use crate::pipeline::{Emulator, Tools};
use crate::{program, stopwatch::Stopwatch};

const KEYS: u64 = 100_000;
const PREFIXES: u64 = 1_000;

/// Rounds of what is measured more than once.
const ROUNDS: usize = 5;

/// What was measured.
pub(crate) struct Pipeline {
    planning: Usage,
    planned: Planned,
    /// CPU seconds over S3 divided by those in a folder, round by round.
    s3_against_folder: Vec<f64>,
    /// Peaks over S3, one thread: of a file, and of one five times as large.
    s3_peaks: [u64; 2],
    image_bytes: u64,
    start_seconds: Vec<f64>,
}

/// What the example `plan_and_publish` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Planned {
    plan_seconds: f64,
    publish_seconds: f64,
    largest_payload: u64,
}

/// Measures all of it; `bytes` is the size of a file.
pub(crate) fn measure(bench: &Bench, bytes: u64) -> Result<Pipeline> {
    let (planning, planned) = plan_and_publish()?;
    let tools = Tools::prepare()?;
    let (s3_against_folder, s3_peaks) = over_s3(bench, &tools, bytes)?;
    let mut start_seconds = Vec::new();
    for _ in 0..ROUNDS {
        let watch = Stopwatch::start();
        program::output(std::process::Command::new(tools.image()).arg("--version"))?;
        start_seconds.push(watch.seconds());
    }
    let image_bytes = fs::metadata(tools.image()).context("the binary of the image")?.len();
    Ok(Pipeline { planning, planned, s3_against_folder, s3_peaks, image_bytes, start_seconds })
}

fn plan_and_publish() -> Result<(Usage, Planned)> {
    eprintln!("planner and publisher: {KEYS} keys in {PREFIXES} prefixes");
    let built = program::build(&["--package", "sluice", "--example", "plan_and_publish"], &[])?;
    let path = built.get("plan_and_publish").context("the package sluice has no example plan_and_publish")?;
    let mut command = std::process::Command::new(path);
    command.args([KEYS.to_string(), PREFIXES.to_string()]);
    let ended = child::run_to_success(&mut command, None)?;
    let planned = serde_json::from_slice(&ended.stdout).context("output of plan_and_publish")?;
    Ok((ended.usage, planned))
}

/// The same files in buckets of the emulator and in a folder, with one thread: CPU of the process that checks them.
fn over_s3(bench: &Bench, tools: &Tools, bytes: u64) -> Result<(Vec<f64>, [u64; 2])> {
    let folder = bench.large_outputs.path().join("source");
    for (prefix, shape, bytes) in
        [("narrow", Shape::Narrow, bytes), ("wide", Shape::Wide, bytes), ("large", Shape::Wide, 5 * bytes)]
    {
        let data = shapes::prepare(&bench.data, shape, Faults::Thousandth, bytes)?;
        copy(&data.path, &folder.join(prefix).join("incoming").join("data.csv"))?;
        copy(&data.resource, &folder.join(prefix).join("resource.json"))?;
    }
    let emulator = Emulator::start(tools)?;
    program::run(tools.script("xtask/peers/fill_bucket.py").arg(emulator.endpoint()).arg(&folder))?;

    let run = |source: &str, clean: &str, prefixes: &[&str]| -> Result<Usage> {
        let mut command = std::process::Command::new(bench.sluice.as_ref().context("sluice was not built")?);
        command.args(["run", source, "--clean", clean, "--jobs", "1", "--force", "--quiet"]);
        command.args(prefixes.iter().flat_map(|prefix| ["--prefix", prefix]));
        command.env("AWS_ENDPOINT_URL", emulator.endpoint()).envs([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        let ended = child::run_to_success(&mut command, None)?;
        Ok(ended.usage)
    };
    let (source, clean) = (folder.display().to_string(), bench.outputs.path().join("checked").display().to_string());
    let mut ratios = Vec::new();
    let mut peak = 0;
    for round in 1..=ROUNDS {
        let over_s3 = run("s3://source", "s3://clean", &["narrow", "wide"])?;
        let in_folder = run(&source, &clean, &["narrow", "wide"])?;
        eprintln!("round {round}/{ROUNDS}  S3 {:.2} s, folder {:.2} s of CPU", over_s3.cpu, in_folder.cpu);
        ratios.push(over_s3.cpu / in_folder.cpu);
        peak = peak.max(run("s3://source", "s3://clean", &["wide"])?.peak);
        fs::remove_dir_all(&clean).with_context(|| format!("cannot remove {clean}"))?;
    }
    let large = run("s3://source", "s3://clean", &["large"])?;
    Ok((ratios, [peak, large.peak]))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    fs::copy(from, to).map(drop).with_context(context)
}

impl Pipeline {
    pub(crate) fn bars(&self) -> Vec<Bar> {
        let at_most = |name: &str, unit: &'static str, measured: f64, must: f64| Bar {
            name: name.to_owned(),
            unit,
            good: Good::AtMost,
            measured,
            must,
            aim: must,
        };
        let planned = &self.planned;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        vec![
            at_most(
                "planner and publisher, 100,000 keys in 1,000 prefixes: time",
                " s",
                planned.plan_seconds + planned.publish_seconds,
                20.0,
            ),
            at_most("the same: peak memory, the store with it", " MB", megabytes(self.planning.peak), 256.0),
            at_most("the same: largest payload between states", " KiB", planned.largest_payload as f64 / 1024.0, 32.0),
            at_most("CPU of a run over S3 against one in a folder", "×", median(self.s3_against_folder.clone()), 1.4),
            at_most("peak memory over S3, one thread", " MB", megabytes(self.s3_peaks[0]), 400.0),
            at_most("the same, a file five times as large", " MB", megabytes(self.s3_peaks[1]), 400.0),
            at_most("binary of the image", " MB", megabytes(self.image_bytes), 90.0),
            at_most("start of the binary of the image", " s", median(self.start_seconds.clone()), 0.3),
        ]
    }
}
