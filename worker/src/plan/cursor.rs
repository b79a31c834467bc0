//! A listing that is read page by page, of which the next page is asked for while the present one is used.

use std::collections::VecDeque;

use crate::store::{Entry, Listing, Object, Scope, Store};

/// The parts of a listing.
pub(super) trait Listed {
    /// Its key.
    fn key(&self) -> &str;

    /// About how much memory it takes, in bytes.
    fn weight(&self) -> usize {
        size_of::<Entry>() + self.key().len() + TEXTS
    }
}

/// Entity tag, and what an allocator adds to two texts.
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

/// A listing under way.
#[derive(Debug)]
pub(super) struct Cursor<T> {
    scope: Scope,
    /// Beginning a listing anew costs no more than going on with one.
    skips: bool,
    state: State,
    /// Listed entries that are not used yet.
    pub(super) ahead: VecDeque<T>,
    /// Key of the last one that was listed.
    reached: Option<String>,
    /// Entries in the last page, and what they weigh.
    page: usize,
    page_weight: usize,
    /// Refusals of the next page so far, because there were too many requests.
    pub(super) refusals: u32,
}

enum State {
    New,
    Idle(Box<dyn Listing>),
    /// A page has been asked for.
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

    /// True if no page was asked for yet.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.state, State::New)
    }

    /// True if a page can be asked for.
    pub(super) fn can_ask(&self) -> bool {
        matches!(self.state, State::New | State::Idle(_))
    }

    /// True if a page is on its way.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.state, State::Asked)
    }

    /// True if there is nothing more to list; some may be left in `ahead`.
    pub(super) fn ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The last key that was listed.
    pub(super) fn reached(&self) -> Option<&str> {
        self.reached.as_deref()
    }

    /// True if no more than a page is left in `ahead`.
    pub(super) fn is_low(&self) -> bool {
        self.ahead.len() <= self.page
    }

    /// Entries in the last page.
    pub(super) fn page(&self) -> usize {
        self.page
    }

    /// About how much memory the last page took, in bytes.
    pub(super) fn page_weight(&self) -> usize {
        self.page_weight
    }

    /// About how much memory `ahead` takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        (self.ahead.len() * self.page_weight).checked_div(self.page).unwrap_or(0)
    }

    /// The listing, to ask it for a page; [`Cursor::take`] puts it back.
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

    /// A page that was asked for, and the listing it is of. An empty page is the end.
    pub(super) fn take(&mut self, listing: Box<dyn Listing>, page: Vec<T>) {
        self.refusals = 0;
        // The range was cut before this page, which is of the other side then.
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

    /// A page was refused because there are too many requests: it is asked for again. Gives the number of refusals so far.
    pub(super) fn refused(&mut self, listing: Box<dyn Listing>) -> u32 {
        if self.is_asked() {
            self.state = State::Idle(listing);
        }
        self.refusals += 1;
        self.refusals
    }

    /// Begins to list behind `key`, if that saves something: when all that was listed is used, no page is on its way, and `key`
    /// is behind what was listed.
    pub(super) fn skip_to(&mut self, key: String) {
        let from = self.reached.as_ref().max(self.scope.after.as_ref());
        let may_skip = self.is_new() || self.skips && self.can_ask();
        if self.ahead.is_empty() && may_skip && from < Some(&key) {
            self.scope.after = Some(key);
            self.state = State::New;
        }
    }

    /// True if it is known that there is nothing behind `key`: the listing has ended, and not because its range was cut there.
    pub(super) fn has_none_behind(&self, key: &str) -> bool {
        self.ended() && self.reached.as_ref().is_none_or(|reached| reached.as_str() <= key)
    }

    /// Ends the listing before it has begun.
    pub(super) fn end(&mut self) {
        self.state = State::Ended;
    }

    /// Ends the listing with `key`, which has not been reached or was the last one used.
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
        // A page that is on its way is behind the end too; it is not waited for.
        if self.reached.as_ref().is_some_and(|reached| reached >= until) {
            self.state = State::Ended;
        }
    }
}
