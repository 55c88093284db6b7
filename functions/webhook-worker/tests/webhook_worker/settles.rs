//! What follows from Stripe's events.

use std::time::Duration;

use shared::model::billing_account::SubscriptionStatus;
use shared::model::checkout::CheckoutStatus;
use shared::model::credit_purchase::PurchaseStatus;
use shared::model::invoice::{DisputeStatus, InvoiceStatus};
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::queue::InboundMessage;
use stripe_sandbox::Card;
use tokio::time::advance;
use webhook_worker::work;

use crate::support::{Bench, PACK, PRO};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn a_paid_checkout_gives_the_organization_its_plan() {
    let bench = Bench::new().await;
    let session = bench.buy(PRO, Card::Accepted).await;
    bench.settle().await;
    assert_eq!(bench.plan().await, PlanName::Pro);
    let account = bench.account().await;
    let subscription = account.live_subscription().unwrap();
    assert_eq!((subscription.status, subscription.plan), (SubscriptionStatus::Active, Some(PlanName::Pro)));
    let checkout = bench.checkout(&session).await;
    assert_eq!(
        (checkout.status, checkout.amount, checkout.currency.as_deref()),
        (CheckoutStatus::Paid, Some(1_900), Some("usd"))
    );
    let [invoice] = bench.invoices().await.try_into().unwrap();
    assert_eq!((invoice.status, invoice.amount_paid, invoice.attempts), (InvoiceStatus::Paid, 1_900, 1));
    let expected = [
        "billing.subscriptionChanged",
        "organization.planChanged",
        "billing.paymentSucceeded",
        "billing.checkoutChanged",
    ];
    assert_eq!(bench.trail().await, expected, "each thing that happened once, however many events told of it");
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_kept_for_a_week_while_a_payment_fails_and_then_no_more() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    bench.settle().await;
    bench.sandbox.change_card(&bench.customer, Card::Declined);
    advance(DAY * 31).await;
    bench.settle().await;
    let account = bench.account().await;
    assert_eq!(account.subscription.as_ref().unwrap().status, SubscriptionStatus::PastDue);
    assert_eq!((bench.plan().await, account.plan), (PlanName::Pro, PlanName::Pro));
    assert!(bench.trail().await.iter().any(|kind| kind == "billing.paymentFailed"));
    let ends = account.review_at.unwrap();
    // Nothing is told meanwhile; the account itself is due.
    advance(ends.since(bench.cloud.services.clock.now())).await;
    let review = InboundMessage::Review { organization_id: bench.ada.organization_id };
    work(&bench.deps, review.clone()).await.unwrap();
    assert_eq!((bench.plan().await, bench.account().await.review_at), (PlanName::Free, None));
    bench.sandbox.change_card(&bench.customer, Card::Accepted);
    bench.sandbox.collect(&bench.customer);
    bench.settle().await;
    assert_eq!(bench.plan().await, PlanName::Pro, "who pays has the plan again");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_subscription_ends_with_its_period() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    bench.sandbox.cancel(&bench.customer, true);
    bench.settle().await;
    assert_eq!(bench.plan().await, PlanName::Pro);
    assert!(bench.account().await.subscription.unwrap().cancel_at.is_some());
    advance(DAY * 31).await;
    bench.settle().await;
    assert_eq!(bench.plan().await, PlanName::Free);
    assert!(bench.account().await.live_subscription().is_none());
}

