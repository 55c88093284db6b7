//! `POST /api/auth/verify-email`

use axum::extract::State;
use http::StatusCode;
use shared::event::Fact;
use shared::http::Input;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use shared::store::Transaction;

use crate::client::Client;
use crate::links::{self, LinkInput};
use crate::{Deps, Error};

/// Show that the account's e-mail address is its owner's, with the token of the link that was sent there. A link works once.
#[utoipa::path(
    post, path = "/api/auth/verify-email", operation_id = "verifyEmail", tag = "auth",
    request_body = LinkInput,
    responses(
        (status = 204, description = "The address is verified."),
        (status = 422, description = "`link_invalid`: the link was used, ran out, or is none of ours."),
    )
)]
pub(crate) async fn verify_email(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<LinkInput>,
) -> Result<StatusCode, Error> {
    let (services, purpose) = (&deps.services, LinkPurpose::VerifyEmail);
    let link_id = links::genuine(&deps, purpose, &input.token).await?;
    let plan = || async {
        let (link, user) = links::open(services, purpose, link_id).await?;
        let mut transaction = Transaction::<Error>::new();
        transaction.delete(&link);
        // Of two links that were sent, the second one changes nothing.
        if user.email_verified_at.is_none() {
            let verified = User { email_verified_at: Some(services.clock.now()), ..user.value.clone() };
            transaction.replace(&user, verified);
            transaction.create(client.event(services, user.id, Fact::EmailVerified { user_id: user.id }));
        }
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
