//! A skill as whoever asks may see it.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::SkillId;
use shared::model::skill::Skill;
use utoipa::ToSchema;

/// A skill of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Skill)]
pub(crate) struct SkillView {
    /// The skill's id, which follows from its name.
    id: SkillId,
    /// Its name, as the person wrote it.
    #[schema(example = "Rust")]
    name: String,
    /// How many people endorsed it.
    endorsements: u32,
    /// Whether the caller is among them.
    endorsed_by_me: bool,
    /// Since when the person names it.
    added_at: Timestamp,
}

impl SkillView {
    pub(crate) fn new(skill: Skill, endorsed_by_me: bool) -> Self {
        let Skill { id, name, endorsements, added_at, .. } = skill;
        Self { id, name, endorsements, endorsed_by_me, added_at }
    }
}