#[tokio::test(start_paused = true)]
async fn credits_come_with_the_money_and_go_with_it() {
    let bench = Bench::new().await;
    let session = bench.buy(PACK, Card::Accepted).await;
    bench.settle().await;
    let [purchase] = bench.purchases().await.try_into().unwrap();
    assert_eq!((purchase.status, purchase.credits_left(), purchase.amount), (PurchaseStatus::Paid, 4_900, 1_900));
    assert_eq!(bench.checkout(&session).await.status, CheckoutStatus::Paid);
    let payment = purchase.id.clone();
    assert!(bench.sandbox.refund(&payment, 950));
    bench.settle().await;
    assert_eq!(bench.purchases().await[0].credits_left(), 2_450);
    let dispute = bench.sandbox.dispute(&payment).unwrap();
    bench.settle().await;
    let [purchase] = bench.purchases().await.try_into().unwrap();
    assert_eq!((purchase.dispute, purchase.credits_left()), (DisputeStatus::Open, 0));
    bench.sandbox.close_dispute(&dispute, true);
    bench.settle().await;
    assert_eq!(bench.purchases().await[0].credits_left(), 2_450);
    let trail = bench.trail().await;
    let count = |kind: &str| trail.iter().filter(|one| *one == kind).count();
    assert_eq!((count("billing.creditsPurchased"), count("billing.creditPurchaseChanged")), (1, 3), "{trail:?}");
    assert_eq!(bench.plan().await, PlanName::Free);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_takes_days_gives_nothing_before_it_is_made() {
    for (card, status, credits) in
        [(Card::Slow, CheckoutStatus::Paid, 4_900), (Card::SlowAndFailing, CheckoutStatus::Failed, 0)]
    {
        let bench = Bench::new().await;
        let session = bench.buy(PACK, card).await;
        bench.settle().await;
        assert_eq!(bench.checkout(&session).await.status, CheckoutStatus::Processing);
        assert!(bench.purchases().await.is_empty());
        advance(DAY * 4).await;
        bench.settle().await;
        assert_eq!(bench.checkout(&session).await.status, status);
        assert_eq!(bench.purchases().await.iter().map(|one| one.credits_left()).sum::<u64>(), credits);
    }
}

#[tokio::test(start_paused = true)]
async fn money_given_back_for_an_invoice_stands_on_the_invoice() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    let payment = bench.sandbox.payments_of(&bench.customer).remove(0);
    assert!(bench.sandbox.refund(&payment, 500));
    let dispute = bench.sandbox.dispute(&payment).unwrap();
    bench.sandbox.close_dispute(&dispute, false);
    bench.settle().await;
    let [invoice] = bench.invoices().await.try_into().unwrap();
    assert_eq!(
        (invoice.amount_refunded, invoice.dispute, invoice.status),
        (500, DisputeStatus::Lost, InvoiceStatus::Paid)
    );
    assert_eq!(bench.plan().await, PlanName::Pro, "what becomes of the subscription, Stripe says");
}

#[tokio::test(start_paused = true)]
async fn what_was_agreed_with_an_enterprise_no_subscription_changes() {
    let bench = Bench::new().await;
    let key = Organization::key_of(bench.ada.organization_id);
    let current = bench.cloud.services.store.get::<Organization>(&key).await.unwrap().unwrap();
    let enterprise = Organization { plan: PlanName::Enterprise, ..current.value.clone() };
    bench.cloud.write(|transaction| transaction.replace(&current, enterprise.clone())).await;
    bench.buy(PRO, Card::Accepted).await;
    bench.settle().await;
    bench.sandbox.end(&bench.customer);
    bench.settle().await;
    assert_eq!((bench.plan().await, bench.account().await.plan), (PlanName::Enterprise, PlanName::Free));
}

#[tokio::test(start_paused = true)]
async fn nobody_pays_for_an_organization_that_was_deleted() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    bench.settle().await;
    bench.cloud.delete_organization(bench.ada.organization_id).await;
    let review = InboundMessage::Review { organization_id: bench.ada.organization_id };
    work(&bench.deps, review).await.unwrap();
    bench.settle().await;
    assert!(bench.account().await.subscription.unwrap().cancel_at.is_some(), "it ends with its period");
    let before = bench.trail().await.len();
    advance(DAY * 31).await;
    bench.settle().await;
    assert_eq!(bench.plan().await, PlanName::Free);
    let trail = bench.trail().await.split_off(before);
    assert!(trail.iter().all(|kind| kind != "organization.planChanged"), "nobody counts it: {trail:?}");
}
