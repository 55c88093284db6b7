//! `GET /api/users/connections`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::http::{PAGE_LIMIT_MAXIMUM, Query, page_limit};
use shared::model::connection::{Connection, ConnectionState};
use shared::model::profile::{Profile, Viewer};
use shared::model::user::User;
use shared::services::Services;
use shared::store::{Listing, Page, Versioned};
use utoipa::{IntoParams, ToSchema};

use crate::Error;
use crate::picture::Pictures;
use crate::view::PersonSummary;

/// Which of them.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectionQuery {
    /// How the caller stands to them: `connected` by default; `requested`, `received`, `blocked`.
    #[garde(skip)]
    #[serde(default)]
    state: Option<ConnectionState>,
    /// `nextCursor` of the page before; the first page without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many items at most: 1 to 100, 50 by default.
    #[garde(inner(range(min = 1, max = PAGE_LIMIT_MAXIMUM)))]
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Somebody to whom the caller stands in some way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectedPerson {
    /// Who.
    person: PersonSummary,
    /// In which way.
    state: ConnectionState,
    /// Since when.
    since: Timestamp,
}

/// The caller's connections, or those they asked, who asked them, or whom they blocked; the latest first.
#[utoipa::path(
    get, path = "/api/users/connections", operation_id = "listConnections", tag = "users",
    security(("accessToken" = [])),
    params(ConnectionQuery),
    responses(
        (status = 200, description = "A page of people; one whose account is gone is left out.", body = Page<ConnectedPerson>),
    )
)]
pub(crate) async fn list_connections(
    State(services): State<Services>,
    State(pictures): State<Pictures>,
    principal: Principal,
    Query(query): Query<ConnectionQuery>,
) -> Result<Json<Page<ConnectedPerson>>, Error> {
    let (me, state) = (principal.user_id, query.state.unwrap_or(ConnectionState::Connected));
    let listing = Listing::of_index(Connection::partition(me), Connection::listing(me, state));
    let listing = listing.newest_first().limit(page_limit(query.limit));
    let page = services.store.list::<Connection>(&listing, query.cursor.as_deref()).await?;
    let others = page.data.iter().map(|connection| connection.other_id);
    let keys = others.flat_map(|other| [User::key_of(other), Profile::key_of(other)]).collect::<Vec<_>>();
    let mut items = services.store.batch_get(&keys).await?;
    let viewer = Viewer { is_connected: state == ConnectionState::Connected, ..Viewer::default() };
    let mut data = Vec::with_capacity(page.data.len());
    for connection in page.data {
        let other = connection.other_id;
        let user = items.remove(&User::key_of(other)).map(Versioned::<User>::from_item).transpose()?;
        let profile = items.remove(&Profile::key_of(other)).map(Versioned::<Profile>::from_item).transpose()?;
        if let Some(user) = user.filter(|user| user.erased_at.is_none()) {
            let person = PersonSummary::new(&user, profile.as_deref(), viewer, &pictures);
            data.push(ConnectedPerson { person, state, since: connection.since });
        }
    }
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}
