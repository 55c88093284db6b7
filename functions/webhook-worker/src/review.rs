//! An account whose plan changes by time alone.

use payments::{SettleError, Settler};
use shared::event::Actor;
use shared::id::OrganizationId;
use shared::store::Transaction;
use shared::trace::Trace;
use shared_lambda::JobError;

use crate::Deps;
use crate::process::fault;

/// Settles an organisation's account as of now. One that is not due is settled too, which changes nothing.
pub(crate) async fn review(deps: &Deps, organization: OrganizationId) -> Result<(), JobError> {
    let Some(payments) = &deps.payments else {
        tracing::warn!(%organization, "payments are not configured: the account is left as it is");
        return Ok(());
    };
    let trace = Trace::begin(&deps.services.ids);
    trace.record();
    let settler = Settler { payments, services: &deps.services, trace, actor: Actor::Platform };
    let plan = || async {
        let mut transaction = Transaction::new();
        let account = settler.account(organization, &mut transaction).await?;
        Ok::<_, SettleError>((transaction, account))
    };
    let account = deps.services.store.execute(plan).await.map_err(|error| match error {
        SettleError::Store(error) => fault(error),
        SettleError::Stripe(error) => JobError::Retry(error.to_string()),
    })?;
    if let Some(settled) = account {
        tracing::info!(%organization, plan = %settled.plan, "account reviewed");
    }
    Ok(())
}
