//! The pages of a run: one about the run, beside its report, and one about each prefix, or about the worst prefixes if there are many.
//!
//! A page shows what `sluice report` shows. A page is made from the summaries of the worst files in the results of the tasks, and
//! from the ledger records of these files. The amount that is read, held and written is bounded for any run:
//!
//! * at most [`Pages::prefixes`] prefixes have a page of their own: first the prefixes that failed, were refused or have the most
//!   rejected rows;
//! * for a page, the records of at most [`SUMMARIES`] files with faults are read, and records of clean files until these are
//!   [`DETAILS`] records in all; at most [`PAGE_BYTES`] of all records and [`RECORD_BYTES`] of each;
//! * a history has the latest [`HISTORY_FILES`] files, or as many as fit into [`PAGE_BYTES`] of records; a prefix with more than [`LISTED`]
//!   ledger records has no history.
//!
//! A page that cannot be written does not fail its prefix: the prefix has no page, the reason is logged, and the run report counts
//! the page. A run has the same pages whenever they are written, because the history ends with the youngest record of the run that
//! was read.

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::merge::{Complete, Merge};
use super::page_about::{about_prefix, about_run};
use super::page_records::{PAGE_BYTES, ReadRecords, add_records};
use super::{EndedRun, PrefixResult, RunReport, Status};
use crate::clock::{monotonic, rfc3339};
use crate::cost::rules::{PAGES, PAGES_AT_ONCE};
use crate::history::{HistoryLimits, history_within};
use crate::number_format::{counted, grouped};
use crate::page::{Contents, HISTORIES, HISTORY_FILES, render};
use crate::ranking::Ranking;
use crate::store::{Condition, Store, StoreError, blocking};
use crate::task::{FileSummary, RunId, SUMMARIES, Totals};

/// Maximum number of ledger records of a prefix that are listed for its history: ten pages of S3's listing. A prefix with more
/// records has no history.
pub(super) const LISTED: u64 = 10_000;

/// Maximum number of pages whose failures are logged one by one; any others are only counted.
const LOGGED: u64 = 20;

/// The pages that a publisher writes.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// Maximum number of prefixes with a page of their own, the worst ones; the run always has a page.
    pub prefixes: u64,
    /// The time from which no further page is begun, so that there is time for the rest of the work.
    pub until: Option<Instant>,
}

impl Pages {
    /// The pages of `sluice run`: each prefix has a page if there are no more prefixes than a page has histories. With more
    /// prefixes, no prefix has a page: writing them would take as long as checking small files, and `sluice report` makes the page
    /// of any prefix.
    pub fn local(prefixes: u64) -> Self {
        Self { prefixes: if prefixes <= HISTORIES as u64 { prefixes } else { 0 }, until: None }
    }

    /// Number of prefixes with a page in a deployment that does not set another number.
    pub const DEPLOYED: u64 = PAGES;
}

/// A prefix, ordered by its status and its rejected rows, the worst first.
type PrefixRank = Reverse<(Status, u64, Reverse<String>)>;

fn rank(result: &PrefixResult) -> PrefixRank {
    Reverse((result.status, result.rows.rejected, Reverse(result.prefix.clone())))
}

/// A page that is being written.
struct Making {
    /// The index of its prefix in the batch.
    index: usize,
    /// Returns the location of the page.
    task: JoinHandle<Result<String, StoreError>>,
}

/// Writes the pages of a run prefix by prefix.
pub(super) struct PageWriter {
    source: Arc<dyn Store>,
    run: RunId,
    started_at: String,
    pages: Pages,
    /// The prefixes that get a page; `None` for all.
    chosen: Option<HashSet<String>>,
    files: Ranking<FileSummary>,
    prefixes: Ranking<PrefixRank>,
    unwritten: u64,
}

