//! `GET /api/users/{userId}/export`
//!
//! Everything that the platform has of a person, a page at a time: the account and what hangs on it, and the whole personal organisation. A
//! client that follows `nextCursor` to its end has it all in one document; an archive by link needs a place for files, which there is none of
//! yet. What was done in other organisations belongs to those.

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::access::Principal;
use shared::http::{Path, Query};
use shared::id::{OrganizationId, UserId};
use shared::model::connection::Connection;
use shared::model::organization_data::Place;
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::skill::{Endorsement, Skill};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Item, Key, Listing, Page, StoreError};
use utoipa::{IntoParams, ToSchema};

use crate::Error;

/// How many records a page has: the largest are some ten kilobytes, and an answer may have six megabytes.
const PAGE: usize = 50;
/// How many queries a page is made of at most; rows that have others below them need one each.
const READS_MAXIMUM: usize = 25;

/// What is given away. Whatever is not named here (what one signs in with, what is kept to work with) stays.
const TYPES: [&str; 23] = [
    "user",
    "profile",
    "session",
    "linkedIdentity",
    "formerEmail",
    "membership",
    "lastActiveDay",
    "connectionCount",
    "connection",
    "skill",
    "endorsement",
    "portfolioEntry",
    "organization",
    "aiConfiguration",
    "usage",
    "event",
    "venture",
    "lead",
    "leadActivity",
    "task",
    "post",
    "conversation",
    "message",
];

/// What is kept of a record to find it by, to sign in with, or of somebody else's.
const KEPT: [&str; 12] = [
    "pk",
    "sk",
    "entity",
    "version",
    "listingPk",
    "listingSk",
    "duePk",
    "dueSk",
    "ttl",
    "refreshHash",
    "previousRefreshHash",
    // Nobody is told that another has blocked them.
    "blockedByOther",
];

/// Which part of it.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `nextCursor` of the page before; the first page without it.
    #[garde(length(bytes, max = 2048))]
    #[serde(default)]
    #[param(min_length = 1, max_length = 2048, pattern = "^[A-Za-z0-9_.-]+$")]
    cursor: Option<String>,
}

/// Something that the platform has of a person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedRecord {
    /// What it is: `user`, `profile`, `session`, `lead`, `message`, …
    #[serde(rename = "type")]
    #[schema(example = "profile")]
    kind: String,
    /// All of it.
    #[schema(value_type = Object)]
    record: Value,
}

/// Everything of the caller: account, profile, sessions, linked identities, memberships, connections, skills and their endorsements, portfolio, and the
/// personal organisation with its events, ventures, leads, tasks, posts and conversations. Follow `nextCursor` until it is null; a page
/// may be empty and still have a next.
#[utoipa::path(
    get, path = "/api/users/{userId}/export", operation_id = "exportUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ExportQuery),
    responses(
        (status = 200, description = "A page of records.", body = Page<ExportedRecord>),
        (status = 403, description = "`forbidden`: the account is another's."),
    )
)]
pub(crate) async fn export_user(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    Query(query): Query<ExportQuery>,
) -> Result<Json<Page<ExportedRecord>>, Error> {
    if principal.user_id != id {
        return Err(Error::NotYours);
    }
    let (places, organization) = (places(id), id.personal_organization());
    let mut position = match query.cursor.as_deref() {
        None => Position::start(),
        Some(cursor) => Position::parse(cursor).ok_or_else(refused)?,
    };
    let mut data = Vec::new();
    for _ in 0..READS_MAXIMUM {
        let Some(place) = places.get(position.place) else {
            return Ok(Json(Page { data, next_cursor: None }));
        };
        let room = PAGE.saturating_sub(data.len());
        if room == 0 {
            break;
        }
        let items = position.read(&services, place, organization, room).await?;
        for item in items {
            data.extend(exported(item)?);
        }
    }
    let next_cursor = places.get(position.place).map(|_| position.text());
    Ok(Json(Page { data, next_cursor }))
}

/// Where everything of a person lies.
fn places(id: UserId) -> Vec<Place> {
    let own = [
        Listing::of_partition(User::key_of(id).pk),
        Listing::of_partition(Connection::partition(id)),
        Listing::of_partition(Skill::partition(id)),
        Listing::of_partition(Endorsement::partition(id)),
        Listing::of_partition(PortfolioEntry::partition(id)),
    ];
    own.into_iter().map(Place::of_rows).chain(Place::all(id.personal_organization())).collect()
}

