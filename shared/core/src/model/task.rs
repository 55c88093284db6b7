//! A task that the platform carries out for an organisation, and how it moves from status to status.
//!
//! ```text
//! PENDING ──claim──▶ IN_PROGRESS ──▶ COMPLETED
//!    ▲                   │  └──────▶ FAILED (five attempts, or a fault that repeating cannot mend)
//!    └──attempt failed───┘
//! PENDING ──cancel──▶ CANCELLED          FAILED ──retry──▶ PENDING
//! ```
//!
//! The row is the truth: a worker claims it with a lease, and until the lease runs out nobody else can. The `due` index says when the
//! row must be looked at again, whatever happened to its doorbell.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::campaign::CampaignFigures;
use super::due;
use super::usage::{Limited, Usage};
use crate::clock::Timestamp;
use crate::event::Actor;
use crate::id::{LeadActivityId, LeadId, LeaseId, OrganizationId, PostId, TaskId};
use crate::plan::Plan;
use crate::store::{Entity, Indexes, Key, ListingIndex, Update};
use crate::trace::Trace;

/// How long a worker may hold a task; above the worker's own time-out.
pub const LEASE: Duration = Duration::from_secs(120);
/// How long the sweep leaves a task to its doorbell.
const DOORBELL_GRACE: Duration = Duration::from_secs(120);
/// How often a task is attempted before it fails for good.
pub const ATTEMPTS_MAXIMUM: u32 = 5;
/// The wait after the first failed attempt; it doubles with each.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Where a task stands (CONTRACT "agents").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// To be done.
    Pending,
    /// A worker is at it.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Failed,
    /// Waits for a person's word.
    AwaitingApproval,
    /// Called off.
    Cancelled,
}

impl TaskStatus {
    /// The name in the API and in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::AwaitingApproval => "AWAITING_APPROVAL",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What a task does (CONTRACT "task-runner").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Writes a message to a lead.
    LeadFollowup,
    /// Writes a post.
    SocialMediaPost,
    /// Writes an e-mail and sends it to leads.
    EmailCampaign,
}

/// What a task works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskInput {
    /// Write a message to this lead.
    #[serde(rename_all = "camelCase")]
    LeadFollowup {
        /// The lead.
        lead_id: LeadId,
    },
    /// Write a post about what the organisation does.
    SocialMediaPost,
    /// Write an e-mail and send it to each of these leads.
    #[serde(rename_all = "camelCase")]
    EmailCampaign {
        /// The leads.
        lead_ids: Vec<LeadId>,
        /// What the e-mail is to say.
        about: String,
    },
}

impl TaskInput {
    /// What kind of task works on it.
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::LeadFollowup { .. } => TaskKind::LeadFollowup,
            Self::SocialMediaPost => TaskKind::SocialMediaPost,
            Self::EmailCampaign { .. } => TaskKind::EmailCampaign,
        }
    }

    /// What of the plan a task uses that works on it: a campaign an e-mail for each recipient.
    pub fn usage(&self) -> Vec<(Limited, u32)> {
        match self {
            Self::LeadFollowup { .. } => vec![(Limited::Tasks, 1)],
            Self::SocialMediaPost => vec![(Limited::Tasks, 1), (Limited::Posts, 1)],
            Self::EmailCampaign { lead_ids, .. } => {
                vec![(Limited::Tasks, 1), (Limited::Emails, u32::try_from(lead_ids.len()).unwrap_or(u32::MAX))]
            }
        }
    }
}

/// What a task brought about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskOutput {
    /// A message to a lead, ready to be sent.
    #[serde(rename_all = "camelCase")]
    LeadFollowup {
        /// The activity it was added to the lead as.
        activity_id: LeadActivityId,
        /// The message's subject.
        subject: String,
        /// The message.
        body: String,
        /// What to do next.
        next_step: String,
    },
    /// A post, as a draft.
    #[serde(rename_all = "camelCase")]
    SocialMediaPost {
        /// The post.
        post_id: PostId,
        /// Its text.
        text: String,
        /// Its hashtags.
        hashtags: Vec<String>,
    },
    /// An e-mail to the leads, which goes out by and by.
    #[serde(rename_all = "camelCase")]
    EmailCampaign {
        /// The e-mail's subject.
        subject: String,
        /// The e-mail between its greeting and its signature, which are put in when it is sent.
        body: String,
        /// What became of the mails so far.
        figures: CampaignFigures,
    },
}

/// Why a task's last attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskError {
    /// A stable name of the fault.
    pub code: String,
    /// What happened, for people.
    pub message: String,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task's id.
    pub id: TaskId,
    /// The organisation it is done for.
    pub organization_id: OrganizationId,
    /// In a line.
    pub title: String,
    /// What it works on.
    pub input: TaskInput,
    /// Where it stands.
    pub status: TaskStatus,
    /// How often it was begun.
    pub attempts: u32,
    /// What it brought about, when completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<TaskOutput>,
    /// Why its last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// Who asked for it.
    pub created_by: Actor,
    /// Where it comes from: what its worker does belongs to that.
    pub trace: Trace,
    /// When.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when it may be done; while a worker is at it, until when it is the worker's.
    pub due_at: Timestamp,
    /// The month whose usage it was reserved in.
    pub usage_month: String,
    /// The last claim. It tells two workers apart that claim in the same millisecond, which would otherwise write the same row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_id: Option<LeaseId>,
}

impl Task {
    /// The kind of the `due` index under which tasks stand.
    pub const DUE: &'static str = "TASK";

