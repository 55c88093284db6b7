//! Conversations with the assistant and their messages. A conversation belongs to one person in one organisation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ai;
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId, OrganizationId, UserId};
use crate::store::{Entity, Indexes, Key, ListingIndex};

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// The organisation it was held in.
    pub organization_id: OrganizationId,
    /// Whose it is.
    pub user_id: UserId,
    /// The beginning of its first message.
    pub title: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said.
    pub updated_at: Timestamp,
}

impl Conversation {
    /// The partition of an organisation's conversations.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#CONVERSATION")
    }

    /// The list of one person's conversations in an organisation.
    pub fn listing(organization: OrganizationId, user: UserId) -> String {
        format!("ORG#{organization}#CONVERSATION#{user}")
    }

    /// Where a conversation lies.
    pub fn key_of(organization: OrganizationId, conversation: ConversationId) -> Key {
        Key::new(Self::partition(organization), conversation.to_string())
    }
}

impl Entity for Conversation {
    const TYPE: &'static str = "conversation";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let listing =
            ListingIndex { partition: Self::listing(self.organization_id, self.user_id), sort: self.id.to_string() };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageRole {
    /// The person.
    User,
    /// The assistant.
    Assistant,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The organisation it was said in.
    pub organization_id: OrganizationId,
    /// The conversation it is part of.
    pub conversation_id: ConversationId,
    /// Who said it.
    pub role: MessageRole,
    /// What was said.
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What people say is theirs: it appears in no log.
        formatter.debug_struct("Message").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Message {
    /// The partition of a conversation's messages.
    pub fn partition(organization: OrganizationId, conversation: ConversationId) -> String {
        format!("ORG#{organization}#CONVERSATION#{conversation}#MESSAGE")
    }

    /// Where a message lies.
    pub fn key_of(organization: OrganizationId, conversation: ConversationId, message: MessageId) -> Key {
        Key::new(Self::partition(organization, conversation), message.to_string())
    }

    /// The message as the AI port takes it.
    pub fn for_ai(&self) -> ai::Message {
        let role = match self.role {
            MessageRole::User => ai::Role::User,
            MessageRole::Assistant => ai::Role::Assistant,
        };
        ai::Message { role, content: self.content.clone() }
    }
}

impl Entity for Message {
    const TYPE: &'static str = "message";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.conversation_id, self.id)
    }
}
