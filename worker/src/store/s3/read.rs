//! Reads of an object: parts in order, some of them requested ahead of the reader.
//!
//! Each part is one ranged GET pinned to the ETag that was opened. If a body breaks off, the rest is requested again from the byte
//! where it broke off. The current part of a reader may always be requested; parts ahead only within the allowance of the store, so
//! that many concurrent readers neither take more memory than there is nor wait for each other.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::{Bucket, Described, MIB, Refusal, quoted, system_time};
use crate::aws::chain;
use crate::store::{Object, StoreError};

/// Size of a part, in bytes.
pub(crate) const PART: u64 = 8 * MIB;

/// Number of times in a row that a body may break off without a single byte.
const BREAKS: u32 = 5;

/// Opens an object by requesting its first part; the response tells the size of the object, and thereby the other parts.
pub(super) async fn open(
    bucket: &Arc<Bucket>,
    key: &str,
    version: Option<&str>,
    range: Option<Range<u64>>,
) -> Result<(Object, Box<dyn Read + Send>), StoreError> {
    let wanted = range.unwrap_or(0..u64::MAX);
    let first = wanted.start..wanted.end.min(wanted.start.saturating_add(PART));
    let answer = if first.is_empty() { None } else { get(bucket, key, version, &first).await? };
    let Some(answer) = answer else {
        // No byte of the object is in the range.
        let (object, _) = bucket.head(key).await.map_err(|refusal| refusal.error)?;
        if version.is_some_and(|version| version != object.etag) {
            return Err(StoreError::Changed { at: bucket.locate(key) });
        }
        return Ok((object, Box::new(io::empty())));
    };
    let bytes = size_of(&answer, &first).ok_or_else(|| StoreError::Unreachable {
        at: bucket.locate(key),
        reason: "the storage does not serve ranges of objects, which Sluice needs".to_owned(),
    })?;
    let last_modified = answer.last_modified.as_ref().and_then(system_time);
    let object = bucket.object(key, Described { bytes: Some(bytes), etag: answer.e_tag.as_deref(), last_modified })?;
    let end = wanted.end.min(bytes);
    let (current, next) = (first.start..first.end.min(end), first.end.min(end));
    let parts = Parts { bucket: Arc::clone(bucket), key: key.to_owned(), etag: object.etag.clone() };
    let runtime = Handle::current();
    let current = parts.start(&runtime, current, Some(answer.body), None);
    let mut body = Body { parts, runtime, current, ahead: VecDeque::new(), next, end, chunk: Bytes::new() };
    body.look_ahead();
    Ok((object, Box::new(body)))
}

/// Sends one ranged GET. Returns `None` if the range lies beyond the end of the object.
async fn get(
    bucket: &Bucket,
    key: &str,
    version: Option<&str>,
    range: &Range<u64>,
) -> Result<Option<GetObjectOutput>, StoreError> {
    let request = bucket
        .client
        .get_object()
        .bucket(&bucket.name)
        .key(bucket.full(key))
        .range(format!("bytes={}-{}", range.start, range.end - 1))
        .set_if_match(version.map(quoted));
    let error = match request.send().await {
        Ok(answer) => return Ok(Some(answer)),
        Err(error) => error,
    };
    let refusal = Refusal::new(&bucket.url(), bucket.locate(key), &error);
    match refusal.status {
        Some(412) => Err(StoreError::Changed { at: bucket.locate(key) }),
        Some(416) => Ok(None),
        _ => Err(refusal.error),
    }
}

/// Returns the size of the whole object, in bytes, from the response for its first part; `None` if the response is not for this
/// range.
fn size_of(answer: &GetObjectOutput, range: &Range<u64>) -> Option<u64> {
    let length = answer.content_length().and_then(|length| u64::try_from(length).ok())?;
    match answer.content_range() {
        Some(given) => {
            let (bytes, total) = given.strip_prefix("bytes ")?.split_once('/')?;
            let (first, _) = bytes.split_once('-')?;
            let (first, total): (u64, u64) = (first.parse().ok()?, total.parse().ok()?);
            (first == range.start && length == range.end.min(total) - range.start).then_some(total)
        }
        // The response is the whole object, because the object is no larger than the range.
        None => (range.start == 0 && length <= range.end).then_some(length),
    }
}

/// A version of an object whose parts are requested.
#[derive(Clone)]
struct Parts {
    bucket: Arc<Bucket>,
    key: String,
    etag: String,
}

/// A part that is being received, or waits for the reader.
struct Part {
    chunks: UnboundedReceiver<Result<Bytes, StoreError>>,
    /// Number of bytes that the reader has not received yet.
    left: u64,
    task: AbortHandle,
    /// Held while the part is ahead of the reader.
    allowance: Option<OwnedSemaphorePermit>,
}

