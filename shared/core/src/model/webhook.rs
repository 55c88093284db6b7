//! An endpoint of an organisation's own that is told of its events, by Standard Webhooks (<https://www.standardwebhooks.com>).

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::clock::Timestamp;
use crate::id::{Ids, OrganizationId, UserId, WebhookId};
use crate::store::{Entity, Key};

/// How many endpoints an organisation may have: as many as fit into the transaction of an event with room to spare.
pub const WEBHOOKS_MAXIMUM: u16 = 10;

/// For how long messages are also signed with the secret before the last rotation, so that whoever verifies them can change over.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// What messages to an endpoint are signed with: 32 random bytes. It is known to the endpoint's owner, who is shown it once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecret(String);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// What the text form begins with.
    const PREFIX: &'static str = "whsec_";

    /// A new secret.
    pub fn new(ids: &Ids) -> Self {
        Self(STANDARD.encode(ids.secret::<32>()))
    }

    /// The secret as its owner gets it.
    pub fn text(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0)
    }

    /// One signature of a message: HMAC-SHA256 over `id.timestamp.body`, the timestamp in seconds. `None` if the secret is not one.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> Option<String> {
        let key = STANDARD.decode(&self.0).ok()?;
        let mut code = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        code.update(format!("{id}.{}.{body}", at.as_seconds()).as_bytes());
        Some(format!("v1,{}", STANDARD.encode(code.finalize().into_bytes())))
    }
}

/// A secret that was rotated out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousSecret {
    /// The secret.
    pub secret: WebhookSecret,
    /// Until when messages are signed with it too.
    pub ends_at: Timestamp,
}

/// An endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The endpoint's id.
    pub id: WebhookId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Where messages are sent to.
    pub url: String,
    /// Which events it is told of: their types, or `task.*` for all of a kind; all events where there are none.
    pub events: Vec<String>,
    /// Whether it is told of anything.
    pub enabled: bool,
    /// What messages are signed with.
    pub secret: WebhookSecret,
    /// The secret before it.
    #[serde(default)]
    pub previous_secret: Option<PreviousSecret>,
    /// Who added it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may carry a token of its owner's.
        formatter.debug_struct("Webhook").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The partition of an organisation's endpoints.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#WEBHOOK")
    }

    /// Where an endpoint lies.
    pub fn key_of(organization: OrganizationId, webhook: WebhookId) -> Key {
        Key::new(Self::partition(organization), webhook.to_string())
    }

    /// Whether it is told of events of this type.
    pub fn wants(&self, event_type: &str) -> bool {
        let matches = |wanted: &String| match wanted.strip_suffix('*') {
            Some(kind) => event_type.starts_with(kind),
            None => event_type == wanted,
        };
        self.enabled && (self.events.is_empty() || self.events.iter().any(matches))
    }

    /// The endpoint with a new secret; the one before is good for another day.
    #[must_use]
    pub fn rotated(&self, secret: WebhookSecret, now: Timestamp) -> Self {
        let previous_secret = Some(PreviousSecret { secret: self.secret.clone(), ends_at: now.plus(OVERLAP) });
        Self { secret, previous_secret, updated_at: now, ..self.clone() }
    }

    /// The header `webhook-signature` of a message: a signature for each secret that is good now, with a space between them.
    pub fn signatures(&self, id: &str, now: Timestamp, body: &str) -> String {
        let previous = self.previous_secret.iter().filter(|previous| now < previous.ends_at);
        let secrets = std::iter::once(&self.secret).chain(previous.map(|previous| &previous.secret));
        secrets.filter_map(|secret| secret.sign(id, now, body)).collect::<Vec<_>>().join(" ")
    }
}

impl Entity for Webhook {
    const TYPE: &'static str = "webhook";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(secret: &str) -> Webhook {
        let now = Timestamp::from_seconds(1_700_000_000);
        Webhook {
            id: ulid::Ulid::from(1).into(),
            organization_id: ulid::Ulid::from(2).into(),
            url: "https://example.com/hook".to_owned(),
            events: Vec::new(),
            enabled: true,
            secret: WebhookSecret(secret.to_owned()),
            previous_secret: None,
            created_by: ulid::Ulid::from(3).into(),
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn messages_are_signed_as_the_reference_implementation_signs_them() {
        // Made with the Python packages svix and standardwebhooks, which agree.
        let secret = WebhookSecret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let body = r#"{"type":"email.bounced","created_at":"2026-11-20T10:00:00.000Z","data":{"email_id":"e1"}}"#;
        let signature = secret.sign("msg_1", Timestamp::from_seconds(1_700_000_000), body);
        assert_eq!(signature.as_deref(), Some("v1,Ybyfkx744SW5PoiWnd5+bYh2eWpJtVknIZHLvffOUH4="));
        assert!(!format!("{secret:?}").contains("MfKQ"));
        assert_eq!(secret.text(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn two_secrets_are_good_for_a_day_after_a_rotation() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let rotated = webhook("AAAA").rotated(WebhookSecret("BBBB".to_owned()), now);
        let count = |at| rotated.signatures("msg_1", at, "{}").split(' ').count();
        let end = now.plus(OVERLAP);
        assert_eq!((count(now), count(end.minus(Duration::from_millis(1))), count(end)), (2, 2, 1));
        assert!(rotated.signatures("msg_1", now, "{}").starts_with(&rotated.secret.sign("msg_1", now, "{}").unwrap()));
    }

    #[test]
    fn the_filter_takes_types_and_kinds() {
        let all = webhook("AAAA");
        let some = Webhook { events: vec!["task.*".to_owned(), "lead.created".to_owned()], ..all.clone() };
        let off = Webhook { enabled: false, ..all.clone() };
        for (event, expected) in
            [("task.created", true), ("lead.created", true), ("lead.deleted", false), ("tasks.created", false)]
        {
            assert_eq!((all.wants(event), some.wants(event), off.wants(event)), (true, expected, false), "{event}");
        }
    }
}