fn refused() -> Problem {
    Problem::malformed("cursor", "is not a cursor of this list; use `nextCursor` of its last page as it came")
}

/// How far an export has come: which place, where in it, and below which of its rows.
struct Position {
    place: usize,
    /// The cursor of the place's rows, if it is not at their start.
    rows: Option<String>,
    /// The row below which it is, and the cursor there.
    below: Option<(String, Option<String>)>,
}

impl Position {
    const fn start() -> Self {
        Self { place: 0, rows: None, below: None }
    }

    fn text(&self) -> String {
        let rows = self.rows.as_deref().unwrap_or_default();
        match &self.below {
            None => format!("{}.{rows}", self.place),
            Some((parent, cursor)) => {
                format!("{}.{rows}.{parent}.{}", self.place, cursor.as_deref().unwrap_or_default())
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut parts = text.split('.');
        let (place, rows) = (parts.next()?.parse().ok()?, given(parts.next()?));
        let below = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(parent), Some(cursor), None) => Some((parent.to_owned(), given(cursor))),
            _ => return None,
        };
        Some(Self { place, rows, below })
    }

    /// Reads the next records and moves on. The partition that it reads follows from the caller's own id, whatever the cursor says.
    async fn read(
        &mut self,
        services: &Services,
        place: &Place,
        organization: OrganizationId,
        room: usize,
    ) -> Result<Vec<Item>, Problem> {
        let limit = u16::try_from(room).unwrap_or(1);
        if let Some((parent, cursor)) = self.below.take() {
            let partition = place.below.and_then(|below| below(organization, &parent)).ok_or_else(refused)?;
            let listing = Listing::of_partition(partition).limit(limit);
            let page = services.store.list_items(&listing, cursor.as_deref()).await?;
            if page.next_cursor.is_some() {
                self.below = Some((parent, page.next_cursor));
            } else if self.rows.is_none() {
                self.leave();
            }
            return Ok(page.data);
        }
        let limit = if place.below.is_some() { 1 } else { limit };
        let page = services.store.list_items(&place.rows.clone().limit(limit), self.rows.as_deref()).await?;
        self.rows = page.next_cursor;
        let parent = page.data.first().filter(|_| place.below.is_some()).map(Key::of).transpose()?;
        match parent {
            Some(parent) => self.below = Some((parent.sk, None)),
            None if self.rows.is_none() => self.leave(),
            None => {}
        }
        Ok(page.data)
    }

    fn leave(&mut self) {
        *self = Self { place: self.place.saturating_add(1), rows: None, below: None };
    }
}

/// A record as its person gets it; none if it is nothing of theirs to have.
fn exported(item: Item) -> Result<Option<ExportedRecord>, StoreError> {
    let kind = item.get("entity").and_then(|kind| kind.as_s().ok()).cloned().unwrap_or_default();
    let is_hidden = kind == "connection" && !item.contains_key("state");
    if is_hidden || !TYPES.contains(&kind.as_str()) {
        return Ok(None);
    }
    let item = item.into_iter().filter(|(name, _)| !KEPT.contains(&name.as_str())).collect::<Item>();
    let record = serde_dynamo::from_item(item).map_err(|error| StoreError::Corrupt(format!("{kind}: {error}")))?;
    Ok(Some(ExportedRecord { kind, record }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_from_its_text() {
        let positions = [
            Position::start(),
            Position { place: 3, rows: Some("ab-_".to_owned()), below: None },
            Position { place: 7, rows: None, below: Some(("led_1".to_owned(), None)) },
            Position { place: 7, rows: Some("x".to_owned()), below: Some(("led_1".to_owned(), Some("y".to_owned()))) },
        ];
        for position in positions {
            let text = position.text();
            assert_eq!(Position::parse(&text).map(|again| again.text()), Some(text));
        }
        for text in ["", "x", "1", "1.a.b", "1.a.b.c.d", "-1.", "99999999999999999999."] {
            assert!(Position::parse(text).is_none(), "{text}");
        }
    }
}
