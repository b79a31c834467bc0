//! A range of keys: files and records in it, what was found so far, and where it goes on.

use super::boundary::{Boundary, Hope};
use super::cursor::Cursor;
use super::merge::{Found, Merge, Need};
use crate::key::{INCOMING, LEDGER, OWN};
use crate::store::{Entry, Listing, Object, Scope};

/// Keys that begin with `prefix`, behind `after` and up to `until`, that one included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) until: Option<String>,
}

impl Span {
    /// All keys but our own: records and runs may be many more than files.
    pub(super) fn all() -> [Self; 2] {
        let before = Self { until: Some(OWN.to_owned()), ..Self::default() };
        let behind = Self { after: Some(format!("{OWN}\u{10ffff}")), ..Self::default() };
        [before, behind]
    }

    /// The keys of the files of a prefix.
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
pub(super) enum Which {
    Source,
    Ledger,
}

/// A range under way.
#[derive(Debug)]
pub(super) struct Range {
    /// Another one after it was put back: answers to what was asked before are not for it.
    pub(super) id: u64,
    pub(super) span: Span,
    /// Its store gains from listings that go on at once.
    parallel: bool,
    pub(super) source: Cursor<Entry>,
    pub(super) ledger: Cursor<Object>,
    merge: Merge,
    pub(super) found: Found,
    pub(super) need: Need,
    /// The prefix that was asked for and has no file yet.
    pub(super) named: Option<String>,
    /// The boundary that it begins behind, until its first page says how good that was.
    pub(super) hope: Option<Hope>,
    /// The boundary that it was cut at, until its next page says how good that was.
    pub(super) cut_at: Option<Hope>,
    /// A page has come since it was cut the last time.
    pub(super) may_be_cut: bool,
    /// What was listed weighed this much.
    pub(super) listed: usize,
    /// The last page of records was used, so the next one will be too.
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
            merge: Merge::default(),
            found: Found::default(),
            need: Need::Source,
            named: None,
            hope: None,
            cut_at: None,
            may_be_cut: false,
            listed: 0,
            uses_records: false,
        }
    }

    /// Goes on until something is needed.
    pub(super) fn advance(&mut self, force: bool) {
        self.need = self.merge.run(&mut self.source, &mut self.ledger, &mut self.found, force);
    }

    /// A page of the ledger.
    pub(super) fn records_page(&mut self, listing: Box<dyn Listing>, page: Vec<Object>) {
        // Files between two records that lie far apart do not need those in between: see `Cursor::skip_to`.
        let looked_up = self.merge.looked_up();
        self.uses_records = looked_up * 4 >= self.ledger.page() && looked_up > 0;
        self.ledger.take(listing, page);
        self.listed += self.ledger.page_weight();
    }

    /// The page without which it stands still, if it can be asked for.
    pub(super) fn needs(&self) -> Option<Which> {
        match self.need {
            Need::Source if self.source.can_ask() => Some(Which::Source),
            Need::Ledger if self.ledger.can_ask() => Some(Which::Ledger),
            _ => None,
        }
    }

    /// The next page of the source, if it is time to ask for it ahead.
    pub(super) fn source_ahead(&self) -> Option<Which> {
        let source = &self.source;
        (!source.is_new() && source.can_ask() && source.is_low()).then_some(Which::Source)
    }

    /// The next page of records, if it is time to ask for it ahead, and it is likely to be used.
    pub(super) fn records_ahead(&self) -> Option<Which> {
        let ledger = &self.ledger;
        let is_time = self.uses_records && !ledger.is_new() && ledger.can_ask() && ledger.is_low();
        is_time.then_some(Which::Ledger)
    }

    /// The answer to [`Need::Versions`].
    pub(super) fn judged(&mut self, standing: crate::ledger::Standing, force: bool) {
        self.merge.judged(standing, &mut self.found);
        self.advance(force);
    }

    /// Everything is found and handed on.
    pub(super) fn is_spent(&self) -> bool {
        self.need == Need::Nothing && self.found.is_empty()
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.found.weight() + self.source.weight() + self.ledger.weight()
    }

    /// True if putting it back frees memory that is worth listing it again.
    pub(super) fn is_worth_putting_back(&self) -> bool {
        let weight = self.weight();
        weight > 0 && weight * 4 >= self.listed
    }

    /// Begins anew, as if nothing had been listed.
    pub(super) fn put_back(&mut self, id: u64) {
        let (named, hope) = (self.named.take(), self.hope.take());
        *self = Self { named, hope, ..Self::new(id, self.span.clone(), self.parallel) };
    }

    /// Ends with a boundary; returns the range behind it.
    pub(super) fn cut(&mut self, boundary: Boundary, id: u64) -> Self {
        self.may_be_cut = false;
        let until = self.span.until.replace(boundary.key.clone());
        let span = Span { prefix: self.span.prefix.clone(), after: Some(boundary.key.clone()), until };
        let mut behind = Self::new(id, span, self.parallel);
        self.cut_at = Some(boundary.hope.clone());
        behind.hope = Some(boundary.hope);
        let record = format!("{LEDGER}{}", boundary.key);
        if self.ledger.has_none_behind(&record) {
            behind.ledger.end();
        }
        self.source.end_at(boundary.key);
        self.ledger.end_at(record);
        behind
    }
}
