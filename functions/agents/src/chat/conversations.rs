//! `GET /api/chat/conversations`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{PageQuery, Query};
use shared::model::conversation::Conversation;
use shared::problem::ProblemBody;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::view::ConversationView;
use crate::Error;

/// The caller's conversations in the acting organisation, the newest first.
#[utoipa::path(
    get, path = "/api/chat/conversations", operation_id = "listConversations", tag = "agents",
    security(("accessToken" = [])),
    params(("X-Organization-Id" = Option<String>, Header, description = "The acting organisation; the personal one when absent."), PageQuery),
    responses(
        (status = 200, description = "A page of conversations.", body = Page<ConversationView>),
        (status = "default", description = "A problem: 400, 401, 404, 422.", body = ProblemBody<'_>, content_type = "application/problem+json"),
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
