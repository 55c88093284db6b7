//! What a record of the stream says.

use serde::Deserialize;
use shared::event::Event;
use shared::id::{EventId, OrganizationId};
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::model::projection::ProjectionFailure;
use shared::store::{Entity, Key};
use shared::trace::Trace;
use shared_lambda::EventRecord;

/// A change that concerns the projector, or none.
pub(crate) enum Change {
    /// Something happened.
    Happened(Box<Event>),
    /// A vendor told of something.
    Received { provider: Provider, event_id: String, trace: Trace },
    /// The sweep asks for another attempt.
    Touched(OrganizationId, EventId),
    /// An event that this version cannot read, with its ids where the key tells them.
    Unreadable(Option<(OrganizationId, EventId)>),
    /// Nothing of ours.
    Other,
}

#[derive(Deserialize)]
struct Kind {
    entity: String,
}

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

impl Change {
    /// Reads a record. The event source's filter lets through only what concerns us; should it ever let through more, so do we not.
    pub(crate) fn of(record: EventRecord) -> Self {
        let change = record.change;
        let kind = serde_dynamo::from_item(change.new_image.clone()).map(|Kind { entity }| entity).unwrap_or_default();
        match (record.event_name.as_str(), kind.as_str()) {
            ("INSERT", Event::TYPE) => match serde_dynamo::from_item(change.new_image) {
                Ok(event) => Self::Happened(Box::new(event)),
                Err(_) => Self::Unreadable(ids(change.keys)),
            },
            // One that cannot be read stays due; the sweep rings for it, and its worker says what is wrong with it.
            ("INSERT", InboundEvent::TYPE) => match serde_dynamo::from_item::<_, InboundEvent>(change.new_image) {
                Ok(InboundEvent { provider, id, trace, .. }) => Self::Received { provider, event_id: id, trace },
                Err(_) => Self::Other,
            },
            ("MODIFY", ProjectionFailure::TYPE) => {
                let before = serde_dynamo::from_item::<_, ProjectionFailure>(change.old_image);
                let after = serde_dynamo::from_item::<_, ProjectionFailure>(change.new_image);
                match (before, after) {
                    (Ok(before), Ok(after)) if after.is_touch_since(&before) => {
                        Self::Touched(after.organization_id, after.event_id)
                    }
                    (Ok(_), Ok(_)) => Self::Other,
                    _ => Self::Unreadable(None),
                }
            }
            _ => Self::Other,
        }
    }
}

fn ids(keys: serde_dynamo::Item) -> Option<(OrganizationId, EventId)> {
    let Keys { pk, sk } = serde_dynamo::from_item(keys).ok()?;
    Event::ids_of(&Key::new(pk, sk))
}
