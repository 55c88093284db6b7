//! What came of a task, and its recording in one transaction on top of the claim.

use shared::ai::{self, AiError, CampaignMessage, FollowUp, PostDraft};
use shared::clock::Timestamp;
use shared::event::{Actor, Fact};
use shared::id::{LeadActivityId, LeadId, PostId};
use shared::model::campaign::CampaignFigures;
use shared::model::lead::{Lead, LeadDetails};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::post::{Post, PostStatus};
use shared::model::task::{Task, TaskError, TaskOutput, TaskStatus};
use shared::model::usage::Usage;
use shared::problem::Problem;
use shared::store::{Entity, StoreError, Transaction, Versioned};
use shared::telemetry::{Measures, Metric};
use shared_lambda::JobError;

use crate::{Deps, notes};

/// What came of an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// A message to a lead.
    FollowUp { lead_id: LeadId, message: FollowUp, usage: ai::Usage },
    /// A post.
    Post { draft: PostDraft, usage: ai::Usage },
    /// An e-mail to leads.
    Campaign { lead_ids: Vec<LeadId>, message: CampaignMessage, usage: ai::Usage },
    /// Nothing.
    Failed(Failure),
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    code: &'static str,
    message: &'static str,
    /// Whether trying again can mend it.
    repeatable: bool,
    usage: ai::Usage,
}

impl Failure {
    const NOTHING: ai::Usage = ai::Usage { input_tokens: 0, output_tokens: 0 };

    /// The lead was removed after the task was created.
    pub(crate) const LEAD_GONE: Self =
        Self { code: "lead_gone", message: "The lead was removed.", repeatable: false, usage: Self::NOTHING };

    /// The organisation was deleted after the task was created.
    pub(crate) const ORGANIZATION_DELETED: Self = Self {
        code: "organization_deleted",
        message: "The organisation was deleted; now that it is back, try it again.",
        repeatable: false,
        usage: Self::NOTHING,
    };

    /// The last attempt did not come to an end.
    pub(crate) const ABANDONED: Self = Self {
        code: "abandoned",
        message: "Every attempt was interrupted; try it again.",
        repeatable: false,
        usage: Self::NOTHING,
    };
}

impl From<AiError> for Failure {
    fn from(error: AiError) -> Self {
        let usage = error.usage();
        let (code, message, repeatable) = match error {
            AiError::Unavailable { .. } => ("ai_unavailable", "The assistant could not be reached.", true),
            AiError::InvalidOutput { .. } => ("ai_invalid_output", "The assistant's answer was not usable.", true),
            AiError::Refused { .. } => ("ai_refused", "The assistant declined to write this.", false),
        };
        Self { code, message, repeatable, usage }
    }
}

/// Records an outcome, unless somebody else took the task over since it was `held`.
pub(crate) async fn record(
    deps: &Deps,
    held: &Versioned<Task>,
    outcome: Outcome,
    began: Timestamp,
) -> Result<(), JobError> {
    let services = &deps.services;
    // One id for every attempt at the transaction, whatever it turns out to be used for.
    let id = services.ids.next::<ulid::Ulid>();
    let plan = || async {
        let mut recording = Recording { deps, id, now: services.clock.now(), transaction: Transaction::new() };
        let current = services.store.get::<Task>(&held.key()).await?;
        let Some(task) = current.filter(|current| current.version == held.version) else {
            return Ok((recording.transaction, None));
        };
        let next = match &outcome {
            Outcome::FollowUp { lead_id, message, usage } => {
                recording.follow_up(&task, *lead_id, message, *usage).await?
            }
            Outcome::Post { draft, usage } => recording.post(&task, draft, *usage).await?,
            Outcome::Campaign { lead_ids, message, usage } => recording.campaign(&task, lead_ids, message, *usage),
            Outcome::Failed(failure) => recording.failed(&task, *failure).await?,
        };
        recording.transaction.replace(&task, next.clone());
        Ok::<_, Problem>((recording.transaction, Some(next.status)))
    };
    let status = services.store.execute(plan).await?.map_or("taken over", TaskStatus::name);
    let measures = Measures::new().with_time(Metric::TaskTime, services.clock.now().since(began));
    let (kind, attempts) = (held.input.kind(), held.attempts);
    tracing::info!(task_id = %held.id, ?kind, attempts, status, metrics = %measures, "task run");
    Ok(())
}

