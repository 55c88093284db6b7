//! `POST /api/invitations/decline`

use axum::extract::State;
use http::StatusCode;
use shared::event::{Actor, Fact};
use shared::http::Input;
use shared::store::Transaction;
use shared::trace::Trace;

use super::{PresentedInvitation, close, open};
use crate::{Deps, Error};

/// Decline an invitation. Nobody needs an account for that: the link's token is enough.
#[utoipa::path(
    post, path = "/api/invitations/decline", operation_id = "declineInvitation", tag = "organizations",
    request_body = PresentedInvitation,
    responses(
        (status = 204, description = "The invitation is declined."),
        (status = 404, description = "`invitation_invalid`: it was used, declined or revoked, or has expired."),
    )
)]
pub(crate) async fn decline_invitation(
    State(deps): State<Deps>,
    trace: Trace,
    Input(input): Input<PresentedInvitation>,
) -> Result<StatusCode, Error> {
    let token = input.genuine(&deps).await?;
    let (services, organization, invitation_id) = (&deps.services, token.organization_id, token.invitation_id);
    let plan = || async {
        let invitation = open(services, organization, invitation_id).await?.ok_or(Error::InvitationInvalid)?;
        let mut transaction = Transaction::new();
        close(&mut transaction, &invitation);
        let (actor, fact) = (Actor::Invitee { invitation_id }, Fact::InvitationDeclined { invitation_id });
        transaction.create(services.event(organization, actor, trace, fact));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
