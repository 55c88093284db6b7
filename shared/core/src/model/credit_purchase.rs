//! A pack of credits that was paid for, and what is left of that after refunds and disputes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invoice::DisputeStatus;
use crate::clock::Timestamp;
use crate::id::OrganizationId;
use crate::store::{Entity, Key};

/// Where a purchase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PurchaseStatus {
    /// It is paid.
    Paid,
    /// Some of the money was given back.
    PartlyRefunded,
    /// All of the money was given back.
    Refunded,
    /// The bank took the payment into question, or has it back.
    Disputed,
}

/// A pack of credits that was paid for. Amounts are in the smallest unit of the currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditPurchase {
    /// Stripe's id of the payment, `pi_…`.
    pub id: String,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// How many credits were bought.
    pub credits: u64,
    /// What was paid.
    pub amount: i64,
    /// How much of that was given back.
    pub amount_refunded: i64,
    /// The currency's code in lower case.
    pub currency: String,
    /// Whether the bank took the payment into question.
    pub dispute: DisputeStatus,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// When it was paid for.
    pub created_at: Timestamp,
}

impl CreditPurchase {
    /// The partition of an organisation's purchases.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#CREDIT_PURCHASE")
    }

    /// Where a purchase lies.
    pub fn key_of(organization: OrganizationId, payment: &str) -> Key {
        Key::new(Self::partition(organization), payment)
    }

    /// Where a purchase stands with so much given back.
    pub const fn status_of(amount: i64, amount_refunded: i64, dispute: DisputeStatus) -> PurchaseStatus {
        match dispute {
            DisputeStatus::Open | DisputeStatus::Lost => PurchaseStatus::Disputed,
            DisputeStatus::None | DisputeStatus::Won if amount_refunded <= 0 => PurchaseStatus::Paid,
            DisputeStatus::None | DisputeStatus::Won if amount_refunded < amount => PurchaseStatus::PartlyRefunded,
            DisputeStatus::None | DisputeStatus::Won => PurchaseStatus::Refunded,
        }
    }

    /// How many of the credits are the organisation's: none while the bank has the money, and as many fewer as money was given back,
    /// rounded in the buyer's favour.
    pub fn credits_left(&self) -> u64 {
        match self.status {
            PurchaseStatus::Paid => self.credits,
            PurchaseStatus::Refunded | PurchaseStatus::Disputed => 0,
            PurchaseStatus::PartlyRefunded => {
                let (refunded, amount) = (i128::from(self.amount_refunded), i128::from(self.amount).max(1));
                let taken = i128::from(self.credits).saturating_mul(refunded).checked_div(amount).unwrap_or(0);
                self.credits.saturating_sub(u64::try_from(taken).unwrap_or(0))
            }
        }
    }
}

impl Entity for CreditPurchase {
    const TYPE: &'static str = "creditPurchase";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_go_with_the_money() {
        let left = |amount_refunded, dispute| {
            let status = CreditPurchase::status_of(1_900, amount_refunded, dispute);
            let purchase = CreditPurchase {
                id: "pi_1".to_owned(),
                organization_id: ulid::Ulid::from(1).into(),
                credits: 4_900,
                amount: 1_900,
                amount_refunded,
                currency: "usd".to_owned(),
                dispute,
                status,
                created_at: Timestamp::from_seconds(1),
            };
            (status, purchase.credits_left())
        };
        for dispute in [DisputeStatus::None, DisputeStatus::Won] {
            assert_eq!(left(0, dispute), (PurchaseStatus::Paid, 4_900));
            assert_eq!(left(1, dispute), (PurchaseStatus::PartlyRefunded, 4_898), "2.57 credits a cent");
            assert_eq!(left(950, dispute), (PurchaseStatus::PartlyRefunded, 2_450));
            assert_eq!(left(1_900, dispute), (PurchaseStatus::Refunded, 0));
            assert_eq!(left(2_000, dispute), (PurchaseStatus::Refunded, 0));
        }
        for dispute in [DisputeStatus::Open, DisputeStatus::Lost] {
            assert_eq!(left(0, dispute), (PurchaseStatus::Disputed, 0));
        }
    }
}
