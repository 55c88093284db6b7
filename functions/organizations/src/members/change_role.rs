//! `PUT /api/organizations/{organizationId}/members/{userId}`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::{OrganizationId, UserId};
use shared::model::membership::Membership;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use super::rules::check_change;
use super::view::MemberView;
use super::{AssignableRole, own_and_other};
use crate::Error;

/// What a member is to be.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    /// The role.
    #[garde(skip)]
    role: AssignableRole,
}

/// Change a member's role. The same role again changes nothing.
///
/// Admins make and unmake admins, themselves among them; the owner's role passes by a transfer of the ownership alone.
#[utoipa::path(
    put, path = "/api/organizations/{organizationId}/members/{userId}", operation_id = "changeRole", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("userId" = UserId, Path)),
    request_body = ChangeRole,
    responses(
        (status = 200, description = "The member.", body = MemberView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
        (status = 409, description = "`owners_role`: the member is the owner."),
    )
)]
pub(crate) async fn change_role(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, user_id)): Path<(OrganizationId, UserId)>,
    Input(input): Input<ChangeRole>,
) -> Result<Json<MemberView>, Error> {
    let role = input.role.into();
    let plan = || async {
        let (actor, member) = own_and_other(&services, &access, user_id).await?;
        check_change(actor.role, member.role, Some(role))?;
        let mut transaction = Transaction::new();
        let next = Membership { role, ..member.value.clone() };
        if next != member.value {
            let fact = Fact::RoleChanged { user_id, from: member.role, to: role };
            transaction.create(access.event(&services, fact));
            transaction.replace(&member, next.clone());
        }
        Ok::<_, Error>((transaction, next))
    };
    let membership = services.store.execute(plan).await?;
    services.access.forget_organization(organization);
    let user = services.store.get::<User>(&User::key_of(user_id)).await?;
    Ok(Json(MemberView::new(&membership, user.ok_or_else(Problem::not_found)?.value)))
}
