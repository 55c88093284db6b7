//! `POST /api/auth/linkedin/link/start`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;

use super::Begun;
use super::attempt::Whose;
use crate::account::Account;
use crate::{Deps, Error};

/// Begin to link LinkedIn to the caller's account. The person comes back as from `POST /api/auth/linkedin/start`, and the page posts what it
/// gets to `POST /api/auth/linkedin/link`.
#[utoipa::path(
    post, path = "/api/auth/linkedin/link/start", operation_id = "startLinkedInLink", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "Where to go, and what to keep.", body = Begun),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (status = 404, description = "`linkedin_not_configured`: this platform does not sign in with LinkedIn."),
        (
            status = 409,
            description = "`email_unverified`: verify the account's address first. `identity_linked`: LinkedIn signs in already."
        ),
    )
)]
pub(crate) async fn start_linkedin_link(State(deps): State<Deps>, principal: Principal) -> Result<Json<Begun>, Error> {
    deps.linkedin()?;
    let account = Account::of(&deps.services, &principal).await?;
    account.require_recent(deps.services.clock.now())?;
    if account.user.email_verified_at.is_none() {
        return Err(Error::EmailUnverified);
    }
    if account.linkedin.is_some() {
        return Err(Error::IdentityLinked);
    }
    deps.begin_with_linkedin(Whose::Account(principal.user_id)).await.map(Json)
}
