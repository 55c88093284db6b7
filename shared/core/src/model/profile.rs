//! What a person says of themselves, and who sees it.
//!
//! The row comes into being when the person first writes anything of it; until then nobody finds them in a search. It also counts the person's skills
//! and portfolio entries: whoever adds one replaces this row, so that the limits hold and a change of privacy is never half.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{FileId, UserId};
use crate::store::{Entity, Key};

/// How many skills a person names. With this many, all rows of a search move in one transaction.
pub const SKILLS_MAXIMUM: u16 = 30;
/// How many entries a portfolio has.
pub const PORTFOLIO_ENTRIES_MAXIMUM: u16 = 50;

/// Who sees a field beside the person and the platform's own staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Visibility {
    /// Everybody who is signed in.
    Public,
    /// Those whom the person is connected with.
    Connections,
    /// Those who are in an organisation with the person.
    Organization,
    /// Nobody.
    Private,
}

/// How somebody stands to the person whose profile they read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// It is the person, or the platform's own staff.
    pub sees_all: bool,
    /// They are connected.
    pub is_connected: bool,
    /// They are in an organisation together.
    pub shares_organization: bool,
}

impl Visibility {
    /// Whether this viewer sees a field of this visibility.
    pub const fn shows(self, viewer: Viewer) -> bool {
        match self {
            Self::Public => true,
            Self::Connections => viewer.sees_all || viewer.is_connected,
            Self::Organization => viewer.sees_all || viewer.shares_organization,
            Self::Private => viewer.sees_all,
        }
    }
}

/// Who sees which field. One that is left out has its default: the e-mail address is private, the time zone for organisations, all else
/// public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, garde::Validate)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Privacy {
    /// The name.
    pub name: Visibility,
    /// The e-mail address.
    pub email: Visibility,
    /// The headline.
    pub headline: Visibility,
    /// What the person tells about themselves.
    pub bio: Visibility,
    /// The city.
    pub city: Visibility,
    /// The country.
    pub country: Visibility,
    /// The links.
    pub links: Visibility,
    /// The time zone.
    pub time_zone: Visibility,
    /// The role.
    pub role: Visibility,
    /// The picture.
    pub avatar_file_id: Visibility,
    /// The skills.
    pub skills: Visibility,
    /// The portfolio.
    pub portfolio: Visibility,
}

impl Default for Privacy {
    fn default() -> Self {
        let public = Visibility::Public;
        Self {
            name: public,
            email: Visibility::Private,
            headline: public,
            bio: public,
            city: public,
            country: public,
            links: public,
            time_zone: Visibility::Organization,
            role: public,
            avatar_file_id: public,
            skills: public,
            portfolio: public,
        }
    }
}

/// What somebody is on the platform for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PersonRole {
    /// Builds a company.
    Founder,
    /// Invests in companies.
    Investor,
    /// Helps founders with experience.
    Mentor,
    /// Advises companies in their field.
    Advisor,
    /// Builds software or hardware.
    Engineer,
    /// Designs.
    Designer,
    /// Brings products to people.
    Marketer,
    /// Runs a company's business.
    Operator,
    /// Learns.
    Student,
    /// Something else.
    Other,
}

impl PersonRole {
    /// The name in the API and in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Founder => "founder",
            Self::Investor => "investor",
            Self::Mentor => "mentor",
            Self::Advisor => "advisor",
            Self::Engineer => "engineer",
            Self::Designer => "designer",
            Self::Marketer => "marketer",
            Self::Operator => "operator",
            Self::Student => "student",
            Self::Other => "other",
        }
    }
}

/// What a person says of themselves beside their name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileDetails {
    /// Who they are in a line.
    #[serde(default)]
    pub headline: Option<String>,
    /// Who they are.
    #[serde(default)]
    pub bio: Option<String>,
    /// Where they live.
    #[serde(default)]
    pub city: Option<String>,
    /// In which country, by its code of ISO 3166-1.
    #[serde(default)]
    pub country: Option<String>,
    /// Where else they are on the web.
    #[serde(default)]
    pub links: Vec<String>,
    /// Their time zone, by its name in the IANA database.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What they are here for.
    #[serde(default)]
    pub role: Option<PersonRole>,
    /// Their picture.
    #[serde(default)]
    pub avatar_file_id: Option<FileId>,
}

/// A person's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The account.
    pub user_id: UserId,
    /// What the person says of themselves.
    #[serde(flatten)]
    pub details: ProfileDetails,
    /// Who sees it.
    #[serde(default)]
    pub privacy: Privacy,
    /// How many skills they name.
    #[serde(default)]
    pub skill_count: u16,
    /// How many entries their portfolio has.
    #[serde(default)]
    pub portfolio_count: u16,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Profile {
    /// The profile of somebody who has written nothing yet.
    pub fn empty(user_id: UserId, now: Timestamp) -> Self {
        let (details, privacy) = (ProfileDetails::default(), Privacy::default());
        Self { user_id, details, privacy, skill_count: 0, portfolio_count: 0, updated_at: now }
    }

    /// Where the profile of this account lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "ABOUT")
    }

    /// Whether anything that has a value is shown only within an organisation: only then it matters whether one is shared.
    pub fn has_fields_for_organizations(&self) -> bool {
        let Self { details, privacy, .. } = self;
        let fields = [
            (privacy.name, true),
            (privacy.email, true),
            (privacy.headline, details.headline.is_some()),
            (privacy.bio, details.bio.is_some()),
            (privacy.city, details.city.is_some()),
            (privacy.country, details.country.is_some()),
            (privacy.links, !details.links.is_empty()),
            (privacy.time_zone, details.time_zone.is_some()),
            (privacy.role, details.role.is_some()),
            (privacy.avatar_file_id, details.avatar_file_id.is_some()),
        ];
        fields.into_iter().any(|(visibility, has_value)| has_value && visibility == Visibility::Organization)
    }
}

impl Entity for Profile {
    const TYPE: &'static str = "profile";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_circle_sees_its_own() {
        let stranger = Viewer::default();
        let connected = Viewer { is_connected: true, ..stranger };
        let colleague = Viewer { shares_organization: true, ..stranger };
        let own = Viewer { sees_all: true, ..stranger };
        let all = [Visibility::Public, Visibility::Connections, Visibility::Organization, Visibility::Private];
        let seen = |viewer| all.map(|visibility| visibility.shows(viewer));
        assert_eq!(seen(stranger), [true, false, false, false]);
        assert_eq!(seen(connected), [true, true, false, false]);
        assert_eq!(seen(colleague), [true, false, true, false]);
        assert_eq!(seen(own), [true; 4]);
    }

    #[test]
    fn an_organization_is_looked_for_only_where_it_matters() {
        let mut profile = Profile::empty(ulid::Ulid::from(7).into(), Timestamp::from_seconds(0));
        assert!(!profile.has_fields_for_organizations(), "the time zone has no value");
        profile.details.time_zone = Some("Europe/London".to_owned());
        assert!(profile.has_fields_for_organizations());
        profile.privacy.time_zone = Visibility::Public;
        assert!(!profile.has_fields_for_organizations());
        profile.privacy.email = Visibility::Organization;
        assert!(profile.has_fields_for_organizations());
    }

    #[test]
    fn a_field_left_out_of_privacy_has_its_default() {
        let privacy: Privacy = serde_json::from_str(r#"{"name":"private"}"#).unwrap();
        assert_eq!(privacy, Privacy { name: Visibility::Private, ..Privacy::default() });
        assert_eq!(privacy.email, Visibility::Private);
    }
}
