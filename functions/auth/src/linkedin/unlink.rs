//! `DELETE /api/auth/linkedin/link`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::account::Account;

/// Unlink LinkedIn from the caller's account: it signs in no more. Every other session ends; this one goes on. A mail tells the account's
/// owner. It works, too, where this platform does not sign in with LinkedIn any more.
#[utoipa::path(
    delete, path = "/api/auth/linkedin/link", operation_id = "unlinkLinkedIn", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 204, description = "LinkedIn signs in no more."),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (
            status = 409,
            description = "`identity_not_linked`: LinkedIn does not sign in. `password_missing`: nothing else would sign in; set a \
                password first, at `POST /api/auth/password/change`."
        ),
    )
)]
pub(crate) async fn unlink_linkedin(
    State(services): State<Services>,
    principal: Principal,
) -> Result<StatusCode, Error> {
    let (services, user_id) = (&services, principal.user_id);
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, &principal).await?;
        account.require_recent(now)?;
        let identity = account.linkedin.as_ref().ok_or(Error::IdentityNotLinked)?;
        let credential = account.credential.as_ref().ok_or(Error::PasswordMissing)?;
        let mut transaction = Transaction::new();
        // The password must still be there when LinkedIn is gone.
        transaction.require(credential);
        LinkedIdentity::unlink(identity, &mut transaction);
        account.end_other_sessions(&mut transaction, now);
        let fact = Fact::IdentityUnlinked { user_id, provider: IdentityProvider::LinkedIn };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Which sessions ended is not known without reading them; here all are looked up again.
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
