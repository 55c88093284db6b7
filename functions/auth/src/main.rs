//! The auth Worker.

#![cfg_attr(target_arch = "wasm32", no_main)]

/// Answers a request.
#[cfg(target_arch = "wasm32")]
#[worker::event(fetch)]
async fn fetch(
    request: worker::Request,
    environment: worker::Env,
    _: worker::Context,
) -> worker::Result<worker::Response> {
    shared_edge::serve_http("auth", request, environment, |host| {
        let (services, variables) = (&host.services, &host.variables);
        let http = vendors::http::Http::new(host.outbound.clone(), services.clock.clone());
        let breached_passwords = vendors::breached_passwords::BreachedPasswords::read(variables, http.clone())?;
        let linkedin = vendors::linkedin::LinkedIn::read(variables, http, services.config.frontend_url.as_deref())?;
        let deps = auth::Deps::new(services.clone()).with_breached_passwords(breached_passwords);
        Ok(auth::router().with_state(deps.with_linkedin(linkedin)))
    })
    .await
}

/// Elsewhere there is nothing to run: `cargo run` serves the library's routes with those of all functions.
#[cfg(not(target_arch = "wasm32"))]
const fn main() {}
