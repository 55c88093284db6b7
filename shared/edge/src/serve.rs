//! Start-up, once for each instance, and each request after it.

use std::cell::OnceCell;
use std::convert::Infallible;

use axum::Router;
use axum::response::{IntoResponse, Response};
use shared::config::{ConfigError, Reader};
use shared::http::{HealthCheck, health_routes, surround};
use shared::problem::Problem;
use shared::telemetry::Source;
use tower::ServiceExt;
use worker::Env;

use crate::host::{Host, StartError};
use crate::{config, log, messages};

thread_local! {
    /// The function's router, built by the first request: only a request brings the environment.
    static ROUTER: OnceCell<Router> = const { OnceCell::new() };
}

/// Answers a request of the Worker `function`. `routes` builds its router from the host, once for each instance; `/api/health` and what
/// [`shared::http::surround`] gives are added to it.
///
/// A configuration that is not usable is logged with everything that is wrong with it and answered with 500.
///
/// # Errors
/// When JavaScript refuses the response, which the runtime answers with 500.
pub async fn serve_http(
    function: &'static str,
    request: worker::Request,
    environment: Env,
    routes: impl FnOnce(&Host) -> Result<Router, ConfigError>,
) -> worker::Result<worker::Response> {
    let response = match router(function, &environment, routes) {
        Ok(router) => answer(router, &request).await,
        Err(error) => Problem::internal(error).into_response(),
    };
    messages::from_router(response).await
}

fn router(
    function: &'static str,
    environment: &Env,
    routes: impl FnOnce(&Host) -> Result<Router, ConfigError>,
) -> Result<Router, StartError> {
    ROUTER.with(|router| {
        if let Some(router) = router.get() {
            return Ok(router.clone());
        }
        let variables = config::variables(environment);
        let stage = Reader::new(&variables).optional("ENVIRONMENT").unwrap_or_default();
        log::start(Source::new(function, stage));
        let host = Host::new(variables)?;
        let health = health_routes().with_state(HealthCheck::of_table(&host.services));
        let routes = routes(&host)?.merge(health);
        Ok(router.get_or_init(|| surround(routes, &host.services)).clone())
    })
}

async fn answer(router: Router, request: &worker::Request) -> Response {
    let request = match messages::to_router(request) {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    let answered: Result<Response, Infallible> = router.oneshot(request).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
