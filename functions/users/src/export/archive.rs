//! Everything that the platform has of a person, as one JSON document.

use axum::body::Bytes;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use serde_json::Value;
use shared::clock::Timestamp;
use shared::id::{OrganizationId, UserId};
use shared::ledger::AccountId;
use shared::model::connection::Connection;
use shared::model::organization_data::Place;
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::skill::{Endorsement, Skill};
use shared::model::stake::Stake;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Item, Key, Listing};
use utoipa::ToSchema;

/// How many records are read, and sent, at a time: the largest are some ten kilobytes.
const PAGE: u16 = 100;

/// What is given away. Whatever is not named here (what one signs in with, what is kept to work with) stays.
const TYPES: [&str; 30] = [
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
    "stake",
    "ledgerEntry",
    "organization",
    "aiConfiguration",
    "usage",
    "event",
    "venture",
    "lead",
    "leadActivity",
    "task",
    "post",
    "file",
    "conversation",
    "message",
    "creditMovement",
    "creditPurchase",
    "checkout",
    "invoice",
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

/// Everything that the platform has of a person. What was done in organisations with others belongs to those.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonalData {
    /// Whose it is.
    user_id: UserId,
    /// When it was read.
    exported_at: Timestamp,
    /// Account, profile, sessions, linked identities, memberships, connections, skills and their endorsements, portfolio, what happened with their BUZ, and the
    /// personal organisation with its events, ventures, leads, tasks, posts, conversations, credits and invoices.
    records: Vec<ExportedRecord>,
}

/// [`PersonalData`] in JSON, a piece at a time, since an account may have more than fits into memory. What breaks off is no JSON document, so
/// that nobody takes a part for the whole.
pub(crate) fn archive(services: Services, id: UserId) -> impl Stream<Item = Result<Bytes, Problem>> + Send {
    let writer = Writer { position: Position::default(), places: places(id), id, services, stage: Stage::Beginning };
    stream::try_unfold(writer, |mut writer| async move {
        let piece = writer.next().await?;
        Ok(piece.map(|piece| (Bytes::from(piece), writer)))
    })
}

/// What is to be written next.
enum Stage {
    Beginning,
    FirstRecord,
    Records,
    Done,
}

struct Writer {
    services: Services,
    id: UserId,
    places: Vec<Place>,
    position: Position,
    stage: Stage,
}

impl Writer {
    async fn next(&mut self) -> Result<Option<String>, Problem> {
        match self.stage {
            Stage::Done => Ok(None),
            Stage::Beginning => {
                self.stage = Stage::FirstRecord;
                let (id, now) = (json(&self.id)?, json(&self.services.clock.now())?);
                Ok(Some(format!("{{\"userId\":{id},\"exportedAt\":{now},\"records\":[")))
            }
            Stage::FirstRecord | Stage::Records => {
                let Some(place) = self.places.get(self.position.place) else {
                    self.stage = Stage::Done;
                    return Ok(Some("]}".to_owned()));
                };
                let items = self.position.read(&self.services, place, self.id.personal_organization()).await?;
                let mut text = String::new();
                for record in items.into_iter().filter_map(|item| exported(item).transpose()) {
                    if matches!(self.stage, Stage::Records) {
                        text.push(',');
                    }
                    text.push_str(&json(&record?)?);
                    self.stage = Stage::Records;
                }
                Ok(Some(text))
            }
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(Problem::internal)
}

/// Where everything of a person lies.
fn places(id: UserId) -> Vec<Place> {
    let own = [
        Listing::of_partition(User::key_of(id).pk),
        Listing::of_partition(Connection::partition(id)),
        Listing::of_partition(Skill::partition(id)),
        Listing::of_partition(Endorsement::partition(id)),
        Listing::of_partition(PortfolioEntry::partition(id)),
        Listing::of_ledger(Stake::partition(id)),
        Listing::of_ledger(AccountId::BuzWallet(id).part(0).entries_partition()),
    ];
    own.into_iter().map(Place::of_rows).chain(Place::all(id.personal_organization())).collect()
}

/// How far an export has come: which place, where in it, and below which of its rows.
#[derive(Default)]
struct Position {
    place: usize,
    /// The cursor of the place's rows, if it is not at their start.
    rows: Option<String>,
    /// The row below which it is, and the cursor there.
    below: Option<(String, Option<String>)>,
}

impl Position {
    /// Reads the next records and moves on.
    async fn read(
        &mut self,
        services: &Services,
        place: &Place,
        organization: OrganizationId,
    ) -> Result<Vec<Item>, Problem> {
        let below = place.below.and_then(|below| {
            let (parent, cursor) = self.below.take()?;
            Some((below(organization, &parent)?, parent, cursor))
        });
        if let Some((partition, parent, cursor)) = below {
            let listing = Listing::of_partition(partition).limit(PAGE);
            let page = services.store.list_items(&listing, cursor.as_deref()).await?;
            if page.next_cursor.is_some() {
                self.below = Some((parent, page.next_cursor));
            } else if self.rows.is_none() {
                self.leave();
            }
            return Ok(page.data);
        }
        let limit = if place.below.is_some() { 1 } else { PAGE };
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
fn exported(item: Item) -> Result<Option<ExportedRecord>, Problem> {
    let kind = item.get("entity").and_then(|kind| kind.as_s().ok()).cloned().unwrap_or_default();
    let is_hidden = kind == "connection" && !item.contains_key("state");
    if is_hidden || !TYPES.contains(&kind.as_str()) {
        return Ok(None);
    }
    let item = item.into_iter().filter(|(name, _)| !KEPT.contains(&name.as_str())).collect::<Item>();
    let record = serde_dynamo::from_item(item).map_err(Problem::internal)?;
    Ok(Some(ExportedRecord { kind, record }))
}
