//! What the owner of a session sees of it.

use serde::Serialize;
use shared::clock::Timestamp;
use shared::id::SessionId;
use shared::model::session::Session;
use utoipa::ToSchema;

use super::device::device;

/// A sign-in on one device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// The session's id.
    id: SessionId,
    /// The name its owner gave it.
    #[schema(required, example = "My laptop")]
    name: Option<String>,
    /// The browser or program and the system, as far as `userAgent` tells them.
    #[schema(required, example = "Firefox on Linux")]
    device: Option<String>,
    /// What the client that signed in said it was, shortened. Anybody can say anything.
    #[schema(required)]
    user_agent: Option<String>,
    /// The address that signed in.
    #[schema(required, example = "192.0.2.1")]
    address: Option<String>,
    /// Whether this very request comes with it.
    current: bool,
    /// When it began.
    created_at: Timestamp,
    /// When its tokens were last refreshed, or when it began.
    last_used_at: Timestamp,
    /// When it ends unless its tokens are refreshed before.
    expires_at: Timestamp,
}

impl SessionView {
    pub(crate) fn new(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            name: session.name,
            device: session.user_agent.as_deref().and_then(device),
            user_agent: session.user_agent,
            address: session.address,
            current: session.id == current,
            created_at: session.created_at,
            last_used_at: session.refreshed_at,
            expires_at: session.expires_at,
        }
    }
}
