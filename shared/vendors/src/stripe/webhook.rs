//! Stripe's webhooks: the signature, and the envelope in which events come.

use serde::Deserialize;
use serde_json::Value;
use shared::clock::Timestamp;

use crate::signature::{sign_timed, verify_timed};
use crate::{SignatureError, WebhookSecrets};

/// The header of the signature.
pub const SIGNATURE_HEADER: &str = "stripe-signature";
/// The scheme of the signatures that count.
const SCHEME: &str = "v1";

/// Verifies the header `Stripe-Signature` over the body as it came.
///
/// # Errors
/// When the header is malformed, of another time, or by none of these secrets.
pub fn verify(secrets: &WebhookSecrets, header: &str, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
    verify_timed(secrets, SCHEME, header, body, now)
}

/// The signature of a body, for those who stand in for Stripe; none without a secret.
pub fn sign(secret: &str, body: &[u8], now: Timestamp) -> Option<String> {
    sign_timed(secret, SCHEME, body, now)
}

/// An event, as webhooks bring it and the list of events holds it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// `event`; `v2.core.event` is a thin event, whose shape is another.
    pub object: String,
    /// What happened: `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the API that the shape is of.
    #[serde(default)]
    pub api_version: Option<String>,
    /// When, in seconds since 1970. Events of one second have no order.
    pub created: i64,
    /// What it happened to.
    pub data: EventData,
}

/// What an event happened to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EventData {
    /// The object as it was then, in the shape of the endpoint's version.
    pub object: Value,
}

impl Event {
    /// An event, if that is what the body holds.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok().filter(|event| event.object == "event")
    }

    /// The id of the object; events of objects that have none are of no concern to us.
    pub fn object_id(&self) -> Option<&str> {
        self.data.object.get("id").and_then(Value::as_str)
    }

    /// An entry of what we attached: to the object itself, or to the subscription that an invoice is for, old shape and new.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        let places = ["/metadata", "/parent/subscription_details/metadata", "/subscription_details/metadata"];
        places.iter().find_map(|place| self.data.object.pointer(place)?.get(name)?.as_str())
    }

    /// The object's `payment_intent`, an id or the object itself: which payment a charge, a refund or a dispute is of.
    pub fn payment_intent(&self) -> Option<&str> {
        let intent = self.data.object.get("payment_intent")?;
        intent.as_str().or_else(|| intent.get("id").and_then(Value::as_str))
    }
}
