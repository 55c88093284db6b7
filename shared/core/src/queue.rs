//! What the queues carry: ids only. The table is the truth, a message a doorbell (DESIGN rule 4).

use serde::{Deserialize, Serialize};

use crate::id::{MailId, OrganizationId, TaskId, WebhookDeliveryId};
use crate::model::inbound_event::Provider;
use crate::trace::Trace;

/// On the `tasks` queue: this task may be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskMessage {
    /// The organisation the task belongs to.
    pub organization_id: OrganizationId,
    /// The task.
    pub task_id: TaskId,
    /// Where the doorbell comes from; the sweep's has none, and the task knows by itself where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// On the `mail` queue: this mail may be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailMessage {
    /// The mail.
    pub mail_id: MailId,
    /// Its name among the mails of one event.
    pub name: String,
    /// Where the doorbell comes from; the sweep's has none, and the mail knows by itself where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// On the `webhooks-out` queue: this delivery may be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookMessage {
    /// The organisation whose endpoint is told.
    pub organization_id: OrganizationId,
    /// The delivery.
    pub delivery_id: WebhookDeliveryId,
    /// Where the doorbell comes from; the sweep's has none, and the delivery knows by itself where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// On the `agentic` queue: run the agentic engine for this organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgenticMessage {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The hour the run is for (`2026-11-20T09`): however often the message comes, there is one run.
    pub slot: String,
    /// The occasion of the schedule.
    pub trace: Trace,
}

/// On the `webhooks` queue: this may be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum InboundMessage {
    /// An event of a vendor's.
    Event {
        /// The vendor.
        provider: Provider,
        /// The vendor's id of the event.
        event_id: String,
        /// Where the doorbell comes from; the sweep's has none, and the event knows by itself where it came in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace: Option<Trace>,
    },
    /// The review of an organisation's account, whose plan changes by time alone.
    Review {
        /// The organisation.
        organization_id: OrganizationId,
    },
}
