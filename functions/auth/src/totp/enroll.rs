//! `POST /api/auth/totp/enroll`

use axum::Json;
use axum::extract::State;
use data_encoding::BASE32_NOPAD;
use serde::Serialize;
use shared::access::Principal;
use shared::model::totp::Totp;
use shared::store::Transaction;
use utoipa::ToSchema;

use super::{qr_code, seal};
use crate::account::Account;
use crate::secret::Secret;
use crate::server_keys::Purpose;
use crate::{Deps, Error};

/// How many random bytes a secret has: as many as SHA-1's output (RFC 4226, 4).
const SECRET_BYTES: usize = 20;

/// What an authenticator is to be given; it is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enrolment {
    /// The secret in base 32, for typing it in.
    #[schema(value_type = String, example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: Secret,
    /// The same as an address that authenticators open.
    #[schema(value_type = String)]
    otpauth_uri: Secret,
    /// The same as a picture that authenticators scan.
    #[schema(value_type = String)]
    qr_code_svg: Secret,
}

/// Begin with an authenticator. It counts once `POST /api/auth/totp/confirm` got a code of it; enrolling again before that begins anew.
#[utoipa::path(
    post, path = "/api/auth/totp/enroll", operation_id = "enrollTotp", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "The secret.", body = Enrolment),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (status = 409, description = "`totp_on`: an authenticator is confirmed; turn it off first."),
    )
)]
pub(crate) async fn enroll_totp(State(deps): State<Deps>, principal: Principal) -> Result<Json<Enrolment>, Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let key = deps.server_keys.derive(Purpose::TotpSecret).await?;
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, &principal).await?;
        account.require_recent(now)?;
        let secret = services.ids.secret::<SECRET_BYTES>();
        let next = Totp {
            user_id,
            sealed_secret: seal::seal(&key, &services.ids, user_id, &secret)?,
            created_at: now,
            confirmed_at: None,
            last_step: None,
            recovery_code_hashes: Vec::new(),
        };
        let mut transaction = Transaction::new();
        match &account.totp {
            Some(totp) if totp.is_on() => return Err(Error::TotpOn),
            Some(totp) => transaction.replace(totp, next),
            None => transaction.create(next),
        }
        let text = BASE32_NOPAD.encode(&secret);
        let uri = qr_code::otpauth_uri(&account.user.email, &text);
        let qr_code_svg = Secret::from(qr_code::svg(&uri)?);
        Ok((transaction, Enrolment { secret: Secret::from(text), otpauth_uri: Secret::from(uri), qr_code_svg }))
    };
    services.store.execute(plan).await.map(Json)
}
