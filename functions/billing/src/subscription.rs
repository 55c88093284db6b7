//! `GET /api/billing/subscription`, and the subscription as commands find it.

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::ActingOrganization;
use shared::id::OrganizationId;
use shared::model::billing_account::{BillingAccount, Subscription, SubscriptionStatus};
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;
use crate::view::BillingView;

/// The organisation's plan, and the subscription that it has it by.
#[utoipa::path(
    get, path = "/api/billing/subscription", operation_id = "getSubscription", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization),
    responses((status = 200, description = "Plan and subscription.", body = BillingView))
)]
pub(crate) async fn get_subscription(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<BillingView>, Error> {
    let account = account(&services, access.organization_id()).await?;
    Ok(Json(BillingView::of(access.plan_name(), account.map(|account| account.value))))
}

/// An organisation's account, if it has one.
pub(crate) async fn account(
    services: &Services,
    organization: OrganizationId,
) -> Result<Option<Versioned<BillingAccount>>, Error> {
    Ok(services.store.get(&BillingAccount::key_of(organization)).await?)
}

/// The subscription that may be cancelled or resumed: one that lives.
pub(crate) async fn cancellable(services: &Services, organization: OrganizationId) -> Result<Subscription, Error> {
    let account = account(services, organization).await?.ok_or(Error::NoSubscription)?;
    account.live_subscription().cloned().ok_or(Error::NoSubscription)
}

/// The subscription that a command may change: one that lives and is not behind with a payment.
pub(crate) async fn changeable(services: &Services, organization: OrganizationId) -> Result<Subscription, Error> {
    let subscription = cancellable(services, organization).await?;
    match subscription.status {
        SubscriptionStatus::Trialing | SubscriptionStatus::Active => Ok(subscription),
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => Err(Error::PaymentOverdue),
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Canceled
        | SubscriptionStatus::Unknown => Err(Error::NoSubscription),
    }
}
