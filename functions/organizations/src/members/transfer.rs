//! `POST /api/organizations/{organizationId}/transfer-ownership`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::{OrganizationAccess, Owner, Role};
use shared::event::Fact;
use shared::http::Input;
use shared::id::{OrganizationId, UserId};
use shared::model::membership::Membership;
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use super::own_and_other;
use crate::Error;
use crate::find::find;
use crate::view::OrganizationView;

/// Who is to be the owner.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TransferOwnership {
    /// Another member.
    #[garde(skip)]
    user_id: UserId,
}

/// Make another member the owner; the caller becomes an admin.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/transfer-ownership", operation_id = "transferOwnership",
    tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    request_body = TransferOwnership,
    responses(
        (status = 200, description = "The organisation, with the caller's role in it by now.", body = OrganizationView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`personal_organization`: it came with the caller's account."),
    )
)]
pub(crate) async fn transfer_ownership(
    State(services): State<Services>,
    access: OrganizationAccess<Owner>,
    Input(input): Input<TransferOwnership>,
) -> Result<Json<OrganizationView>, Error> {
    let (id, next) = (access.organization_id(), input.user_id);
    if next == access.principal.user_id {
        return Err(nobody_else());
    }
    let plan = || async {
        let organization = find(&services, id).await?;
        if organization.personal {
            return Err(Error::PersonalOrganization);
        }
        let (owner, heir) = own_and_other(&services, &access, next).await.map_err(unknown_heir)?;
        if owner.role != Role::Owner {
            return Err(Error::RoleTooLow);
        }
        let mut transaction = Transaction::new();
        transaction.replace(&owner, Membership { role: Role::Admin, ..owner.value.clone() });
        transaction.replace(&heir, Membership { role: Role::Owner, ..heir.value.clone() });
        transaction.create(access.event(&services, Fact::OwnershipTransferred { from: owner.user_id, to: next }));
        Ok((transaction, organization.value))
    };
    let organization = services.store.execute(plan).await?;
    services.access.forget_organization(id);
    Ok(Json(OrganizationView::new(organization, Role::Admin)))
}

fn nobody_else() -> Error {
    Problem::invalid(vec![FieldProblem::new("userId", "must be another member of the organisation")]).into()
}

/// The path names what is there; it is the body that names nobody.
fn unknown_heir(error: Error) -> Error {
    match error {
        Error::Problem(problem) if problem.status() == http::StatusCode::NOT_FOUND => nobody_else(),
        other => other,
    }
}
