//! Stores in an S3 endpoint for tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hash::{BuildHasher, Hasher, RandomState};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;

use super::{Bucket, S3Store};
use crate::aws;

/// The environment variable with the URL of the endpoint for tests, an emulator of S3.
const ENDPOINT: &str = "SLUICE_TEST_S3";

/// The production configuration, except for endpoint and credentials.
pub(crate) async fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let loader = aws::loader().endpoint_url(endpoint).region(Region::new("us-east-1"));
    loader.credentials_provider(credentials).load().await
}

/// Makes a store in a new bucket of the endpoint that the environment names.
pub(crate) async fn new_bucket() -> S3Store {
    let endpoint = std::env::var(ENDPOINT).expect("SLUICE_TEST_S3 is the URL of an S3 endpoint, http://127.0.0.1:4566");
    let client = aws::s3(&config(&endpoint).await);
    let name = format!("sluice-{:016x}", RandomState::new().build_hasher().finish());
    client.create_bucket().bucket(&name).send().await.unwrap();
    S3Store::new(client, &name, "")
}

impl S3Store {
    /// Returns the store below a prefix of this store's bucket.
    pub(crate) fn below(&self, prefix: &str) -> Self {
        Self::new(self.bucket.client.clone(), &self.bucket.name, prefix)
    }

    /// Returns the number of multipart uploads that are neither completed nor aborted.
    pub(crate) async fn open_uploads(&self) -> usize {
        let Bucket { client, name, .. } = &*self.bucket;
        client.list_multipart_uploads().bucket(name).send().await.unwrap().uploads().len()
    }
}
