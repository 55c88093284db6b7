//! `GET /api/organizations`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::{Principal, Role};
use shared::clock::Timestamp;
use shared::http::{PAGE_LIMIT_MAXIMUM, Query, page_limit};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::services::Services;
use shared::store::{Listing, Page, Range, Versioned};
use utoipa::IntoParams;

use crate::Error;
use crate::view::OrganizationView;

/// Which organisations.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrganizations {
    /// `nextCursor` of the page before; the first page without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many items at most: 1 to 100, 50 by default. A page may have fewer though others follow.
    #[garde(inner(range(min = 1, max = PAGE_LIMIT_MAXIMUM)))]
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Instead of the others, those that the caller deleted and can restore yet.
    #[garde(skip)]
    #[serde(default)]
    deleted: bool,
}

impl ListOrganizations {
    /// Whether this list has the organisation.
    fn has(&self, organization: &Organization, role: Role, now: Timestamp) -> bool {
        if self.deleted { role == Role::Owner && organization.restored(now).is_some() } else { organization.is_there() }
    }
}

/// The organisations the caller is a member of, the oldest first.
#[utoipa::path(
    get, path = "/api/organizations", operation_id = "listOrganizations", tag = "organizations",
    security(("accessToken" = [])), params(ListOrganizations),
    responses(
        (status = 200, description = "A page of organisations.", body = Page<OrganizationView>),
    )
)]
pub(crate) async fn list_organizations(
    State(services): State<Services>,
    principal: Principal,
    Query(query): Query<ListOrganizations>,
) -> Result<Json<Page<OrganizationView>>, Error> {
    let partition = Membership::key_of(principal.user_id, principal.user_id.personal_organization()).pk;
    let range = Range::Prefix(Membership::PREFIX.to_owned());
    let listing = Listing::of_partition(partition).range(range).limit(page_limit(query.limit));
    let memberships = services.store.list::<Membership>(&listing, query.cursor.as_deref()).await?;
    let keys =
        memberships.data.iter().map(|membership| Organization::key_of(membership.organization_id)).collect::<Vec<_>>();
    let mut items = services.store.batch_get(&keys).await?;
    let now = services.clock.now();
    let mut data = Vec::with_capacity(keys.len());
    for (membership, key) in memberships.data.iter().zip(&keys) {
        let Some(item) = items.remove(key) else { continue };
        let organization = Versioned::<Organization>::from_item(item)?.value;
        if query.has(&organization, membership.role, now) {
            data.push(OrganizationView::new(organization, membership.role));
        }
    }
    Ok(Json(Page { data, next_cursor: memberships.next_cursor }))
}
