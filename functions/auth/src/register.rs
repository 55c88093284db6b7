//! `POST /api/auth/register`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::account::NewAccount;
use shared::event::{Actor, Fact};
use shared::http::Input;
use shared::id::UserId;
use shared::model::credential::Credential;
use shared::model::link::LinkPurpose;
use shared::store::Transaction;
use shared::{email, text};
use utoipa::ToSchema;

use crate::client::Client;
use crate::limits::{Counted, Limits};
use crate::login::remember_network;
use crate::secret::Secret;
use crate::view::{SignedIn, Tokens};
use crate::{Deps, Error, links, password, session};

/// A new account.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// The e-mail address to sign in with.
    #[garde(length(chars, max = 254), custom(email::is_address))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    /// The password to sign in with: at least 8 characters, at most 1,024 bytes, and not easily guessed.
    #[garde(length(chars, min = 8), length(bytes, max = 1024))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024, write_only)]
    password: Secret,
    /// The person's name.
    #[garde(custom(text::is_person_name))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Ada Lovelace"
    )]
    name: String,
}

/// Register an account and sign it in. It comes with a personal organisation on the Free plan, and a mail with a link that verifies its
/// address.
#[utoipa::path(
    post, path = "/api/auth/register", operation_id = "register", tag = "auth",
    request_body = Register,
    responses(
        (status = 201, description = "The account and the tokens of its first session.", body = SignedIn),
        (status = 409, description = "`email_taken`: there is an account with this address."),
        (status = 429, description = "Too many attempts on this account or from this network."),
    )
)]
pub(crate) async fn register(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<Register>,
) -> Result<Counted<(StatusCode, Json<SignedIn>)>, Error> {
    let headers = Limits::REGISTER.count(&deps.services, &client, &input.email).await?;
    let outcome = create_account(&deps, &client, &input).await;
    Ok(Counted { headers, outcome: outcome.map(|signed_in| (StatusCode::CREATED, Json(signed_in))) })
}

async fn create_account(deps: &Deps, client: &Client, input: &Register) -> Result<SignedIn, Error> {
    let services = &deps.services;
    let key = deps.signing_keys.current().await?;
    deps.require_good_password(&input.password, &[input.name.trim(), input.email.trim()], "password").await?;
    let password_hash = password::hash(&input.password, &services.ids)?;
    let plan = || async {
        let (user_id, now) = (services.ids.next::<UserId>(), services.clock.now());
        let mut transaction = Transaction::new();
        let account = NewAccount { user_id, email: &input.email, name: &input.name, is_email_verified: false, at: now };
        let user = account.add_to(&mut transaction, Error::EmailTaken);
        let (session, refresh_token) = session::begin(services, &user, client);
        let tokens = Tokens::new(services, &key, &user, (&session, &refresh_token), now)?;
        transaction.create(Credential { user_id, password_hash: password_hash.clone(), set_at: now });
        transaction.create(session);
        remember_network(&mut transaction, user_id, client, None, now);
        transaction.create(client.event(services, user_id, Fact::AccountRegistered { user_id }));
        let origin = (Actor::User { user_id }, client.trace);
        links::ask(&mut transaction, services, origin, &user, (LinkPurpose::VerifyEmail, &user.email), now);
        Ok((transaction, SignedIn::new(user, tokens)))
    };
    services.store.execute(plan).await
}
