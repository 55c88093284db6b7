//! An invoice of an organisation's, as it was when Stripe was last asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::OrganizationId;
use crate::store::{Entity, Indexes, Key, ListingIndex};

/// Where an invoice stands, as Stripe says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceStatus {
    /// It may still change.
    Draft,
    /// It is to be paid.
    Open,
    /// It is paid.
    Paid,
    /// Nobody expects it to be paid any more.
    Uncollectible,
    /// It was a mistake.
    Void,
    /// Something that this version does not know.
    Unknown,
}

/// Whether a customer's bank took a payment into question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DisputeStatus {
    /// It did not.
    #[default]
    None,
    /// It did, and was shown to be wrong.
    Won,
    /// It did; the money is with the bank until it is decided.
    Open,
    /// It did, and the money is gone.
    Lost,
}

/// An invoice. Amounts are in the smallest unit of the currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Stripe's id, `in_…`.
    pub id: String,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The number on it, once it is final.
    #[serde(default)]
    pub number: Option<String>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// What was to be paid.
    pub amount_due: i64,
    /// What was paid.
    pub amount_paid: i64,
    /// How much of that was given back.
    pub amount_refunded: i64,
    /// Whether the bank took the payment into question.
    pub dispute: DisputeStatus,
    /// The currency's code in lower case.
    pub currency: String,
    /// What it is for, as Stripe says it: `subscription_cycle`.
    #[serde(default)]
    pub billing_reason: Option<String>,
    /// How often its payment was tried.
    pub attempts: u32,
    /// When it is tried next.
    #[serde(default)]
    pub next_attempt_at: Option<Timestamp>,
    /// The page on which it can be looked at and paid.
    #[serde(default)]
    pub hosted_url: Option<String>,
    /// The document.
    #[serde(default)]
    pub pdf_url: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was paid.
    #[serde(default)]
    pub paid_at: Option<Timestamp>,
}

impl Invoice {
    /// The partition of an organisation's invoices.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#INVOICE")
    }

    /// The list of an organisation's invoices by when they were created.
    pub fn listing(organization: OrganizationId) -> String {
        format!("ORG#{organization}#INVOICE#created")
    }

    /// Where an invoice lies.
    pub fn key_of(organization: OrganizationId, invoice: &str) -> Key {
        Key::new(Self::partition(organization), invoice)
    }
}

impl Entity for Invoice {
    const TYPE: &'static str = "invoice";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.id)
    }

    fn indexes(&self) -> Indexes {
        let sort = format!("{}#{}", self.created_at, self.id);
        let listing = ListingIndex { partition: Self::listing(self.organization_id), sort };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}
