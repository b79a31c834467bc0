//! One scenario: the real planner, a model of the tasks, the real publisher.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice::cost::rules::{
    COLUMNS, LOG_BYTES_PER_COLUMN, LOG_BYTES_PER_FILE, TRANSITIONS_OF_RUN, requests_of_file, requests_of_task,
};
use sluice::cost::{Architecture, Prices, Quantities, Requests, TaskTime, Usd};
use sluice::function::{Planner, Publisher, Stores};
use sluice::plan::{TaskLimits, TaskSize};
use sluice::publish::read_tasks;
use sluice::store::{Condition, Store};
use sluice::task::{FileLine, PrefixTotals, RunId, Task, TaskResult, Totals};
use sluice::{Clock, SimulatedTime};

use crate::account::{self, Ended, Work};
use crate::bus::{NoOthers, SimulatedBus, Taken};
use crate::container::{self, File};
use crate::latency::{Counted, Delayed, Latencies};
use crate::random::Random;
use crate::records::{Records, totals_of};
use crate::scenario::{Measure, Scenario};
use crate::source::{Synthetic, prefix_number, shared};
use crate::usage;

/// Seconds until a function that was idle runs.
const COLD_START: f64 = 2.0;

/// Until a function has to have ended: 15 minutes without its start and what it leaves for its end.
const FUNCTION: Duration = Duration::from_secs(900 - 2 - 20);

/// What the Map has written about its children.
const MANIFEST: &str = "_sluice/runs/simulated/map/manifest.json";
const OUTCOMES: &str = "_sluice/runs/simulated/map/SUCCEEDED_0.json";

const STARTED: &str = "2026-01-01T00:00:00.000Z";
const ENDED: &str = "2026-01-01T00:05:00.000Z";

/// What a function took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Simulated, the cold start included.
    pub(crate) seconds: f64,
    /// CPU of this process, the store and the bus in memory included.
    pub(crate) cpu_seconds: f64,
    /// Most memory of this process, without what the store held at its beginning, in MB.
    pub(crate) megabytes: f64,
    /// Requests to S3 at once, on average.
    pub(crate) at_once: f64,
    /// Requests to S3.
    pub(crate) requests: Requests,
    /// Bytes that were read from S3.
    pub(crate) read: u64,
    /// Bytes that were written to S3.
    pub(crate) written: u64,
}

/// What came out of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) title: String,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) prefixes: u64,
    pub(crate) tasks: u64,
    /// Tasks by size.
    pub(crate) sizes: BTreeMap<TaskSize, u64>,
    pub(crate) plan: Step,
    pub(crate) check_seconds: f64,
    pub(crate) publish: Step,
    /// Launches without room, containers taken away, most vCPUs at once.
    pub(crate) refused: u64,
    pub(crate) taken: u64,
    pub(crate) most_vcpus: f64,
    pub(crate) event_requests: u64,
    /// Prefixes with a page of their own.
    pub(crate) pages: u64,
    pub(crate) quantities: Quantities,
    pub(crate) usd: Usd,
    /// What is missed.
    pub(crate) bars: Vec<(Measure, f64, f64)>,
}

impl Outcome {
    pub(crate) fn wall(&self) -> f64 {
        self.plan.seconds + self.check_seconds + self.publish.seconds
    }

    pub(crate) fn measured(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Tasks => self.tasks as f64,
            Measure::ComputeUsd => self.usd.fargate,
            Measure::WallSeconds => self.wall(),
            Measure::PlanSeconds => self.plan.seconds,
            Measure::PlanMegabytes => self.plan.megabytes,
            Measure::PublishSeconds => self.publish.seconds,
            Measure::PublishMegabytes => self.publish.megabytes,
            Measure::PagesUsd => {
                let requests = self.publish.requests;
                let prices = Prices::of(Architecture::default());
                Quantities { requests, ..Quantities::default() }.usd(&prices).s3
            }
        }
    }
}

/// What became of the tasks.
struct Worked {
    ended: Ended,
    requests: Requests,
    sizes: BTreeMap<TaskSize, u64>,
}

/// A scenario under way.
struct Day<'a> {
    scenario: &'a Scenario,
    time: SimulatedTime,
    source: Delayed<Synthetic>,
    random: Random,
}

/// Runs a scenario.
pub(crate) fn run(scenario: &Scenario) -> Result<Outcome> {
    let time = SimulatedTime::default();
    let latencies = Latencies::of_s3(scenario.settings.function_vcpus());
    let synthetic = Synthetic::new(scenario.shape, Records::of_checks(scenario.columns)?);
    let source = Delayed::new(synthetic, latencies, time.clone(), 1);
    let mut day = Day { scenario, time, source, random: Random::new(2) };
    let (plan, planned) = day.plan()?;
    let run: RunId = serde_json::from_value(plan["runId"].clone())?;
    let named = run.clone();
    let tasks = day.untimed(move |source| async move { Ok(read_tasks(&source, &named).await?) })?;
    let worked = day.work(&run, &tasks)?;
    day.source.inner().all_are_checked(&day.time, scenario.settings.function_vcpus())?;
    let (taken, published) = day.publish(&plan)?;
    day.outcome(&plan, worked, &taken, [planned, published])
}

