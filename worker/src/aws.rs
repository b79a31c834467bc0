//! What every client of AWS shares: region, credentials, HTTP client, retries and timeouts.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::service_config::ServiceConfigKey;

/// Maximum number of attempts at a request, including the first one.
const ATTEMPTS: u32 = 8;

/// Time limit for making a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Time limit for the beginning of a response.
const READ: Duration = Duration::from_secs(60);

/// Time limit for a body that transfers nothing.
const STALLED: Duration = Duration::from_secs(20);

/// Why AWS cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// No region is set.
    #[error("no AWS region is set; set AWS_REGION, or `region` in ~/.aws/config")]
    NoRegion,
    /// There are no credentials, or loading them failed.
    #[error(
        "no AWS credentials ({0}); sign in with `aws sso login`, choose a profile with AWS_PROFILE, or set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials(String),
}

/// Loads region and credentials from environment, profile, container or instance, as every AWS tool does.
///
/// # Errors
/// When region or credentials are missing: here already, and not at the first request.
pub async fn config() -> Result<SdkConfig, AwsError> {
    let config = loader().load().await;
    if config.region().is_none() {
        return Err(AwsError::NoRegion);
    }
    let Some(provider) = config.credentials_provider() else {
        return Err(AwsError::NoCredentials("no provider".to_owned()));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(CredentialsError::CredentialsNotLoaded(_)) => {
            Err(AwsError::NoCredentials("none were found in environment, profile, container or instance".to_owned()))
        }
        Err(error) => Err(AwsError::NoCredentials(chain(&error))),
    }
}

/// Returns the settings that do not depend on where the program runs.
pub(crate) fn loader() -> ConfigLoader {
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    });
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(FinalCertificates(http))
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(READ).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALLED).build())
}

/// An HTTP client that does not retry after an untrusted certificate: retrying, as after other failures of a connection, would only
/// delay the message.
#[derive(Debug)]
struct FinalCertificates(SharedHttpClient);

#[derive(Debug)]
struct FinalCertificatesConnector(SharedHttpConnector);

impl HttpClient for FinalCertificates {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(FinalCertificatesConnector(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for FinalCertificatesConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async { answer.await.map_err(without_retry) })
    }
}

/// PoisonFiles an error about a certificate as one that is not retried.
fn without_retry(error: ConnectorError) -> ConnectorError {
    // The text of rustls: its error type is hidden behind boxes of other crates here.
    if chain(&error).contains("invalid peer certificate") { ConnectorError::user(error.into()) } else { error }
}

/// Makes a client of S3. For endpoints other than those of AWS the bucket is in the path: few of them have a host name per bucket.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let own = config.service_config().and_then(|service| {
        let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        key.ok().and_then(|key| service.load_config(key))
    });
    let endpoint = own.or_else(|| config.endpoint_url().map(str::to_owned));
    let path_style = endpoint.is_some_and(|endpoint| !is_of_aws(&endpoint));
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build())
}

fn is_of_aws(endpoint: &str) -> bool {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("").to_ascii_lowercase();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu"].iter().any(|domain| host.ends_with(domain))
}

/// Returns the text of an error and of its sources; a text that is contained already is not repeated.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        behind = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::{is_of_aws, without_retry};

    #[test]
    fn a_certificate_that_is_not_accepted_is_not_tried_again() {
        let of = |text: &str| without_retry(ConnectorError::io(text.into()));
        assert!(of("TLS handshake failed: invalid peer certificate: UnknownIssuer").is_user());
        assert!(of("connection reset by peer").is_io());
    }

    #[test]
    fn endpoints_of_aws_are_told_from_others() {
        for endpoint in [
            "https://s3.eu-west-1.amazonaws.com",
            "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/",
            "https://s3.cn-north-1.amazonaws.com.cn:443",
            "https://s3.dualstack.us-east-1.api.aws",
        ] {
            assert!(is_of_aws(endpoint), "{endpoint}");
        }
        for endpoint in ["http://127.0.0.1:9000", "https://minio.example/amazonaws.com", "https://amazonaws.com.evil"] {
            assert!(!is_of_aws(endpoint), "{endpoint}");
        }
    }
}
