//! A person as whoever asks may see them.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::{FileId, UserId};
use shared::model::connection::ConnectionState;
use shared::model::profile::{PersonRole, Profile, Viewer};
use shared::model::user::User;
use utoipa::ToSchema;

use crate::picture::Pictures;

/// A person. What the caller may not see is null or empty, as what the person did not tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub(crate) struct PersonView {
    /// The account's id.
    id: UserId,
    /// The name.
    #[schema(required)]
    name: Option<String>,
    /// The e-mail address.
    #[schema(required, format = Email)]
    email: Option<String>,
    /// Who they are in a line.
    #[schema(required)]
    headline: Option<String>,
    /// Who they are.
    #[schema(required)]
    bio: Option<String>,
    /// Where they live.
    #[schema(required)]
    city: Option<String>,
    /// In which country, by its code of ISO 3166-1.
    #[schema(required, example = "GB")]
    country: Option<String>,
    /// Where else they are on the web.
    links: Vec<String>,
    /// Their time zone, by its name in the IANA database.
    #[schema(required, example = "Europe/London")]
    time_zone: Option<String>,
    /// What they are here for.
    #[schema(required)]
    role: Option<PersonRole>,
    /// Their picture, a file of their own organisation.
    #[schema(required)]
    avatar_file_id: Option<FileId>,
    /// Where it is seen, for an hour at least. Whoever has the address needs no other proof of who they are.
    #[schema(required, format = "uri")]
    avatar_url: Option<String>,
    /// How the caller stands to them.
    #[schema(required)]
    connection: Option<ConnectionState>,
    /// When an operator suspended the account; only for the platform's staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    suspended_at: Option<Timestamp>,
    /// Since when they are here.
    created_at: Timestamp,
}

impl PersonView {
    pub(crate) fn new(
        user: User,
        profile: Profile,
        connection: Option<ConnectionState>,
        viewer: Viewer,
        pictures: &Pictures,
    ) -> Self {
        let Profile { details, privacy, .. } = profile;
        let avatar_file_id = details.avatar_file_id.filter(|_| privacy.avatar_file_id.shows(viewer));
        Self {
            id: user.id,
            name: Some(user.name).filter(|_| privacy.name.shows(viewer)),
            email: Some(user.email).filter(|_| privacy.email.shows(viewer)),
            headline: details.headline.filter(|_| privacy.headline.shows(viewer)),
            bio: details.bio.filter(|_| privacy.bio.shows(viewer)),
            city: details.city.filter(|_| privacy.city.shows(viewer)),
            country: details.country.filter(|_| privacy.country.shows(viewer)),
            links: if privacy.links.shows(viewer) { details.links } else { Vec::new() },
            time_zone: details.time_zone.filter(|_| privacy.time_zone.shows(viewer)),
            role: details.role.filter(|_| privacy.role.shows(viewer)),
            avatar_file_id,
            avatar_url: avatar_file_id.and_then(|file| pictures.url(user.id, file)),
            connection,
            suspended_at: user.suspended_at.filter(|_| viewer.sees_all),
            created_at: user.created_at,
        }
    }
}

/// A person in a list. Fields for organisations are not shown here, whoever asks: lists do not look up who shares one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonSummary {
    /// The account's id.
    pub(crate) id: UserId,
    /// The name.
    #[schema(required)]
    name: Option<String>,
    /// Who they are in a line.
    #[schema(required)]
    headline: Option<String>,
    /// Where they live.
    #[schema(required)]
    city: Option<String>,
    /// In which country, by its code of ISO 3166-1.
    #[schema(required)]
    country: Option<String>,
    /// What they are here for.
    #[schema(required)]
    role: Option<PersonRole>,
    /// Their picture, a file of their own organisation.
    #[schema(required)]
    avatar_file_id: Option<FileId>,
    /// Where it is seen, for an hour at least. Whoever has the address needs no other proof of who they are.
    #[schema(required, format = "uri")]
    avatar_url: Option<String>,
}

impl PersonSummary {
    pub(crate) fn new(user: &User, profile: Option<&Profile>, viewer: Viewer, pictures: &Pictures) -> Self {
        let absent = Profile::empty(user.id, user.created_at);
        let Profile { details, privacy, .. } = profile.unwrap_or(&absent);
        let avatar_file_id = details.avatar_file_id.filter(|_| privacy.avatar_file_id.shows(viewer));
        Self {
            id: user.id,
            name: Some(user.name.clone()).filter(|_| privacy.name.shows(viewer)),
            headline: details.headline.clone().filter(|_| privacy.headline.shows(viewer)),
            city: details.city.clone().filter(|_| privacy.city.shows(viewer)),
            country: details.country.clone().filter(|_| privacy.country.shows(viewer)),
            role: details.role.filter(|_| privacy.role.shows(viewer)),
            avatar_file_id,
            avatar_url: avatar_file_id.and_then(|file| pictures.url(user.id, file)),
        }
    }
}
