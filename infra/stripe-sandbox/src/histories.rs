//! What can become of a customer, step by step: what tests of the platform play in every order in which its events may arrive.

use std::time::Duration;

use crate::{Card, Sandbox};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A step of a history: what is done, and how long nothing is done after it.
pub struct Step {
    /// What is done with the customer's sandbox.
    pub act: fn(&Sandbox, &str),
    /// How long until the next step.
    pub wait: Duration,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Step").field("wait", &self.wait).finish_non_exhaustive()
    }
}

/// A history of a customer who begins by paying a checkout.
#[derive(Debug)]
pub struct History {
    /// What it is about.
    pub name: &'static str,
    /// The price of what the customer buys first.
    pub price: &'static str,
    /// With which card.
    pub card: Card,
    /// For how many days it is tried for nothing first.
    pub trial_days: u32,
    /// What follows.
    pub steps: Vec<Step>,
}

const PRO: &str = "price_pro_monthly";
const OUTREACH: &str = "price_outreach_monthly";
const PACK: &str = "price_credits_4900";

const fn step(act: fn(&Sandbox, &str), days: u32) -> Step {
    Step { act, wait: Duration::from_secs(DAY.as_secs() * days as u64) }
}

const fn wait(days: u32) -> Step {
    step(|_, _| (), days)
}

fn first_payment(sandbox: &Sandbox, customer: &str, act: impl FnOnce(&Sandbox, &str)) {
    if let Some(payment) = sandbox.payments_of(customer).first() {
        act(sandbox, payment);
    }
}

fn close(sandbox: &Sandbox, customer: &str, won: bool) {
    for dispute in sandbox.disputes_of(customer) {
        sandbox.close_dispute(&dispute, won);
    }
}

/// The histories: checkout, trials and renewals, failure and recovery, up- and downgrade, cancellation, refund, dispute.
pub fn histories() -> Vec<History> {
    let of = |name, price, card, steps| History { name, price, card, trial_days: 0, steps };
    let try_out = |name, steps| History { name, price: PRO, card: Card::Accepted, trial_days: 14, steps };
    let pay = |name, price, steps| of(name, price, Card::Accepted, steps);
    let declined = |sandbox: &Sandbox, customer: &str| sandbox.change_card(customer, Card::Declined);
    let accepted = |sandbox: &Sandbox, customer: &str| sandbox.change_card(customer, Card::Accepted);
    let refund_some = |sandbox: &Sandbox, customer: &str| {
        first_payment(sandbox, customer, |sandbox, payment| {
            sandbox.refund(payment, 700);
        });
    };
    let dispute = |sandbox: &Sandbox, customer: &str| {
        first_payment(sandbox, customer, |sandbox, payment| {
            sandbox.dispute(payment);
        });
    };
    vec![
        pay("a subscription renews", PRO, vec![wait(31), wait(31)]),
        pay("a payment fails and the next attempt succeeds", PRO, vec![step(declined, 31), step(accepted, 4), wait(1)]),
        pay(
            "a payment fails and the customer pays by hand",
            PRO,
            vec![
                step(declined, 32),
                step(
                    |sandbox, customer| {
                        sandbox.change_card(customer, Card::Accepted);
                        sandbox.collect(customer);
                    },
                    1,
                ),
            ],
        ),
        pay("a payment fails until the grace is over", PRO, vec![step(declined, 31), wait(7), wait(1)]),
        pay("a payment fails until the subscription ends", PRO, vec![step(declined, 31), wait(5), wait(6)]),
        of(
            "a card that asks for its owner fails to renew",
            PRO,
            Card::RequiresAction,
            vec![wait(32), step(accepted, 3)],
        ),
        pay(
            "a plan goes up",
            PRO,
            vec![wait(10), step(|sandbox, customer| sandbox.change_plan(customer, OUTREACH, true, None), 25)],
        ),
        pay(
            "a plan goes down when the period ends",
            OUTREACH,
            vec![
                wait(10),
                step(|sandbox, customer| sandbox.change_plan(customer, PRO, false, Some("outreach")), 5),
                wait(20),
            ],
        ),
        pay(
            "a plan goes down, back, and up",
            OUTREACH,
            vec![
                step(|sandbox, customer| sandbox.change_plan(customer, PRO, false, Some("outreach")), 2),
                step(|sandbox, customer| sandbox.change_plan(customer, OUTREACH, false, None), 2),
                step(|sandbox, customer| sandbox.change_plan(customer, PRO, false, Some("outreach")), 30),
                step(|sandbox, customer| sandbox.change_plan(customer, OUTREACH, true, None), 1),
            ],
        ),
        pay(
            "a subscription is cancelled",
            PRO,
            vec![wait(3), step(|sandbox, customer| sandbox.cancel(customer, true), 20), wait(10)],
        ),
        pay(
            "a subscription is cancelled and resumed",
            PRO,
            vec![
                step(|sandbox, customer| sandbox.cancel(customer, true), 2),
                step(|sandbox, customer| sandbox.cancel(customer, false), 30),
            ],
        ),
        pay(
            "a subscription is ended at once",
            OUTREACH,
            vec![wait(3), step(|sandbox, customer| sandbox.end(customer), 1)],
        ),
        pay("a subscription's payment is given back in parts", PRO, vec![step(refund_some, 1), step(refund_some, 31)]),
        pay(
            "a subscription's payment is disputed and lost",
            PRO,
            vec![step(dispute, 9), step(|sandbox, customer| close(sandbox, customer, false), 1)],
        ),
        pay("a pack is given back in parts", PACK, vec![step(refund_some, 1), step(refund_some, 1)]),
        pay(
            "a pack is disputed and won",
            PACK,
            vec![step(dispute, 9), step(|sandbox, customer| close(sandbox, customer, true), 1)],
        ),
        pay(
            "a pack is given back in part, disputed and lost",
            PACK,
            vec![step(refund_some, 1), step(dispute, 9), step(|sandbox, customer| close(sandbox, customer, false), 1)],
        ),
        of("a slow debit succeeds", PACK, Card::Slow, vec![wait(4), step(refund_some, 1)]),
        of("a slow debit fails", PACK, Card::SlowAndFailing, vec![wait(4)]),
        try_out("a trial runs out and is paid for", vec![wait(13), wait(3)]),
        try_out("a trial runs out and cannot be paid for", vec![wait(10), step(declined, 5), wait(8)]),
        try_out("a trial is cancelled", vec![step(|sandbox, customer| sandbox.cancel(customer, true), 13), wait(2)]),
        try_out(
            "a plan goes up in its trial",
            vec![wait(5), step(|sandbox, customer| sandbox.change_plan(customer, OUTREACH, true, None), 10)],
        ),
    ]
}
