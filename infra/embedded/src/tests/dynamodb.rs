use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure, TableStatus};

use super::*;
use crate::{EmbeddedDynamoDb, EmbeddedError, Execution};

async fn database() -> (EmbeddedDynamoDb, Client) {
    let database = EmbeddedDynamoDb::in_memory().unwrap();
    let client = database.client();
    create_table(&client).await;
    (database, client)
}

#[tokio::test]
async fn a_failed_condition_is_typed_and_carries_the_old_item() {
    let (_, client) = database().await;
    put(&client, "a", "1", 7).await;
    let refused = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("a", "1", 8)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.item.unwrap(), item("a", "1", 7));
}

#[tokio::test]
async fn updates_count_and_answer_the_new_values() {
    let (_, client) = database().await;
    put(&client, "a", "1", 1).await;
    let update = client
        .update_item()
        .table_name(TABLE)
        .set_key(Some(key("a", "1")))
        .update_expression("ADD #count :one SET #name = if_not_exists(#name, :name)")
        .expression_attribute_names("#count", "count")
        .expression_attribute_names("#name", "name")
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":name", text("x"))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
    let attributes = update.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["count"], number(2));
    assert_eq!(attributes["name"], text("x"));
}

#[tokio::test]
async fn queries_page_in_order_and_by_index() {
    let (_, client) = database().await;
    for sort in 0..25 {
        let mut item = item("a", &format!("ITEM#{sort:03}"), sort);
        item.insert("owner".to_owned(), text(if sort % 5 == 0 { "five" } else { "other" }));
        client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }
    put(&client, "a", "META", 0).await;
    let (mut counts, mut start) = (Vec::new(), None);
    loop {
        let page = client
            .query()
            .table_name(TABLE)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", text("a"))
            .expression_attribute_values(":sk", text("ITEM#"))
            .scan_index_forward(false)
            .limit(10)
            .set_exclusive_start_key(start)
            .send()
            .await
            .unwrap();
        counts.extend(page.items().iter().map(|item| item["count"].as_n().unwrap().parse::<i64>().unwrap()));
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    assert_eq!(counts, (0..25).rev().collect::<Vec<_>>());
    let by_owner = client
        .query()
        .table_name(TABLE)
        .index_name("by-owner")
        .key_condition_expression("#owner = :owner")
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_values(":owner", text("five"))
        .send();
    assert_eq!(by_owner.await.unwrap().count, 5);
}

#[tokio::test]
async fn a_batch_get_answers_what_is_there() {
    let (_, client) = database().await;
    put(&client, "a", "1", 1).await;
    put(&client, "b", "1", 2).await;
    let keys = ["a", "b", "c"].map(|partition| key(partition, "1"));
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).consistent_read(true).build().unwrap();
    let answer = client.batch_get_item().request_items(TABLE, wanted).send().await.unwrap();
    assert_eq!(answer.responses.unwrap()[TABLE].len(), 2);
    assert!(answer.unprocessed_keys.unwrap().is_empty());
}

#[tokio::test]
async fn errors_are_typed() {
    let (_, client) = database().await;
    let missing = client.get_item().table_name("nowhere").set_key(Some(key("a", "1"))).send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    let existing = client.describe_table().table_name(TABLE).send().await.unwrap();
    assert_eq!(existing.table.unwrap().table_status, Some(TableStatus::Active));
    let malformed = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(key("a", "1")))
        .item("set", AttributeValue::Ss(Vec::new()))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(malformed.meta().code(), Some("ValidationException"));
    assert!(!malformed.meta().message().unwrap().contains("VALIDATION"), "{malformed:?}");
    let unknown = client.delete_table().table_name(TABLE).send().await.unwrap_err().into_service_error();
    assert_eq!(unknown.meta().code(), Some("ValidationException"));
}

#[tokio::test]
async fn databases_in_memory_are_apart_and_start_at_once() {
    let (_, first) = database().await;
    put(&first, "a", "1", 1).await;
    let start = tokio::time::Instant::now();
    let (_, second) = database().await;
    println!("a database with its table: {:?}", start.elapsed());
    assert_eq!(second.scan().table_name(TABLE).send().await.unwrap().count, 0);
}

#[tokio::test(start_paused = true)]
async fn inline_calls_leave_a_paused_clock_alone() {
    let start = tokio::time::Instant::now();
    let (database, client) = database().await;
    let mut writes = database.writes();
    let timer = tokio::spawn(tokio::time::sleep(std::time::Duration::from_secs(3600)));
    put(&client, "a", "1", 1).await;
    database.stream(TABLE).next_batch(10).await.unwrap();
    assert_eq!(start.elapsed(), std::time::Duration::ZERO);
    assert!(!timer.is_finished());
    writes.changed().await.unwrap();
}

#[tokio::test]
async fn a_file_keeps_everything_and_admits_one_opener() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.db");
    {
        let database = EmbeddedDynamoDb::open(&path).unwrap();
        create_table(&database.client()).await;
        put(&database.client(), "a", "1", 1).await;
        assert!(matches!(EmbeddedDynamoDb::open(&path), Err(EmbeddedError::InUse(_))));
    }
    let client = EmbeddedDynamoDb::open(&path).unwrap().client();
    let found = client.get_item().table_name(TABLE).set_key(Some(key("a", "1"))).send().await.unwrap();
    assert_eq!(found.item.unwrap(), item("a", "1", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_a_reader_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = EmbeddedDynamoDb::open(&folder.path().join("platform.db")).unwrap();
    assert!(format!("{database:?}").contains(&format!("{:?}", Execution::BlockingPool)));
    create_table(&database.client()).await;
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let client = database.client();
            tokio::spawn(async move {
                for count in 0..25 {
                    put(&client, &format!("writer-{writer}"), &format!("{count:03}"), count).await;
                }
            })
        })
        .collect();
    let stream = database.stream(TABLE);
    let mut seen = Vec::new();
    while seen.len() < 400 {
        let batch = stream.next_batch(50).await.unwrap();
        if let Some(last) = batch.last() {
            stream.acknowledge(last.sequence()).await.unwrap();
        }
        seen.extend(batch.iter().map(|record| record.sequence()));
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(seen.is_sorted_by(|earlier, later| earlier < later));
    assert_eq!(stream.pending().await.unwrap(), 0);
}
