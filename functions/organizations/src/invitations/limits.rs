//! How many invitations are mailed: strangers get them, and nobody asked for them.

use std::time::Duration;

use http::HeaderMap;
use shared::id::OrganizationId;
use shared::model::account_email::AccountEmail;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::RateLimit;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What one organisation may send.
const ORGANIZATION: RateLimit = RateLimit { name: "invitations", attempts: 50, window: DAY };
/// What one address may get from one organisation, however often it is invited, revoked and invited again.
const ADDRESS: RateLimit = RateLimit { name: "invitation-address", attempts: 5, window: DAY };

/// Counts a mail to an address, or refuses it with 429. The headers say where the organisation stands.
pub(super) async fn count(
    services: &Services,
    organization: OrganizationId,
    address: &str,
) -> Result<HeaderMap, Problem> {
    let subject = format!("{organization} {}", AccountEmail::normalize(address));
    let address = services.store.count_attempt(ADDRESS, &subject).await?;
    let organization = services.store.count_attempt(ORGANIZATION, &organization.to_string()).await?;
    let mut headers = organization.headers();
    for (name, value) in address.headers().iter() {
        headers.append(name, value.clone());
    }
    Ok(headers)
}
