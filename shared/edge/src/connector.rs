//! The AWS SDK's HTTP connector, and the table's client with it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use shared::config::{ConfigError, Reader, Variables};

use crate::clock::{SdkClock, SdkSleep};
use crate::fetch::{FetchError, fetch};

/// How long one attempt may take: `fetch` does not tell connecting from waiting, so this is what Lambda grants to both.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a call may take with its repeats, as on Lambda: with the store's own repeats an answer still comes within 15 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// How often a call is made at most. The store repeats on top of it what the SDK does not: conflicts and throttled transactions.
const ATTEMPTS: u32 = 3;
/// How long an exchange with others may take at most.
const OUTBOUND_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest wait between two attempts.
const BACKOFF_MAXIMUM: Duration = Duration::from_secs(1);

/// Where AWS is and who calls it.
pub(crate) struct AwsConfig {
    region: String,
    access_key_id: String,
    secret_access_key: String,
    dynamodb_endpoint: Option<String>,
}

impl AwsConfig {
    /// Reads the names that every AWS SDK reads.
    pub(crate) fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let config = Self {
            region: reader.required("AWS_REGION"),
            access_key_id: reader.required("AWS_ACCESS_KEY_ID"),
            secret_access_key: reader.required("AWS_SECRET_ACCESS_KEY"),
            dynamodb_endpoint: reader.optional("AWS_ENDPOINT_URL_DYNAMODB"),
        };
        reader.finish(config)
    }

    /// The client of the platform's table.
    pub(crate) fn dynamodb(self) -> Client {
        let timeouts = TimeoutConfig::builder().read_timeout(ATTEMPT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build();
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_backoff(BACKOFF_MAXIMUM)
            // The runtime keeps the connections; none is ours to close after a fault.
            .with_reconnect_mode(ReconnectMode::ReuseAllConnections);
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region))
            .credentials_provider(Credentials::new(
                self.access_key_id,
                self.secret_access_key,
                None,
                None,
                "environment",
            ))
            .time_source(SdkClock)
            .sleep_impl(SdkSleep)
            .timeout_config(timeouts)
            .retry_config(retries)
            // Answers are read whole, so there is no stream that could stall.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(FetchClient);
        config.set_endpoint_url(self.dynamodb_endpoint);
        Client::from_conf(config.build())
    }
}

/// Makes the SDK's connectors.
#[derive(Clone, Copy, Debug)]
struct FetchClient;

impl HttpClient for FetchClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(FetchConnector { deadline: settings.read_timeout().unwrap_or(ATTEMPT_TIMEOUT) })
    }
}

/// The way to others than AWS. Whoever asks them sets deadlines of their own, which are shorter.
pub(crate) fn outbound() -> SharedHttpConnector {
    SharedHttpConnector::new(FetchConnector { deadline: OUTBOUND_TIMEOUT })
}

/// Sends the SDK's requests with `fetch`.
#[derive(Clone, Copy, Debug)]
struct FetchConnector {
    deadline: Duration,
}

impl HttpConnector for FetchConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let deadline = self.deadline;
        HttpConnectorFuture::new(async move {
            let request = to_fetch(request)?;
            let response = fetch(request, deadline).await.map_err(|error| match error {
                FetchError::TimedOut(_) => ConnectorError::timeout(error.into()),
                FetchError::Failed(_) => ConnectorError::io(error.into()),
                FetchError::Unsendable(_) => ConnectorError::user(error.into()),
            })?;
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn to_fetch(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| ConnectorError::user("only a body that is in memory can be sent".into()))?;
    Ok(http::Request::from_parts(parts, Bytes::copy_from_slice(body)))
}
