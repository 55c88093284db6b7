//! BUZ, the platform's token: what people have, send each other and stake, and how much of it there is.
//!
//! Every amount is an integer of micro-BUZ, a millionth of a BUZ. What happens is a transfer of the ledger (`shared::ledger`), planned into
//! one transaction with the rows and the event of its command. docs/adr/0008 says how BUZ come into being and end.

mod amount;
mod balance;
mod claim;
mod error;
mod fee;
mod history;
mod issuance;
mod past;
mod quote;
mod rewards;
mod rights;
mod stake;
mod stakes;
mod statement;
mod supply;
mod transfer;
mod unstake;
mod view;

use axum::extract::FromRef;
use shared::services::Services;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The tables, the time, the callers.
    pub services: Services,
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(balance::get_buz_balance))
        .routes(routes!(past::get_past_buz_balance))
        .routes(routes!(history::list_buz_history))
        .routes(routes!(statement::get_buz_statement))
        .routes(routes!(quote::quote_buz_transfer))
        .routes(routes!(transfer::transfer_buz))
        .routes(routes!(stakes::list_stakes))
        .routes(routes!(stake::stake_buz))
        .routes(routes!(unstake::unstake_buz))
        .routes(routes!(rewards::get_reward_pool, claim::claim_rewards))
        .routes(routes!(supply::get_buz_supply))
        .routes(routes!(issuance::mint_buz))
        .routes(routes!(issuance::burn_buz))
}
