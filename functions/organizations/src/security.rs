//! `PUT /api/organizations/{organizationId}/security`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::{OrganizationAccess, Owner};
use shared::event::Fact;
use shared::http::Input;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::Error;
use crate::find::find;
use crate::view::OrganizationView;

/// What an organisation asks of those who act in it.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrganizationSecurity {
    /// Whether members act in it only in sessions that their second factor has verified. Whoever has none is told how to enrol one.
    #[garde(skip)]
    require_second_factor: bool,
}

/// Replace what an organisation asks of those who act in it. The same values again change nothing.
///
/// A second factor is asked for within seconds, of every session and in every function; leaving the organisation takes none. Whoever asks for
/// it has presented their own in this session.
#[utoipa::path(
    put, path = "/api/organizations/{organizationId}/security", operation_id = "replaceOrganizationSecurity",
    tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    request_body = OrganizationSecurity,
    responses(
        (status = 200, description = "The organisation.", body = OrganizationView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
    )
)]
pub(crate) async fn replace_organization_security(
    State(services): State<Services>,
    access: OrganizationAccess<Owner>,
    Input(input): Input<OrganizationSecurity>,
) -> Result<Json<OrganizationView>, Error> {
    let require_second_factor = input.require_second_factor;
    // Nobody is to shut themselves out.
    if require_second_factor && !access.principal.has_second_factor {
        return Err(Problem::second_factor_required(&access.principal.user).into());
    }
    let plan = || async {
        let current = find(&services, access.organization_id()).await?;
        let next = Organization { require_second_factor, ..current.value.clone() };
        let mut transaction = Transaction::new();
        if next != current.value {
            let fact = Fact::OrganizationSecurityChanged { require_second_factor };
            transaction.create(access.event(&services, fact));
            transaction.replace(&current, next.clone());
        }
        Ok::<_, Error>((transaction, next))
    };
    let organization = services.store.execute(plan).await?;
    services.access.forget_organization(organization.id);
    Ok(Json(OrganizationView::new(organization, access.role)))
}
