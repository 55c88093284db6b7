//! The function on Lambda.

use ledger::{Deps, router};
use shared_lambda::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("ledger", |host| Ok(router().with_state(Deps { services: host.services.clone() }).into())).await
}
