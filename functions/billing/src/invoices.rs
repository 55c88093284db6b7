//! `GET /api/billing/invoices`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Query};
use shared::model::invoice::Invoice;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::view::InvoiceView;

/// The organisation's invoices, the newest first.
#[utoipa::path(
    get, path = "/api/billing/invoices", operation_id = "listInvoices", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization, PageQuery),
    responses(
        (status = 200, description = "A page of invoices.", body = Page<InvoiceView>),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn list_invoices(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InvoiceView>>, Error> {
    let organization = access.organization_id();
    let listing = Listing::of_index(Invoice::partition(organization), Invoice::listing(organization));
    let listing = listing.newest_first().limit(query.page_limit());
    let page = services.store.list::<Invoice>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|invoice| invoice.value.into())))
}
