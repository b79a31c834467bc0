//! A store in a bucket of S3, or of a storage that speaks its protocol.
//!
//! * A listing is ListObjectsV2, page by page.
//! * A read is ranged GETs pinned to one ETag with `If-Match`, some of them ahead of the reader; see `read`.
//! * A write is one PutObject, or a multipart upload if it is larger than a part; see `write`. The object appears with
//!   `If-None-Match: *` or `If-Match`; a multipart upload that does not appear is aborted.
//! * A delete has `If-Match`.
//!
//! Memory does not depend on the size or the number of files: each file being read holds one part, and all of them together
//! [`Windows::ahead`] more parts; each write holds one part, and all of them together [`Windows::sending`] more MiB. Parts that are
//! read have 8 MiB. Parts that are written have 8 MiB if the source file has at most 31 GiB, else a 4,000th of the source file, and grow if the
//! object is larger than that, as S3 takes no more than 10,000 parts. How many writes hold a part at once is limited by `Jobs::room`. For two threads that is at most
//! 64 MiB to read, 48 MiB to send and 128 MiB held.
//!
//! An ETag names content, not an upload: the same bytes uploaded again have the same ETag. Where the trait says "another version",
//! it means other content here.

mod error;
mod listing;
mod object_requests;
mod read;
mod requests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod windows;
mod write;

pub use object_requests::{BYTES_PER_CONNECTION, PAGE_KEYS, read_requests, requests_of_write};
pub(crate) use read::PART;
pub(crate) use windows::Windows;
pub(crate) use write::part_of;

use std::collections::HashMap;
use std::future::Future;
use std::io::Read;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::{Listing, Object, Scope, Staged, Stamp, Store, StoreError, StoreFuture};
use crate::clock::rfc3339;
use crate::key::KEY_BYTES;
use crate::resource_usage::Requests;
use error::Refusal;
use listing::Pages;
use requests::Counter;
use write::Upload;

/// A MiB.
const MIB: u64 = 1 << 20;

/// The metadata key of the entity tag of the file version from which an object was made.
const SOURCE_ETAG: &str = "sluice-source-etag";

/// The metadata key of the time when that file version was written.
const SOURCE_MODIFIED: &str = "sluice-source-modified";

/// Maximum number of times that a request is tried again because it met another write (status 409).
const CONFLICTS: u32 = 8;

/// Number of listings that are run at once. A page takes 50 to 200 ms, so these are some 500 requests per second, a tenth of what
/// S3 allows for one prefix (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).
const LISTINGS: usize = 64;

/// A store in a bucket, or below a prefix of a bucket. Clones are the same store.
#[derive(Clone, Debug)]
pub struct S3Store {
    bucket: Arc<Bucket>,
}

/// The state that the store, its listings, reads and writes share.
#[derive(Debug)]
struct Bucket {
    client: Client,
    name: String,
    /// The prefix of all keys in the bucket: empty, or ending in `/`.
    prefix: String,
    counter: Counter,
    windows: Windows,
    /// One permit for each part that may be read ahead.
    ahead: Arc<Semaphore>,
    /// One permit for each MiB of parts that may be in transit to S3.
    sending: Arc<Semaphore>,
    /// Tasks that abort dropped uploads.
    aborting: Mutex<Vec<JoinHandle<()>>>,
}

impl S3Store {
    /// Makes the store below `prefix` of a bucket; an empty prefix is the whole bucket.
    pub fn new(client: Client, bucket: &str, prefix: &str) -> Self {
        let prefix = match prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let windows = Windows::of_this_machine();
        let counter = Counter::default();
        let client = Client::from_conf(client.config().to_builder().interceptor(counter.clone()).build());
        let bucket = Bucket {
            client,
            name: bucket.to_owned(),
            prefix,
            counter,
            windows,
            ahead: Arc::new(Semaphore::new(windows.ahead)),
            sending: Arc::new(Semaphore::new(windows.sending as usize)),
            aborting: Mutex::default(),
        };
        Self { bucket: Arc::new(bucket) }
    }

    /// Like [`S3Store::new`], but first checks that the bucket exists, and finds out its region.
    ///
    /// # Errors
    /// When there is no such bucket, or S3 does not answer. A bucket that may not be looked at counts as existing: reading or
    /// writing in it may still be allowed.
    pub async fn connect(config: &SdkConfig, bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let store = Self::new(crate::aws::s3(config), bucket, prefix);
        let url = store.bucket.url();
        let Err(refused) = store.bucket.client.head_bucket().bucket(bucket).send().await else {
            return Ok(store);
        };
        let refusal = Refusal::new(&url, url.clone(), &refused);
        if let Some(region) = refusal.region
            && config.region().is_none_or(|here| here.as_ref() != region)
        {
            let there = config.to_builder().region(Region::new(region)).build();
            return Ok(Self::new(crate::aws::s3(&there), bucket, prefix));
        }
        match refusal.error {
            // The response to this request has no body, so no error code says that it is the bucket that is missing.
            StoreError::NotFound { .. } => {
                let reason = "there is no such bucket; check its name, or create it".to_owned();
                Err(StoreError::Invalid { at: url, reason })
            }
            StoreError::Denied { .. } => Ok(store),
            error => Err(error),
        }
    }
}

/// The properties of an object in an answer.
struct Described<'a> {
    bytes: Option<u64>,
    etag: Option<&'a str>,
    last_modified: Option<SystemTime>,
}

