//! A table that hardly answers: the caller hears of it from us, before the function's time is up.

use std::time::Duration;

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::{Value, json};
use testkit::{Cloud, ScriptedAi};
use tokio::time::{Instant, sleep};

use crate::support::app;

/// The time that a function has by default.
const FUNCTION_TIME: Duration = Duration::from_secs(15);

/// What the table does with one kind of request.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Fails,
    Conflicts,
    LeavesKeys,
}

#[derive(Clone, Debug)]
struct SlowTable {
    table: EmbeddedDynamoDb,
    operation: &'static str,
    trouble: Trouble,
}

impl WireService for SlowTable {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        if operation != self.operation {
            return self.table.answer(operation, body).await;
        }
        sleep(Duration::from_millis(1900)).await;
        match self.trouble {
            Trouble::Fails => WireResponse::error(500, json!({"__type": "InternalServerError"}).to_string()),
            Trouble::Conflicts => {
                let answer = json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "CancellationReasons": [{"Code": "TransactionConflict"}],
                });
                WireResponse::error(400, answer.to_string())
            }
            Trouble::LeavesKeys => {
                let request: Value = serde_json::from_slice(&body).unwrap();
                WireResponse::ok(json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]}).to_string())
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_hears_from_us_before_the_functions_time_is_up() {
    for (operation, trouble, status, code) in [
        ("TransactWriteItems", Trouble::Fails, 503, "unavailable"),
        ("TransactWriteItems", Trouble::Conflicts, 409, "conflict"),
        ("BatchGetItem", Trouble::Fails, 503, "unavailable"),
        ("BatchGetItem", Trouble::LeavesKeys, 503, "unavailable"),
    ] {
        let table = Cloud::table();
        let ada = Cloud::through(table.clone(), table.clone()).caller("Ada").await;
        let cloud = Cloud::through(table.clone(), SlowTable { table, operation, trouble });
        let began = Instant::now();
        let request = app(&cloud, &ScriptedAi::new()).post("/api/tasks").by(&ada);
        let answer = request.json(&json!({"kind": "social_media_post"})).send().await;
        let took = began.elapsed();
        assert!(took > Duration::from_secs(5) && took < FUNCTION_TIME, "{operation} {trouble:?}: {took:?}");
        answer.expect_problem(status, code);
    }
}
