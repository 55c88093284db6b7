//! A function's operations: what answers them, and how they are documented.
//!
//! `utoipa_axum` builds the document of every operation along with its route, which is half of what a function would do before its first
//! answer. Here a route is built at once and its document when somebody asks for it: the program that writes `openapi.json` does, a function
//! never.

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::PathItemExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The operations of a function, which share a state.
#[derive(Debug)]
pub struct Routes<S> {
    router: Router<S>,
    documented: Vec<fn() -> UtoipaMethodRouter<S>>,
}

/// The operations of one path; [`crate::routes!`] makes them.
#[derive(Debug)]
pub struct PathRoutes<S> {
    path: String,
    methods: MethodRouter<S>,
    documented: fn() -> UtoipaMethodRouter<S>,
}

/// The operations of one path by the names of their handlers, which `#[utoipa::path]` documents: `routes!(get::get_lead, delete::delete_lead)`.
#[macro_export]
macro_rules! routes {
    ( $( $( $segment:ident )::+ ),+ $(,)? ) => {
        // What follows `@path` is how `utoipa_axum::routes!` itself finds the documentation of a handler.
        $crate::http::PathRoutes::new(|| $crate::http::utoipa_axum::routes!( $( $( $segment )::+ ),+ ))
            $( .with(
                $crate::http::utoipa_axum::routes!(@path [path()] of $( $segment )::+),
                &$crate::http::utoipa_axum::routes!(@path [methods()] of $( $segment )::+),
                $( $segment )::+,
            ) )+
    };
}

impl<S: Clone + Send + Sync + 'static> PathRoutes<S> {
    /// No operation yet.
    pub fn new(documented: fn() -> UtoipaMethodRouter<S>) -> Self {
        Self { path: String::new(), methods: MethodRouter::new(), documented }
    }

    /// One more operation of this path.
    #[must_use]
    pub fn with<H, T>(self, path: String, methods: &[HttpMethod], handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        debug_assert!(self.path.is_empty() || self.path == path, "{path} is not {}", self.path);
        let add = |router: MethodRouter<S>, method: &HttpMethod| router.on(method.to_method_filter(), handler.clone());
        Self { path, methods: methods.iter().fold(self.methods, add), documented: self.documented }
    }

    /// The same, where bodies may be larger or smaller, or whatever else this changes.
    #[must_use]
    pub fn map(self, change: impl FnOnce(MethodRouter<S>) -> MethodRouter<S>) -> Self {
        Self { methods: change(self.methods), ..self }
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No operation.
    pub fn new() -> Self {
        Self { router: Router::new(), documented: Vec::new() }
    }

    /// These and the operations of one more path.
    #[must_use]
    pub fn routes(mut self, routes: PathRoutes<S>) -> Self {
        self.documented.push(routes.documented);
        Self { router: self.router.route(&routes.path, routes.methods), ..self }
    }

    /// What answers requests.
    pub fn with_state(self, state: S) -> Router {
        self.router.with_state(state)
    }

    /// The document of all of them.
    pub fn document(self) -> OpenApi {
        let documented = self.documented.into_iter().map(|documented| documented());
        documented.fold(OpenApiRouter::<S>::new(), OpenApiRouter::routes).into_openapi()
    }
}
