//! The function on Lambda.

use billing::{Deps, router};
use payments::Payments;
use shared_lambda::{Error, serve_http};
use vendors::http::Http;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("billing", |host| {
        let services = host.services.clone();
        let http = Http::new(shared_lambda::outbound(), services.clock.clone());
        let payments = Payments::read(&host.variables, http, services.ids.clone())?;
        Ok(router().with_state(Deps { services, payments }))
    })
    .await
}
