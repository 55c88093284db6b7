//! `GET /api/crm/leads/{leadId}/activities`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Path, Query};
use shared::id::LeadId;
use shared::model::lead_activity::LeadActivity;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::get::find;

/// What happened with a lead, the latest first.
#[utoipa::path(
    get, path = "/api/crm/leads/{leadId}/activities", operation_id = "listLeadActivities", tag = "crm",
    security(("accessToken" = [])),
    params(
        ("leadId" = LeadId, Path),
        ActingOrganization,
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of activities.", body = Page<LeadActivity>),
    )
)]
pub(crate) async fn list_lead_activities(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<LeadId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<LeadActivity>>, Error> {
    let organization = access.organization_id();
    find(&services, organization, id).await?;
    let listing =
        Listing::of_partition(LeadActivity::partition(organization, id)).newest_first().limit(query.page_limit());
    let page = services.store.list::<LeadActivity>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|activity| activity.value)))
}
