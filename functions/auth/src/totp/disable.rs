//! `DELETE /api/auth/totp`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::model::user::User;
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
    let (services, user_id) = (&deps.services, principal.user_id);
    let plan = || async {
        let account = Account::of(services, &principal).await?;
        account.require_recent(services.clock.now())?;
        let totp = account.totp.as_ref().filter(|totp| totp.is_on()).ok_or(Error::TotpOff)?;
        let mut transaction = Transaction::<Error>::new();
        transaction.delete(totp);
        transaction.replace(&account.user, User { second_factor_since: None, ..account.user.value.clone() });
        let fact = Fact::TotpDisabled { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    // Here no session counts as verified any more; other instances remember some for some seconds more.
    services.access.clear();
    Ok(done)
}
