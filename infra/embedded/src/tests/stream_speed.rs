//! A measurement, not a check: `cargo test -p embedded --release -- --ignored --nocapture speed`.

use tokio::time::Instant;

use super::*;
use crate::EmbeddedDynamoDb;

const RECORDS: i64 = 24_000;
const STEP: i64 = 4_000;

async fn measure(name: &str, database: EmbeddedDynamoDb, trims: bool) {
    let client = database.client();
    create_table(&client).await;
    let stream = database.stream(TABLE);
    let mut start = Instant::now();
    for written in 1..=RECORDS {
        put(&client, &format!("p{}", written % 97), &written.to_string(), written).await;
        if trims && written % 100 == 0 {
            let batch = stream.next_batch(100).await.unwrap();
            stream.acknowledge(batch.last().unwrap().sequence()).await.unwrap();
        }
        if written % STEP == 0 {
            let per_second = STEP as f64 / start.elapsed().as_secs_f64();
            println!("{name}: {written} written, {per_second:.0} puts a second");
            start = Instant::now();
        }
    }
    let start = Instant::now();
    let mut batches = 0;
    while let Some(last) = stream.next_batch(100).await.unwrap().last() {
        stream.acknowledge(last.sequence()).await.unwrap();
        batches += 1;
    }
    println!("{name}: {batches} batches caught up in {:?}", start.elapsed());
}

#[tokio::test]
#[ignore = "a measurement of half a minute"]
async fn speed_stays_flat_as_records_pile_up() {
    for trims in [true, false] {
        let consumer = if trims { "trims" } else { "lags" };
        measure(&format!("memory, {consumer}"), EmbeddedDynamoDb::in_memory().unwrap(), trims).await;
        let folder = tempfile::tempdir().unwrap();
        let database = EmbeddedDynamoDb::open(&folder.path().join("platform.db")).unwrap();
        measure(&format!("file, {consumer}"), database, trims).await;
    }
}

#[tokio::test]
#[ignore = "a measurement"]
async fn speed_of_a_new_database_for_each_test() {
    let start = Instant::now();
    for _ in 0..40 {
        let client = EmbeddedDynamoDb::in_memory().unwrap().client();
        create_table(&client).await;
        for count in 0..20 {
            put(&client, "a", &count.to_string(), count).await;
        }
    }
    println!("40 databases, each with its table and 20 puts: {:?}", start.elapsed());
    let start = Instant::now();
    for _ in 0..100 {
        EmbeddedDynamoDb::in_memory().unwrap();
    }
    println!("100 databases: {:?}", start.elapsed());
}
