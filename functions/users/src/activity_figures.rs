//! `GET /api/users/{userId}/activity/analytics`

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{PlatformRole, Principal};
use shared::clock::Timestamp;
use shared::event::{Event, Fact};
use shared::http::Path;
use shared::id::{EventId, UserId};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Listing, Range};
use utoipa::ToSchema;

use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many events one query reads: with a few hundred bytes each they fit into the megabyte that one may read.
const PAGE: u16 = 500;
/// How many such pages are counted.
const PAGES: usize = 4;

/// What happened on one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DayFigures {
    /// The UTC day.
    #[schema(example = "2026-11-20")]
    day: String,
    /// How much happened.
    total: u32,
    /// How much of each kind, by the types of the events.
    kinds: BTreeMap<String, u32>,
}

/// What happened with an account today (UTC) and in the 29 days before.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActivityFigures {
    /// The days on which something happened, the earliest first.
    days: Vec<DayFigures>,
    /// How much happened in all.
    total: u32,
    /// How much of each kind, by the types of the events.
    kinds: BTreeMap<String, u32>,
    /// Whether there was more than is counted, which is the latest 2,000 events.
    more: bool,
}

/// How much happened with an account by day and kind, of what its activity lists.
#[utoipa::path(
    get, path = "/api/users/{userId}/activity/analytics", operation_id = "getActivityFigures", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The figures.", body = ActivityFigures),
        (status = 403, description = "`forbidden`: the account is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn get_activity_figures(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<ActivityFigures>, Error> {
    own_or(&principal, id, PlatformRole::Support)?;
    if principal.user_id != id {
        Own::find(&services, id).await?;
    }
    let first = first_event_of(services.clock.now().minus(DAY * 29))?;
    let listing = Listing::of_partition(Event::partition(id.personal_organization()))
        .range(Range::From(first.to_string()))
        .newest_first()
        .limit(PAGE);
    let mut figures = ActivityFigures { days: Vec::new(), total: 0, kinds: BTreeMap::new(), more: false };
    let (mut days, mut cursor) = (BTreeMap::new(), None);
    for _ in 0..PAGES {
        let page = services.store.list::<Event>(&listing, cursor.as_deref()).await?;
        for event in page.data {
            figures.count(&mut days, &event)?;
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    figures.more = cursor.is_some();
    figures.days = days.into_values().collect();
    Ok(Json(figures))
}

impl ActivityFigures {
    fn count(&mut self, days: &mut BTreeMap<String, DayFigures>, event: &Event) -> Result<(), Problem> {
        let (day, kind) = (event.at.day(), kind(&event.fact)?);
        let figures = days.entry(day.clone()).or_insert_with(|| DayFigures { day, ..DayFigures::default() });
        for (total, kinds) in [(&mut figures.total, &mut figures.kinds), (&mut self.total, &mut self.kinds)] {
            *total = total.saturating_add(1);
            let kind = kinds.entry(kind.clone()).or_default();
            *kind = kind.saturating_add(1);
        }
        Ok(())
    }
}

/// The type of a fact as the API spells it.
fn kind(fact: &Fact) -> Result<String, Problem> {
    let fact = serde_json::to_value(fact).map_err(Problem::internal)?;
    fact.get("type")
        .and_then(|kind| kind.as_str())
        .map(str::to_owned)
        .ok_or_else(|| Problem::internal("a fact has no type"))
}

/// The least id that an event of this day can have.
fn first_event_of(at: Timestamp) -> Result<EventId, Problem> {
    let midnight = format!("{}T00:00:00Z", at.day()).parse::<Timestamp>().map_err(Problem::internal)?;
    let milliseconds = u64::try_from(midnight.as_milliseconds()).unwrap_or(0);
    Ok(EventId::from(ulid::Ulid::from_parts(milliseconds, 0)))
}
