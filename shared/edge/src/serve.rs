//! Start-up, once for each instance, and each request after it.

use std::cell::OnceCell;
use std::convert::Infallible;

use axum::Router;
use axum::response::{IntoResponse, Response};
use shared::clock::Clock;
use shared::config::{ConfigError, PlatformConfig, Reader};
use shared::http::{HealthCheck, health_routes, surround};
use shared::id::Ids;
use shared::services::Services;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use worker::Env;

use crate::clock::PlatformClock;
use crate::connector::dynamodb_client;
use crate::entropy::CryptoEntropy;
use crate::{config, log, messages};

thread_local! {
    /// The function's router, built by the first request: only a request brings the environment.
    static ROUTER: OnceCell<Router> = const { OnceCell::new() };
}

/// Answers a request with the routes that `assemble` makes of the services. It is called once for each instance of the Worker.
///
/// A configuration that is not usable is logged with everything that is wrong with it and answered with 500.
pub async fn serve(
    request: worker::Request,
    environment: Env,
    assemble: impl FnOnce(&Services) -> OpenApiRouter,
) -> worker::Result<worker::Response> {
    let response = match router(&environment, assemble) {
        Ok(router) => answer(router, &request).await,
        Err(error) => shared::problem::Problem::internal(error).into_response(),
    };
    messages::from_router(response).await
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

fn router(environment: &Env, assemble: impl FnOnce(&Services) -> OpenApiRouter) -> Result<Router, ConfigError> {
    ROUTER.with(|router| {
        if let Some(router) = router.get() {
            return Ok(router.clone());
        }
        log::start();
        let services = services(environment)?;
        let routes = assemble(&services).merge(health_routes(HealthCheck::of_table(&services)));
        Ok(router.get_or_init(|| surround(routes.into(), &services)).clone())
    })
}

fn services(environment: &Env) -> Result<Services, ConfigError> {
    let variables = config::variables(environment);
    let mut reader = Reader::new(&variables);
    let client = dynamodb_client(&mut reader);
    let clock = Clock::new(PlatformClock::new(config::clock_offset(&mut reader)));
    let ids = Ids::new(clock.clone(), CryptoEntropy);
    reader.finish(())?;
    Ok(Services::new(client, clock, ids, PlatformConfig::read(&variables)?))
}
