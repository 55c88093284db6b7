//! The job on Lambda.

use key_rotation::{Deps, handle};
use shared_lambda::{Error, Schedule, serve_schedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_schedule("key-rotation", |host| {
        let deps = Deps::new(host.services.clone(), &host.variables)?;
        // Boxed, or the whole would be deeper than the compiler follows.
        Ok(async move |_: Schedule| Box::pin(handle(&deps)).await)
    })
    .await
}
