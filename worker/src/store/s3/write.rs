//! Writes of an object: one request, or a multipart upload if the object is larger than a part.
//!
//! Parts are uploaded while the next part is being filled; how many at once is bounded over all writes of the store. The object
//! does not appear before the commit, which carries the condition; a multipart upload that is not committed is aborted.
//!
//! Every write puts a mark of its own into the object's metadata. If a response is lost, or a retry is told that the object exists
//! already, the mark tells whether the existing object is that of this write.

mod content_type;
mod parts;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};

use super::{Bucket, CONFLICTS, MIB, Refusal, conflict_pause, quoted, unquoted};
use crate::store::{Condition, Staged, StoreError, StoreFuture};
use content_type::content_type;
pub(crate) use parts::part_of;
use parts::{PARTS, part_bytes};

/// How long sending a part may take; a body that stalls is noticed much earlier.
const SEND: Duration = Duration::from_mins(15);

/// The metadata key of the mark by which a write recognizes its own object.
const WRITE: &str = "sluice-write";

/// A write in progress.
pub(super) struct Upload {
    bucket: Arc<Bucket>,
    key: String,
    metadata: HashMap<String, String>,
    runtime: Handle,
    buffer: Vec<u8>,
    /// Size of the first parts, in bytes.
    first: u64,
    /// Size of the part in `buffer` when it is full, in bytes.
    part: u64,
    /// Number of bytes that were sent in parts.
    sent: u64,
    multipart: Option<Multipart>,
    /// The whole content of an object that is not uploaded in parts, kept from the first attempt to commit on, so that it can be sent
    /// again.
    whole: Option<Bytes>,
    state: State,
}

enum State {
    Writing,
    /// All bytes are uploaded or in `whole`: only the last request is missing, and can be sent again.
    Complete,
    Committed,
    Failed(StoreError),
}

struct Multipart {
    id: String,
    count: u32,
    done: Vec<CompletedPart>,
    sending: JoinSet<Result<CompletedPart, StoreError>>,
}

impl Upload {
    /// Begins the write of an object that is made from a source of `source` bytes.
    pub(super) fn new(bucket: Arc<Bucket>, key: String, mut metadata: HashMap<String, String>, source: u64) -> Self {
        // Seeded by the operating system, so that each write has another mark.
        let mark = RandomState::new().build_hasher().finish();
        metadata.insert(WRITE.to_owned(), format!("{mark:016x}"));
        Self {
            bucket,
            key,
            metadata,
            runtime: Handle::current(),
            buffer: Vec::new(),
            first: part_of(source),
            part: part_of(source),
            sent: 0,
            multipart: None,
            whole: None,
            state: State::Writing,
        }
    }

    fn at(&self) -> String {
        self.bucket.locate(&self.key)
    }

    fn invalid(&self, reason: &str) -> StoreError {
        StoreError::Invalid { at: self.at(), reason: reason.to_owned() }
    }

    /// Sends the buffer as the next part, as soon as there is room for it among the parts in transit.
    async fn send_part(&mut self) -> Result<(), StoreError> {
        let mut multipart = match self.multipart.take() {
            Some(multipart) => multipart,
            None => self.begin().await?,
        };
        let sent = self.send_part_of(&mut multipart).await;
        self.multipart = Some(multipart);
        sent
    }

    async fn send_part_of(&mut self, multipart: &mut Multipart) -> Result<(), StoreError> {
        if multipart.count >= PARTS {
            return Err(self.invalid("more than 10,000 parts, which are 5 TiB; an object of S3 cannot be larger"));
        }
        let mib = u32::try_from(self.part / MIB).unwrap_or(u32::MAX).min(self.bucket.windows.sending);
        let room = Arc::clone(&self.bucket.sending).acquire_many_owned(mib).await.map_err(|_| self.stopped())?;
        multipart.count += 1;
        self.sent += self.buffer.len() as u64;
        let body = Bytes::from(std::mem::take(&mut self.buffer));
        let (bucket, key) = (Arc::clone(&self.bucket), self.key.clone());
        let (id, number) = (multipart.id.clone(), multipart.count);
        let send = async move {
            let part = send(&bucket, &key, &id, number, body).await;
            drop(room);
            part
        };
        multipart.sending.spawn_on(send, &self.runtime);
        self.part = part_bytes(self.sent, self.first);
        while let Some(ended) = multipart.sending.try_join_next() {
            multipart.done.push(self.joined(ended)?);
        }
        Ok(())
    }