/// The transaction of an outcome in the making.
struct Recording<'a> {
    deps: &'a Deps,
    id: ulid::Ulid,
    now: Timestamp,
    transaction: Transaction<Problem>,
}

impl Recording<'_> {
    fn event(&mut self, task: &Task, fact: Fact) {
        self.transaction.create(self.deps.services.event(task.organization_id, Actor::Platform, task.trace, fact));
    }

    /// The task done, with what every task done leaves behind.
    fn completed(&mut self, task: &Task, output: TaskOutput, usage: ai::Usage) -> Task {
        self.transaction.update(Usage::settle_task(task.organization_id, &task.usage_month, usage));
        let (task_id, kind, attempts) = (task.id, task.input.kind(), task.attempts);
        self.event(task, Fact::TaskCompleted { task_id, kind, attempts });
        task.completed(output, self.now)
    }

    async fn follow_up(
        &mut self,
        task: &Task,
        lead_id: LeadId,
        message: &FollowUp,
        usage: ai::Usage,
    ) -> Result<Task, StoreError> {
        let lead = self.deps.services.store.get::<Lead>(&Lead::key_of(task.organization_id, lead_id)).await?;
        let Some(lead) = lead else { return self.failed(task, Failure { usage, ..Failure::LEAD_GONE }).await };
        let FollowUp { subject, body, next_step } = message.clone();
        let activity_id = LeadActivityId::from(self.id);
        self.transaction.create(LeadActivity {
            id: activity_id,
            organization_id: task.organization_id,
            lead_id,
            kind: LeadActivityKind::Task,
            subject: subject.clone(),
            body: body.clone(),
            task_id: Some(task.id),
            actor: Actor::Platform,
            at: self.now,
        });
        let line = format!("Follow-up prepared: {subject}");
        let notes = notes::with_line(lead.details.notes.as_deref(), &line, self.now);
        let freed = lead.without_follow_up(task.id).unwrap_or_else(|| lead.value.clone());
        let next = Lead {
            details: LeadDetails { notes: Some(notes), ..freed.details },
            last_follow_up_at: Some(self.now),
            updated_at: self.now,
            ..freed
        };
        self.transaction.replace(&lead, next);
        Ok(self.completed(task, TaskOutput::LeadFollowup { activity_id, subject, body, next_step }, usage))
    }

    async fn post(&mut self, task: &Task, draft: &PostDraft, usage: ai::Usage) -> Result<Task, StoreError> {
        let PostDraft { text, hashtags } = draft.clone();
        let post_id = PostId::from(self.id);
        self.transaction.create(Post {
            id: post_id,
            organization_id: task.organization_id,
            status: PostStatus::Draft,
            text: text.clone(),
            hashtags: hashtags.clone(),
            task_id: task.id,
            created_at: self.now,
        });
        shared::tasks::close_post(&self.deps.services.store, &mut self.transaction, task).await?;
        Ok(self.completed(task, TaskOutput::SocialMediaPost { post_id, text, hashtags }, usage))
    }

    /// The mails follow from the event; that they are sent is recorded with each.
    fn campaign(&mut self, task: &Task, lead_ids: &[LeadId], message: &CampaignMessage, usage: ai::Usage) -> Task {
        let CampaignMessage { subject, body } = message.clone();
        self.event(task, Fact::CampaignWritten { task_id: task.id, lead_ids: lead_ids.to_vec() });
        let figures = CampaignFigures::of(lead_ids.len());
        self.completed(task, TaskOutput::EmailCampaign { subject, body, figures }, usage)
    }

    /// The task after a failed attempt; when it failed for good, what it held is given back.
    async fn failed(&mut self, task: &Task, failure: Failure) -> Result<Task, StoreError> {
        let Failure { code, message, repeatable, usage } = failure;
        let error = TaskError { code: code.to_owned(), message: message.to_owned() };
        let next = task.attempt_failed(error, repeatable, self.now);
        let (task_id, kind, attempts, code) = (task.id, task.input.kind(), task.attempts, code.to_owned());
        if next.status == TaskStatus::Failed {
            shared::tasks::give_back(&self.deps.services.store, &mut self.transaction, task, usage).await?;
            self.event(task, Fact::TaskFailed { task_id, kind, attempts, code });
        } else {
            if usage.total_tokens() > 0 {
                let settle = Usage::settle_tokens(task.organization_id, &task.usage_month, usage);
                self.transaction.update(settle);
            }
            self.event(task, Fact::TaskAttemptFailed { task_id, kind, attempts, code });
        }
        Ok(next)
    }
}
