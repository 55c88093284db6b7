//! A run of the agentic engine for one organisation: what it saw and what it did.
//!
//! The row makes a run happen once: every task it creates is recorded here in the task's own transaction, so a run that crashed is
//! continued, a duplicate finds it finished, and never does one run create more than it may.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{LeadId, OrganizationId, TaskId};
use crate::store::{Entity, Indexes, Key};

/// What the engine notices (CONTRACT "agentic-run").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsightKind {
    /// Leads that wait for an answer from us.
    StaleLeads,
    /// Too few posts.
    LowContentOutput,
    /// Too many pending tasks.
    TaskBacklog,
}

/// What an insight rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// How many were found.
    pub count: u32,
    /// Whether there are more than were counted.
    pub more: bool,
    /// The leads that count most, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub lead_ids: Vec<LeadId>,
}

/// Something the engine noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Insight {
    /// What.
    #[serde(rename = "type")]
    pub kind: InsightKind,
    /// How sure it is, from 0 to 1; it acts above 0.75.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    /// Why, in a sentence.
    pub reason: String,
    /// What it rests on.
    pub evidence: Evidence,
}

/// Something the engine did about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// It created a task that writes to a lead.
    #[serde(rename_all = "camelCase")]
    LeadFollowup {
        /// The task.
        task_id: TaskId,
        /// The lead.
        lead_id: LeadId,
    },
    /// It created a task that writes a post.
    #[serde(rename_all = "camelCase")]
    SocialMediaPost {
        /// The task.
        task_id: TaskId,
    },
    /// It warns.
    #[serde(rename_all = "camelCase")]
    Warning {
        /// Of what, and what to do.
        message: String,
    },
    /// It would have done more, but the plan's limit is reached.
    #[serde(rename_all = "camelCase")]
    LimitReached {
        /// Which limit, and what to do.
        message: String,
    },
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgenticRun {
    /// The run's name: the hour it is for, or an id when a person asked for it.
    pub id: String,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it did.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// What it noticed.
    pub insights: Vec<Insight>,
    /// What it did so far.
    pub actions: Vec<Action>,
}

impl AgenticRun {
    /// The partition of an organisation's runs.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#AGENTIC_RUN")
    }

    /// Where a run lies.
    pub fn key_of(organization: OrganizationId, id: &str) -> Key {
        Key::new(Self::partition(organization), id)
    }
}

impl Entity for AgenticRun {
    const TYPE: &'static str = "agenticRun";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.id)
    }

    fn indexes(&self) -> Indexes {
        let kept = Duration::from_secs(7 * 24 * 60 * 60);
        Indexes { expires_at: Some(self.started_at.plus(kept)), ..Indexes::default() }
    }
}

/// The marker that keeps an organisation to one open post task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPostTask {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The task.
    pub task_id: TaskId,
}

impl OpenPostTask {
    /// Where the marker lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "OPEN_POST_TASK")
    }
}

impl Entity for OpenPostTask {
    const TYPE: &'static str = "openPostTask";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id)
    }
}
