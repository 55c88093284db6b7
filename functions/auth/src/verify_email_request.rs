//! `POST /api/auth/verify-email/request`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Actor;
use shared::model::link::LinkPurpose;
use shared::model::user::User;
use shared::store::Transaction;

use crate::client::Client;
use crate::limits::{Counted, Limits};
use crate::{Deps, Error, links};

/// Have another link sent that verifies the account's e-mail address. Registering sends the first.
#[utoipa::path(
    post, path = "/api/auth/verify-email/request", operation_id = "requestEmailVerification", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 202, description = "The mail is on its way."),
        (status = 409, description = "`email_verified`: the address is verified."),
        (status = 429, description = "Too many mails to this account, or too many requests from this network."),
    )
)]
pub(crate) async fn request_email_verification(
    State(deps): State<Deps>,
    principal: Principal,
    client: Client,
) -> Result<Counted<StatusCode>, Error> {
    let headers = Limits::VERIFY_EMAIL.count(&deps.services, &client, &principal.caller()).await?;
    let outcome = send_link(&deps, &principal).await.map(|()| StatusCode::ACCEPTED);
    Ok(Counted { headers, outcome })
}

async fn send_link(deps: &Deps, principal: &Principal) -> Result<(), Error> {
    let services = &deps.services;
    let origin = (Actor::User { user_id: principal.user_id }, principal.trace());
    let plan = || async {
        let user = services.store.get::<User>(&User::key_of(principal.user_id)).await?;
        let user = user.ok_or_else(shared::problem::Problem::token_invalid)?;
        if user.email_verified_at.is_some() {
            return Err(Error::EmailVerified);
        }
        let mut transaction = Transaction::new();
        let wanted = (LinkPurpose::VerifyEmail, &*user.email);
        links::ask(&mut transaction, services, origin, &user, wanted, services.clock.now());
        Ok((transaction, ()))
    };
    services.store.execute(plan).await
}
