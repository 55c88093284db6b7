//! A run that one of two repeats finished is answered as it ended, whatever the other was about to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::json;
use shared::model::lead::LeadStatus;
use shared::plan::PlanName;
use testkit::{Cloud, ScriptedAi};
use tokio::sync::Notify;

use crate::support::app;

const PATH: &str = "/api/agentic/analyze";

/// A table at which the first transaction that opens a post task waits.
#[derive(Clone, Debug)]
struct Gate {
    table: EmbeddedDynamoDb,
    passed: Arc<AtomicBool>,
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl WireService for Gate {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        let opens = operation == "TransactWriteItems" && String::from_utf8_lossy(&body).contains("OPEN_POST_TASK");
        if opens && !self.passed.swap(true, Ordering::Relaxed) {
            self.reached.notify_one();
            self.open.notified().await;
        }
        self.table.answer(operation, body).await
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_added_to_a_run_that_was_answered() {
    let table = Cloud::table();
    let gate = Gate { table: table.clone(), passed: Arc::default(), reached: Arc::default(), open: Arc::default() };
    let gated = Cloud::through(table, gate.clone());
    let calm = gated.without_faults();
    let slow = app(&gated, &ScriptedAi::new());
    let (quick, ada) = (app(&calm, &ScriptedAi::new()), calm.caller("Ada").await);
    calm.set_plan(ada.organization_id, PlanName::Pro).await;
    calm.lead(ada.organization_id, "Grace", LeadStatus::Contacted, 8).await;
    let post = quick.post("/api/tasks").by(&ada).json(&json!({"kind": "social_media_post"})).send().await.expect(201);

    let (later, sooner) = tokio::join!(slow.post(PATH).by(&ada).header("idempotency-key", "k").send(), async {
        gate.reached.notified().await;
        let sooner = quick.post(PATH).by(&ada).header("idempotency-key", "k").send().await;
        // Now a post could be written, but not by this run.
        let cancel = format!("/api/tasks/{}/cancel", post["id"].as_str().unwrap());
        quick.post(&cancel).by(&ada).send().await.expect(200);
        gate.open.notify_one();
        sooner
    });
    assert_eq!(later.expect(200), sooner.expect(200));
    let tasks = quick.get("/api/tasks?status=PENDING").by(&ada).send().await.expect(200);
    assert_eq!(tasks["data"].as_array().unwrap().len(), 1, "the follow-up alone: {tasks:#}");
}
