//! What two or more of Groundwork's functions need.
//!
//! The crate builds for Lambda, for Cloudflare Workers and for tests, and has no Cargo features. A function takes its state from
//! [`services::Services`], its caller from an [`access`] extractor, its input from [`http`], and changes state by one
//! [`store::Transaction`] with one [`event::Event`] in it. [`model`] holds every entity's item, keys and transitions; [`agentic`] the
//! rules that both the agents function and the hourly job follow; [`ledger`] moves BUZ, credits and usage units between accounts; [`ai`] the port to language models and its embedded default. A [`trace`]
//! follows work from function to function, and [`telemetry`] is what functions tell about themselves.

pub mod access;
pub mod account;
pub mod agentic;
pub mod ai;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod credits;
pub mod email;
pub mod encoding;
pub mod event;
mod function_error;
pub mod http;
pub mod id;
pub mod ledger;
pub mod model;
pub mod plan;
pub mod problem;
pub mod product;
pub mod queue;
pub mod reach;
pub mod sdk_error;
pub mod services;
pub mod shortfall;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod text;
pub mod trace;
