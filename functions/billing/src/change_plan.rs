//! `POST /api/billing/subscription/change-plan`

use std::time::Duration;

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use payments::state::{PlanChange, plan_change};
use payments::{KEEP_PLAN, KEEP_UNTIL, Payments, Settler};
use serde::{Deserialize, Serialize};
use shared::access::{OrganizationAccess, Owner};
use shared::event::{Actor, Fact};
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::CommandId;
use shared::model::billing_account::{Subscription, SubscriptionStatus};
use shared::plan::PlanName;
use shared::problem::{FieldProblem, Problem};
use shared::product::Product;
use shared::store::{IdempotencyKey, Reply, Run, Started, Transaction};
use utoipa::ToSchema;
use vendors::stripe::{Metadata, PriceChange};

use crate::subscription::changeable;
use crate::view::BillingView;
use crate::{Deps, Error};

/// How long the command may take; as long as the function may run.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// The plan wanted.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewPlan {
    /// The plan; one that has a price. To leave for the free plan, cancel the subscription.
    #[garde(skip)]
    plan: PlanName,
}

/// Put the organisation's subscription on another plan: a better one at once, with the difference for the rest of the period charged now
/// (of a trial the whole price, since it ends with that); a lesser one when the period ends.
#[utoipa::path(
    post, path = "/api/billing/subscription/change-plan", operation_id = "changePlan", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization, IdempotencyHeader),
    request_body = NewPlan,
    responses(
        (status = 200, description = "Plan and subscription as they are now.", body = BillingView),
        (status = 402, description = "`payment_declined`: the difference could not be charged, and nothing changed."),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`no_subscription`; `payment_overdue`; `subscription_cancelled`; `in_progress`."),
        (status = 503, description = "`payments_not_configured`, or `payments_unavailable`: Stripe does not answer."),
    )
)]
pub(crate) async fn change_plan(
    State(deps): State<Deps>,
    access: OrganizationAccess<Owner>,
    idempotency: IdempotencyKey,
    Input(input): Input<NewPlan>,
) -> Result<Reply<BillingView>, Error> {
    let payments = deps.payments()?;
    let price = payments.prices.price_of(Product::Plan(input.plan)).ok_or_else(|| {
        let message = "is no plan that is sold here; see GET /api/billing/prices";
        Problem::invalid(vec![FieldProblem::new("plan", message)])
    })?;
    let once = idempotency.once(&access.caller(), &input)?;
    let store = &deps.services.store;
    let run = match store.begin::<BillingView>(once.as_ref(), LEASE).await? {
        Started::Answered(reply) => return Ok(reply),
        Started::Run(run) => run,
    };
    let changed = async {
        let subscription = changeable(&deps.services, access.organization_id()).await?;
        ask(&deps, payments, &subscription, price, input.plan, run.command_id()).await?;
        let (subscription_id, from) = (subscription.id, subscription.plan.unwrap_or(PlanName::Free));
        let fact = Fact::PlanChangeRequested { subscription_id, from, to: input.plan };
        record(&deps, payments, &access, &run, (from != input.plan).then_some(fact)).await
    }
    .await;
    if changed.is_err() {
        store.give_up(&run).await;
    }
    changed
}

/// Asks Stripe for the change, if it is one.
async fn ask(
    deps: &Deps,
    payments: &Payments,
    subscription: &Subscription,
    price: &str,
    plan: PlanName,
    command: CommandId,
) -> Result<(), Error> {
    let change = plan_change(subscription, plan, deps.services.clock.now());
    let kept = match change {
        PlanChange::None => return Ok(()),
        // Stripe would bill the difference of a subscription that is about to end.
        PlanChange::Up | PlanChange::Down(_) if subscription.cancel_at.is_some() => return Err(Error::Cancelled),
        PlanChange::Down(kept) => (kept.plan.to_string(), kept.until.as_seconds().to_string()),
        // An empty value takes the entry away.
        PlanChange::Up | PlanChange::Back => (String::new(), String::new()),
    };
    let metadata = Metadata::from([(KEEP_PLAN.to_owned(), kept.0), (KEEP_UNTIL.to_owned(), kept.1)]);
    // What is paid for begins now: a trial of one plan is none of a better one.
    let ends_trial = change == PlanChange::Up && subscription.status == SubscriptionStatus::Trialing;
    let change = PriceChange {
        item_id: &subscription.item_id,
        price_id: price,
        charged_now: change == PlanChange::Up,
        ends_trial,
        metadata: &metadata,
    };
    payments.stripe.change_price(&subscription.id, &change, &format!("change-plan/{command}")).await?;
    Ok(())
}

/// Records what came of a command: what Stripe says of the subscription by now, the command's fact, and the answer.
pub(crate) async fn record(
    deps: &Deps,
    payments: &Payments,
    access: &OrganizationAccess<Owner>,
    run: &Run,
    fact: Option<Fact>,
) -> Result<Reply<BillingView>, Error> {
    let services = &deps.services;
    let actor = Actor::User { user_id: access.principal.user_id };
    let settler = Settler { payments, services, trace: access.principal.trace(), actor };
    let plan = || async {
        let mut transaction = Transaction::new();
        let settled = settler.account(access.organization_id(), &mut transaction).await?;
        let settled = settled.ok_or(Error::NoSubscription)?;
        if let Some(fact) = &fact {
            transaction.create(access.event(services, fact.clone()));
        }
        let view = BillingView::of(settled.plan, Some(settled.account));
        transaction.answer(run, StatusCode::OK, &view)?;
        Ok::<_, Error>((transaction, view))
    };
    let body = services.store.execute(plan).await?;
    // The plan that this instance remembers of the organisation may be another by now.
    services.access.clear();
    Ok(Reply { status: StatusCode::OK, body, replayed: false })
}
