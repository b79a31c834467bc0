//! Listings of a bucket, page by page.

use std::sync::Arc;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;

use super::{Bucket, Refusal, system_time, unquoted};
use crate::key::Ignored;
use crate::store::{Entry, Listing, Object, Scope, StoreError, StoreFuture};

/// A listing in progress.
pub(super) struct Pages {
    bucket: Arc<Bucket>,
    scope: Scope,
    next: Next,
}

enum Next {
    First,
    Behind(String),
    End,
}

impl Pages {
    pub(super) fn new(bucket: Arc<Bucket>, scope: Scope) -> Self {
        Self { bucket, scope, next: Next::First }
    }

    async fn read(&mut self) -> Result<Vec<Entry>, StoreError> {
        let bucket = &self.bucket;
        let request = bucket
            .client
            .list_objects_v2()
            .bucket(&bucket.name)
            .prefix(bucket.full(&self.scope.prefix))
            .set_delimiter(self.scope.delimiter.map(str::to_owned))
            // Keys may contain characters that XML cannot represent.
            .encoding_type(EncodingType::Url);
        let request = match &self.next {
            Next::First => {
                let after = self.scope.after.as_ref().filter(|after| !after.is_empty());
                request.set_start_after(after.map(|after| bucket.full(after)))
            }
            Next::Behind(token) => request.continuation_token(token),
            Next::End => return Ok(Vec::new()),
        };
        let at = bucket.locate(&self.scope.prefix);
        let page = request.send().await.map_err(|error| Refusal::new(&bucket.url(), at.clone(), &error).error)?;
        let ScopedEntries { entries, is_past_scope } = self.entries(&page)?;
        self.next = match page.next_continuation_token {
            _ if is_past_scope => Next::End,
            Some(token) if page.is_truncated == Some(true) => Next::Behind(token),
            None if page.is_truncated == Some(true) => {
                let reason = "a part of a listing does not say where the next begins".to_owned();
                return Err(StoreError::Unreachable { at, reason });
            }
            _ => Next::End,
        };
        Ok(entries)
    }

    /// Merges objects and folded prefixes, which S3 returns separately, into one order.
    fn entries(&self, page: &ListObjectsV2Output) -> Result<ScopedEntries, StoreError> {
        let mut entries = Vec::with_capacity(page.contents().len() + page.common_prefixes().len());
        for object in page.contents() {
            let key = match self.key(object.key().unwrap_or("")) {
                Ok(key) => key,
                Err(ignored) => {
                    entries.push((String::new(), ignored));
                    continue;
                }
            };
            // The marker object that consoles create for the folder itself.
            if key.is_empty() {
                continue;
            }
            let missing = |what: &str| {
                let reason = format!("a listing does not say the {what} of an object");
                StoreError::Unreachable { at: self.bucket.locate(&key), reason }
            };
            let bytes = object.size().and_then(|size| u64::try_from(size).ok()).ok_or_else(|| missing("size"))?;
            let etag = unquoted(object.e_tag().ok_or_else(|| missing("ETag"))?);
            let last_modified = object.last_modified().and_then(system_time).ok_or_else(|| missing("time"))?;
            entries.push((key.clone(), Entry::Object(Object { key, bytes, etag, last_modified })));
        }
        for prefix in page.common_prefixes() {
            entries.push(match self.key(prefix.prefix().unwrap_or("")) {
                Ok(prefix) => (prefix.clone(), Entry::Prefix(prefix)),
                Err(ignored) => (String::new(), ignored),
            });
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let until = self.scope.until.as_ref();
        let within = entries.partition_point(|(key, _)| until.is_none_or(|until| key <= until));
        let is_past_scope = within < entries.len();
        entries.truncate(within);
        Ok(ScopedEntries { entries: entries.into_iter().map(|(_, entry)| entry).collect(), is_past_scope })
    }

    /// Decodes a key and removes the prefix of this store.
    fn key(&self, encoded: &str) -> Result<String, Entry> {
        let key = decoded(encoded).ok_or_else(|| Entry::Ignored(Ignored::NotUtf8, encoded.to_owned()))?;
        Ok(key.strip_prefix(self.bucket.prefix.as_str()).map(str::to_owned).unwrap_or(key))
    }
}

/// The entries of a page that are in the scope of the listing.
struct ScopedEntries {
    entries: Vec<Entry>,
    /// Whether the page goes beyond the scope: S3 lists on after the last key of the scope.
    is_past_scope: bool,
}

impl Listing for Pages {
    fn page(&mut self) -> StoreFuture<'_, Vec<Entry>> {
        Box::pin(async move {
            loop {
                let entries = self.read().await?;
                // S3 may return a page without entries before the end.
                if !entries.is_empty() || matches!(self.next, Next::End) {
                    return Ok(entries);
                }
            }
        })
    }

    fn ended(&self) -> bool {
        matches!(self.next, Next::End)
    }
}

/// Decodes a URL-encoded text, in which `+` stands for a space; `None` if it is not UTF-8.
fn decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (*first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                // cannot fail: two hexadecimal digits are a byte.
                bytes.push(u8::try_from(high << 4 | low).ok()?);
                rest = &after[2..];
                continue;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(byte),
        }
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn keys_are_decoded() {
        for (encoded, key) in [
            ("a/b.csv", Some("a/b.csv")),
            ("a+b%2Bc%20d", Some("a b+c d")),
            ("%C3%BC%2f%E2%82%AC", Some("ü/€")),
            ("%252F%0A%01", Some("%2F\n\u{1}")),
            ("100%", Some("100%")),
            ("%zz%4", Some("%zz%4")),
            ("%FF", None),
        ] {
            assert_eq!(decoded(encoded).as_deref(), key, "{encoded}");
        }
    }
}
