use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn end() -> Timestamp {
    START.plus(DAY * 30)
}

fn subscription(status: SubscriptionStatus) -> Subscription {
    Subscription {
        id: "sub_1".to_owned(),
        item_id: "si_1".to_owned(),
        status,
        plan: Some(PlanName::Pro),
        created_at: START,
        period_start: START,
        period_end: end(),
        cancel_at: None,
        trial_ends_at: None,
        overdue_since: None,
        kept: None,
    }
}

#[test]
fn a_plan_follows_from_where_the_subscription_stands() {
    let now = START.plus(DAY);
    let grace_ends = Some(START.plus(GRACE));
    for (status, plan, until) in [
        (SubscriptionStatus::Trialing, PlanName::Pro, None),
        (SubscriptionStatus::Active, PlanName::Pro, None),
        (SubscriptionStatus::PastDue, PlanName::Pro, grace_ends),
        (SubscriptionStatus::Unpaid, PlanName::Pro, grace_ends),
        (SubscriptionStatus::Unknown, PlanName::Pro, Some(end())),
        (SubscriptionStatus::Incomplete, PlanName::Free, None),
        (SubscriptionStatus::Paused, PlanName::Free, None),
        (SubscriptionStatus::Canceled, PlanName::Free, None),
    ] {
        assert_eq!(entitlement(&subscription(status), now), Entitlement { plan, until }, "{status:?}");
        let unknown = Subscription { plan: None, ..subscription(status) };
        assert_eq!(entitlement(&unknown, now), Entitlement::NONE, "a price that is none of ours: {status:?}");
    }
}

#[test]
fn the_grace_ends_to_the_millisecond_and_counts_from_the_oldest_invoice() {
    let overdue = Subscription { overdue_since: Some(START.plus(DAY)), ..subscription(SubscriptionStatus::PastDue) };
    let ends = START.plus(DAY).plus(GRACE);
    let last = entitlement(&overdue, ends.minus(Duration::from_millis(1)));
    assert_eq!(last, Entitlement { plan: PlanName::Pro, until: Some(ends) });
    assert_eq!(entitlement(&overdue, ends), Entitlement::NONE);
    let unknown = subscription(SubscriptionStatus::Unknown);
    assert_eq!(entitlement(&unknown, end()), Entitlement::NONE, "nothing beyond what is paid for");
}

#[test]
fn a_kept_plan_is_kept_to_the_millisecond() {
    let kept = Some(KeptPlan { plan: PlanName::Outreach, until: end() });
    let down = Subscription { kept, ..subscription(SubscriptionStatus::Active) };
    let last = entitlement(&down, end().minus(Duration::from_millis(1)));
    assert_eq!(last, Entitlement { plan: PlanName::Outreach, until: Some(end()) });
    assert_eq!(entitlement(&down, end()), Entitlement { plan: PlanName::Pro, until: None });
    let overdue = Subscription { status: SubscriptionStatus::PastDue, ..down.clone() };
    assert_eq!(entitlement(&overdue, START).until, Some(START.plus(GRACE)), "whichever ends first");
    let lesser = Some(KeptPlan { plan: PlanName::Pro, until: end() });
    let up = Subscription { plan: Some(PlanName::Outreach), kept: lesser, ..down };
    assert_eq!(entitlement(&up, START), Entitlement { plan: PlanName::Outreach, until: None });
}

#[test]
fn of_several_subscriptions_the_best_that_lives_counts() {
    let named = |id: &str, status, plan, days: u32| Subscription {
        id: id.to_owned(),
        plan: Some(plan),
        created_at: START.plus(DAY * days),
        ..subscription(status)
    };
    let over = named("sub_over", SubscriptionStatus::Canceled, PlanName::Outreach, 9);
    let pro = named("sub_pro", SubscriptionStatus::Active, PlanName::Pro, 3);
    let outreach = named("sub_outreach", SubscriptionStatus::Active, PlanName::Outreach, 1);
    let waiting = named("sub_waiting", SubscriptionStatus::Incomplete, PlanName::Outreach, 5);
    let counting = |list: &[&Subscription]| {
        let forwards = standing(list.iter().map(|one| (*one).clone()).collect(), START);
        let backwards = standing(list.iter().rev().map(|one| (*one).clone()).collect(), START);
        assert_eq!(forwards, backwards);
        (forwards.subscription.map(|one| one.id).unwrap_or_default(), forwards.plan)
    };
    assert_eq!(counting(&[&over, &pro, &outreach, &waiting]), ("sub_outreach".to_owned(), PlanName::Outreach));
    assert_eq!(counting(&[&over, &pro, &waiting]), ("sub_pro".to_owned(), PlanName::Pro));
    assert_eq!(counting(&[&over, &waiting]), ("sub_waiting".to_owned(), PlanName::Free));
    assert_eq!(counting(&[&over]), ("sub_over".to_owned(), PlanName::Free));
    assert_eq!(counting(&[]), (String::new(), PlanName::Free));
}