impl PageWriter {
    /// Begins the pages of a run. If there are more prefixes than pages, it first finds the prefixes with a page.
    ///
    /// # Errors
    /// When the results of the tasks cannot be read.
    pub(super) async fn begin(source: &Arc<dyn Store>, ended: EndedRun<'_>) -> Result<Self, StoreError> {
        let EndedRun { plan, pages, .. } = ended;
        let chosen = match plan.prefixes > pages.prefixes {
            true => Some(worst_prefixes(source, ended).await?),
            false => None,
        };
        Ok(Self {
            source: Arc::clone(source),
            run: plan.run_id.clone(),
            started_at: plan.started_at.clone(),
            pages,
            chosen,
            files: Ranking::new(SUMMARIES, FileSummary::order),
            prefixes: Ranking::new(HISTORIES, Ord::cmp),
            unwritten: 0,
        })
    }

    /// Writes the pages of prefixes, and puts their locations into the results.
    pub(super) async fn write(&mut self, batch: &mut [Complete]) {
        let mut making: VecDeque<Making> = VecDeque::new();
        for index in 0..batch.len() {
            let Complete { result, worst } = &batch[index];
            self.prefixes.add(rank(result));
            let files = worst.clone().finish().items;
            files.iter().for_each(|file| self.files.add(file.clone()));
            if self.chosen.as_ref().is_some_and(|chosen| !chosen.contains(&result.prefix)) {
                continue;
            }
            if self.is_late() {
                self.unwritten += 1;
                continue;
            }
            let page = PrefixPage { result: result.clone(), files, started_at: self.started_at.clone() };
            making.push_back(Making { index, task: tokio::spawn(page.write(Arc::clone(&self.source))) });
            if making.len() as u64 >= PAGES_AT_ONCE {
                self.take(making.pop_front(), batch).await;
            }
        }
        while !making.is_empty() {
            self.take(making.pop_front(), batch).await;
        }
    }

    /// Writes the page of the run, and puts its location into the report.
    pub(super) async fn of_run(mut self, report: &mut RunReport) {
        let (files, prefixes) = (self.files.clone().finish().items, self.prefixes.clone().finish().items);
        let prefixes = prefixes.into_iter().map(|Reverse((_, _, Reverse(prefix)))| prefix).collect();
        let page = RunPage { report: report.clone(), files, prefixes };
        let written = match self.is_late() {
            true => None,
            false => self.written(&self.run.0.clone(), tokio::spawn(page.write(Arc::clone(&self.source)))).await,
        };
        self.unwritten += u64::from(written.is_none());
        if self.unwritten > 0 {
            tracing::warn!(run = self.run.0, pages = self.unwritten, "pages are not written; sluice report makes them");
        }
        (report.page, report.pages_unwritten) = (written, self.unwritten);
    }

    fn is_late(&self) -> bool {
        self.pages.until.is_some_and(|end| monotonic() >= end)
    }

    async fn take(&mut self, making: Option<Making>, batch: &mut [Complete]) {
        let Some(Making { index, task }) = making else { return };
        let result = &mut batch[index].result;
        result.page = self.written(&result.prefix, task).await;
        self.unwritten += u64::from(result.page.is_none());
    }

    /// Returns the location of a page, if it was written. A failure is only logged, because it must not fail the prefix.
    async fn written(&self, about: &str, task: JoinHandle<Result<String, StoreError>>) -> Option<String> {
        let error = match task.await {
            Ok(Ok(at)) => return Some(at),
            Ok(Err(error)) => error.to_string(),
            Err(error) => format!("internal error ({error}); please report it"),
        };
        if self.unwritten < LOGGED {
            tracing::warn!(run = self.run.0, about, error, "the page is not written");
        }
        None
    }
}

