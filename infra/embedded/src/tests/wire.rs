use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::create_table;
use crate::wire::{QUERY_ERROR_HEADER, TARGET_HEADER};
use crate::{EmbeddedDynamoDb, EmbeddedSqs, aws_router};

async fn post(router: &Router, path: &str, target: &str, body: Value) -> (StatusCode, Option<String>, Value) {
    let request = Request::post(path).header(TARGET_HEADER, target).body(Body::from(body.to_string())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let query_error = head.headers.get(QUERY_ERROR_HEADER).map(|value| value.to_str().unwrap().to_owned());
    (head.status, query_error, serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap())
}

#[tokio::test]
async fn both_services_answer_over_http() {
    let database = EmbeddedDynamoDb::in_memory().unwrap();
    create_table(&database.client()).await;
    let sqs = EmbeddedSqs::new(|| 0).with_base_url("http://127.0.0.1:4566/");
    let router = aws_router(database, sqs);

    let (status, _, body) = post(&router, "/", "DynamoDB_20120810.ListTables", json!({})).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "TableNames": ["platform"] })));
    let streams = post(&router, "/", "DynamoDBStreams_20120810.ListStreams", json!({})).await;
    assert_eq!(streams.0, StatusCode::OK);

    let (_, _, body) = post(&router, "/", "AmazonSQS.CreateQueue", json!({ "QueueName": "work" })).await;
    assert_eq!(body, json!({ "QueueUrl": "http://127.0.0.1:4566/000000000000/work" }));
    let message = json!({ "QueueUrl": body["QueueUrl"], "MessageBody": "hello" });
    assert_eq!(post(&router, "/000000000000/work", "AmazonSQS.SendMessage", message).await.0, StatusCode::OK);
    let (status, query_error, body) =
        post(&router, "/", "AmazonSQS.GetQueueUrl", json!({ "QueueName": "nowhere" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(query_error.as_deref(), Some("AWS.SimpleQueueService.NonExistentQueue;Sender"));
    assert_eq!(body["__type"], "com.amazonaws.sqs#QueueDoesNotExist");

    let (status, _, body) = post(&router, "/", "S3.PutObject", json!({})).await;
    assert_eq!((status, body["__type"].as_str()), (StatusCode::BAD_REQUEST, Some("UnknownOperationException")));
}
