//! How the store behaves when the storage fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod reading;
mod requests;
mod server;
mod writing;

use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};

use super::S3Store;
use super::testing::config;
use crate::aws;
use crate::store::{Entry, Scope, Store, StoreError};
use server::{Reply, Server};

async fn store(server: &Server) -> S3Store {
    S3Store::new(aws::s3(&config(&server.url).await), "bucket", "")
}

async fn refused(status: u16, code: &'static str) -> StoreError {
    let server = Server::start(move |_, _| Reply::error(status, code));
    store(&server).await.open("a.csv", None, None).await.err().unwrap()
}

#[tokio::test]
async fn refusals_say_what_to_do_next() {
    let shown = |error: &StoreError| error.to_string();
    let error = refused(404, "NoSuchKey").await;
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    assert_eq!(shown(&error), "s3://bucket/a.csv: not found; check the name");
    let error = refused(404, "NoSuchBucket").await;
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    assert_eq!(shown(&error), "s3://bucket: there is no such bucket; check its name, or create it");
    let error = refused(403, "AccessDenied").await;
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    assert!(shown(&error).contains("AccessDenied: as told"), "{error}");
    for code in ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"] {
        let error = refused(403, code).await;
        assert!(matches!(error, StoreError::NotSignedIn { .. }), "{error}");
    }
    let error = refused(403, "InvalidObjectState").await;
    assert!(shown(&error).contains("restore it"), "{error}");
    let error = refused(301, "PermanentRedirect").await;
    assert!(shown(&error).contains("AWS_REGION"), "{error}");
    let error = refused(405, "MethodNotAllowed").await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
}

/// Makes the error of a provider without credentials.
#[derive(Debug)]
struct NoCredentials(fn() -> CredentialsError);

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err::<Credentials, _>(self.0()))
    }
}

/// Asks the store for an object without credentials, and returns the error.
async fn without_credentials(made: fn() -> CredentialsError) -> StoreError {
    let server = Server::start(|_, _| Reply::error(500, "NeverAsked"));
    let config = config(&server.url).await.into_builder();
    let config = config
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(NoCredentials(made)))
        .build();
    let error = S3Store::new(aws::s3(&config), "bucket", "").head("a").await.unwrap_err();
    assert_eq!(server.asked().len(), 0);
    error
}

#[tokio::test]
async fn credentials_that_are_not_there_are_told_from_an_unreachable_storage() {
    let missing: [fn() -> CredentialsError; 2] = [
        || CredentialsError::not_loaded("the session is over"),
        || CredentialsError::invalid_configuration("the session is over"),
    ];
    for made in missing {
        let error = without_credentials(made).await;
        assert!(matches!(error, StoreError::NotSignedIn { .. }), "{error}");
        assert!(error.to_string().contains("the session is over"), "{error}");
    }
}

/// The endpoint of a container's credentials may be out of reach for some seconds: then the task is repeated, and no file fails.
#[tokio::test]
async fn a_provider_of_credentials_that_does_not_answer_is_asked_again_later() {
    let passing: [fn() -> CredentialsError; 3] = [
        || CredentialsError::provider_error("status 500"),
        || CredentialsError::provider_timed_out(std::time::Duration::from_secs(5)),
        || CredentialsError::unhandled("no connection"),
    ];
    for made in passing {
        let error = without_credentials(made).await;
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn requests_refused_for_their_number_are_made_again() {
    let server = Server::start(|before, _| match before {
        0 | 1 => Reply::error(503, "SlowDown"),
        _ => Reply::xml(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
    });
    let store = store(&server).await;
    assert_eq!(store.list(Scope::default()).page().await, Ok(Vec::new()));
    assert_eq!(server.count("GET"), 3);
    // Refused requests are billed, too.
    assert_eq!(store.requests().list, 3);
    assert_eq!(store.requests().total(), 3);
}

/// Like [`store`], but nothing is tried again.
async fn impatient_store(server: &Server) -> S3Store {
    let config = config(&server.url).await.into_builder();
    S3Store::new(aws::s3(&config.retry_config(RetryConfig::disabled()).build()), "bucket", "")
}

#[tokio::test]
async fn a_storage_with_too_many_requests_is_told_from_one_that_fails() {
    for (status, code) in [(503, "SlowDown"), (503, "ServiceUnavailable"), (503, ""), (429, "TooManyRequestsException")]
    {
        let server = Server::start(move |_, _| Reply::error(status, code));
        let error = impatient_store(&server).await.head("a.csv").await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }) && error.is_transient(), "{code}: {error}");
    }
}

