//! `/api/chat`: conversations with the assistant.

mod answer;
pub(crate) mod conversations;
pub(crate) mod message;
pub(crate) mod messages;
mod view;

use shared::access::OrganizationAccess;
use shared::id::ConversationId;
use shared::model::conversation::Conversation;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// The caller's own conversation; anybody else's, in their organisation or another, is not there.
async fn own_conversation<R>(
    services: &Services,
    access: &OrganizationAccess<R>,
    id: ConversationId,
) -> Result<Versioned<Conversation>, Error> {
    let found = services.store.get::<Conversation>(&Conversation::key_of(access.organization_id(), id)).await?;
    let own = found.filter(|conversation| conversation.user_id == access.principal.user_id);
    Ok(own.ok_or_else(Problem::not_found)?)
}
