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
        _ if code.starts_with("KMS.") => of_kms(code, at, reason),
        _ => of_status(code, status, at, reason),
    }
}

/// Converts an error whose code is not known: a bad request stays one, however often it is sent.
fn of_status(code: &str, status: Option<u16>, at: String, reason: String) -> StoreError {
    if status == Some(400) && !code.is_empty() && !PASSING.contains(&code) {
        let reason = format!("the storage does not take the request ({reason}); correct the object or the bucket");
        return StoreError::Invalid { at, reason };
    }
    StoreError::Unreachable { at, reason }
}

/// Codes with status 400 that say nothing against the request: it did not arrive whole, or in time
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>).
const PASSING: [&str; 5] =
    ["RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"];

/// Converts an error of the key with which an object is encrypted, as S3 passes it on. A disabled or deleted key stays so until a person
/// acts, so the request is not repeated
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors>).
fn of_kms(code: &str, at: String, reason: String) -> StoreError {
    if code.ends_with("ThrottlingException") || code.ends_with("LimitExceededException") {
        return StoreError::Busy { at, reason };
    }
    if ["Internal", "Timeout", "KeyUnavailable"].iter().any(|part| code.contains(part)) {
        return StoreError::Unreachable { at, reason };
    }
    let remedy = "make the key usable again, or upload the object with another key";
    StoreError::Invalid { at, reason: format!("its encryption key cannot be used ({reason}); {remedy}") }
}

fn without_answer<E: Error + 'static>(at: String, error: &SdkError<E>) -> StoreError {
    let mut behind: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = behind {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return of_credentials(at, error);
        }
        behind = error.source();
    }
    let reason = match error {
        SdkError::TimeoutError(_) => "no answer in time, even after retries".to_owned(),
        error => chain(error),
    };
    StoreError::Unreachable { at, reason }
}

/// Converts an error of the credentials. Those that a container or an instance has come from an endpoint, which may be out of reach for a
/// while; only what is not configured, or wrongly, stays so until a person acts.
fn of_credentials(at: String, error: &CredentialsError) -> StoreError {
    let reason = chain(error);
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            StoreError::NotSignedIn { at, reason }
        }
        // Timeouts, errors of the provider, and what later versions of the SDK add.
        _ => StoreError::Unreachable { at, reason },
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;

    use super::*;

    fn of(code: &str, status: u16) -> StoreError {
        let error = ErrorMetadata::builder().code(code).message("m").build();
        of_answer("bucket", "s3://bucket/key".to_owned(), Some(status), None, &error)
    }

    /// What no repetition mends fails the file, and not the task with all its files.
    #[test]
    fn a_refused_request_is_not_an_outage() {
        for code in ["KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"] {
            let StoreError::Invalid { reason, .. } = of(code, 400) else { panic!("{code}: {:?}", of(code, 400)) };
            assert!(reason.contains("its encryption key cannot be used") && reason.contains(code), "{reason}");
        }
        for code in ["InvalidRequest", "InvalidArgument", "EntityTooLarge"] {
            assert!(matches!(of(code, 400), StoreError::Invalid { .. }), "{code}");
        }
    }

    #[test]
    fn what_passes_is_repeated() {
        for (code, status) in [
            ("RequestTimeout", 400),
            ("IncompleteBody", 400),
            ("BadDigest", 400),
            ("InternalError", 500),
            ("KMS.KMSInternalException", 400),
            ("KMS.DependencyTimeoutException", 400),
            ("KMS.KeyUnavailableException", 500),
            ("", 400),
        ] {
            assert!(matches!(of(code, status), StoreError::Unreachable { .. }), "{code}: {:?}", of(code, status));
        }
        assert!(matches!(of("KMS.ThrottlingException", 400), StoreError::Busy { .. }));
        assert!(matches!(of("SlowDown", 503), StoreError::Busy { .. }));
    }
}
