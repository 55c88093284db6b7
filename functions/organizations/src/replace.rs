//! `PUT /api/organizations/{organizationId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Input;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::details::OrganizationDetails;
use crate::find::find;
use crate::view::OrganizationView;

/// Replace what an organisation is called and does: what is absent is cleared. The same values again change nothing.
#[utoipa::path(
    put, path = "/api/organizations/{organizationId}", operation_id = "replaceOrganization", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    request_body = OrganizationDetails,
    responses(
        (status = 200, description = "The organisation.", body = OrganizationView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn replace_organization(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Input(input): Input<OrganizationDetails>,
) -> Result<Json<OrganizationView>, Error> {
    let plan = || async {
        let current = find(&services, access.organization_id()).await?;
        let next = Organization { name: input.name(), industry: input.industry(), ..current.value.clone() };
        let mut transaction = Transaction::new();
        if next != current.value {
            transaction.create(access.event(&services, Fact::OrganizationRenamed {}));
            transaction.replace(&current, next.clone());
        }
        Ok::<_, Error>((transaction, next))
    };
    let organization = services.store.execute(plan).await?;
    services.access.forget_organization(organization.id);
    Ok(Json(OrganizationView::new(organization, access.role)))
}
