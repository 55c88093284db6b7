//! `POST /api/users/{userId}/portfolio`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input, Path};
use shared::id::{PortfolioEntryId, UserId};
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::profile::{PORTFOLIO_ENTRIES_MAXIMUM, Profile};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};

use super::input::PortfolioEntryInput;
use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

/// Add an entry to one's portfolio.
#[utoipa::path(
    post, path = "/api/users/{userId}/portfolio", operation_id = "createPortfolioEntry", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), IdempotencyHeader),
    request_body = PortfolioEntryInput,
    responses(
        (status = 201, description = "The entry.", body = PortfolioEntry),
        (status = 403, description = "`forbidden`: the portfolio is another's, and the caller no admin of the platform."),
        (status = 409, description = "`portfolio_full`: it has 50 entries."),
    )
)]
pub(crate) async fn create_portfolio_entry(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    idempotency: IdempotencyKey,
    Input(input): Input<PortfolioEntryInput>,
) -> Result<Reply<PortfolioEntry>, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let once = idempotency.once(&format!("{}/{id}", principal.caller()), &input)?;
    let plan = || async {
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let current = own.profile(now);
        if current.portfolio_count >= PORTFOLIO_ENTRIES_MAXIMUM {
            return Err(Error::PortfolioFull);
        }
        let entry_id = services.ids.next::<PortfolioEntryId>();
        let entry = input.entry(entry_id, id, now, now);
        let next = Profile { portfolio_count: current.portfolio_count.saturating_add(1), updated_at: now, ..current };
        let mut transaction = Transaction::new();
        own.become_next(None, next, [&[], &[]], &mut transaction);
        transaction.create(entry.clone());
        let fact = Fact::PortfolioChanged { user_id: id, entry_id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok((transaction, StatusCode::CREATED, entry))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
