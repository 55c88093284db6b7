//! The function on Lambda.

use shared_lambda::{Error, serve_http};
use webhooks::{Deps, Secrets, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("webhooks", |host| {
        let deps = Deps { services: host.services.clone(), secrets: Secrets::read(&host.variables) };
        Ok(router().with_state(deps))
    })
    .await
}
