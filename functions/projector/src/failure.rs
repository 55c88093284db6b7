//! Events whose projection failed.

use shared::event::Event;
use shared::id::{EventId, OrganizationId};
use shared::model::projection::{Projection, ProjectionFailure};
use shared::store::Transaction;

use crate::{Deps, ProjectionError, project};

/// Records that an event could not be projected, so that the sweep brings it back.
pub(crate) async fn remember(
    deps: &Deps,
    organization: OrganizationId,
    event: EventId,
    error: &ProjectionError,
) -> Result<(), ProjectionError> {
    let (store, now) = (&deps.services.store, deps.services.clock.now());
    let reason = error.to_string();
    let plan = || async {
        let mut transaction = Transaction::new();
        match Projection::read(store, event).await? {
            // The attempt succeeded after all, or another one did.
            Projection { done: true, .. } => {}
            Projection { failure: Some(failure), .. } => {
                transaction.replace(&failure, failure.again(&reason, now));
            }
            Projection { failure: None, .. } => {
                transaction.create(ProjectionFailure::new(event, organization, &reason, now));
            }
        }
        Ok((transaction, ()))
    };
    store.execute(plan).await
}

/// Projects an event that failed before.
pub(crate) async fn attempt_again(
    deps: &Deps,
    organization: OrganizationId,
    event: EventId,
) -> Result<(), ProjectionError> {
    let store = &deps.services.store;
    if let Some(found) = store.get::<Event>(&Event::key_of(organization, event)).await? {
        return project(deps, &found.value).await;
    }
    // Its organisation's trail was removed since: there is nothing left to project.
    tracing::warn!(%organization, %event, "a failed event is no longer there and is given up");
    let plan = || async {
        let mut transaction = Transaction::new();
        if let Some(failure) = Projection::read(store, event).await?.failure {
            transaction.delete(&failure);
        }
        Ok((transaction, ()))
    };
    store.execute(plan).await
}
