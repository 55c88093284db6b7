//! The platform's table for one test.

use embedded::template::Template;
use embedded::wire::WireConnector;
use embedded::{EmbeddedDynamoDb, WireService};
use shared::clock::Clock;
use shared::config::{PlatformConfig, Variables};
use shared::id::Ids;
use shared::services::Services;

use crate::{FaultPlan, FaultyDynamoDb, SeededEntropy, TestClock};

/// The template that is deployed; tests make their table from it.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A table of one's own, and what functions are given on top of it.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The embedded DynamoDB, for looking behind the scenes.
    pub dynamodb: EmbeddedDynamoDb,
    /// What functions are given.
    pub services: Services,
}

impl Cloud {
    /// A fresh table and the seed 1. The test must run on a current-thread runtime with its clock paused.
    pub fn new() -> Self {
        let dynamodb = Self::table();
        Self::over(dynamodb.clone(), dynamodb, 1)
    }

    /// A fresh table whose requests suffer the faults that follow from `plan`'s seed.
    pub fn with_faults(plan: FaultPlan) -> Self {
        let dynamodb = Self::table();
        Self::over(dynamodb.clone(), FaultyDynamoDb::new(dynamodb, plan), plan.seed)
    }

    /// The same table and time without the faults, for arranging a test and looking at its end.
    pub fn without_faults(&self) -> Self {
        let Services { clock, config, .. } = &self.services;
        let ids = Ids::new(clock.clone(), SeededEntropy::new(u64::MAX));
        let services = Services::new(self.dynamodb.client(), clock.clone(), ids, PlatformConfig::clone(config));
        Self { dynamodb: self.dynamodb.clone(), services }
    }

    /// An empty table as the template describes it.
    pub fn table() -> EmbeddedDynamoDb {
        let dynamodb = EmbeddedDynamoDb::in_memory().expect("SQLite opens a database in memory");
        let template = Template::read(TEMPLATE).expect("the template is readable");
        template.create_tables(&dynamodb).expect("the template's tables can be made");
        dynamodb
    }

    fn over(dynamodb: EmbeddedDynamoDb, service: impl WireService, seed: u64) -> Self {
        let client = aws_sdk_dynamodb::Client::from_conf(dynamodb.config().http_client(WireConnector(service)).build());
        let clock = Clock::new(TestClock::start());
        let ids = Ids::new(clock.clone(), SeededEntropy::new(seed));
        let variables = [("TABLE_NAME", "groundwork-local-platform"), ("ENVIRONMENT", "test")];
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