impl Bucket {
    fn url(&self) -> String {
        format!("s3://{}", self.name)
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn locate(&self, key: &str) -> String {
        format!("s3://{}/{}{key}", self.name, self.prefix)
    }

    /// Asks for the properties of an object. Its time is that of its stamp, which only outputs have: a sender may set any metadata of
    /// an upload, or copy an output with its metadata, so [`read::open`], which opens uploads, does not look at the stamp
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>, `x-amz-metadata-directive`).
    async fn head(&self, key: &str) -> Result<(Object, HashMap<String, String>), Refusal> {
        let head = self.client.head_object().bucket(&self.name).key(self.full(key)).send().await;
        let head = head.map_err(|error| Refusal::new(&self.url(), self.locate(key), &error))?;
        let bytes = head.content_length().and_then(|bytes| u64::try_from(bytes).ok());
        let metadata = head.metadata.unwrap_or_default();
        let stamped = metadata
            .get(SOURCE_MODIFIED)
            .and_then(|text| DateTime::from_str(text, DateTimeFormat::DateTime).ok())
            .and_then(|moment| system_time(&moment));
        let last_modified = stamped.or_else(|| head.last_modified.as_ref().and_then(system_time));
        let object = self.object(key, Described { bytes, etag: head.e_tag.as_deref(), last_modified });
        let object = object.map_err(|error| Refusal { status: None, code: None, region: None, error })?;
        Ok((object, metadata))
    }

    fn object(&self, key: &str, answer: Described<'_>) -> Result<Object, StoreError> {
        let Described { bytes, etag, last_modified } = answer;
        match (bytes, etag, last_modified) {
            (Some(bytes), Some(etag), Some(last_modified)) => {
                Ok(Object { key: key.to_owned(), bytes, etag: unquoted(etag), last_modified })
            }
            _ => {
                let reason = "the answer does not say size, ETag and time of the object".to_owned();
                Err(StoreError::Unreachable { at: self.locate(key), reason })
            }
        }
    }

    async fn delete(&self, key: &str, etag: &str) -> Result<(), StoreError> {
        for attempt in 0.. {
            let request = self.client.delete_object().bucket(&self.name).key(self.full(key)).if_match(quoted(etag));
            let Err(error) = request.send().await else {
                return Ok(());
            };
            let refusal = Refusal::new(&self.url(), self.locate(key), &error);
            match (refusal.status, refusal.error) {
                (Some(412), _) => return Err(StoreError::Replaced { at: self.locate(key) }),
                (_, StoreError::NotFound { .. }) => return Ok(()),
                (Some(409), _) if attempt < CONFLICTS => conflict_pause(attempt).await,
                (_, error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Keeps the task of an upload that is being aborted, for `settle`.
    fn aborts(&self, task: JoinHandle<()>) {
        let mut aborting = self.aborting.lock().unwrap_or_else(PoisonError::into_inner);
        aborting.retain(|task| !task.is_finished());
        aborting.push(task);
    }
}

/// Waits until the conflicting request is likely to be done.
async fn conflict_pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(25 << attempt.min(6))).await;
}

/// Returns the metadata that stores a stamp.
fn metadata_of(stamp: Option<Stamp>) -> HashMap<String, String> {
    let Some(stamp) = stamp else {
        return HashMap::new();
    };
    let mut metadata = HashMap::from([(SOURCE_ETAG.to_owned(), stamp.version)]);
    // To the nanosecond, as in a folder: of two uploads in one millisecond the newer one has to win.
    let nanos = stamp.modified.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let seconds: String = rfc3339(stamp.modified).chars().take_while(|c| *c != '.').collect();
    metadata.insert(SOURCE_MODIFIED.to_owned(), format!("{seconds}.{nanos:09}Z"));
    metadata
}

fn system_time(moment: &DateTime) -> Option<SystemTime> {
    SystemTime::try_from(*moment).ok()
}

fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

impl Store for S3Store {
    fn locate(&self, key: &str) -> String {
        self.bucket.locate(key)
    }

    fn check_key(&self, key: &str) -> Result<(), StoreError> {
        let bytes = self.bucket.full(key).len();
        if bytes <= KEY_BYTES {
            return Ok(());
        }
        let reason = format!("the key has {bytes} bytes, and at most {KEY_BYTES} are taken; shorten it");
        Err(StoreError::Invalid { at: self.locate(key), reason })
    }

    fn list(&self, scope: Scope) -> Box<dyn Listing> {
        Box::new(Pages::new(Arc::clone(&self.bucket), scope))
    }

    fn parallel_listings(&self) -> usize {
        LISTINGS
    }

    fn is_billed(&self) -> bool {
        true
    }

    fn requests(&self) -> Requests {
        self.bucket.counter.requests()
    }

    fn head<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Object> {
        Box::pin(async move { self.bucket.head(key).await.map(|(object, _)| object).map_err(|refusal| refusal.error) })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        version: Option<&'a str>,
        range: Option<Range<u64>>,
    ) -> StoreFuture<'a, (Object, Box<dyn Read + Send>)> {
        Box::pin(read::open(&self.bucket, key, version, range))
    }

    fn stage<'a>(&'a self, key: &'a str, stamp: Option<Stamp>) -> StoreFuture<'a, Box<dyn Staged>> {
        Box::pin(async move {
            let source = stamp.as_ref().map_or(0, |stamp| stamp.bytes);
            let upload = Upload::new(Arc::clone(&self.bucket), key.to_owned(), metadata_of(stamp), source);
            Ok(Box::new(upload) as Box<dyn Staged>)
        })
    }

    fn delete<'a>(&'a self, key: &'a str, etag: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(self.bucket.delete(key, etag))
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let aborting = std::mem::take(&mut *self.bucket.aborting.lock().unwrap_or_else(PoisonError::into_inner));
            for task in aborting {
                if let Err(error) = task.await {
                    tracing::warn!(%error, "an upload was not aborted; a lifecycle rule removes its parts");
                }
            }
        })
    }
}
