//! The function on Lambda.

use shared_lambda::{Error, serve_http};
use users::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("users", |host| Ok(router().with_state(Deps { services: host.services.clone() }).into())).await
}
