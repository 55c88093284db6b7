//! What is known of a caller who has not signed in.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use http::header::USER_AGENT;
use http::request::Parts;
use shared::event::{Actor, Event, Fact};
use shared::http::ClientAddress;
use shared::id::UserId;
use shared::services::Services;
use shared::trace::Trace;

/// How much of a `User-Agent` is kept. Those of browsers are shorter.
const USER_AGENT_LENGTH_MAXIMUM: usize = 256;

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: Option<ClientAddress>,
    /// What the client says it is, as visible ASCII and shortened.
    pub(crate) user_agent: Option<String>,
    pub(crate) trace: Trace,
}

impl Client {
    /// The network that the request comes from, in the form that limits count by. Where the host knows no address, all requests are of one
    /// network that nobody knows.
    pub(crate) fn network(&self) -> Option<String> {
        self.address.map(ClientAddress::network)
    }

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
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).and_then(shortened);
        Ok(Self { address, user_agent, trace: Trace::of_parts(parts, &Services::from_ref(state).ids) })
    }
}

fn shortened(user_agent: &str) -> Option<String> {
    let kept = user_agent.trim().chars().filter(|character| !character.is_control());
    let kept = kept.take(USER_AGENT_LENGTH_MAXIMUM).collect::<String>();
    (!kept.is_empty()).then_some(kept)
}