    /// The title of a task that writes a post.
    pub const POST_TITLE: &'static str = "Write a post";

    /// The title of a task that writes to a lead.
    pub fn follow_up_title(lead_name: &str) -> String {
        format!("Follow up with {lead_name}")
    }

    /// The title of a task that writes to so many leads at once.
    pub fn campaign_title(leads: usize) -> String {
        if leads == 1 { "E-mail to a lead".to_owned() } else { format!("E-mail to {leads} leads") }
    }

    /// A new task, due at once.
    pub fn new(
        id: TaskId,
        organization: OrganizationId,
        title: String,
        input: TaskInput,
        created_by: Actor,
        trace: Trace,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization_id: organization,
            title,
            input,
            status: TaskStatus::Pending,
            attempts: 0,
            output: None,
            error: None,
            created_by,
            trace: trace.continued(),
            created_at: now,
            updated_at: now,
            due_at: now,
            usage_month: now.month(),
            lease_id: None,
        }
    }

    /// The partition of an organisation's tasks.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#TASK")
    }

    /// The list of an organisation's tasks of one status.
    pub fn listing(organization: OrganizationId, status: TaskStatus) -> String {
        format!("ORG#{organization}#TASK#{}", status.name())
    }

    /// Where a task lies.
    pub fn key_of(organization: OrganizationId, task: TaskId) -> Key {
        Key::new(Self::partition(organization), task.to_string())
    }

    /// Which task of which organisation lies at `key`; none if no task can.
    pub fn ids_of(key: &Key) -> Option<(OrganizationId, TaskId)> {
        let organization = key.pk.strip_prefix("ORG#")?.strip_suffix("#TASK")?;
        Some((organization.parse().ok()?, key.sk.parse().ok()?))
    }

    /// The write that reserves what the task uses of the plan; its condition fails when a limit is reached.
    pub fn reserve(&self, plan: &Plan) -> Update {
        Usage::reserve(self.organization_id, &self.usage_month, &self.input.usage(), plan)
    }

    /// The task as a worker holds it from now on; `None` if it is not due, or another worker's, or over.
    #[must_use]
    pub fn claimed(&self, lease: LeaseId, now: Timestamp) -> Option<Self> {
        let open = matches!(self.status, TaskStatus::Pending | TaskStatus::InProgress);
        (open && self.due_at <= now).then(|| Self {
            status: TaskStatus::InProgress,
            attempts: self.attempts.saturating_add(1),
            due_at: now.plus(LEASE),
            updated_at: now,
            lease_id: Some(lease),
            ..self.clone()
        })
    }

    /// The task done.
    #[must_use]
    pub fn completed(&self, output: TaskOutput, now: Timestamp) -> Self {
        Self { status: TaskStatus::Completed, output: Some(output), error: None, updated_at: now, ..self.clone() }
    }

    /// The campaign with other figures; `None` unless the task is a campaign that was written.
    #[must_use]
    pub fn with_figures(
        &self,
        change: impl FnOnce(CampaignFigures) -> CampaignFigures,
        now: Timestamp,
    ) -> Option<Self> {
        let Some(TaskOutput::EmailCampaign { subject, body, figures }) = self.output.clone() else { return None };
        let output = TaskOutput::EmailCampaign { subject, body, figures: change(figures) };
        Some(Self { output: Some(output), updated_at: now, ..self.clone() })
    }

    /// The task after an attempt failed: pending again after a pause, or failed if repeating cannot mend it or was tried enough.
    #[must_use]
    pub fn attempt_failed(&self, error: TaskError, repeatable: bool, now: Timestamp) -> Self {
        let error = Some(error);
        if repeatable && self.attempts < ATTEMPTS_MAXIMUM {
            let pause = RETRY_PAUSE * 2_u32.saturating_pow(self.attempts.saturating_sub(1));
            let due_at = now.plus(pause);
            Self { status: TaskStatus::Pending, error, due_at, updated_at: now, ..self.clone() }
        } else {
            Self { status: TaskStatus::Failed, error, updated_at: now, ..self.clone() }
        }
    }

    /// The task called off; `None` unless it is still pending.
    #[must_use]
    pub fn cancelled(&self, now: Timestamp) -> Option<Self> {
        let pending = self.status == TaskStatus::Pending;
        pending.then(|| Self { status: TaskStatus::Cancelled, updated_at: now, ..self.clone() })
    }

    /// The task to be tried again from the start; `None` unless it failed.
    #[must_use]
    pub fn retried(&self, trace: Trace, now: Timestamp) -> Option<Self> {
        (self.status == TaskStatus::Failed).then(|| Self {
            status: TaskStatus::Pending,
            attempts: 0,
            error: None,
            trace: trace.continued(),
            due_at: now,
            updated_at: now,
            usage_month: now.month(),
            ..self.clone()
        })
    }
}

impl Entity for Task {
    const TYPE: &'static str = "task";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let listing =
            ListingIndex { partition: Self::listing(self.organization_id, self.status), sort: self.id.to_string() };
        let ring_at = match self.status {
            TaskStatus::Pending if self.attempts == 0 => Some(self.due_at.plus(DOORBELL_GRACE)),
            TaskStatus::Pending | TaskStatus::InProgress => Some(self.due_at),
            _ => None,
        };
        let due = ring_at.map(|at| due(Self::DUE, self.id.ulid(), at.to_string()));
        Indexes { listing: Some(listing), due, expires_at: None }
    }
}

#[cfg(test)]
mod tests;
