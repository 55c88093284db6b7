//! `GET /api/chat/conversations`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Query};
use shared::model::conversation::Conversation;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::view::ConversationView;
use crate::Error;

/// The caller's conversations in the acting organisation, the newest first.
#[utoipa::path(
    get, path = "/api/chat/conversations", operation_id = "listConversations", tag = "agents",
    security(("accessToken" = [])),
    params(ActingOrganization, PageQuery),
    responses(
        (status = 200, description = "A page of conversations.", body = Page<ConversationView>),
    )
)]
pub(crate) async fn list_conversations(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ConversationView>>, Error> {
    let organization = access.organization_id();
    let listing = Conversation::listing(organization, access.principal.user_id);
    let listing =
        Listing::of_index(Conversation::partition(organization), listing).newest_first().limit(query.page_limit());
    let page = services.store.list::<Conversation>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|conversation| conversation.value.into())))
}
