//! The function on Lambda.

use files::{Deps, router};
use shared_lambda::{Error, outbound_to_aws, serve_http};
use vendors::http::Http;
use vendors::s3::Bucket;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http("files", |host| {
        let (services, bucket) = (host.services.clone(), Bucket::read(&host.variables)?);
        let http = Http::new(outbound_to_aws(), services.clock.clone());
        Ok(router().with_state(Deps { services, bucket, http }))
    })
    .await
}
