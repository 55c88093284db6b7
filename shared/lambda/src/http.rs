//! Functions that answer HTTP requests through a function URL.

use std::any::Any;

use axum::Router;
use axum::response::{IntoResponse, Response};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use lambda_runtime::Error;
use shared::config::ConfigError;
use shared::http::{ClientAddress, HealthCheck, health_routes, surround};
use shared::problem::Problem;
use shared::services::Services;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;

use crate::host::Host;
use crate::serve::{setup_of, start};

/// The router of a function with what stands around it, as Lambda calls it.
pub(crate) type Application = MapRequest<Router, fn(Request) -> Request>;

/// Runs a function that answers HTTP requests. `routes` builds its router from the host once; `/api/health` and what
/// [`shared::http::surround`] gives are added to it. A function that needs more than the table adds to [`Host::health`] what else is to be
/// asked about.
///
/// # Errors
/// When the configuration is not usable, or Lambda's runtime interface fails.
pub async fn serve_http(
    function: &'static str,
    routes: impl FnOnce(&mut Host) -> Result<Router, ConfigError>,
) -> Result<(), Error> {
    let mut host = start(function).await?;
    let routes = setup_of(routes(&mut host))?;
    lambda_http::run(application(routes, &host.health, &host.services)).await
}

/// The routes with the health check, an answer for panics, everything that every router has, and the caller's address.
pub(crate) fn application(routes: Router, health: &HealthCheck, services: &Services) -> Application {
    let health = health_routes().with_state(health.clone());
    // Inside of what surrounds the routes, so that this answer too has its headers and its line in the log.
    let routes = routes.merge(health).layer(CatchPanicLayer::custom(answer_panic));
    MapRequest::new(surround(routes, services), with_client_address)
}

/// The panic itself is in the log already: the hook that [`crate::logging::start`] sets wrote it, with its place.
fn answer_panic(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal("the handler panicked").into_response()
}

/// Takes the caller's address from the event, where Lambda wrote it; headers can be forged.
fn with_client_address(mut request: Request) -> Request {
    let source = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    if let Some(address) = source.and_then(|text| text.parse().ok()) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    request
}
