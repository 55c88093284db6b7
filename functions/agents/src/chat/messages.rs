//! `GET /api/chat/conversations/{conversationId}/messages`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Path, Query};
use shared::id::ConversationId;
use shared::model::conversation::Message;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::own_conversation;
use super::view::MessageView;
use crate::Error;

/// The messages of one of the caller's conversations, the oldest first.
#[utoipa::path(
    get, path = "/api/chat/conversations/{conversationId}/messages", operation_id = "listMessages", tag = "agents",
    security(("accessToken" = [])),
    params(
        ("conversationId" = ConversationId, Path),
        ActingOrganization,
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of messages.", body = Page<MessageView>),
    )
)]
pub(crate) async fn list_messages(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<ConversationId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MessageView>>, Error> {
    let conversation = own_conversation(&services, &access, id).await?;
    let partition = Message::partition(access.organization_id(), conversation.id);
    let listing = Listing::of_partition(partition).limit(query.page_limit());
    let page = services.store.list::<Message>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|message| message.value.into())))
}
