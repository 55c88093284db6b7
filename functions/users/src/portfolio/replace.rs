//! `PUT /api/users/{userId}/portfolio/{entryId}`

use axum::Json;
use axum::extract::State;
use shared::access::{PlatformRole, Principal};
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::{PortfolioEntryId, UserId};
use shared::model::portfolio_entry::PortfolioEntry;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use super::input::PortfolioEntryInput;
use crate::Error;
use crate::rights::own_or;

/// Write an entry of one's portfolio anew.
#[utoipa::path(
    put, path = "/api/users/{userId}/portfolio/{entryId}", operation_id = "replacePortfolioEntry", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), ("entryId" = PortfolioEntryId, Path)),
    request_body = PortfolioEntryInput,
    responses(
        (status = 200, description = "The entry.", body = PortfolioEntry),
        (status = 403, description = "`forbidden`: the portfolio is another's, and the caller no admin of the platform."),
    )
)]
pub(crate) async fn replace_portfolio_entry(
    State(services): State<Services>,
    principal: Principal,
    Path((id, entry_id)): Path<(UserId, PortfolioEntryId)>,
    Input(input): Input<PortfolioEntryInput>,
) -> Result<Json<PortfolioEntry>, Error> {
    own_or(&principal, id, PlatformRole::Admin)?;
    let plan = || async {
        let current = services.store.get::<PortfolioEntry>(&PortfolioEntry::key_of(id, entry_id)).await?;
        let current = current.ok_or_else(Problem::not_found)?;
        let next = input.entry(entry_id, id, current.created_at, services.clock.now());
        let mut transaction = Transaction::<Error>::new();
        transaction.replace(&current, next.clone());
        let fact = Fact::PortfolioChanged { user_id: id, entry_id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok::<_, Error>((transaction, next))
    };
    Ok(Json(services.store.execute(plan).await?))
}
