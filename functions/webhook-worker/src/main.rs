//! The Lambda function `webhook-worker`.

use std::sync::Arc;

use payments::Payments;
use shared::queue::InboundMessage;
use vendors::http::Http;
use webhook_worker::{Deps, work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("webhook-worker", |host| {
        let services = host.services.clone();
        let http = Http::new(shared_lambda::outbound(), services.clock.clone());
        let payments = Payments::read(&host.variables, http, services.ids.clone())?;
        let deps = Arc::new(Deps { services, payments });
        Ok(move |message: InboundMessage| {
            let deps = deps.clone();
            async move { work(&deps, message).await }
        })
    })
    .await
}
