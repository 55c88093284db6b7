//! End-to-end tests.
//!
//! Every test drives a [`harness::TestPlatform`]: all functions, queues, the stream and the schedules of `template.yaml` over the embedded
//! DynamoDB, with tokio's paused clock as the platform's. A platform dropped with work left over fails its test.

mod campaigns;
mod files;
mod founder;
mod harness;
mod hosts;
mod journal;
mod linkedin;
mod mail;
mod main_job;
mod payments;
mod revocation;
mod rights;
mod rights_of_functions;
mod schedules;
mod second_factor;
mod template;
