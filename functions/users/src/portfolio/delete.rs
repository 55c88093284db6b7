//! `DELETE /api/users/{userId}/portfolio/{entryId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{PortfolioEntryId, UserId};
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::profile::Profile;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

/// Remove an entry of one's portfolio.
#[utoipa::path(
    delete, path = "/api/users/{userId}/portfolio/{entryId}", operation_id = "deletePortfolioEntry", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ("entryId" = PortfolioEntryId, Path)),
    responses(
        (status = 204, description = "The entry is gone."),
        (status = 403, description = "`forbidden`: the portfolio is another's, and the caller no admin of the platform."),
    )
)]
pub(crate) async fn delete_portfolio_entry(
    State(services): State<Services>,
    principal: Principal,
    Path((id, entry_id)): Path<(UserId, PortfolioEntryId)>,
) -> Result<StatusCode, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let plan = || async {
        let entry = services.store.get::<PortfolioEntry>(&PortfolioEntry::key_of(id, entry_id)).await?;
        let entry = entry.ok_or_else(Problem::not_found)?;
        let (now, own) = (services.clock.now(), Own::find(&services, id).await?);
        let current = own.profile(now);
        let next = Profile { portfolio_count: current.portfolio_count.saturating_sub(1), updated_at: now, ..current };
        let mut transaction = Transaction::<Error>::new();
        own.become_next(None, next, [&[], &[]], &mut transaction);
        transaction.delete(&entry);
        let fact = Fact::PortfolioChanged { user_id: id, entry_id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
