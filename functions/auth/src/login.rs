//! `POST /api/auth/login`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::email;
use shared::event::Fact;
use shared::http::Input;
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::credential::Credential;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use utoipa::ToSchema;

use crate::client::Client;
use crate::limits::{Counted, Limits};
use crate::secret::Secret;
use crate::view::{SignedIn, Tokens};
use crate::{Deps, Error, password, session};

/// What somebody signs in with.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The account's e-mail address.
    #[garde(length(chars, max = 254), custom(email::is_address))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    /// Its password. One of more than 1,024 bytes is not tried.
    #[garde(length(bytes, min = 1, max = 1024))]
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024, write_only)]
    password: Secret,
}

/// Sign in. An unknown address and a wrong password are answered alike.
#[utoipa::path(
    post, path = "/api/auth/login", operation_id = "login", tag = "auth",
    request_body = Login,
    responses(
        (status = 200, description = "The account and the tokens of a new session.", body = SignedIn),
        (status = 401, description = "`invalid_credentials`: the address or the password is wrong."),
        (status = 403, description = "`account_suspended`: an operator of the platform suspended the account."),
        (status = 429, description = "Too many attempts on this account or from this network."),
    )
)]
pub(crate) async fn login(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<Login>,
) -> Result<Counted<Json<SignedIn>>, Error> {
    let headers = Limits::LOGIN.count(&deps.services, &client, &input.email).await?;
    let outcome = sign_in(&deps, &client, &input).await;
    Ok(Counted { headers, outcome: outcome.map(Json) })
}

async fn sign_in(deps: &Deps, client: &Client, input: &Login) -> Result<SignedIn, Error> {
    let services = &deps.services;
    let key = deps.signing_keys.current().await?;
    let user = authenticate(services, &input.email, &input.password).await?;
    let plan = || async {
        let now = services.clock.now();
        let (session, refresh_token) = session::begin(services, &user, now);
        let tokens = Tokens::new(services, &key, &user, &refresh_token, now)?;
        let fact = Fact::SessionStarted { user_id: user.id, session_id: session.id };
        let mut transaction = Transaction::<Error>::new();
        transaction.create(session);
        transaction.create(client.event(services, user.id, fact));
        Ok((transaction, SignedIn::new(user.clone(), tokens)))
    };
    services.store.execute(plan).await
}

/// Whose address and password these are. For an unknown address the same reads are made and a hash is computed too, so that the time
/// the answer takes does not tell which addresses have accounts.
async fn authenticate(services: &Services, email: &str, password: &Secret) -> Result<User, Error> {
    let marker = services.store.get::<AccountEmail>(&AccountEmail::key_of(email)).await?;
    let user_id = marker.map_or_else(|| services.ids.next::<UserId>(), |marker| marker.user_id);
    let (user_key, credential_key) = (User::key_of(user_id), Credential::key_of(user_id));
    let mut items = services.store.batch_get(&[user_key.clone(), credential_key.clone()]).await?;
    let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
    let credential = items.remove(&credential_key).map(Versioned::<Credential>::from_item).transpose()?;
    let hash = credential.as_ref().map_or(password::NOBODYS_HASH, |credential| &credential.password_hash);
    let is_right = password::is_right(password, hash)?;
    let user = user.filter(|user| credential.is_some() && is_right && user.erased_at.is_none());
    let user = user.ok_or(Error::InvalidCredentials)?.value;
    // Only whoever has the password learns it.
    if user.suspended_at.is_some() { Err(Problem::account_suspended().into()) } else { Ok(user) }
}
