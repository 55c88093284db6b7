//! `DELETE /api/users/{userId}/totp`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformAccess, PlatformAdmin};
use shared::http::Path;
use shared::id::UserId;
use shared::model::totp::Totp;
use shared::services::Services;
use shared::store::{Transaction, Versioned};

use crate::Error;
use crate::own::Own;

/// Turn a person's second factor off, who lost their authenticator and the recovery codes with it. Whoever does this has made sure that it is
/// the person who asks; they are told by e-mail, and sign in with the password alone until they enrol again. Their sessions go on.
#[utoipa::path(
    delete, path = "/api/users/{userId}/totp", operation_id = "removeUserTotp", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "It is off."),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (status = 409, description = "`totp_off`: it is off already. `yourself`: your own is turned off at `DELETE /api/auth/totp`."),
    )
)]
pub(crate) async fn remove_user_totp(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Error> {
    // An admin whose session was stolen keeps the factor for which its thief would be asked.
    if access.principal.user_id == id {
        return Err(Error::Yourself);
    }
    let plan = || async {
        let user = Own::find(&services, id).await?.user;
        let totp: Option<Versioned<Totp>> = services.store.get(&Totp::key_of(id)).await?;
        let totp = totp.filter(|totp| totp.is_on()).ok_or(Error::TotpOff)?;
        let mut transaction = Transaction::<Error>::new();
        Totp::turn_off(&totp, &user, &access.principal, &services, &mut transaction);
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    // Here no session of theirs counts as verified by it any more; other instances remember some for some seconds more.
    services.access.clear();
    Ok(done)
}
