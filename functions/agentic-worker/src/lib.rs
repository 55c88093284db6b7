//! Runs the agentic engine for one organisation a message.
//!
//! A message may come more than once, and the organisation may have changed since it was sent: the run is named after the message's
//! hour, and runs of one name are one run; the plan is read anew. A message may also come late, out of the dead letters even two weeks:
//! by then the row is gone that says whether its hour ran, and later hours have noticed whatever there was, so that it is let go.

use std::time::Duration;

use shared::agentic::{self, RunRequest};
use shared::clock::Timestamp;
use shared::event::Actor;
use shared::model::organization::Organization;
use shared::problem::Problem;
use shared::queue::AgenticMessage;
use shared::services::Services;
use shared_lambda::{JobError, QueueSender, SqsBatchResponse, SqsEvent, handle_batch};

/// How long after its hour began a run may begin or go on; well below the seven days for which runs are remembered.
const SLOT_VALID: Duration = Duration::from_secs(24 * 60 * 60);

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
}

/// Works off a batch of the `agentic` queue. What can never be done goes to `dead_letters`.
pub async fn handle(deps: &Deps, event: SqsEvent, dead_letters: &QueueSender) -> SqsBatchResponse {
    handle_batch(event, dead_letters, |message| handle_message(deps, message)).await
}

/// Runs the engine for the organisation and the hour that a message names; not for an hour more than 24 hours ago.
///
/// # Errors
/// [`JobError::Reject`] for an hour that is none and an organisation that is gone, [`JobError::Retry`] when the store fails.
pub async fn handle_message(deps: &Deps, message: AgenticMessage) -> Result<(), JobError> {
    let AgenticMessage { organization_id, slot, trace } = message;
    trace.record();
    let hour = hour_of(&slot);
    let hour = hour.ok_or_else(|| JobError::Reject("the slot is no hour such as 2026-11-20T09".to_owned()))?;
    let services = &deps.services;
    if services.clock.now().since(hour) > SLOT_VALID {
        tracing::warn!(organization = %organization_id, slot, "a message came a day late and was let go");
        return Ok(());
    }
    let found = services.store.get::<Organization>(&Organization::key_of(organization_id)).await;
    let organization = found.map_err(Problem::from)?;
    let organization = organization.ok_or_else(|| JobError::Reject("there is no such organisation".to_owned()))?;
    if !organization.is_there() {
        tracing::info!(organization = %organization_id, "the organisation was deleted");
        return Ok(());
    }
    if !organization.plan.plan().agentic_engine {
        tracing::info!(organization = %organization_id, "the plan no longer includes the engine");
        return Ok(());
    }
    let request = RunRequest { organization: &organization, run_id: slot, actor: Actor::Platform, trace };
    let run = agentic::run(services, &request).await?;
    let (insights, actions) = (run.insights.len(), run.actions.len());
    tracing::info!(organization = %organization_id, slot = run.id, insights, actions, "the engine ran");
    Ok(())
}

/// When the hour began that a text names as [`Timestamp::hour`] writes it: any other spelling would make a second run of the same hour.
fn hour_of(slot: &str) -> Option<Timestamp> {
    let time = format!("{slot}:00:00Z").parse::<Timestamp>().ok()?;
    (time.hour() == slot).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::hour_of;

    #[test]
    fn an_hour_has_one_spelling() {
        let hour = |slot: &str| hour_of(slot).map(|time| time.to_string());
        assert_eq!(hour("2026-11-20T09").as_deref(), Some("2026-11-20T09:00:00.000Z"));
        assert_eq!(hour("2028-02-29T23").as_deref(), Some("2028-02-29T23:00:00.000Z"));
        let wrong =
            ["", "2026-11-20", "2026-11-20T9", "2026-11-20T24", "2026-11-20t09", "2026-11-20 09", "2026-02-30T09"];
        for slot in wrong.into_iter().chain(["2026-11-20T09:00", "+2026-11-20T09", "run_01KAGR3V0R0000000000000000"]) {
            assert_eq!(hour_of(slot), None, "{slot}");
        }
    }
}
