//! What happened to an organisation's credits, as its members read it: one row for each time, over all the accounts of the ledger that it
//! moved something of. It is written in the transaction of the transfers that it tells of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::credits::burn_order::Part;
use crate::event::Actor;
use crate::id::{CreditGrantId, CreditMovementId, OrganizationId};
use crate::model::credit_wallet::GrantKind;
use crate::plan::CreditAction;
use crate::store::{Entity, Key};

/// Why credits moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum CreditCause {
    /// An action was carried out.
    #[serde(rename_all = "camelCase")]
    Action {
        /// Which.
        action: CreditAction,
        /// Of which sources its credits burned, in the order in which they did.
        burned: Vec<Part>,
    },
    /// Credits were given.
    #[serde(rename_all = "camelCase")]
    Grant {
        /// The grant.
        grant_id: CreditGrantId,
        /// Why.
        kind: GrantKind,
        /// What the operator said about it, if one gave them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        reason: Option<String>,
        /// From when on nothing of it is there any more; never without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        expires_at: Option<Timestamp>,
    },
    /// Granted credits expired unspent.
    Expiry,
    /// Credits were bought.
    #[serde(rename_all = "camelCase")]
    Purchase {
        /// The payment, as the payment provider calls it.
        payment_id: String,
        /// How many of them paid what was owed.
        debt_paid: i64,
    },
    /// Bought credits were taken back, since their payment was refunded or is disputed.
    #[serde(rename_all = "camelCase")]
    TakenBack {
        /// The payment, as the payment provider calls it.
        payment_id: String,
        /// How many of them were spent already, and so are owed.
        owed: i64,
    },
    /// Credits that were taken back are there again, since the dispute was won.
    #[serde(rename_all = "camelCase")]
    GivenBack {
        /// The payment, as the payment provider calls it.
        payment_id: String,
        /// How many of them paid what was owed.
        debt_paid: i64,
    },
}

/// A movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditMovement {
    /// The movement's id; later ones have greater ones.
    pub id: CreditMovementId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// How many credits: above 0 they came, below they went.
    pub credits: i64,
    /// Why.
    pub cause: CreditCause,
    /// Who made it happen.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

impl CreditMovement {
    /// The partition of an organisation's movements.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#CREDIT_MOVEMENT")
    }
}

impl Entity for CreditMovement {
    const TYPE: &'static str = "creditMovement";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.organization_id), self.id.to_string())
    }
}
