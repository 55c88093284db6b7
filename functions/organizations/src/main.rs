//! The function on Lambda.

use organizations::{Deps, router};
use shared_lambda::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("organizations", |host| Ok(router().with_state(Deps::new(host.services.clone())))).await
}
