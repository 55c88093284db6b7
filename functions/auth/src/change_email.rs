//! `POST /api/auth/email/change`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::access::Principal;
use shared::event::Actor;
use shared::http::Input;
use shared::model::account_email::AccountEmail;
use shared::model::credential::Credential;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{Transaction, Versioned};
use utoipa::ToSchema;

use crate::client::Client;
use crate::limits::{Counted, Limits};
use crate::secret::Secret;
use crate::{Deps, Error, email, links, password};

/// Another address for the account.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeEmail {
    /// The e-mail address to sign in with from then on.
    #[garde(length(chars, max = 254), custom(email::is_address))]
    #[schema(format = "email", max_length = 254, example = "ada@lovelace.example")]
    new_email: String,
    /// The account's password, once more.
    #[garde(length(bytes, min = 1, max = 1024))]
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024, write_only)]
    password: Secret,
}

/// Ask for another e-mail address. A link is sent to the new address, and a notice to the one that the account has; the address changes
/// when the link is followed.
#[utoipa::path(
    post, path = "/api/auth/email/change", operation_id = "changeEmail", tag = "auth",
    security(("accessToken" = [])),
    request_body = ChangeEmail,
    responses(
        (status = 202, description = "The mails are on their way."),
        (status = 403, description = "`password_wrong`: the password is not the account's."),
        (status = 409, description = "`email_taken`: there is an account with this address, perhaps this one."),
        (status = 429, description = "Too many attempts on this account or from this network."),
    )
)]
pub(crate) async fn change_email(
    State(deps): State<Deps>,
    principal: Principal,
    client: Client,
    Input(input): Input<ChangeEmail>,
) -> Result<Counted<StatusCode>, Error> {
    let headers = Limits::CHANGE_EMAIL.count(&deps.services, &client, &principal.caller()).await?;
    let outcome = send_link(&deps, &principal, &input).await.map(|()| StatusCode::ACCEPTED);
    Ok(Counted { headers, outcome })
}

async fn send_link(deps: &Deps, principal: &Principal, input: &ChangeEmail) -> Result<(), Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let credential = services.store.get::<Credential>(&Credential::key_of(user_id)).await?;
    let hash = credential.as_ref().map_or(password::NOBODYS_HASH, |credential| &credential.password_hash);
    if !password::is_right(&input.password, hash)? || credential.is_none() {
        return Err(Error::PasswordWrong);
    }
    let new_email = input.new_email.trim();
    let origin = (Actor::User { user_id }, principal.trace());
    let plan = || async {
        let (user_key, marker_key) = (User::key_of(user_id), AccountEmail::key_of(new_email));
        let mut items = services.store.batch_get(&[user_key.clone(), marker_key.clone()]).await?;
        let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
        let user = user.ok_or_else(Problem::token_invalid)?;
        if items.contains_key(&marker_key) {
            return Err(Error::EmailTaken);
        }
        let mut transaction = Transaction::new();
        let wanted = (LinkPurpose::ChangeEmail, new_email);
        links::ask(&mut transaction, services, origin, &user, wanted, services.clock.now());
        Ok((transaction, ()))
    };
    services.store.execute(plan).await
}
