//! The job on Lambda.

use agentic_worker::{Deps, handle_message};
use shared::queue::AgenticMessage;
use shared_lambda::{Error, serve_queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_queue("agentic-worker", |host| {
        let deps = Deps { services: host.services.clone() };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |message: AgenticMessage| Box::pin(handle_message(&deps, message)).await)
    })
    .await
}
