//! Stripe's events as rows that are worked off.

use shared::clock::Timestamp;
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::trace::Trace;
use vendors::stripe::webhook::Event;

use crate::ORGANIZATION_ID;

/// The longest id that is taken; Stripe's are far shorter.
const ID_LENGTH_MAXIMUM: usize = 255;

/// An event as the row that is stored of it: what it is about, not what it says of that, which may be older than what Stripe says when it
/// is asked. None if its id is none of Stripe's.
pub fn inbound(event: &Event, trace: Trace, now: Timestamp) -> Option<InboundEvent> {
    let is_id = |id: &str| {
        (1..=ID_LENGTH_MAXIMUM).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !is_id(&event.id) || !(1..=ID_LENGTH_MAXIMUM).contains(&event.kind.len()) {
        return None;
    }
    // A charge, a refund and a dispute are settled with the payment that they are part of.
    let is_part = event.kind.starts_with("charge.") || event.kind.starts_with("refund.");
    let object_id = if is_part { event.payment_intent() } else { event.object_id() };
    Some(InboundEvent {
        object_id: object_id.filter(|id| is_id(id)).map(str::to_owned),
        organization_id: event.metadata(ORGANIZATION_ID).and_then(|id| id.parse().ok()),
        happened_at: Some(Timestamp::from_seconds(event.created)),
        ..InboundEvent::new(Provider::Stripe, event.id.clone(), event.kind.clone(), trace, now)
    })
}
