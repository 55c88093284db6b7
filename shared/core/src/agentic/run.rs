//! One run: observe, act, record.

use super::observe::observe;
use super::rules::{ACT_ABOVE, FOLLOW_UPS_MAXIMUM, follow_up_candidates, insights, is_stale, may_follow_up};
use crate::event::{Actor, Event, Fact};
use crate::id::{LeadId, TaskId};
use crate::model::agentic_run::{Action, AgenticRun, InsightKind, OpenPostTask};
use crate::model::lead::Lead;
use crate::model::organization::Organization;
use crate::model::task::{Task, TaskInput};
use crate::problem::Problem;
use crate::services::Services;
use crate::store::{StoreError, Transaction, Versioned};
use crate::tasks;
use crate::trace::Trace;

/// Who wants a run for which organisation.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    /// The organisation.
    pub organization: &'a Organization,
    /// The run's name: runs of one name are one run.
    pub run_id: String,
    /// Who asked for it.
    pub actor: Actor,
    /// Where it comes from.
    pub trace: Trace,
}

/// Why an action was not taken.
#[derive(Debug)]
enum Refusal {
    /// The month's tasks or posts are used up.
    LimitReached,
    /// A post task is open already.
    PostTaskOpen,
    /// Something failed.
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

/// Runs the engine. A run that was finished before is answered as it ended; one that was interrupted is continued.
pub async fn run(services: &Services, request: &RunRequest<'_>) -> Result<AgenticRun, Problem> {
    let (organization, key) = (request.organization.id, AgenticRun::key_of(request.organization.id, &request.run_id));
    let earlier = services.store.get::<AgenticRun>(&key).await?;
    if let Some(earlier) = earlier.filter(|run| run.finished_at.is_some()) {
        return Ok(earlier.value);
    }
    let seen = observe(services, organization).await?;
    let begun = services
        .store
        .execute(|| async {
            let mut transaction = Transaction::<Problem>::new();
            let run = match services.store.get::<AgenticRun>(&key).await? {
                Some(run) => run.value,
                None => {
                    let run = AgenticRun {
                        id: request.run_id.clone(),
                        organization_id: organization,
                        started_at: services.clock.now(),
                        finished_at: None,
                        insights: insights(&seen),
                        actions: Vec::new(),
                    };
                    transaction.create(run.clone());
                    run
                }
            };
            Ok::<_, Problem>((transaction, run))
        })
        .await?;
    if begun.finished_at.is_some() {
        return Ok(begun);
    }
    let acts_on = |kind| begun.insights.iter().any(|insight| insight.kind == kind && insight.confidence > ACT_ABOVE);
    let engine = Engine { services, request };
    let mut remarks = Vec::new();
    if acts_on(InsightKind::StaleLeads) {
        for lead in follow_up_candidates(&seen.stale_leads, services.clock.now()) {
            match engine.follow_up(lead).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(Refusal::LimitReached) => {
                    remarks.push(limit_reached("tasks"));
                    break;
                }
                Err(Refusal::PostTaskOpen) => {}
                Err(Refusal::Problem(problem)) => return Err(problem),
            }
        }
    }
    if acts_on(InsightKind::LowContentOutput) {
        match engine.write_post().await {
            Ok(()) | Err(Refusal::PostTaskOpen) => {}
            Err(Refusal::LimitReached) => remarks.push(limit_reached("tasks or posts")),
            Err(Refusal::Problem(problem)) => return Err(problem),
        }
    }
    if acts_on(InsightKind::TaskBacklog) {
        let message =
            "More than 10 tasks are pending; cancel what is no longer needed or look at why they wait.".to_owned();
        remarks.push(Action::Warning { message });
    }
    engine.finish(remarks).await
}

fn limit_reached(what: &str) -> Action {
    let message =
        format!("The plan's {what} of this month are used up; a larger plan has more, or wait for the next month.");
    Action::LimitReached { message }
}

struct Engine<'a> {
    services: &'a Services,
    request: &'a RunRequest<'a>,
}

