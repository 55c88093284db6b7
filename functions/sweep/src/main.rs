//! The job on Lambda.

use shared_lambda::{Error, Schedule, serve_schedule};
use sweep::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("sweep", |host| {
        let (tasks, mail) = (host.queue("TASKS_QUEUE_URL")?, host.queue("MAIL_QUEUE_URL")?);
        let (webhooks, inbound) = (host.queue("WEBHOOKS_QUEUE_URL")?, host.queue("INBOUND_QUEUE_URL")?);
        let deps = Deps { services: host.services.clone(), tasks, mail, webhooks, inbound };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |schedule: Schedule| Box::pin(handle(&deps, schedule.time, schedule.remaining)).await)
    })
    .await
}
