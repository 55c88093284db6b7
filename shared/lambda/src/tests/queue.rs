use axum::body::Bytes;
use embedded::wire::WireConnector;
use embedded::{EmbeddedSqs, WireResponse, WireService};
use serde_json::{Value, json};

use super::Queue;
use crate::{QueueError, QueueSender};

#[tokio::test(start_paused = true)]
async fn a_message_is_json() {
    let queue = Queue::new().await;
    queue.sender.send(&json!({ "taskId": 1 })).await.unwrap();
    assert_eq!(queue.bodies(), [r#"{"taskId":1}"#]);
    let error = queue.lost().send(&json!({})).await.unwrap_err();
    assert!(matches!(&error, QueueError::Send(reason) if reason.contains("NonExistentQueue")), "{error}");
}

#[tokio::test(start_paused = true)]
async fn many_messages_go_ten_at_a_time() {
    let queue = Queue::new().await;
    queue.sender.send_all(0..23).await.unwrap();
    assert_eq!(queue.bodies(), (0..23).map(|number| number.to_string()).collect::<Vec<_>>());
    queue.sender.send_all(Vec::<Value>::new()).await.unwrap();
    assert_eq!(queue.bodies().len(), 23);
}

#[tokio::test(start_paused = true)]
async fn those_not_taken_are_named_and_the_others_sent() {
    let queue = Queue::new().await;
    // Longer than a message may be, so the queue refuses the batch it is in.
    let long = "x".repeat(1_100_000);
    let messages = (0..12).map(|place| if place == 11 { long.clone() } else { place.to_string() });
    let Err(QueueError::Partial { failed, total, .. }) = queue.sender.send_all(messages).await else {
        panic!("the long message was taken");
    };
    assert_eq!((failed, total), (vec![10, 11], 12));
    assert_eq!(queue.bodies().len(), 10);
}

/// A queue that takes the first of two messages.
#[derive(Clone, Debug)]
struct TakesOne;

impl WireService for TakesOne {
    async fn answer(&self, _: &str, _: Bytes) -> WireResponse {
        let taken = json!([{ "Id": "0", "MessageId": "a", "MD5OfMessageBody": "cfcd208495d565ef66e7dff9f98764da" }]);
        let failed = json!([{ "Id": "1", "SenderFault": false, "Code": "InternalError", "Message": "try again" }]);
        WireResponse::ok(json!({ "Successful": taken, "Failed": failed }).to_string())
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_may_be_taken_in_part() {
    let config = EmbeddedSqs::new(|| 0).config().http_client(WireConnector(TakesOne)).build();
    let sender = QueueSender::new(aws_sdk_sqs::Client::from_conf(config), "http://sqs.local/0/work");
    let error = sender.send_all([0, 1]).await.unwrap_err();
    assert_eq!(error.to_string(), "the queue did not take 1 of 2 messages: InternalError: try again");
}
