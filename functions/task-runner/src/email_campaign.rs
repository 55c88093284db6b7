//! `email_campaign`: one e-mail for many leads.

use shared::ai::{EmailCampaignBrief, complete_structured, prompt};
use shared::id::LeadId;
use shared::model::ai_configuration::AiConfiguration;
use shared::model::organization::Organization;
use shared::model::venture::Venture;
use shared_lambda::JobError;

use crate::Deps;
use crate::outcome::Outcome;
use crate::run::fault;

/// Writes the e-mail from what is known. Whom it goes to does not matter for it: each is greeted, and looked at once more, when it is sent.
pub(crate) async fn write_to_leads(
    deps: &Deps,
    organization: &Organization,
    lead_ids: &[LeadId],
    about: &str,
) -> Result<Outcome, JobError> {
    let store = &deps.services.store;
    let configuration = AiConfiguration::read(store, organization.id).await.map_err(fault)?;
    let brief = EmailCampaignBrief {
        about: Some(about.to_owned()),
        organization_name: Some(organization.name.clone()),
        venture_description: Venture::newest_description(store, organization.id).await?,
        personality: configuration.personality,
        tone: configuration.tone,
        goals: configuration.goals,
    };
    Ok(match complete_structured(&*deps.ai, prompt::email_campaign(brief)).await {
        Ok(answer) => Outcome::Campaign { lead_ids: lead_ids.to_vec(), message: answer.value, usage: answer.usage },
        Err(error) => Outcome::Failed(error.into()),
    })
}
