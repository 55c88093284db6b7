//! The Lambda function `task-runner`.

use std::sync::Arc;

use shared::ai::Metered;
use shared::ai::offline::OfflineAssistant;
use shared::queue::TaskMessage;
use task_runner::{Deps, run_task};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("task-runner", |host| {
        let ai = Arc::new(Metered::new(OfflineAssistant, host.services.clock.clone()));
        let deps = Arc::new(Deps { services: host.services.clone(), ai });
        Ok(move |message: TaskMessage| {
            let deps = deps.clone();
            async move { run_task(&deps, message).await }
        })
    })
    .await
}
