//! Lists source and ledger in ranges that are cut while they are listed, and passes on the found files in the order of the ledger.
//!
//! # For readers who change this file
//!
//! One loop holds all state; only the requests run as tasks of their own. The ranges are kept in the order of their keys, and **the
//! first range passes on its files at once**; every other range keeps its files until it is the first. That takes memory, and three
//! rules bound it:
//!
//! * The memory of the ranges, pages included, stays within a budget. The first range is not bound by the budget, so the plan
//!   always makes progress.
//! * An earlier range has precedence over a later one: if there is no room, the last range that holds much is *put back*, which
//!   means that it forgets the files that it found and is listed again later. So memory and requests move to the ranges near the
//!   front, whose files are passed on soon, however many files are new. A range that holds little compared with what it listed is
//!   not put back (of files that are done, only their number is kept).
//! * A range that has not begun waits until half of the budget is free, as otherwise it would soon be put back.
//!
//! **A range is cut when a request is free and a page has arrived since its last cut** ([`super::boundary`] tells where). If the
//! right half contains keys, its request is needed anyway; if it is empty, one request is wasted. So the number of ranges doubles
//! with each page until all requests are in use, and from then on a range is cut only when another range is done. The number of
//! cuts is at most a quarter of the number of pages, so the number of requests is bounded by the number of keys.
//!
//! The ledger of a range is listed from the first file that needs it on; the next page is requested ahead if the last page was
//! used.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::PlanError;
use super::boundary::Boundaries;
use super::cursor::{Cursor, Listed};
use super::merge_join::{FoundFiles, Need};
use super::range::{Range, Side, Span};
use super::request_window::{PAUSE, REFUSALS, RequestWindow, pause};
use crate::clock::sleep;
use crate::ledger::{Standing, records};
use crate::store::{Entry, Listing, Store, StoreError};

/// Maximum memory of the ranges after the first one, in bytes.
const BUDGET: usize = 64 << 20;

/// Maximum memory of the found files of the first range when the output is slower than the listing, in bytes.
const FIRST: usize = 4 << 20;

/// Size of the found files that are passed on at once, in bytes.
const PORTION: usize = 1 << 20;

/// Number of cuts that are allowed regardless of the number of pages.
const CUTS: u64 = 32;

/// Number of pages that allow one further cut.
const PAGES_PER_CUT: u64 = 4;

/// Maximum number of keys of a page from which boundaries are learned.
const LEARNED: usize = 16;

/// Lists source and ledger in ranges.
#[derive(Debug)]
pub(super) struct Lister<'a> {
    source: &'a dyn Store,
    force: bool,
    ranges: VecDeque<Range>,
    ids: u64,
    requests: JoinSet<Arrival>,
    window: RequestWindow,
    pub(super) boundaries: Boundaries,
    /// The number of cuts so far; `None` if ranges are not cut, as parallel listings are no faster in this store.
    cuts: Option<u64>,
    pub(super) budget: usize,
    /// The longest first pause after a refusal.
    pub(super) pause: Duration,
    /// Memory that the ranges after the first one hold, and will hold when their requests are answered, in bytes.
    held: usize,
    /// Number of keys listed, then the number of pages of all listings, and the memory of these pages in bytes.
    keys: u64,
    pages: u64,
    weight: usize,
}

/// How far a listing is.
pub(super) struct Progress<'l> {
    /// Number of keys listed so far.
    pub(super) keys: u64,
    /// The key up to which all files were found.
    pub(super) reached: &'l str,
}

/// The response to a request of a range.
struct Arrival {
    range: u64,
    response: Response,
}

enum Response {
    Source(Page),
    Ledger(Page),
    Versions(Result<Standing, StoreError>),
}

struct Page {
    listing: Box<dyn Listing>,
    entries: Result<Vec<Entry>, StoreError>,
    /// Number of the request (see [`RequestWindow::send`]).
    number: u64,
}

