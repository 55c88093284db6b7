//! The function on Lambda.

use shared_lambda::{Error, serve_http};
use ventures::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("ventures", |host| Ok(router().with_state(Deps { services: host.services.clone() }))).await
}