    fn joined(&self, ended: Result<Result<CompletedPart, StoreError>, JoinError>) -> Result<CompletedPart, StoreError> {
        match ended {
            Ok(part) => part,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(self.stopped()),
        }
    }

    /// The error of a request that was stopped, which happens only when the program ends.
    fn stopped(&self) -> StoreError {
        StoreError::Unreachable { at: self.at(), reason: "the writing was stopped".to_owned() }
    }

    async fn begin(&self) -> Result<Multipart, StoreError> {
        let (bucket, key, metadata) = (Arc::clone(&self.bucket), self.key.clone(), self.metadata.clone());
        let begun = async move {
            let request = bucket.client.create_multipart_upload().bucket(&bucket.name).key(bucket.full(&key));
            let request = request
                .set_metadata(Some(metadata))
                .set_content_type(content_type(&key))
                .checksum_algorithm(ChecksumAlgorithm::Crc32);
            match request.send().await {
                Ok(upload) => upload.upload_id.ok_or_else(|| StoreError::Unreachable {
                    at: bucket.locate(&key),
                    reason: "the storage gave the upload no name".to_owned(),
                }),
                Err(error) => Err(Refusal::new(&bucket.url(), bucket.locate(&key), &error).error),
            }
        };
        // A task of its own: the caller may be a thread without the timers of the runtime.
        let id = self.runtime.spawn(begun).await.map_err(|_| self.stopped())??;
        Ok(Multipart { id, count: 0, done: Vec::new(), sending: JoinSet::new() })
    }

