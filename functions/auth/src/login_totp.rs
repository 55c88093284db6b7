//! `POST /api/auth/login/totp`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::event::Fact;
use shared::http::Input;
use shared::model::known_network::KnownNetwork;
use shared::model::session::Session;
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{Attempt, Transaction, Versioned};
use utoipa::ToSchema;

use crate::account::take;
use crate::challenge::Challenge;
use crate::client::Client;
use crate::limits::{Counted, Failures, Limits, headers_of};
use crate::login::remember_network;
use crate::secret::Secret;
use crate::server_keys::Purpose;
use crate::totp::factor::{Code, Factor, accepted, either};
use crate::view::{SignedIn, Tokens};
use crate::{Deps, Error, session};

/// The second factor of a sign-in: a code of the authenticator, or a recovery code.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LoginTotp {
    /// `challenge` of the answer to `POST /api/auth/login` or `POST /api/auth/linkedin/callback`.
    #[garde(length(bytes, min = 1, max = 512))]
    #[schema(value_type = String, min_length = 1, max_length = 512, write_only)]
    challenge: Secret,
    /// What the authenticator shows.
    #[garde(inner(custom(Code::is_code)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{6}$", write_only, example = "123456")]
    code: Option<Code>,
    /// One of the recovery codes, which is used up by it.
    #[garde(inner(length(bytes, min = 1, max = 64)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, write_only, example = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX")]
    recovery_code: Option<Secret>,
}

/// Complete a sign-in with the second factor. A code is accepted once.
#[utoipa::path(
    post, path = "/api/auth/login/totp", operation_id = "loginWithTotp", tag = "auth",
    request_body = LoginTotp,
    responses(
        (status = 200, description = "The account and the tokens of a new session.", body = SignedIn),
        (
            status = 401,
            description = "`code_wrong`: the code is not right now, or was used. `challenge_invalid`: sign in again."
        ),
        (status = 403, description = "`account_suspended`: an operator of the platform suspended the account."),
        (status = 429, description = "Too many attempts on this account or from this network."),
    )
)]
pub(crate) async fn login_totp(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<LoginTotp>,
) -> Result<Counted<Json<SignedIn>>, Error> {
    let factor = match (&input.code, &input.recovery_code) {
        (Some(code), None) => Factor::Code(code),
        (None, Some(code)) => Factor::RecoveryCode(code),
        _ => return Err(either("code", "recoveryCode").into()),
    };
    let key = deps.server_keys.derive(Purpose::LoginChallenge).await?;
    // Only who had the password has a challenge, so that nobody else uses up the attempts.
    let challenge = Challenge::read(&input.challenge, &key)?.ok_or(Error::ChallengeInvalid)?;
    let account = challenge.user_id.to_string();
    let (services, now) = (&deps.services, deps.services.clock.now());
    let attempt = Limits::SECOND_FACTOR.attempt(&client, &account, now);
    let (attempts_key, failures_key) = (attempt.key(), Failures::SECOND_FACTOR.key_of(&account, now));
    let network_key = client.network().map(|network| KnownNetwork::key_of(challenge.user_id, &network));
    let keys = [attempts_key.clone(), failures_key.clone()].into_iter().chain(network_key.clone());
    let mut items = services.store.batch_get(&keys.collect::<Vec<_>>()).await?;
    let headers = headers_of(&attempt.admitted_by(items.get(&attempts_key))?);
    let network = network_key.map_or(Ok(None), |key| take::<KnownNetwork>(&mut items, &key))?;
    let is_known = network.as_ref().is_some_and(|network| network.is_known(now));
    let few = if is_known { Ok(()) } else { Failures::SECOND_FACTOR.require_few(items.get(&failures_key), now) };
    let outcome = match few {
        Ok(()) => sign_in(&deps, &client, &challenge, &factor, (&attempt, network.as_ref())).await,
        Err(refusal) => Err(refusal.into()),
    };
    // As with the password, see `login`: no answer overtakes the count.
    if outcome.as_ref().is_err_and(Error::is_verdict) {
        services.store.count(&attempt).await?;
    }
    if matches!(outcome, Err(Error::SecondFactorWrong)) {
        Failures::SECOND_FACTOR.count(services, &account).await?;
    }
    Ok(Counted { headers, outcome: outcome.map(Json) })
}

async fn sign_in(
    deps: &Deps,
    client: &Client,
    challenge: &Challenge,
    factor: &Factor<'_>,
    (attempt, network): (&Attempt, Option<&Versioned<KnownNetwork>>),
) -> Result<SignedIn, Error> {
    let (services, user_id) = (&deps.services, challenge.user_id);
    if !challenge.is_fresh(services.clock.now()) {
        return Err(Error::ChallengeInvalid);
    }
    let key = deps.signing_keys.current().await?;
    let plan = || async {
        let now = services.clock.now();
        // Read with each attempt: of two sign-ins with one code at once, the second finds it used.
        let (user_key, totp_key) = (User::key_of(user_id), Totp::key_of(user_id));
        let mut items = services.store.batch_get(&[user_key.clone(), totp_key.clone()]).await?;
        let user = take::<User>(&mut items, &user_key)?.filter(|user| challenge.is_good(user, now));
        let user = user.ok_or(Error::ChallengeInvalid)?;
        if user.suspended_at.is_some() {
            return Err(Problem::account_suspended().into());
        }
        let totp = take::<Totp>(&mut items, &totp_key)?.filter(|totp| totp.is_on()).ok_or(Error::ChallengeInvalid)?;
        let used = accepted(&deps.server_keys, &totp, factor, now).await?.ok_or(Error::SecondFactorWrong)?;
        let (session, refresh_token) = session::begin(services, &user, client);
        let session = Session { second_factor_at: Some(user.second_factor_at(now)), ..session };
        let tokens = Tokens::new(services, &key, &user, (&session, &refresh_token), now)?;
        let mut transaction = Transaction::<Error>::new();
        if let Factor::RecoveryCode(_) = factor {
            let left = u32::try_from(used.recovery_code_hashes.len()).unwrap_or(u32::MAX);
            transaction.create(client.event(services, user_id, Fact::RecoveryCodeUsed { user_id, left }));
        }
        let fact = Fact::SessionStarted { user_id, session_id: session.id };
        transaction.create(session);
        transaction.update_or(attempt.update(), attempt.refusal().into());
        // Whoever resets the password ends every session; one that begins by an old challenge at that very moment must not outlive it.
        transaction.require(&user);
        transaction.replace(&totp, used);
        remember_network(&mut transaction, user_id, client, network, now);
        transaction.create(client.event(services, user_id, fact));
        Ok((transaction, SignedIn::new(user.value, tokens)))
    };
    services.store.execute(plan).await
}
