//! The function's binary as Lambda runs it.

use serde_json::json;
use shared::model::signing_key::{NextSigningKey, SigningKey};
use testkit::FunctionHost;

#[tokio::test]
async fn its_schedule_starts_it() {
    let host = FunctionHost::start("key-rotation", env!("CARGO_BIN_EXE_key-rotation")).await;
    // Somebody signed in long ago, and the key has signed ever since.
    host.cloud.caller("Ada").await;
    let store = &host.cloud.services.store;
    let current = store.get::<SigningKey>(&SigningKey::current_key()).await.unwrap().unwrap();
    let long_ago = "2025-01-01T00:00:00Z".parse().unwrap();
    let old = SigningKey { created_at: long_ago, ..current.value.clone() };
    host.cloud.write(|transaction| transaction.replace(&current, old.clone())).await;

    let time = "2026-11-20T03:00:00Z".parse().unwrap();
    let did = |published: bool| json!({ "published": published, "promoted": false, "removed": 0 });
    assert_eq!(host.schedule_cases(time).await, did(true));
    let next = store.get::<NextSigningKey>(&NextSigningKey::next_key()).await.unwrap().unwrap();
    assert_ne!(next.0.id, current.id);
    assert_eq!(host.invoke(host.schedule_event(time)).await, did(false), "a repeat changes nothing");
}
