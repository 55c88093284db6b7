//! The function on Lambda.

use shared_lambda::{Error, serve_http_streaming};
use users::{Deps, router};
use vendors::s3::Bucket;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http_streaming("users", |host| {
        let bucket = Bucket::read(&host.variables)?;
        Ok(router().with_state(Deps::new(host.services.clone(), bucket)))
    })
    .await
}
