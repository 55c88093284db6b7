//! What happens only when something fails, or runs out.

use super::*;

impl Scenario {
    pub(super) async fn poisoned_messages(&self) {
        let client = self.platform.sqs.client();
        for queue in [
            "groundwork-local-tasks",
            "groundwork-local-agentic",
            "groundwork-local-mail",
            "groundwork-local-webhooks-out",
            "groundwork-local-webhooks",
        ] {
            let send = client.send_message().queue_url(self.platform.sqs.queue_url(queue)).message_body("{}");
            send.send().await.unwrap();
            self.platform.settle().await;
            assert_eq!(self.platform.take_dead_letters(&format!("{queue}-dead-letters")).await, 1);
        }
    }

    /// An event that nobody can read fails, is brought back by the sweep, fails again, and is given up when it is gone.
    pub(super) async fn failed_projections(&self) {
        let event = self.platform.services.ids.next::<EventId>();
        let key = Event::key_of(self.organization(), event);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let client = self.platform.dynamodb.client();
        let put = client.put_item().table_name("groundwork-local-platform").item("pk", text(&key.pk));
        put.item("sk", text(&key.sk)).item("entity", text("event")).send().await.unwrap();
        self.platform.settle().await;
        let store = &self.platform.services.store;
        let attempts = async || Projection::read(store, event).await.unwrap().failure.map(|failure| failure.attempts);
        assert_eq!(attempts().await, Some(1));
        self.sweep(MINUTE).await;
        assert_eq!(attempts().await, Some(2));
        let delete = client.delete_item().table_name("groundwork-local-platform").key("pk", text(&key.pk));
        delete.key("sk", text(&key.sk)).send().await.unwrap();
        self.sweep(10 * MINUTE).await;
        assert_eq!(attempts().await, None);
    }

    /// While the table is away nothing can be projected, nor can that be noted: the stream's record is given up.
    pub(super) async fn poisoned_record(&self) {
        self.post("/api/crm/leads", json!({"name": "Nobody"}), 201).await;
        self.away.store(true, Ordering::Relaxed);
        self.platform.drain().await.unwrap();
        self.away.store(false, Ordering::Relaxed);
        self.platform.settle().await;
        assert_eq!(self.platform.take_dead_letters("groundwork-local-jobs-dead-letters").await, 1);
    }

    /// DynamoDB removes what has expired, which concerns no function.
    pub(super) async fn expiry(&self) {
        tokio::time::sleep(8 * 24 * 60 * MINUTE).await;
        let now = self.platform.services.clock.now();
        assert!(self.platform.dynamodb.sweep_expired(now.as_milliseconds()).await.unwrap() > 10);
        self.platform.settle().await;
        self.sweep(MINUTE).await;
    }
}
