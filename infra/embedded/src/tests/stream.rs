use std::path::Path;

use serde_json::json;

use super::*;
use crate::stream::lambda_event;
use crate::{EmbeddedDynamoDb, EmbeddedError, SequenceNumber, StreamReader};

async fn in_memory() -> (EmbeddedDynamoDb, Client, StreamReader) {
    let database = EmbeddedDynamoDb::in_memory().unwrap();
    let client = database.client();
    create_table(&client).await;
    let stream = database.stream(TABLE);
    (database, client, stream)
}

fn reopen(path: &Path) -> (Client, StreamReader) {
    let database = EmbeddedDynamoDb::open(path).unwrap();
    (database.client(), database.stream(TABLE))
}

async fn sequences(stream: &StreamReader) -> Vec<SequenceNumber> {
    stream.next_batch(1000).await.unwrap().iter().map(|record| record.sequence()).collect()
}

#[tokio::test]
async fn records_come_in_order_in_the_shape_of_lambda() {
    let (_, client, stream) = in_memory().await;
    put(&client, "a", "1", 1).await;
    put(&client, "a", "1", 2).await;
    client.delete_item().table_name(TABLE).set_key(Some(key("a", "1"))).send().await.unwrap();
    let records = stream.next_batch(10).await.unwrap();
    let names: Vec<_> = records.iter().map(|record| record.event_name()).collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    assert!(records.iter().all(|record| !record.is_expiry()));
    let (key, first, second) = (
        json!({ "pk": { "S": "a" }, "sk": { "S": "1" } }),
        json!({ "pk": { "S": "a" }, "sk": { "S": "1" }, "count": { "N": "1" } }),
        json!({ "pk": { "S": "a" }, "sk": { "S": "1" }, "count": { "N": "2" } }),
    );
    assert_eq!(records[1].image("Keys"), Some(&key));
    assert_eq!(records[1].image("OldImage"), Some(&first));
    assert_eq!(records[2].image("NewImage"), None);
    let sequence = records[1].sequence().to_string();
    let event = lambda_event(records);
    let record = &event["Records"][1];
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["eventID"].as_str().unwrap().len(), 32);
    assert_eq!(record["eventSourceARN"], "arn:aws:dynamodb:eu-west-1:000000000000:table/platform/stream/local");
    assert_eq!(record["dynamodb"]["NewImage"], second);
    assert_eq!(record["dynamodb"]["SequenceNumber"], sequence);
    assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let (_, client, stream) = in_memory().await;
    for count in 0..5 {
        put(&client, "a", &count.to_string(), count).await;
    }
    let all = sequences(&stream).await;
    assert_eq!(stream.next_batch(2).await.unwrap().len(), 2);
    stream.acknowledge(all[1]).await.unwrap();
    assert_eq!(sequences(&stream).await, all[2..]);
    stream.acknowledge(all[0]).await.unwrap();
    assert_eq!(stream.pending().await.unwrap(), 3);
    let ahead = stream.batch_after(all[3], 10).await.unwrap();
    assert_eq!(ahead.iter().map(|record| record.sequence()).collect::<Vec<_>>(), all[4..]);
    let unknown = stream.acknowledge(SequenceNumber::from_stored(i64::MAX)).await.unwrap_err();
    assert!(matches!(unknown, EmbeddedError::UnknownRecord { .. }), "{unknown}");
    assert_eq!(stream.pending().await.unwrap(), 3);
}

#[tokio::test]
async fn acknowledged_records_are_trimmed_and_numbers_never_fall() {
    let (database, client, stream) = in_memory().await;
    let mut last = SequenceNumber::START;
    for count in 0..1200 {
        put(&client, "a", "1", count).await;
    }
    while let Some(record) = stream.next_batch(1000).await.unwrap().last() {
        assert!(record.sequence() > last);
        last = record.sequence();
        stream.acknowledge(last).await.unwrap();
    }
    let kept: i64 = database
        .run(|storage| {
            storage.with_connection(|connection| {
                connection.query_row("SELECT COUNT(*) FROM _stream_records", [], |row| row.get(0))
            })
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept, 1, "the newest acknowledged record keeps the numbers rising");
    put(&client, "a", "1", 0).await;
    let next = sequences(&stream).await;
    assert_eq!(next.len(), 1);
    assert!(next[0] > last);
}

#[tokio::test]
async fn the_checkpoint_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.db");
    let left = {
        let (client, stream) = reopen(&path);
        create_table(&client).await;
        for count in 0..10 {
            put(&client, "a", &count.to_string(), count).await;
        }
        let all = sequences(&stream).await;
        stream.acknowledge(all[6]).await.unwrap();
        all[7..].to_vec()
    };
    let (_, stream) = reopen(&path);
    assert_eq!(sequences(&stream).await, left);
    stream.acknowledge(left[2]).await.unwrap();
    drop(stream);
    let (client, stream) = reopen(&path);
    assert!(sequences(&stream).await.is_empty());
    put(&client, "a", "0", 0).await;
    assert!(sequences(&stream).await[0] > left[2]);
}

/// A copy of the files taken while the database is open is what a killed process leaves behind.
#[tokio::test]
async fn a_killed_process_leaves_exactly_what_was_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.db");
    let (client, stream) = reopen(&path);
    create_table(&client).await;
    for count in 0..30 {
        put(&client, "a", &count.to_string(), count).await;
    }
    let all = sequences(&stream).await;
    stream.acknowledge(all[9]).await.unwrap();
    let killed = tempfile::tempdir().unwrap();
    for name in ["platform.db", "platform.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    let (client, stream) = reopen(&killed.path().join("platform.db"));
    assert_eq!(sequences(&stream).await, all[10..]);
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count, 30);
}

#[tokio::test]
async fn expired_items_leave_under_dynamodbs_own_name() {
    let (database, client, stream) = in_memory().await;
    let mut writes = database.writes();
    for (sort, expires_at) in [("early", 1_000), ("late", 5_000)] {
        let item = client.put_item().table_name(TABLE).set_item(Some(key("a", sort)));
        item.item("expiresAt", number(expires_at)).send().await.unwrap();
    }
    let last = *sequences(&stream).await.last().unwrap();
    stream.acknowledge(last).await.unwrap();
    writes.mark_unchanged();
    assert_eq!(database.sweep_expired(2_000_000).await.unwrap(), 1);
    assert!(writes.has_changed().unwrap());
    let records = stream.next_batch(10).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].event_name(), "REMOVE");
    assert!(records[0].is_expiry());
    assert_eq!(
        records[0].lambda_json()["userIdentity"],
        json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" })
    );
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count, 1);
}

#[tokio::test]
async fn the_engines_search_for_the_next_number_uses_our_index() {
    let (database, _, _) = in_memory().await;
    let plan: String = database
        .run(|storage| {
            storage.with_connection(|connection| {
                connection.query_row(
                    "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
                     FROM _stream_records WHERE table_name = 'platform'",
                    [],
                    |row| row.get("detail"),
                )
            })
        })
        .await
        .unwrap()
        .unwrap();
    assert!(plan.contains("_groundwork_stream_order"), "{plan}");
}
