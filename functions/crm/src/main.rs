//! The Lambda function: wiring only.

use crm::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_http("crm", |host| Ok(router().with_state(Deps::new(host.services.clone())))).await
}
