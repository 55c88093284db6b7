//! The job on Lambda.

use agentic_run::{Deps, handle};
use shared_lambda::{Error, Schedule, serve_schedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("agentic-run", |host| {
        let deps = Deps { services: host.services.clone(), agentic: host.queue("AGENTIC_QUEUE_URL")? };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |schedule: Schedule| Box::pin(handle(&deps, schedule.time)).await)
    })
    .await
}
