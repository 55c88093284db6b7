//! The services through the real SDK, as the platform uses them.

mod dynamodb;
mod recording;
mod sqs;
mod stream;
mod stream_speed;
mod transactions;
mod wire;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

const TABLE: &str = "platform";

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn key(partition: &str, sort: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(sort))])
}

fn item(partition: &str, sort: &str, count: i64) -> HashMap<String, AttributeValue> {
    let mut item = key(partition, sort);
    item.insert("count".to_owned(), number(count));
    item
}

async fn put(client: &Client, partition: &str, sort: &str, count: i64) {
    client.put_item().table_name(TABLE).set_item(Some(item(partition, sort, count))).send().await.unwrap();
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
}

fn key_element(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap()
}

/// A table like the platform's: partition and sort key, an index, a stream, a time to live.
async fn create_table(client: &Client) {
    let index = GlobalSecondaryIndex::builder()
        .index_name("by-owner")
        .key_schema(key_element("owner", KeyType::Hash))
        .key_schema(key_element("sk", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .attribute_definitions(attribute("owner"))
        .key_schema(key_element("pk", KeyType::Hash))
        .key_schema(key_element("sk", KeyType::Range))
        .global_secondary_indexes(index.build().unwrap())
        .stream_specification(stream.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    let expiry = TimeToLiveSpecification::builder().attribute_name("expiresAt").enabled(true).build().unwrap();
    client.update_time_to_live().table_name(TABLE).time_to_live_specification(expiry).send().await.unwrap();
}
