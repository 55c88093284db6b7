//! The job on Lambda.

use purge::{Deps, handle};
use shared_lambda::{Error, Schedule, outbound_to_aws, serve_schedule};
use vendors::http::Http;
use vendors::s3::Bucket;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("purge", |host| {
        let (services, bucket) = (host.services.clone(), Bucket::read(&host.variables)?);
        let http = Http::new(outbound_to_aws(), services.clock.clone());
        let deps = Deps { services, bucket, http };
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |schedule: Schedule| Box::pin(handle(&deps, schedule.time, schedule.remaining)).await)
    })
    .await
}
