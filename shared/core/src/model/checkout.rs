//! A checkout that somebody began: a session of Stripe's hosted page, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{OrganizationId, UserId};
use crate::product::Product;
use crate::store::{Entity, Indexes, Key};

/// How long a checkout is kept. A session is open for a day at most, and a slow payment takes two weeks.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Where a checkout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckoutStatus {
    /// The page waits for the buyer.
    Open,
    /// The buyer is through; the payment is under way, as some take days.
    Processing,
    /// It is paid, or nothing had to be.
    Paid,
    /// The payment that was under way failed.
    Failed,
    /// Nobody went through it in time.
    Expired,
}

/// A checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkout {
    /// Stripe's id of the session, `cs_…`.
    pub id: String,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// What is bought.
    pub product: Product,
    /// Where it stands.
    pub status: CheckoutStatus,
    /// What it costs, in the smallest unit of the currency, as far as Stripe has said it.
    #[serde(default)]
    pub amount: Option<i64>,
    /// The currency's code in lower case.
    #[serde(default)]
    pub currency: Option<String>,
    /// Who began it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

impl Checkout {
    /// The partition of an organisation's checkouts.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#CHECKOUT")
    }

    /// Where a checkout lies.
    pub fn key_of(organization: OrganizationId, session: &str) -> Key {
        Key::new(Self::partition(organization), session)
    }
}

impl Entity for Checkout {
    const TYPE: &'static str = "checkout";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.created_at.plus(KEPT)), ..Indexes::default() }
    }
}
