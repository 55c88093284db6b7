//! The shapes of events, each in a file. They follow what AWS documents and what its libraries keep as examples; none was recorded from
//! an account of ours. `shared-lambda` holds them against the types that functions read.

use serde_json::Value;

/// A GET through a function URL, with a query of repeated and encoded names and with cookies.
pub const FUNCTION_URL: &str = include_str!("events/function_url_get.json");
/// A POST of JSON through a function URL.
pub const FUNCTION_URL_JSON: &str = include_str!("events/function_url_post_json.json");
/// A POST of bytes through a function URL.
pub const FUNCTION_URL_BINARY: &str = include_str!("events/function_url_post_binary.json");
/// A message of a queue.
pub const QUEUE: &str = include_str!("events/queue.json");
/// An occasion of an EventBridge Scheduler schedule without an input of its own.
pub const SCHEDULE: &str = include_str!("events/schedule.json");
/// An item that was put where none was.
pub const STREAM_INSERT: &str = include_str!("events/stream_insert.json");
/// An item that changed.
pub const STREAM_MODIFY: &str = include_str!("events/stream_modify.json");
/// An item that was deleted.
pub const STREAM_REMOVE: &str = include_str!("events/stream_remove.json");
/// An item that DynamoDB deleted because its time to live had passed.
pub const STREAM_EXPIRY: &str = include_str!("events/stream_expiry.json");

/// The JSON of such an event.
pub fn documented(event: &str) -> Value {
    serde_json::from_str(event).expect("the documented events are JSON")
}
