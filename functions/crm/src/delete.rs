//! `DELETE /api/crm/leads/{leadId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, Path};
use shared::id::LeadId;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::get::find;
use crate::import::Identity;
use crate::replace::marker_of;

/// Remove a lead. An import may bring the same person back as a new lead.
#[utoipa::path(
    delete, path = "/api/crm/leads/{leadId}", operation_id = "deleteLead", tag = "crm",
    security(("accessToken" = [])),
    params(
        ("leadId" = LeadId, Path),
        ActingOrganization,
    ),
    responses(
        (status = 204, description = "The lead is gone."),
    )
)]
pub(crate) async fn delete_lead(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<LeadId>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let organization = access.organization_id();
        let lead = find(&services, organization, id).await?;
        let mut transaction = Transaction::new();
        if let Some(marker) = marker_of(&services, organization, &Identity::of(&lead.details), id).await? {
            transaction.delete(&marker);
        }
        transaction.delete(&lead);
        transaction.create(access.event(&services, Fact::LeadDeleted { lead_id: id }));
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
