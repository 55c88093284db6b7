//! `POST /api/invitations/accept`

use axum::Json;
use axum::extract::State;
use shared::access::{InvitationToken, Principal};
use shared::event::Fact;
use shared::http::Input;
use shared::model::invitation::Invitation;
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::store::{Entity, Transaction, Versioned};

use super::{PresentedInvitation, close};
use crate::create::check_room;
use crate::view::OrganizationView;
use crate::{Deps, Error};

/// Accept an invitation as the signed-in account, whose e-mail address must be the one that was invited. Accepting again changes nothing.
///
/// The address need not have been verified: whoever has the token got the mail, which proves as much.
#[utoipa::path(
    post, path = "/api/invitations/accept", operation_id = "acceptInvitation", tag = "organizations",
    security(("accessToken" = [])),
    request_body = PresentedInvitation,
    responses(
        (status = 200, description = "The organisation, which the caller is a member of.", body = OrganizationView),
        (status = 403, description = "`another_address`: the invitation was sent to another address than the account's."),
        (status = 404, description = "`invitation_invalid`: it was used, declined or revoked, or has expired."),
        (status = 409, description = "`too_many_organizations`: the caller is in as many as an account may be."),
    )
)]
pub(crate) async fn accept_invitation(
    State(deps): State<Deps>,
    principal: Principal,
    Input(input): Input<PresentedInvitation>,
) -> Result<Json<OrganizationView>, Error> {
    let token = input.genuine(&deps).await?;
    let view = deps.services.store.execute(|| plan(&deps, &principal, &token)).await?;
    deps.services.access.forget_organization(token.organization_id);
    Ok(Json(view))
}

async fn plan(
    deps: &Deps,
    principal: &Principal,
    token: &InvitationToken,
) -> Result<(Transaction<Error>, OrganizationView), Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let (organization_id, invitation_id, now) = (token.organization_id, token.invitation_id, services.clock.now());
    let invitation_key = Invitation::key_of(organization_id, invitation_id);
    let membership_key = Membership::key_of(user_id, organization_id);
    let organization_key = Organization::key_of(organization_id);
    let keys = [invitation_key.clone(), membership_key.clone(), organization_key.clone()];
    let mut items = services.store.batch_get(&keys).await?;
    let organization = items.remove(&organization_key).map(entity::<Organization>).transpose()?;
    let membership = items.remove(&membership_key).map(entity::<Membership>).transpose()?;
    let invitation = items.remove(&invitation_key).map(entity::<Invitation>).transpose()?;

    let organization = organization.filter(|found| found.is_there()).ok_or(Error::InvitationInvalid)?.value;
    let mut transaction = Transaction::new();
    let Some(invitation) = invitation.filter(|invitation| invitation.is_open(now)) else {
        let membership = membership.ok_or(Error::InvitationInvalid)?;
        return Ok((transaction, OrganizationView::new(organization, membership.role)));
    };
    if !invitation.is_to(&principal.user.email) {
        return Err(Error::AnotherAddress);
    }
    close(&mut transaction, &invitation);
    let event = |fact| principal.event(services, organization_id, fact);
    transaction.create(event(Fact::InvitationAccepted { invitation_id, user_id }));
    let role = match membership {
        // They came in by another invitation, to another address that was theirs.
        Some(membership) => membership.role,
        None => {
            check_room(services, user_id).await?;
            let role = invitation.role;
            transaction.create(Membership { user_id, organization_id, role, joined_at: now });
            transaction.create(event(Fact::MemberJoined { user_id, role }));
            role
        }
    };
    Ok((transaction, OrganizationView::new(organization, role)))
}

fn entity<T: Entity>(item: shared::store::Item) -> Result<Versioned<T>, shared::store::StoreError> {
    Versioned::from_item(item)
}
