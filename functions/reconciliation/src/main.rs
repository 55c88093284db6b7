//! The job on Lambda.

use payments::Payments;
use reconciliation::{Deps, handle};
use shared_lambda::{Error, Schedule, serve_schedule};
use vendors::http::Http;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("reconciliation", |host| {
        let services = host.services.clone();
        let http = Http::new(shared_lambda::outbound(), services.clock.clone());
        let payments = Payments::read(&host.variables, http, services.ids.clone())?;
        let deps = Deps { services, payments };
        Ok(async move |schedule: Schedule| Box::pin(handle(&deps, schedule.remaining)).await)
    })
    .await
}