/// Chooses the prefixes of a run that get a page of their own, if there are more prefixes than pages.
async fn worst_prefixes(source: &Arc<dyn Store>, ended: EndedRun<'_>) -> Result<HashSet<String>, StoreError> {
    let most = usize::try_from(ended.pages.prefixes).unwrap_or(usize::MAX);
    let mut worst = Ranking::new(most, Ord::cmp);
    if most > 0 {
        let mut merge = Merge::begin(source, None, ended.plan, ended.causes, "").await?;
        while let Some(batch) = merge.next().await? {
            batch.iter().for_each(|complete| worst.add(rank(&complete.result)));
        }
    }
    Ok(worst.finish().items.into_iter().map(|Reverse((_, _, Reverse(prefix)))| prefix).collect())
}

/// The data of the page of a prefix.
struct PrefixPage {
    result: PrefixResult,
    /// The files of the prefix, the worst first.
    files: Vec<FileSummary>,
    /// When the run started.
    started_at: String,
}

impl PrefixPage {
    async fn write(self, source: Arc<dyn Store>) -> Result<String, StoreError> {
        let Self { result, files, started_at } = self;
        let totals = Totals { files: result.files, rows: result.rows, bytes: result.bytes, ..Totals::default() };
        let mut contents = Contents::of_totals(result.prefix.clone(), totals, files.clone());
        about_prefix(&mut contents, &result);
        contents.notes.extend(result.cause.iter().filter(|_| files.is_empty()).cloned());
        let records = add_records(&mut contents, &source, &files).await?;
        note_unread(&mut contents, result.files.total, &files);
        let until = records.youngest.map_or(started_at, rfc3339);
        add_histories(&mut contents, &source, vec![result.prefix.clone()], until).await?;
        put(&source, result.run_id.prefix_page_key(&result.prefix), contents).await
    }
}

/// The data of the page of a run.
struct RunPage {
    report: RunReport,
    files: Vec<FileSummary>,
    prefixes: Vec<String>,
}

impl RunPage {
    async fn write(self, source: Arc<dyn Store>) -> Result<String, StoreError> {
        let Self { report, files, prefixes } = self;
        let mut contents = Contents::of_totals(source.locate(""), report.totals.clone(), files.clone());
        about_run(&mut contents, &report);
        let records: ReadRecords = add_records(&mut contents, &source, &files).await?;
        note_unread(&mut contents, report.totals.files.total, &files);
        let until = records.youngest.map_or_else(|| report.started_at.clone(), rfc3339);
        add_histories(&mut contents, &source, prefixes, until).await?;
        put(&source, report.run_id.page_key(), contents).await
    }
}

/// If the run has more files than are listed, notes from which files the causes are.
fn note_unread(contents: &mut Contents, total: u64, files: &[FileSummary]) {
    let listed = files.len() as u64;
    if listed < total {
        let listed = grouped(listed);
        contents.notes.push(format!("Causes are those of the worst {listed} files; totals are of all."));
    }
}

/// Adds the history of each prefix up to a moment.
async fn add_histories(
    contents: &mut Contents,
    source: &Arc<dyn Store>,
    prefixes: Vec<String>,
    until: String,
) -> Result<(), StoreError> {
    let limits = HistoryLimits { most: HISTORY_FILES, listed: LISTED, bytes: PAGE_BYTES as u64, until: Some(until) };
    for prefix in prefixes {
        match history_within(source, &prefix, &limits).await? {
            Some(history) => {
                if history.without_room > 0 {
                    let left_out = counted(history.without_room, "more file");
                    contents.notes.push(format!(
                        "The ledger records of {prefix} are large: its history is without {left_out}; sluice report shows them."
                    ));
                }
                contents.histories.push(history);
            }
            None => contents.notes.push(format!(
                "{prefix} has more than {} files in the ledger; sluice report shows their history.",
                grouped(LISTED)
            )),
        }
    }
    Ok(())
}

async fn put(source: &Arc<dyn Store>, key: String, contents: Contents) -> Result<String, StoreError> {
    let page = blocking(move || render(contents)).await;
    source.put(&key, page.into_bytes(), Condition::Always).await?;
    Ok(source.locate(&key))
}
