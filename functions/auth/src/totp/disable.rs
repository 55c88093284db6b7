//! `DELETE /api/auth/totp`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::store::Transaction;

use crate::account::Account;
use crate::{Deps, Error};

/// Turn the second factor off. Recovery codes end with it.
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
    let (services, user_id) = (&deps.services, principal.user_id);
    let plan = || async {
        let account = Account::of(services, &principal).await?;
        account.require_recent(services.clock.now())?;
        let totp = account.totp.as_ref().filter(|totp| totp.is_on()).ok_or(Error::TotpOff)?;
        let mut transaction = Transaction::new();
        transaction.delete(totp);
        let fact = Fact::TotpDisabled { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
