//! `GET /api/auth/totp`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::model::totp::Totp;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// The caller's second factor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotpStatus {
    /// Whether a code is asked for at sign-in.
    enabled: bool,
    /// Since when.
    #[schema(required)]
    enabled_at: Option<Timestamp>,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// Whether the caller has a second factor.
#[utoipa::path(
    get, path = "/api/auth/totp", operation_id = "getTotp", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "How the second factor stands.", body = TotpStatus),
    )
)]
pub(crate) async fn get_totp(
    State(services): State<Services>,
    principal: Principal,
) -> Result<Json<TotpStatus>, Error> {
    let totp = services.store.get::<Totp>(&Totp::key_of(principal.user_id)).await?;
    let totp = totp.filter(|totp| totp.is_on());
    Ok(Json(TotpStatus {
        enabled: totp.is_some(),
        enabled_at: totp.as_ref().and_then(|totp| totp.confirmed_at),
        recovery_codes_left: totp.map_or(0, |totp| totp.recovery_code_hashes.len()),
    }))
}
