//! The OpenAPI document and a page to try it on, outside of the API's own layers: the page brings scripts and styles of its own.

use axum::routing::get;
use axum::{Json, Router};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::functions::openapi;

/// `/api/openapi.json` and the explorer at `/docs`.
pub(crate) fn routes() -> Router {
    let page = SwaggerUi::new("/docs")
        .config(Config::from("/api/openapi.json").persist_authorization(true).try_it_out_enabled(true));
    Router::new().route("/api/openapi.json", get(async || Json(openapi()))).merge(page)
}
