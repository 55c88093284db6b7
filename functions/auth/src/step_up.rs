//! `POST /api/auth/step-up`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::http::Input;
use shared::model::session::{STEP_UP_LASTS, Session};
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::account::Account;
use crate::limits::{Counted, WITHIN_SESSION};
use crate::refresh_token::RefreshToken;
use crate::secret::Secret;
use crate::server_keys::Purpose;
use crate::totp::factor::{Code, Factor, accepted, either};
use crate::view::Tokens;
use crate::{Deps, Error, password, rotation};

/// Credentials, presented again: the password or a code of the authenticator, with the refresh token that is exchanged.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StepUp {
    /// The account's password.
    #[garde(inner(length(bytes, min = 1, max = 1024)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 1024, write_only)]
    password: Option<Secret>,
    /// What the authenticator shows.
    #[garde(inner(custom(Code::is_code)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{6}$", write_only, example = "123456")]
    code: Option<Code>,
    /// `refreshToken` of the session's last answer that had one.
    #[garde(length(bytes, min = 1, max = 512))]
    #[schema(value_type = String, min_length = 1, max_length = 512, write_only)]
    refresh_token: Secret,
}

/// What the session may do now, and its new tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SteppedUp {
    /// Until when it may do what is sensitive.
    valid_until: Timestamp,
    #[serde(flatten)]
    tokens: Tokens,
}

/// Present credentials again, so that this session may do what is sensitive for 10 minutes. Signing in does the same.
///
/// The session goes on with new tokens. Those of before are over after 10 seconds, in which other tabs hear of the new ones, or refresh and
/// get the same refresh token. Whoever has neither a password nor an authenticator signs in again with LinkedIn.
#[utoipa::path(
    post, path = "/api/auth/step-up", operation_id = "stepUp", tag = "auth",
    security(("accessToken" = [])),
    request_body = StepUp,
    responses(
        (status = 200, description = "The session may do what is sensitive, with these tokens.", body = SteppedUp),
        (status = 403, description = "`password_wrong` or `code_wrong`."),
        (status = 422, description = "`refresh_token_stale`: the refresh token is not the one that the session has now."),
        (status = 429, description = "Too many attempts in this session."),
    )
)]
pub(crate) async fn step_up(
    State(deps): State<Deps>,
    principal: Principal,
    Input(input): Input<StepUp>,
) -> Result<Counted<Json<SteppedUp>>, Error> {
    if input.password.is_some() == input.code.is_some() {
        return Err(either("password", "code").into());
    }
    let session = principal.session_id.to_string();
    let headers = deps.services.store.count_attempt(WITHIN_SESSION, &session).await?.headers();
    let outcome = authenticate_again(&deps, &principal, &input).await;
    Ok(Counted { headers, outcome: outcome.map(Json) })
}

async fn authenticate_again(deps: &Deps, principal: &Principal, input: &StepUp) -> Result<SteppedUp, Error> {
    let services = &deps.services;
    let signing_key = deps.signing_keys.current().await?;
    let successor_key = deps.server_keys.derive(Purpose::RefreshSuccessor).await?;
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, principal).await?;
        // A session's own mark, like its last use: no business state, so that no event goes with it.
        let mut transaction = Transaction::new();
        let mut second_factor_at = account.session.second_factor_at;
        match (&input.password, &input.code) {
            (Some(presented), _) => {
                let credential = account.credential.as_ref().ok_or(Error::PasswordWrong)?;
                if !password::is_right(presented, &credential.password_hash)? {
                    return Err(Error::PasswordWrong);
                }
            }
            (None, Some(code)) => {
                let totp = account.totp.as_ref().filter(|totp| totp.is_on()).ok_or(Error::CodeWrong)?;
                let used = accepted(&deps.server_keys, totp, &Factor::Code(code), now).await?;
                transaction.replace(totp, used.ok_or(Error::CodeWrong)?);
                second_factor_at = Some(account.user.second_factor_at(now));
            }
            (None, None) => return Err(either("password", "code").into()),
        }
        // Whoever has an access token alone gets no refresh token by it.
        let presented = RefreshToken::parse(&input.refresh_token).ok_or(Error::RefreshTokenStale)?;
        let lifetime = services.config.tokens.refresh_lifetime;
        let renewed = rotation::authenticated_again(&account.session, &presented, &successor_key, now, lifetime)?;
        let (next, refresh_token) = renewed.ok_or(Error::RefreshTokenStale)?;
        let tokens = Tokens::new(services, &signing_key, &account.user, (&next, &refresh_token), now)?;
        transaction.replace(&account.session, Session { second_factor_at, ..next });
        Ok((transaction, SteppedUp { valid_until: now.plus(STEP_UP_LASTS), tokens }))
    };
    let stepped_up = services.store.execute(plan).await?;
    // Here the tokens of before are judged anew at once; other instances remember the session for some seconds more.
    services.access.forget(principal.session_id);
    Ok(stepped_up)
}
