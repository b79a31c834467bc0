//! The listing of a source: arithmetic, with what is kept in between.

use sluice::cost::rules::PAGE_KEYS;
use sluice::key::ledger_key;
use sluice::store::{Entry, Listing, Object, Scope, Store as _, StoreError, StoreFuture};

use crate::source::{CHECKED, Shape, Synthetic, UPLOADED};

/// Keys by their number, in the order of their bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// The records of the ledger, of so many bytes each; those of new files are there when they are checked.
    Records { shape: Shape, bytes: u64, are_checked: bool },
    /// The files and the descriptor of each prefix behind them.
    Files(Shape),
}

impl Keys {
    pub(crate) fn count(self) -> u64 {
        match self {
            Self::Records { shape, .. } => shape.all(),
            Self::Files(shape) => shape.all() + shape.prefixes,
        }
    }

    fn key(self, number: u64) -> String {
        match self {
            Self::Records { shape, .. } => ledger_key(&shape.file_key(number), &Shape::etag(number)),
            Self::Files(shape) => match (number / (shape.files + 1), number % (shape.files + 1)) {
                (prefix, file) if file == shape.files => format!("{}/resource.json", Shape::prefix(prefix)),
                (prefix, file) => shape.file_key(prefix * shape.files + file),
            },
        }
    }

    pub(crate) fn object(self, number: u64) -> Option<Object> {
        let (etag, bytes, last_modified) = match self {
            Self::Records { shape, are_checked: false, .. } if shape.is_new(number) => return None,
            Self::Records { bytes, .. } => (Shape::etag(number), bytes, UPLOADED + CHECKED),
            Self::Files(shape) => (Shape::etag(number - number / (shape.files + 1)), shape.bytes, UPLOADED),
        };
        Some(Object { key: self.key(number), bytes, etag, last_modified })
    }

    /// The first number whose key is behind `from`.
    fn seek(self, from: &From) -> u64 {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if from.is_before(&self.key(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

/// Where a listing goes on.
#[derive(Clone, Debug)]
enum From {
    At(String),
    Behind(String),
}

impl From {
    fn is_before(&self, key: &str) -> bool {
        match self {
            Self::At(first) => first.as_str() <= key,
            Self::Behind(last) => last.as_str() < key,
        }
    }
}

/// The pages of a listing.
pub(crate) struct Pages {
    source: Synthetic,
    scope: Scope,
    from: From,
    ended: bool,
}

impl Pages {
    pub(crate) fn new(source: Synthetic, scope: Scope) -> Self {
        let from = match &scope.after {
            Some(after) if *after >= scope.prefix => From::Behind(after.clone()),
            _ => From::At(scope.prefix.clone()),
        };
        Self { source, scope, from, ended: false }
    }

    /// What is kept, behind where the listing is; a page at most.
    async fn kept(&self) -> Result<Vec<Object>, StoreError> {
        let after = match &self.from {
            From::Behind(key) => Some(key.clone()),
            From::At(_) => None,
        };
        let scope = Scope { after, delimiter: None, ..self.scope.clone() };
        let mut listing = self.source.kept.list(scope);
        let mut objects = Vec::new();
        while objects.len() < PAGE_KEYS as usize {
            let page = listing.page().await?;
            if page.is_empty() {
                break;
            }
            objects.extend(page.into_iter().filter_map(|entry| match entry {
                Entry::Object(object) if self.from.is_before(&object.key) => Some(object),
                _ => None,
            }));
        }
        Ok(objects)
    }

    async fn read(&mut self) -> Result<Vec<Entry>, StoreError> {
        let mut kept = self.kept().await?.into_iter().peekable();
        let sequences = self.source.sequences();
        let mut numbers = sequences.map(|keys| keys.seek(&self.from));
        let mut page = Vec::new();
        while page.len() < PAGE_KEYS as usize {
            let mut next: Option<Object> = None;
            for (keys, number) in sequences.iter().zip(&mut numbers) {
                while *number < keys.count() && keys.object(*number).is_none() {
                    *number += 1;
                }
                let object = if *number < keys.count() { keys.object(*number) } else { None };
                next = match (next, object) {
                    (Some(one), Some(other)) if other.key < one.key => Some(other),
                    (None, other) => other,
                    (one, _) => one,
                };
            }
            if let Some(object) = kept.peek()
                && next.as_ref().is_none_or(|next| object.key < next.key)
            {
                next = Some(object.clone());
            }
            let Some(object) = next else { break };
            let Some(rest) = object.key.strip_prefix(self.scope.prefix.as_str()) else { break };
            if self.scope.until.as_ref().is_some_and(|until| object.key > *until) {
                break;
            }
            let folded = self.scope.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
            self.from = match folded {
                Some(end) => {
                    let folded = object.key[..self.scope.prefix.len() + end].to_owned();
                    // Every delimiter ends in '/', which '0' follows.
                    let behind = format!("{}0", &folded[..folded.len() - 1]);
                    page.push(Entry::Prefix(folded));
                    numbers = sequences.map(|keys| keys.seek(&From::At(behind.clone())));
                    From::At(behind)
                }
                None => {
                    for (keys, number) in sequences.iter().zip(&mut numbers) {
                        *number += u64::from(*number < keys.count() && keys.key(*number) == object.key);
                    }
                    let from = From::Behind(object.key.clone());
                    page.push(Entry::Object(object));
                    from
                }
            };
            while kept.peek().is_some_and(|object| !self.from.is_before(&object.key)) {
                kept.next();
            }
        }
        self.ended = page.len() < PAGE_KEYS as usize;
        Ok(page)
    }
}

impl Listing for Pages {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(self.read())
    }

    fn ended(&self) -> bool {
        self.ended
    }
}