impl Day<'_> {
    fn plan(&self) -> Result<(Value, Step)> {
        let planner = Planner {
            source: shared(self.source.clone()),
            executions: Arc::new(NoOthers),
            limits: TaskLimits::default(),
            logs: None,
            clock: Clock::System,
        };
        let deadline = self.time.deadline(FUNCTION);
        let input = json!({
            "request": {},
            "execution": "simulated",
            "executionArn": "arn:aws:states:us-east-1:1:execution:sluice:simulated",
            "startedAt": STARTED,
        });
        let plan = async move { planner.plan(input, Some(deadline)).await.map_err(|error| anyhow!("plan: {error}")) };
        let (planned, step) = self.timed(plan)?;
        let plan = serde_json::to_value(planned)?;
        let new = self.scenario.shape.new_files();
        ensure!(plan["files"] == json!(new), "{} files are new, not {new}", plan["files"]);
        Ok((plan, step))
    }

    /// The tasks in containers; writes what they and the Map leave.
    fn work(&mut self, run: &RunId, tasks: &[Task]) -> Result<Worked> {
        let settings = &self.scenario.settings;
        // The Map reads its items and writes its results.
        let mut requests = Requests { get: 1, put: 4, ..Requests::default() };
        let (mut work, mut sizes) = (Vec::new(), BTreeMap::new());
        for (task, files) in tasks.iter().zip(self.files(run, tasks)?) {
            requests += requests_of_task(files.iter().filter(|file| file.first).count() as u64);
            for file in &files {
                requests += requests_of_file(file.bytes, settings.outputs);
            }
            let size = TaskSize { cpu: task.cpu.parse()?, memory: task.memory.parse()? };
            *sizes.entry(size).or_default() += 1;
            let seconds = container::seconds(&files, size, settings.outputs, &mut self.random);
            work.push(Work { size, seconds, goes_on: files.len() > 1 });
        }
        let account = self.scenario.account;
        let ended = account::run(&work, account, settings.concurrency, settings.spot_percent, &mut self.random);
        Ok(Worked { ended, requests, sizes })
    }

    /// The files of each task; writes the results of the tasks, and what the Map says of them.
    fn files(&self, run: &RunId, tasks: &[Task]) -> Result<Vec<Vec<File>>> {
        let (run, tasks) = (run.clone(), tasks.to_vec());
        self.untimed(move |source| async move {
            let (mut files, mut outcomes) = (Vec::new(), String::new());
            for task in &tasks {
                let lines = lines_of(&source, &run.files_key(), task).await?;
                let bytes = serde_json::to_vec(&result_of(&run, task.task, &lines, source.records()))?;
                source.put(&run.result_key(task.task), bytes, Condition::Always).await?;
                files.push(files_of(&lines));
                outcomes.push_str(&format!("{}\n", json!({ "task": task.task })));
            }
            source.put(OUTCOMES, outcomes.into_bytes(), Condition::Always).await?;
            let manifest = json!({ "ResultFiles": {"SUCCEEDED": [{ "Key": OUTCOMES }], "FAILED": [], "PENDING": []} });
            source.put(MANIFEST, manifest.to_string().into_bytes(), Condition::Always).await?;
            Ok(files)
        })
    }

    fn publish(&self, plan: &Value) -> Result<(Taken, Step)> {
        let bus = SimulatedBus::new(self.time.clone(), self.scenario.account.events_per_second, 3);
        let source = shared(self.source.clone());
        let stores = Stores { outputs: Some(Arc::clone(&source)), source };
        let mut publisher = Publisher::new(stores, Arc::new(NoOthers), Arc::new(bus.clone()), Clock::System);
        publisher.pages = self.scenario.settings.pages;
        let deadline = self.time.deadline(FUNCTION);
        let outcomes = json!({ "bucket": "source", "key": MANIFEST });
        let input = json!({ "plan": plan, "outcomes": outcomes, "failure": null });
        let publish =
            async move { publisher.publish(input, Some(deadline)).await.map_err(|error| anyhow!("publish: {error}")) };
        let (_, step) = self.timed(publish)?;
        let taken = bus.taken();
        let prefixes = plan["prefixes"].as_u64().context("prefixes")?;
        ensure!(taken.clients() == prefixes, "{} of {prefixes} prefixes have their event", taken.clients());
        let pages = prefixes.min(self.scenario.settings.pages);
        ensure!(taken.pages == pages, "{} of {pages} pages are written", taken.pages);
        ensure!(taken.runs == 1, "{} events of the run", taken.runs);
        Ok((taken, step))
    }

    /// A function: what it returns and how long it took.
    fn timed<T: Send + 'static>(
        &self,
        function: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<(T, Step)> {
        let kept = self.untimed(|source| async move { Ok(source.kept_bytes().await?) })?;
        usage::forget_peak()?;
        let (begun, before, cpu) = (self.time.now(), self.source.counted(), usage::cpu_seconds()?);
        let ended = self.time.run(function).context("no thread")??;
        let seconds = (self.time.now() - begun).as_secs_f64();
        let after = self.source.counted();
        let step = Step {
            seconds: COLD_START + seconds,
            cpu_seconds: usage::cpu_seconds()? - cpu,
            megabytes: usage::peak()?.saturating_sub(kept) as f64 / 1e6,
            at_once: (after.waited - before.waited).as_secs_f64() / seconds.max(f64::MIN_POSITIVE),
            requests: after.requests.since(&before.requests),
            read: after.read - before.read,
            written: after.written - before.written,
        };
        Ok((ended, step))
    }

    /// Looks into the store beside all latencies and counts.
    fn untimed<T, F>(&self, look: impl FnOnce(Synthetic) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        SimulatedTime::default().run(look(self.source.inner().clone())).context("no thread")?
    }

    fn outcome(&self, plan: &Value, worked: Worked, taken: &Taken, steps: [Step; 2]) -> Result<Outcome> {
        let (Worked { ended, requests: by_tasks, sizes }, [planned, published]) = (worked, steps);
        let settings = &self.scenario.settings;
        let number = |name: &str| plan[name].as_u64().with_context(|| name.to_owned());
        let (files, prefixes) = (number("files")?, number("prefixes")?);
        let Counted { requests, .. } = self.source.counted();
        let seconds = planned.seconds + published.seconds;
        let quantities = Quantities {
            on_demand: ended.on_demand,
            spot: ended.spot,
            requests: requests + by_tasks,
            function_calls: 2,
            function_gb_seconds: seconds * f64::from(settings.function_memory) / 1024.0,
            transitions: TRANSITIONS_OF_RUN + ended.transitions,
            events: taken.events,
            log_bytes: files * (LOG_BYTES_PER_FILE + COLUMNS * LOG_BYTES_PER_COLUMN),
            metric_hours: settings.metrics.of(prefixes),
        };
        let mut outcome = Outcome {
            title: self.scenario.title.to_owned(),
            files,
            bytes: number("bytes")?,
            prefixes,
            tasks: sizes.values().sum(),
            sizes,
            plan: planned,
            check_seconds: ended.seconds,
            publish: published,
            refused: ended.refused,
            taken: ended.taken,
            most_vcpus: ended.most_vcpus,
            event_requests: taken.requests,
            pages: taken.pages,
            quantities,
            usd: quantities.usd(&Prices::of(settings.architecture)),
            bars: Vec::new(),
        };
        outcome.bars =
            self.scenario.bars.iter().map(|(measure, bar)| (*measure, outcome.measured(*measure), *bar)).collect();
        Ok(outcome)
    }
}

