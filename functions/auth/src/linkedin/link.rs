//! `POST /api/auth/linkedin/link`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::http::Input;
use shared::model::identity::{AccountIdentity, IdentityProvider};
use shared::store::Transaction;
use vendors::linkedin::Member;

use super::attempt::{Attempt, Whose};
use super::{RETURNS, Returned, link_existing};
use crate::account::Account;
use crate::client::Client;
use crate::identities::IdentityView;
use crate::limits::{Counted, network_of};
use crate::{Deps, Error};

/// Link LinkedIn to the caller's account: from then on it signs in to it. A mail tells the account's owner.
#[utoipa::path(
    post, path = "/api/auth/linkedin/link", operation_id = "linkLinkedIn", tag = "auth",
    security(("accessToken" = [])),
    request_body = Returned,
    responses(
        (status = 201, description = "LinkedIn signs in.", body = IdentityView),
        (status = 403, description = "`step_up_required`: present your credentials again at `POST /api/auth/step-up`."),
        (status = 404, description = "`linkedin_not_configured`: this platform does not sign in with LinkedIn."),
        (
            status = 409,
            description = "`email_unverified`: verify the account's address first. `identity_linked`: LinkedIn signs in already. \
                `identity_taken`: this account at LinkedIn signs in to another account here."
        ),
        (
            status = 422,
            description = "`linkedin_attempt_invalid`: this browser did not begin, not for this account, or too long ago, or has come \
                back before. `linkedin_code_invalid`: LinkedIn does not take the code. Begin again."
        ),
        (status = 429, description = "Too many returns from LinkedIn to this network."),
    )
)]
pub(crate) async fn link_linkedin(
    State(deps): State<Deps>,
    principal: Principal,
    client: Client,
    Input(returned): Input<Returned>,
) -> Result<Counted<(StatusCode, Json<IdentityView>)>, Error> {
    let (attempt, nonce) = deps.returned_from_linkedin(&returned, Whose::Account(principal.user_id)).await?;
    // Before LinkedIn is asked: a code is good once, and whoever is to step up first comes back with it.
    Account::of(&deps.services, &principal).await?.require_recent(deps.services.clock.now())?;
    let headers = deps.services.store.count_attempt(RETURNS, &network_of(&client)).await?.headers();
    let outcome = async {
        let member = deps.member_of_linkedin(&returned, &nonce).await?;
        let view = link(&deps, &principal, &attempt, &member).await?;
        Ok((StatusCode::CREATED, Json(view)))
    };
    Ok(Counted { headers, outcome: outcome.await })
}

async fn link(deps: &Deps, principal: &Principal, attempt: &Attempt, member: &Member) -> Result<IdentityView, Error> {
    let (services, user_id, provider) = (&deps.services, principal.user_id, IdentityProvider::LinkedIn);
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, principal).await?;
        account.require_recent(now)?;
        if account.user.email_verified_at.is_none() {
            return Err(Error::EmailUnverified);
        }
        if account.linkedin.is_some() {
            return Err(Error::IdentityLinked);
        }
        let marker = AccountIdentity::key_of(provider, &member.subject);
        if services.store.get::<AccountIdentity>(&marker).await?.is_some() {
            return Err(Error::IdentityTaken);
        }
        let mut transaction = Transaction::new();
        transaction.create_or(attempt.used(), Error::LinkedInAttemptInvalid);
        let fact = Fact::IdentityLinked { user_id, provider };
        let event = principal.event(services, user_id.personal_organization(), fact);
        link_existing(&mut transaction, &account.user, member, event, now);
        Ok((transaction, IdentityView { provider, email: member.verified_email.clone(), linked_at: now }))
    };
    services.store.execute(plan).await
}
