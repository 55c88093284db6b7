//! The AWS SDK's HTTP connector, and the table's client with it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
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
use shared::config::Reader;

use crate::clock::{SdkClock, SdkSleep};
use crate::fetch::{FetchError, fetch};

/// How long one attempt may take: DynamoDB answers in milliseconds, and an attempt that has not done so in this time is better repeated.
const ATTEMPT_TIME_OUT: Duration = Duration::from_secs(2);
/// How long a call may take with all its attempts.
const CALL_TIME_OUT: Duration = Duration::from_secs(8);

/// The client of the platform's table: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_ENDPOINT_URL_DYNAMODB` for
/// another endpoint than the region's.
pub(crate) fn dynamodb_client(reader: &mut Reader<'_>) -> Client {
    let region = Region::new(reader.required("AWS_REGION"));
    let (key_id, key) = (reader.required("AWS_ACCESS_KEY_ID"), reader.required("AWS_SECRET_ACCESS_KEY"));
    let time_outs = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIME_OUT)
        .read_timeout(ATTEMPT_TIME_OUT)
        .operation_attempt_timeout(ATTEMPT_TIME_OUT)
        .operation_timeout(CALL_TIME_OUT)
        .build();
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(Credentials::new(key_id, key, None, None, "environment"))
        .time_source(SdkClock)
        .sleep_impl(SdkSleep)
        .timeout_config(time_outs)
        .retry_config(RetryConfig::standard())
        // Answers are read whole, so there is no stream that could stall.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(FetchClient);
    config.set_endpoint_url(reader.optional("AWS_ENDPOINT_URL_DYNAMODB"));
    Client::from_conf(config.build())
}

/// Makes the SDK's connectors.
#[derive(Clone, Copy, Debug)]
struct FetchClient;

impl HttpClient for FetchClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        // `fetch` does not tell connecting from waiting for the answer, so both must fit into one time.
        let deadline = settings.read_timeout().or(settings.connect_timeout()).unwrap_or(ATTEMPT_TIME_OUT);
        SharedHttpConnector::new(FetchConnector { deadline })
    }
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