#[tokio::test]
async fn a_page_that_was_refused_can_be_asked_for_again() {
    let server = Server::start(|before, asked| match (before, asked.target.contains("continuation-token=next")) {
        (0 | 2, _) => Reply::error(503, "SlowDown"),
        (_, next) => {
            let object = |name| {
                format!(
                    "<Contents><Key>{name}</Key><Size>1</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
                )
            };
            let page = match next {
                false => {
                    object("a") + "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>"
                }
                true => object("b") + "<IsTruncated>false</IsTruncated>",
            };
            Reply::xml(200, &format!("<ListBucketResult>{page}</ListBucketResult>"))
        }
    });
    let mut listing = impatient_store(&server).await.list(Scope::default());
    for key in ["a", "b"] {
        assert!(matches!(listing.page().await, Err(StoreError::Busy { .. })));
        let page = listing.page().await.unwrap();
        assert!(matches!(&page[..], [Entry::Object(object)] if object.key == key), "{page:?}");
    }
    assert!(listing.ended());
    assert_eq!((listing.page().await, server.count("GET")), (Ok(Vec::new()), 4));
}

#[tokio::test]
async fn nothing_is_asked_for_behind_the_last_key_of_a_scope() {
    let server = Server::start(|_, _| {
        let object = |name| {
            format!(
                "<Contents><Key>{name}</Key><Size>1</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
            )
        };
        let page = object("a")
            + &object("b")
            + &object("c")
            + "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>";
        Reply::xml(200, &format!("<ListBucketResult>{page}</ListBucketResult>"))
    });
    let scope = Scope { until: Some("b".to_owned()), ..Scope::default() };
    let mut listing = store(&server).await.list(scope);
    assert_eq!(listing.page().await.map(|page| page.len()), Ok(2));
    assert_eq!((listing.ended(), listing.page().await, server.count("GET")), (true, Ok(Vec::new()), 1));
}

#[tokio::test]
async fn pages_without_entries_are_not_the_end_of_a_listing() {
    let server = Server::start(|_, asked| {
        let page = match asked.target.contains("continuation-token=next") {
            false => "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>",
            true => "<IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>a%2Fincoming/</Prefix></CommonPrefixes>",
        };
        Reply::xml(200, &format!("<ListBucketResult>{page}</ListBucketResult>"))
    });
    let mut listing = store(&server).await.list(Scope::default());
    let page = listing.page().await.unwrap();
    assert_eq!(page, [Entry::Prefix("a/incoming/".to_owned())]);
    assert_eq!(listing.page().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_bucket_in_another_region_is_asked_there() {
    let server = Server::start(|_, asked| match asked.header("authorization") {
        Some(signed) if signed.contains("/eu-west-1/s3/") => Reply::part(b"text", asked),
        _ => Reply::status(301).with("x-amz-bucket-region", "eu-west-1"),
    });
    let store = S3Store::connect(&config(&server.url).await, "bucket", "").await.unwrap();
    assert_eq!(store.get("a", 10).await.unwrap().1, b"text");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_an_error_at_once_and_one_that_must_not_be_looked_at_is_not() {
    for (status, there) in [(200, true), (403, true), (404, false), (400, false)] {
        let server = Server::start(move |_, _| Reply::status(status));
        let store = S3Store::connect(&config(&server.url).await, "bucket", "").await;
        assert_eq!(store.is_ok(), there, "{status}: {store:?}");
    }
}
