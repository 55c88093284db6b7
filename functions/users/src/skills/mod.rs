//! What people can do, and who says so.

pub(crate) mod add;
pub(crate) mod endorse;
pub(crate) mod list;
pub(crate) mod remove;
mod view;

use shared::id::UserId;
use shared::model::profile::SKILLS_MAXIMUM;
use shared::model::skill::Skill;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Listing, Versioned};

/// All skills of a person: one page holds as many as there may be.
pub(crate) async fn all_of(services: &Services, id: UserId) -> Result<Vec<Versioned<Skill>>, Problem> {
    let listing = Listing::of_partition(Skill::partition(id)).limit(SKILLS_MAXIMUM);
    Ok(services.store.list::<Skill>(&listing, None).await?.data)
}
