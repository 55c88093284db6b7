//! How often somebody may try.
//!
//! Nobody is locked out. A window ends at a fixed time, whatever anybody does within it, and attempts are counted for an account *as tried
//! from one network*, so that a stranger who guesses uses up only what strangers on the same network have. What many networks together
//! try on one account is bounded by [`Failures`], which hold for networks alone from which its owner has not signed in: a flood from
//! everywhere cannot keep the owner out at home, and elsewhere only for as long as it lasts.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use shared::clock::Timestamp;
use shared::model::account_email::AccountEmail;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Attempt, Item, Key, RateLimit, RateStatus};

use crate::Error;
use crate::client::Client;

const WINDOW: Duration = Duration::from_secs(5 * 60);

const HOUR: Duration = Duration::from_secs(60 * 60);

/// What stands for the network where the host knows no address.
const UNKNOWN_NETWORK: &str = "unknown";

/// The network that a request is counted for.
pub(crate) fn network_of(client: &Client) -> String {
    client.network().unwrap_or_else(|| UNKNOWN_NETWORK.to_owned())
}

/// The limits of one endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For each account, as tried from one network or as a whole: against guessing one account's password.
    account: RateLimit,
    /// For each network that tries, whatever the accounts: against trying one password on many accounts.
    network: RateLimit,
    /// Whether the account's attempts count together, whatever networks they come from.
    whole_account: bool,
}

impl Limits {
    pub(crate) const LOGIN: Self = Self {
        account: RateLimit { name: "login-account", attempts: 10, window: WINDOW },
        network: RateLimit { name: "login-network", attempts: 100, window: WINDOW },
        whole_account: false,
    };
    pub(crate) const REGISTER: Self = Self {
        account: RateLimit { name: "register-account", attempts: 10, window: WINDOW },
        network: RateLimit { name: "register-network", attempts: 100, window: WINDOW },
        whole_account: false,
    };
    pub(crate) const SECOND_FACTOR: Self = Self {
        account: RateLimit { name: "second-factor-account", attempts: 10, window: Duration::from_secs(15 * 60) },
        network: RateLimit { name: "second-factor-network", attempts: 300, window: Duration::from_secs(15 * 60) },
        whole_account: false,
    };

    /// Mails are counted by the hour and whoever asks for them: a few are enough for whoever waits for one, and too few to fill a mailbox
    /// with.
    pub(crate) const VERIFY_EMAIL: Self = Self::of_mail("verify-email-account", "verify-email-network");
    pub(crate) const FORGOT_PASSWORD: Self = Self::of_mail("forgot-password-account", "forgot-password-network");
    pub(crate) const CHANGE_EMAIL: Self = Self::of_mail("change-email-account", "change-email-network");

    const fn of_mail(account: &'static str, network: &'static str) -> Self {
        Self {
            account: RateLimit { name: account, attempts: 5, window: HOUR },
            network: RateLimit { name: network, attempts: 100, window: HOUR },
            whole_account: true,
        }
    }

    /// Counts an attempt on `account` (an address, an id), or refuses it with 429. The headers say where the caller stands with both
    /// limits. What the network may not try does not use up the account's attempts.
    pub(crate) async fn count(self, services: &Services, client: &Client, account: &str) -> Result<HeaderMap, Error> {
        let store = &services.store;
        let statuses = if self.whole_account {
            let network = store.count_attempt(self.network, &network_of(client)).await?;
            [network, store.count_attempt(self.account, &AccountEmail::normalize(account)).await?]
        } else {
            store.count(&self.attempt(client, account, services.clock.now())).await?
        };
        Ok(headers_of(&statuses))
    }

    /// An attempt on `account` that is counted with what it leads to, see [`Attempt`].
    pub(crate) fn attempt(self, client: &Client, account: &str, now: Timestamp) -> Attempt {
        debug_assert!(!self.whole_account, "an account's attempts from all networks lie in a row of their own");
        Attempt::new(self.network, network_of(client), self.account, &AccountEmail::normalize(account), now)
    }
}

/// The headers that say where the caller stands with limits.
pub(crate) fn headers_of(statuses: &[RateStatus]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for status in statuses {
        for (name, value) in &status.headers() {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// How often credentials may be presented within one session, to change the password or to step up. A stranger has no session, so that
/// this limit is the owner's, or of a thief, whose other sessions it leaves alone.
pub(crate) const WITHIN_SESSION: RateLimit = RateLimit { name: "session-credentials", attempts: 10, window: WINDOW };

/// How often an account may be tried in vain by all networks together before those that it does not know are refused.
///
/// The count is read with the account, so that it costs a request only when an attempt fails; it is the same for every account and
/// network, and for addresses that have no account, so that neither answer nor time tells them apart. Attempts at the same moment may
/// overtake the count: what they can try is bounded by the limits of each network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failures(RateLimit);

impl Failures {
    pub(crate) const LOGIN: Self = Self(RateLimit { name: "login-failures", attempts: 50, window: WINDOW });
    /// Of a million codes three are right at a time: with 20 attempts in an hour, who has the password alone finds one in two years.
    pub(crate) const SECOND_FACTOR: Self =
        Self(RateLimit { name: "second-factor-failures", attempts: 20, window: HOUR });

    /// Where the count of this account lies.
    pub(crate) fn key_of(self, account: &str, now: Timestamp) -> Key {
        self.0.key_of(account, now)
    }

    /// Refuses an attempt with 429 where there were too many in vain. `count` is what lies at the key.
    pub(crate) fn require_few(self, count: Option<&Item>, now: Timestamp) -> Result<(), Problem> {
        let counted = count.map_or(0, RateLimit::attempts_of);
        self.0.status(counted.saturating_add(1), now).map(drop)
    }

    /// Counts an attempt in vain.
    pub(crate) async fn count(self, services: &Services, account: &str) -> Result<(), Problem> {
        match services.store.count_attempt(self.0, account).await {
            // The count is full; what follows from that is decided when the next attempt begins.
            Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => Ok(()),
            counted => counted.map(drop),
        }
    }
}

/// The outcome of a counted attempt, good or bad, with the headers that say where the caller stands.
pub(crate) struct Counted<T> {
    pub(crate) headers: HeaderMap,
    pub(crate) outcome: Result<T, Error>,
}

impl<T: IntoResponse> IntoResponse for Counted<T> {
    fn into_response(self) -> Response {
        let mut response = self.outcome.into_response();
        // A refusal tells of the limit that refuses.
        if !response.headers().contains_key("ratelimit") {
            response.headers_mut().extend(self.headers);
        }
        response
    }
}
