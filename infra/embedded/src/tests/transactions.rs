use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Get, Put, TransactGetItem, TransactWriteItem};

use super::*;
use crate::EmbeddedDynamoDb;

fn put_new(partition: &str, count: i64) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(partition, "1", count)))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

async fn client() -> Client {
    let client = EmbeddedDynamoDb::in_memory().unwrap().client();
    create_table(&client).await;
    client
}

#[tokio::test]
async fn a_cancelled_transaction_says_why_and_writes_nothing() {
    let client = client().await;
    put(&client, "taken", "1", 1).await;
    let cancelled = client
        .transact_write_items()
        .transact_items(put_new("free", 1))
        .transact_items(put_new("taken", 2))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = cancelled else { panic!("{cancelled:?}") };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    let free = client.get_item().table_name(TABLE).set_key(Some(key("free", "1"))).send().await.unwrap();
    assert!(free.item.is_none());
}

#[tokio::test]
async fn a_condition_check_guards_the_other_items() {
    let client = client().await;
    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .set_key(Some(key("absent", "1")))
        .condition_expression("attribute_exists(pk)")
        .build()
        .unwrap();
    let check = TransactWriteItem::builder().condition_check(check).build();
    let guarded = client.transact_write_items().transact_items(check).transact_items(put_new("a", 1)).send().await;
    assert!(guarded.unwrap_err().into_service_error().is_transaction_canceled_exception());
    let keys = ["a", "absent"].map(|partition| {
        let get = Get::builder().table_name(TABLE).set_key(Some(key(partition, "1"))).build().unwrap();
        TransactGetItem::builder().get(get).build()
    });
    let found = client.transact_get_items().set_transact_items(Some(keys.to_vec())).send().await.unwrap();
    assert!(found.responses().iter().all(|response| response.item.is_none()));
}

#[tokio::test]
async fn a_repeated_token_replays_and_another_request_under_it_is_refused() {
    let client = client().await;
    let send = |items: Vec<TransactWriteItem>| {
        client.transact_write_items().set_transact_items(Some(items)).client_request_token("token-1").send()
    };
    send(vec![put_new("a", 1)]).await.unwrap();
    send(vec![put_new("a", 1)]).await.unwrap();
    let mismatch = send(vec![put_new("b", 1)]).await.unwrap_err();
    assert!(matches!(mismatch, SdkError::ServiceError(_)));
    assert!(mismatch.into_service_error().is_idempotent_parameter_mismatch_exception());
}

#[tokio::test]
async fn a_transaction_holds_a_hundred_items_and_no_more() {
    let client = client().await;
    let items = |count: i64| (0..count).map(|number| put_new(&format!("item-{number}"), number)).collect::<Vec<_>>();
    let too_many = client.transact_write_items().set_transact_items(Some(items(101))).send().await.unwrap_err();
    assert_eq!(too_many.into_service_error().meta().code(), Some("ValidationException"));
    client.transact_write_items().set_transact_items(Some(items(100))).send().await.unwrap();
}
