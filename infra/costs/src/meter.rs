//! Measuring connectors: between the SDK's clients and the embedded services.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use embedded::template::Template;
use embedded::{EmbeddedDynamoDb, EmbeddedSqs, WireResponse, WireService};
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::capacity::{self, Image, Place, Request, Schema, TRANSACTION_FACTOR};

/// An embedded DynamoDB that remembers what each request consumed. Requests must come one at a time: the images before and after a write
/// are read beside it. Clones share the memory.
#[derive(Clone, Debug)]
pub struct MeteredDynamoDb {
    inner: EmbeddedDynamoDb,
    clock: Clock,
    schemas: Arc<HashMap<String, Schema>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while holding it")
}

fn failed(response: &WireResponse) -> bool {
    response.status != 200
}

impl MeteredDynamoDb {
    /// Around these tables, which the template describes.
    pub fn new(inner: EmbeddedDynamoDb, template: &Template, clock: Clock) -> Self {
        let schema =
            |table: &embedded::template::Table| Schema::read(&table.create_request, table.ttl_attribute.clone());
        let schemas = template.tables.values().map(|table| (table.name.clone(), schema(table))).collect();
        Self { inner, clock, schemas: Arc::new(schemas), requests: Arc::default() }
    }

    /// The requests since the last time.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *locked(&self.requests))
    }

    fn schema(&self, table: &Value) -> &Schema {
        let table = table.as_str().expect("a request names its table");
        self.schemas.get(table).unwrap_or_else(|| panic!("the template has no table {table}"))
    }

    fn image(&self, table: &Value, key: &Value) -> Image {
        let request = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let answer = self.inner.dispatch("GetItem", &serde_json::to_vec(&request).expect("JSON"));
        assert!(!failed(&answer), "{}", answer.text());
        serde_json::from_slice::<Value>(&answer.body).expect("JSON").get("Item").cloned()
    }

    /// The table and the key of each write of a request.
    fn targets(&self, operation: &str, request: &Value) -> Vec<(Value, Value)> {
        let target = |write: &Value| {
            let table = &write["TableName"];
            let key = write.get("Key").cloned();
            (table.clone(), key.unwrap_or_else(|| self.schema(table).key_of(&write["Item"])))
        };
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => vec![target(request)],
            "TransactWriteItems" => {
                let actions = request["TransactItems"].as_array().into_iter().flatten();
                actions
                    .flat_map(|action| action.as_object().into_iter().flatten())
                    .map(|(_, write)| target(write))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn read_places(&self, operation: &str, request: &Value, answer: &Value) -> Vec<Place> {
        let consistent = |request: &Value| request["ConsistentRead"].as_bool().unwrap_or(false);
        match operation {
            "GetItem" => {
                let schema = self.schema(&request["TableName"]);
                vec![capacity::read(schema, &request["Key"], answer.get("Item"), consistent(request))]
            }
            "BatchGetItem" => {
                let tables = request["RequestItems"].as_object().into_iter().flatten();
                let places = tables.flat_map(|(table, wanted)| {
                    let schema = self.schema(&json!(table));
                    let found = answer["Responses"][table].as_array().cloned().unwrap_or_default();
                    let keys = wanted["Keys"].as_array().cloned().unwrap_or_default();
                    keys.into_iter().map(move |key| {
                        let found = found.iter().find(|item| schema.key_of(item) == key);
                        capacity::read(schema, &key, found, consistent(wanted))
                    })
                });
                places.collect()
            }
            "Query" => {
                // The store names the partition's value so in every key condition.
                let partition = request["ExpressionAttributeValues"][":pk"]["S"].as_str().expect("a partition");
                let found = answer["Items"].as_array().cloned().unwrap_or_default();
                vec![capacity::query(request["IndexName"].as_str(), partition, &found, consistent(request))]
            }
            other => panic!("{other} is not measured"),
        }
    }

    fn record(&self, operation: &str, request: &Value, response: &WireResponse, before: &[(Value, Value, Image)]) {
        let answer = serde_json::from_slice::<Value>(&response.body).expect("the engine answers JSON");
        let factor = if operation == "TransactWriteItems" { TRANSACTION_FACTOR } else { 1.0 };
        let now_seconds = self.clock.now().as_seconds();
        let places = if failed(response) {
            let failed = |(table, key, image): &(Value, Value, Image)| {
                capacity::failed_write(self.schema(table), key, image.as_ref(), factor)
            };
            before.iter().map(failed).collect::<Vec<_>>()
        } else if before.is_empty() {
            self.read_places(operation, request, &answer)
        } else {
            let written = |(table, key, image): &(Value, Value, Image)| {
                capacity::write(self.schema(table), image, &self.image(table, key), factor, now_seconds)
            };
            before.iter().flat_map(written).collect()
        };
        let items = match operation {
            "Query" => answer["Items"].as_array().map_or(0, Vec::len),
            _ if before.is_empty() => places.len(),
            _ => before.len(),
        };
        let measured = Request { operation: operation.to_owned(), items, places };
        if !failed(response) {
            measured.check(&answer["ConsumedCapacity"]);
        }
        locked(&self.requests).push(measured);
    }
}

impl WireService for MeteredDynamoDb {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        let mut request = serde_json::from_slice::<Value>(&body).expect("the SDK sends JSON");
        if operation == "DescribeTable" {
            // The health check's; it consumes no capacity.
            locked(&self.requests).push(Request { operation: operation.to_owned(), items: 0, places: Vec::new() });
            return self.inner.answer(operation, body).await;
        }
        let before = self.targets(operation, &request);
        let before = before.into_iter().map(|(table, key)| {
            let image = self.image(&table, &key);
            (table, key, image)
        });
        let before = before.collect::<Vec<_>>();
        request["ReturnConsumedCapacity"] = json!("INDEXES");
        let response = self.inner.answer(operation, request.to_string().into()).await;
        self.record(operation, &request, &response, &before);
        response
    }
}

/// What was asked of SQS: one element for each request, with how many messages it carried.
#[derive(Clone, Debug)]
pub struct MeteredSqs {
    inner: EmbeddedSqs,
    requests: Arc<Mutex<Vec<(String, usize)>>>,
}

impl MeteredSqs {
    /// Around these queues.
    pub fn new(inner: EmbeddedSqs) -> Self {
        Self { inner, requests: Arc::default() }
    }

    /// The requests since the last time.
    pub fn take(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut *locked(&self.requests))
    }
}

impl WireService for MeteredSqs {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        let request = serde_json::from_slice::<Value>(&body).expect("the SDK sends JSON");
        let messages = request["Entries"].as_array().map_or(1, Vec::len);
        locked(&self.requests).push((operation.to_owned(), messages));
        self.inner.answer(operation, body).await
    }
}