    /// Uploads all remaining parts, or moves the content to `whole`, so that only the last request is missing.
    async fn complete(&mut self) -> Result<(), StoreError> {
        if self.multipart.is_none() {
            self.whole = Some(Bytes::from(std::mem::take(&mut self.buffer)));
            return Ok(());
        }
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        if let Some(mut multipart) = self.multipart.take() {
            let mut failed = None;
            while let Some(ended) = multipart.sending.join_next().await {
                match self.joined(ended) {
                    Ok(part) => multipart.done.push(part),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            multipart.done.sort_by_key(CompletedPart::part_number);
            self.multipart = Some(multipart);
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes one attempt to make the object appear. Returns its ETag, if the response has one.
    async fn appear(&self, condition: &Condition) -> Result<Option<String>, Refusal> {
        let (if_absent, if_match) = match condition {
            Condition::Always => (None, None),
            Condition::IfAbsent => (Some("*".to_owned()), None),
            Condition::IfMatch(etag) => (None, Some(quoted(etag))),
        };
        let bucket = &self.bucket;
        let key = bucket.full(&self.key);
        match &self.multipart {
            None => {
                let body = self.whole.clone().unwrap_or_default();
                let request = bucket.client.put_object().bucket(&bucket.name).key(key);
                let request = request.set_metadata(Some(self.metadata.clone())).body(ByteStream::from(body));
                let request = request.set_content_type(content_type(&self.key));
                let request = request.set_if_none_match(if_absent).set_if_match(if_match);
                let request = request.customize().disable_payload_signing().config_override(unhurried()).send();
                request.await.map(|done| done.e_tag).map_err(|error| Refusal::new(&bucket.url(), self.at(), &error))
            }
            Some(multipart) => {
                let parts = CompletedMultipartUpload::builder().set_parts(Some(multipart.done.clone())).build();
                let request = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(key);
                let request = request.upload_id(&multipart.id).multipart_upload(parts);
                let request = request.set_if_none_match(if_absent).set_if_match(if_match);
                let request = request.customize().config_override(unhurried()).send();
                request.await.map(|done| done.e_tag).map_err(|error| Refusal::new(&bucket.url(), self.at(), &error))
            }
        }
    }

    /// Returns the ETag of the object if it was written by this write after all.
    async fn appeared(&self) -> Option<String> {
        let (object, metadata) = self.bucket.head(&self.key).await.ok()?;
        (metadata.get(WRITE) == self.metadata.get(WRITE)).then_some(object.etag)
    }

    async fn commit(&mut self, condition: &Condition) -> Result<String, StoreError> {
        match &self.state {
            State::Writing => {
                if let Err(error) = self.complete().await {
                    self.state = State::Failed(error.clone());
                    return Err(error);
                }
                self.state = State::Complete;
            }
            State::Complete => {}
            State::Committed => return Err(self.invalid("the write was committed before")),
            State::Failed(error) => return Err(error.clone()),
        }
        let mut attempt = 0;
        let refusal = loop {
            match self.appear(condition).await {
                Ok(etag) => {
                    let etag = etag.ok_or_else(|| StoreError::Unreachable {
                        at: self.at(),
                        reason: "the storage gave the object no ETag".to_owned(),
                    })?;
                    self.committed();
                    return Ok(unquoted(&etag));
                }
                // The parts are lost: S3 requires a new upload with all parts sent again
                // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>, If-None-Match).
                Err(refusal) if self.multipart.is_some() && refusal.is_code("ConditionalRequestConflict") => {
                    break refusal;
                }
                Err(refusal) if refusal.is_conflict() && attempt < CONFLICTS => {
                    conflict_pause(attempt).await;
                    attempt += 1;
                }
                Err(refusal) => break refusal,
            }
        };
        let (refused, at) = (refusal.breaks_condition(), self.at());
        let error = match (refusal.error.clone(), condition) {
            (StoreError::NotFound { .. }, Condition::IfMatch(_)) if !refusal.is_code("NoSuchUpload") => {
                return Err(StoreError::Replaced { at });
            }
            (_, Condition::IfAbsent) if refused => StoreError::AlreadyExists { at },
            (_, Condition::IfMatch(_)) if refused => StoreError::Replaced { at },
            (error, _) => error,
        };
        let lost = self.multipart.is_some() && refusal.is_conflict();
        let doubtful = refused || error.is_transient() || matches!(error, StoreError::NotFound { .. });
        if doubtful && let Some(etag) = self.appeared().await {
            self.committed();
            return Ok(etag);
        }
        if lost {
            // The bytes were streamed and are no longer available: the caller has to begin again.
            let reason = "another write of this object was under way, and S3 wants all bytes of ours again".to_owned();
            let error = StoreError::Unreachable { at: self.at(), reason };
            self.state = State::Failed(error.clone());
            return Err(error);
        }
        Err(error)
    }

    fn committed(&mut self) {
        self.state = State::Committed;
        self.multipart = None;
        self.whole = None;
    }
}

/// Sends a part of a multipart upload.
async fn send(bucket: &Bucket, key: &str, id: &str, number: u32, body: Bytes) -> Result<CompletedPart, StoreError> {
    // cannot fail: there are at most 10,000 parts.
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let request = bucket.client.upload_part().bucket(&bucket.name).key(bucket.full(key)).upload_id(id);
    let request = request.part_number(number).body(ByteStream::from(body));
    let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32);
    // The checksum and TLS protect the bytes; signing them as well would cost as much as all the rest.
    let request = request.customize().disable_payload_signing().config_override(unhurried()).send();
    let part = request.await.map_err(|error| Refusal::new(&bucket.url(), bucket.locate(key), &error).error)?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_crc32(part.checksum_crc32)
        .build())
}

/// Makes the configuration of requests that send content: the read timeout includes the time for sending, so it has to be long
/// enough for a part on a slow line.
fn unhurried() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::Config::builder().timeout_config(TimeoutConfig::builder().read_timeout(SEND).build())
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.state {
            State::Writing => {}
            State::Complete | State::Committed => {
                return Err(self.invalid("nothing can be written after a commit").into_io());
            }
            State::Failed(error) => return Err(error.clone().into_io()),
        }
        if self.buffer.len() as u64 >= self.part && !bytes.is_empty() {
            let runtime = self.runtime.clone();
            if let Err(error) = runtime.block_on(self.send_part()) {
                self.state = State::Failed(error.clone());
                return Err(error.into_io());
            }
            self.buffer = Vec::with_capacity(usize::try_from(self.part).unwrap_or(0));
        }
        let room = usize::try_from(self.part).unwrap_or(usize::MAX).saturating_sub(self.buffer.len());
        let taken = &bytes[..bytes.len().min(room)];
        self.buffer.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Staged for Upload {
    fn commit(&mut self, condition: Condition) -> StoreFuture<'_, String> {
        Box::pin(async move { Upload::commit(self, &condition).await })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut multipart) = self.multipart.take() else {
            return;
        };
        let (bucket, key) = (Arc::clone(&self.bucket), self.key.clone());
        let abort = async move {
            // A part that arrives after the abort would be kept.
            multipart.sending.shutdown().await;
            let request = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(bucket.full(&key));
            if let Err(error) = request.upload_id(&multipart.id).send().await {
                let refusal = Refusal::new(&bucket.url(), bucket.locate(&key), &error);
                // An upload that no longer exists needs no abort.
                if !refusal.is_code("NoSuchUpload") {
                    tracing::warn!(error = %refusal.error, "an upload was not aborted; a lifecycle rule removes its parts");
                }
            }
        };
        self.bucket.aborts(self.runtime.spawn(abort));
    }
}
