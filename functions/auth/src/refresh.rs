//! `POST /api/auth/refresh`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::event::Actor;
use shared::http::Input;
use shared::model::session::Session;
use shared::model::user::User;
use shared::services::Services;
use shared::store::{StoreError, Versioned};
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
        let (user, session) = read(services, &presented).await?.ok_or(Error::RefreshTokenInvalid)?;
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

/// The account and the session that a token names, if they are there.
async fn read(services: &Services, token: &RefreshToken) -> Result<Option<(User, Versioned<Session>)>, Error> {
    let (user_key, session_key) = (User::key_of(token.user_id), Session::key_of(token.user_id, token.session_id));
    let mut items = services.store.batch_get(&[user_key.clone(), session_key.clone()]).await?;
    let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
    let user = user.filter(|user| user.is_active());
    let session = items.remove(&session_key).map(Versioned::<Session>::from_item).transpose()?;
    Ok(user.map(|user| user.value).zip(session))
}
