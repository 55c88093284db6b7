//! The job on Lambda.

use purge::{Deps, handle};
use shared_lambda::{Error, Schedule, serve_schedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("purge", |host| {
        let deps = Deps { services: host.services.clone() };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |schedule: Schedule| Box::pin(handle(&deps, schedule.time, schedule.remaining)).await)
    })
    .await
}