impl<'a> Lister<'a> {
    /// Makes a lister of all keys, or of the files of `prefixes` if there are any.
    pub(super) fn new(source: &'a dyn Store, prefixes: &[&str], force: bool) -> Self {
        let parallel = source.parallel_listings();
        let mut lister = Self {
            source,
            force,
            ranges: VecDeque::new(),
            ids: 0,
            requests: JoinSet::new(),
            // Source and ledger are listed at the same time even if nothing else is done in parallel.
            window: RequestWindow::new(parallel.max(2)),
            boundaries: Boundaries::default(),
            cuts: (parallel > 1).then_some(0),
            budget: BUDGET,
            pause: PAUSE,
            held: 0,
            keys: 0,
            pages: 0,
            weight: 0,
        };
        let mut spans: Vec<(Span, Option<String>)> = match prefixes {
            [] => Span::all().into_iter().map(|span| (span, None)).collect(),
            named => named.iter().map(|prefix| (Span::of_prefix(prefix), Some((*prefix).to_owned()))).collect(),
        };
        // The spans are sorted again: `a/b/incoming/` sorts before `a/incoming/`, but `a` before `a/b`.
        if !prefixes.is_empty() {
            spans.sort_by(|(one, _), (other, _)| one.prefix.cmp(&other.prefix));
        }
        for (span, named) in spans {
            let id = lister.id();
            let mut range = Range::new(id, span, parallel > 1);
            range.named = named;
            lister.ranges.push_back(range);
        }
        lister
    }

