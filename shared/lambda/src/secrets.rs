//! Secrets, which do not stand in a function's environment: that names where they are, and they are fetched once at the start.

use shared::clock::Clock;
use shared::config::{ConfigError, Reader, Variables};
use vendors::aws::SecretsManager;
use vendors::http::Http;

use crate::connection::outbound_to_aws;
use crate::native::SystemClock;

/// The variable that names the secret of a function: an object whose members become variables.
const SECRET_ID: &str = "SECRET_ID";

/// The variables with those of the secret that they name, if they name one.
pub(crate) async fn resolved(variables: Variables) -> Result<Variables, ConfigError> {
    let mut reader = Reader::new(&variables);
    let Some(id) = reader.optional(SECRET_ID) else { return Ok(variables) };
    let manager = SecretsManager::read(&variables)?;
    let http = Http::new(outbound_to_aws(), Clock::new(SystemClock));
    match manager.variables(&http, &id).await {
        Ok(secret) => Ok(variables.with(secret)),
        Err(reason) => {
            reader.fault(format!("the secret that {SECRET_ID} names cannot be had: {reason}"));
            reader.finish(Variables::default())
        }
    }
}
