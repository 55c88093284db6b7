//! `lead_followup`: a message to a lead.

use std::time::Duration;

use shared::ai::{LeadFollowUpBrief, complete_structured, prompt};
use shared::clock::Timestamp;
use shared::event::Actor;
use shared::id::LeadId;
use shared::model::ai_configuration::AiConfiguration;
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::organization::Organization;
use shared::model::task::Task;
use shared::model::user::User;
use shared::model::venture::Venture;
use shared::store::Listing;
use shared_lambda::JobError;

use crate::Deps;
use crate::outcome::{Failure, Outcome};
use crate::run::fault;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many of a lead's activities are looked at to count its follow-ups, which vary the wording.
const ACTIVITIES_COUNTED: u16 = 50;

/// Writes the message from what is known.
pub(crate) async fn write_to_lead(
    deps: &Deps,
    organization: &Organization,
    task: &Task,
    lead_id: LeadId,
) -> Result<Outcome, JobError> {
    let store = &deps.services.store;
    let Some(lead) = store.get::<Lead>(&Lead::key_of(organization.id, lead_id)).await.map_err(fault)? else {
        return Ok(Outcome::Failed(Failure::LEAD_GONE));
    };
    let LeadDetails { name, company, title, status, priority, last_contacted_at, notes, .. } = lead.value.details;
    let now = deps.services.clock.now();
    let configuration = AiConfiguration::read(store, organization.id).await.map_err(fault)?;
    let brief = LeadFollowUpBrief {
        lead_name: Some(name),
        company,
        title,
        status: Some(status),
        priority: Some(priority),
        days_since_contact: last_contacted_at.map(|at| days_between(at, now)),
        follow_ups_sent: Some(follow_ups(deps, organization, lead_id).await?),
        notes,
        organization_name: Some(organization.name.clone()),
        venture_description: Venture::newest_description(store, organization.id).await?,
        sender_name: sender(deps, task.created_by).await?,
        personality: configuration.personality,
        tone: configuration.tone,
        goals: configuration.goals,
    };
    Ok(match complete_structured(&*deps.ai, prompt::lead_follow_up(brief)).await {
        Ok(answer) => Outcome::FollowUp { lead_id, message: answer.value, usage: answer.usage },
        Err(error) => Outcome::Failed(error.into()),
    })
}

fn days_between(earlier: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(now.since(earlier).as_secs() / DAY.as_secs()).unwrap_or(u32::MAX)
}

async fn follow_ups(deps: &Deps, organization: &Organization, lead: LeadId) -> Result<u32, JobError> {
    let listing = Listing::of_partition(LeadActivity::partition(organization.id, lead));
    let listing = listing.newest_first().limit(ACTIVITIES_COUNTED);
    let page = deps.services.store.list::<LeadActivity>(&listing, None).await?;
    let count = page.data.iter().filter(|activity| activity.kind == LeadActivityKind::Task).count();
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Who signs: the person who asked for the task, if a person did.
async fn sender(deps: &Deps, created_by: Actor) -> Result<Option<String>, JobError> {
    let Actor::User { user_id } = created_by else { return Ok(None) };
    let user = deps.services.store.get::<User>(&User::key_of(user_id)).await.map_err(fault)?;
    Ok(user.map(|user| user.value.name))
}
