//! What an instance has once it has started.

use std::fmt;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use shared::clock::Clock;
use shared::config::{ConfigError, PlatformConfig, Variables};
use shared::id::Ids;
use shared::services::Services;

use crate::clock::PlatformClock;
use crate::connector::{AwsConfig, outbound};
use crate::entropy::CryptoEntropy;

/// What functions are wired from; built once per instance.
#[derive(Clone, Debug)]
pub struct Host {
    /// The table, the time, identifiers and what verifies callers.
    pub services: Services,
    /// The Worker's variables and secrets, from which a function reads its own configuration.
    pub variables: Variables,
    /// The way to others than AWS.
    pub outbound: SharedHttpConnector,
}

/// Why an instance cannot start: every fault that was found.
#[derive(Debug)]
pub(crate) struct StartError(Vec<ConfigError>);

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| writeln!(formatter, "{fault}"))
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl Host {
    /// The host of a Worker with these variables and secrets.
    pub(crate) fn new(variables: Variables) -> Result<Self, StartError> {
        match (PlatformConfig::read(&variables), AwsConfig::read(&variables)) {
            (Ok(platform), Ok(aws)) => {
                let clock = Clock::new(PlatformClock);
                let ids = Ids::new(clock.clone(), CryptoEntropy);
                let services = Services::new(aws.dynamodb(), clock, ids, platform);
                Ok(Self { services, variables, outbound: outbound() })
            }
            (platform, aws) => Err(StartError([platform.err(), aws.err()].into_iter().flatten().collect())),
        }
    }
}
