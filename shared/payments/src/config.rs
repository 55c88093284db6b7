//! What payments are made with.

use std::sync::Arc;

use http::StatusCode;
use shared::config::{ConfigError, Variables};
use shared::id::Ids;
use shared::problem::Problem;
use vendors::http::Http;
use vendors::stripe::{Stripe, StripeConfig};

use crate::PriceBook;

/// Stripe, and what is sold by it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Payments {
    /// Stripe.
    pub stripe: Stripe,
    /// What is sold.
    pub prices: Arc<PriceBook>,
}

impl Payments {
    /// Reads `STRIPE_SECRET_KEY`, `STRIPE_BASE_URL` and `STRIPE_PRICES`. Without a key there are no payments, which is no fault.
    ///
    /// # Errors
    /// When a value is malformed, or there is a key and no prices.
    pub fn read(variables: &Variables, http: Http, ids: Ids) -> Result<Option<Self>, ConfigError> {
        let Some(config) = StripeConfig::read(variables)? else { return Ok(None) };
        let prices = Arc::new(PriceBook::read(variables)?);
        Ok(Some(Self { stripe: Stripe::new(config, http, ids), prices }))
    }
}

/// What callers are told where there are no payments, for want of this variable.
pub fn not_configured(variable: &str) -> Problem {
    let detail = format!("Payments are not set up on this platform: `{variable}` is missing.");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "payments_not_configured", detail)
}
