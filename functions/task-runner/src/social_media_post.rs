//! `social_media_post`: a post about what the organisation does.

use std::time::Duration;

use shared::ai::{SocialMediaPostBrief, complete_structured, prompt};
use shared::model::ai_configuration::AiConfiguration;
use shared::model::organization::Organization;
use shared::model::post::Post;
use shared::model::venture::Venture;
use shared_lambda::JobError;

use crate::Deps;
use crate::outcome::Outcome;
use crate::run::fault;

/// The posts that are counted to vary the wording.
const COUNTED_WINDOW: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const POSTS_COUNTED: u16 = 100;

/// Writes the post from what is known.
pub(crate) async fn write_post(deps: &Deps, organization: &Organization) -> Result<Outcome, JobError> {
    let (store, now) = (&deps.services.store, deps.services.clock.now());
    let made = Post::written_within(store, organization.id, COUNTED_WINDOW, now, POSTS_COUNTED).await?;
    let configuration = AiConfiguration::read(store, organization.id).await.map_err(fault)?;
    let brief = SocialMediaPostBrief {
        organization_name: Some(organization.name.clone()),
        industry: configuration.industry.or_else(|| organization.industry.clone()),
        venture_description: Venture::newest_description(store, organization.id).await?,
        personality: configuration.personality,
        tone: configuration.tone,
        goals: configuration.goals,
        posts_made: u32::try_from(made).ok(),
        ..SocialMediaPostBrief::default()
    };
    Ok(match complete_structured(&*deps.ai, prompt::social_media_post(brief)).await {
        Ok(answer) => Outcome::Post { draft: answer.value, usage: answer.usage },
        Err(error) => Outcome::Failed(error.into()),
    })
}
