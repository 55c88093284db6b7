use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry};
use tokio::time::{Instant, advance};

use crate::EmbeddedSqs;
use crate::sqs::queue_arn;

const START_MS: i64 = 1_700_000_000_000;

struct Queues {
    sqs: EmbeddedSqs,
    client: Client,
    url: String,
}

/// A queue `work` whose messages die after two receives, with a visibility time-out of 60 seconds.
async fn queues() -> Queues {
    let start = Instant::now();
    let sqs = EmbeddedSqs::new(move || START_MS + i64::try_from(start.elapsed().as_millis()).unwrap());
    let client = sqs.client();
    client.create_queue().queue_name("work-dead").send().await.unwrap();
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":2}}"#, queue_arn("work-dead"));
    let created = client
        .create_queue()
        .queue_name("work")
        .attributes(QueueAttributeName::VisibilityTimeout, "60")
        .attributes(QueueAttributeName::RedrivePolicy, redrive);
    let url = created.send().await.unwrap().queue_url.unwrap();
    Queues { sqs, client, url }
}

impl Queues {
    async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    /// Receives without waiting: bodies with their handles.
    async fn receive(&self) -> Vec<(String, String)> {
        let received = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10).send().await;
        let messages = received.unwrap().messages.unwrap_or_default();
        messages.into_iter().map(|message| (message.body.unwrap(), message.receipt_handle.unwrap())).collect()
    }

    fn depth(&self) -> (usize, usize, usize) {
        let depths = self.sqs.depths();
        let depth = depths.iter().find(|depth| depth.queue == "work").unwrap();
        (depth.visible, depth.in_flight, depth.delayed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_until_its_time_out_or_deleted() {
    let queues = queues().await;
    queues.send("one").await;
    let (body, _) = queues.receive().await.remove(0);
    assert_eq!(body, "one");
    assert_eq!(queues.depth(), (0, 1, 0));
    assert!(queues.receive().await.is_empty());
    assert_eq!(queues.sqs.next_visible_at(), Some(Instant::now() + Duration::from_secs(60)));
    advance(Duration::from_secs(60)).await;
    let (_, receipt) = queues.receive().await.remove(0);
    queues.client.delete_message().queue_url(&queues.url).receipt_handle(receipt).send().await.unwrap();
    assert_eq!(queues.depth(), (0, 0, 0));
    assert_eq!(queues.sqs.next_visible_at(), None);
}

#[tokio::test(start_paused = true)]
async fn an_old_handle_neither_deletes_nor_delays() {
    let queues = queues().await;
    queues.send("one").await;
    let (_, old) = queues.receive().await.remove(0);
    advance(Duration::from_secs(61)).await;
    let (_, current) = queues.receive().await.remove(0);
    queues.client.delete_message().queue_url(&queues.url).receipt_handle(&old).send().await.unwrap();
    assert_eq!(queues.depth(), (0, 1, 0));
    let change = |receipt: &str| {
        let change = queues.client.change_message_visibility().queue_url(&queues.url).visibility_timeout(300);
        change.receipt_handle(receipt).send()
    };
    assert!(change(&old).await.unwrap_err().into_service_error().is_message_not_inflight());
    assert!(change("nonsense").await.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
    change(&current).await.unwrap();
    advance(Duration::from_secs(299)).await;
    assert_eq!(queues.depth(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_fails_too_often_becomes_a_dead_letter() {
    let queues = queues().await;
    queues.send("poison").await;
    for _ in 0..2 {
        assert_eq!(queues.receive().await.len(), 1);
        advance(Duration::from_secs(60)).await;
    }
    assert!(queues.receive().await.is_empty());
    let letters = queues.sqs.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body, "poison");
    assert_eq!(letters[0].queue, "work-dead");
    assert_eq!(letters[0].source_queue.as_deref(), Some("work"));
    assert_eq!((letters[0].sent_at_ms, letters[0].receive_count), (START_MS, 2));
    let dead: Vec<_> = queues.sqs.depths().into_iter().filter(|depth| depth.is_dead_letter_queue).collect();
    assert_eq!((dead[0].queue.as_str(), dead[0].total()), ("work-dead", 1));
    let url = queues.sqs.queue_url("work-dead");
    let received = queues.client.receive_message().queue_url(url).send().await.unwrap();
    assert_eq!(received.messages()[0].body(), Some("poison"));
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_ends_with_a_message_a_delay_or_its_wait() {
    let queues = queues().await;
    let start = Instant::now();
    let poll = || queues.client.receive_message().queue_url(&queues.url).wait_time_seconds(20).send();
    assert!(poll().await.unwrap().messages.is_none());
    assert_eq!(start.elapsed().as_secs(), 20);
    let send = queues.client.send_message().queue_url(&queues.url).message_body("late").delay_seconds(7);
    send.send().await.unwrap();
    assert_eq!(queues.depth(), (0, 0, 1));
    assert_eq!(poll().await.unwrap().messages().len(), 1);
    assert_eq!(start.elapsed().as_secs(), 27);
    let (answer, ()) = tokio::join!(poll(), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        queues.send("now").await;
    });
    assert_eq!(answer.unwrap().messages()[0].body(), Some("now"));
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn attributes_come_when_asked_for() {
    let queues = queues().await;
    queues.send("one").await;
    advance(Duration::from_millis(1500)).await;
    let receive = queues.client.receive_message().queue_url(&queues.url);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All).visibility_timeout(0);
    let received = receive.send().await.unwrap().messages.unwrap().remove(0);
    let attribute = |name| received.attributes().unwrap().get(&name).cloned().unwrap();
    assert_eq!(attribute(MessageSystemAttributeName::ApproximateReceiveCount), "1");
    assert_eq!(attribute(MessageSystemAttributeName::SentTimestamp), START_MS.to_string());
    let first = (START_MS + 1500).to_string();
    assert_eq!(attribute(MessageSystemAttributeName::ApproximateFirstReceiveTimestamp), first);
    let plain = queues.client.receive_message().queue_url(&queues.url).send().await.unwrap();
    assert!(plain.messages()[0].attributes().is_none());
    let attributes = queues.client.get_queue_attributes().queue_url(&queues.url);
    let attributes = attributes.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::QueueArn], queue_arn("work"));
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "60");
}

#[tokio::test(start_paused = true)]
async fn batches_answer_each_entry() {
    let queues = queues().await;
    let entry =
        |id: &str, body: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap();
    let send = |entries| queues.client.send_message_batch().queue_url(&queues.url).set_entries(Some(entries)).send();
    let sent = send(vec![entry("a", "one"), entry("b", ""), entry("c", "three")]).await.unwrap();
    assert_eq!(sent.successful().len(), 2);
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].sender_fault()), ("b", true));
    let twice = send(vec![entry("a", "x"), entry("a", "y")]).await.unwrap_err();
    assert!(twice.into_service_error().is_batch_entry_ids_not_distinct());
    let many = send((0..11).map(|id| entry(&id.to_string(), "x")).collect()).await.unwrap_err();
    assert!(many.into_service_error().is_too_many_entries_in_batch_request());
    assert!(send(Vec::new()).await.unwrap_err().into_service_error().is_empty_batch_request());

    let mut delete = queues.client.delete_message_batch().queue_url(&queues.url);
    for (body, receipt) in queues.receive().await {
        let entry = aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder().id(body).receipt_handle(receipt);
        delete = delete.entries(entry.build().unwrap());
    }
    assert_eq!(delete.send().await.unwrap().successful().len(), 2);
    assert_eq!(queues.depth(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn errors_are_typed() {
    let queues = queues().await;
    let nowhere = queues.sqs.queue_url("nowhere");
    let sent = queues.client.send_message().queue_url(&nowhere).message_body("x").send().await.unwrap_err();
    assert!(sent.into_service_error().is_queue_does_not_exist());
    let received = queues.client.receive_message().queue_url(&nowhere).send().await.unwrap_err();
    assert!(received.into_service_error().is_queue_does_not_exist());
    let named = queues.client.get_queue_url().queue_name("nowhere").send().await.unwrap_err();
    assert!(named.into_service_error().is_queue_does_not_exist());
    let create = || queues.client.create_queue().queue_name("work");
    let again = create().attributes(QueueAttributeName::VisibilityTimeout, "61").send().await.unwrap_err();
    assert!(again.into_service_error().is_queue_name_exists());
    let same = create().attributes(QueueAttributeName::VisibilityTimeout, "60").send().await.unwrap();
    assert_eq!(same.queue_url, Some(queues.url.clone()));
    let bad = queues.client.create_queue().queue_name("x").attributes(QueueAttributeName::VisibilityTimeout, "-1");
    assert!(bad.send().await.unwrap_err().into_service_error().is_invalid_attribute_value());
}

#[tokio::test(start_paused = true)]
async fn purging_and_retention_empty_a_queue() {
    let queues = queues().await;
    queues.send("one").await;
    queues.client.purge_queue().queue_url(&queues.url).send().await.unwrap();
    assert_eq!(queues.depth(), (0, 0, 0));
    queues.send("two").await;
    assert_eq!(queues.sqs.messages("work")[0].body, "two");
    advance(Duration::from_secs(345_600)).await;
    assert_eq!(queues.depth(), (0, 0, 0));
}
