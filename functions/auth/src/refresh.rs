//! `POST /api/auth/refresh`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use garde::Validate;
use http::HeaderMap;
use serde::Deserialize;
use shared::event::{Actor, Fact};
use shared::http::Input;
use shared::problem::Problem;
use shared::store::{RateLimit, StoreError};
use utoipa::ToSchema;

use crate::client::Client;
use crate::limits::{Counted, network_of};
use crate::refresh_token::RefreshToken;
use crate::rotation::{self, Verdict};
use crate::secret::Secret;
use crate::server_keys::Purpose;
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

/// How often a network may present tokens that are refused. Guessing one is hopeless; this keeps the trying cheap.
const REFUSALS: RateLimit = RateLimit { name: "refresh-network", attempts: 100, window: Duration::from_secs(5 * 60) };

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
        (status = 429, description = "Too many exchanges in this session, or too many refused tokens from this network."),
    )
)]
pub(crate) async fn refresh_tokens(
    State(deps): State<Deps>,
    client: Client,
    Input(input): Input<Refresh>,
) -> Result<Counted<Json<Tokens>>, Error> {
    // What cannot be one of ours costs no read, so that it need not be counted.
    let presented = RefreshToken::parse(&input.refresh_token).ok_or(Error::RefreshTokenInvalid)?;
    match exchange(&deps, &client, &presented).await {
        Err(Error::RefreshTokenInvalid) => {
            let status = deps.services.store.count_attempt(REFUSALS, &network_of(&client)).await?;
            Ok(Counted { headers: status.headers(), outcome: Err(Error::RefreshTokenInvalid) })
        }
        outcome => outcome,
    }
}

async fn exchange(deps: &Deps, client: &Client, presented: &RefreshToken) -> Result<Counted<Json<Tokens>>, Error> {
    let services = &deps.services;
    let signing_key = deps.signing_keys.current().await?;
    let successor_key = deps.server_keys.derive(Purpose::RefreshSuccessor).await?;
    for _ in 0..ATTEMPTS {
        let found = session::read(services, presented.user_id, presented.session_id).await?;
        let (user, session) = found.ok_or(Error::RefreshTokenInvalid)?;
        if user.suspended_at.is_some() {
            return Err(Problem::account_suspended().into());
        }
        let (now, mut headers) = (services.clock.now(), HeaderMap::new());
        let refresh_token = match rotation::judge(&session, presented, &successor_key, now)? {
            Verdict::Exchange(successor) => {
                let lifetime = services.config.tokens.refresh_lifetime;
                let next = rotation::exchanged(&session, presented, &successor, now, lifetime);
                headers.extend(rotation::LIMIT.status(next.refreshes, now)?.headers());
                if services.store.replace(&session, next).await?.is_none() {
                    continue;
                }
                successor
            }
            Verdict::Repeat(successor) => successor,
            Verdict::Replay => {
                let fact = Fact::SessionFamilyRevoked { user_id: user.id, session_id: session.id };
                session::end(services, user.id, session.id, fact, Actor::Platform, client.trace).await?;
                return Err(Error::RefreshTokenInvalid);
            }
            Verdict::Refuse => return Err(Error::RefreshTokenInvalid),
        };
        let tokens = Tokens::new(services, &signing_key, &user, (&session, &refresh_token), now)?;
        return Ok(Counted { headers, outcome: Ok(Json(tokens)) });
    }
    Err(StoreError::Contended.into())
}
