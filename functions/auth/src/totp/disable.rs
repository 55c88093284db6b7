//! `DELETE /api/auth/totp`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::model::totp::Totp;
use shared::store::Transaction;

use crate::account::Account;
use crate::{Deps, Error};

/// Turn the second factor off. Recovery codes end with it, and so does what an organisation lets the account do for it alone.
#[utoipa::path(
    delete, path = "/api/auth/totp", operation_id = "disableTotp", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 204, description = "It is off."),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (status = 409, description = "`totp_off`: it is off already."),
    )
)]
pub(crate) async fn disable_totp(State(deps): State<Deps>, principal: Principal) -> Result<StatusCode, Error> {
    let services = &deps.services;
    let plan = || async {
        let account = Account::of(services, &principal).await?;
        account.require_recent(services.clock.now())?;
        let totp = account.totp.as_ref().filter(|totp| totp.is_on()).ok_or(Error::TotpOff)?;
        let mut transaction = Transaction::<Error>::new();
        Totp::turn_off(totp, &account.user, &principal, services, &mut transaction);
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    // Here no session counts as verified any more; other instances remember some for some seconds more.
    services.access.clear();
    Ok(done)
}
