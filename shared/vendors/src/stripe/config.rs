//! Where Stripe is, and with which keys.

use std::fmt;

use shared::config::{ConfigError, Reader, Variables};

use crate::base_url::BaseUrl;

/// Where Stripe is.
const STRIPE_URL: &str = "https://api.stripe.com";

/// How Stripe is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct StripeConfig {
    /// `STRIPE_BASE_URL`, without a slash at its end.
    pub(super) base_url: BaseUrl,
    /// `STRIPE_SECRET_KEY`.
    pub(super) secret_key: String,
}

impl fmt::Debug for StripeConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StripeConfig").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl StripeConfig {
    /// Reads `STRIPE_SECRET_KEY` and `STRIPE_BASE_URL` (Stripe's own address by default). Without a key there is no Stripe, which is no
    /// fault: whatever needs it says that payments are not configured.
    ///
    /// # Errors
    /// When a value is malformed.
    pub fn read(variables: &Variables) -> Result<Option<Self>, ConfigError> {
        let mut reader = Reader::new(variables);
        let secret_key = reader.optional("STRIPE_SECRET_KEY");
        if secret_key.as_ref().is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            reader.fault("STRIPE_SECRET_KEY is malformed: it is a key such as sk_live_… or rk_live_…");
        }
        let base_url = reader.parsed("STRIPE_BASE_URL", BaseUrl::of_vendor(STRIPE_URL));
        reader.finish(secret_key.map(|secret_key| Self { base_url, secret_key }))
    }
}
