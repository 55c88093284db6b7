//! `POST /api/users/{userId}/suspend` and `POST /api/users/{userId}/reinstate`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformAccess, PlatformAdmin, Principal};
use shared::event::Fact;
use shared::http::Path;
use shared::id::UserId;
use shared::model::user::User;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::own::Own;

/// Suspend an account: every function refuses it within seconds, and nobody meets it, until it is reinstated. Nothing of it is lost.
#[utoipa::path(
    post, path = "/api/users/{userId}/suspend", operation_id = "suspendUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "The account is suspended."),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (status = 409, description = "`yourself`: nobody suspends themselves."),
    )
)]
pub(crate) async fn suspend_user(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Error> {
    set(&services, &access.principal, id, true).await
}

/// Let a suspended account in again. Its sessions go on.
#[utoipa::path(
    post, path = "/api/users/{userId}/reinstate", operation_id = "reinstateUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 204, description = "The account is not suspended."),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
    )
)]
pub(crate) async fn reinstate_user(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Error> {
    set(&services, &access.principal, id, false).await
}

/// Suspends or reinstates; what is so already stays as it is.
async fn set(services: &Services, principal: &Principal, id: UserId, suspended: bool) -> Result<StatusCode, Error> {
    if suspended && principal.user_id == id {
        return Err(Error::Yourself);
    }
    let plan = || async {
        let user = Own::find(services, id).await?.user;
        let mut transaction = Transaction::<Error>::new();
        if user.suspended_at.is_some() != suspended {
            let suspended_at = suspended.then(|| services.clock.now());
            let fact = match suspended {
                true => Fact::AccountSuspended { user_id: id },
                false => Fact::AccountReinstated { user_id: id },
            };
            transaction.replace(&user, User { suspended_at, ..user.value.clone() });
            transaction.create(principal.event(services, id.personal_organization(), fact));
        }
        Ok::<_, Error>((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Here it counts at once; other instances remember the account for some seconds more.
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
