//! What a person can do, and who says so.
//!
//! A skill's id follows from its name as searches see it, so that "Rust" and "rust" are one, and a repeat finds what the first time made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::encoding::derived_id;
use crate::id::{SkillId, UserId};
use crate::store::{Entity, Indexes, Key, ListingIndex};
use crate::text;

/// A skill of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skill {
    /// The skill's id, which follows from its name.
    pub id: SkillId,
    /// The person.
    pub user_id: UserId,
    /// The name as the person wrote it.
    pub name: String,
    /// How many people endorsed it.
    pub endorsements: u32,
    /// Since when the person names it.
    pub added_at: Timestamp,
}

impl Skill {
    /// The skill of this name. One that is nothing but signs keeps them: "C++" and "C" are two.
    pub fn id_of(name: &str) -> SkillId {
        SkillId::from(derived_id(&Self::term_of(name)))
    }

    /// The name as it is compared: in lower case, and with its signs.
    pub fn term_of(name: &str) -> String {
        text::line(&name.to_lowercase())
    }

    /// The partition of a person's skills.
    pub fn partition(user: UserId) -> String {
        format!("USER#{user}#SKILL")
    }

    /// Where a skill of a person lies.
    pub fn key_of(user: UserId, skill: SkillId) -> Key {
        Key::new(Self::partition(user), skill.to_string())
    }
}

impl Entity for Skill {
    const TYPE: &'static str = "skill";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.id)
    }
}

/// "This person says that one has this skill." One row for each pair, so that nobody counts twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endorsement {
    /// Whose skill.
    pub user_id: UserId,
    /// Which.
    pub skill_id: SkillId,
    /// Who says so.
    pub endorser_id: UserId,
    /// Since when.
    pub at: Timestamp,
}

impl Endorsement {
    /// The partition of what others said of a person's skills.
    pub fn partition(user: UserId) -> String {
        format!("USER#{user}#ENDORSEMENT")
    }

    /// The list of what a person said of others' skills.
    pub fn given_by(endorser: UserId) -> String {
        format!("USER#{endorser}#ENDORSED")
    }

    /// What the sort keys of a skill's endorsements begin with.
    pub fn prefix(skill: SkillId) -> String {
        format!("{skill}#")
    }

    /// Where an endorsement lies.
    pub fn key_of(user: UserId, skill: SkillId, endorser: UserId) -> Key {
        Key::new(Self::partition(user), format!("{}{endorser}", Self::prefix(skill)))
    }
}

impl Entity for Endorsement {
    const TYPE: &'static str = "endorsement";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.skill_id, self.endorser_id)
    }

    fn indexes(&self) -> Indexes {
        let partition = Self::given_by(self.endorser_id);
        let listing = ListingIndex { partition, sort: format!("{}#{}", self.user_id, self.skill_id) };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_skill_has_one_id_however_it_is_spelt() {
        let id = Skill::id_of("Rust");
        assert!([" rust ", "RUST"].iter().all(|name| Skill::id_of(name) == id));
        assert!(["Rus", "C", "C++", "C#"].iter().all(|name| Skill::id_of(name) != id));
        assert_ne!(Skill::id_of("C"), Skill::id_of("C++"));
        assert_eq!(id.to_string().parse::<SkillId>().unwrap(), id);
    }
}
