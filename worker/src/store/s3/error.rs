//! Converts errors of S3 to [`StoreError`], by what the caller does next.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::super::StoreError;
use crate::aws::chain;

/// The header in which S3 names the region of a bucket, also when it refuses a request.
const REGION: &str = "x-amz-bucket-region";

/// A request that failed.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// HTTP status of the response, if there was one.
    pub(super) status: Option<u16>,
    /// Error code of S3, if the response had one.
    pub(super) code: Option<String>,
    /// The region of the bucket, if the response names it.
    pub(super) region: Option<String>,
    /// What the failure means for a request without conditions.
    pub(super) error: StoreError,
}

impl Refusal {
    /// Converts an error of the SDK. `bucket` and `at` are for messages: the bucket and the object of the request.
    pub(super) fn new<E>(bucket: &str, at: String, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let answer = error.raw_response();
        let status = answer.map(|answer| answer.status().as_u16());
        let region = answer.and_then(|answer| answer.headers().get(REGION)).map(str::to_owned);
        let code = error.as_service_error().and_then(|error| error.code()).map(str::to_owned);
        let error = match error.as_service_error() {
            Some(service) => of_answer(bucket, at, status, region.as_deref(), service),
            None => without_answer(at, error),
        };
        Self { status, code, region, error }
    }

    pub(super) fn is_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Returns true if another write of the object was in progress at the same moment: nothing was decided, so the request can be
    /// tried again.
    ///
    /// The code decides, here and in [`Self::breaks_condition`]: CompleteMultipartUpload may send status 200, and the error behind it
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
    pub(super) fn is_conflict(&self) -> bool {
        self.is_code("ConditionalRequestConflict") || self.is_code("OperationAborted")
    }

    /// Returns true if the condition of the request does not hold.
    pub(super) fn breaks_condition(&self) -> bool {
        self.status == Some(412) || self.is_code("PreconditionFailed")
    }
}

fn of_answer(
    bucket: &str,
    at: String,
    status: Option<u16>,
    region: Option<&str>,
    error: &impl ProvideErrorMetadata,
) -> StoreError {
    let code = error.code().unwrap_or("");
    let reason = match (error.code(), error.message(), status) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("status {status}"),
        (None, _, None) => "no status".to_owned(),
    };
    let invalid = |at: &str, reason: String| StoreError::Invalid { at: at.to_owned(), reason };
    match (code, status) {
        ("NoSuchBucket", _) => invalid(bucket, "there is no such bucket; check its name, or create it".to_owned()),
        ("InvalidBucketName", _) => invalid(bucket, "this cannot be the name of a bucket; check it".to_owned()),
        (
            "ExpiredToken"
            | "ExpiredTokenException"
            | "TokenRefreshRequired"
            | "InvalidToken"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException",
            _,
        ) => StoreError::NotSignedIn { at, reason },
        ("RequestTimeTooSkewed" | "RequestExpired", _) => {
            invalid(&at, format!("the clock of this machine is wrong ({reason}); set it and run again"))
        }
        ("InvalidObjectState", _) => {
            invalid(&at, "the object is archived; restore it (`aws s3api restore-object`) and run again".to_owned())
        }
        ("KeyTooLongError", _) => invalid(&at, "the key is longer than 1,024 bytes; shorten it".to_owned()),
        (
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
            _,
        )
        | (_, Some(301 | 307)) => match region {
            Some(region) => invalid(bucket, format!("the bucket is in region {region}; set AWS_REGION={region}")),
            None => invalid(bucket, format!("the bucket is in another region ({reason}); set AWS_REGION to it")),
        },
        (
            "SlowDown"
            | "ServiceUnavailable"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException",
            _,
        )
        | (_, Some(429 | 503)) => StoreError::Busy { at, reason },
        ("InsufficientCapacity", _) | (_, Some(507)) => StoreError::Full { at, reason },
        ("NoSuchKey" | "NotFound", _) | ("", Some(404)) => StoreError::NotFound { at },
        ("AccessDenied" | "AllAccessDisabled" | "AccountProblem", _) | (_, Some(401 | 403)) => {
            StoreError::Denied { at, reason }
        }
        _ => StoreError::Unreachable { at, reason },
    }
}

fn without_answer<E: Error + 'static>(at: String, error: &SdkError<E>) -> StoreError {
    let mut behind: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = behind {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return StoreError::NotSignedIn { at, reason: chain(error) };
        }
        behind = error.source();
    }
    let reason = match error {
        SdkError::TimeoutError(_) => "no answer in time, even after retries".to_owned(),
        error => chain(error),
    };
    StoreError::Unreachable { at, reason }
}
