//! What is known of a caller who has not signed in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::event::{Actor, Event, Fact};
use shared::http::ClientAddress;
use shared::id::{RequestId, UserId};
use shared::services::Services;

/// Where a request comes from, and its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) address: Option<ClientAddress>,
    pub(crate) request_id: Option<RequestId>,
}

impl Client {
    /// An event in the personal organisation of the person whom this request signs in.
    pub(crate) fn event(&self, services: &Services, user_id: UserId, fact: Fact) -> Event {
        services.event(user_id.personal_organization(), Actor::User { user_id }, self.request_id, fact)
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let extensions = &parts.extensions;
        Ok(Self { address: extensions.get().copied(), request_id: extensions.get().copied() })
    }
}
