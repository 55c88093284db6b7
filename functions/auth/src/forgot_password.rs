//! `POST /api/auth/password/forgot`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::event::Actor;
use shared::http::Input;
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::link::{Link, LinkPurpose};
use shared::model::user::User;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::client::Client;
use crate::limits::{Counted, Limits};
use crate::{Deps, Error, email, links};

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    /// The account's e-mail address.
    #[garde(length(chars, max = 254), custom(email::is_address))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
}

/// Have a link sent that sets a new password. Known and unknown addresses are answered alike.
#[utoipa::path(
    post, path = "/api/auth/password/forgot", operation_id = "forgotPassword", tag = "auth",
    request_body = ForgotPassword,
    responses(
        (status = 202, description = "If there is an account with this address, a mail is on its way."),
        (status = 429, description = "Too many mails to this address, or too many requests from this network."),
    )
)]
pub(crate) async fn forgot_password(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<ForgotPassword>,
) -> Result<Counted<StatusCode>, Error> {
    let headers = Limits::FORGOT_PASSWORD.count(&deps.services, &client, &input.email).await?;
    let outcome = send_link(&deps, &client, &input.email).await.map(|()| StatusCode::ACCEPTED);
    Ok(Counted { headers, outcome })
}

/// Writes a link and its event. For an unknown address the same reads are made and a link of nobody is written, which no mail carries, so
/// that the time the answer takes does not tell which addresses have accounts.
async fn send_link(deps: &Deps, client: &Client, email: &str) -> Result<(), Error> {
    let services = &deps.services;
    let plan = || async {
        let marker = services.store.get::<AccountEmail>(&AccountEmail::key_of(email)).await?;
        let user_id = marker.map_or_else(|| services.ids.next::<UserId>(), |marker| marker.user_id);
        let user = services.store.get::<User>(&User::key_of(user_id)).await?;
        let (mut transaction, now) = (Transaction::<Error>::new(), services.clock.now());
        match &user {
            // Whoever asks has not shown to be the account's owner, so that it is nobody's deed.
            Some(user) => {
                let wanted = (LinkPurpose::ResetPassword, &*user.email);
                links::ask(&mut transaction, services, (Actor::Platform, client.trace), user, wanted, now);
            }
            None => transaction.create(Link::new(services.ids.next(), LinkPurpose::ResetPassword, user_id, "", now)),
        }
        Ok((transaction, ()))
    };
    services.store.execute(plan).await
}
