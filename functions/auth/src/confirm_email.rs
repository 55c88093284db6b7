//! `POST /api/auth/email/confirm`

use axum::extract::State;
use http::StatusCode;
use shared::event::Fact;
use shared::http::Input;
use shared::model::account_email::AccountEmail;
use shared::model::former_email::FormerEmail;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use shared::store::Transaction;

use crate::client::Client;
use crate::links::{self, LinkInput};
use crate::{Deps, Error};

/// Make another e-mail address the account's, with the token of the link that was sent there. A link works once. The address until then is
/// told by mail.
#[utoipa::path(
    post, path = "/api/auth/email/confirm", operation_id = "confirmEmail", tag = "auth",
    request_body = LinkInput,
    responses(
        (status = 204, description = "The address is the account's."),
        (status = 409, description = "`email_taken`: another account got the address meanwhile."),
        (status = 422, description = "`link_invalid`: the link was used, ran out, or is none of ours."),
    )
)]
pub(crate) async fn confirm_email(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<LinkInput>,
) -> Result<StatusCode, Error> {
    let (services, purpose) = (&deps.services, LinkPurpose::ChangeEmail);
    let link_id = links::genuine(&deps, purpose, &input.token).await?;
    let plan = || async {
        let (link, user) = links::open(services, purpose, link_id).await?;
        let old = services.store.get::<AccountEmail>(&AccountEmail::key_of(&user.email)).await?;
        let mut transaction = Transaction::new();
        transaction.delete(&link);
        let marker = AccountEmail { normalized: AccountEmail::normalize(&link.email), user_id: user.id };
        transaction.create_or(marker, Error::EmailTaken);
        if let Some(old) = old.filter(|old| old.user_id == user.id) {
            transaction.delete(&old);
        }
        let (email, now) = (link.email.clone(), services.clock.now());
        transaction.replace(&user, User { email, email_verified_at: Some(now), ..user.value.clone() });
        let event = client.event(services, user.id, Fact::EmailChanged { user_id: user.id });
        let (user_id, event_id, email) = (user.id, event.id, user.value.email);
        transaction.create(FormerEmail { user_id, event_id, email, changed_at: now });
        transaction.create(event);
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