impl Engine<'_> {
    fn event(&self, fact: Fact) -> Event {
        let RunRequest { organization, actor, trace, .. } = self.request;
        self.services.event(organization.id, *actor, *trace, fact)
    }

    async fn current(&self) -> Result<Versioned<AgenticRun>, Problem> {
        let key = AgenticRun::key_of(self.request.organization.id, &self.request.run_id);
        self.services.store.get(&key).await?.ok_or_else(|| Problem::internal("a run vanished while it was running"))
    }

    fn task(&self, title: String, input: TaskInput) -> Task {
        let (Services { ids, clock, .. }, RunRequest { organization, actor, trace, .. }) =
            (self.services, self.request);
        Task::new(ids.next::<TaskId>(), organization.id, title, input, *actor, *trace, clock.now())
    }

    /// The writes that every new task needs: the task, the usage it reserves, the run's memory of it, the event.
    fn create(&self, transaction: &mut Transaction<Refusal>, task: Task, run: &Versioned<AgenticRun>, action: Action) {
        let event = self.event(Fact::TaskCreated { task_id: task.id, kind: task.input.kind() });
        tasks::create(transaction, task, self.request.organization.plan.plan(), event, Refusal::LimitReached);
        let mut next = run.value.clone();
        next.actions.push(action);
        transaction.replace(run, next);
    }

    /// Creates a follow-up task for a lead if the lead still wants one; false once the run has created as many as it may.
    async fn follow_up(&self, lead_id: LeadId) -> Result<bool, Refusal> {
        let store = &self.services.store;
        store
            .execute(|| async {
                let (mut transaction, now) = (Transaction::new(), self.services.clock.now());
                let run = self.current().await?;
                let created = run.actions.iter().filter(|action| matches!(action, Action::LeadFollowup { .. })).count();
                // A run that the same command finished meanwhile is answered as it ended: nothing is added to it.
                if run.finished_at.is_some() || created >= FOLLOW_UPS_MAXIMUM {
                    return Ok((transaction, false));
                }
                let lead = store.get::<Lead>(&Lead::key_of(self.request.organization.id, lead_id)).await?;
                if let Some(lead) = lead.filter(|lead| is_stale(lead, now) && may_follow_up(lead, now)) {
                    let task =
                        self.task(Task::follow_up_title(&lead.details.name), TaskInput::LeadFollowup { lead_id });
                    if let Some(next) = lead.with_follow_up(task.id, now) {
                        transaction.replace(&lead, next);
                    }
                    let action = Action::LeadFollowup { task_id: task.id, lead_id };
                    self.create(&mut transaction, task, &run, action);
                }
                Ok((transaction, true))
            })
            .await
    }

    /// Creates a post task unless one is open.
    async fn write_post(&self) -> Result<(), Refusal> {
        let organization_id = self.request.organization.id;
        self.services
            .store
            .execute(|| async {
                let mut transaction = Transaction::new();
                let run = self.current().await?;
                let written = run.actions.iter().any(|action| matches!(action, Action::SocialMediaPost { .. }));
                if run.finished_at.is_none() && !written {
                    let task = self.task(Task::POST_TITLE.to_owned(), TaskInput::SocialMediaPost);
                    transaction.create_or(OpenPostTask { organization_id, task_id: task.id }, Refusal::PostTaskOpen);
                    let action = Action::SocialMediaPost { task_id: task.id };
                    self.create(&mut transaction, task, &run, action);
                }
                Ok((transaction, ()))
            })
            .await
    }

    async fn finish(&self, remarks: Vec<Action>) -> Result<AgenticRun, Problem> {
        self.services
            .store
            .execute(|| async {
                let mut transaction = Transaction::<Problem>::new();
                let run = self.current().await?;
                if run.finished_at.is_some() {
                    return Ok((transaction, run.value));
                }
                let mut next = run.value.clone();
                next.actions.extend(remarks.iter().cloned());
                next.finished_at = Some(self.services.clock.now());
                let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
                let (insights, actions) = (count(next.insights.len()), count(next.actions.len()));
                transaction.create(self.event(Fact::AgenticRunCompleted {
                    run_id: next.id.clone(),
                    insights,
                    actions,
                }));
                transaction.replace(&run, next.clone());
                Ok::<_, Problem>((transaction, next))
            })
            .await
    }
}
