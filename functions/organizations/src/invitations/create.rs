//! `POST /api/organizations/{organizationId}/invitations`

use axum::extract::State;
use garde::Validate;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use shared::access::{Admin, OrganizationAccess, Role};
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::{InvitationId, OrganizationId};
use shared::model::account_email::AccountEmail;
use shared::model::invitation::{Invitation, InvitedAddress};
use shared::model::membership::Membership;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use super::limits;
use super::view::InvitationView;
use crate::Error;
use crate::find::find;
use crate::members::{AssignableRole, own};

/// Who is to join, as what.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    /// The e-mail address to send the invitation to.
    #[garde(length(chars, max = 254), custom(shared::email::is_address))]
    #[schema(format = "email", max_length = 254, example = "grace@example.com")]
    email: String,
    /// What the person will be.
    #[garde(skip)]
    role: AssignableRole,
}

/// Invite somebody by e-mail. The invitation is open for 7 days; an address has one open invitation of an organisation.
///
/// Whether the address has an account is not told; whoever is invited may register first and then accept. An organisation sends at most 50
/// invitations a day, 5 of them to one address.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/invitations", operation_id = "invite", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), IdempotencyHeader),
    request_body = Invite,
    responses(
        (status = 201, description = "The invitation; its mail is on its way.", body = InvitationView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
        (status = 409, description = "`invitation_exists`: one to this address is open. `already_member`: the address is a member's. \
            `personal_organization`: the organisation is an account's own."),
        (status = 429, description = "More invitations than a day has, of the organisation or to the address."),
    )
)]
pub(crate) async fn invite(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    idempotency: IdempotencyKey,
    Input(input): Input<Invite>,
) -> Result<(HeaderMap, Reply<InvitationView>), Error> {
    if access.organization.personal {
        return Err(Error::PersonalOrganization);
    }
    let once = idempotency.once(&access.caller(), &input)?;
    let limits = limits::count(&services, access.organization_id(), &input.email).await?;
    let plan = || async {
        let (transaction, invitation) = plan(&services, &access, &input).await?;
        Ok::<_, Error>((transaction, StatusCode::CREATED, InvitationView::from(invitation)))
    };
    Ok((limits, services.store.execute_once(once.as_ref(), plan).await?))
}

async fn plan(
    services: &Services,
    access: &OrganizationAccess<Admin>,
    input: &Invite,
) -> Result<(Transaction<Error>, Invitation), Error> {
    let (store, now) = (&services.store, services.clock.now());
    let organization = find(services, access.organization_id()).await?.id;
    if own(services, access).await?.role < Role::Admin {
        return Err(Error::RoleTooLow);
    }
    if let Some(account) = store.get::<AccountEmail>(&AccountEmail::key_of(&input.email)).await?
        && store.get::<Membership>(&Membership::key_of(account.user_id, organization)).await?.is_some()
    {
        return Err(Error::AlreadyMember);
    }
    let (id, role, inviter) = (services.ids.next::<InvitationId>(), input.role.into(), access.principal.user_id);
    let invitation = Invitation::new(id, organization, &input.email, role, inviter, now);
    let marker = InvitedAddress::of(&invitation);
    let mut transaction = Transaction::new();
    match store.get::<InvitedAddress>(&InvitedAddress::key_of(organization, &input.email)).await? {
        Some(known) if now < known.expires_at => return Err(Error::InvitationExists),
        // One that expired: what is left of it goes, unless it went by itself.
        Some(known) => {
            transaction.delete_key(Invitation::key_of(organization, known.invitation_id));
            transaction.replace(&known, marker);
        }
        None => transaction.create(marker),
    }
    transaction.create(invitation.clone());
    transaction.create(access.event(services, Fact::InvitationSent { invitation_id: id }));
    Ok((transaction, invitation))
}
