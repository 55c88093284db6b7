//! The connections to AWS: one HTTPS connector for both services, with limits on everything that can take long.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use shared::config::{ConfigError, Reader, Variables};
use shared::reach::Reach;

/// How long a connection may take to stand. Within a region it takes a few milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection to a vendor may take to stand: vendors are further away.
const VENDOR_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may let wait for itself.
const READ_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt may take, connecting included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a call may take with its repeats. The store begins its last attempt within 8 seconds: with one call more an answer still comes
/// before the 15 seconds are up that a function has.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// How often a call is made at most. The store repeats on top of it what the SDK does not: conflicts and throttled transactions.
const ATTEMPTS: u32 = 3;
/// The longest wait between two attempts.
const BACKOFF_MAXIMUM: Duration = Duration::from_secs(1);
/// After how long without use a connection is given up: AWS closes idle ones, and a frozen instance does not notice.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The roots of Amazon Trust Services, under which every endpoint of AWS has its certificate, and which AWS asks its clients to trust
/// (<https://www.amazontrust.com/repository/>): Amazon Root CA 1 to 4 and Starfield Services Root CA G2. Reading them takes a tenth of a
/// millisecond; the system's hundred and more roots take longer than everything else in a start.
pub(crate) const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

/// Where AWS is and who calls it. Lambda sets all of it, but for the endpoints.
pub(crate) struct AwsConfig {
    region: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    dynamodb_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
}

impl fmt::Debug for AwsConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is secret, or leads to what is.
        formatter.debug_struct("AwsConfig").field("region", &self.region).finish_non_exhaustive()
    }
}

impl AwsConfig {
    /// Reads the names that every AWS SDK reads.
    pub(crate) fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let config = Self {
            region: reader.required("AWS_REGION"),
            access_key_id: reader.required("AWS_ACCESS_KEY_ID"),
            secret_access_key: reader.required("AWS_SECRET_ACCESS_KEY"),
            session_token: reader.optional("AWS_SESSION_TOKEN"),
            dynamodb_endpoint: reader.optional("AWS_ENDPOINT_URL_DYNAMODB"),
            sqs_endpoint: reader.optional("AWS_ENDPOINT_URL_SQS"),
        };
        reader.finish(config)
    }

    /// The credentials that Lambda puts into the environment; they stay valid for as long as the instance lives.
    fn credentials(&self) -> Credentials {
        let (key, secret) = (self.access_key_id.clone(), self.secret_access_key.clone());
        Credentials::new(key, secret, self.session_token.clone(), None, "environment")
    }

    /// A DynamoDB client over this connector.
    pub(crate) fn dynamodb(&self, connector: SharedHttpClient) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials())
            .http_client(connector)
            .timeout_config(timeouts())
            .retry_config(retries())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An SQS client over this connector.
    pub(crate) fn sqs(&self, connector: SharedHttpClient) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials())
            .http_client(connector)
            .timeout_config(timeouts())
            .retry_config(retries())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(self.sqs_endpoint.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}

/// The connector that all clients of an instance share: hyper with rustls, cryptography by ring, Amazon's root certificates.
pub(crate) fn connector() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(amazon_roots())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_https()
}

fn amazon_roots() -> TlsContext {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    TlsContext::builder().with_trust_store(roots).build().unwrap_or_default()
}

/// The connector for requests to vendors: with the system's root certificates and limits of its own on connecting. What an answer may
/// take, the caller says.
pub fn outbound() -> SharedHttpConnector {
    outbound_within(Reach::Anywhere)
}

/// The connector for requests to vendors that are services of AWS: with Amazon's root certificates alone.
pub fn outbound_to_aws() -> SharedHttpConnector {
    vendor_connector(amazon_roots, Reach::Anywhere)
}

/// The connector for requests to addresses that somebody entered: it connects to servers within `reach` alone, whatever their names say.
pub fn outbound_within(reach: Reach) -> SharedHttpConnector {
    vendor_connector(TlsContext::default, reach)
}

fn vendor_connector(roots: fn() -> TlsContext, reach: Reach) -> SharedHttpConnector {
    SharedHttpConnector::new(VendorConnector { roots, reach, connector: OnceLock::new() })
}

/// Makes its connector when it is used first: reading the system's certificates takes longer than the rest of a start, and most of what
/// functions that ask vendors do is done without one.
#[derive(Debug)]
struct VendorConnector {
    roots: fn() -> TlsContext,
    reach: Reach,
    connector: OnceLock<Connector>,
}

impl VendorConnector {
    fn connector(&self) -> Connector {
        let settings = HttpConnectorSettings::builder().connect_timeout(VENDOR_CONNECT_TIMEOUT).build();
        Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context((self.roots)())
            .connector_settings(settings)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build_with_resolver(Within(self.reach))
    }
}

impl HttpConnector for VendorConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.connector.get_or_init(|| self.connector()).call(request)
    }
}

/// Finds the addresses of a name that are within reach.
#[derive(Clone, Copy, Debug)]
struct Within(Reach);

impl ResolveDns for Within {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            let addresses = found.map(|found| found.ip()).filter(|address| self.0.admits(*address)).collect::<Vec<_>>();
            if addresses.is_empty() {
                Err(ResolveDnsError::new("the name leads nowhere within reach"))
            } else {
                Ok(addresses)
            }
        })
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(BACKOFF_MAXIMUM)
}
