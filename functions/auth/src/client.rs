//! What is known of a caller who has not signed in.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use shared::event::{Actor, Event, Fact};
use shared::http::ClientAddress;
use shared::id::UserId;
use shared::services::Services;
use shared::trace::Trace;

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) address: Option<ClientAddress>,
    pub(crate) trace: Trace,
}

impl Client {
    /// An event in the personal organisation of the person whom this request signs in.
    pub(crate) fn event(&self, services: &Services, user_id: UserId, fact: Fact) -> Event {
        services.event(user_id.personal_organization(), Actor::User { user_id }, self.trace, fact)
    }
}

impl<S> FromRequestParts<S> for Client
where
    S: Sync,
    Services: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get().copied();
        Ok(Self { address, trace: Trace::of_parts(parts, &Services::from_ref(state).ids) })
    }
}