impl Drop for Part {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Parts {
    /// Requests a part; `body` is the response if the part was requested already.
    fn start(
        &self,
        runtime: &Handle,
        range: Range<u64>,
        body: Option<ByteStream>,
        allowance: Option<OwnedSemaphorePermit>,
    ) -> Part {
        // The channel is unbounded, but never holds more than the part.
        let (sender, chunks) = unbounded_channel();
        let (parts, left) = (self.clone(), range.end - range.start);
        let task = runtime.spawn(async move { parts.fill(range, body, &sender).await }).abort_handle();
        Part { chunks, left, task, allowance }
    }

    async fn fill(
        &self,
        range: Range<u64>,
        mut body: Option<ByteStream>,
        sender: &UnboundedSender<Result<Bytes, StoreError>>,
    ) {
        let mut at = range.start;
        let mut breaks = 0;
        while at < range.end {
            let mut body = match body.take() {
                Some(body) => body,
                None => match get(&self.bucket, &self.key, Some(&self.etag), &(at..range.end)).await {
                    Ok(Some(answer)) => answer.body,
                    // The object is shorter or deleted by now: in any case it is not the opened version.
                    Ok(None) | Err(StoreError::NotFound { .. }) => {
                        let changed = StoreError::Changed { at: self.bucket.locate(&self.key) };
                        drop(sender.send(Err(changed)));
                        return;
                    }
                    Err(error) => {
                        drop(sender.send(Err(error)));
                        return;
                    }
                },
            };
            let before = at;
            let broken = loop {
                match body.next().await {
                    Some(Ok(mut bytes)) => {
                        bytes.truncate(usize::try_from(range.end - at).unwrap_or(usize::MAX));
                        at += bytes.len() as u64;
                        // A checksum that the storage sends is compared behind the last byte.
                        if at == range.end
                            && let Some(Err(error)) = body.next().await
                        {
                            let error =
                                StoreError::Unreachable { at: self.bucket.locate(&self.key), reason: chain(&error) };
                            drop(sender.send(Err(error)));
                            return;
                        }
                        // The reader was dropped.
                        if sender.send(Ok(bytes)).is_err() {
                            return;
                        }
                    }
                    Some(Err(error)) => break chain(&error),
                    None => break "the body was shorter than its part".to_owned(),
                }
            };
            if at == range.end {
                return;
            }
            breaks = if at > before { 1 } else { breaks + 1 };
            tracing::debug!(key = self.key, at, broken, "a body broke off, going on from there");
            if breaks > BREAKS {
                let error = StoreError::Unreachable { at: self.bucket.locate(&self.key), reason: broken };
                drop(sender.send(Err(error)));
                return;
            }
            tokio::time::sleep(Duration::from_millis(50 << breaks)).await;
        }
    }
}

/// The bytes of an object, in order.
struct Body {
    parts: Parts,
    runtime: Handle,
    current: Part,
    ahead: VecDeque<Part>,
    /// Offset of the first part that has not been requested yet.
    next: u64,
    end: u64,
    /// The rest of the chunk that was received last.
    chunk: Bytes,
}

impl Body {
    fn take_next(&mut self) -> Range<u64> {
        let range = self.next..self.end.min(self.next.saturating_add(PART));
        self.next = range.end;
        range
    }

    /// Requests parts ahead of the reader, as far as the allowance goes.
    fn look_ahead(&mut self) {
        while self.ahead.len() < self.parts.bucket.windows.ahead_of_one && self.next < self.end {
            let Ok(allowance) = Arc::clone(&self.parts.bucket.ahead).try_acquire_owned() else {
                return;
            };
            let range = self.take_next();
            self.ahead.push_back(self.parts.start(&self.runtime, range, None, Some(allowance)));
        }
    }

    /// Moves to the next part. Returns false at the end of the object.
    fn advance(&mut self) -> bool {
        let next = match self.ahead.pop_front() {
            Some(part) => part,
            None if self.next < self.end => {
                let range = self.take_next();
                self.parts.start(&self.runtime, range, None, None)
            }
            None => return false,
        };
        self.current = next;
        self.current.allowance = None;
        self.look_ahead();
        true
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.chunk.is_empty() {
            if self.current.left == 0 {
                if !self.advance() {
                    return Ok(0);
                }
                continue;
            }
            match self.current.chunks.blocking_recv() {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(error.into_io()),
                // The task of a part is stopped before its end only when the program ends.
                None => return Err(io::Error::other("the reading was stopped")),
            }
            self.current.left -= self.chunk.len() as u64;
        }
        let count = buffer.len().min(self.chunk.len());
        buffer[..count].copy_from_slice(&self.chunk.split_to(count));
        Ok(count)
    }
}
