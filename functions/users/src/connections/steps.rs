//! What one person does about another: asking, answering, ending, blocking.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::http::Path;
use shared::id::UserId;
use shared::model::connection::{Connection, ConnectionState, Pair, PairRows, Step};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{RateLimit, Transaction, Versioned};
use utoipa::ToSchema;

use crate::Error;

/// How many people somebody may ask in a day: as many as anybody meets, and too few to write to everybody.
const REQUESTS: RateLimit =
    RateLimit { name: "connection-requests", attempts: 50, window: Duration::from_secs(24 * 60 * 60) };

/// How the caller stands to another person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection)]
pub(crate) struct ConnectionView {
    /// The other.
    user_id: UserId,
    /// How the caller stands to them.
    state: ConnectionState,
    /// Since when.
    since: Timestamp,
}

/// Ask somebody to be connected. If they have asked already, the two are connected at once; asking again changes nothing. A request to
/// somebody who has blocked the caller is answered like any other, and stays unanswered.
#[utoipa::path(
    post, path = "/api/users/{userId}/connection", operation_id = "requestConnection", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The request, or the connection that came of it.", body = ConnectionView),
        (status = 409, description = "`yourself`; `blocked`: the caller has blocked the person; `too_many_connections`, \
                                      `other_has_too_many_connections`: one of the two has 1,000."),
        (status = 429, description = "Too many requests in a day."),
    )
)]
pub(crate) async fn request_connection(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<(HeaderMap, Json<ConnectionView>), Error> {
    let status = services.store.count_attempt(REQUESTS, &principal.caller()).await?;
    let connection = take(&services, &principal, other, Step::Request).await?.ok_or_else(Problem::not_found)?;
    Ok((status.headers(), Json(connection)))
}

/// Take somebody's request.
#[utoipa::path(
    post, path = "/api/users/{userId}/connection/accept", operation_id = "acceptConnection", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The connection.", body = ConnectionView),
        (status = 409, description = "`yourself`; `blocked`; `no_request`: there is none of theirs to answer; `too_many_connections`, \
                                      `other_has_too_many_connections`: one of the two has 1,000."),
    )
)]
pub(crate) async fn accept_connection(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<Json<ConnectionView>, Error> {
    let connection = take(&services, &principal, other, Step::Accept).await?;
    Ok(Json(connection.ok_or_else(Problem::not_found)?))
}

/// Turn somebody's request down. They are not told; they may ask again.
#[utoipa::path(
    post, path = "/api/users/{userId}/connection/decline", operation_id = "declineConnection", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "There is no request any more."),
        (status = 409, description = "`yourself`; `blocked`; `no_request`: there is none of theirs to answer."),
    )
)]
pub(crate) async fn decline_connection(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<StatusCode, Error> {
    take(&services, &principal, other, Step::Decline).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a connection, or withdraw one's request. What one has endorsed stays endorsed.
#[utoipa::path(
    delete, path = "/api/users/{userId}/connection", operation_id = "removeConnection", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "The two are not connected."),
        (status = 409, description = "`yourself`"),
    )
)]
pub(crate) async fn remove_connection(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<StatusCode, Error> {
    take(&services, &principal, other, Step::Remove).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Block somebody: a connection ends, neither finds the other, and requests of theirs stay unanswered. They are not told.
#[utoipa::path(
    post, path = "/api/users/{userId}/block", operation_id = "blockUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "The person is blocked."),
        (status = 409, description = "`yourself`"),
    )
)]
pub(crate) async fn block_user(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<StatusCode, Error> {
    take(&services, &principal, other, Step::Block).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Block somebody no more. What was before the block does not come back.
#[utoipa::path(
    delete, path = "/api/users/{userId}/block", operation_id = "unblockUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "The person is not blocked."),
        (status = 409, description = "`yourself`"),
    )
)]
pub(crate) async fn unblock_user(
    State(services): State<Services>,
    principal: Principal,
    Path(other): Path<UserId>,
) -> Result<StatusCode, Error> {
    take(&services, &principal, other, Step::Unblock).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a step, unless it was taken already; the caller's side as it is then, if there is any.
async fn take(
    services: &Services,
    principal: &Principal,
    other: UserId,
    step: Step,
) -> Result<Option<ConnectionView>, Error> {
    let me = principal.user_id;
    if me == other {
        return Err(Error::Yourself);
    }
    let plan = || async {
        let (now, rows) = (services.clock.now(), read(services, me, other, step).await?);
        let before = rows.pair();
        let after = before.after(step)?;
        let mut transaction = Transaction::new();
        let mut since = rows.mine().map_or(now, |mine| mine.since);
        if after != before {
            since = if after.mine == before.mine { since } else { now };
            rows.become_pair(
                after,
                now,
                &mut transaction,
                Error::TooManyConnections,
                Error::OtherHasTooManyConnections,
            );
            transaction.create(principal.event(
                services,
                me.personal_organization(),
                fact(step, before, after, me, other),
            ));
        }
        Ok::<_, Error>((transaction, after.mine.map(|state| ConnectionView { user_id: other, state, since })))
    };
    services.store.execute(plan).await
}

/// Reads both sides, if the step can be taken: whoever is gone or suspended can be let go of, but not asked.
async fn read(services: &Services, me: UserId, other: UserId, step: Step) -> Result<PairRows, Error> {
    let keys = [User::key_of(other), Connection::key_of(me, other), Connection::key_of(other, me)];
    let mut items = services.store.batch_get(&keys).await?;
    let [user, mine, theirs] = keys.map(|key| items.remove(&key));
    let user = user.map(Versioned::<User>::from_item).transpose()?.ok_or_else(Problem::not_found)?;
    let is_reachable = match step {
        Step::Request | Step::Accept => user.is_active(),
        Step::Block => user.erased_at.is_none(),
        Step::Decline | Step::Remove | Step::Unblock => true,
    };
    if !is_reachable {
        return Err(Problem::not_found().into());
    }
    let side = |item: Option<_>| item.map(Versioned::<Connection>::from_item).transpose();
    Ok(PairRows::new(me, other, side(mine)?, side(theirs)?))
}

/// What a step that changed the pair has done.
fn fact(step: Step, before: Pair, after: Pair, user_id: UserId, other_id: UserId) -> Fact {
    match step {
        Step::Request | Step::Accept if after.is_connected() => Fact::ConnectionAccepted { user_id, other_id },
        Step::Request | Step::Accept => Fact::ConnectionRequested { user_id, other_id },
        Step::Remove if before.mine == Some(ConnectionState::Received) => {
            Fact::ConnectionDeclined { user_id, other_id }
        }
        Step::Decline => Fact::ConnectionDeclined { user_id, other_id },
        Step::Remove => Fact::ConnectionRemoved { user_id, other_id },
        Step::Block => Fact::PersonBlocked { user_id, other_id },
        Step::Unblock => Fact::PersonUnblocked { user_id, other_id },
    }
}
