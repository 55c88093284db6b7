//! `POST /api/auth/linkedin/start`

use axum::Json;
use axum::extract::State;

use super::Begun;
use super::attempt::Whose;
use crate::{Deps, Error};

/// Begin to sign in with LinkedIn. The person goes to `authorizationUrl`, and comes back to the frontend's page `/sign-in/linkedin`, which
/// posts what it gets to `POST /api/auth/linkedin/callback` with the `verifier` of this answer, within 10 minutes.
#[utoipa::path(
    post, path = "/api/auth/linkedin/start", operation_id = "startLinkedInSignIn", tag = "auth",
    responses(
        (status = 200, description = "Where to go, and what to keep.", body = Begun),
        (status = 404, description = "`linkedin_not_configured`: this platform does not sign in with LinkedIn."),
    )
)]
pub(crate) async fn start_linkedin_sign_in(State(deps): State<Deps>) -> Result<Json<Begun>, Error> {
    deps.begin_with_linkedin(Whose::Anybody).await.map(Json)
}
