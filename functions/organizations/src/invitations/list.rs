//! `GET /api/organizations/{organizationId}/invitations`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::http::{PageQuery, Query};
use shared::id::OrganizationId;
use shared::model::invitation::Invitation;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::view::InvitationView;
use crate::Error;

/// The open invitations of an organisation, the latest first.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/invitations", operation_id = "listInvitations", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of invitations.", body = Page<InvitationView>),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn list_invitations(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InvitationView>>, Error> {
    let partition = Invitation::partition(access.organization_id());
    let listing = Listing::of_partition(partition).newest_first().limit(query.page_limit());
    let page = services.store.list::<Invitation>(&listing, query.cursor.as_deref()).await?;
    let now = services.clock.now();
    let open = page.data.into_iter().filter(|invitation| invitation.is_open(now));
    let data = open.map(|invitation| invitation.value.into()).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}
