//! The AI port: what the platform asks a language model for, and what it gets back.
//!
//! A request names its [`Purpose`] with the facts that the answer must be made of, and carries the messages that
//! [`prompt`] rendered from those facts. A network provider reads the messages; the embedded default,
//! [`offline::OfflineAssistant`], reads the facts. Both therefore answer the same question from the same data, and
//! everything works with no key.

pub mod brief;
mod metered;
pub mod offline;
pub mod prompt;
pub mod structured;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use brief::{ChatContext, EmailCampaignBrief, LeadFollowUpBrief, Purpose, SocialMediaPostBrief};
pub use metered::Metered;
pub use structured::{CampaignMessage, FollowUp, PostDraft, Structured, StructuredOutput, complete_structured};

/// A boxed future that may cross threads, so that [`Ai`] can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The platform itself: the rules and the facts. Never text that a user wrote.
    System,
    /// The person who asks.
    User,
    /// The model's earlier answers.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, as plain text.
    pub content: String,
}

impl Message {
    /// A message of the given speaker.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// One question to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionRequest {
    /// What is asked for, with the facts that the answer must be made of.
    pub purpose: Purpose,
    /// The same rendered for a network model: one system message first, then the conversation, oldest first.
    pub messages: Vec<Message>,
    /// The most tokens that the answer may have.
    pub max_output_tokens: u32,
    /// The JSON schema of the answer when it must be JSON; `None` asks for plain text.
    pub response_schema: Option<serde_json::Value>,
}

/// The tokens that a completion used, as the provider counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of all messages that were sent.
    pub input_tokens: u32,
    /// Tokens of the answer.
    pub output_tokens: u32,
}

impl Usage {
    /// All tokens together.
    #[must_use]
    pub fn total_tokens(self) -> u64 {
        u64::from(self.input_tokens) + u64::from(self.output_tokens)
    }
}

/// A model's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The answer: plain text, or JSON when the request carried a schema.
    pub content: String,
    /// What it used.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    pub model: String,
}

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AiError {
    /// The provider cannot be reached, is overloaded or took too long. The next provider, or a later try, may succeed.
    #[error("the AI provider is unavailable")]
    Unavailable {
        /// How long to wait before the next try, in seconds, where the provider says so.
        retry_after_seconds: Option<u32>,
    },
    /// The provider declined to answer this request; the same request will be declined again.
    #[error("the AI provider declined the request")]
    Refused {
        /// What the refusal used; providers bill it.
        usage: Usage,
    },
    /// The answer does not have the form that was asked for.
    #[error("the AI provider's answer is not usable: {reason}")]
    InvalidOutput {
        /// What is wrong with it, for the log; holds nothing of the answer itself.
        reason: String,
        /// What the unusable answer used; providers bill it.
        usage: Usage,
    },
}

impl AiError {
    /// The tokens that the failed attempt used, which are settled like those of an answer.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Unavailable { .. } => Usage::default(),
            Self::Refused { usage } | Self::InvalidOutput { usage, .. } => *usage,
        }
    }
}

/// A source of completions: a network provider, a chain of them, or [`offline::OfflineAssistant`].
pub trait Ai: Send + Sync + Debug {
    /// Answers one request.
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>>;
}

impl<A: Ai + ?Sized> Ai for Arc<A> {
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>> {
        (**self).complete(request)
    }
}
