//! `POST /api/billing/webhook-events/replay`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::{PlatformAccess, PlatformAdmin};
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::http::Input;
use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::{Entity, Key, Listing, Range, StoreError, Transaction, Versioned};
use utoipa::ToSchema;

use crate::Error;

/// How many events one request looks at; the answer says from where the next goes on.
const EXAMINED_MAXIMUM: usize = 1_000;
/// How many events a page of the list holds, and one transaction replays: with the fact of it below DynamoDB's 100.
const PAGE: u16 = 90;
/// How long a time one request may name: for as long as events are kept.
const SPAN_MAXIMUM: Duration = Duration::from_secs(40 * 24 * 60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Which events to work off once more.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Replay {
    /// Whose.
    #[garde(skip)]
    provider: Provider,
    /// Those that came in from this time on.
    #[garde(skip)]
    from: Timestamp,
    /// Those that came in before this time; at most 40 days later.
    #[garde(skip)]
    to: Timestamp,
    /// Only those that stand like this.
    #[garde(skip)]
    #[serde(default)]
    status: Option<InboundStatus>,
    /// Only those of this type, such as `invoice.paid`.
    #[garde(skip)]
    #[serde(default, rename = "type")]
    #[schema(max_length = 255)]
    kind: Option<String>,
}

/// What was replayed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replayed {
    /// How many events were looked at.
    examined: usize,
    /// How many of them are worked off once more, within two minutes.
    replayed: usize,
    /// From when to go on, where more are left than one request looks at; null at the end.
    continue_from: Option<Timestamp>,
}

/// Work vendors' events off once more, whatever came of them, such as those that were given up while something was wrong here. What an
/// event is about is asked for anew, so that an event that was worked off before changes nothing twice.
#[utoipa::path(
    post, path = "/api/billing/webhook-events/replay", operation_id = "replayWebhookEvents", tag = "billing",
    security(("accessToken" = [])), request_body = Replay,
    responses(
        (status = 200, description = "What was replayed.", body = Replayed),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
    )
)]
pub(crate) async fn replay_webhook_events(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    Input(input): Input<Replay>,
) -> Result<Json<Replayed>, Error> {
    if input.to <= input.from || input.to.since(input.from) > SPAN_MAXIMUM {
        let message = "must be later than `from`, by at most 40 days";
        return Err(Problem::invalid(vec![FieldProblem::new("to", message)]).into());
    }
    let mut done = Replayed { examined: 0, replayed: 0, continue_from: None };
    let mut after = input.from.to_string();
    let mut day = input.from;
    loop {
        let page = page(&services, &input, day, &after).await?;
        done.examined += page.len();
        done.replayed += replay(&services, &access, &input, &page).await?;
        match page.last().filter(|_| page.len() >= usize::from(PAGE)) {
            Some(last) if done.examined < EXAMINED_MAXIMUM => after = place(last),
            Some(last) => {
                done.continue_from = Some(last.received_at);
                return Ok(Json(done));
            }
            None if day.day() >= input.to.day() => return Ok(Json(done)),
            None => day = day.plus(DAY),
        }
    }
}

/// The place right behind an event in its list.
fn place(event: &InboundEvent) -> String {
    format!("{}#{}\u{1}", event.received_at, event.id)
}

/// A page of the events of a day, from a place in their list on.
async fn page(services: &Services, input: &Replay, day: Timestamp, after: &str) -> Result<Vec<InboundEvent>, Error> {
    let listing = Listing::of_index("INBOUND", InboundEvent::listing(input.provider, &day.day()));
    let listing = listing.range(Range::From(after.to_owned())).limit(PAGE);
    let page = services.store.list::<InboundEvent>(&listing, None).await?;
    let events = page.data.into_iter().map(|event| event.value);
    Ok(events.take_while(|event| event.received_at < input.to).collect())
}

/// Replays those of a page that were asked for, in one transaction; how many.
async fn replay(
    services: &Services,
    access: &PlatformAccess<PlatformAdmin>,
    input: &Replay,
    page: &[InboundEvent],
) -> Result<usize, Error> {
    let is_wanted = |event: &InboundEvent| {
        input.status.is_none_or(|status| event.status == status)
            && input.kind.as_ref().is_none_or(|kind| event.kind == *kind)
    };
    let keys = page.iter().filter(|event| is_wanted(event)).map(Entity::key).collect::<Vec<Key>>();
    if keys.is_empty() {
        return Ok(0);
    }
    let plan = || async {
        let mut transaction = Transaction::new();
        let found = services.store.batch_get(&keys).await?;
        let found =
            found.into_values().map(Versioned::<InboundEvent>::from_item).collect::<Result<Vec<_>, StoreError>>()?;
        let now = services.clock.now();
        let mut count = 0;
        for event in found.iter().filter(|event| is_wanted(event)) {
            if let Some(next) = event.replayed(now) {
                transaction.replace(event, next);
                count += 1;
            }
        }
        if count > 0 {
            let fact = Fact::WebhookEventsReplayed {
                provider: input.provider,
                events: u32::try_from(count).unwrap_or(u32::MAX),
            };
            let own = access.principal.user_id.personal_organization();
            transaction.create(access.principal.event(services, own, fact));
        }
        Ok::<_, Error>((transaction, count))
    };
    services.store.execute(plan).await
}
