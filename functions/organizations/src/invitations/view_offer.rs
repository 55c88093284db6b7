//! `POST /api/invitations/view`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Role;
use shared::clock::Timestamp;
use shared::http::Input;
use shared::model::organization::Organization;
use shared::model::user::User;
use shared::store::Versioned;
use utoipa::ToSchema;

use super::{PresentedInvitation, open};
use crate::{Deps, Error};

/// What somebody is invited to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitationOffer {
    /// The organisation's name.
    organization_name: String,
    /// What the person will be there.
    role: Role,
    /// The address that was invited: an account of it can accept.
    email: String,
    /// The name of who invites; null when their account is gone.
    #[schema(required)]
    invited_by: Option<String>,
    /// Until when it can be accepted.
    expires_at: Timestamp,
}

/// What an invitation is to, for whoever holds its link and is about to register, accept or decline. Nothing changes.
#[utoipa::path(
    post, path = "/api/invitations/view", operation_id = "viewInvitation", tag = "organizations",
    request_body = PresentedInvitation,
    responses(
        (status = 200, description = "The offer.", body = InvitationOffer),
        (status = 404, description = "`invitation_invalid`: it was used, declined or revoked, or has expired."),
    )
)]
pub(crate) async fn view_invitation(
    State(deps): State<Deps>,
    Input(input): Input<PresentedInvitation>,
) -> Result<Json<InvitationOffer>, Error> {
    let token = input.genuine(&deps).await?;
    let store = &deps.services.store;
    let found = open(&deps.services, token.organization_id, token.invitation_id).await?;
    let invitation = found.ok_or(Error::InvitationInvalid)?.value;
    let (organization, inviter) = (Organization::key_of(token.organization_id), User::key_of(invitation.invited_by));
    let mut items = store.batch_get(&[organization.clone(), inviter.clone()]).await?;
    let organization = items.remove(&organization).map(Versioned::<Organization>::from_item).transpose()?;
    let organization = organization.filter(|organization| organization.is_there()).ok_or(Error::InvitationInvalid)?;
    let inviter = items.remove(&inviter).map(Versioned::<User>::from_item).transpose()?;
    Ok(Json(InvitationOffer {
        organization_name: organization.value.name,
        role: invitation.role,
        email: invitation.address,
        invited_by: inviter.map(|inviter| inviter.value.name),
        expires_at: invitation.expires_at,
    }))
}
