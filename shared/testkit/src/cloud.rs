//! The platform's tables for one test.

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use embedded::template::Template;
use embedded::wire::WireConnector;
use embedded::{EmbeddedDynamoDb, Execution, S3, WireService};
use shared::clock::{Clock, TimeSource};
use shared::config::{PlatformConfig, Variables};
use shared::id::Ids;
use shared::services::Services;

use crate::confidential::{self, Remembering};
use crate::{FaultPlan, FaultyDynamoDb, Overlapping, SeededEntropy, SystemClock, TestClock};

/// The template that is deployed; tests make their table from it.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What `shared-lambda` grants an attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// What `shared-lambda` grants a call with all its repeats.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);

/// A table of one's own, and what functions are given on top of it.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The embedded DynamoDB, for looking behind the scenes.
    pub dynamodb: EmbeddedDynamoDb,
    /// What functions are given.
    pub services: Services,
}

impl Cloud {
    /// A fresh table and the seed 1. The test must run on a current-thread runtime with its clock paused. Commands that are sent at once go
    /// in step ([`Overlapping`]).
    pub fn new() -> Self {
        let dynamodb = Self::table();
        Self::through(dynamodb.clone(), Overlapping::in_step(dynamodb))
    }

    /// A fresh table on which commands that are sent at once overtake each other as it follows from a seed.
    pub fn with_timing(seed: u64) -> Self {
        let dynamodb = Self::table();
        Self::over(dynamodb.clone(), Overlapping::seeded(dynamodb, seed), TestClock::start(), seed)
    }

    /// A fresh table whose requests suffer the faults that follow from `plan`'s seed.
    pub fn with_faults(plan: FaultPlan) -> Self {
        let dynamodb = Self::table();
        Self::over(dynamodb.clone(), FaultyDynamoDb::new(dynamodb, plan), TestClock::start(), plan.seed)
    }

    /// This table as `service` gives it, such as one that refuses what a test says.
    pub fn through(dynamodb: EmbeddedDynamoDb, service: impl WireService) -> Self {
        Self::over(dynamodb, service, TestClock::start(), 1)
    }

    /// A fresh table on the system's time, for functions that run as processes of their own.
    pub fn live() -> Self {
        let dynamodb = Self::table().with_execution(Execution::BlockingPool);
        Self::over(dynamodb.clone(), dynamodb, SystemClock, 1)
    }

    /// The same table and time without the faults, for arranging a test and looking at its end.
    pub fn without_faults(&self) -> Self {
        let Services { clock, config, .. } = &self.services;
        let ids = Ids::new(clock.clone(), SeededEntropy::new(u64::MAX));
        let client = Self::client(&self.dynamodb, Overlapping::in_step(self.dynamodb.clone()));
        let services = Services::new(client, clock.clone(), ids, PlatformConfig::clone(config));
        Self { dynamodb: self.dynamodb.clone(), services }
    }

    /// The SDK's client whose requests to this table `service` answers. A call has the time that it has on Lambda.
    pub fn client(dynamodb: &EmbeddedDynamoDb, service: impl WireService) -> aws_sdk_dynamodb::Client {
        confidential::watch();
        let limits =
            TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build();
        let config = dynamodb.config().timeout_config(limits).http_client(WireConnector(Remembering(service)));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An empty table as the template describes it.
    pub fn table() -> EmbeddedDynamoDb {
        confidential::forget();
        let dynamodb = EmbeddedDynamoDb::in_memory().expect("SQLite opens a database in memory");
        let template = Template::read(TEMPLATE).expect("the template is readable");
        template.create_tables(&dynamodb).expect("the template's tables can be made");
        dynamodb
    }

    /// A bucket by this cloud's time, which lets functions do what the template grants them.
    pub fn bucket(&self) -> S3 {
        let template = Template::read(TEMPLATE).expect("the template is readable");
        let policies = template.policies(TEMPLATE).expect("the template's policies are readable");
        let clock = self.services.clock.clone();
        S3::new(&template.buckets["FilesBucket"], policies, move || clock.now().as_milliseconds())
    }

    fn over(dynamodb: EmbeddedDynamoDb, service: impl WireService, time: impl TimeSource + 'static, seed: u64) -> Self {
        // The SDK draws how long it waits between attempts; with this a seed brings the same waits, and so the same faults, again.
        fastrand::seed(seed);
        let client = Self::client(&dynamodb, service);
        let clock = Clock::new(time);
        let ids = Ids::new(clock.clone(), SeededEntropy::new(seed));
        let variables = [
            ("TABLE_NAME", "groundwork-local-platform"),
            ("LEDGER_TABLE_NAME", "groundwork-local-ledger"),
            ("ENVIRONMENT", "test"),
        ];
        let variables: Variables =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let config = PlatformConfig::read(&variables).expect("the test's configuration is complete");
        Self { dynamodb, services: Services::new(client, clock, ids, config) }
    }
}

impl Default for Cloud {
    fn default() -> Self {
        Self::new()
    }
}
