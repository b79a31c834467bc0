//! The result of a task, built up prefix by prefix while its files end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileOutcome;
use crate::clock::{Clock, rfc3339};
use crate::key::{name_of, prefix_of};
use crate::prefix::PrefixChecks;
use crate::ranking::Ranking;
use crate::resource_usage::ResourceUsage;
use crate::task::{
    FAILURES, FailureCode, FileFailure, FileSummary, PrefixTotals, RunId, SUMMARIES, TaskResult, Totals, cut_causes,
};

/// The totals of the files that have ended so far. Files end in any order; the result does not depend on it.
pub(crate) struct ResultBuilder {
    clock: Clock,
    prefixes: Vec<PrefixTotals>,
    /// For each prefix, the key of the failed file whose message is the cause.
    causes: Vec<Option<String>>,
    /// For each prefix, its worst files.
    worst: Vec<Ranking<FileSummary>>,
    /// The checks for the files of the latest prefix.
    checks: Option<Arc<PrefixChecks>>,
    failures: Vec<FileFailure>,
    failed: BTreeMap<FailureCode, u64>,
}

/// The prefix of a file.
pub(crate) struct PrefixOfFile {
    /// Its index in the result.
    pub(crate) index: usize,
    /// The checks for its files.
    pub(crate) checks: Arc<PrefixChecks>,
}

impl ResultBuilder {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            prefixes: Vec::new(),
            causes: Vec::new(),
            worst: Vec::new(),
            checks: None,
            failures: Vec::new(),
            failed: BTreeMap::new(),
        }
    }

    /// Returns the prefix of the next file. All files of a prefix are passed one after
    /// the other.
    pub(crate) fn prefix_for(&mut self, key: &str) -> PrefixOfFile {
        let prefix = prefix_of(key).unwrap_or(key);
        let checks = match &self.checks {
            Some(checks) if checks.prefix() == prefix => Arc::clone(checks),
            _ => {
                let now = rfc3339(self.clock.now());
                self.prefixes.push(PrefixTotals {
                    prefix: prefix.to_owned(),
                    totals: Totals::default(),
                    started_at: now.clone(),
                    finished_at: now,
                    cause: None,
                    worst: Vec::new(),
                });
                self.causes.push(None);
                self.worst.push(Ranking::new(SUMMARIES, FileSummary::order));
                let checks = Arc::new(PrefixChecks::new(prefix.to_owned()));
                self.checks = Some(Arc::clone(&checks));
                checks
            }
        };
        PrefixOfFile { index: self.prefixes.len() - 1, checks }
    }

    /// Adds a file of the prefix at this index.
    pub(crate) fn add(&mut self, index: usize, outcome: FileOutcome) {
        let prefix = &mut self.prefixes[index];
        prefix.finished_at = rfc3339(self.clock.now());
        match outcome {
            FileOutcome::Checked(report) | FileOutcome::Known(report) => {
                prefix.totals.add_report(&report);
                self.worst[index].add(FileSummary::of_report(&report));
            }
            FileOutcome::Failed(failure) => {
                prefix.totals.add_failed(1, failure.code);
                self.worst[index].add(FileSummary::of_failure(&failure));
                *self.failed.entry(failure.code).or_default() += 1;
                let failure = failure.cut();
                let cause = &mut self.causes[index];
                if cause.as_ref().is_none_or(|key| failure.key < *key) {
                    *cause = Some(failure.key.clone());
                    prefix.cause = Some(failure.message.clone());
                }
                self.failures.push(failure);
                if self.failures.len() >= 2 * FAILURES {
                    self.keep_first_failures();
                }
            }
        }
    }

    fn keep_first_failures(&mut self) {
        self.failures.sort_by(|one, other| one.key.cmp(&other.key));
        self.failures.truncate(FAILURES);
    }

    pub(crate) fn into_result(
        mut self,
        run: &RunId,
        task: u64,
        used: Option<ResourceUsage>,
        started_at: String,
    ) -> TaskResult {
        self.keep_first_failures();
        for (prefix, worst) in self.prefixes.iter_mut().zip(self.worst) {
            prefix.worst = worst.finish().items;
            for file in &mut prefix.worst {
                if let Some(name) = name_of(&prefix.prefix, &file.key) {
                    file.key = name.to_owned();
                }
            }
        }
        cut_causes(&mut self.prefixes);
        TaskResult {
            version: 2,
            run_id: run.clone(),
            task,
            prefixes: self.prefixes,
            failures: self.failures,
            failed: self.failed,
            used,
            started_at,
            finished_at: rfc3339(self.clock.now()),
        }
    }
}
