//! `GET /api/users/{userId}/connections/mutual`

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::http::Path;
use shared::id::UserId;
use shared::model::connection::{CONNECTIONS_MAXIMUM, Connection, ConnectionState};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Listing;
use utoipa::ToSchema;

use crate::Error;
use crate::person::Person;

/// How many of them are named.
const NAMED_MAXIMUM: usize = 20;

/// Whom the caller and somebody else both know.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MutualConnections {
    /// How many.
    count: usize,
    /// Some of them: twenty at most.
    user_ids: Vec<UserId>,
}

/// How many people the caller and this person are both connected with. It costs two queries of at most 1,000 small rows each.
#[utoipa::path(
    get, path = "/api/users/{userId}/connections/mutual", operation_id = "getMutualConnections", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "How many, and some of them.", body = MutualConnections),
    )
)]
pub(crate) async fn get_mutual_connections(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<MutualConnections>, Error> {
    Person::find(&services, &principal, id).await?;
    let (mine, theirs) = tokio::try_join!(connected(&services, principal.user_id), connected(&services, id))?;
    let mutual = mine.intersection(&theirs);
    Ok(Json(MutualConnections {
        count: mutual.clone().count(),
        user_ids: mutual.take(NAMED_MAXIMUM).copied().collect(),
    }))
}

async fn connected(services: &Services, user: UserId) -> Result<BTreeSet<UserId>, Problem> {
    let list = Connection::listing(user, ConnectionState::Connected);
    let listing = Listing::of_index(Connection::partition(user), list).limit(CONNECTIONS_MAXIMUM);
    let page = services.store.list::<Connection>(&listing, None).await?;
    Ok(page.data.into_iter().map(|connection| connection.other_id).collect())
}
