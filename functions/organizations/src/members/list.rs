//! `GET /api/organizations/{organizationId}/members`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{PageQuery, Query};
use shared::id::OrganizationId;
use shared::model::membership::Membership;
use shared::model::user::User;
use shared::services::Services;
use shared::store::{Page, Versioned};

use super::view::MemberView;
use crate::Error;

/// The members of an organisation, whose account is the oldest first.
///
/// The list is up to date within a moment of a change.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/members", operation_id = "listMembers", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<MemberView>),
    )
)]
pub(crate) async fn list_members(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MemberView>>, Error> {
    let listing = Membership::listing(access.organization_id()).limit(query.page_limit());
    let memberships = services.store.list::<Membership>(&listing, query.cursor.as_deref()).await?;
    let keys = memberships.data.iter().map(|membership| User::key_of(membership.user_id)).collect::<Vec<_>>();
    let mut items = services.store.batch_get(&keys).await?;
    let mut data = Vec::with_capacity(keys.len());
    for (membership, key) in memberships.data.iter().zip(&keys) {
        if let Some(item) = items.remove(key) {
            data.push(MemberView::new(membership, Versioned::<User>::from_item(item)?.value));
        }
    }
    Ok(Json(Page { data, next_cursor: memberships.next_cursor }))
}
