//! The same check twice, with one thing changed: what answers for the sender, other encodings and `infer` cost.
//!
//! Both sides of a pair run in turn, in an order that changes from round to round, over files of the same records. What is compared is
//! their rows per CPU second, so that a text in UTF-16, which has twice the bytes, is not taken for faster.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bars::{Bar, Good};
use super::child::{self, Usage};
use super::encodings::{self, Encoding, Letters};
use super::shapes::{self, Data, Faults, Shape};
use super::tools::Outputs;
use super::{correctness, median, touch_memory};
use crate::program;

/// What is changed in the second check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Answers for the sender in all forms, of a file with one faulty row in a hundred.
    Answers,
    /// The text in Latin-1 instead of UTF-8.
    Latin1,
    /// The text in UTF-16 instead of UTF-8.
    Utf16,
    /// A pure ASCII file whose descriptor names another encoding.
    Declared,
    /// `infer` in place of a check with the descriptor that it makes.
    Infer,
}

impl Change {
    /// In the order of the table. Narrow rows are ASCII, so in Latin-1 they would be those of [`Change::Declared`].
    const ALL: [(Self, &'static [Shape]); 5] = [
        (Self::Answers, &Shape::ALL),
        (Self::Latin1, &[Shape::Wide]),
        (Self::Utf16, &Shape::ALL),
        (Self::Declared, &Shape::ALL),
        (Self::Infer, &Shape::ALL),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers as csv, xlsx and html, 1 % faulty rows, against none",
            Self::Latin1 => "Latin-1, against UTF-8",
            Self::Utf16 => "UTF-16, against UTF-8",
            Self::Declared => "ASCII declared as `iso-8859-1`, against undeclared",
            Self::Infer => "`infer`, against a check with its descriptor",
        }
    }

    /// The least share of the speed that has to be left.
    fn must(self) -> f64 {
        match self {
            Self::Answers => 0.9,
            Self::Latin1 | Self::Utf16 => 0.7,
            Self::Declared => 0.97,
            Self::Infer => 0.5,
        }
    }
}

/// Programs and folders that the pairs need.
pub(crate) struct Place<'a> {
    pub(crate) sluice: &'a Path,
    /// Where generated files are kept.
    pub(crate) data: &'a Path,
    pub(crate) outputs: &'a Path,
}

/// One side of a pair.
struct Side {
    file: PathBuf,
    work: Work,
}

enum Work {
    /// A check that writes clean rows and rejects.
    Check(PathBuf),
    /// The same with answers for the sender.
    Answer(PathBuf),
    /// A check that writes nothing but its report, as `infer` writes no rows.
    Report(PathBuf),
    Infer,
}

/// The rows of a report.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
struct Rows {
    read: u64,
    rejected: u64,
}

#[derive(Deserialize)]
struct Report {
    rows: Rows,
}

/// The measurement of a pair.
pub(crate) struct Pair {
    change: Change,
    shape: Shape,
    rows: u64,
    /// Bytes of the files without the change and with it.
    bytes: [u64; 2],
    /// Round by round, without the change and with it.
    usages: [Vec<Usage>; 2],
}

impl Pair {
    /// Returns the rows per second of one side in each round, by the time that `time` reads from a usage.
    fn speeds(&self, side: usize, time: impl Fn(&Usage) -> f64) -> Vec<f64> {
        self.usages[side].iter().map(|usage| self.rows as f64 / time(usage).max(1e-9)).collect()
    }

    /// The speed with the change as a multiple of that without, round by round.
    fn ratios(&self, time: impl Fn(&Usage) -> f64) -> Vec<f64> {
        let [without, with] = [0, 1].map(|side| self.speeds(side, &time));
        with.iter().zip(&without).map(|(with, without)| with / without).collect()
    }

    /// The bar of this pair.
    pub(crate) fn bar(&self) -> Bar {
        Bar {
            name: format!("{}, {}", self.change.name(), self.shape.name()),
            unit: "×",
            good: Good::AtLeast,
            measured: median(self.ratios(cpu)),
            must: self.change.must(),
            aim: self.change.must(),
        }
    }
}

fn cpu(usage: &Usage) -> f64 {
    usage.cpu
}

/// What the process itself computes; the kernel's part differs between runs of the same work.
fn user(usage: &Usage) -> f64 {
    usage.cpu - usage.system
}

