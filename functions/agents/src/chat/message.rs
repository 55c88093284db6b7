//! `POST /api/chat/message`

use std::time::Duration;

use axum::extract::State;
use garde::Validate;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::ai;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::ConversationId;
use shared::store::{IdempotencyKey, RateLimit, Reply, Started};
use utoipa::ToSchema;

use super::answer::Exchange;
use super::own_conversation;
use super::view::MessageView;
use crate::{Deps, Error};

/// Chat is a priced endpoint: 30 messages a minute are more than a person writes.
const RATE_LIMIT: RateLimit = RateLimit { name: "chat", attempts: 30, window: Duration::from_secs(60) };
/// How long an answer may take, and its credits are held; as long as the function may run.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// A message to the assistant.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SendMessage {
    /// What to say.
    #[garde(custom(shared::http::not_blank), length(chars, max = 4000))]
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S", example = "How do I find my first customers?")]
    pub(super) message: String,
    /// The conversation to go on with; a new one when absent.
    #[garde(skip)]
    #[serde(default)]
    pub(super) conversation_id: Option<ConversationId>,
}

/// The assistant's answer.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatAnswer {
    /// The conversation it is part of.
    pub(super) conversation_id: ConversationId,
    /// The answer.
    pub(super) message: MessageView,
    /// The tokens that it took.
    pub(super) usage: TokenUsage,
    /// The credits that it cost.
    #[serde(default)]
    #[schema(minimum = 0, example = 10)]
    pub(super) credits: i64,
}

/// The tokens that an answer used, as its provider counts them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenUsage {
    /// Tokens read.
    input_tokens: u32,
    /// Tokens written.
    output_tokens: u32,
}

impl From<ai::Usage> for TokenUsage {
    fn from(usage: ai::Usage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

/// Say something to the assistant; it answers from the conversation so far and from what the organisation says of itself.
///
/// The message is saved before the assistant is asked. When it cannot answer (503 `ai_unavailable`), repeat the request as it was under
/// the same Idempotency-Key: the message is not saved twice. Without a key, send it again in the conversation that it was saved in, which
/// the problem names as `conversationId`; so does 422 `ai_refused`.
///
/// Credits are held while the assistant is asked and burn with its answer; without one they are there again.
#[utoipa::path(
    post, path = "/api/chat/message", operation_id = "sendMessage", tag = "agents",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body = SendMessage,
    responses(
        (status = 200, description = "The answer.", body = ChatAnswer),
        (status = 402, description = "`credits_required`: the credits do not suffice; `missingCredits` says how many are missing, `resetsAt` when the day's are there again, `plan` which plan goes on without."),
        (status = 409, description = "`in_progress`: the same message is being answered; wait and repeat."),
        (status = 422, description = "`ai_refused`: the assistant declines to answer this."),
        (status = 429, description = "More messages than a person writes; or, beyond the day's credits of a plan that goes on without, `fair_use_reached`."),
        (status = 503, description = "`ai_unavailable`: the message is saved, but the assistant cannot answer now."),
    )
)]
pub(crate) async fn send_message(
    State(deps): State<Deps>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Input(input): Input<SendMessage>,
) -> Result<(HeaderMap, Reply<ChatAnswer>), Error> {
    let once = idempotency.once(&access.caller(), &input)?;
    let store = &deps.services.store;
    let rate = store.count_attempt(RATE_LIMIT, &access.principal.user_id.to_string()).await?.headers();
    if let Some(id) = input.conversation_id {
        // Before the command begins, so that a mistaken id does not leave it begun.
        own_conversation(&deps.services, &access, id).await?;
    }
    let run = match store.begin::<ChatAnswer>(once.as_ref(), LEASE).await? {
        Started::Answered(reply) => return Ok((rate, reply)),
        Started::Run(run) => run,
    };
    let answered = Exchange { deps: &deps, access: &access, input: &input, run: &run }.carry_out().await;
    if answered.is_err() {
        store.give_up(&run).await;
    }
    Ok((rate, answered?))
}
