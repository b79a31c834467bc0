//! Counts the requests that are sent, as S3 bills them: each attempt counts, even if it is refused or lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::resource_usage::Requests;

/// The requests of a client. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<[AtomicU64; 5]>);

impl Counter {
    /// Returns the requests counted so far, by kind.
    pub(super) fn requests(&self) -> Requests {
        let [list, get, head, put, delete] = std::array::from_fn(|kind| self.0[kind].load(Ordering::Relaxed));
        Requests { list, get, head, put, delete }
    }

    fn count(&self, operation: &str) {
        let kind = match operation {
            "ListObjectsV2" => 0,
            "GetObject" => 1,
            "HeadObject" | "HeadBucket" => 2,
            "DeleteObject" | "AbortMultipartUpload" => 4,
            // PutObject, CreateMultipartUpload, UploadPart, CompleteMultipartUpload. Any new operation is counted here, too: it
            // costs no more than these.
            _ => 3,
        };
        self.0[kind].fetch_add(1, Ordering::Relaxed);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(config.load::<Metadata>().map_or("", Metadata::name));
        Ok(())
    }
}
