//! The embedded default of the AI port: a deterministic assistant that needs no key and no network.
//!
//! It is made of the project's own parts: a classifier over weighted words ([`classifier`]), a knowledge base with its
//! retrieval ([`knowledge`]), calculations, the reading of the conversation so far, and templates for e-mails and
//! posts. It never pretends to be a language model: it cites the entry it quotes and says when it does not know. The same
//! request gets the same answer, on every platform.

mod arithmetic;
mod campaign;
pub mod classifier;
mod conversation;
mod figures;
mod follow_up;
pub mod knowledge;
mod post;
mod recall;
mod reply;
mod template;
mod text;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::future::ready;

use super::{Ai, AiError, BoxFuture, Completion, CompletionRequest, Message, Purpose, Usage};

/// The model name under which the offline assistant answers; the number changes with the answers.
pub const MODEL: &str = "groundwork-offline-1";

/// By the rule of thumb for English text, one token is four characters.
const CHARACTERS_PER_TOKEN: usize = 4;

/// Counts tokens as the offline assistant does: a quarter of the characters, rounded up, so never zero for a text.
#[must_use]
pub fn count_tokens(text: &str) -> u32 {
    u32::try_from(text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)).unwrap_or(u32::MAX)
}

/// The embedded assistant. See the module for what it is and is not.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineAssistant;

impl OfflineAssistant {
    /// Answers one request.
    ///
    /// # Errors
    ///
    /// [`AiError::Refused`] when a chat asks for JSON, which the assistant cannot make up; [`AiError::InvalidOutput`]
    /// when the answer does not fit into the requested number of tokens.
    pub fn answer(&self, request: &CompletionRequest) -> Result<Completion, AiError> {
        let input_tokens = request
            .messages
            .iter()
            .map(|message: &Message| count_tokens(&message.content))
            .fold(0, u32::saturating_add);
        let (content, may_be_shortened) = match &request.purpose {
            Purpose::Chat if request.response_schema.is_some() => {
                return Err(AiError::Refused { usage: Usage::default() });
            }
            Purpose::Chat => (reply::reply(&request.messages), true),
            Purpose::LeadFollowUp(brief) => (json(&follow_up::write(brief))?, false),
            Purpose::SocialMediaPost(brief) => (json(&post::write(brief))?, false),
            Purpose::EmailCampaign(brief) => (json(&campaign::write(brief))?, false),
        };
        let limit = usize::try_from(request.max_output_tokens).unwrap_or(usize::MAX);
        let content = match may_be_shortened {
            true => text::shortened(&content, limit.saturating_mul(CHARACTERS_PER_TOKEN)),
            false => content,
        };
        let usage = Usage { input_tokens, output_tokens: count_tokens(&content) };
        if content.is_empty() || usage.output_tokens > request.max_output_tokens {
            return Err(AiError::InvalidOutput {
                reason: "the answer does not fit into the output limit".to_owned(),
                usage: Usage { input_tokens, output_tokens: 0 },
            });
        }
        Ok(Completion { content, usage, model: MODEL.to_owned() })
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, AiError> {
    serde_json::to_string(value)
        .map_err(|error| AiError::InvalidOutput { reason: error.to_string(), usage: Usage::default() })
}

impl Ai for OfflineAssistant {
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>> {
        Box::pin(ready(self.answer(&request)))
    }
}
