//! `GET /api/health`: whether what the platform needs answers.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Routes;
use crate::model::user::User;
use crate::routes;
use crate::services::Services;
use crate::store::Key;

/// How one of the services stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceHealth {
    /// It answers.
    Ok,
    /// It does not answer.
    Failing,
    /// No key is configured; the embedded default does its work.
    Embedded,
}

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ServiceHealth> + Send>> + Send + Sync>;

/// The services a host asks about, by name.
#[derive(Clone, Default)]
pub struct HealthCheck(BTreeMap<&'static str, Check>);

impl std::fmt::Debug for HealthCheck {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl HealthCheck {
    /// Asks whether the table answers: one consistent get.
    pub fn of_table(services: &Services) -> Self {
        let store = services.store.clone();
        Self::default().with("table", move || {
            let store = store.clone();
            async move {
                let key = Key::new("HEALTH", "HEALTH");
                if store.get::<User>(&key).await.is_ok() { ServiceHealth::Ok } else { ServiceHealth::Failing }
            }
        })
    }

    /// Asks about another service too.
    #[must_use]
    pub fn with<F>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ServiceHealth> + Send + 'static,
    {
        self.add(name, check);
        self
    }

    /// Asks about another service too, from now on.
    pub fn add<F>(&mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ServiceHealth> + Send + 'static,
    {
        self.0.insert(name, Arc::new(move || Box::pin(check())));
    }
}

/// How the platform stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// `ok` if every service answers, else `failing`.
    status: ServiceHealth,
    /// Each service by its name.
    services: BTreeMap<&'static str, ServiceHealth>,
    /// The version that is running.
    version: &'static str,
}

/// Whether the platform and what it needs answer.
#[utoipa::path(
    get, path = "/api/health", operation_id = "getHealth", tag = "platform",
    responses((status = 200, description = "Everything answers.", body = Health), (status = 503, description = "Something does not.", body = Health))
)]
async fn get_health(State(check): State<HealthCheck>) -> Response {
    let mut services = BTreeMap::new();
    for (name, ask) in &check.0 {
        services.insert(*name, ask().await);
    }
    let failing = services.values().any(|health| *health == ServiceHealth::Failing);
    let (code, status) = if failing {
        (StatusCode::SERVICE_UNAVAILABLE, ServiceHealth::Failing)
    } else {
        (StatusCode::OK, ServiceHealth::Ok)
    };
    (code, Json(Health { status, services, version: env!("CARGO_PKG_VERSION") })).into_response()
}

/// The route that every host adds once.
pub fn health_routes() -> Routes<HealthCheck> {
    Routes::new().routes(routes!(get_health))
}
