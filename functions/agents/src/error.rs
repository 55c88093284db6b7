//! What can go wrong here.

use http::StatusCode;
use shared::ai::AiError;
use shared::clock::Timestamp;
use shared::id::ConversationId;
use shared::model::usage::{Lack, Limited};
use shared::plan::Plan;
use shared::problem::{FieldProblem, Problem};
use shared::shortfall::Shortfall;

/// How long a caller waits for the assistant when its provider does not say.
const AI_PAUSE_SECONDS: u32 = 30;

/// An error of the agents function.
#[derive(Debug)]
pub enum Error {
    /// The assistant gave no usable answer to a message that is saved in this conversation.
    Ai(AiError, ConversationId),
    /// This plan does not have it, or no more of it.
    Shortfall(&'static Plan, Shortfall),
    /// The month has too little left of one of these on this plan; of which, the refused reservation does not tell.
    LimitReached {
        /// The plan.
        plan: &'static Plan,
        /// What was to be reserved.
        amounts: Vec<(Limited, u32)>,
        /// When the month ends.
        resets_at: Timestamp,
    },
    /// The task is to work on a lead that is not there.
    LeadUnknown,
    /// The lead of the task was removed meanwhile.
    LeadGone,
    /// These leads of a campaign cannot be written to.
    RecipientsUnfit(Vec<FieldProblem>),
    /// A lead of the campaign can no longer be written to.
    RecipientsChanged,
    /// Whoever asks for a campaign has not shown that their own address is theirs.
    EmailUnverified,
    /// The lead has a follow-up task that is not over.
    FollowUpOpen,
    /// The organisation has a post task that is not over.
    PostTaskOpen,
    /// Only pending tasks can be cancelled.
    NotPending,
    /// Only failed tasks can be tried again.
    NotFailed,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Ai(error, conversation) => ai(&error).with_extension("conversationId", conversation),
            Error::Shortfall(plan, shortfall) => shortfall.on(plan),
            Error::LimitReached { plan, amounts, resets_at } => {
                let (limited, wanted) = amounts.first().copied().unwrap_or((Limited::Tasks, 1));
                let lack = Lack { limited, used: limited.limit(plan), wanted };
                Shortfall::Monthly { lack, resets_at }.on(plan)
            }
            Error::LeadUnknown => Self::invalid(vec![FieldProblem::new("leadId", "is no lead of this organisation")]),
            Error::LeadGone => Self::conflict("lead_gone", "The lead of this task was removed."),
            Error::RecipientsUnfit(faults) => Self::invalid(faults),
            Error::RecipientsChanged => Self::conflict(
                "recipients_changed",
                "A lead of this campaign was removed, has no e-mail address any more, or has unsubscribed; create another campaign.",
            ),
            Error::EmailUnverified => Self::new(
                StatusCode::FORBIDDEN,
                "email_unverified",
                "Verify your e-mail address first (/api/auth/verify-email/request): others get mail in your name.",
            ),
            Error::FollowUpOpen => Self::conflict(
                "follow_up_open",
                "This lead has an open follow-up task; wait for it or cancel it first.",
            ),
            Error::PostTaskOpen => Self::conflict(
                "post_task_open",
                "A post is being written already; wait for it or cancel its task first.",
            ),
            Error::NotPending => Self::conflict("not_pending", "Only a pending task can be cancelled."),
            Error::NotFailed => Self::conflict("not_failed", "Only a failed task can be tried again."),
            Error::Problem(problem) => problem,
        }
    }
}

impl Error {
    /// The same where a task is tried again that somebody asked for before.
    pub(crate) fn of_retry(self) -> Self {
        if let Self::RecipientsUnfit(_) = self { Self::RecipientsChanged } else { self }
    }
}

fn ai(error: &AiError) -> Problem {
    let unavailable = |seconds: u32| {
        let detail = "The assistant cannot answer now, but your message is saved. Shortly, repeat the request as it was under the \
            same Idempotency-Key; without a key, send the message again in the conversation `conversationId`.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "ai_unavailable", detail).retry_after(u64::from(seconds))
    };
    match error {
        AiError::Unavailable { retry_after_seconds } => unavailable(retry_after_seconds.unwrap_or(AI_PAUSE_SECONDS)),
        // Another try may well be usable, and the caller cannot mend it.
        AiError::InvalidOutput { .. } => unavailable(1),
        AiError::Refused { .. } => {
            let detail = "The assistant declines to answer this message; put it in other words.";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "ai_refused", detail)
        }
    }
}

shared::function_error!(Error);
