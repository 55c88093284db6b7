//! Invitations by e-mail: `/api/organizations/{organizationId}/invitations` for those who invite, `/api/invitations` for who is invited.
//!
//! What is open is a row; accepting, declining and revoking remove it with its address's marker, in the transaction of their event, so that
//! of several at once one happens. The mail is not sent here: the event brings it about. Its link carries a token that is derived from the
//! ids and stored nowhere, and nothing happens when the link is only opened, since mail scanners do that too.

pub(crate) mod accept;
pub(crate) mod create;
pub(crate) mod decline;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod resend;
pub(crate) mod revoke;
mod view;
pub(crate) mod view_offer;

use garde::Validate;
use serde::Deserialize;
use shared::access::InvitationToken;
use shared::id::{InvitationId, OrganizationId};
use shared::model::invitation::{Invitation, InvitedAddress};
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use utoipa::ToSchema;

use crate::{Deps, Error};

/// What the link of an invitation's mail carries.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresentedInvitation {
    /// The link's token.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, write_only)]
    token: String,
}

impl PresentedInvitation {
    /// The token, if it is one of ours.
    async fn genuine(&self, deps: &Deps) -> Result<InvitationToken, Error> {
        let token = InvitationToken::parse(&self.token).ok_or(Error::InvitationInvalid)?;
        if deps.links.is_invitation(&token).await? { Ok(token) } else { Err(Error::InvitationInvalid) }
    }
}

/// An invitation that can still be accepted.
async fn open(
    services: &Services,
    organization: OrganizationId,
    invitation: InvitationId,
) -> Result<Option<Versioned<Invitation>>, Error> {
    let found = services.store.get::<Invitation>(&Invitation::key_of(organization, invitation)).await?;
    Ok(found.filter(|invitation| invitation.is_open(services.clock.now())))
}

/// Ends an invitation: it and its address's marker go.
fn close(transaction: &mut Transaction<Error>, invitation: &Versioned<Invitation>) {
    transaction.delete(invitation);
    transaction.delete_key(InvitedAddress::key_of(invitation.organization_id, &invitation.address));
}
