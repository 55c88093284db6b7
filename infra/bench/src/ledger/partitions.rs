//! A DynamoDB that answers as late as the real one and whose partitions take 1,000 write units a second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// How long a read takes, and either half of a transaction: on its way and back.
const HALF: Duration = Duration::from_millis(3);
/// What a partition takes in a second, in write units (DynamoDB Developer Guide, "Best practices for partition keys").
const UNITS_A_SECOND: u64 = 1_000;
/// How long the items of a transaction are its own, so that another at one of them is cancelled.
const HELD: Duration = Duration::from_millis(2);

/// The embedded DynamoDB with that around it. Every partition key is taken for a partition of its own, which is the best that DynamoDB
/// comes to by splitting.
#[derive(Clone, Debug)]
pub(super) struct Partitions {
    inner: EmbeddedDynamoDb,
    began: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The units used of each partition in its last second.
    used: BTreeMap<String, (u64, u64)>,
    /// The items that a transaction is at.
    held: BTreeSet<String>,
    throttled: u64,
    conflicts: u64,
}

/// An item that a transaction writes.
struct Written {
    partition: String,
    item: String,
    units: u64,
}

impl Partitions {
    pub(super) fn new(inner: EmbeddedDynamoDb) -> Self {
        Self { inner, began: Instant::now(), state: Arc::default() }
    }

    /// How many transactions were turned away: for want of units, and because another was at one of their items.
    pub(super) fn turned_away(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.throttled, state.conflicts)
    }

    /// Takes the units and the items of a transaction, or says why not.
    fn begin(&self, written: &[Written]) -> Result<(), &'static str> {
        let second = self.began.elapsed().as_secs();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if written.iter().any(|written| state.held.contains(&written.item)) {
            state.conflicts = state.conflicts.saturating_add(1);
            return Err("TransactionConflict");
        }
        let used = |state: &State, written: &Written| match state.used.get(&written.partition) {
            Some((at, used)) if *at == second => *used,
            _ => 0,
        };
        if written.iter().any(|written| used(&state, written).saturating_add(written.units) > UNITS_A_SECOND) {
            state.throttled = state.throttled.saturating_add(1);
            return Err("ThrottlingError");
        }
        for written in written {
            let sum = used(&state, written).saturating_add(written.units);
            state.used.insert(written.partition.clone(), (second, sum));
            state.held.insert(written.item.clone());
        }
        Ok(())
    }

    fn end(&self, written: &[Written]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for written in written {
            state.held.remove(&written.item);
        }
    }
}

/// What a transaction writes: a unit for each started kilobyte, and twice that since it is one.
fn written(body: &[u8]) -> Vec<Written> {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let items = body.get("TransactItems").and_then(Value::as_array).cloned().unwrap_or_default();
    let puts = items.iter().filter_map(|item| item.get("Put")?.get("Item"));
    let text = |item: &Value, name: &str| {
        item.get(name).and_then(|value| value.get("S")?.as_str()).unwrap_or_default().to_owned()
    };
    let written = puts.map(|item| {
        let (partition, sort) = (text(item, "pk"), text(item, "sk"));
        let kilobytes = u64::try_from(item.to_string().len().div_ceil(1024)).unwrap_or(u64::MAX);
        Written { item: format!("{partition} {sort}"), partition, units: kilobytes.saturating_mul(2) }
    });
    written.collect()
}

fn cancelled(count: usize, code: &str) -> WireResponse {
    let reasons = (0..count).map(|place| json!({"Code": if place == 0 { code } else { "None" }}));
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]"),
        "CancellationReasons": reasons.collect::<Vec<_>>(),
    });
    WireResponse::error(400, body.to_string())
}

impl WireService for Partitions {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        sleep(HALF).await;
        if operation != "TransactWriteItems" {
            return self.inner.answer(operation, body).await;
        }
        let written = written(&body);
        let response = match self.begin(&written) {
            Err(code) => cancelled(written.len(), code),
            Ok(()) => {
                sleep(HELD).await;
                let response = self.inner.answer(operation, body).await;
                self.end(&written);
                response
            }
        };
        sleep(HALF).await;
        response
    }
}
