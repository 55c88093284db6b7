//! `GET /api/organizations`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::{PageQuery, Query};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::services::Services;
use shared::store::{Listing, Page, Range, Versioned};

use crate::Error;
use crate::view::OrganizationView;

/// The organisations the caller is a member of, the oldest first.
#[utoipa::path(
    get, path = "/api/organizations", operation_id = "listOrganizations", tag = "organizations",
    security(("accessToken" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of organisations.", body = Page<OrganizationView>),
    )
)]
pub(crate) async fn list_organizations(
    State(services): State<Services>,
    principal: Principal,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<OrganizationView>>, Error> {
    let partition = Membership::key_of(principal.user_id, principal.user_id.personal_organization()).pk;
    let listing =
        Listing::of_partition(partition).range(Range::Prefix(Membership::PREFIX.to_owned())).limit(query.page_limit());
    let memberships = services.store.list::<Membership>(&listing, query.cursor.as_deref()).await?;
    let keys =
        memberships.data.iter().map(|membership| Organization::key_of(membership.organization_id)).collect::<Vec<_>>();
    let mut items = services.store.batch_get(&keys).await?;
    let mut data = Vec::with_capacity(keys.len());
    for (membership, key) in memberships.data.iter().zip(&keys) {
        if let Some(item) = items.remove(key) {
            let organization = Versioned::<Organization>::from_item(item)?;
            data.push(OrganizationView::new(organization.value, membership.role));
        }
    }
    Ok(Json(Page { data, next_cursor: memberships.next_cursor }))
}
