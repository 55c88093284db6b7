//! The function's binary as Lambda runs it.

use std::time::Duration;

use serde_json::{Value, json};
use shared::event::Actor;
use shared::id::{EventId, OrganizationId};
use shared::model::projection::ProjectionFailure;
use shared::model::task::{Task, TaskInput};
use shared::queue::TaskMessage;
use shared::trace::Trace;
use testkit::FunctionHost;

const TASKS: &str = "groundwork-local-tasks";

#[tokio::test]
async fn its_schedule_starts_it() {
    let host = FunctionHost::start("sweep", env!("CARGO_BIN_EXE_sweep")).await;
    let (services, input) = (&host.cloud.services, TaskInput::SocialMediaPost);
    let (now, organization): (_, OrganizationId) = (services.clock.now(), services.ids.next());
    let past = now.minus(Duration::from_secs(24 * 60 * 60));
    let task = |at| {
        let trace = Trace::begin(&services.ids);
        Task::new(services.ids.next(), organization, "Write".to_owned(), input.clone(), Actor::Platform, trace, at)
    };
    let (due, fresh) = (task(past), task(now));
    let event: EventId = services.ids.next();
    let failure = ProjectionFailure::new(event, organization, "the queue is away", past);
    host.cloud
        .write(|transaction| {
            transaction.create(due.clone());
            transaction.create(fresh.clone());
            transaction.create(failure.clone());
        })
        .await;

    // The task is due a grace after its doorbell was to be heard, the failure a minute after its attempt: both are rung in this minute.
    let time = due.due_at.plus(Duration::from_secs(125));
    let done = |failures_touched: u64| -> Value {
        json!({ "tasksRung": 1, "mailsRung": 0, "deliveriesRung": 0, "inboundRung": 0, "reviewsRung": 0, "failuresTouched": failures_touched, "transfersTimedOut": 0, "left": 0, "unreadable": 0, "unfinished": 0 })
    };
    assert_eq!(host.schedule_cases(time).await, done(1));
    let rung =
        || host.bodies(TASKS).into_iter().map(|body| serde_json::from_str::<TaskMessage>(&body).unwrap().task_id);
    assert_eq!(rung().collect::<Vec<_>>(), [due.id], "not the one that is not due");
    let touched = services.store.get::<ProjectionFailure>(&ProjectionFailure::key_of(event)).await.unwrap().unwrap();
    assert!(touched.value.is_touch_since(&failure));

    assert_eq!(host.invoke(host.schedule_event(time)).await, done(0), "what was touched is left to the projector");
    assert_eq!(rung().collect::<Vec<_>>(), [due.id, due.id], "a doorbell may be rung twice");
}
