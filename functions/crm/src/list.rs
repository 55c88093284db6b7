//! `GET /api/crm/leads`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PAGE_LIMIT_MAXIMUM, Query, page_limit};
use shared::model::lead::{Lead, LeadStatus};
use shared::services::Services;
use shared::store::{Listing, Page};
use utoipa::IntoParams;

use crate::Error;

/// Which leads.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadQuery {
    /// Only leads of this status, those longest without contact first; without it all leads, the newest first.
    #[garde(skip)]
    #[serde(default)]
    status: Option<LeadStatus>,
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

/// The organisation's leads: all of them, or those of one status.
#[utoipa::path(
    get, path = "/api/crm/leads", operation_id = "listLeads", tag = "crm",
    security(("accessToken" = [])),
    params(ActingOrganization, LeadQuery),
    responses(
        (status = 200, description = "A page of leads.", body = Page<Lead>),
    )
)]
pub(crate) async fn list_leads(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<LeadQuery>,
) -> Result<Json<Page<Lead>>, Error> {
    let organization = access.organization_id();
    let listing = match query.status {
        Some(status) => Listing::of_index(Lead::partition(organization), Lead::listing(organization, status)),
        None => Listing::of_partition(Lead::partition(organization)).newest_first(),
    };
    let listing = listing.limit(page_limit(query.limit));
    let page = services.store.list::<Lead>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|lead| lead.value)))
}
