//! An organisation as Stripe's customer, with the subscription that it has.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::due;
use crate::clock::Timestamp;
use crate::id::OrganizationId;
use crate::plan::PlanName;
use crate::store::{Entity, Indexes, Key};

/// How long the sweep leaves a review to come by itself: what changes by time alone changes when it is looked at.
const REVIEW_GRACE: Duration = Duration::from_secs(60);

/// Where a subscription stands, as Stripe says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionStatus {
    /// Its trial runs.
    Trialing,
    /// It is paid for.
    Active,
    /// A payment failed and is tried again.
    PastDue,
    /// A payment failed and is not tried any more.
    Unpaid,
    /// Its first payment was not made yet.
    Incomplete,
    /// Its trial ended without a way to pay.
    Paused,
    /// It is over.
    Canceled,
    /// Something that this version does not know.
    Unknown,
}

/// A plan that was paid for and is kept although a lesser one is subscribed to by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptPlan {
    /// The plan.
    pub plan: PlanName,
    /// Until when.
    pub until: Timestamp,
}

/// A subscription as it was when Stripe was last asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Stripe's id, `sub_…`.
    pub id: String,
    /// Stripe's id of what is subscribed to, `si_…`.
    pub item_id: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The plan of its price; none if the price is none of ours.
    #[serde(default)]
    pub plan: Option<PlanName>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the period began that is being paid for.
    pub period_start: Timestamp,
    /// When that period ends.
    pub period_end: Timestamp,
    /// When it ends, if that is settled.
    #[serde(default)]
    pub cancel_at: Option<Timestamp>,
    /// When its trial ends or ended.
    #[serde(default)]
    pub trial_ends_at: Option<Timestamp>,
    /// Since when something is to be paid for it, while payments fail.
    #[serde(default)]
    pub overdue_since: Option<Timestamp>,
    /// The plan that is kept until the period ends.
    #[serde(default)]
    pub kept: Option<KeptPlan>,
}

impl Subscription {
    /// Whether it is not over.
    pub fn is_live(&self) -> bool {
        self.status != SubscriptionStatus::Canceled
    }
}

/// An organisation's account with Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingAccount {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Stripe's id of the customer, `cus_…`.
    pub customer_id: String,
    /// The plan that follows from the subscription; the organisation's own may be another by an operator's word.
    pub plan: PlanName,
    /// The subscription that counts; the last one, once it is over.
    #[serde(default)]
    pub subscription: Option<Subscription>,
    /// The checkout for a subscription that was begun last, `cs_…`, while it may be open.
    #[serde(default)]
    pub open_checkout: Option<String>,
    /// When the plan changes by time alone.
    #[serde(default)]
    pub review_at: Option<Timestamp>,
    /// When the account came into being.
    pub created_at: Timestamp,
    /// When Stripe was last asked.
    pub settled_at: Timestamp,
}

impl BillingAccount {
    /// The kind of the `due` index under which accounts stand whose plan changes by time alone.
    pub const DUE: &'static str = "BILLING_REVIEW";

    /// The account of a new customer.
    pub const fn new(organization: OrganizationId, customer_id: String, now: Timestamp) -> Self {
        Self {
            organization_id: organization,
            customer_id,
            plan: PlanName::Free,
            subscription: None,
            open_checkout: None,
            review_at: None,
            created_at: now,
            settled_at: now,
        }
    }

    /// Where an organisation's account lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "BILLING_ACCOUNT")
    }

    /// Whose account lies at `key`; none if no account can.
    pub fn id_of(key: &Key) -> Option<OrganizationId> {
        key.pk.strip_prefix("ORG#").filter(|_| key.sk == "BILLING_ACCOUNT")?.parse().ok()
    }

    /// The subscription, unless it is over.
    pub fn live_subscription(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.is_live())
    }
}

impl Entity for BillingAccount {
    const TYPE: &'static str = "billingAccount";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id)
    }

    fn indexes(&self) -> Indexes {
        let at = self.review_at.map(|at| at.plus(REVIEW_GRACE).to_string());
        Indexes { due: at.map(|at| due(Self::DUE, self.organization_id.ulid(), at)), ..Indexes::default() }
    }
}
