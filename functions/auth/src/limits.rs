//! How often somebody may try.
//!
//! Nobody is locked out: a window ends at a fixed time, whatever anybody does within it.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use shared::model::account_email::AccountEmail;
use shared::services::Services;
use shared::store::RateLimit;

use crate::Error;
use crate::client::Client;

const WINDOW: Duration = Duration::from_secs(5 * 60);

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The limits of one endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For each address that is tried, from wherever: against guessing one account's password.
    account: RateLimit,
    /// For each network that tries, whatever the addresses: against trying one password on many accounts.
    network: RateLimit,
}

impl Limits {
    pub(crate) const LOGIN: Self = Self {
        account: RateLimit { name: "login-account", attempts: 10, window: WINDOW },
        network: RateLimit { name: "login-network", attempts: 100, window: WINDOW },
    };
    pub(crate) const REGISTER: Self = Self {
        account: RateLimit { name: "register-account", attempts: 10, window: WINDOW },
        network: RateLimit { name: "register-network", attempts: 100, window: WINDOW },
    };

    /// Mails are counted by the hour: a few are enough for whoever waits for one, and too few to fill a mailbox with.
    pub(crate) const VERIFY_EMAIL: Self = Self::of_mail("verify-email-account", "verify-email-network");
    pub(crate) const FORGOT_PASSWORD: Self = Self::of_mail("forgot-password-account", "forgot-password-network");
    pub(crate) const CHANGE_EMAIL: Self = Self::of_mail("change-email-account", "change-email-network");

    const fn of_mail(account: &'static str, network: &'static str) -> Self {
        Self {
            account: RateLimit { name: account, attempts: 5, window: HOUR },
            network: RateLimit { name: network, attempts: 100, window: HOUR },
        }
    }

    /// Counts an attempt on the account of `email` (or of this id, where the caller has signed in), or refuses it with 429. The headers say where the caller stands with both limits.
    ///
    /// The network is counted first: what it may not try does not use up the account's attempts.
    pub(crate) async fn count(self, services: &Services, client: &Client, email: &str) -> Result<HeaderMap, Error> {
        let network = client.address.map_or_else(|| "unknown".to_owned(), |address| address.network());
        let network = services.store.count_attempt(self.network, &network).await?;
        let account = services.store.count_attempt(self.account, &AccountEmail::normalize(email)).await?;
        let mut headers = network.headers();
        for (name, value) in account.headers().iter() {
            headers.append(name, value.clone());
        }
        Ok(headers)
    }
}

/// The outcome of a counted attempt, good or bad, with the headers that say where the caller stands.
pub(crate) struct Counted<T> {
    pub(crate) headers: HeaderMap,
    pub(crate) outcome: Result<T, Error>,
}

impl<T: IntoResponse> IntoResponse for Counted<T> {
    fn into_response(self) -> Response {
        (self.headers, self.outcome).into_response()
    }
}
