//! `POST /api/auth/totp/confirm`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::event::Fact;
use shared::http::Input;
use shared::model::session::Session;
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::store::Transaction;

use super::factor::{Factor, PresentedCode, accepted};
use super::{RecoveryCodes, recovery};
use crate::account::Account;
use crate::limits::{Counted, WITHIN_SESSION};
use crate::server_keys::Purpose;
use crate::{Deps, Error};

/// Turn the second factor on, with a first code of the authenticator that was enrolled. In this session it counts as presented.
#[utoipa::path(
    post, path = "/api/auth/totp/confirm", operation_id = "confirmTotp", tag = "auth",
    security(("accessToken" = [])),
    request_body = PresentedCode,
    responses(
        (status = 200, description = "It is on. The recovery codes are shown this once.", body = RecoveryCodes),
        (status = 403, description = "`code_wrong`: the code is not right now; look at the device's clock."),
        (status = 409, description = "`totp_on`: it is on already; `totp_off`: no authenticator was enrolled."),
        (status = 429, description = "Too many attempts in this session."),
    )
)]
pub(crate) async fn confirm_totp(
    State(deps): State<Deps>,
    principal: Principal,
    Input(input): Input<PresentedCode>,
) -> Result<Counted<Json<RecoveryCodes>>, Error> {
    let session = principal.session_id.to_string();
    let headers = deps.services.store.count_attempt(WITHIN_SESSION, &session).await?.headers();
    let outcome = confirm(&deps, &principal, &input).await;
    Ok(Counted { headers, outcome: outcome.map(Json) })
}

async fn confirm(deps: &Deps, principal: &Principal, input: &PresentedCode) -> Result<RecoveryCodes, Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let key = deps.server_keys.derive(Purpose::RecoveryCode).await?;
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, principal).await?;
        let totp = account.totp.as_ref().ok_or(Error::TotpOff)?;
        if totp.is_on() {
            return Err(Error::TotpOn);
        }
        let used = accepted(&deps.server_keys, totp, &Factor::Code(&input.code), now).await?;
        let used = used.ok_or(Error::CodeWrong)?;
        let (recovery_codes, recovery_code_hashes) = recovery::new_codes(&key, &services.ids, user_id)?;
        let mut transaction = Transaction::<Error>::new();
        transaction.replace(totp, Totp { confirmed_at: Some(now), recovery_code_hashes, ..used });
        transaction.replace(&account.user, User { second_factor_since: Some(now), ..account.user.value.clone() });
        let session = Session { second_factor_at: Some(now), ..account.session.value.clone() };
        transaction.replace(&account.session, session);
        let fact = Fact::TotpEnabled { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, RecoveryCodes { recovery_codes }))
    };
    let codes = services.store.execute(plan).await?;
    // Here the session counts as verified at once.
    services.access.forget(principal.session_id);
    Ok(codes)
}
