//! `POST /api/billing/credits/grant`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{PlatformAccess, PlatformAdmin};
use shared::clock::Timestamp;
use shared::credits::{Given, Position};
use shared::event::{Actor, Fact};
use shared::http::{IdempotencyHeader, Input};
use shared::id::{CreditGrantId, OrganizationId};
use shared::model::organization::Organization;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;

/// The most credits that one grant gives.
const CREDITS_MAXIMUM: i64 = 1_000_000;

/// Credits for an organisation.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GrantCredits {
    /// To whom.
    #[garde(skip)]
    organization_id: OrganizationId,
    /// How many.
    #[garde(range(min = 1, max = CREDITS_MAXIMUM))]
    #[schema(minimum = 1, maximum = 1_000_000, example = 500)]
    credits: i64,
    /// From when on what is left of them is not there any more; never when absent.
    #[garde(skip)]
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// Why; the organisation's members read it.
    #[garde(custom(shared::http::not_blank), length(chars, max = 500))]
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", example = "For the outage of Tuesday.")]
    reason: String,
}

/// What was given.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrantedCredits {
    /// The grant.
    id: CreditGrantId,
    /// To whom.
    organization_id: OrganizationId,
    /// How many.
    #[schema(minimum = 1)]
    credits: i64,
    /// From when on what is left of them is not there any more; never if null.
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// Give an organisation credits.
#[utoipa::path(
    post, path = "/api/billing/credits/grant", operation_id = "grantCredits", tag = "billing",
    security(("accessToken" = [])),
    params(IdempotencyHeader),
    request_body = GrantCredits,
    responses(
        (status = 201, description = "What was given.", body = GrantedCredits),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (status = 409, description = "`too_many_grants`: the organisation has 50 grants that are not spent."),
    )
)]
pub(crate) async fn grant_credits(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    idempotency: IdempotencyKey,
    Input(input): Input<GrantCredits>,
) -> Result<Reply<GrantedCredits>, Error> {
    let principal = &access.principal;
    let once = idempotency.once(&principal.caller(), &input)?;
    let GrantCredits { organization_id, credits, expires_at, .. } = input;
    let id = services.ids.next::<CreditGrantId>();
    let plan = || async {
        if expires_at.is_some_and(|at| at <= services.clock.now()) {
            return Err(Error::ExpiryPassed);
        }
        let organization = services.store.get::<Organization>(&Organization::key_of(organization_id)).await?;
        let organization = organization.filter(|organization| organization.is_there());
        let organization = organization.ok_or(Error::OrganizationUnknown)?;
        let mut transaction = Transaction::new();
        let actor = Actor::User { user_id: principal.user_id };
        let given = Given { id, credits, expires_at, reason: input.reason.trim().to_owned(), actor };
        let position = Position::read(&services, (&organization.value).into(), &[], &[]).await?;
        position.grant(&mut transaction, given)?;
        let fact = Fact::CreditsGranted { grant_id: id, credits };
        transaction.create(principal.event(&services, organization_id, fact));
        Ok((transaction, StatusCode::CREATED, GrantedCredits { id, organization_id, credits, expires_at }))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
