//! Conversations and messages as their owner sees them.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::{ConversationId, MessageId};
use shared::model::conversation::{Conversation, Message, MessageRole};
use utoipa::ToSchema;

/// A conversation with the assistant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conversation)]
pub(crate) struct ConversationView {
    /// The conversation's id.
    id: ConversationId,
    /// The beginning of its first message.
    title: String,
    /// When it began.
    created_at: Timestamp,
    /// When the caller last wrote.
    updated_at: Timestamp,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        let Conversation { id, title, created_at, updated_at, .. } = conversation;
        Self { id, title, created_at, updated_at }
    }
}

/// One message of a conversation.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// The message's id.
    id: MessageId,
    /// Who said it.
    role: MessageRole,
    /// What was said.
    content: String,
    /// When.
    created_at: Timestamp,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        let Message { id, role, content, created_at, .. } = message;
        Self { id, role, content, created_at }
    }
}
