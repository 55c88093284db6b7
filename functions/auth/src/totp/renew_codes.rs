//! `POST /api/auth/totp/recovery-codes`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::event::Fact;
use shared::model::totp::Totp;
use shared::store::Transaction;

use super::{RecoveryCodes, recovery};
use crate::account::Account;
use crate::server_keys::Purpose;
use crate::{Deps, Error};

/// Get a new set of recovery codes. The old ones end.
#[utoipa::path(
    post, path = "/api/auth/totp/recovery-codes", operation_id = "renewRecoveryCodes", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "The codes, which are shown this once.", body = RecoveryCodes),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (status = 409, description = "`totp_off`: there is no second factor."),
    )
)]
pub(crate) async fn renew_recovery_codes(
    State(deps): State<Deps>,
    principal: Principal,
) -> Result<Json<RecoveryCodes>, Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let key = deps.server_keys.derive(Purpose::RecoveryCode).await?;
    let plan = || async {
        let account = Account::of(services, &principal).await?;
        account.require_recent(services.clock.now())?;
        let totp = account.totp.as_ref().filter(|totp| totp.is_on()).ok_or(Error::TotpOff)?;
        let (recovery_codes, recovery_code_hashes) = recovery::new_codes(&key, &services.ids, user_id)?;
        let mut transaction = Transaction::new();
        transaction.replace(totp, Totp { recovery_code_hashes, ..totp.value.clone() });
        let fact = Fact::RecoveryCodesRenewed { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, RecoveryCodes { recovery_codes }))
    };
    services.store.execute(plan).await.map(Json)
}
