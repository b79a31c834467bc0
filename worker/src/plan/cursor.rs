//! A listing that is read page by page; the next page can be requested while the current page is being used.

use std::collections::VecDeque;

use crate::store::{Entry, Listing, Object, Scope, Store};

/// An item of a listing.
pub(super) trait Listed {
    /// The key of the item.
    fn key(&self) -> &str;

    /// Returns about how much memory the item takes, in bytes.
    fn weight(&self) -> usize {
        size_of::<Entry>() + self.key().len() + TEXTS
    }
}

/// Memory of the entity tag, and what an allocator adds for two texts, in bytes.
const TEXTS: usize = 64;

impl Listed for Entry {
    fn key(&self) -> &str {
        match self {
            Self::Object(Object { key, .. }) | Self::Prefix(key) | Self::Ignored(_, key) => key,
        }
    }
}

impl Listed for Object {
    fn key(&self) -> &str {
        &self.key
    }
}

/// A listing in progress.
#[derive(Debug)]
pub(super) struct Cursor<T> {
    scope: Scope,
    /// Whether the listing may be begun again at a later key, which costs no more than continuing it.
    skips: bool,
    state: State,
    /// Listed items that have not been used yet.
    pub(super) ahead: VecDeque<T>,
    /// The last key that was listed.
    reached: Option<String>,
    /// Number of items in the last page, and their memory in bytes.
    page: usize,
    page_weight: usize,
    /// Number of times that the next page was refused because there were too many requests.
    pub(super) refusals: u32,
}

enum State {
    New,
    Idle(Box<dyn Listing>),
    /// A page has been requested.
    Asked,
    Ended,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New => "New",
            Self::Idle(_) => "Idle",
            Self::Asked => "Asked",
            Self::Ended => "Ended",
        })
    }
}

impl<T: Listed> Cursor<T> {
    pub(super) fn new(scope: Scope, skips: bool) -> Self {
        Self {
            scope,
            skips,
            state: State::New,
            ahead: VecDeque::new(),
            reached: None,
            page: 0,
            page_weight: 0,
            refusals: 0,
        }
    }

    /// Returns true if no page has been requested yet.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.state, State::New)
    }

    /// Returns true if a page can be requested.
    pub(super) fn can_ask(&self) -> bool {
        matches!(self.state, State::New | State::Idle(_))
    }

    /// Returns true if a page has been requested and has not arrived.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.state, State::Asked)
    }

    /// Returns true if there is nothing more to list; items may be left in `ahead`.
    pub(super) fn ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Returns the last key that was listed.
    pub(super) fn reached(&self) -> Option<&str> {
        self.reached.as_deref()
    }

    /// Returns true if at most a page is left in `ahead`.
    pub(super) fn is_low(&self) -> bool {
        self.ahead.len() <= self.page
    }

    /// Returns the number of items in the last page.
    pub(super) fn page(&self) -> usize {
        self.page
    }

    /// Returns about how much memory the last page took, in bytes.
    pub(super) fn page_weight(&self) -> usize {
        self.page_weight
    }

    /// Returns about how much memory `ahead` takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        (self.ahead.len() * self.page_weight).checked_div(self.page).unwrap_or(0)
    }

    /// Returns the listing to request a page from it; [`Cursor::take`] puts the listing back. `None` if no page can be requested.
    pub(super) fn ask(&mut self, store: &dyn Store) -> Option<Box<dyn Listing>> {
        match std::mem::replace(&mut self.state, State::Asked) {
            State::New => Some(store.list(self.scope.clone())),
            State::Idle(listing) => Some(listing),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Takes a page that was requested, and puts its listing back. An empty page is the end.
    pub(super) fn take(&mut self, listing: Box<dyn Listing>, page: Vec<T>) {
        self.refusals = 0;
        // The range was cut at a key before this page, so the page belongs to the other side.
        if self.ended() {
            return;
        }
        self.state = if page.is_empty() || listing.ended() { State::Ended } else { State::Idle(listing) };
        if let Some(last) = page.last() {
            self.reached = Some(last.key().to_owned());
            self.page = page.len();
            self.page_weight = page.iter().map(Listed::weight).sum();
        }
        self.ahead.extend(page);
        self.drop_behind_the_end();
    }

    /// Notes that a page was refused because there were too many requests, so that it is requested again. Returns the number of
    /// refusals so far.
    pub(super) fn refused(&mut self, listing: Box<dyn Listing>) -> u32 {
        if self.is_asked() {
            self.state = State::Idle(listing);
        }
        self.refusals += 1;
        self.refusals
    }

    /// Begins the listing again after `key`, if that saves something: if all listed items are used, no page is being requested, and
    /// `key` sorts after what was listed.
    pub(super) fn skip_to(&mut self, key: String) {
        let from = self.reached.as_ref().max(self.scope.after.as_ref());
        let may_skip = self.is_new() || self.skips && self.can_ask();
        if self.ahead.is_empty() && may_skip && from < Some(&key) {
            self.scope.after = Some(key);
            self.state = State::New;
        }
    }

    /// Returns true if it is known that nothing follows `key`: the listing has ended, and not because its range was cut there.
    pub(super) fn has_none_behind(&self, key: &str) -> bool {
        self.ended() && self.reached.as_ref().is_none_or(|reached| reached.as_str() <= key)
    }

    /// Ends the listing before it has begun.
    pub(super) fn end(&mut self) {
        self.state = State::Ended;
    }

    /// Ends the listing at `key`, which has not been reached or was the last key used.
    pub(super) fn end_at(&mut self, key: String) {
        self.scope.until = Some(key);
        self.drop_behind_the_end();
    }

    fn drop_behind_the_end(&mut self) {
        let Some(until) = &self.scope.until else {
            return;
        };
        while self.ahead.pop_back_if(|last| last.key() > until.as_str()).is_some() {
            self.state = State::Ended;
        }
        // A page that is being requested is beyond the end, too; it is not waited for.
        if self.reached.as_ref().is_some_and(|reached| reached >= until) {
            self.state = State::Ended;
        }
    }
}
