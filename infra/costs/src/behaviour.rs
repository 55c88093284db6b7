//! How people and machines behave: `behaviour.yaml`, where each number has its comment.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Behaviour.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "behaviour.yaml has a comment for each")]
pub struct Behaviour {
    pub users: Vec<u64>,
    pub daily_active_share: f64,
    pub paid_share: f64,
    pub peak_factor: f64,
    pub months_of_growth: f64,
    pub calls_per_active_user_day: BTreeMap<String, f64>,
    pub registrations_per_user_month: f64,
    pub calls_per_month: BTreeMap<String, f64>,
    pub engine_busy_share: f64,
    pub attempts_failed_share: f64,
    pub files: Files,
    pub machine: Machine,
}

/// What people keep in files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "behaviour.yaml has a comment for each")]
pub struct Files {
    pub bytes: f64,
    pub kept_share: f64,
    pub reads_per_link: f64,
}

/// What functions, queues and logs take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "behaviour.yaml has a comment for each")]
pub struct Machine {
    pub own_ms: f64,
    pub request_ms: f64,
    pub ai_ms: f64,
    pub worker_own_ms: f64,
    pub worker_password_ms: f64,
    pub worker_password_operations: Vec<String>,
    pub log_bytes: f64,
    pub log_months: f64,
    pub metrics: f64,
    pub pollers_per_queue: f64,
    pub poll_seconds: f64,
    pub instances_per_peak_call: f64,
}

impl Behaviour {
    /// The behaviour of `behaviour.yaml`.
    pub fn read() -> Self {
        serde_yaml_ng::from_str(include_str!("../behaviour.yaml")).expect("behaviour.yaml is readable")
    }
}