/// Measures all pairs over files of `bytes`, with one thread.
pub(crate) fn measure(place: &Place<'_>, bytes: u64, rounds: usize) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for (change, shapes) in Change::ALL {
        for &shape in shapes {
            let compared = Compared::prepare(place, change, shape, bytes)?;
            let (rows, usages) = compared.measure(place, rounds)?;
            let bytes = [compared.sides[0].bytes()?, compared.sides[1].bytes()?];
            let pair = Pair { change, shape, rows, bytes, usages };
            eprintln!("{}, {}: {:.2}×", change.name(), shape.name(), median(pair.ratios(cpu)));
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// What is run for a pair.
struct Compared {
    sides: [Side; 2],
    /// Rows that a check has to reject.
    faulty: u64,
}

impl Compared {
    fn prepare(place: &Place<'_>, change: Change, shape: Shape, bytes: u64) -> Result<Self> {
        let faults = if change == Change::Answers { Faults::Hundredth } else { Faults::None };
        let data = shapes::prepare(place.data, shape, faults, bytes)?;
        let undeclared = descriptor(&data, "undeclared", None, None)?;
        let encoded = |letters, encoding| encodings::prepare(&data.path, letters, encoding);
        let sides = match change {
            Change::Answers => {
                let asking = descriptor(&data, "answers", None, Some(feedback(shape)))?;
                [(data.path.clone(), Work::Check(undeclared)), (data.path.clone(), Work::Answer(asking))]
            }
            Change::Latin1 | Change::Utf16 => {
                let (encoding, label) = match change {
                    Change::Latin1 => (Encoding::Latin1, "iso-8859-1"),
                    _ => (Encoding::Utf16, "utf-16"),
                };
                let declared = descriptor(&data, label, Some(label), None)?;
                [
                    (encoded(Letters::Latin1, Encoding::Utf8)?, Work::Check(undeclared)),
                    (encoded(Letters::Latin1, encoding)?, Work::Check(declared)),
                ]
            }
            Change::Declared => {
                let declared = descriptor(&data, "iso-8859-1", Some("iso-8859-1"), None)?;
                let file = encoded(Letters::Ascii, Encoding::Utf8)?;
                [(file.clone(), Work::Check(undeclared)), (file, Work::Check(declared))]
            }
            Change::Infer => {
                let inferred = infer(place, &data.path)?;
                [(data.path.clone(), Work::Report(inferred)), (data.path.clone(), Work::Infer)]
            }
        };
        let sides = sides.map(|(file, work)| Side { file, work });
        Ok(Self { sides, faulty: correctness::seeded(&data.manifest)? })
    }

    /// Runs both sides in turn, and returns the rows of the file and what each round used.
    fn measure(&self, place: &Place<'_>, rounds: usize) -> Result<(u64, [Vec<Usage>; 2])> {
        let mut usages = [Vec::new(), Vec::new()];
        let mut read = None;
        // A round that does not count comes first.
        for round in 0..=rounds {
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for side in order {
                let (usage, rows) = self.sides[side].run(place)?;
                if let Some(rows) = rows {
                    // The same work on both sides and in all rounds, or the ratio says nothing.
                    let expected = Rows { read: *read.get_or_insert(rows.read), rejected: self.faulty };
                    ensure!(rows == expected, "{}: {rows:?}, expected {expected:?}", self.sides[side].file.display());
                }
                if round > 0 {
                    usages[side].push(usage);
                }
            }
        }
        Ok((read.context("no side of the pair is a check")?, usages))
    }
}

impl Side {
    fn bytes(&self) -> Result<u64> {
        Ok(fs::metadata(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?.len())
    }

    /// Runs it once; the rows are those of a check.
    fn run(&self, place: &Place<'_>) -> Result<(Usage, Option<Rows>)> {
        let outputs = Outputs::in_folder(place.outputs);
        let answers = place.outputs.join("answers");
        touch_memory(place.outputs, LARGEST_OUTPUT * self.bytes()?).context("cannot touch memory")?;
        let mut command = Command::new(place.sluice);
        let check = ["check", "--quiet", "--threads", "1", "--format", "json", "--resource"];
        match &self.work {
            Work::Infer => command.args(["infer", "--quiet", "--threads", "1"]),
            Work::Report(resource) => command.args(check).arg(resource),
            Work::Check(resource) | Work::Answer(resource) => {
                command.args(check).arg(resource).arg("--clean").arg(&outputs.clean);
                command.arg("--rejects").arg(&outputs.rejects)
            }
        };
        if matches!(self.work, Work::Answer(_)) {
            fs::create_dir(&answers).with_context(|| format!("cannot make {}", answers.display()))?;
            command.arg("--feedback").arg(&answers);
        }
        let ended = child::run_to_success(command.arg(&self.file), None)?;
        outputs.remove()?;
        if matches!(self.work, Work::Answer(_)) {
            let written = fs::read_dir(&answers).with_context(|| format!("cannot read {}", answers.display()))?.count();
            ensure!(written == FORMS.len(), "`{}` wrote {written} answers", program::line(&command));
            fs::remove_dir_all(&answers).with_context(|| format!("cannot remove {}", answers.display()))?;
        }
        if matches!(self.work, Work::Infer) {
            return Ok((ended.usage, None));
        }
        let report: Report = serde_json::from_slice(&ended.stdout)
            .with_context(|| format!("output of `{}`", program::line(&command)))?;
        Ok((ended.usage, Some(report.rows)))
    }
}

/// Clean rows, rejects and answers together, as a multiple of the file; rounded up.
const LARGEST_OUTPUT: u64 = 2;

/// The forms of an answer.
const FORMS: [&str; 3] = ["csv", "xlsx", "html"];

/// What the descriptor asks for when answers are given.
fn feedback(shape: Shape) -> Value {
    let keys: &[&str] = match shape {
        Shape::Narrow => &["id", "date", "element"],
        Shape::Wide => &["record_id"],
    };
    json!({"keys": keys, "formats": FORMS, "language": "en", "rows": 10_000})
}

/// The descriptor of the data, with this encoding or none, and with what it asks for as answers.
fn descriptor(data: &Data, name: &str, encoding: Option<&str>, feedback: Option<Value>) -> Result<PathBuf> {
    let text = fs::read(&data.resource).with_context(|| format!("cannot read {}", data.resource.display()))?;
    let mut resource: serde_json::Map<String, Value> = serde_json::from_slice(&text).context("a descriptor")?;
    resource.remove("encoding");
    if let Some(encoding) = encoding {
        resource.insert("encoding".to_owned(), encoding.into());
    }
    if let Some(feedback) = feedback {
        resource.insert("sluice".to_owned(), json!({ "feedback": feedback }));
    }
    let path = data.resource.with_file_name(format!("resource-{name}.json"));
    fs::write(&path, serde_json::to_vec_pretty(&resource)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The descriptor that `infer` makes of the file.
fn infer(place: &Place<'_>, file: &Path) -> Result<PathBuf> {
    let path = file.with_file_name("resource-inferred.json");
    let mut command = Command::new(place.sluice);
    program::output(command.args(["infer", "--quiet", "--output"]).arg(&path).arg(file))?;
    Ok(path)
}

/// The measurements as Markdown.
pub(crate) fn table(pairs: &[Pair]) -> String {
    let mut text = String::from(
        "### The same check with one thing changed, 1 thread\n\n\
         | one thing changed | shape | rows | MB of the file, without and with | 1000 rows per CPU second, without: median (min) | with \
         | ratio: median (min) | ratio of user time alone |\n|---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let least = |values: Vec<f64>| values.into_iter().fold(f64::INFINITY, f64::min);
    for pair in pairs {
        let [without, with] = [0, 1].map(|side| {
            let speeds = pair.speeds(side, cpu);
            format!("{:.0} ({:.0})", median(speeds.clone()) / 1e3, least(speeds) / 1e3)
        });
        let ratio =
            |time: fn(&Usage) -> f64| format!("{:.2} ({:.2})", median(pair.ratios(time)), least(pair.ratios(time)));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.0}, {:.0} | {without} | {with} | {} | {} |",
            pair.change.name(),
            pair.shape.name(),
            pair.rows,
            pair.bytes[0] as f64 / 1e6,
            pair.bytes[1] as f64 / 1e6,
            ratio(cpu),
            ratio(user),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn pair(change: Change, seconds: [[f64; 3]; 2]) -> Pair {
        // Half a second of each is the kernel's.
        let usage = |cpu| Usage { cpu, system: 0.5, wall: cpu, peak: 0 };
        let usages = seconds.map(|side| side.map(usage).to_vec());
        Pair { change, shape: Shape::Wide, rows: 1_000_000, bytes: [100_000_000, 200_000_000], usages }
    }

    #[test]
    fn a_ratio_is_that_of_the_rows_in_a_second_round_by_round() {
        let pair = pair(Change::Utf16, [[1.0, 2.0, 1.0], [2.0, 2.5, 1.25]]);
        assert_eq!(pair.ratios(cpu), [0.5, 0.8, 0.8]);
        assert_eq!(pair.ratios(user), [0.5 / 1.5, 0.75, 0.5 / 0.75]);
        let bar = pair.bar();
        assert_eq!(bar.name, "UTF-16, against UTF-8, wide");
        assert!(bar.measured == 0.8 && bar.reaches(bar.must));
        let text = table(&[pair]);
        assert!(
            text.ends_with("| wide | 1000000 | 100, 200 | 1000 (500) | 500 (400) | 0.80 (0.50) | 0.67 (0.33) |\n"),
            "{text}"
        );
    }

    #[test]
    fn a_pair_that_was_not_measured_reaches_no_bar() {
        let pair = Pair { usages: [Vec::new(), Vec::new()], ..pair(Change::Infer, [[1.0; 3]; 2]) };
        assert!(!pair.bar().reaches(pair.bar().must));
    }

    #[test]
    fn descriptors_differ_in_one_thing() {
        let folder = tempfile::tempdir().unwrap();
        for shape in Shape::ALL {
            let data = shapes::prepare(folder.path(), shape, Faults::Hundredth, 1000).unwrap();
            let read = |path: PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
            let plain = read(descriptor(&data, "plain", None, None).unwrap());
            assert!(plain.get("encoding").is_none() && plain.get("sluice").is_none());
            let mut declared = read(descriptor(&data, "declared", Some("iso-8859-1"), None).unwrap());
            assert_eq!(declared["encoding"], "iso-8859-1");
            declared.as_object_mut().unwrap().remove("encoding");
            assert_eq!(declared, plain);
            let asking = read(descriptor(&data, "asking", None, Some(feedback(shape))).unwrap());
            let names: Vec<&Value> = plain["schema"]["fields"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
            for key in asking["sluice"]["feedback"]["keys"].as_array().unwrap() {
                assert!(names.contains(&key), "{key} is no column of {shape:?}");
            }
        }
    }
}
