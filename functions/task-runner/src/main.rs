//! The Lambda function `task-runner`.

use std::sync::Arc;

use shared::ai::offline::OfflineAssistant;
use shared::queue::TaskMessage;
use task_runner::{Deps, run_task};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("task-runner", |host| {
        let deps = Arc::new(Deps { services: host.services.clone(), ai: Arc::new(OfflineAssistant) });
        Ok(move |message: TaskMessage| {
            let deps = deps.clone();
            async move { run_task(&deps, message).await }
        })
    })
    .await
}
