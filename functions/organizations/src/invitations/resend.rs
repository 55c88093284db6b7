//! `POST /api/organizations/{organizationId}/invitations/{invitationId}/resend`

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{InvitationId, OrganizationId};
use shared::model::invitation::InvitedAddress;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use super::view::InvitationView;
use super::{limits, open};
use crate::Error;

/// Send an invitation once more. It is open for another 7 days, and the links of all its mails work.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/invitations/{invitationId}/resend", operation_id = "resendInvitation",
    tag = "organizations",
    security(("accessToken" = [])),
    params(("organizationId" = OrganizationId, Path), ("invitationId" = InvitationId, Path)),
    responses(
        (status = 200, description = "The invitation; its mail is on its way.", body = InvitationView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
        (status = 429, description = "More invitations than a day has, of the organisation or to the address."),
    )
)]
pub(crate) async fn resend_invitation(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, id)): Path<(OrganizationId, InvitationId)>,
) -> Result<(HeaderMap, Json<InvitationView>), Error> {
    let invitation = open(&services, organization, id).await?.ok_or_else(Problem::not_found)?;
    let limits = limits::count(&services, organization, &invitation.address).await?;
    let plan = || async {
        let invitation = open(&services, organization, id).await?.ok_or_else(Problem::not_found)?;
        let next = invitation.sent_again(services.clock.now());
        let marker = InvitedAddress::of(&next);
        let mut transaction = Transaction::new();
        match services.store.get::<InvitedAddress>(&InvitedAddress::key_of(organization, &next.address)).await? {
            Some(known) => transaction.replace(&known, marker),
            None => transaction.create(marker),
        }
        transaction.replace(&invitation, next.clone());
        transaction.create(access.event(&services, Fact::InvitationSent { invitation_id: id }));
        Ok::<_, Error>((transaction, next))
    };
    Ok((limits, Json(services.store.execute(plan).await?.into())))
}
