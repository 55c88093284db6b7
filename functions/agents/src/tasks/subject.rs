//! What a task works on, and that nothing else works on it at the same time.

use shared::clock::Timestamp;
use shared::id::OrganizationId;
use shared::model::agentic_run::OpenPostTask;
use shared::model::lead::Lead;
use shared::model::task::{Task, TaskInput};
use shared::store::{Store, Transaction, Versioned};

use super::recipients;
use crate::Error;

/// What a task works on.
pub(super) enum Subject {
    /// A lead, boxed because it is large.
    Lead(Box<Versioned<Lead>>),
    /// The organisation's posts.
    Posts,
    /// So many leads, all of whom may be written to.
    Recipients(usize),
}

impl Subject {
    /// What this input names; `missing` if it is not there.
    pub(super) async fn find(
        store: &Store,
        organization: OrganizationId,
        input: &TaskInput,
        missing: Error,
    ) -> Result<Self, Error> {
        match input {
            TaskInput::LeadFollowup { lead_id } => {
                let lead = store.get::<Lead>(&Lead::key_of(organization, *lead_id)).await?;
                lead.map(|lead| Self::Lead(Box::new(lead))).ok_or(missing)
            }
            TaskInput::SocialMediaPost => Ok(Self::Posts),
            TaskInput::EmailCampaign { lead_ids, .. } => {
                let faults = recipients::faults(store, organization, lead_ids).await?;
                if faults.is_empty() {
                    Ok(Self::Recipients(lead_ids.len()))
                } else {
                    Err(Error::RecipientsUnfit(faults))
                }
            }
        }
    }

    /// The title of a task that works on it.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Lead(lead) => Task::follow_up_title(&lead.details.name),
            Self::Posts => Task::POST_TITLE.to_owned(),
            Self::Recipients(leads) => Task::campaign_title(*leads),
        }
    }

    /// Marks it as worked on by this task, or says that another is at it.
    pub(super) fn open(&self, transaction: &mut Transaction<Error>, task: &Task, now: Timestamp) -> Result<(), Error> {
        match self {
            Self::Lead(lead) => {
                transaction.replace(lead, lead.with_follow_up(task.id, now).ok_or(Error::FollowUpOpen)?);
            }
            Self::Posts => {
                let marker = OpenPostTask { organization_id: task.organization_id, task_id: task.id };
                transaction.create_or(marker, Error::PostTaskOpen);
            }
            // Any number of campaigns may write to a lead, and each looks at it once more when its mail is sent.
            Self::Recipients(_) => {}
        }
        Ok(())
    }
}
