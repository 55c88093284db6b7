//! Faults by seed: DynamoDB as it behaves on its bad days.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::Overlapping;

/// Which faults happen and how often, all following from a seed.
#[derive(Clone, Copy, Debug)]
pub struct FaultPlan {
    /// The seed; a failing test prints it.
    pub seed: u64,
    /// Of a thousand requests, how many suffer.
    pub per_thousand: u32,
}

impl FaultPlan {
    /// One request in eight suffers.
    pub const fn seeded(seed: u64) -> Self {
        Self { seed, per_thousand: 125 }
    }
}

/// An embedded DynamoDB that throttles, conflicts, loses answers after it has committed, answers late and does things twice. Commands
/// that are sent at once overtake each other ([`Overlapping`]).
#[derive(Clone, Debug)]
pub struct FaultyDynamoDb {
    inner: Overlapping<EmbeddedDynamoDb>,
    plan: FaultPlan,
    random: Arc<Mutex<StdRng>>,
}

enum Fault {
    Throttled,
    Conflict,
    AnswerLost,
    RequestLost,
    Duplicated,
    Late(u64),
    Unprocessed,
}

impl FaultyDynamoDb {
    /// Wraps a table.
    pub fn new(inner: EmbeddedDynamoDb, plan: FaultPlan) -> Self {
        Self {
            inner: Overlapping::seeded(inner, plan.seed),
            plan,
            random: Arc::new(Mutex::new(StdRng::seed_from_u64(plan.seed))),
        }
    }

    fn fault(&self, operation: &str) -> Option<Fault> {
        let mut random = self.random.lock().expect("no test panics while holding it");
        if random.random_range(0..1000) >= self.plan.per_thousand {
            return None;
        }
        let transaction = operation == "TransactWriteItems";
        Some(match random.random_range(0..7) {
            0 => Fault::Throttled,
            1 if transaction => Fault::Conflict,
            2 => Fault::AnswerLost,
            3 => Fault::RequestLost,
            // Only what the client token protects may be delivered twice; a plain write is not sent twice by any network.
            4 if transaction => Fault::Duplicated,
            5 if operation == "BatchGetItem" => Fault::Unprocessed,
            _ => Fault::Late(random.random_range(1..400)),
        })
    }
}

fn lost() -> WireResponse {
    // To the SDK a lost answer and a failing server are alike: it may have happened or not.
    WireResponse::error(500, json!({"__type": "InternalServerError", "message": "the answer was lost"}).to_string())
}

fn conflict(body: &[u8]) -> WireResponse {
    let items =
        serde_json::from_slice::<Value>(body).ok().and_then(|body| Some(body.get("TransactItems")?.as_array()?.len()));
    let mut reasons = vec![json!({"Code": "None"}); items.unwrap_or(1)];
    reasons[0] = json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
    let answer = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
        "CancellationReasons": reasons,
    });
    WireResponse::error(400, answer.to_string())
}

impl WireService for FaultyDynamoDb {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        match self.fault(operation) {
            None => self.inner.answer(operation, body).await,
            Some(Fault::Throttled) => WireResponse::error(
                400,
                json!({"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "slow down"})
                    .to_string(),
            ),
            Some(Fault::Conflict) => conflict(&body),
            Some(Fault::RequestLost) => lost(),
            Some(Fault::AnswerLost) => {
                self.inner.answer(operation, body).await;
                lost()
            }
            Some(Fault::Duplicated) => {
                self.inner.answer(operation, body.clone()).await;
                self.inner.answer(operation, body).await
            }
            Some(Fault::Late(milliseconds)) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                self.inner.answer(operation, body).await
            }
            Some(Fault::Unprocessed) => {
                let keys = serde_json::from_slice::<Value>(&body).expect("the SDK sends JSON");
                let answer = json!({"Responses": {}, "UnprocessedKeys": keys["RequestItems"]});
                WireResponse::ok(answer.to_string())
            }
        }
    }
}
