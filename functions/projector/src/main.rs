//! The job on Lambda.

use projector::{Deps, KnownWebhooks, handle_record};
use shared_lambda::{Error, EventRecord, serve_stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_stream("projector", |host| {
        let (tasks, mail) = (host.queue("TASKS_QUEUE_URL")?, host.queue("MAIL_QUEUE_URL")?);
        let (webhooks, known_webhooks) = (host.queue("WEBHOOKS_QUEUE_URL")?, KnownWebhooks::default());
        let inbound = host.queue("INBOUND_QUEUE_URL")?;
        let deps = Deps { services: host.services.clone(), tasks, mail, webhooks, inbound, known_webhooks };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |record: EventRecord| Box::pin(handle_record(&deps, record)).await)
    })
    .await
}
