//! `POST /api/auth/password/reset`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::event::Fact;
use shared::http::Input;
use shared::model::credential::Credential;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::account::take;
use crate::client::Client;
use crate::secret::Secret;
use crate::{Deps, Error, links, password};

/// A new password for a forgotten one.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassword {
    /// What stands after `#token=` in the mail's link.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(value_type = String, pattern = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\.[A-Za-z0-9_-]{43}$", write_only)]
    token: Secret,
    /// The password to sign in with from now on: at least 8 characters, at most 1,024 bytes, and not easily guessed.
    #[garde(length(chars, min = 8), length(bytes, max = 1024))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024, write_only)]
    password: Secret,
}

/// Set a new password, with the token of the link that was sent to the account's address.
///
/// A link works once, for an hour. Every session of the account ends, and with it all its tokens. The address counts as verified: the link
/// arrived there. What signs in to the account by another address, at LinkedIn, signs in no more.
#[utoipa::path(
    post, path = "/api/auth/password/reset", operation_id = "resetPassword", tag = "auth",
    request_body = ResetPassword,
    responses(
        (status = 204, description = "The password is set; sign in with it."),
        (status = 422, description = "`link_invalid`: the link was used, ran out, or is none of ours."),
    )
)]
pub(crate) async fn reset_password(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<ResetPassword>,
) -> Result<StatusCode, Error> {
    let (services, purpose) = (&deps.services, LinkPurpose::ResetPassword);
    let link_id = links::genuine(&deps, purpose, &input.token).await?;
    // Looked at before the hash is computed, which a used link is not worth.
    let (_, user) = links::open(services, purpose, link_id).await?;
    deps.require_good_password(&input.password, &[&user.name, &user.email], "password").await?;
    let password_hash = password::hash(&input.password, &services.ids)?;
    let plan = || async {
        let (link, user) = links::open(services, purpose, link_id).await?;
        let (credential_key, linkedin_key) =
            (Credential::key_of(user.id), LinkedIdentity::key_of(user.id, IdentityProvider::LinkedIn));
        let mut items = services.store.batch_get(&[credential_key.clone(), linkedin_key.clone()]).await?;
        let credential = take::<Credential>(&mut items, &credential_key)?;
        let linkedin = take::<LinkedIdentity>(&mut items, &linkedin_key)?;
        let (mut transaction, now) = (Transaction::<Error>::new(), services.clock.now());
        transaction.delete(&link);
        let next = Credential { user_id: user.id, password_hash: password_hash.clone(), set_at: now };
        match &credential {
            Some(credential) => transaction.replace(credential, next),
            None => transaction.create(next),
        }
        // The link proves the address. What another address stands for may be what the password is reset against.
        if let Some(linkedin) = linkedin.filter(|linkedin| !linkedin.is_of_address(&user.email)) {
            LinkedIdentity::unlink(&linkedin, &mut transaction);
            let fact = Fact::IdentityUnlinked { user_id: user.id, provider: linkedin.provider };
            transaction.create(client.event(services, user.id, fact));
        }
        let verified = user.email_verified_at.or(Some(now));
        transaction.replace(&user, User { email_verified_at: verified, ..user.with_sessions_ended(now) });
        transaction.create(client.event(services, user.id, Fact::PasswordReset { user_id: user.id }));
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Here its sessions are refused at once; other instances remember them for some seconds more.
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