    /// Returns how far the listing is.
    pub(super) fn progress(&self) -> Progress<'_> {
        let first = self.ranges.front();
        let reached = first.and_then(|range| range.source.reached().or(range.span.after.as_deref()));
        Progress { keys: self.keys, reached: reached.unwrap_or("") }
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Sends all found files to `output`, in order, until all keys are listed.
    ///
    /// # Errors
    /// When the store fails, or a requested prefix has no file.
    pub(super) async fn run(&mut self, output: Sender<FoundFiles>) -> Result<(), PlanError> {
        loop {
            while self.ranges.front().is_some_and(Range::is_spent) {
                self.ranges.pop_front();
            }
            if self.ranges.is_empty() {
                return Ok(());
            }
            self.fill();
            let has_found = self.ranges.front().is_some_and(|first| !first.found.is_empty());
            tokio::select! {
                biased;
                room = output.reserve(), if has_found => match (room, self.ranges.front_mut()) {
                    (Ok(room), Some(first)) => room.send(first.found.take(PORTION)),
                    // The output has failed, and reports its own error.
                    _ => return Ok(()),
                },
                Some(arrival) = self.requests.join_next() => match arrival {
                    Ok(arrival) => self.arrived(arrival)?,
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
            }
        }
    }

    /// Sends requests while there is room: first the requests without which a range cannot go on, then the requests for pages
    /// ahead. After that, cuts ranges.
    fn fill(&mut self) {
        let held: usize = self.ranges.iter().skip(1).map(Range::weight).sum();
        self.held = held + self.page_weight() * self.window.in_progress();
        let wants: [fn(&Range) -> Option<Side>; 3] = [Range::needs, Range::source_ahead, Range::records_ahead];
        for wanted in wants {
            for index in 0..self.ranges.len() {
                let Some(side) = wanted(&self.ranges[index]) else {
                    continue;
                };
                if !self.window.is_free() {
                    return;
                }
                if self.make_room(index) {
                    self.ask(index, side);
                } else if index > 0 {
                    // The ranges after this one have lower precedence.
                    break;
                }
            }
        }
        while self.window.is_free() && self.cut() {}
    }

    /// Returns true if the range at `index` may hold another page; puts later ranges back to make room.
    fn make_room(&mut self, index: usize) -> bool {
        let range = &self.ranges[index];
        if index == 0 {
            return range.found.weight() <= FIRST;
        }
        let begun = !range.source.is_new();
        let page = self.page_weight();
        loop {
            let fits = self.held + page <= self.budget;
            if fits && (begun || self.held <= self.budget / 2) {
                return true;
            }
            let last = (index + 1..self.ranges.len()).rev().find(|later| self.ranges[*later].is_worth_putting_back());
            match last {
                Some(_) if fits => return true,
                Some(last) => {
                    self.held = self.held.saturating_sub(self.ranges[last].weight());
                    let id = self.id();
                    self.ranges[last].put_back(id);
                }
                None => return false,
            }
        }
    }

    /// Returns the average memory of a page, in bytes.
    fn page_weight(&self) -> usize {
        self.weight.checked_div(self.pages as usize).unwrap_or(0)
    }

    fn ask(&mut self, index: usize, side: Side) {
        let range = &mut self.ranges[index];
        let (listing, refusals) = match side {
            Side::Source => (range.source.ask(self.source), range.source.refusals),
            Side::Ledger => (range.ledger.ask(self.source), range.ledger.refusals),
        };
        let Some(mut listing) = listing else {
            return;
        };
        let (range, number, first) = (range.id, self.window.send(), self.pause);
        self.held += self.page_weight();
        self.requests.spawn(async move {
            if refusals > 0 {
                sleep(pause(first, refusals)).await;
            }
            let entries = listing.page().await;
            let page = Page { listing, entries, number };
            Arrival {
                range,
                response: if side == Side::Source { Response::Source(page) } else { Response::Ledger(page) },
            }
        });
    }

    /// Cuts the first range that may be cut, and begins to list the part after the boundary. Returns true if there was such a
    /// range.
    fn cut(&mut self) -> bool {
        if self.cuts.is_none_or(|cuts| cuts >= CUTS + self.pages / PAGES_PER_CUT) {
            return false;
        }
        for index in 0..self.ranges.len() {
            let range = &mut self.ranges[index];
            let Some(reached) = range.source.reached().filter(|_| range.may_be_cut && !range.source.ended()) else {
                continue;
            };
            let Span { prefix, until, .. } = &range.span;
            let Some(boundary) = self.boundaries.between(reached, until.as_deref(), prefix.len()) else {
                range.may_be_cut = false;
                continue;
            };
            self.ids += 1;
            let behind = range.cut(boundary, self.ids);
            self.ranges.insert(index + 1, behind);
            self.cuts = self.cuts.map(|cuts| cuts + 1);
            if self.make_room(index + 1) {
                self.ask(index + 1, Side::Source);
            }
            return true;
        }
        false
    }

    fn arrived(&mut self, Arrival { range, response }: Arrival) -> Result<(), PlanError> {
        let index = self.ranges.iter().position(|other| other.id == range);
        match response {
            Response::Versions(standing) => {
                self.window.answered();
                let Some(index) = index else {
                    return Ok(());
                };
                self.ranges[index].judged(standing?, self.force);
                self.request_versions(index);
            }
            Response::Source(page) => {
                let Some((listing, entries)) = self.page(index, page, |range| &mut range.source)? else {
                    return Ok(());
                };
                if let Some(index) = index {
                    self.source_page(index, listing, entries)?;
                }
            }
            Response::Ledger(page) => {
                let Some((listing, entries)) = self.page(index, page, |range| &mut range.ledger)? else {
                    return Ok(());
                };
                if let Some(index) = index {
                    let range = &mut self.ranges[index];
                    range.records_page(listing, records(entries)?);
                    self.pages += 1;
                    self.weight += range.ledger.page_weight();
                    range.advance(self.force);
                    self.request_versions(index);
                }
            }
        }
        Ok(())
    }

    /// Returns the listing and the entries of a page; `None` if the page was refused and is requested again, or its range was put
    /// back.
    #[expect(clippy::type_complexity, reason = "a page in its two parts")]
    fn page<T: Listed>(
        &mut self,
        index: Option<usize>,
        Page { listing, entries, number }: Page,
        cursor: impl Fn(&mut Range) -> &mut Cursor<T>,
    ) -> Result<Option<(Box<dyn Listing>, Vec<Entry>)>, StoreError> {
        match (&entries, index) {
            (Err(StoreError::Busy { .. }), _) => self.window.refused(number),
            _ => self.window.answered(),
        }
        let Some(index) = index else {
            return Ok(None);
        };
        match entries {
            Ok(entries) => Ok(Some((listing, entries))),
            Err(StoreError::Busy { .. }) if cursor(&mut self.ranges[index]).refused(listing) < REFUSALS => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn source_page(&mut self, index: usize, listing: Box<dyn Listing>, entries: Vec<Entry>) -> Result<(), PlanError> {
        let range = &mut self.ranges[index];
        if entries.is_empty()
            && let Some(prefix) = range.named.take()
        {
            let at = self.source.locate(&range.span.prefix);
            return Err(PlanError::UnknownPrefix { prefix, at });
        }
        range.named = None;
        if let Some(expectation) = range.expectation.take() {
            self.boundaries.outcome(&expectation, entries.first().map(Listed::key));
        }
        for entry in entries.iter().step_by(entries.len() / LEARNED + 1) {
            self.boundaries.learn(entry.key());
        }
        self.keys += entries.len() as u64;
        self.pages += 1;
        range.source.take(listing, entries);
        if let Some(expectation) = range.cut_at.take().filter(|_| range.source.ended()) {
            self.boundaries.too_near(&expectation);
        }
        range.may_be_cut = !range.source.ended();
        self.weight += range.source.page_weight();
        range.listed += range.source.page_weight();
        range.advance(self.force);
        self.request_versions(index);
        Ok(())
    }

    /// If a range that has gone on needs to know more about the versions of a file, requests that.
    fn request_versions(&mut self, index: usize) {
        let range = &self.ranges[index];
        if let Need::Versions(versions) = &range.need {
            let (id, judgement) = (range.id, versions.judge(self.source));
            self.window.send();
            self.requests.spawn(async move { Arrival { range: id, response: Response::Versions(judgement.await) } });
        }
    }
}