#[test]
fn plans_go_up_at_once_and_down_at_the_end() {
    let pro = subscription(SubscriptionStatus::Active);
    let outreach = Subscription { plan: Some(PlanName::Outreach), ..pro.clone() };
    let kept = KeptPlan { plan: PlanName::Outreach, until: end() };
    let down = Subscription { kept: Some(kept), ..pro.clone() };
    for (from, to, expected) in [
        (&pro, PlanName::Pro, PlanChange::None),
        (&pro, PlanName::Outreach, PlanChange::Up),
        (&outreach, PlanName::Pro, PlanChange::Down(kept)),
        (&down, PlanName::Outreach, PlanChange::Back),
        (&down, PlanName::Pro, PlanChange::None),
    ] {
        assert_eq!(plan_change(from, to, START.plus(DAY)), expected, "{:?} to {to}", from.plan);
    }
    assert_eq!(plan_change(&down, PlanName::Outreach, end()), PlanChange::Up, "it was paid for until then");
}

fn invoice(status: InvoiceStatus, attempts: u32) -> Invoice {
    Invoice {
        id: "in_1".to_owned(),
        organization_id: ulid::Ulid::from(1).into(),
        number: None,
        status,
        amount_due: 1_900,
        amount_paid: if status == InvoiceStatus::Paid { 1_900 } else { 0 },
        amount_refunded: 0,
        dispute: DisputeStatus::None,
        currency: "usd".to_owned(),
        billing_reason: None,
        attempts,
        next_attempt_at: None,
        hosted_url: None,
        pdf_url: None,
        created_at: START,
        paid_at: None,
    }
}

#[test]
fn an_invoice_is_paid_once_and_each_failure_counts_once() {
    let kinds = |before: Option<&Invoice>, after: &Invoice| {
        let facts = invoice_facts(before, after);
        facts
            .iter()
            .map(|fact| serde_json::to_value(fact).unwrap()["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (open, failed, again) =
        (invoice(InvoiceStatus::Open, 0), invoice(InvoiceStatus::Open, 1), invoice(InvoiceStatus::Open, 2));
    let paid = invoice(InvoiceStatus::Paid, 3);
    let refunded = Invoice { amount_refunded: 900, ..paid.clone() };
    assert!(kinds(None, &open).is_empty());
    assert_eq!(kinds(Some(&open), &failed), ["billing.paymentFailed"]);
    assert!(kinds(Some(&failed), &failed).is_empty());
    assert_eq!(kinds(None, &again), ["billing.paymentFailed"]);
    assert_eq!(kinds(Some(&again), &paid), ["billing.paymentSucceeded"]);
    assert!(kinds(Some(&paid), &paid).is_empty());
    assert_eq!(kinds(Some(&paid), &refunded), ["billing.paymentReversed"]);
    assert_eq!(kinds(None, &refunded), ["billing.paymentSucceeded", "billing.paymentReversed"]);
    let trial = Invoice { amount_paid: 0, amount_due: 0, ..paid };
    assert!(kinds(None, &trial).is_empty(), "nothing was paid");
}

#[test]
fn the_facts_of_a_purchase_add_up_to_what_is_left_of_it() {
    let purchase = |amount_refunded, dispute| CreditPurchase {
        id: "pi_1".to_owned(),
        organization_id: ulid::Ulid::from(1).into(),
        credits: 4_900,
        amount: 1_900,
        amount_refunded,
        currency: "usd".to_owned(),
        dispute,
        status: CreditPurchase::status_of(1_900, amount_refunded, dispute),
        created_at: START,
    };
    let states = [
        purchase(0, DisputeStatus::None),
        purchase(950, DisputeStatus::None),
        purchase(950, DisputeStatus::Open),
        purchase(950, DisputeStatus::Won),
        purchase(1_900, DisputeStatus::Won),
    ];
    for first in 0..states.len() {
        let (mut before, mut sum) = (None, 0_i128);
        for state in &states[first..] {
            for fact in purchase_facts(before, state) {
                sum += match fact {
                    Fact::CreditsPurchased { credits, .. } => i128::from(credits),
                    Fact::CreditPurchaseChanged { from, to, .. } => i128::from(to) - i128::from(from),
                    _ => 0,
                };
            }
            assert_eq!(sum, i128::from(state.credits_left()), "first seen at {first}: {state:?}");
            assert!(purchase_facts(Some(state), state).is_empty());
            before = Some(state);
        }
    }
}
