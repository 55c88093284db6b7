//! The Lambda function `agents`.

use std::future::ready;
use std::sync::Arc;

use agents::{Deps, router};
use shared::ai::Metered;
use shared::ai::offline::OfflineAssistant;
use shared::http::ServiceHealth;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_http("agents", |host| {
        host.health.add("ai", || ready(ServiceHealth::Embedded));
        let deps = Deps {
            services: host.services.clone(),
            ai: Arc::new(Metered::new(OfflineAssistant, host.services.clock.clone())),
        };
        Ok(router().with_state(deps))
    })
    .await
}
