//! HTTP as every function speaks it: how input is read, how lists are asked for, and what stands around each router.

mod health;
mod input;
mod openapi;
mod routes;
mod surround;

pub use health::{HealthCheck, ServiceHealth, health_routes};
pub use input::{Input, Path, Query, RawBody};
pub use openapi::{document, function_document};
pub use routes::{PathRoutes, Routes};
pub use surround::{ClientAddress, surround};
/// For [`crate::routes!`], which functions use where this crate alone is known to them.
#[doc(hidden)]
pub use utoipa_axum;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::id::OrganizationId;

/// How long a page may be at most.
pub const PAGE_LIMIT_MAXIMUM: u16 = 100;

/// The acting organisation, as operations that take an `OrganizationAccess` document it.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct ActingOrganization {
    /// The acting organisation; the caller's personal one when absent.
    #[param(rename = "X-Organization-Id", value_type = OrganizationId, required = false, inline)]
    pub organization_id: Option<OrganizationId>,
}

/// The key of a command, as operations that take an `IdempotencyKey` document it.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyHeader {
    /// Makes a repeat answer as the first time, for 24 hours; visible ASCII characters.
    #[param(rename = "Idempotency-Key", value_type = String, required = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub key: Option<String>,
}

/// How a list is asked for.
#[derive(Debug, Deserialize, IntoParams, garde::Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `nextCursor` of the page before; the first page without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    pub cursor: Option<String>,
    /// How many items at most: 1 to 100, 50 by default.
    #[garde(inner(range(min = 1, max = PAGE_LIMIT_MAXIMUM)))]
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
}

impl PageQuery {
    /// How many items a page holds.
    pub fn page_limit(&self) -> u16 {
        page_limit(self.limit)
    }
}

/// How many items a page holds where the query asks for `limit`.
pub fn page_limit(limit: Option<u16>) -> u16 {
    limit.unwrap_or(50).clamp(1, PAGE_LIMIT_MAXIMUM)
}

/// A rule for one-line texts such as names: they hold no control characters, since they end up in subjects and headers.
pub fn one_line(text: &str, _: &()) -> garde::Result {
    if text.chars().any(char::is_control) {
        Err(garde::Error::new("must not hold line breaks or other control characters"))
    } else {
        Ok(())
    }
}

/// A rule for texts: they say something. Its signature is what garde's `custom` wants.
pub fn not_blank(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}
