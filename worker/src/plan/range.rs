//! A range of keys: the state of its two listings, and the files found in it so far.

use super::boundary::{Boundary, Expectation};
use super::cursor::Cursor;
use super::merge_join::{FoundFiles, MergeJoin, Need};
use crate::key::{INCOMING, LEDGER, OWN};
use crate::store::{Entry, Listing, Object, Scope};

/// The keys that begin with `prefix`, after `after` and up to and including `until`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) until: Option<String>,
}

impl Span {
    /// All keys except those of Sluice itself: there may be many more records and runs than files.
    pub(super) fn all() -> [Self; 2] {
        let before = Self { until: Some(OWN.to_owned()), ..Self::default() };
        let behind = Self { after: Some(format!("{OWN}\u{10ffff}")), ..Self::default() };
        [before, behind]
    }

    /// The keys of the data files of a prefix.
    pub(super) fn of_prefix(prefix: &str) -> Self {
        Self { prefix: format!("{prefix}{INCOMING}"), ..Self::default() }
    }

    fn scope(&self, below: &str) -> Scope {
        let key = |key: &String| format!("{below}{key}");
        Scope {
            prefix: key(&self.prefix),
            after: self.after.as_ref().map(key),
            until: self.until.as_ref().map(key),
            delimiter: None,
        }
    }
}

/// One of the two listings of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Ledger,
}

/// A range that is being listed.
#[derive(Debug)]
pub(super) struct Range {
    /// A range that was put back gets another id, so that answers to its earlier requests are ignored.
    pub(super) id: u64,
    pub(super) span: Span,
    /// Whether parallel listings are faster in this store.
    parallel: bool,
    pub(super) source: Cursor<Entry>,
    pub(super) ledger: Cursor<Object>,
    merge: MergeJoin,
    pub(super) found: FoundFiles,
    pub(super) need: Need,
    /// The requested prefix, as long as no file of it was found.
    pub(super) named: Option<String>,
    /// The boundary after which this range begins, until the first page of the range tells whether the cut was good.
    pub(super) expectation: Option<Expectation>,
    /// The boundary at which this range was cut, until the next page of the range tells whether the cut was good.
    pub(super) cut_at: Option<Expectation>,
    /// Whether a page has arrived since the range was cut last.
    pub(super) may_be_cut: bool,
    /// Memory of all pages that were listed, in bytes.
    pub(super) listed: usize,
    /// Whether the last page of records was used, so that the next page is likely to be used, too.
    uses_records: bool,
}

impl Range {
    pub(super) fn new(id: u64, span: Span, parallel: bool) -> Self {
        Self {
            id,
            source: Cursor::new(span.scope(""), parallel),
            ledger: Cursor::new(span.scope(LEDGER), parallel),
            span,
            parallel,
            merge: MergeJoin::default(),
            found: FoundFiles::default(),
            need: Need::Source,
            named: None,
            expectation: None,
            cut_at: None,
            may_be_cut: false,
            listed: 0,
            uses_records: false,
        }
    }

    /// Merges what was listed until another page is needed.
    pub(super) fn advance(&mut self, force: bool) {
        self.need = self.merge.run(&mut self.source, &mut self.ledger, &mut self.found, force);
    }

    /// Takes a page of the ledger.
    pub(super) fn records_page(&mut self, listing: Box<dyn Listing>, page: Vec<Object>) {
        // Files between two records that lie far apart do not need the records in between: see `Cursor::skip_to`.
        let looked_up = self.merge.looked_up();
        self.uses_records = looked_up * 4 >= self.ledger.page() && looked_up > 0;
        self.ledger.take(listing, page);
        self.listed += self.ledger.page_weight();
    }

    /// Returns the listing whose next page is needed to go on, if a page can be requested.
    pub(super) fn needs(&self) -> Option<Side> {
        match self.need {
            Need::Source if self.source.can_ask() => Some(Side::Source),
            Need::Ledger if self.ledger.can_ask() => Some(Side::Ledger),
            _ => None,
        }
    }

    /// Returns the source if it is time to request its next page ahead.
    pub(super) fn source_ahead(&self) -> Option<Side> {
        let source = &self.source;
        (!source.is_new() && source.can_ask() && source.is_low()).then_some(Side::Source)
    }

    /// Returns the ledger if it is time to request its next page ahead, and the page is likely to be used.
    pub(super) fn records_ahead(&self) -> Option<Side> {
        let ledger = &self.ledger;
        let is_time = self.uses_records && !ledger.is_new() && ledger.can_ask() && ledger.is_low();
        is_time.then_some(Side::Ledger)
    }

    /// Takes the standing of the version that [`Need::Versions`] names.
    pub(super) fn judged(&mut self, standing: crate::ledger::Standing, force: bool) {
        self.merge.judged(standing, &mut self.found);
        self.advance(force);
    }

    /// Returns true if all files were found and passed on.
    pub(super) fn is_spent(&self) -> bool {
        self.need == Need::Nothing && self.found.is_empty()
    }

    /// Returns about how much memory the range takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.found.weight() + self.source.weight() + self.ledger.weight()
    }

    /// Returns true if putting the range back frees enough memory to be worth listing it again.
    pub(super) fn is_worth_putting_back(&self) -> bool {
        let weight = self.weight();
        weight > 0 && weight * 4 >= self.listed
    }

    /// Puts the range back: begins again with a new id, as if nothing had been listed.
    pub(super) fn put_back(&mut self, id: u64) {
        let (named, expectation) = (self.named.take(), self.expectation.take());
        *self = Self { named, expectation, ..Self::new(id, self.span.clone(), self.parallel) };
    }

    /// Ends this range at a boundary, and returns the range after the boundary.
    pub(super) fn cut(&mut self, boundary: Boundary, id: u64) -> Self {
        self.may_be_cut = false;
        let until = self.span.until.replace(boundary.key.clone());
        let span = Span { prefix: self.span.prefix.clone(), after: Some(boundary.key.clone()), until };
        let mut behind = Self::new(id, span, self.parallel);
        self.cut_at = Some(boundary.expectation.clone());
        behind.expectation = Some(boundary.expectation);
        let record = format!("{LEDGER}{}", boundary.key);
        if self.ledger.has_none_behind(&record) {
            behind.ledger.end();
        }
        self.source.end_at(boundary.key);
        self.ledger.end_at(record);
        behind
    }
}
