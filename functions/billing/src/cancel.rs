//! `POST /api/billing/subscription/cancel` and `POST /api/billing/subscription/resume`

use axum::extract::State;
use shared::access::{OrganizationAccess, Owner};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader};
use shared::store::{IdempotencyKey, Reply, Started};

use crate::change_plan::{LEASE, record};
use crate::subscription::cancellable;
use crate::view::BillingView;
use crate::{Deps, Error};

/// Let the organisation's subscription end with its period. Until then it keeps its plan, and the subscription can be resumed.
#[utoipa::path(
    post, path = "/api/billing/subscription/cancel", operation_id = "cancelSubscription", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization, IdempotencyHeader),
    responses(
        (status = 200, description = "Plan and subscription as they are now.", body = BillingView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`no_subscription`; `in_progress`."),
        (status = 503, description = "`payments_not_configured`, or `payments_unavailable`: Stripe does not answer."),
    )
)]
pub(crate) async fn cancel_subscription(
    State(deps): State<Deps>,
    access: OrganizationAccess<Owner>,
    idempotency: IdempotencyKey,
) -> Result<Reply<BillingView>, Error> {
    set(&deps, &access, &idempotency, true).await
}

/// Let a subscription go on that was to end with its period.
#[utoipa::path(
    post, path = "/api/billing/subscription/resume", operation_id = "resumeSubscription", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization, IdempotencyHeader),
    responses(
        (status = 200, description = "Plan and subscription as they are now.", body = BillingView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`no_subscription`; `in_progress`."),
        (status = 503, description = "`payments_not_configured`, or `payments_unavailable`: Stripe does not answer."),
    )
)]
pub(crate) async fn resume_subscription(
    State(deps): State<Deps>,
    access: OrganizationAccess<Owner>,
    idempotency: IdempotencyKey,
) -> Result<Reply<BillingView>, Error> {
    set(&deps, &access, &idempotency, false).await
}

async fn set(
    deps: &Deps,
    access: &OrganizationAccess<Owner>,
    idempotency: &IdempotencyKey,
    cancel: bool,
) -> Result<Reply<BillingView>, Error> {
    let payments = deps.payments()?;
    let once = idempotency.once(&access.caller(), &())?;
    let store = &deps.services.store;
    let run = match store.begin::<BillingView>(once.as_ref(), LEASE).await? {
        Started::Answered(reply) => return Ok(reply),
        Started::Run(run) => run,
    };
    let changed = async {
        let subscription = cancellable(&deps.services, access.organization_id()).await?;
        let is_new = subscription.cancel_at.is_some() != cancel;
        if is_new {
            let key = format!("cancel/{cancel}/{}", run.command_id());
            payments.stripe.cancel_at_period_end(&subscription.id, cancel, &key).await?;
        }
        let subscription_id = subscription.id;
        let fact = if cancel {
            Fact::CancellationRequested { subscription_id }
        } else {
            Fact::CancellationWithdrawn { subscription_id }
        };
        record(deps, payments, access, &run, is_new.then_some(fact)).await
    }
    .await;
    if changed.is_err() {
        store.give_up(&run).await;
    }
    changed
}