async fn lines_of(source: &dyn Store, key: &str, task: &Task) -> Result<Vec<FileLine>> {
    let (_, mut body) = source.open(key, None, Some(task.offset..task.offset + task.length)).await?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut body, &mut bytes)?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(serde_json::from_slice).collect::<serde_json::Result<_>>()?)
}

fn prefix_of(line: &FileLine) -> &str {
    line.key.split_once("/incoming/").map_or("", |(prefix, _)| prefix)
}

fn files_of(lines: &[FileLine]) -> Vec<File> {
    let mut last = "";
    let file = |line| {
        let prefix = prefix_of(line);
        let first = std::mem::replace(&mut last, prefix) != prefix;
        File { bytes: line.bytes, first }
    };
    lines.iter().map(file).collect()
}

/// What a worker leaves of a task.
fn result_of(run: &RunId, task: u64, lines: &[FileLine], records: &Records) -> TaskResult {
    let mut prefixes: Vec<PrefixTotals> = Vec::new();
    for line in lines {
        let (prefix, name) = line.key.split_once("/incoming/").unwrap_or_default();
        let summary = records.summary(prefix_number(&line.key), name, &line.etag, line.bytes);
        let begins = prefixes.last().is_none_or(|last| last.prefix != prefix);
        if begins {
            prefixes.push(PrefixTotals {
                prefix: prefix.to_owned(),
                totals: Totals::default(),
                started_at: STARTED.to_owned(),
                finished_at: ENDED.to_owned(),
                cause: None,
                worst: Vec::new(),
            });
        }
        if let Some(last) = prefixes.last_mut() {
            last.totals.add(&totals_of(&summary));
            last.worst.push(summary);
        }
    }
    TaskResult {
        version: 2,
        run_id: run.clone(),
        task,
        prefixes,
        failures: Vec::new(),
        failed: BTreeMap::new(),
        used: None,
        started_at: STARTED.to_owned(),
        finished_at: ENDED.to_owned(),
    }
}

/// Time of all tasks of an outcome.
pub(crate) fn time_of(outcome: &Outcome) -> TaskTime {
    outcome.quantities.time()
}
