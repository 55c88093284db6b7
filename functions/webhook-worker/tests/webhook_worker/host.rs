//! The function's binary as Lambda runs it.

use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use shared::queue::InboundMessage;
use shared::trace::Trace;
use testkit::FunctionHost;

#[tokio::test]
async fn it_works_off_its_queue() {
    let host = FunctionHost::start("webhook-worker", env!("CARGO_BIN_EXE_webhook-worker")).await;
    let services = &host.cloud.services;
    let mut messages = Vec::new();
    for number in 0..3 {
        // Of these nothing follows, so that nobody has to be asked from here.
        let (id, trace) = (format!("event-{number}"), Trace::begin(&services.ids));
        let event =
            InboundEvent::new(Provider::Unipile, id.clone(), "message.new".to_owned(), trace, services.clock.now());
        host.cloud.write(|transaction| transaction.create(event.clone())).await;
        messages.push(InboundMessage::Event { provider: Provider::Unipile, event_id: id, trace: None });
    }
    let bodies = messages.iter().map(|message| serde_json::to_string(message).unwrap()).collect::<Vec<_>>();
    host.queue_cases(&bodies).await;
    for number in 0..3 {
        let key = InboundEvent::key_of(Provider::Unipile, &format!("event-{number}"));
        let row = host.cloud.services.store.get::<InboundEvent>(&key).await.unwrap().unwrap();
        assert_eq!((row.status, row.reason.as_deref()), (InboundStatus::Ignored, Some("no_handler")));
    }
}
