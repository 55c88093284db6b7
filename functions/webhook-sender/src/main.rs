//! The Lambda function `webhook-sender`.

use std::sync::Arc;

use shared::queue::WebhookMessage;
use shared::reach::Reach;
use vendors::http::Http;
use webhook_sender::{Deps, deliver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("webhook-sender", |host| {
        let reach = Reach::of(&host.services.config.environment);
        let http = Http::new(shared_lambda::outbound_within(reach), host.services.clock.clone());
        let deps = Arc::new(Deps { services: host.services.clone(), http });
        Ok(move |message: WebhookMessage| {
            let deps = deps.clone();
            async move { deliver(&deps, message).await }
        })
    })
    .await
}
