//! `POST /api/auth/login`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::clock::Timestamp;
use shared::email;
use shared::event::Fact;
use shared::http::Input;
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::credential::Credential;
use shared::model::known_network::KnownNetwork;
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Attempt, Item, Transaction, Versioned};
use utoipa::ToSchema;

use crate::account::take;
use crate::challenge::Challenge;
use crate::client::Client;
use crate::limits::{Counted, Failures, Limits, headers_of};
use crate::secret::Secret;
use crate::server_keys::Purpose;
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
        (
            status = 401,
            description = "`invalid_credentials`: the address or the password is wrong. `totp_required`: they are right, and the second \
                factor is to follow at `POST /api/auth/login/totp` with the `challenge` of this answer, within 5 minutes."
        ),
        (status = 403, description = "`account_suspended`: an operator of the platform suspended the account."),
        (status = 429, description = "Too many attempts on this account or from this network."),
    )
)]
pub(crate) async fn login(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<Login>,
) -> Result<Counted<Json<SignedIn>>, Error> {
    let services = &deps.services;
    let email = AccountEmail::normalize(&input.email);
    let attempt = Limits::LOGIN.attempt(&client, &email, services.clock.now());
    let found = find(services, &client, &attempt, &email).await?;
    let headers = headers_of(&attempt.admitted_by(found.attempts.as_ref())?);
    let outcome = sign_in(&deps, &client, &input, &attempt, found).await;
    // A session counts the attempt in its own transaction, a refusal before it is told: attempts at the same moment may overtake what was
    // read, and cost a hash each, but no more of them than the limits admit learn whether their password is right.
    if outcome.as_ref().is_err_and(Error::is_verdict) {
        services.store.count(&attempt).await?;
    }
    // After that count: what one network tries at once must not close the account to all that its owner has not used.
    if matches!(outcome, Err(Error::InvalidCredentials)) {
        Failures::LOGIN.count(services, &email).await?;
    }
    Ok(Counted { headers, outcome: outcome.map(Json) })
}

async fn sign_in(
    deps: &Deps,
    client: &Client,
    input: &Login,
    attempt: &Attempt,
    found: Found,
) -> Result<SignedIn, Error> {
    let services = &deps.services;
    let now = services.clock.now();
    if !found.is_from_known_network(now) {
        Failures::LOGIN.require_few(found.failures.as_ref(), now)?;
    }
    // For an unknown address the same reads were made and a hash is computed too, so that the time the answer takes does not tell which
    // addresses have accounts.
    let hash = found.credential.as_ref().map_or(password::NOBODYS_HASH, |credential| &credential.password_hash);
    let is_right = password::is_right(&input.password, hash)?;
    let user = found.user.filter(|user| user.erased_at.is_none());
    let (Some(user), Some(credential), true) = (user, found.credential, is_right) else {
        return Err(Error::InvalidCredentials);
    };
    // Only whoever has the password learns it.
    if user.suspended_at.is_some() {
        return Err(Problem::account_suspended().into());
    }
    let credential = with_our_hash(services, credential, &input.password).await?;
    if found.totp.is_some_and(|totp| totp.is_on()) {
        let key = deps.server_keys.derive(Purpose::LoginChallenge).await?;
        return Err(Error::TotpRequired(Challenge::new(&user, now).text(&key)?));
    }
    let key = deps.signing_keys.current().await?;
    let plan = || async {
        let now = services.clock.now();
        let (session, refresh_token) = session::begin(services, &user, client);
        let tokens = Tokens::new(services, &key, &user, (&session, &refresh_token), now)?;
        let fact = Fact::SessionStarted { user_id: user.id, session_id: session.id };
        let mut transaction = Transaction::<Error>::new();
        transaction.create(session);
        transaction.update_or(attempt.update(), attempt.refusal().into());
        // Whoever resets the password ends every session; one that begins by the old password at that very moment must not outlive it.
        transaction.require_or(&credential, Error::InvalidCredentials);
        remember_network(&mut transaction, user.id, client, found.network.as_ref(), now);
        transaction.create(client.event(services, user.id, fact));
        Ok((transaction, SignedIn::new(user.value.clone(), tokens)))
    };
    services.store.execute(plan).await
}

/// What is known of the account of an address.
struct Found {
    user: Option<Versioned<User>>,
    credential: Option<Versioned<Credential>>,
    totp: Option<Versioned<Totp>>,
    network: Option<Versioned<KnownNetwork>>,
    /// The counts of attempts, and of those in vain.
    attempts: Option<Item>,
    failures: Option<Item>,
}

impl Found {
    fn is_from_known_network(&self, now: Timestamp) -> bool {
        self.network.as_ref().is_some_and(|network| network.is_known(now))
    }
}

/// The account of an address: two reads, whether there is one or not.
async fn find(services: &Services, client: &Client, attempt: &Attempt, email: &str) -> Result<Found, Error> {
    let now = services.clock.now();
    let (marker, attempts, failures) = (AccountEmail::key_of(email), attempt.key(), Failures::LOGIN.key_of(email, now));
    let mut items = services.store.batch_get(&[marker.clone(), attempts.clone(), failures.clone()]).await?;
    let marker = take::<AccountEmail>(&mut items, &marker)?;
    let (attempts, failures) = (items.remove(&attempts), items.remove(&failures));
    let user_id = marker.map_or_else(|| services.ids.next::<UserId>(), |marker| marker.user_id);
    let (user, credential, totp) = (User::key_of(user_id), Credential::key_of(user_id), Totp::key_of(user_id));
    let network = client.network().map(|network| KnownNetwork::key_of(user_id, &network));
    let keys = [user.clone(), credential.clone(), totp.clone()].into_iter().chain(network.clone());
    let mut items = services.store.batch_get(&keys.collect::<Vec<_>>()).await?;
    Ok(Found {
        user: take(&mut items, &user)?,
        credential: take(&mut items, &credential)?,
        totp: take(&mut items, &totp)?,
        network: network.map_or(Ok(None), |network| take(&mut items, &network))?,
        attempts,
        failures,
    })
}

/// Writes down that somebody signed in from this network, unless that stands there already.
pub(crate) fn remember_network(
    transaction: &mut Transaction<Error>,
    user_id: UserId,
    client: &Client,
    known: Option<&Versioned<KnownNetwork>>,
    now: Timestamp,
) {
    if let Some(network) = client.network().filter(|_| known.is_none_or(|known| !known.is_fresh(now))) {
        transaction.update(KnownNetwork::seen(user_id, &network, now));
    }
}

/// The credential with a hash of ours: where it has another system's, this is the moment at which the password is known. Like a cache it is
/// written by itself, if nobody changed the password meanwhile.
async fn with_our_hash(
    services: &Services,
    credential: Versioned<Credential>,
    password: &Secret,
) -> Result<Versioned<Credential>, Error> {
    if !password::is_outdated(&credential.password_hash)? {
        return Ok(credential);
    }
    let password_hash = password::hash(password, &services.ids)?;
    let next = Credential { password_hash, ..credential.value.clone() };
    if let Some(replaced) = services.store.replace(&credential, next).await? {
        return Ok(replaced);
    }
    // Another sign-in did the same, or the password is another now.
    let current = services.store.get::<Credential>(&Credential::key_of(credential.user_id)).await?;
    current.filter(|current| current.set_at == credential.set_at).ok_or(Error::InvalidCredentials)
}
