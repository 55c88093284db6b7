//! `POST /api/auth/refresh`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::event::Actor;
use shared::http::Input;
use shared::problem::Problem;
use shared::store::StoreError;
use utoipa::ToSchema;

use crate::client::Client;
use crate::refresh_token::{RefreshToken, SuccessorKey};
use crate::rotation::{self, Verdict};
use crate::secret::Secret;
use crate::view::Tokens;
use crate::{Deps, Error, session};

/// How often a token is judged again when its session changed in between. Whoever was overtaken finds the exchange done.
const ATTEMPTS: u32 = 6;

/// A refresh token to be exchanged.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Refresh {
    /// `refreshToken` of the last answer that had one.
    #[garde(length(bytes, min = 1, max = 512))]
    #[schema(value_type = String, min_length = 1, max_length = 512, write_only)]
    refresh_token: Secret,
}

/// Exchange a refresh token for new tokens.
///
/// It can be exchanged once; for 10 seconds a repeat gives the same refresh token again, so that several tabs can refresh at once. A
/// replay after that ends the session.
#[utoipa::path(
    post, path = "/api/auth/refresh", operation_id = "refreshTokens", tag = "auth",
    request_body = Refresh,
    responses(
        (status = 200, description = "New tokens of the same session.", body = Tokens),
        (status = 401, description = "`refresh_token_invalid`: the token is unknown or used up, or its session is over."),
        (status = 403, description = "`account_suspended`: an operator of the platform suspended the account."),
    )
)]
pub(crate) async fn refresh_tokens(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<Refresh>,
) -> Result<Json<Tokens>, Error> {
    let services = &deps.services;
    let presented = RefreshToken::parse(&input.refresh_token).ok_or(Error::RefreshTokenInvalid)?;
    let signing_key = deps.signing_keys.current().await?;
    let successor_key = SuccessorKey::of(&signing_key)?;
    for _ in 0..ATTEMPTS {
        let found = session::read(services, presented.user_id, presented.session_id).await?;
        let (user, session) = found.ok_or(Error::RefreshTokenInvalid)?;
        if user.suspended_at.is_some() {
            return Err(Problem::account_suspended().into());
        }
        let now = services.clock.now();
        let refresh_token = match rotation::judge(&session, &presented, &successor_key, now)? {
            Verdict::Exchange(successor) => {
                let lifetime = services.config.tokens.refresh_lifetime;
                let next = rotation::exchanged(&session, &presented, &successor, now, lifetime);
                if services.store.replace(&session, next).await?.is_none() {
                    continue;
                }
                successor
            }
            Verdict::Repeat(successor) => successor,
            Verdict::Replay => {
                session::end(services, user.id, session.id, Actor::Platform, client.trace).await?;
                return Err(Error::RefreshTokenInvalid);
            }
            Verdict::Refuse => return Err(Error::RefreshTokenInvalid),
        };
        return Ok(Json(Tokens::new(services, &signing_key, &user, &refresh_token, now)?));
    }
    Err(StoreError::Contended.into())
}
