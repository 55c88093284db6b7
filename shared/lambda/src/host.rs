//! What an instance has once it has started.

use std::cell::OnceCell;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use shared::clock::Clock;
use shared::config::{ConfigError, PlatformConfig, Reader, Variables};
use shared::http::HealthCheck;
use shared::id::Ids;
use shared::services::Services;

use crate::connection::{AwsConfig, connector};
use crate::native::{SystemClock, SystemEntropy};
use crate::queue::QueueSender;
use crate::secrets::resolved;

/// What functions are wired from; built once per instance.
#[derive(Debug)]
pub struct Host {
    /// The table, the time, identifiers and what verifies callers.
    pub services: Services,
    /// The environment, from which a function reads its own configuration.
    pub variables: Variables,
    /// What `/api/health` asks about: the table, and what a function adds that needs more than the table.
    pub health: HealthCheck,
    aws: AwsConfig,
    connector: SharedHttpClient,
    /// Made when the first queue is asked for: most functions have none.
    sqs: OnceCell<aws_sdk_sqs::Client>,
}

/// Why an instance cannot start: every fault that was found.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct StartError(Vec<ConfigError>);

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl Host {
    /// The host of this process's environment, with the secret that it names.
    ///
    /// # Errors
    /// When variables are missing or malformed, all of which are named, or the secret cannot be had.
    pub async fn from_environment() -> Result<Self, StartError> {
        // `vars` would panic at a value that is no text; nothing of ours is one.
        let texts =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_variables(resolved(texts.collect()).await?)
    }

    /// The host of this environment.
    ///
    /// # Errors
    /// When variables are missing or malformed; all of them are named.
    pub fn from_variables(variables: Variables) -> Result<Self, StartError> {
        let (platform, aws) = both(PlatformConfig::read(&variables), AwsConfig::read(&variables))?;
        let clock = Clock::new(SystemClock);
        let ids = Ids::new(clock.clone(), SystemEntropy);
        let connector = connector();
        let services = Services::new(aws.dynamodb(connector.clone()), clock, ids, platform);
        let health = HealthCheck::of_table(&services);
        Ok(Self { services, variables, health, aws, connector, sqs: OnceCell::new() })
    }

    /// The sender to the queue whose URL this variable holds.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn queue(&self, variable: &str) -> Result<QueueSender, ConfigError> {
        let mut reader = Reader::new(&self.variables);
        let url = reader.required(variable);
        // On the same connector as the table's client.
        let sqs = self.sqs.get_or_init(|| self.aws.sqs(self.connector.clone()));
        reader.finish(QueueSender::new(sqs.clone(), url))
    }
}

/// Both values, or the faults of both.
pub(crate) fn both<A, B>(a: Result<A, ConfigError>, b: Result<B, ConfigError>) -> Result<(A, B), StartError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(StartError([a.err(), b.err()].into_iter().flatten().collect())),
    }
}
